"""Success at k: is any relevant paper among the first k (Craswell, Encyclopedia of Database Systems, 2009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def success(ranking: Sequence[str], grades: Mapping[str, int], k: int = 1) -> float | None:
    """1 where one of the first `k` is relevant, else 0; None where nothing is relevant.

    >>> success(["x", "a"], {"a": 2}), success(["x", "a"], {"a": 2}, k=2)
    (0.0, 1.0)
    """
    if not any(grade > 0 for grade in grades.values()):
        return None
    return float(any(grades.get(paper_id, 0) > 0 for paper_id in ranking[:k]))
