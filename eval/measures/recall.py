"""Recall at k, and its capped form, which a question with more than k relevant papers can still reach (BEIR, NeurIPS 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def recall(ranking: Sequence[str], grades: Mapping[str, int], k: int = 20, *, capped: bool = False) -> float | None:
    """Relevant papers among the first `k` ÷ relevant papers (`capped`: ÷ the smaller of that and `k`); None without any.

    Three of four relevant papers stand among the first three: 3 ÷ 4, capped 3 ÷ 3.

    >>> grades = {"a": 2, "b": 2, "c": 1, "d": 1}
    >>> recall(["a", "b", "c", "d"], grades, k=3), recall(["a", "b", "c", "d"], grades, k=3, capped=True)
    (0.75, 1.0)
    """
    relevant = {paper_id for paper_id, grade in grades.items() if grade > 0}
    if not relevant:
        return None
    return len(relevant.intersection(ranking[:k])) / (min(k, len(relevant)) if capped else len(relevant))
