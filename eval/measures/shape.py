"""Answer shape: a question for a number wants a number, one for papers a list.

A cheap heuristic for relevance. Similarity between question and answer is left out on purpose: any text scores above zero on it.
"""

from __future__ import annotations

import re
from typing import Literal

Shape = Literal["number", "list", "text"]
_NUMBER = re.compile(
    r"^\s*(how (many|much|large|big|long|often|far)|by how|what (percentage|share|fraction|number|figure|score))\b", re.IGNORECASE
)
_LIST = re.compile(r"^\s*((which|what) (papers|works|systems|methods|datasets|models)|list|name all|show me)\b", re.IGNORECASE)
_DIGIT = re.compile(
    r"\d|\b(zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|third|twice|double|triple)\b",
    re.IGNORECASE,
)


def asked(question: str) -> Shape:
    """What the wording asks for.

    >>> asked("How many languages are covered?"), asked("which papers treat parsing?"), asked("why does it work?")
    ('number', 'list', 'text')
    """
    return "number" if _NUMBER.search(question) else "list" if _LIST.search(question) else "text"


def fits(question: str, answer: str, statements: int) -> float | None:
    """1 where the answer has the asked shape, 0 where not, None where the wording asks for none.

    >>> fits("How many languages?", "It covers twelve languages.", 1), fits("How many languages?", "It covers a lot.", 1)
    (1.0, 0.0)
    """
    shape = asked(question)
    if shape == "text":
        return None
    return float(bool(_DIGIT.search(answer)) if shape == "number" else statements >= 1)
