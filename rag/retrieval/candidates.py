"""The candidates of one query with their scores: the best of both rankings, each scored by both.

A paper that only one ranking brought gets its exact score in the other as well: without it fusion would have to guess. Papers whose
vectors are still to be made are embedded as they come, the best of the keyword ranking first.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.chunking import embedding_text
from rag.recent import Recent
from rag.retrieval import fusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.embedding.base import Embedder
    from rag.library import Library
    from rag.schema import Filters

CORE = 50
"""Papers taken from each ranking whatever `k` is. 100 and 200 were measured no better."""

TAIL = 100
"""Places of each ranking by which papers outside the core are ordered: by reciprocal ranks, as the core orders a long list no better."""

_REMEMBERED = 4096
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Parallel arrays. The first `n_core` are the core; ranks count from 1, 0 where the paper was not in that list."""

    rows: list[int]
    keyword: NDArray[np.float64]
    dense: NDArray[np.float64]
    keyword_rank: NDArray[np.int64]
    dense_rank: NDArray[np.int64]
    vectors: list[NDArray[np.float32]]
    n_core: int

    def settled(self, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ranks, where those of the core that only a deeper look found are taken out: how deep to look must not move the core."""
        core = np.arange(len(ranks)) < self.n_core
        return np.where(core & (ranks > CORE), 0, ranks)

    def beyond(self) -> NDArray[np.float64]:
        """-inf for the core; for others less, the earlier they come, whatever the depth of the look.

        Within `TAIL` places of either ranking the reciprocal ranks of both count (as a negative number); beyond, the better rank.
        """
        near, far = [], []
        for ranks in (self.keyword_rank, self.dense_rank):
            near.append(np.where(ranks <= TAIL, ranks, 0))
            far.append(np.where(ranks > 0, ranks, np.iinfo(np.int64).max))
        shared = fusion.reciprocal(near[0], near[1])
        found = np.where(shared > 0, -shared, np.minimum(far[0], far[1]))
        found[: self.n_core] = -np.inf
        return found


class Gatherer:
    """Collects candidates from one library."""

    def __init__(self, library: Library, embedder: Embedder | None) -> None:
        """Without an embedder all dense scores are 0."""
        self._library, self._embedder = library, embedder
        self._made: Recent[str, NDArray[np.float32]] = Recent(_REMEMBERED)
        self._beside = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="query")

    def gather(self, query: str, *, k: int, filters: Filters | None, extra: Sequence[int]) -> Candidates:
        """The `CORE` best of each ranking, and `max(k, TAIL)` for more; `extra` rows join the core (they must satisfy the filters)."""
        depth = CORE if k <= CORE else max(k, TAIL)
        # The query is embedded while its words are looked up: both leave the interpreter to others meanwhile.
        embedding = self._beside.submit(self._embedder.embed_query, query) if self._embedder is not None else None
        keyword = self._library.keyword(query, k=depth, filters=filters)
        vector = embedding.result() if embedding is not None else None
        dense = self._library.dense(vector, k=depth, filters=filters) if vector is not None else []
        core = dict.fromkeys(row for ranking in (keyword, dense) for row, _ in ranking[:CORE])
        core.update(dict.fromkeys(extra))
        rows = list(dict.fromkeys([*core, *(row for ranking in (keyword, dense) for row, _ in ranking)]))
        by_keyword, by_meaning = dict(keyword), dict(dense)
        completing = self._beside.submit(self._complete_keyword, query, rows, by_keyword)
        vectors = self._vectors(rows) if vector is not None else []
        completing.result()
        if vector is not None:
            for row, found in zip(rows, vectors, strict=True):
                if row not in by_meaning and len(found):
                    by_meaning[row] = float((found @ vector).max())
        floor = min(by_meaning.values(), default=0.0)
        return Candidates(
            rows=rows,
            keyword=np.array([by_keyword.get(row, 0.0) for row in rows]),
            dense=np.array([by_meaning.get(row, floor) for row in rows]),
            keyword_rank=_places(rows, keyword),
            dense_rank=_places(rows, dense),
            vectors=vectors,
            n_core=len(core),
        )

    def _complete_keyword(self, query: str, rows: Sequence[int], scores: dict[int, float]) -> None:
        """BM25 of the rows that the keyword ranking did not bring; rows that share no term stay without."""
        missing = [row for row in rows if row not in scores]
        if missing and scores:
            scores.update(self._library.keyword(query, k=len(missing), rows=missing))

    def _vectors(self, rows: Sequence[int]) -> list[NDArray[np.float32]]:
        """Each row's chunk vectors; where the library has none yet, the vector of title and abstract, as far as the embedder reads."""
        found = list(self._library.chunk_vectors(rows))
        lacking = [at for at, vectors in enumerate(found) if not len(vectors)][:CORE]
        if lacking and self._embedder is not None:
            papers = self._library.papers_by_row([rows[at] for at in lacking])
            if len(papers) == len(lacking):
                made = self._embed([embedding_text(paper.title, paper.abstract) for paper in papers])
                for at, vector in zip(lacking, made, strict=True):
                    found[at] = vector[None, :]
        return found

    def _embed(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        assert self._embedder is not None
        made = {text: self._made.get(text) for text in texts}
        new = [text for text, vector in made.items() if vector is None]
        for text, vector in zip(new, self._embedder.embed(new), strict=True):
            self._made.put(text, vector)
            made[text] = vector
        return [vector for vector in map(made.get, texts) if vector is not None]


def _places(rows: Sequence[int], ranking: Sequence[tuple[int, float]]) -> NDArray[np.int64]:
    at = {row: rank for rank, (row, _) in enumerate(ranking, start=1)}
    return np.array([at.get(row, 0) for row in rows], dtype=np.int64)
