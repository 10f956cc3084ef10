"""What is said where nothing was asked that papers could answer: a greeting, thanks, "what can you do?", a lone "???"."""

from __future__ import annotations

import re
from typing import Literal

from rag.answering.draft import Draft

Small = Literal["hello", "thanks", "abilities", "nothing", "which"]

_THANKS = re.compile(r"\b(?:thanks?|thank you|thx|cheers|great|nice|cool|perfect|ok(?:ay)?|bye|goodbye)\b", re.IGNORECASE)
_ABILITIES = re.compile(r"\b(?:what can you|who are you|what are you|your name|help|how do(?:es)? (?:you|this) work)\b", re.IGNORECASE)

_SAID: dict[Small, str] = {
    "hello": "Hello. Ask anything about the {papers} in this library, such as how a method works, which papers mention a data set, "
    "or what is known on a topic.",
    "thanks": "You're welcome. Ask on whenever you like.",
    "abilities": "I answer questions from the abstracts of the {papers} in this library and cite the sentence behind each statement: what "
    "something is, how or why it works, figures, comparisons, limits, lists and counts of papers, summaries. What no paper says, I say so.",
    "nothing": "What would you like to know about the {papers} in this library?",
    "which": "Which paper do you mean? Name it, or choose one; nothing was asked before this that the question could lean on.",
}


def small(text: str) -> Small:
    """Which of them a text is that asks nothing of papers.

    >>> small("hi!"), small("thanks a lot"), small("what can you do?"), small("???")
    ('hello', 'thanks', 'abilities', 'nothing')
    """
    if not any(map(str.isalpha, text)):
        return "nothing"
    if _ABILITIES.search(text):
        return "abilities"
    return "thanks" if _THANKS.search(text) else "hello"


def reply(kind: Small, papers: int) -> Draft:
    """The line that is said; nothing is cited, and what was asked counts as not answered by papers."""
    counted = f"{papers:,} paper{'s' if papers != 1 else ''}"
    return Draft(abstain_reason="out_of_corpus", refusal=_SAID[kind].format(papers=counted))
