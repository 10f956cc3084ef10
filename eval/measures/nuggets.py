"""Nugget recall (Voorhees, TREC 2003 QA; V_strict and A_strict of the TREC 2024 RAG track, arXiv 2411.09607).

A nugget is a fact that the answer should hold; vital ones it must. Whether one is there is decided by `eval.matching`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Presence = Literal["full", "partial", "none"]


def nugget_recall(found: Sequence[Presence], *, partial: float = 0.0) -> float | None:
    """Nuggets fully present ÷ nuggets, a partly present one counting `partial`; None without nuggets.

    The track's reference code scores a question without vital nuggets 0; it is excluded here.

    >>> nugget_recall(["full", "partial", "none", "full"]), nugget_recall(["full", "partial", "none", "full"], partial=0.5)
    (0.5, 0.625)
    """
    return sum(1.0 if f == "full" else partial if f == "partial" else 0.0 for f in found) / len(found) if found else None


def density(found: Sequence[Presence], words: int) -> float | None:
    """Nuggets fully present per 100 words, so that quoting everything cannot win; None without words.

    >>> density(["full", "full", "none"], words=80)
    2.5
    """
    return 100 * sum(f == "full" for f in found) / words if words else None


def first_words(text: str, words: int) -> str:
    """The first `words` white-space separated words of `text`: the length guard cuts here.

    >>> first_words("one two  three", 2)
    'one two'
    """
    return " ".join(text.split()[:words])
