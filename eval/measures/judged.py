"""Judged at k: how much of the ranking's head the gold says anything about (Sakai, SIGIR 2007).

A low share warns that papers counted as misses may simply have never been looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def judged(ranking: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float | None:
    """Papers among the first `k` with a grade (0 included) ÷ papers among the first `k`; None for an empty ranking.

    >>> judged(["a", "x", "b", "y"], {"a": 2, "b": 0})
    0.5
    """
    head = ranking[:k]
    return sum(paper_id in grades for paper_id in head) / len(head) if head else None
