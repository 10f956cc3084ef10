"""Robustness: does another wording of the same question change the outcome? A family is one case, not one per wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def family_scores(base: float, variants: Mapping[str, float]) -> dict[str, float]:
    """`all_correct`: base and variants all at 1. `drop`: base minus the mean of the variants (negative: the variants do better).

    >>> family_scores(1.0, {"typo": 1.0, "keyword": 0.0})
    {'all_correct': 0.0, 'drop': 0.5}
    """
    values = list(variants.values())
    return {
        "all_correct": float(base == 1.0 and all(v == 1.0 for v in values)),
        "drop": base - sum(values) / len(values) if values else 0.0,
    }
