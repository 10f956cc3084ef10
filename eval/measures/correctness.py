"""Correct as a whole: answered, every vital nugget there, nothing forbidden said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.measures.nuggets import Presence


def correct(vital: Sequence[Presence], forbidden: Sequence[bool], *, abstained: bool) -> float | None:
    """1 or 0; None where the question has no vital nugget to hold the answer against.

    `forbidden`: which of the claims that a right answer never makes were made.

    >>> correct(["full", "full"], [False], abstained=False), correct(["full"], [True], abstained=False)
    (1.0, 0.0)
    """
    if not vital:
        return None
    return float(not abstained and all(v == "full" for v in vital) and not any(forbidden))
