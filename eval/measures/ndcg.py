"""Normalised discounted cumulative gain (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002), linear gain as in trec_eval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float | None:
    """Sum of grade ÷ log2(rank + 1) over the first `k`, divided by the same sum of the best possible order.

    `ranking` holds each paper once, best first. An empty ranking scores 0; without a relevant paper the value is None.

    Grades 2 and 1 at ranks 2 and 3: (2 ÷ 1.585 + 1 ÷ 2) ÷ (2 ÷ 1 + 1 ÷ 1.585) = 1.762 ÷ 2.631.

    >>> round(ndcg(["x", "a", "b"], {"a": 2, "b": 1}), 4)
    0.6697
    """
    ideal = sorted((g for g in grades.values() if g > 0), reverse=True)[:k]
    if not ideal:
        return None
    gained = sum(max(0, grades.get(paper_id, 0)) / math.log2(rank + 1) for rank, paper_id in enumerate(ranking[:k], 1))
    return gained / sum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal, 1))
