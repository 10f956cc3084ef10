"""Reciprocal rank of the first relevant paper (Voorhees, TREC-8, 1999); its mean over questions is MRR."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def rr(ranking: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float | None:
    """1 ÷ rank of the first relevant paper among the first `k`, 0 where none is there, None where nothing is relevant.

    >>> rr(["x", "a", "b"], {"a": 2, "b": 1})
    0.5
    """
    if not any(grade > 0 for grade in grades.values()):
        return None
    return next((1 / rank for rank, paper_id in enumerate(ranking[:k], 1) if grades.get(paper_id, 0) > 0), 0.0)
