"""Lists as sets, counts, and what is said in front: precision and recall (van Rijsbergen 1979, ch. 7), exactness, and the right yes or no.

The three-way verdict is that of PubMedQA (Jin et al. 2019, arXiv 1909.06146); saying nothing is kept apart from saying the contrary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def list_precision(listed: Collection[str], right: Collection[str], also: Collection[str] = ()) -> float | None:
    """Papers listed that are right or may be there ÷ papers listed; 0 where none is listed, None where none is right.

    >>> list_precision({"a", "b", "c", "d"}, {"a", "x"}, {"b"})
    0.5
    """
    if not right:
        return None
    return len(set(listed) & {*right, *also}) / len(set(listed)) if listed else 0.0


def list_recall(listed: Collection[str], right: Collection[str]) -> float | None:
    """Right papers that are listed ÷ right papers; None where none is right.

    >>> list_recall({"a", "b"}, {"a", "x"})
    0.5
    """
    return len(set(listed) & set(right)) / len(set(right)) if right else None


def count_exact(answer: str, count: int) -> float:
    """1 where the answer opens with the count, as a whole number.

    >>> count_exact("14 papers: “GLUE”.", 14), count_exact("140 papers", 14)
    (1.0, 0.0)
    """
    opening = answer.split(maxsplit=1)[0].rstrip(".,:") if answer.split() else ""
    return float(opening.replace(",", "") == str(count))


def verdict_right(said: str | None, right: str) -> float:
    """1 where yes, no or mixed is said as it should be.

    >>> verdict_right("no", "no"), verdict_right("not_stated", "no")
    (1.0, 0.0)
    """
    return float(said == right)


def verdict_contrary(said: str | None, right: str) -> float:
    """1 where yes is said for no, or no for yes.

    >>> verdict_contrary("yes", "no"), verdict_contrary("not_stated", "no")
    (1.0, 0.0)
    """
    return float({said, right} == {"yes", "no"})
