"""Filters of known shares: what a whole search costs under each, and whether a hit was lost against an exact search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import texts
from bench.measure import calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.library import Library
    from rag.retrieval import HybridRetriever

    Scores = NDArray[np.float32]

K = 50
_PAGE = 900


def filtered(
    library: Library, retriever: HybridRetriever, queries: Sequence[str], vectors: Sequence[Scores], *, checked: int
) -> list[dict[str, Any]]:
    """For each share, and without a filter: milliseconds of a search, and the hits lost of those that an exact search finds.

    Hits are counted over the first `checked` queries, both rankings.
    """
    cosines = all_cosines(library, vectors[:checked])
    words = [all_keyword(library, query, len(cosines[0])) for query in queries[:checked]]
    rows = []
    for name, share in (*texts.SHARES, ("", 1.0)):
        condition = texts.share_filter(name) if name else None
        mask = library._mask(condition)  # noqa: SLF001  # the rows themselves: listing half a million papers would take minutes
        lost = of = 0
        for query, vector, cosine, score in zip(queries, vectors, cosines, words, strict=False):
            for exact, found in (
                (cosine, library.dense(vector, k=K, filters=condition)),
                (score, library.keyword(query, k=K, filters=condition)),
            ):
                allowed = mask if mask is not None else np.ones(len(exact), dtype=bool)
                missing, wanted = compare(exact[: len(allowed)], allowed, {row for row, _ in found})
                lost, of = lost + missing, of + wanted
        timed = calls(partial(retriever.search, filters=condition), queries)
        rows.append({"share": share, "papers": library.count(condition), **timed, "lost": lost, "of": of})
    return rows


def compare(exact: Scores, mask: NDArray[np.bool_], found: set[int]) -> tuple[int, int]:
    """How many of the best K rows under the mask are not in `found`, and how many there are. Ties at the end are no loss."""
    allowed = np.flatnonzero(mask & np.isfinite(exact))
    best = allowed[np.argsort(-exact[allowed], kind="stable")[:K]]
    if not len(best):
        return 0, 0
    last = exact[best[-1]] + 1e-4
    return sum(1 for row in best.tolist() if row not in found and exact[row] > last), len(best)


def all_cosines(library: Library, vectors: Sequence[Scores]) -> list[Scores]:
    """For each query every paper's best cosine, by row, worked out in float32; -inf where there is no paper."""
    top = library.count() + 1
    queries = np.stack(vectors)
    best = np.full((len(vectors), top + _PAGE), -np.inf, dtype=np.float32)
    for start in range(1, top, _PAGE):
        for row, held in enumerate(library.chunk_vectors(range(start, start + _PAGE)), start=start):
            if len(held):
                best[:, row] = (queries @ held.T).max(axis=1)
    return list(best)


def all_keyword(library: Library, query: str, size: int) -> Scores:
    """Every paper's keyword score, by row: the whole ranking, unfiltered; -inf where no term is shared."""
    scores = np.full(size, -np.inf, dtype=np.float32)
    for row, score in library.keyword(query, k=library.count()):
        scores[row] = score
    return scores
