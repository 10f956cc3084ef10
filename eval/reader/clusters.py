"""Intervals for figures over rows of the same documents: whole documents are drawn with replacement, their rows go with them.

Rows about one text fail together; drawing rows would give intervals that are too narrow (Field and Welsh, J. R. Statist. Soc. B 69,
2007). A draw is a weight for each row, so that a statistic is any function of weights.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.stats import SEED, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Statistic = Callable[[Floats], Floats]

RESAMPLES = 1_000
LEAST_SHARE = 0.5
"""Share of the draws in which a statistic must be defined for an interval to be told."""

_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its 95 % interval; None for both ends where there is a single document. `draws` are the resampled figures."""

    value: float
    low: float | None
    high: float | None
    draws: Floats


class Clusters:
    """Which document each row belongs to, and the draws of documents: the same for every statistic."""

    def __init__(self, documents: Sequence[str], *, seed: str = "", resamples: int = RESAMPLES) -> None:
        """`seed`: a name; groups with different names are drawn independently."""
        names = sorted(set(documents))
        places = {name: n for n, name in enumerate(names)}
        self.of = np.array([places[d] for d in documents], dtype=np.intp)
        self._count, self._resamples = len(names), resamples
        self._seed = [SEED, int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")]

    def weights(self, rows: NDArray[np.intp]) -> Iterator[Floats]:
        """How often each of these rows is drawn, (draws, rows), in blocks."""
        rng = np.random.default_rng(self._seed)
        block = max(1, _BLOCK // max(self._count, len(rows)))
        for start in range(0, self._resamples, block):
            drawn = rng.multinomial(self._count, np.full(self._count, 1 / self._count), size=min(block, self._resamples - start))
            yield drawn[:, self.of[rows]].astype(np.float64)

    def estimate(self, statistic: Statistic, rows: Iterable[int], *, centred: bool = False) -> Estimate | None:
        """The statistic over these rows of the group; None where it is not defined.

        Percentiles of the draws; where no draw differs, which says nothing, Wilson's interval over the documents. `centred` shifts
        the draws onto the value: a figure that noise alone raises is raised by a draw's noise once more.
        """
        at = np.fromiter(rows, dtype=np.intp)
        value = float(statistic(np.ones((1, len(at))))[0]) if len(at) else np.nan
        if np.isnan(value):
            return None
        documents = len(np.unique(self.of[at]))
        draws = np.concatenate([statistic(w) for w in self.weights(at)])
        known = draws[~np.isnan(draws)]
        if documents < 2 or len(known) < LEAST_SHARE * len(draws):
            return Estimate(value=value, low=None, high=None, draws=draws)
        if known.min() == known.max():
            low, high = wilson(value * documents, documents)
        else:
            low, high = spread(known, value if centred else None)
        return Estimate(value=value, low=low, high=high, draws=draws)


def spread(draws: Floats, value: float | None = None) -> tuple[float, float]:
    """The middle 95 % of the draws, shifted so that `value` is their median where one is given, and within [0, 1].

    >>> [round(end, 3) for end in spread(np.linspace(0.2, 0.4, 41))]
    [0.205, 0.395]
    """
    moved = draws if value is None else draws + (value - float(np.median(draws)))
    low, high = np.clip(np.quantile(moved, (0.025, 0.975)), 0.0, 1.0)
    return float(low), float(high)


def mean_over(estimates: Sequence[Estimate]) -> Estimate | None:
    """The plain mean of figures of independent groups, with its interval; None without any."""
    if not estimates:
        return None
    value = float(np.mean([e.value for e in estimates]))
    if any(e.low is None for e in estimates):
        return Estimate(value=value, low=None, high=None, draws=np.full(len(estimates[0].draws), np.nan))
    draws = np.mean([e.draws for e in estimates], axis=0)  # a draw that one group does not define is left out
    low, high = spread(draws[~np.isnan(draws)], value)
    return Estimate(value=value, low=low, high=high, draws=draws)
