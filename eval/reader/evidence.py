"""Is the sentence that is shown first the one that people point at?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def first_right(evidence: Sequence[float], holds: Collection[int]) -> float | None:
    """1 where the sentence with the highest number is one of `holds`, 0 where not; None where nothing holds.

    Precision at rank 1. Of several that share the highest number, the share that holds: what breaking ties by lot gives on average
    (McSherry and Najork, ECIR 2008).

    >>> first_right([0.2, 0.9, 0.9], {1})
    0.5
    """
    if not holds:
        return None
    best = max(evidence)
    first = [n for n, value in enumerate(evidence) if value == best]
    return sum(n in holds for n in first) / len(first)
