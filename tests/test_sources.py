"""Every format is told by its content and read whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from source_samples import ABSTRACT, ARXIV, BIBTEX, CSL, LISTING, MEDLINE, OTHER, OURS, RIS, TABLE, TRENDING, bad_lines, put

from rag.errors import SourceError
from rag.schema import Paper, Source
from rag.sources import Account, detect, read
from rag.sources.categories import category
from rag.sources.names import people

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TRENDING, "trending"),
        (LISTING, "listing"),
        (f"{ABSTRACT}\n{OTHER}\n", "abstracts"),
        (f"Abstract:{ABSTRACT}\nAbstract: {OTHER}\n", "labelled"),
        (json.dumps(OURS) + "\n", "jsonl"),
        (json.dumps(ARXIV) + "\n" + json.dumps(ARXIV), "jsonl"),
        (json.dumps([CSL]), "json"),
        (json.dumps([CSL], indent=2), "json"),
        (json.dumps(OURS, indent=1), "json"),
        (BIBTEX, "bibtex"),
        (RIS, "ris"),
        (MEDLINE, "medline"),
        (TABLE, "table"),
        (TABLE.replace(",", "\t"), "table"),
        (f"Gulls and Chips\n\n{ABSTRACT}", "text"),
        (ABSTRACT, "text"),
        ("\n".join(ABSTRACT.replace(". ", ".\n").split("\n")), "text"),
        ("# Heading\n\n- one\n- two\n\n| a | b |\n", None),
        ("<!doctype html><html><body>x</body></html>", None),
        ("import os\n\ndef f(x):\n    return x\n", None),
        ("[tool.x]\nname = 'a'\nb = 2\n", None),
    ],
)
def test_the_format_is_told_by_the_content(text: str, name: str | None) -> None:
    """Bytes and text give the same answer, with or without a byte order mark."""
    assert detect(text) == name
    assert detect(b"\xef\xbb\xbf" + text.encode()) == name


def test_a_page_of_trending_papers(tmp_path: Path) -> None:
    """The furniture goes; titles and abstracts pair up; positions count from 0."""
    first, second = read(put(tmp_path, TRENDING))
    assert (first.title, first.abstract, first.title_origin, first.has_code) == ("Gulls and Chips", ABSTRACT, "source", None)
    assert second.title == "Crows: A Second Look"
    assert second.source == Source(document="input.dat", record=1)


def test_a_glued_listing(tmp_path: Path) -> None:
    """A listing line belongs to the paper below it alone."""
    first, second = read(put(tmp_path, LISTING))
    assert (first.title, first.authors, first.authors_truncated) == ("Gulls and the GPT", ("Li Wei", "Ann O'Brien"), True)
    assert (first.listing_score, first.categories, first.published, first.has_code) == (21.1, ("cs.LG",), "2023-04-07", True)
    assert (second.title, second.authors, second.authors_truncated) == ("Crows Revisited", ("J. D. Smith",), False)
    assert (second.listing_score, second.categories, second.published, second.has_code) == (None, (), None, None)


def test_a_listing_line_without_the_mark_says_no_code(tmp_path: Path) -> None:
    """Listed and not marked is False; not listed is None."""
    assert next(read(put(tmp_path, LISTING.replace("2023Code", "2023")))).has_code is False


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("LG", "cs.LG"),
        ("CL", "cs.CL"),
        ("CV", "cs.CV"),
        ("AI", "cs.AI"),
        ("ML", "stat.ML"),
        ("IV", "eess.IV"),
        ("AS", "eess.AS"),
        ("QM", "q-bio.QM"),
        ("AP", "stat.AP"),
        ("ST", "math.ST"),
        ("SY", "eess.SY"),
        ("GT", "cs.GT"),
        ("NA", "math.NA"),
        ("CP", "q-fin.CP"),
        ("EM", "econ.EM"),
        ("GA", "astro-ph.GA"),
        ("AO", "nlin.AO"),
        ("quant-ph", "quant-ph"),
        ("XX", "XX"),
    ],
)
def test_categories(code: str, name: str) -> None:
    """Short codes become arXiv's names; unknown ones stay."""
    assert category(code) == name


def test_abstracts_without_titles(tmp_path: Path) -> None:
    """A title is derived and marked: the system named and what it is, else the first clause."""
    named = OTHER.replace("We watched", "We propose CrowNet-2, a net that counts crows by day. We watched")
    papers = list(read(put(tmp_path, f"{ABSTRACT}\n\n{named}\n")))
    assert [(p.title, p.title_origin) for p in papers] == [
        ("Gulls steal chips from people on piers", "derived"),
        ("CrowNet-2: net that counts crows by day", "derived"),
    ]
    assert [p.abstract for p in read(put(tmp_path, f"Abstract:{ABSTRACT}\nAbstract: {OTHER}"))] == [ABSTRACT, OTHER]


def test_our_own_lines_keep_everything(tmp_path: Path) -> None:
    """A record that carries id, keys and origins keeps them, and its own source; unknown keys are let pass."""
    (paper,) = read(put(tmp_path, json.dumps(OURS)))
    assert paper == Paper(
        paper_id="lee2023gulls",
        title="Gulls and Chips",
        title_origin="assigned",
        authors=("Ann Lee",),
        authors_truncated=True,
        published="2023-04",
        categories=("cs.LG",),
        has_code=True,
        listing_score=3.5,
        url="https://github.com/a/b",
        source=Source(document="003", record=17),
        abstract=ABSTRACT,
        abstract_origin="rewritten",
        keys=("abstract:1f",),
    )
    assert [paper] == list(read(put(tmp_path, json.dumps(paper.to_dict()))))


def test_benchmark_lines(tmp_path: Path) -> None:
    """`_id, title, text, metadata` is read; an empty title is derived."""
    line = {"_id": "4983", "title": "", "text": ABSTRACT, "metadata": {"doi": "10.1000/x", "year": 1999}}
    (paper,) = read(put(tmp_path, json.dumps(line)))
    assert (paper.paper_id, paper.title_origin, paper.doi, paper.published) == ("", "derived", "10.1000/x", "1999")


def test_the_arxiv_snapshot(tmp_path: Path) -> None:
    """Names from the parsed list, the date of the first version, all categories, the address of the abstract."""
    (paper,) = read(put(tmp_path, json.dumps(ARXIV)))
    assert (paper.title, paper.abstract, paper.authors) == ("Gulls and Chips", ABSTRACT, ("Ann Lee", "Bo van der Meer Jr"))
    assert (paper.published, paper.categories, paper.arxiv_id, paper.doi) == (
        "2023-04-03",
        ("cs.LG", "stat.ML"),
        "2304.03442",
        "10.1000/x.1",
    )
    assert paper.url == "https://arxiv.org/abs/2304.03442"


def test_bibtex(tmp_path: Path) -> None:
    """LaTeX is resolved, protecting braces go, `@string` and month names are known, "and others" is a cut row."""
    (paper,) = read(put(tmp_path, BIBTEX))
    assert paper.title == "Gulls and Über-Chips: 50% & more"
    assert (paper.authors, paper.authors_truncated) == (("Ann Lee", "Gull Consortium", "Jörg Müller"), True)
    assert (paper.published, paper.doi, paper.arxiv_id, paper.abstract) == ("2023-04", "10.1000/x_1", "2304.03442", ABSTRACT)


def test_a_bad_bibtex_entry_has_its_line(tmp_path: Path) -> None:
    """An entry with an open brace is reported where it begins, and its neighbours are read."""
    broken = "@article{bad, title = {Open, year = 2020\n}\n\n"
    papers, errors = bad_lines(put(tmp_path, BIBTEX + broken + BIBTEX.replace("lee2023", "two")))
    assert len(papers) == 2
    assert [(e.line, "brace" in e.reason) for e in errors] == [(10, True)]


def test_ris(tmp_path: Path) -> None:
    """A value goes on in untagged lines; the longest date wins."""
    (paper,) = read(put(tmp_path, RIS))
    assert (paper.title, paper.authors, paper.abstract) == ("Gulls and Chips", ("Ann Lee", "Bo van der Meer"), ABSTRACT)
    assert (paper.published, paper.doi, paper.url) == ("2023-04-07", "10.1000/x.1", "https://example.org/gulls")


def test_ris_that_is_cut_short(tmp_path: Path) -> None:
    """The last record is read without its end, and said to lack it."""
    account = Account()
    papers = list(read(put(tmp_path, RIS + RIS[: len(RIS) // 2]), account=account))
    assert len(papers) == 2
    assert ["line 12" in note and "no end" in note for note in account.notes] == [True]


@pytest.mark.parametrize("text", [json.dumps([CSL]), json.dumps([CSL], indent=2), json.dumps({"items": [CSL]}), json.dumps(CSL, indent=4)])
def test_csl_json(tmp_path: Path, text: str) -> None:
    """In an array, wrapped or alone, on one line or on many."""
    (paper,) = read(put(tmp_path, text))
    assert (paper.title, paper.authors, paper.published) == ("Gulls and Chips", ("Ann Lee", "Gull Consortium"), "2023-04")
    assert (paper.doi, paper.source) == ("10.1000/x.1", Source(document="input.dat", record=0))


@pytest.mark.parametrize("text", [TABLE, TABLE.replace("Ann; ", "Ann;").replace("\n", "\r\n")])
def test_tables(tmp_path: Path, text: str) -> None:
    """Usual column names are known whatever their case."""
    (paper,) = read(put(tmp_path, text))
    assert (paper.title, paper.authors, paper.published, paper.doi) == ("Gulls and Chips", ("Ann Lee", "Bo Meer"), "2023", "10.1000/x.1")


def test_a_table_with_a_mapping(tmp_path: Path) -> None:
    """Columns of any name can be given; without the mapping the file is no table that is known."""
    path = put(tmp_path, f"Kopf|Kurzfassung\nMöwen|{ABSTRACT}\n")
    (paper,) = read(path, mapping={"title": "Kopf", "abstract": "kurzfassung"})
    assert (paper.title, paper.abstract) == ("Möwen", ABSTRACT)


def test_rows_of_another_length(tmp_path: Path) -> None:
    """A row with a cell too many is reported with its line, a quoted line break before it counted."""
    text = TABLE.replace("Gulls steal", "Gulls\nsteal") + f"a,b,2020,{OTHER.replace(',', '')},10.1/x,extra\n"
    papers, errors = bad_lines(put(tmp_path, text))
    assert len(papers) == 1
    assert [(e.line, e.reason) for e in errors] == [(4, "the row has 6 columns, the header 5")]


def test_medline(tmp_path: Path) -> None:
    """Indented lines go on; full names go before short ones; PubMed's address stands in."""
    (paper,) = read(put(tmp_path, MEDLINE))
    assert (paper.title, paper.authors, paper.abstract) == ("Gulls and Chips.", ("Ann Lee",), ABSTRACT)
    assert (paper.published, paper.doi, paper.url) == ("2023-04-07", "10.1000/x.1", "https://pubmed.ncbi.nlm.nih.gov/123/")


@pytest.mark.parametrize(
    ("text", "title", "authors"),
    [
        (ABSTRACT, "Gulls steal chips from people on piers", ()),
        (f"Gulls and Chips\n\n{ABSTRACT}", "Gulls and Chips", ()),
        (f"Gulls and Chips\nAnn Lee, Bo Meer\n\nAbstract\n{ABSTRACT}", "Gulls and Chips", ("Ann Lee", "Bo Meer")),
        (f"Title: Gulls and Chips\nAuthors: Ann Lee and Bo Meer\n\nAbstract: {ABSTRACT}", "Gulls and Chips", ("Ann Lee", "Bo Meer")),
        ("\n\n" + ABSTRACT.replace(". ", ".\n"), "Gulls steal chips from people on piers", ()),
    ],
)
def test_a_text_file_is_one_paper(tmp_path: Path, text: str, title: str, authors: tuple[str, ...]) -> None:
    """However its lines are broken, and whether or not title and fields stand above."""
    (paper,) = read(put(tmp_path, text))
    assert (paper.title, paper.abstract, paper.authors) == (title, ABSTRACT, authors)


def test_a_folder(tmp_path: Path) -> None:
    """Files are taken by name, in subfolders too; hidden ones, descriptions and other content are left out."""
    put(tmp_path, json.dumps(OURS), "b/papers.jsonl")
    put(tmp_path, OTHER, "a.txt")
    put(tmp_path, "# Papers\n\n- a list\n", "README.md")
    put(tmp_path, f"About this folder.\n\n{ABSTRACT}", "b/README.md")
    put(tmp_path, OTHER, ".hidden")
    put(tmp_path, b"\x89PNG\r\n\x1a\n\x00\x00\x00", "figure.png")
    put(tmp_path, "x = 1\ny = 2\n", "notes.cfg")
    put(tmp_path, b"", "empty.txt")
    papers = list(read(tmp_path))
    assert [paper.abstract for paper in papers] == [OTHER, ABSTRACT]
    assert papers[0].source == Source(document="a.txt", record=0)


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    """That is an error, not an empty success."""
    put(tmp_path, "# Papers\n", "README.md")
    with pytest.raises(SourceError, match="nothing that is read"):
        list(read(tmp_path))


@pytest.mark.parametrize("text", [TRENDING, LISTING, json.dumps(OURS), BIBTEX, RIS, TABLE, MEDLINE, json.dumps([CSL]), ABSTRACT])
@pytest.mark.parametrize("form", ["gzip", "utf-8-sig", "utf-16", "utf-32"])
def test_packed_and_marked_files(tmp_path: Path, text: str, form: str) -> None:
    """Gzip is known by its first bytes, Unicode by its byte order mark, in every format."""
    plain = list(read(put(tmp_path, text)))
    assert list(read(put(tmp_path, gzip.compress(text.encode()) if form == "gzip" else text.encode(form)))) == plain


def test_hidden_characters_go(tmp_path: Path) -> None:
    """NUL, control and bidirectional characters reach neither title nor abstract."""
    (paper,) = read(put(tmp_path, json.dumps({"title": "Gu\u202ells\u0000", "abstract": ABSTRACT.replace("piers", "pi\u200b\u0007ers")})))
    assert (paper.title, paper.abstract) == ("Gulls", ABSTRACT)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (f"{ABSTRACT} Code: https://github.com/a/b.", "https://github.com/a/b"),
        (f"{ABSTRACT} The project page (https://gulls.example/p/) tells more.", "https://gulls.example/p/"),
        (f"{ABSTRACT} Compare https://elsewhere.example/x here.", None),
    ],
)
def test_a_project_address_in_the_abstract(tmp_path: Path, text: str, url: str | None) -> None:
    """It stands in where no other address is given; it says nothing about has_code."""
    (paper,) = read(put(tmp_path, json.dumps({"abstract": text})))
    assert (paper.url, paper.has_code) == (url, None)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_only_web_addresses_are_kept(tmp_path: Path, address: str) -> None:
    """Other schemes never reach the page."""
    (paper,) = read(put(tmp_path, json.dumps({"abstract": ABSTRACT, "url": address})))
    assert paper.url is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lee, Ann; van der Meer, Bo", ["Ann Lee", "Bo van der Meer"]),
        ("Ann Lee, Bo Meer and Cy Xu", ["Ann Lee", "Bo Meer", "Cy Xu"]),
        ("Lee, Ann and Meer, Bo", ["Ann Lee", "Bo Meer"]),
        ("Lee, Ann", ["Ann Lee"]),
        ("Smith, J. D., Lee, A.", ["J. D. Smith", "A. Lee"]),
        ("Ann Lee", ["Ann Lee"]),
        ("", []),
    ],
)
def test_rows_of_names(text: str, names: list[str]) -> None:
    """The usual orders and separators."""
    assert people(text) == (names, False)
    assert people(f"{text} et al.")[1] is True


@pytest.mark.seeds
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source documents are not part of the project")
def test_the_five_documents() -> None:
    """212 records; 50 with authors, 24 with date and category, 2 with the code flag; 21 titles derived."""
    papers = list(read(SEEDS))
    assert len(papers) == 212
    assert sum(bool(p.authors) for p in papers) == 50
    assert sum(bool(p.published and p.categories and p.listing_score is not None) for p in papers) == 24
    assert [p.has_code for p in papers].count(True) == 2
    assert [p.has_code for p in papers].count(False) == 22
    assert sum(p.title_origin == "derived" for p in papers) == 21
    assert all(len(p.abstract) > 200 and len(p.title) < 200 and "\\" not in p.title + p.abstract for p in papers)
    assert {p.source.document[:3]: p.source.record for p in papers if p.source} == {"000": 10, "001": 70, "002": 49, "003": 69, "004": 9}
