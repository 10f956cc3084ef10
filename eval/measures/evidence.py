"""Evidence groups: a question needs several pieces of evidence, each of which any one of some papers provides.

The grouping follows HotpotQA's supporting facts (Yang et al., EMNLP 2018) and ASQA's disjoint answers; `all_evidence` is the
"all gold papers found" of multi-hop retrieval (MultiHop-RAG, 2024).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def evidence_recall(ranking: Sequence[str], groups: Sequence[Collection[str]], k: int = 5) -> float | None:
    """Groups with at least one of their papers among the first `k` ÷ groups; None without groups.

    >>> evidence_recall(["a", "x", "c"], [{"a", "b"}, {"d"}], k=3)
    0.5
    """
    if not groups:
        return None
    found = set(ranking[:k])
    return sum(not found.isdisjoint(group) for group in groups) / len(groups)


def all_evidence(ranking: Sequence[str], groups: Sequence[Collection[str]], k: int = 5) -> float | None:
    """1 where every group is found among the first `k`, else 0.

    None without groups, and where there are more groups than `k`, so that no ranking could reach it.

    >>> all_evidence(["a", "d"], [{"a", "b"}, {"d"}], k=5), all_evidence(["a"], [{"a"}, {"b"}], k=1)
    (1.0, None)
    """
    if not groups or len(groups) > k:
        return None
    return float(evidence_recall(ranking, groups, k) == 1.0)
