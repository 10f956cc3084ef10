"""What goes in comes out: every field, through every format, by our readers and by others'; and references in journals' styles."""

# ruff: noqa: E501, RUF001 - references stand on one line, with the dashes of their styles

from __future__ import annotations

import csv
import io
import json
import warnings
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import bibtexparser
import pytest
import rispy
from bibtexparser.bparser import BibTexParser
from pybtex.database import parse_string
from record_samples import CHAPTER, FULL, PAPERS, PREPRINT, TALK, THESIS
from source_samples import put

from rag.errors import ConfigError
from rag.schema import Paper
from rag.sources import read, write
from rag.sources.citing import STYLES, known, references
from rag.store.records import dump, load

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("jsonl", "bibtex", "biblatex", "ris", "csl", "csv", "nbib", "endnote")


def text_in(name: str, papers: tuple[Paper, ...] = PAPERS) -> str:
    """What is written."""
    return "".join(write(papers, name))


@pytest.mark.parametrize("name", FORMATS)
def test_everything_comes_back(tmp_path: Path, name: str) -> None:
    """Our own readers find each field as it was; `extra` may hold more than before, and never less."""
    back = list(read(put(tmp_path, text_in(name)), keep_without_abstract=True))
    assert len(back) == len(PAPERS)
    for before, after in zip(PAPERS, back, strict=True):
        told, found = before.to_dict(), after.to_dict()
        extra, more = told.pop("extra", {}), found.pop("extra", {})
        for field in ("paper_id", "source", "keys"):
            told.pop(field), found.pop(field)
        if name == "nbib":  # PubMed's format keeps groups apart from people, and has no title case of its own
            told["authors"], found["authors"] = sorted(told["authors"]), sorted(found["authors"])
        assert found == told
        assert {key: str(value) for key, value in extra.items() if str(more.get(key)) != str(value)} == {}


@pytest.mark.parametrize("name", ["bibtex", "biblatex"])
def test_bibtex_by_pybtex(name: str) -> None:
    """Keys, names in parts, "and others" and fields, as the reference implementation reads them."""
    found = parse_string(text_in(name), "bibtex").entries
    assert list(found) == ["quill_2021:fish", "tone20", "fern", "kiln99", "crows"]
    authors = found["quill_2021:fish"].persons["author"]
    parts = [
        (" ".join(p.first_names + p.middle_names), " ".join(p.prelast_names), " ".join(p.last_names), " ".join(p.lineage_names))
        for p in authors
    ]
    assert parts == [
        ("Ada B.", "", "Quill", ""), ("Lea", "van der", "Moss", ""), ("Martin Luther", "", "King", "Jr."), ("", "", "{Roof Study Group}", ""),
        ("Gabriel", "", "García Márquez", ""), ("Ann", "", "De Bruyn", ""), ("", "", "others", ""),
    ]  # fmt: skip
    fields = found["quill_2021:fish"].fields
    assert (fields["volume"], fields["number"], fields["pages"], fields["pmid"]) == ("12", "3", "123--130", "1234567")
    assert (fields["doi"], fields["rating"]) == (FULL.doi, "5")
    assert [str(p) for p in found["quill_2021:fish"].persons["editor"]] == ["Gale, Tim", "{Dusk Society}"]
    assert [found[key].type for key in found] == (
        ["article", "inproceedings", "mastersthesis", "incollection", "misc" if name == "bibtex" else "online"]
    )
    assert found["tone20"].fields["booktitle"] == TALK.venue
    if name == "bibtex":
        assert (fields["journal"], fields["year"], fields["month"], fields["address"]) == (
            r"Journal of Fish \& Chips",
            "2021",
            "April",
            "Oslo",
        )
        assert found["fern"].fields["school"] == THESIS.publisher
    else:
        assert (fields["journaltitle"], fields["date"], fields["location"]) == (r"Journal of Fish \& Chips", "2021-04-07", "Oslo")
        assert found["fern"].fields["institution"] == THESIS.publisher


def test_bibtex_by_bibtexparser() -> None:
    """Another parser finds as many fields."""
    found = bibtexparser.loads(text_in("bibtex"), parser=BibTexParser(common_strings=True, ignore_nonstandard_types=False)).entries
    assert [entry["ID"] for entry in found] == [paper.citation_key for paper in PAPERS]
    assert found[3]["editor"] == "Gale, Tim"
    assert found[3]["isbn"] == "0-306-40615-2"
    assert {"translator", "series", "edition", "note", "urldate", "keywords", "groups", "retraction", "issn", "pmcid"} <= found[0].keys()


def test_ris_by_rispy() -> None:
    """The parser finds each field under the name that it has for it."""
    found = rispy.loads(text_in("ris"))
    first = found[0]
    assert first["authors"] == [
        "Quill, Ada B.", "van der Moss, Lea", "King, Martin Luther, Jr.", "Roof Study Group", "García Márquez, Gabriel", "De Bruyn, Ann", "et al.",
    ]  # fmt: skip
    want = {
        "id": "quill_2021:fish", "type_of_reference": "JOUR", "title": FULL.title, "year": "2021", "date": "2021/04/07", "secondary_title": FULL.venue,
        "volume": "12", "number": "3", "start_page": "123", "end_page": "130", "publisher": "Fish Press", "place_published": "Oslo", "doi": FULL.doi,
        "language": "en", "abstract": FULL.abstract, "edition": "2nd", "tertiary_title": "Fish Series", "alternate_title1": "J. Fish",
    }  # fmt: skip
    assert {key: first.get(key) for key in want} == want
    assert first["keywords"] == ["lantern fish", "dusk, bays", "cs.LG", "stat.ML", "to read"]
    assert [record["type_of_reference"] for record in found] == ["JOUR", "CPAPER", "THES", "CHAP", "GEN"]


def test_csl_by_citeproc() -> None:
    """The processor knows every variable of an item but ours and those that CSL has from 1.0.2 on."""
    from citeproc.source.json import CiteProcJSON

    items = json.loads(text_in("csl"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        bibliography = CiteProcJSON(items)
    unknown = {str(one.message).rpartition(" ")[2].strip("'`\"") for one in told}
    assert unknown <= {"custom", "citation_key", "event_title"}, unknown
    assert items[0]["author"][1] == {"family": "Moss", "given": "Lea", "non-dropping-particle": "van der"}
    assert items[0]["author"][2]["suffix"] == "Jr."
    assert (items[0]["publisher-place"], items[0]["accessed"]) == ("Oslo", {"date-parts": [[2022, 5, 1]]})
    assert bibliography["tone20"].type == "paper-conference"


def test_tables_and_xml_by_the_standard_library() -> None:
    """A row and a record for each paper, with its key."""
    rows = list(csv.DictReader(io.StringIO(text_in("csv"))))
    assert [row["citation_key"] for row in rows] == [paper.citation_key for paper in PAPERS]
    assert (rows[0]["venue"], rows[0]["editors"], rows[3]["publisher"]) == (FULL.venue, "Gale, Tim; Dusk Society;", "Clay Press")
    records = ET.fromstring(text_in("endnote")).findall("records/record")
    texts: list[dict[str, Any]] = [{e.tag: "".join(e.itertext()) for e in record.iter()} for record in records]
    assert [one["label"] for one in texts] == [paper.citation_key for paper in PAPERS]
    assert (texts[0]["electronic-resource-num"], texts[0]["full-title"], texts[3]["secondary-title"]) == (
        FULL.doi,
        FULL.venue,
        CHAPTER.venue,
    )
    assert [record.find("ref-type").get("name") for record in records] == [  # type: ignore[union-attr]
        "Journal Article", "Conference Paper", "Thesis", "Book Section", "Generic",
    ]  # fmt: skip


def test_through_two_formats(tmp_path: Path) -> None:
    """From BibTeX through RIS and CSL-JSON into BibTeX again, the file is the same."""
    first = text_in("bibtex", (FULL, THESIS, CHAPTER))
    text = first
    for n, name in enumerate(("ris", "csl", "endnote", "biblatex", "bibtex")):
        text = "".join(write(read(put(tmp_path, text, f"{n}")), name))
    assert set(first.splitlines()) - set(text.splitlines()) == set()


def test_a_record_is_stored_whole() -> None:
    """The library's form of a record loses nothing and says nothing that is not there."""
    for paper in PAPERS:
        assert load(dump(paper)) == paper
    assert dump(Paper(paper_id="x", title="T", abstract="A")) == (
        '{"paper_id":"x","title":"T","title_origin":"source","abstract":"A","abstract_origin":"source"}'
    )


EXPECTED = {
    "apa": "Quill, A. B., van der Moss, L., King, M. L., Jr., Roof Study Group, García Márquez, G., De Bruyn, A., et al. (2021).",
    "mla": "Quill, Ada B., et al. “Lantern Fish & Dusk:",
    "chicago": "Quill, Ada B., Lea van der Moss, Martin Luther King Jr., et al. 2021.",
    "ieee": "[1] A. B. Quill et al., “Lantern fish & dusk:",
    "vancouver": "1. Quill AB, van der Moss L, King ML Jr., Roof Study Group, García Márquez G, De Bruyn A, et al. Lantern fish & dusk:",
    "nature": "1. Quill, A. B. et al. Lantern fish & dusk:",
}


@pytest.mark.parametrize("style", STYLES)
def test_references(style: str) -> None:
    """Each style sets authors, title, venue and pages in its way, and keeps preprints and theses apart from articles."""
    lines = references(PAPERS, style)
    assert len(lines) == len(PAPERS)
    full = next(line for line in lines if "antern" in line)
    assert full.startswith(EXPECTED[style])
    assert "12" in full
    preprint, thesis, chapter = (next(line for line in lines if word in line.lower()) for word in ("crows", "moss on", "clay bricks"))
    assert "arxiv" in preprint.lower()
    assert "2018" in preprint
    assert THESIS.publisher is not None
    assert THESIS.publisher in thesis
    assert "Book of Clay" in chapter
    assert "others" not in " ".join(lines)


def test_exact_references() -> None:
    """Whole references as the styles' manuals print them."""
    plain = Paper(
        paper_id="p", title="Kite lines of hemp", authors=("Tim Gale", "Ina Reed"), published="2018-04-12", type="article-journal", venue="Kites",
        volume="3", issue="2", pages="1-9", doi="10.5555/k.1",
    )  # fmt: skip
    assert references([plain], "apa") == ["Gale, T., & Reed, I. (2018). Kite lines of hemp. Kites, 3(2), 1–9. https://doi.org/10.5555/k.1"]
    assert references([plain], "ieee") == [
        "[1] T. Gale and I. Reed, “Kite lines of hemp,” Kites, vol. 3, no. 2, pp. 1–9, Apr. 2018, doi: 10.5555/k.1."
    ]
    assert references([plain], "vancouver") == ["1. Gale T, Reed I. Kite lines of hemp. Kites. 2018 Apr 12;3(2):1–9. doi:10.5555/k.1"]
    assert references([plain], "nature") == ["1. Gale, T. & Reed, I. Kite lines of hemp. Kites 3, 1–9 (2018)."]
    assert references([plain], "mla") == [
        "Gale, Tim, and Ina Reed. “Kite Lines of Hemp.” Kites, vol. 3, no. 2, Apr. 2018, pp. 1–9, https://doi.org/10.5555/k.1."
    ]
    assert references([PREPRINT], "apa") == [
        "Plato, & Min-jun, K. (2018). Crows that drop mussels (arXiv:1804.66666). arXiv. https://arxiv.org/abs/1804.66666"
    ]


def test_styles_by_other_names() -> None:
    """A name of CSL's repository is known, also of a journal that rests on another style; a path or a stranger is none."""
    assert known("harvard-cite-them-right")
    assert references([THESIS], "nature-physics") == references([THESIS], "nature")
    assert "".join(write([THESIS], "apa")) == "Fern, O. (2019). Moss on steep roofs [Master's thesis]. University of Moss.\n"
    for stranger in ("no-such-style", "../styles/apa", "/etc/passwd", ""):
        assert not known(stranger)
        with pytest.raises(ConfigError, match="no style"):
            references([THESIS], stranger)
