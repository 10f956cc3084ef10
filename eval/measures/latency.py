"""Latency: percentiles (nearest rank, so each is a time that was measured) and the empirical distribution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(times_s: Sequence[float], share: float) -> float | None:
    """The smallest measured time that at least `share` of the times do not exceed; None without times.

    >>> percentile([0.1, 0.2, 0.3, 0.9], 0.5), percentile([0.1, 0.2, 0.3, 0.9], 0.95)
    (0.2, 0.9)
    """
    ordered = sorted(times_s)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def ecdf(times_s: Sequence[float]) -> list[tuple[float, float]]:
    """Points (time, share of the times that do not exceed it), rising.

    >>> ecdf([0.2, 0.1])
    [(0.1, 0.5), (0.2, 1.0)]
    """
    ordered = sorted(times_s)
    return [(t, n / len(ordered)) for n, t in enumerate(ordered, 1)]
