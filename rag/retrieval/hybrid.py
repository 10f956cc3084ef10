"""`HybridRetriever`: query -> ranked hits at paper level, by keywords and by meaning together.

Works without an embedder (keywords alone) and while vectors are being made. Filters reach both rankings before they are cut.
Deterministic: equal scores stand in the order of paper_ids.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from rag.chunking import embedding_text
from rag.errors import ConfigError
from rag.retrieval import fusion as fuse
from rag.retrieval.candidates import Gatherer
from rag.retrieval.feedback import likeness
from rag.retrieval.why import Matcher, line
from rag.schema import Filters, Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.embedding.base import Embedder
    from rag.library import Library
    from rag.retrieval.candidates import Candidates
    from rag.retrieval.rerank import Reranker
    from rag.schema import Paper

    Scores = NDArray[np.float64]

BOOST = 1.0
"""Added to the fused score (in standard deviations) of papers that an earlier answer used."""

FEEDBACK = 0.3
"""Weight of the likeness to the first papers, in standard deviations, beside 0.5 for keywords and 0.5 for meaning."""

RERANKED = 50
"""Papers that an external reranker reads."""

SPARE = 16


class HybridRetriever:
    """Searches one library. Thread-safe as the library is."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder | None,
        *,
        fusion: str = "auto",
        reranker: Reranker | None = None,
    ) -> None:
        """`fusion`: `auto` (shipped), `minmax`, `rrf`, `dense` or `keyword`; ConfigError for another."""
        if fusion not in fuse.FUSIONS:
            raise ConfigError(f"no fusion is called {fusion!r}; choose one of {', '.join(fuse.FUSIONS)}")
        if fusion == "dense" and embedder is None:
            raise ConfigError("fusion 'dense' needs an embedder; set FOOTNOTE_EMBEDDER, or another fusion")
        self._library, self._reranker = library, reranker
        self._fusion = "keyword" if embedder is None else fusion
        self._embedder = None if self._fusion == "keyword" else embedder
        self._gatherer = Gatherer(library, self._embedder)

    def search(self, query: str, *, k: int = 20, filters: Filters | None = None, boost_paper_ids: Sequence[str] = ()) -> list[Hit]:
        """The best `k` papers, or all where they are fewer (keywords alone and no filters: all that share a term).

        `boost_paper_ids`: papers of earlier answers, which stand higher, as long as the filters allow them. A query without words
        gives the allowed papers in the order of their titles. What follows a hit never changes what stands before it: a larger `k`
        only adds.
        """
        filters = filters or None
        if k <= 0:
            return []
        if not any(map(str.isalnum, query)):
            papers = self._library.list(filters, limit=k)
            return [Hit(paper=paper, rank=n, score=0.0, why=line(0, 0, ())) for n, paper in enumerate(papers, start=1)]
        boosted = self._allowed(boost_paper_ids, filters)
        found = self._gatherer.gather(query, k=k, filters=filters, extra=boosted)
        hits: list[Hit] = []
        if found.rows:
            scores = self._scores(found)
            scores[np.isin(found.rows, boosted)] += BOOST
            # Sums in another order differ in the last digits, which must not decide between equals.
            hits = self._hits(query, found, scores.round(6), k, set(boosted))
        if filters is not None and len(hits) < k:
            hits += self._rest(hits, filters, k)
        return hits

    def _rest(self, hits: Sequence[Hit], filters: Filters, k: int) -> list[Hit]:
        """Papers that the filters allow though neither ranking brought them: all that match are wanted, up to `k`, by paper_id."""
        there = {hit.paper.paper_id for hit in hits}
        allowed = self._library.list(filters, sort="paper_id", limit=k + len(there))
        more = [paper for paper in allowed if paper.paper_id not in there][: k - len(hits)]
        return [Hit(paper=paper, rank=rank, score=0.0, why=line(0, 0, ())) for rank, paper in enumerate(more, start=len(hits) + 1)]

    def _allowed(self, paper_ids: Sequence[str], filters: Filters | None) -> list[int]:
        """Rows of those of the papers that are (still) there and that the filters allow."""
        if not paper_ids:
            return []
        wanted = tuple(paper_ids)
        if filters is not None and filters.paper_ids is not None:
            wanted = tuple(p for p in paper_ids if p in filters.paper_ids)
        held = self._library.list(dataclasses.replace(filters or Filters(), paper_ids=wanted), sort="paper_id")
        return self._library.rows_of(paper.paper_id for paper in held)

    def _scores(self, found: Candidates) -> Scores:
        """One score a candidate, higher is better."""
        if self._fusion == "keyword":
            return fuse.standard(found.keyword, found.n_core)
        if self._fusion == "dense":
            return fuse.standard(found.dense, found.n_core)
        if self._fusion == "rrf":
            return fuse.standard(fuse.reciprocal(*map(found.settled, (found.keyword_rank, found.dense_rank))), found.n_core)
        if self._fusion == "minmax":
            return fuse.weighted(fuse.minmax, found.keyword, found.dense, found.n_core)
        fused = fuse.weighted(fuse.standard, found.keyword, found.dense, found.n_core)
        return fused + FEEDBACK * fuse.standard(likeness(fused, found.vectors, found.n_core), found.n_core)

    def _hits(self, query: str, found: Candidates, scores: Scores, k: int, boosted: set[int]) -> list[Hit]:
        # The core by score, what lies beyond by its ranks: a longer list then begins like a shorter one.
        beyond = found.beyond()
        best = np.lexsort((-scores, beyond))
        wanted = max(k, RERANKED if self._reranker is not None else 0)
        if wanted < len(best):  # equals of the last one come along, since paper_ids decide between them
            last = best[wanted - 1]
            wanted += int(np.count_nonzero((beyond[best[wanted:]] == beyond[last]) & (scores[best[wanted:]] == scores[last])))
        papers = self._papers([found.rows[at] for at in best[:wanted].tolist()])
        if len(papers) < wanted < len(best):  # some have gone: a few more stand in
            wanted += SPARE
            papers = self._papers([found.rows[at] for at in best[:wanted].tolist()])
        order = [at for at in best[:wanted].tolist() if found.rows[at] in papers]
        order.sort(key=lambda at: (float(beyond[at]), -scores[at], papers[found.rows[at]].paper_id))
        if self._reranker is not None:
            order = self._reranked(query, order, [papers[found.rows[at]] for at in order], self._reranker)
        matcher = Matcher(query, self._library.terms)
        hits: list[Hit] = []
        for rank, at in enumerate(order[:k], start=1):
            row = found.rows[at]
            paper = papers[row]
            matched = matcher.found(f"{paper.title} {paper.abstract}")
            hits.append(
                Hit(
                    paper=paper,
                    rank=rank,
                    score=min(float(1.0 / (1.0 + np.exp(-scores[at]))), hits[-1].score if hits else 1.0),
                    why=line(int(found.keyword_rank[at]), int(found.dense_rank[at]), matched, earlier=row in boosted),
                    dense=float(found.dense[at]) if self._embedder is not None else None,
                    keyword=float(found.keyword[at]),
                )
            )
        return hits

    def _papers(self, rows: Sequence[int]) -> dict[int, Paper]:
        """The papers by row, without those that another process has removed meanwhile."""
        papers = self._library.papers_by_row(rows)
        if len(papers) == len(rows):
            return dict(zip(rows, papers, strict=True))
        return {row: paper for row in rows for paper in self._library.papers_by_row([row])}

    @staticmethod
    def _reranked(query: str, order: list[int], papers: Sequence[Paper], reranker: Reranker) -> list[int]:
        """The first `RERANKED` by the reranker's score, the rest behind them."""
        read = order[:RERANKED]
        scores = reranker.score(query, [embedding_text(paper.title, paper.abstract) for paper in papers[: len(read)]])
        return [read[n] for n in np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")] + order[len(read) :]
