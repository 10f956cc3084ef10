"""What an answer tells, by marked sentences: is each part told, how soon, and how much of what is shown bears on the question.

Marks are (paper, number of a sentence), as the supporting facts of HotpotQA (Yang et al. 2018, arXiv 1809.09600), whose precision and
recall `bearing` and `parts_told` are; here a part has several sentences of which any one tells it. `told_within` counts words as a reader
does: focused retrieval charges for what is read before the relevant text (Kazai and Lalmas 2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    Mark = tuple[str, int]


def parts_told(needed: Sequence[Collection[Mark]], shown: Sequence[Collection[Mark]]) -> float | None:
    """Parts of which a sentence is shown ÷ parts; None without parts.

    >>> parts_told([{("a", 1), ("a", 2)}, {("b", 0)}], [{("a", 2)}, {("c", 0)}])
    0.5
    """
    told = {mark for marks in shown for mark in marks}
    return sum(any(mark in told for mark in part) for part in needed) / len(needed) if needed else None


def told_within(needed: Sequence[Collection[Mark]], shown: Sequence[Collection[Mark]], words: Sequence[int], limit: int) -> float | None:
    """Parts told within the first `limit` words ÷ parts; a first sentence counts however long it is. `words` are those of each statement.

    >>> told_within([{("a", 1)}, {("b", 0)}], [{("a", 1)}, {("b", 0)}], [40, 25], limit=60)
    0.5
    """
    kept, used = [], 0
    for n, marks in enumerate(shown):
        used += words[n]
        if n and used > limit:
            break
        kept.append(marks)
    return parts_told(needed, kept)


def first_answers(bears: Collection[Mark], shown: Sequence[Collection[Mark]]) -> float | None:
    """1 where the first sentence shown is a needed or a welcome one, else 0; None where no sentence is marked.

    >>> first_answers({("a", 1)}, [{("a", 1)}, {("a", 5)}]), first_answers({("a", 1)}, [])
    (1.0, 0.0)
    """
    return float(bool(shown) and any(mark in bears for mark in shown[0])) if bears else None


def bearing(bears: Collection[Mark], shown: Sequence[Collection[Mark]]) -> float | None:
    """Statements that are a needed or a welcome sentence ÷ statements; None without marks or statements.

    >>> bearing({("a", 1), ("a", 2)}, [{("a", 1)}, {("a", 5)}])
    0.5
    """
    return sum(any(mark in bears for mark in marks) for marks in shown) / len(shown) if bears and shown else None
