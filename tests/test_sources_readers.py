"""Every library that researchers have is read: the paper comes out the same whatever tool wrote it."""

# ruff: noqa: E501 - exports have the lines that their tools write

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from reader_samples import HALF, JSON, OTHER, TABLES, TAGGED, TEXT, TITLE, XML
from source_samples import bad_lines, put

from rag.errors import SourceError
from rag.sources import Account, detect, read
from rag.sources.opening import MAX_LINE_CHARS

if TYPE_CHECKING:
    from pathlib import Path

    from rag.schema import Paper

# Of these neither DOI nor date is known to the service.
_SHORT = {"json: cord-19", "json: s2orc, full text", "json: hugging face"}
SAMPLES = {f"json: {name}": json.dumps(found) for name, found in JSON.items()}
SAMPLES |= {f"json, indented: {name}": json.dumps(found, indent=2) for name, found in JSON.items()}
SAMPLES |= {f"xml: {name}": text for name, text in XML.items()}
SAMPLES |= {f"tags: {name}": text for name, text in TAGGED.items()}
SAMPLES |= {f"table: {name}": text for name, text in TABLES.items()}


def one(path: Path) -> Paper:
    """The only paper of a file that is read without a complaint."""
    account = Account()
    (paper,) = read(path, account=account)
    assert not account.without_abstract
    return paper


@pytest.mark.parametrize("name", SAMPLES)
def test_the_paper_is_the_same_whoever_wrote_it(tmp_path: Path, name: str) -> None:
    """Title, authors, abstract, year and DOI."""
    paper = one(put(tmp_path, SAMPLES[name]))
    assert (paper.title.rstrip("."), paper.authors, paper.abstract) == (TITLE, ("Otto Fern", "Ina Reed"), TEXT)
    if name.replace(", indented", "") not in _SHORT:
        assert ((paper.published or "")[:4], paper.doi) == ("2019", "10.5555/m.1")


@pytest.mark.parametrize(
    "name", ["json: openalex", "json: crossref", "json: zotero api", "xml: pubmed", "tags: web of science", "tags: refworks"]
)
def test_the_record_is_rich(tmp_path: Path, name: str) -> None:
    """Venue, volume, pages and type have their fields."""
    paper = one(put(tmp_path, SAMPLES[name]))
    assert ((paper.venue or "").lower(), paper.volume, paper.pages, paper.type) == ("roofs", "3", "1-9", "article-journal")


def test_what_has_no_field_goes_to_extra(tmp_path: Path) -> None:
    """Tags, columns and keys without a field keep their names; cited references stay out."""
    wos = TAGGED["web of science"].replace("ER\n", "UT WOS:1\nOA Green\nER\n", 1)
    assert one(put(tmp_path, wos)).extra == {"accession": "WOS:1", "open-access": "Green"}
    table = TABLES["covidence"].replace("Covidence #", "Covidence #,Notes").replace("#1\n", "#1,look again\n")
    assert one(put(tmp_path, table)).extra == {"Covidence #": "#1", "Notes": "look again"}
    assert "reference" not in one(put(tmp_path, SAMPLES["json: crossref"])).extra


def test_marks_of_the_user(tmp_path: Path) -> None:
    """Zotero's citation keys and tags, and what people write into its field "Extra"."""
    item = JSON["better bibtex"]["items"][0] | {"extra": "PMID: 44\nRetraction: 2020, by the editors\nread on the train"}
    paper = one(put(tmp_path, json.dumps([item])))
    assert (paper.citation_key, paper.tags, paper.pmid, paper.retraction) == ("fern2019", ("mine",), "44", "2020, by the editors")
    assert paper.extra["note"] == "read on the train"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, "zstd"])
@pytest.mark.parametrize("name", ["json: openalex", "xml: atom", "tags: endnote", "table: scopus"])
def test_compressed_files(tmp_path: Path, pack: Any, name: str) -> None:
    """Known by their first bytes, whatever they hold."""
    if pack == "zstd":
        zstd = pytest.importorskip("backports.zstd" if __import__("sys").version_info < (3, 14) else "compression.zstd")
        pack = zstd.compress
    assert one(put(tmp_path, pack(SAMPLES[name].encode()))).abstract == TEXT


def workbook(rows: list[list[Any]], name: str = "Sheet1") -> bytes:
    """The least that a workbook can be: one sheet of inline texts and numbers."""

    def cell(value: Any) -> str:
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        )
        out.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{office}/'
            'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        out.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        out.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{office}/'
            'worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        out.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>')
    return packed.getvalue()


def test_a_workbook(tmp_path: Path) -> None:
    """The header may stand below other lines; whole numbers are years, not 2019.0."""
    rows: list[list[Any]] = [
        ["Exported on 7 April"],
        ["Title", "Authors", "Year", "DOI", "Abstract"],
        [TITLE, "Fern, Otto; Reed, Ina", 2019.0, "10.5555/m.1", TEXT],
    ]
    path = put(tmp_path, workbook(rows))
    paper = one(path)
    assert (paper.title, paper.authors, paper.published, paper.doi) == (TITLE, ("Otto Fern", "Ina Reed"), "2019", "10.5555/m.1")
    with pytest.raises(SourceError, match="no column of titles"):
        list(read(put(tmp_path, workbook([["a", "b"], [1, 2]]))))


def test_parquet(tmp_path: Path) -> None:
    """Rows as JSON has them, lists and dates included."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {"title": [TITLE], "abstract": [TEXT], "authors": [["Otto Fern", "Ina Reed"]], "year": [2019], "doi": ["10.5555/m.1"]}
    )
    parquet.write_table(table, tmp_path / "p")
    paper = one(tmp_path / "p")
    assert (paper.title, paper.authors, paper.published, paper.doi) == (TITLE, ("Otto Fern", "Ina Reed"), "2019", "10.5555/m.1")
    cut = (tmp_path / "p").read_bytes()[:-40]
    papers, errors = bad_lines(put(tmp_path, cut))
    assert (papers, len(errors)) == ([], 1)


def test_a_long_wrapped_list_is_streamed(tmp_path: Path) -> None:
    """A wrapped array larger than any line may be is read item by item, what follows the array is nothing."""
    items = [{"title": f"{TITLE} {n}", "abstract": TEXT * 300, "references": [{"title": "Bells"}]} for n in range(200)]
    for indent in (None, 1):
        text = json.dumps({"meta": {"count": 200}, "results": items, "next": None}, indent=indent)
        assert len(text) > MAX_LINE_CHARS
        papers, errors = bad_lines(put(tmp_path, text))
        assert (len(papers), errors) == (200, [])


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "file:///etc/hostname">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p; <!ENTITY c "x">',
    ],
)
def test_entities_are_never_expanded(tmp_path: Path, declared: str) -> None:
    """Neither a bomb, nor a file, nor an address: at most the name of the entity stands in the text."""
    text = f"<!DOCTYPE PubmedArticleSet [{declared}]>" + XML["pubmed"][XML["pubmed"].index("<PubmedArticleSet>") :].replace(
        HALF, f"{HALF} &c;"
    )
    papers, errors = bad_lines(put(tmp_path, text))
    assert all(len(paper.abstract) < 2 * len(TEXT) and "lol" not in paper.abstract for paper in papers)
    assert len(papers) + len(errors) == 1


def test_entities_of_html_are_letters(tmp_path: Path) -> None:
    """DBLP writes names with entities of a DTD that is not at hand; namesakes are numbered. It has no abstracts."""
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE dblp SYSTEM "dblp.dtd"><dblp><article key="journals/r/F19"><author>J&ouml;rg Fern'
        " 0001</author><title>Moss on steep roofs.</title><journal>Roofs</journal><year>2019</year></article></dblp>"
    )
    (paper,) = read(put(tmp_path, text), keep_without_abstract=True)
    assert (paper.title, paper.authors, paper.venue, paper.abstract) == (TITLE, ("Jörg Fern",), "Roofs", "")


def test_a_bare_ampersand_is_a_sign(tmp_path: Path) -> None:
    """Programs that put XML together by hand forget to escape it, and to declare a prefix."""
    text = XML["anthology"].replace("<booktitle>Roofs", "<zs:note/><booktitle>Roofs & Rain")
    paper = one(put(tmp_path, text))
    assert (paper.title, paper.venue) == (TITLE, "Roofs & Rain")


def test_xml_that_is_cut_short(tmp_path: Path) -> None:
    """The papers before the cut are read, and the cut is told."""
    whole = XML["atom"].replace("</feed>", "") + XML["atom"].partition("</title>")[2]
    papers, errors = bad_lines(put(tmp_path, whole[: len(XML["atom"]) + 400]))
    assert len(papers) == 1
    assert "cut short" in errors[0].reason


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("<html><body>Moss</body></html>", "a web page"),
        ('<?xml version="1.0"?><wsdl><port/></wsdl>', "root <wsdl>"),
        ("\\documentclass{article}\n\\begin{document}\nMoss.\n\\end{document}\n", "LaTeX"),
        ("colour,shape,size\nred,round,3\nblue,flat,4\n", "columns are not known: colour, shape, size"),
        ("".join(f"ZZ {n}\nQQ Moss {n}\nXX Fern\nYY {TEXT} {TEXT} {TEXT}\n\n" for n in range(5)), "tagged text of no kind that is known"),
        ("".join(f"#t Moss {n}\n#a Fern\n#j Roofs\n#x {TEXT} {TEXT} {TEXT}\n\n" for n in range(5)), "tagged text of no kind that is known"),
        ("{\\rtf1\\ansi Moss}", "RTF"),
    ],
)
def test_an_unknown_format_is_refused_by_what_it_looks_like(tmp_path: Path, text: str, looks: str) -> None:
    """It is never taken for prose, and the message says what to do."""
    with pytest.raises(SourceError, match=looks):
        list(read(put(tmp_path, text), skip_bad=True))


def test_program_text_and_logs_are_no_papers() -> None:
    """Nothing is prose by accident."""
    for text in ("2023-04-01 12:00:00 INFO started\n2023-04-01 12:00:01 WARN slow\n" * 20, "key: value\nother: 3\nlist:\n  - a\n  - b\n"):
        assert detect(text) is None, text[:30]


@pytest.mark.parametrize(
    "phrase",
    [
        "[No abstract available]", "No abstract available.", "Abstract not available", "N/A", "-", "nan", "(no abstract)", "No Abstract",
        "This article has no abstract.", "[Abstract Not Available]", "Abstract: not provided", "Kein Abstract verfügbar", "", " ",
        "An abstract is not available for this content so a preview has been provided.",
    ],
)  # fmt: skip
def test_a_phrase_in_the_place_of_an_abstract_is_none(tmp_path: Path, phrase: str) -> None:
    """The record is counted, and stops nothing; it is kept by its title where that is asked for."""
    path = put(tmp_path, json.dumps([{"title": "A letter", "abstract": phrase, "year": 2020}, {"title": TITLE, "abstract": TEXT}]))
    account = Account()
    assert [paper.title for paper in read(path, account=account)] == [TITLE]
    assert account.without_abstract == 1
    kept, _ = read(path, keep_without_abstract=True)
    assert (kept.title, kept.abstract, kept.published) == ("A letter", "", "2020")


def test_a_record_with_neither_title_nor_abstract_is_counted(tmp_path: Path) -> None:
    """There is nothing to keep."""
    account = Account()
    text = "TY  - JOUR\nAU  - Fern, Otto\nER  - \n\n" + TAGGED["ris, one space"]
    assert len(list(read(put(tmp_path, text), keep_without_abstract=True, account=account))) == 1
    assert account.without_abstract == 1


def test_every_file_of_a_folder_is_read_or_named(tmp_path: Path) -> None:
    """With the reason; hidden files alone are passed over in silence."""
    put(tmp_path, TAGGED["endnote"], "a/library.enw")
    put(tmp_path, TABLES["scopus"].replace("Moss", "Fern"), "citations.csv")
    put(tmp_path, "# About\n", "README.md")
    put(tmp_path, "<html></html>", "page.html")
    put(tmp_path, b"%PDF-1.7", "paper.pdf")
    put(tmp_path, b"PK\x03\x04nothing", "exports.zip")
    put(tmp_path, "", "empty.ris")
    put(tmp_path, workbook([["a"], [1]]), "numbers.xlsx")
    put(tmp_path, '{"items": []}', "none.json")
    put(tmp_path, "x", ".hidden")
    account = Account()
    assert len(list(read(tmp_path, account=account))) == 2
    named = {line.partition(":")[0]: line.partition(":")[2] for line in account.left_out}
    assert set(named) == {"README.md", "page.html", "paper.pdf", "exports.zip", "empty.ris", "numbers.xlsx", "none.json"}
    assert "web page" in named["page.html"]
    assert "PDF" in named["paper.pdf"]


def test_a_structured_abstract_in_a_text_file_is_one_paper(tmp_path: Path) -> None:
    """Its headings are no titles; keywords are kept as such."""
    text = f"{TITLE}\n\nOtto Fern, Ina Reed\n\nAbstract\n\nBackground\n\n{TEXT}\n\nMethods\n\n{OTHER}\n\nKeywords: moss; roofs\n"
    paper = one(put(tmp_path, text))
    assert (paper.title, paper.authors, paper.keywords) == (TITLE, ("Otto Fern", "Ina Reed"), ("moss", "roofs"))
    assert paper.abstract == f"Background: {TEXT} Methods: {OTHER}"
    headless = one(put(tmp_path, f"Aim\n\n{TEXT} {TEXT}\n\nDesign and methods\n\n{OTHER} {OTHER}\n"))
    assert headless.abstract == f"Aim: {TEXT} {TEXT} Design and methods: {OTHER} {OTHER}"


def ris(**tags: str) -> str:
    """A record of RIS with these tags."""
    return "TY  - JOUR\n" + "".join(f"{tag}  - {value}\n" for tag, value in tags.items()) + "ER  - \n\n"


def test_ris_in_small_letters_or_with_dashes(tmp_path: Path) -> None:
    """A word processor's dashes, tags in small letters, several names in one line: a record, and no prose."""
    record = f"TY  - JOUR\nTI  - {TITLE}\nAU  - Fern, Otto; Reed, Ina\nAB  - {TEXT}\nER  - \n"
    small = "\n".join(line[:2].lower() + line[2:] for line in record.split("\n"))
    for text in (record, record.replace(" - ", " – "), small, f"{small}\n{small.replace(TITLE, 'Bells out of tune')}"):  # noqa: RUF001
        papers = list(read(put(tmp_path, text)))
        assert (papers[0].title, papers[0].authors, papers[0].abstract) == (TITLE, ("Otto Fern", "Ina Reed"), TEXT)
        assert len(papers) == text.lower().count("jour")


def test_ris_without_ends_or_types(tmp_path: Path) -> None:
    """The next type ends a record; without types the end does, without both a blank line before a title does."""
    first, second = ris(TI=TITLE, AU="Fern, Otto", AB=TEXT), ris(TI="Fern beds", AU="Reed, Ina", AB=OTHER)
    for text in (
        first.replace("ER  - \n", "") + second,
        (first + second).replace("TY  - JOUR\n", "C1  - 1\n"),
        (first + second).replace("TY  - JOUR\n", "").replace("ER  - \n", ""),
        (first + second).replace("ER  - \n", "ER\n"),
    ):
        assert [paper.title for paper in read(put(tmp_path, text))] == [TITLE, "Fern beds"], text


def test_several_parts_of_an_abstract_are_kept(tmp_path: Path) -> None:
    """AB and AB, AB and N2; the same part twice is one."""
    part = "The rest of it."
    for more in (f"AB  - {part}", f"N2  - {part}"):
        text = ris(TI=TITLE, AB=TEXT).replace("ER  -", f"{more}\nER  -")
        assert one(put(tmp_path, text)).abstract == f"{TEXT} {part}"
    assert one(put(tmp_path, ris(TI=TITLE, AB=TEXT).replace("ER  -", f"N2  - {TEXT}\nER  -"))).abstract == TEXT


def test_lines_of_an_abstract_that_look_like_tags(tmp_path: Path) -> None:
    """A year without a digit is none, nor does a word end a record."""
    text = f"TY  - JOUR\nTI  - {TITLE}\nPY  - 2019\nAB  - Aim: to weigh moss.\nER status was noted.\nPY  - like marks were absent.\n{TEXT}\nER  - \n"
    paper = one(put(tmp_path, text))
    assert paper.published == "2019"
    assert paper.abstract == f"Aim: to weigh moss. ER status was noted. PY - like marks were absent. {TEXT}"


def test_pubmed_text(tmp_path: Path) -> None:
    """Source, title, authors, affiliations, abstract and numbers are paragraphs; numbers in the abstract begin no record."""
    text = "".join(
        f"{n}. Roofs J. 2019 Apr;3({n}):10-19. doi: 10.5555/m.{n}.\n\n{title}.\n\nFern O(1), Reed I(2).\n\nAuthor information:\n(1)Roof Institute.\n"
        f"(2)Rain Institute.\n\n{body}\n\n1. In 2019 we weighed it.\n\nCopyright © 2019 House.\n\nDOI: 10.5555/m.{n}\nPMID: {n}{n}\n\n\n"
        for n, (title, body) in enumerate([(TITLE, TEXT), ("Fern beds", OTHER)], start=1)
    )
    first, second = read(put(tmp_path, text))
    assert (first.title, first.authors, first.published, first.doi, first.pmid) == (
        TITLE,
        ("O. Fern", "I. Reed"),
        "2019-04",
        "10.5555/m.1",
        "11",
    )
    assert (first.abstract, first.venue, first.pages) == (f"{TEXT} 1. In 2019 we weighed it.", "Roofs J", "10-19")
    assert second.title == "Fern beds"


def test_medline_of_several_kinds(tmp_path: Path) -> None:
    """Records that begin with another tag, group authors, other abstracts, a retraction."""
    text = f"PMCR- 1\nTI  - {TITLE}\nCN  - Roof Group\nDP  - 2019 Spring\nOAB - {TEXT}\nPT  - Retracted Publication\n\nPMCR- 2\nTI  - Fern\nAB  - {OTHER}\n"
    first, second = read(put(tmp_path, text))
    assert (first.authors, first.published, first.abstract, first.retraction) == (("Roof Group",), "2019", TEXT, "retracted")
    assert second.title == "Fern"
