"""Versions of a work, possible duplicates, and what people decide about them, embedded and on a Chroma server alike."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any

import pytest
from library_kit import HashEmbedder, chroma_server, made_up

from rag.errors import ConfigError
from rag.library import Library, mirror
from rag.schema import Filters, Paper, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Opener = Callable[..., Library]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chroma server for the module."""
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture(params=["embedded", "server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Opens the test's library, in both modes; `machine` stands for another computer."""
    url = request.getfixturevalue("server") if request.param == "server" else None
    name = f"versions-{random.Random(str(tmp_path)).randrange(10**9)}"
    monkeypatch.setattr(mirror, "ASK_S", 0.0)
    made: list[Library] = []

    def open_library(*, machine: str = "a") -> Library:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / machine))
        made.append(Library.open(tmp_path / name, embedder=HashEmbedder(), chroma_url=url, create=True))
        return made[-1]

    yield open_library
    for library in made:
        library.close()


def filled(library: Library, papers: list[Paper]) -> Library:
    """The library with these papers and their vectors."""
    library.add(papers)
    library.embed_pending()
    return library


def preprint_and_paper(**fields: Any) -> tuple[Paper, Paper]:
    """A preprint and what it became."""
    paper = made_up(1, seed=5, authors=("Ada Lee", "Bo Chen"), source=None, **fields)[0]
    early = dataclasses.replace(paper, arxiv_id="2301.00001", published="2023-01-02", source=Source(document="early.bib", record=0))
    late = dataclasses.replace(
        paper, doi="10.5555/late", published="2024", venue="Journal of Ice", source=Source(document="j.bib", record=0)
    )
    return early, late


@pytest.mark.parametrize("turned", [False, True])
def test_versions_count_once(opened: Opener, *, turned: bool) -> None:
    """Whichever came first, lists, counts, facets and both searches show the published one.

    A filter that only the preprint meets shows that; each is still had by its id, and a list of every version has both.
    """
    early, late = preprint_and_paper()
    library = opened()
    for paper in (late, early) if turned else (early, late):
        report = library.add([paper])
    library.embed_pending()
    filled(library, made_up(12, seed=6))
    assert report.linked == 1
    assert library.count() == len(library.list()) == library.facets()["papers"] == 13
    assert len(library.list(every_version=True)) == 14
    shown = library.get("doi:10.5555/late")
    (other,) = library.versions_of(shown.paper_id)
    assert other.arxiv_id == "2301.00001"
    assert other.work_id == shown.work_id is not None
    for found in (library.keyword(late.title, k=5), library.dense(HashEmbedder().embed_query(f"{late.title} {late.abstract}"), k=5)):
        ids = [p.paper_id for p in library.papers_by_row([row for row, _ in found])]
        assert shown.paper_id in ids
        assert other.paper_id not in ids
        assert len(ids) == 5
    only = Filters(source="early.bib")
    assert [p.paper_id for p in library.list(only)] == [other.paper_id]
    assert library.count(only) == 1
    assert library.count(Filters(author="Bo Chen", year_from=2023)) == len(library.list(Filters(author="Bo Chen", year_from=2023)))
    assert library.status()["problems"] == []


def test_a_split_version_stays_out_of_its_work(opened: Opener) -> None:
    """A version that is taken out of its work counts by itself, and is not linked again by the next file."""
    early, late = preprint_and_paper()
    library = filled(opened(), [early, late])
    first = library.get("arxiv:2301.00001").paper_id
    assert len(library.split([first])) == 2
    assert library.count() == 2
    report = library.add([dataclasses.replace(early, categories=("new",)), dataclasses.replace(late, categories=("new",))])
    assert (report.linked, report.possible, report.added) == (0, 0, 0)
    assert library.count() == 2


def test_two_journal_papers_are_not_joined_by_a_preprint(opened: Opener) -> None:
    """A preprint that could have become either of two papers is linked to none, and told."""
    early, late = preprint_and_paper()
    library = filled(opened(), [late, dataclasses.replace(late, doi="10.5555/other")])
    report = library.add([early])
    assert (report.linked, report.possible) == (0, 1)
    assert library.count() == 3


def test_a_possible_duplicate_is_kept_told_and_settled(opened: Opener) -> None:
    """An uncertain pair stands as a pair until it is settled; either way, later files respect it."""
    paper = made_up(1, seed=5, authors=("Ada Lee",), published="2019")[0]
    again = dataclasses.replace(paper, published="2020")
    library = opened()
    assert library.add([paper, again]).possible == 1
    assert library.count() == 2
    (pair,) = library.possible_duplicates()
    assert {pair.first.published, pair.second.published} == {"2019", "2020"}
    library.split([pair.first.paper_id])
    assert library.possible_duplicates() == []
    report = library.add([dataclasses.replace(again, categories=("new",))])
    assert (report.possible, report.added, report.merged) == (0, 0, 1)
    assert library.possible_duplicates() == []
    merged = library.merge([pair.second.paper_id, pair.first.paper_id])
    assert library.count() == 1
    assert merged.paper_id == pair.first.paper_id == library.get(pair.second.paper_id).paper_id
    assert library.add([dataclasses.replace(again, has_code=True, categories=("newer",))]).added == 0
    assert library.count() == 1
    with pytest.raises(ConfigError, match="one paper already"):
        library.merge([pair.first.paper_id, pair.second.paper_id])


def test_undoing_a_merge_loses_nothing(opened: Opener) -> None:
    """Two papers that somebody made one and took apart again are what they were, found by words and vectors as before.

    Another machine can take apart what this one put together.
    """
    one, two, *rest = made_up(6, seed=7, authors=("Ada Lee",))
    one = dataclasses.replace(one, doi="10.5555/one", tags=("mine",), extra={"note": ["a", 1]})
    two = dataclasses.replace(two, doi="10.5555/two", venue="Journal of Ice")
    library = filled(opened(), [one, two, *rest])
    before = {p.paper_id: p for p in library.list()}
    ids = [library.get(f"doi:10.5555/{n}").paper_id for n in ("one", "two")]
    library.merge(ids)
    assert library.count() == 5
    assert {library.get(i).paper_id for i in ids} == {ids[0]}
    other = opened(machine="b")
    papers = other.split([ids[1]])
    other.embed_pending()
    assert {p.paper_id: p for p in other.list()} == before
    assert [p.paper_id for p in papers] == ids
    for paper in papers:
        (row, _), *_ = other.keyword(paper.title, k=1, field="title")
        assert other.papers_by_row([row]) == [paper]
        assert other.get(f"doi:{paper.doi}") == paper
    other.add([dataclasses.replace(one, has_code=True), dataclasses.replace(two, has_code=True)])
    assert other.count() == 6
    assert other.status()["problems"] == []


def test_what_files_merged_can_be_taken_apart(opened: Opener) -> None:
    """Each record of a paper that was merged while reading comes back as it was read, and is not merged again."""
    paper = made_up(1, seed=9, authors=("Ada Lee",), published="2020", source=Source(document="a.bib", record=0))[0]
    twin = dataclasses.replace(paper, doi="10.5555/twin", keywords=("ice",), source=Source(document="b.ris", record=3))
    library = filled(opened(), [paper, twin])
    (merged,) = library.list()
    assert (merged.doi, merged.keywords) == ("10.5555/twin", ("ice",))
    first, second = library.split([merged.paper_id])
    assert dataclasses.replace(first, paper_id="") == paper
    assert dataclasses.replace(second, paper_id="") == twin
    report = library.add([paper, twin, dataclasses.replace(twin, language="en")])
    assert report.added == 0
    assert library.count() == 2
    assert library.get("doi:10.5555/twin").language == "en"
    with pytest.raises(ConfigError, match="read as one record"):
        library.split([made_up_alone(library)])


def made_up_alone(library: Library) -> str:
    """The id of a paper that is like no other."""
    library.add(made_up(1, seed=77))
    return library.list(sort="added")[-1].paper_id


def test_boilerplate_makes_neither_one_paper_nor_noise(opened: Opener) -> None:
    """Forty papers with one abstract stay forty, and no pairs of them are told."""
    stock = "This article is part of the yearly report of the institute, which lists the work of all its groups and the people in them."
    titles = [p.title for p in made_up(40, seed=3)]
    papers = [Paper(paper_id="", title=t, abstract=stock, published="2020", authors=("A. Editor",)) for t in titles]
    library = opened()
    assert library.add(papers).added == 40
    assert library.count() == 40
    assert len(library.possible_duplicates()) <= 10
