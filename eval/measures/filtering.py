"""Filter precision: do the papers found satisfy the conditions asked for? A promise, so its floor is 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def filter_precision(ranking: Sequence[str], allowed: Collection[str]) -> float | None:
    """Ranked papers that satisfy the conditions ÷ ranked papers; None where nothing was ranked.

    >>> filter_precision(["a", "b", "x"], {"a", "b", "c"}) == 2 / 3
    True
    """
    return sum(paper_id in allowed for paper_id in ranking) / len(ranking) if ranking else None
