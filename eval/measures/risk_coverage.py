"""Risk and coverage: how wrong are the answers when only the most confident ones are given? (El-Yaniv and Wiener, JMLR 2010)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """Points (coverage, risk): with the answers in order of falling confidence, the share given and the share of them wrong.

    Equal confidences enter together, so the order of the input does not matter.

    >>> risk_coverage([0.9, 0.5, 0.5], [True, True, False])
    [(0.3333333333333333, 0.0), (1.0, 0.3333333333333333)]
    """
    pairs = sorted(zip(confidence, right, strict=True), key=lambda p: -p[0])
    points: list[tuple[float, float]] = []
    wrong = 0
    for n, (score, ok) in enumerate(pairs, 1):
        wrong += not ok
        if n == len(pairs) or pairs[n][0] != score:
            points.append((n / len(pairs), wrong / n))
    return points


def aurc(points: Sequence[tuple[float, float]]) -> float | None:
    """Area under the curve as a step function, lower is better; None without points.

    >>> round(aurc([(0.5, 0.0), (1.0, 0.5)]), 3)
    0.25
    """
    if not points:
        return None
    area, last = 0.0, 0.0
    for coverage, risk in points:
        area += (coverage - last) * risk
        last = coverage
    return area
