"""What is written out can be read by others' parsers and by `read`, and says the same."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import bibtexparser
import pytest
import rispy
from bibtexparser.bparser import BibTexParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from source_samples import ABSTRACT, OTHER, put

from rag.errors import ConfigError
from rag.schema import Paper, Source
from rag.sources import FORMATS, read, write
from rag.sources.names import apart, direct
from rag.text import plain

if TYPE_CHECKING:
    from pathlib import Path

PAPERS = (
    Paper(
        paper_id="lee2023gulls",
        title="Gulls & Chips: 50% of $5 {or} more_or_less #1 ~ C^n <end>",
        authors=("Ann Lee", "Laurens van der Maaten", "J. D. O'Brien-Müller", "OpenAI", "Research and Development Team"),
        authors_truncated=True,
        published="2023-04-07",
        categories=("cs.LG", "stat.ML"),
        has_code=True,
        listing_score=21.1,
        url="https://example.org/a_b~c?d=e&f=%20",
        doi="10.1000/x_(1);3",
        arxiv_id="2304.03442",
        source=Source(document="a.txt", record=3),
        abstract=ABSTRACT,
    ),
    Paper(paper_id="crows", title="Crows", title_origin="derived", published="2020-02", has_code=False, abstract=f"- {OTHER}"),
    Paper(
        paper_id="crows-2",
        title="Crows",
        authors=("Łukasz Kaiser",),
        published="2020",
        abstract=f"1. {OTHER} = 2 * 3 | [x](y) 'z'",
    ),
)
READ_BACK = ("jsonl", "bibtex", "biblatex", "ris", "csl", "csv", "nbib", "endnote")


@pytest.mark.parametrize("name", READ_BACK)
def test_round_trip(tmp_path: Path, name: str) -> None:
    """Title, authors, date, abstract, DOI, address and categories come back."""
    back = list(read(put(tmp_path, "".join(write(PAPERS, name)))))
    for before, after in zip(PAPERS, back, strict=True):
        assert (after.title, after.authors, after.abstract) == (before.title, before.authors, before.abstract)
        assert (after.published, after.doi, after.url, after.categories) == (before.published, before.doi, before.url, before.categories)
        assert after.arxiv_id == before.arxiv_id


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_nothing_is_lost(tmp_path: Path, name: str) -> None:
    """JSON lines and CSV bring every field back (CSV all but the source and the keys)."""
    back = list(read(put(tmp_path, "".join(write(PAPERS, name)))))
    if name == "jsonl":
        assert [p for p in back if p.source and p.source.document == "a.txt"] == [PAPERS[0]]
    for before, after in zip(PAPERS, back, strict=True):
        left, right = before.to_dict(), after.to_dict()
        assert {k: v for k, v in left.items() if k != "source"} == {k: v for k, v in right.items() if k != "source"}


def test_bibtex_by_its_own_parser() -> None:
    """Its parser finds every entry under a key of its own, with authors as BibTeX orders them."""
    found = bibtexparser.loads("".join(write(PAPERS, "bibtex")), parser=BibTexParser(common_strings=True, ignore_nonstandard_types=False))
    assert [entry["ID"] for entry in found.entries] == ["lee2023gulls", "anonymous2020crows", "kaiser2020crows"]
    assert found.entries[0]["author"].startswith(
        "Lee, Ann and van der Maaten, Laurens and O'Brien-Müller, J. D. and {OpenAI} and {Research and"
    )
    assert found.entries[0]["author"].endswith(" and others")
    same = bibtexparser.loads("".join(write([PAPERS[1]] * 3, "bibtex")))
    assert [entry["ID"] for entry in same.entries] == ["anonymous2020crows", "anonymous2020crows-2", "anonymous2020crows-3"]


def test_ris_by_its_own_parser() -> None:
    """The parser reads back what each record holds."""
    found = rispy.loads("".join(write(PAPERS, "ris")))
    assert [record["title"] for record in found] == [paper.title for paper in PAPERS]
    assert found[0]["authors"][:2] == ["Lee, Ann", "van der Maaten, Laurens"]
    assert [record["year"] for record in found] == ["2023", "2020", "2020"]


def test_csl_and_csv_by_the_standard_library() -> None:
    """One JSON array; one row a paper."""
    items = json.loads("".join(write(PAPERS, "csl")))
    assert [item["id"] for item in items] == ["lee2023gulls", "crows", "crows-2"]
    assert items[0]["author"][1] == {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"}
    assert items[1]["issued"] == {"date-parts": [[2020, 2]]}
    rows = list(csv.DictReader(io.StringIO("".join(write(PAPERS, "csv")))))
    assert [row["has_code"] for row in rows] == ["true", "false", ""]


def test_markdown_by_a_markdown_parser() -> None:
    """A heading a paper; no sign in a title or abstract means anything."""
    tokens = MarkdownIt().parse("".join(write(PAPERS, "markdown")))
    texts = ["".join(child.content for child in token.children or []) for token in tokens if token.type == "inline"]
    assert [paper.title for paper in PAPERS] == [text for text in texts if text in {p.title for p in PAPERS}]
    assert all(paper.abstract in texts for paper in PAPERS)
    assert {token.type for token in tokens} <= {"heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close"}


def test_an_empty_library_is_written() -> None:
    """No papers give a valid, empty document."""
    assert json.loads("".join(write([], "csl"))) == []
    assert "".join(write([], "csv")).count("\n") == 1
    assert all("".join(write([], name)) == "" for name in ("jsonl", "bibtex", "ris", "markdown"))


def test_writing_streams() -> None:
    """A piece comes out for each paper, before the next is asked for."""
    asked: list[int] = []

    def papers() -> list[Paper]:
        asked.append(1)
        return [PAPERS[1]]

    writing = write((paper for _ in range(3) for paper in papers()), "jsonl")
    next(writing)
    assert asked == [1]


def test_an_unknown_format() -> None:
    """The error names those that there are."""
    with pytest.raises(ConfigError, match="jsonl, bibtex, biblatex, ris, csl, csv, nbib, endnote, markdown"):
        write([], "word")
    assert set(READ_BACK) < set(FORMATS)


TEXT = st.lists(st.sampled_from([*"\\{}$&%#_^~'\"<>*[]()|;,. aBé\n", "and ", "word ", "\\alpha"]), min_size=1, max_size=30)


@given(TEXT.map("".join), TEXT.map("".join))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_stored_text_comes_back(tmp_path: Path, title: str, abstract: str) -> None:
    """Whatever plain text is stored, the formats carry it unchanged."""
    paper = Paper(paper_id="x", title=f"T{plain(title)}T", abstract=f"A {plain(abstract)} end")
    if plain(paper.title) != paper.title or plain(paper.abstract) != paper.abstract:
        return
    for name in READ_BACK:
        (back,) = read(put(tmp_path, "".join(write([paper], name))))
        assert (name, back.title, back.abstract) == (name, paper.title, paper.abstract)


@given(st.lists(st.sampled_from(["Ann", "J.", "van", "der", "Maaten", "de", "O'Brien", "Lee"]), min_size=1, max_size=5).map(" ".join))
def test_names_come_apart_and_together(name: str) -> None:
    """Turning a name round and back changes nothing."""
    given_name, family = apart(name)
    assert direct(f"{family}, {given_name}") == name
