"""Citation recall and precision of statements (ALCE: Gao et al., EMNLP 2023; the TREC 2024 RAG track's support evaluation).

Who decides support is the caller's business: containment of the statement in its quotes (exact), shared terms and numbers
(heuristic, which flags wrong papers and must not be called faithfulness), or a judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Supports = Callable[[Sequence[int]], bool]
"""Whether these citations of a statement (by position), taken together, support it."""


def citation_recall(supported: Sequence[bool]) -> float | None:
    """Statements supported by their valid citations ÷ statements; None without statements.

    >>> citation_recall([True, True, True, False])
    0.75
    """
    return sum(supported) / len(supported) if supported else None


def useful_citations(valid: Sequence[bool], supports: Supports) -> int:
    """How many citations of one statement earn their place.

    The valid ones must support it together, and this one either supports it alone or is missed when taken away.

    Two citations of which the first says it all and the second is about something else: one is useful.

    >>> useful_citations([True, True], lambda some: 0 in some)
    1
    """
    usable = [i for i, ok in enumerate(valid) if ok]
    if not usable or not supports(usable):
        return 0
    return sum(supports([i]) or not supports([j for j in usable if j != i]) for i in usable)


def citation_precision(useful: Sequence[int], emitted: Sequence[int]) -> float | None:
    """Useful citations ÷ emitted citations over an answer's statements, invalid ones included; None where none was emitted.

    >>> citation_precision(useful=[1, 1], emitted=[2, 1]) == 2 / 3
    True
    """
    return sum(useful) / sum(emitted) if sum(emitted) else None


def f1(precision: float | None, recall: float | None) -> float | None:
    """Harmonic mean; 0 where both are 0, None where either is undefined.

    >>> f1(0.5, 1.0) == 2 / 3
    True
    """
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
