"""Tokens and cost of model calls. An unknown price stays unknown: a sum that lacks a part is reported with the count of gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def total_cost(costs_usd: Sequence[float | None]) -> tuple[float | None, int]:
    """The sum of the known costs (None where none is known) and how many are unknown.

    >>> total_cost([0.25, None, 0.5]), total_cost([None])
    ((0.75, 1), (None, 1))
    """
    known = [c for c in costs_usd if c is not None]
    return (sum(known) if known else None), len(costs_usd) - len(known)
