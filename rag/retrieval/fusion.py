"""Two rankings into one: pure functions over the scores of one query's candidates.

Keyword scores (BM25) and cosines have no common unit, so each is first brought to a common scale over the candidates. The scale is
taken from the core, the first `n_core` candidates: further ones, fetched for a long list, can't move it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Scores = NDArray[np.float64]

Fusion = Literal["auto", "minmax", "rrf", "dense", "keyword"]
FUSIONS: tuple[Fusion, ...] = ("auto", "minmax", "rrf", "dense", "keyword")

RRF_K = 60
"""Cormack, Clarke and Büttcher (2009)."""


def standard(scores: Scores, n_core: int | None = None) -> Scores:
    """Mean 0 and standard deviation 1 over the core; zeros where the core's scores are all equal.

    >>> standard(np.array([3.0, 2.0, 1.0])).round(4).tolist()
    [1.2247, 0.0, -1.2247]
    """
    core = scores[:n_core]
    spread = float(core.std()) if len(core) else 0.0
    return (scores - core.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)


def minmax(scores: Scores, n_core: int | None = None) -> Scores:
    """The core's lowest score becomes 0, its highest 1; zeros where all are equal.

    >>> minmax(np.array([3.0, 2.0, 1.0])).tolist()
    [1.0, 0.5, 0.0]
    """
    core = scores[:n_core]
    low, high = (float(core.min()), float(core.max())) if len(core) else (0.0, 0.0)
    return (scores - low) / (high - low) if high - low > 1e-9 else np.zeros_like(scores)


def ranks(scores: Scores) -> NDArray[np.int64]:
    """Rank of each, from 1, highest score first, equal scores in their order.

    >>> ranks(np.array([0.2, 0.9, 0.2])).tolist()
    [2, 1, 3]
    """
    found = np.empty(len(scores), dtype=np.int64)
    found[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return found


def reciprocal(keyword_ranks: NDArray[Any], dense_ranks: NDArray[Any]) -> Scores:
    """Reciprocal rank fusion; rank 0 stands for "not in that list".

    >>> reciprocal(np.array([1, 0]), np.array([2, 1])).round(5).tolist()
    [0.03252, 0.01639]
    """

    def part(rank: NDArray[Any]) -> Scores:
        return np.where(rank > 0, 1.0 / (RRF_K + np.maximum(rank, 1)), 0.0)

    return part(keyword_ranks) + part(dense_ranks)


def weighted(scale: Callable[[Scores, int | None], Scores], keyword: Scores, dense: Scores, n_core: int) -> Scores:
    """Both on one scale, at equal weight."""
    return 0.5 * scale(keyword, n_core) + 0.5 * scale(dense, n_core)
