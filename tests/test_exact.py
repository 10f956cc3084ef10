"""Exact look-ups: every paper that holds a word, and no other, over the whole library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag.library import Library
from rag.retrieval import exact
from rag.schema import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = {
    "a": "We test on GLUE and SuperGLUE. Nothing else is tried.",
    "b": "The SuperGLUE tasks are hard. We glue parts together.",
    "c": "Results on WMT22 and on GLUE-style tasks improve.",
    "d": "We use divide-and-conquer search for translation.",
    "e": "Divide and conquer is an old idea. Translation needs search.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Five papers, dated in order, searched by words alone."""
    place: Path = tmp_path_factory.mktemp("exact")
    with Library.open(place, embedder=None, create=True) as found:
        found.add(Paper(paper_id=i, title=f"Paper {i}", abstract=t, published=f"202{n}-01-01") for n, (i, t) in enumerate(TEXTS.items()))
        yield found


@pytest.mark.parametrize(
    ("phrases", "papers"),
    [
        (["GLUE"], ["c", "a"]),
        (["SuperGLUE"], ["b", "a"]),
        (["WMT"], ["c"]),
        (["divide and conquer"], ["e", "d"]),
        (["GLUE", "SuperGLUE"], ["a"]),
        (["ImageNet"], []),
    ],
)
def test_whole_words_and_nothing_else(library: Library, phrases: list[str], papers: list[str]) -> None:
    """Complete, newest first; short capitals in their own case; hyphens and spaces are the same."""
    found = exact.holding(library, phrases)
    assert found is not None
    assert [h.paper.paper_id for h in found] == papers


def test_the_sentence_that_holds_it(library: Library) -> None:
    """It comes along, by its place in the abstract."""
    found = exact.holding(library, ["SuperGLUE"])
    assert found is not None
    spans = {h.paper.paper_id: h.paper.abstract[h.span.start : h.span.end] for h in found if h.span}
    assert spans["b"] == "The SuperGLUE tasks are hard."


def test_a_topic_in_one_sentence(library: Library) -> None:
    """All its words, in any form, in one sentence: words far apart are no topic."""
    found = exact.on_topic(library, "search for translations")
    assert found is not None
    assert [h.paper.paper_id for h in found] == ["e", "d"]
    assert [h.paper.paper_id for h in exact.on_topic(library, "hard tasks") or ()] == ["b"]
    assert exact.on_topic(library, "the of and") is None
