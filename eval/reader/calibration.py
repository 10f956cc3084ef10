"""Does a probability mean what it says? Of what is given .9, nine of ten should be so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.stats import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows whose probability lies in [start, end): how many, their mean probability, the share that is so, its Wilson interval."""

    start: float
    end: float
    n: int
    said: float
    found: float
    low: float
    high: float


def ece(said: Sequence[float] | Floats, so: Sequence[bool] | NDArray[np.bool_], weights: Floats | None = None) -> Floats:
    """Expected calibration error: |share that is so - mean probability|, averaged over BINS equal ranges by their rows.

    Naeini et al., AAAI 2015; Guo et al., ICML 2017, arXiv 1706.04599; here of the probability of one outcome. A value a draw of the
    weights, (draws, rows). Few rows raise it: to .14 with 50 that are calibrated perfectly, to .03 with 1,000.

    >>> [round(x, 6) for x in ece([0.95, 0.95, 0.25, 0.25], [True, False, False, False]).tolist()]
    [0.35]
    """
    values = np.asarray(said, dtype=np.float64)
    gaps = np.zeros((len(values), BINS))
    gaps[np.arange(len(values)), _bin(values)] = np.asarray(so, dtype=np.float64) - values
    counted = np.ones((1, len(values))) if weights is None else weights
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(counted @ gaps).sum(axis=1) / counted.sum(axis=1))


def reliability(said: Sequence[float] | Floats, so: Sequence[bool] | NDArray[np.bool_]) -> list[Bin]:
    """What is drawn: the ranges that hold rows, from 0 to 1 (DeGroot and Fienberg, The Statistician 32, 1983).

    >>> [(b.n, b.said, b.found) for b in reliability([0.5, 0.5, 1.0], [True, False, True])]
    [(2, 0.5, 0.5), (1, 1.0, 1.0)]
    """
    values, facts = np.asarray(said, dtype=np.float64), np.asarray(so, dtype=bool)
    found = []
    for n in range(BINS):
        own = _bin(values) == n
        if count := int(own.sum()):
            share = float(facts[own].mean())
            low, high = wilson(share * count, count)
            found.append(Bin(start=n / BINS, end=(n + 1) / BINS, n=count, said=float(values[own].mean()), found=share, low=low, high=high))
    return found


def _bin(values: Floats) -> NDArray[np.intp]:
    return np.clip((values * BINS).astype(np.intp), 0, BINS - 1)
