"""How well a score tells good rows from bad ones. Weights, (draws, rows), count each row so often; without them, each once.

Results have a value a draw, nan where good or bad ones lack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LOST = 0.05


def auroc(scores: Sequence[float] | Floats, good: Sequence[bool] | NDArray[np.bool_], weights: Floats | None = None) -> Floats:
    """The chance that a good row scores higher than a bad one, a tie counting half (Hanley and McNeil, Radiology 143, 1982).

    >>> auroc([0.9, 0.4, 0.4], [True, True, False]).tolist()
    [0.75]
    """
    goods, bads = _by_score(scores, good, weights)
    below = np.cumsum(bads, axis=1) - bads
    with np.errstate(invalid="ignore"):
        return np.asarray((goods * (below + bads / 2)).sum(axis=1) / (goods.sum(axis=1) * bads.sum(axis=1)))


def caught(
    scores: Sequence[float] | Floats, good: Sequence[bool] | NDArray[np.bool_], weights: Floats | None = None, *, lost: float = LOST
) -> Floats:
    """Share of the bad rows below the highest limit that at most the share `lost` of the good ones is below.

    The true positive rate at a fixed false positive rate (Fawcett, Pattern Recognition Letters 27, 2006), nothing interpolated.

    >>> caught([0.1, 0.2, 0.3, 0.3], [False, True, True, False]).tolist()
    [0.5]
    """
    goods, bads = _by_score(scores, good, weights)
    good_below, bad_below = np.cumsum(goods, axis=1) - goods, np.cumsum(bads, axis=1) - bads
    limit = (good_below <= lost * goods.sum(axis=1, keepdims=True) + 1e-9).sum(axis=1) - 1
    with np.errstate(invalid="ignore"):
        found = bad_below[np.arange(len(limit)), limit] / bads.sum(axis=1)
    return np.asarray(np.where(goods.sum(axis=1) > 0, found, np.nan))


def _by_score(scores: Sequence[float] | Floats, good: Sequence[bool] | NDArray[np.bool_], weights: Floats | None) -> tuple[Floats, Floats]:
    """The weight of the good and of the bad rows at each different score, rising: (draws, scores) both."""
    values, which = np.asarray(scores, dtype=np.float64), np.asarray(good, dtype=bool)
    counted = np.ones((1, len(values))) if weights is None else weights
    if not len(values):
        return np.zeros((len(counted), 1)), np.zeros((len(counted), 1))
    order = np.argsort(values, kind="stable")
    ordered, which, counted = values[order], which[order], counted[:, order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return np.add.reduceat(counted * which, starts, axis=1), np.add.reduceat(counted * ~which, starts, axis=1)
