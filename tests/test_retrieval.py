"""Hybrid retrieval through real libraries: rankings by hand, filters, pending vectors, follow-ups, fusion, reranking, `why`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from library_kit import HashEmbedder, made_up

from rag.errors import ConfigError
from rag.library import Library
from rag.retrieval import HybridRetriever, load_reranker
from rag.retrieval import fusion as fuse
from rag.retrieval.candidates import CORE, TAIL
from rag.retrieval.why import Matcher
from rag.schema import Filters, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag.schema import Hit

QUERY = "plasma reactor turbine catalyst benchmark"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """150 papers, all with vectors."""
    with Library.open(tmp_path_factory.mktemp("library") / "full", embedder=HashEmbedder(), create=True) as found:
        found.add(made_up(150))
        found.embed_pending()
        yield found


def ids(hits: Sequence[Hit]) -> list[str]:
    """Their papers."""
    return [hit.paper.paper_id for hit in hits]


def open_with(folder: Path, papers: Sequence[Paper]) -> Library:
    """A small library with vectors."""
    library = Library.open(folder, embedder=HashEmbedder(), create=True)
    library.add(papers)
    library.embed_pending()
    return library


def test_hits_are_ranked_and_explained(library: Library) -> None:
    """Ranks run from 1, scores fall within [0, 1], both measures are given, and the line says where a hit stood and what it holds."""
    hits = HybridRetriever(library, HashEmbedder()).search(QUERY, k=20)
    assert [hit.rank for hit in hits] == list(range(1, 21))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    first = dict(library.keyword(QUERY, k=150))
    rows = library.rows_of(ids(hits))
    assert [hit.keyword for hit in hits] == pytest.approx([first.get(row, 0.0) for row in rows], abs=1e-4)
    near = dict(library.dense(HashEmbedder().embed_query(QUERY), k=150))
    assert [hit.dense for hit in hits] == pytest.approx([near[row] for row in rows], abs=1e-4)
    assert any("keywords: rank 1;" in hit.why for hit in hits)
    assert any("meaning: rank 1;" in hit.why for hit in hits)
    top = hits[0]
    words = f"{top.paper.title} {top.paper.abstract}".lower()
    assert all((f"'{word}'" in top.why) == (word in words) for word in QUERY.split())


def test_fused_by_hand(library: Library) -> None:
    """`auto` is the mean of both scores, standardised over the best 50 of each ranking, and 0.3 of the likeness to the first five.

    `rrf`, `dense` and `keyword` are what they say.
    """
    embedder = HashEmbedder()
    keyword = dict(library.keyword(QUERY, k=150))
    dense = dict(library.dense(embedder.embed_query(QUERY), k=150))
    by_keyword = sorted(keyword, key=lambda r: -keyword[r])
    by_meaning = sorted(dense, key=lambda r: -dense[r])
    pool = list(dict.fromkeys(by_keyword[:CORE] + by_meaning[:CORE]))
    x, y = np.array([keyword.get(r, 0.0) for r in pool]), np.array([dense[r] for r in pool])
    fused = 0.5 * (x - x.mean()) / x.std() + 0.5 * (y - y.mean()) / y.std()
    chunks = library.chunk_vectors(pool)
    followed = np.argsort(-fused)[:5]
    weights = np.exp(fused[followed] / 0.3) / np.exp(fused[followed] / 0.3).sum()
    means = np.stack([chunks[n].mean(axis=0) / np.linalg.norm(chunks[n].mean(axis=0)) for n in followed])
    like = np.array([(c @ (weights @ means)).max() for c in chunks])
    final = fused + 0.3 * (like - like.mean()) / like.std()
    found = library.rows_of(ids(HybridRetriever(library, embedder).search(QUERY, k=10)))
    assert [final[pool.index(row)] for row in found] == pytest.approx(sorted(final, reverse=True)[:10], abs=1e-4)
    assert library.rows_of(ids(HybridRetriever(library, embedder, fusion="keyword").search(QUERY, k=10))) == by_keyword[:10]
    assert library.rows_of(ids(HybridRetriever(library, embedder, fusion="dense").search(QUERY, k=10))) == by_meaning[:10]

    def reciprocal(row: int) -> float:
        return sum(1 / (60 + ranked.index(row) + 1) for ranked in (by_keyword[:CORE], by_meaning[:CORE]) if row in ranked)

    found = library.rows_of(ids(HybridRetriever(library, embedder, fusion="rrf").search(QUERY, k=10)))
    assert [reciprocal(r) for r in found] == sorted((reciprocal(r) for r in pool), reverse=True)[:10]


def test_beyond_the_core_both_rankings_count(library: Library) -> None:
    """Papers that neither ranking has among its best 50 come by reciprocal ranks over the best 100, then by the better rank."""
    embedder = HashEmbedder()
    rankings = [row for row, _ in library.keyword(QUERY, k=150)], [row for row, _ in library.dense(embedder.embed_query(QUERY), k=150)]
    core = {row for ranking in rankings for row in ranking[:CORE]}
    found = library.rows_of(ids(HybridRetriever(library, embedder).search(QUERY, k=150)))
    assert set(found[: len(core)]) == core
    tail = found[len(core) :]
    near = [row for row in tail if any(row in ranking[:TAIL] for ranking in rankings)]
    assert len(near) > 10
    assert tail[: len(near)] == near

    def reciprocal(row: int) -> float:
        return sum(1 / (60 + ranking.index(row) + 1) for ranking in rankings if row in ranking[:TAIL])

    assert [reciprocal(row) for row in near] == sorted(map(reciprocal, near), reverse=True)


@pytest.mark.parametrize("fusion", fuse.FUSIONS)
def test_a_longer_list_begins_like_a_shorter_one(library: Library, fusion: str) -> None:
    """For every fusion and `k`, and the same again when asked twice; `k` beyond the library gives each paper once."""
    retriever = HybridRetriever(library, HashEmbedder(), fusion=fusion)
    longest = ids(retriever.search(QUERY, k=1000))
    assert len(set(longest)) == len(longest)
    for k in (1, 5, 20, 60, 149):
        assert ids(retriever.search(QUERY, k=k)) == longest[:k]
    if fusion != "keyword":
        assert len(longest) == 150
    assert retriever.search(QUERY, k=0) == []


@pytest.mark.parametrize(
    "filters",
    [
        Filters(category="cs.CL"),
        Filters(year_from=2023),
        Filters(has_code=True, category="stat.ML"),
        Filters(author="núñez"),
        Filters(source="doc3"),
    ],
)
def test_filters_hold_and_lose_nothing(library: Library, filters: Filters) -> None:
    """Every hit matches, every matching paper can be reached, by all fusions, and with keywords alone."""
    matching = {paper.paper_id for paper in library.list(filters)}
    assert 0 < len(matching) < 150
    for embedder in (HashEmbedder(), None):
        found = ids(HybridRetriever(library, embedder).search(QUERY, k=1000, filters=filters))
        assert set(found) == matching
        assert len(found) == len(matching)


def test_filters_that_match_nothing(library: Library) -> None:
    """No hits, no error."""
    assert HybridRetriever(library, HashEmbedder()).search(QUERY, filters=Filters(category="math.AG")) == []


def test_a_query_without_words(library: Library) -> None:
    """Gives the papers that the filters allow, by title."""
    hits = HybridRetriever(library, HashEmbedder()).search(" ?! ", k=7, filters=Filters(category="cs.CL"))
    assert ids(hits) == [paper.paper_id for paper in library.list(Filters(category="cs.CL"), limit=7)]
    assert {hit.why for hit in hits} == {"matches the filters"}


def test_words_that_nobody_uses(library: Library) -> None:
    """Unknown words leave the keyword ranking empty; meaning still ranks, and keywords alone find nothing."""
    hits = HybridRetriever(library, HashEmbedder()).search("zxqv wvut", k=5)
    assert len(hits) == 5
    assert all("keywords" not in hit.why and "matched" not in hit.why for hit in hits)
    assert HybridRetriever(library, None).search("zxqv wvut", k=5) == []


def test_before_the_vectors_are_made(tmp_path: Path) -> None:
    """Keyword candidates are embedded as they come: found by meaning's order, texts embedded once, nothing stored."""
    embedder = HashEmbedder()
    papers = made_up(80)
    with Library.open(tmp_path / "a", embedder=embedder, create=True) as library:
        library.add(papers)
        retriever = HybridRetriever(library, embedder)
        hits = retriever.search(QUERY, k=10)
        made = embedder.texts
        assert 0 < made <= CORE + 1
        assert all(hit.dense is not None and "meaning" not in hit.why for hit in hits)
        assert ids(retriever.search(QUERY, k=10)) == ids(hits)
        assert embedder.texts == made
        assert library.pending == 80
        library.embed_pending(limit=40)
        half = retriever.search(QUERY, k=10)
        library.embed_pending()
        whole = retriever.search(QUERY, k=10)
        assert all("meaning" in hit.why for hit in whole if hit.dense is not None and "keywords" not in hit.why)
        assert len({*ids(hits)} & {*ids(half)} & {*ids(whole)}) >= 4


def test_ten_papers(tmp_path: Path) -> None:
    """A tiny library gives all of its papers, and one paper is found alone."""
    with open_with(tmp_path / "ten", made_up(10)) as library:
        assert len(HybridRetriever(library, HashEmbedder()).search(QUERY)) == 10
    with open_with(tmp_path / "one", made_up(1)) as library:
        (hit,) = HybridRetriever(library, HashEmbedder()).search("plasma")
        assert hit.rank == 1
    with Library.open(tmp_path / "none", embedder=HashEmbedder(), create=True) as library:
        assert HybridRetriever(library, HashEmbedder()).search("plasma") == []


def test_equal_papers_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    """Papers that no score tells apart are ordered by paper_id, whatever the order they came in."""
    twins = [
        Paper(paper_id=f"p{n}", title=f"Quasar {word}", abstract=f"The {word} orbit of a quasar.", doi=f"10.1/{n}")
        for n, word in enumerate(["alpha", "beta", "gamma", "delta"])
    ]
    for name, papers in (("a", twins), ("b", twins[::-1])):
        with Library.open(tmp_path / name, embedder=None, create=True) as library:
            library.add(papers)
            assert ids(HybridRetriever(library, None).search("quasar orbit")) == ["p0", "p1", "p2", "p3"]


def test_papers_of_an_earlier_answer_stand_higher(library: Library) -> None:
    """They come in from anywhere in the library and rise, unless the filters rule them out; unknown ids are passed over."""
    retriever = HybridRetriever(library, HashEmbedder())
    plain = ids(retriever.search(QUERY, k=150))
    low = plain[-1]
    hits = retriever.search(QUERY, k=150, boost_paper_ids=[low, "nobody"])
    assert ids(hits).index(low) < plain.index(low)
    assert "used in an earlier answer" in hits[ids(hits).index(low)].why
    assert set(ids(hits)) == set(plain)
    second = plain[1]
    assert ids(retriever.search(QUERY, k=5, boost_paper_ids=[second]))[0] == second
    others = Filters(paper_ids=tuple(plain[:20]))
    assert low not in ids(retriever.search(QUERY, k=50, filters=others, boost_paper_ids=[low]))


class ShortestFirst:
    """A reranker whose verdict can be checked by eye."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
        """Short texts score high."""
        return [-float(len(text)) for text in texts]


def test_a_reranker_reorders_the_first_fifty(library: Library) -> None:
    """Its order holds for the papers that it read; the rest follow as they were; ranks are counted anew."""
    plain = ids(HybridRetriever(library, HashEmbedder()).search(QUERY, k=80))
    hits = HybridRetriever(library, HashEmbedder(), reranker=ShortestFirst()).search(QUERY, k=80)
    lengths = [len(hit.paper.title) + len(hit.paper.abstract) for hit in hits[:50]]
    assert lengths == sorted(lengths)
    assert set(ids(hits)[:50]) == set(plain[:50])
    assert ids(hits)[50:] == plain[50:]
    assert [hit.rank for hit in hits] == list(range(1, 81))


def test_settings_that_are_none() -> None:
    """An unknown fusion or reranker is named with what there is."""
    assert load_reranker(None) is None
    with pytest.raises(ConfigError, match="hf:<cross-encoder>"):
        load_reranker("cohere")
    with pytest.raises(ConfigError, match="auto, minmax"):
        HybridRetriever(None, None, fusion="best")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="needs an embedder"):
        HybridRetriever(None, None, fusion="dense")  # type: ignore[arg-type]


def test_matched_words_are_really_there(library: Library) -> None:
    """Words match by stem and whole: `networks` finds `network`, not `networkx`; stop words are never named; figures match exactly."""
    matcher = Matcher("Which networks reach 10.5 points, or 10.55, at the Café?", library.terms)
    assert matcher.found("A network reached 10.5 at a cafe.") == ["networks", "reach", "10.5", "café"]
    assert matcher.found("networkx: 10.50 pointless things of the at") == []
    assert Matcher("the of", library.terms).found("the of") == []
    assert Matcher("trying the dying sky", library.terms).found("Skies that try, dying.") == ["trying", "dying", "sky"]
