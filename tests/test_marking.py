"""What users add to papers: tags, collections and notes; found by filters, gone when taken away, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag.errors import ConfigError, PaperNotFound
from rag.library import Library
from rag.library.marking import LONGEST_NOTE, NOTE, Marks
from rag.schema import Filters, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAPERS = [
    Paper(paper_id=f"p{n}", title=f"Moss number {n}", abstract=f"Moss number {n} grows on roofs that face north.", tags=("given",))
    for n in range(3)
]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three papers."""
    with Library.open(tmp_path / "lib", embedder=None, create=True) as opened:
        opened.add(PAPERS)
        yield opened


def test_marks_are_filters_and_survive_reopening(library: Library, tmp_path: Path) -> None:
    """Tags and collections count in the facets and narrow; spaces and case make no second one; a source's own tags stay."""
    assert library.mark(["p0", "p1"], Marks(tags=("Good  one", "good one"), collections=("Thesis/Two",), note=" read ")) == 2
    assert library.mark(["p0"], Marks(tags=("GOOD ONE",))) <= 1
    assert library.count(Filters(tag="good one")) == 2
    assert library.count(Filters(collection="Thesis")) == 2
    assert library.facets()["tags"]["given"] == 3
    assert library.get("p1").extra[NOTE] == "read"
    library.close()
    with Library.open(tmp_path / "lib", embedder=None) as again:
        assert again.count(Filters(tag="good one")) == 2


def test_marks_are_taken_away(library: Library) -> None:
    """One tag, an empty note, or all but those that are given."""
    library.mark(["p0"], Marks(tags=("a", "b"), collections=("c",), note="n"))
    library.mark(["p0"], Marks(not_tags=("A",)))
    assert library.get("p0").tags == ("given", "b")
    library.mark(["p0"], Marks(tags=("z",), note="", only=True))
    paper = library.get("p0")
    assert (paper.tags, paper.collections, NOTE in paper.extra) == (("z",), (), False)
    assert library.mark(["p0"], Marks()) == 0


def test_marks_are_all_or_none_and_bounded(library: Library) -> None:
    """An unknown paper, a name or a note that is too long: nothing changes."""
    with pytest.raises(PaperNotFound):
        library.mark(["p0", "nowhere"], Marks(tags=("x",)))
    with pytest.raises(ConfigError, match="100 characters"):
        library.mark(["p0"], Marks(tags=("x" * 101,)))
    with pytest.raises(ConfigError, match="5,000 characters"):
        library.mark(["p0"], Marks(note="x" * (LONGEST_NOTE + 1)))
    with pytest.raises(ConfigError, match="50 tags"):
        library.mark(["p0"], Marks(tags=[f"t{n}" for n in range(51)]))
    assert library.count(Filters(tag="x")) == 0


def test_a_source_read_again_leaves_marks(library: Library) -> None:
    """The same record once more changes no mark."""
    library.mark(["p2"], Marks(tags=("mine",), note="kept"))
    library.add(PAPERS)
    assert "mine" in library.get("p2").tags
    assert library.get("p2").extra[NOTE] == "kept"
