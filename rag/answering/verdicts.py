"""Yes or no: whether a sentence carries what a question presumes, by the reader and by the direction of the words.

The reader takes the question for a claim against the clause that shares most of its words; the rules of the check say whether one of the
two denies, or speaks ill, where the other does not. What is said rests on the sentence that answers best and on the first ones of its
paper together, by weights and limits of `scripts/verdict_weights.py`, learned from questions about abstracts that nobody here wrote.
"""

# ruff: noqa: E501, SIM905 - patterns are read whole on one line, lists of words read best as text

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.checking import polarity
from rag.checking.lexicon import LIKE_DENIAL, PLAIN_NEGATORS, WORSE, stem
from rag.text import stems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.answering.relevance import Ranked
    from rag.reading.crossencoder import CrossEncoder
    from rag.schema import YesNo

LEARNED = Path(__file__).with_suffix(".json")

SEEN = 4
"""Sentences of a paper that tell together."""

AGAINST = 0.45
"""The chance up to which a sentence that turns the question round speaks against it."""

_WEIGHTS = {"": -0.37, "carried": 0.95, "denied": -0.8, "ill": -0.59, "turned": -1.15}
"""Of one sentence by itself."""

_ASKS_SAME = re.compile(r"(?<!regardless of )\bwhether\b(?! or not)", re.IGNORECASE)
"""What asks the same as the question and tells nothing ("little is known on whether ...")."""
_CUT = re.compile(r"[;:]|\(?\b(?:\d|i{1,3}|iv|v)\)|,?\s\b(?:but|while|whereas|although|though|despite|however|unlike)\b", re.IGNORECASE)
_ASKING = re.compile(
    r"^(?:(?:and|but|so)\s+)?(?:(?:why|how(?: much| many)?|what makes|in what way)\s+)?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)?\s+",
    re.IGNORECASE,
)
_ILL = (
    LIKE_DENIAL
    | {stem(word) for word in WORSE}
    | frozenset("break degrad deterior fail harm hinder hurt impair ineffect inferior struggl suffer weaker wors".split())
)
_BOUNDS = frozenset({"only", "less", "instead", "rather", "minimal", "avoid"})
"""Words that bound rather than judge."""


def said(question: str, ranked: Sequence[Ranked], pairs: CrossEncoder) -> YesNo | None:
    """Yes or no by the sentences of one paper, the one that answers best first; None where they do not tell."""
    found = seen(question, ranked, pairs)
    if found is None:
        return None
    learned = _learned()
    chance = chance_of(learned["weights"], found)
    return "yes" if chance >= learned["limits"]["yes"] else "no" if chance <= learned["limits"]["no"] else None


def seen(question: str, ranked: Sequence[Ranked], pairs: CrossEncoder) -> dict[str, float] | None:
    """The signs of the sentence that answers best, and of the first ones together, by their relevance and by how much they are results.

    None where the best one asks the same as the question.
    """
    first = [r for r in ranked[:SEEN] if not _ASKS_SAME.search(_clause(question, r.sentence.text))]
    if not first or first[0] != ranked[0]:
        return None
    each = [_seen(question, r.sentence.text, pairs) for r in first]
    weights = [r.score * (r.sentence.roles["result"] + 0.02) for r in first]
    together = {f"all {name}": sum(w * own[name] for w, own in zip(weights, each, strict=True)) / sum(weights) for name in each[0]}
    return {**each[0], **together}


def chance(question: str, sentence: str, pairs: CrossEncoder) -> float:
    """That the sentence says yes to the question."""
    return chance_of(_WEIGHTS, _seen(question, sentence, pairs))


def _seen(question: str, sentence: str, pairs: CrossEncoder) -> dict[str, float]:
    reading = pairs.claim(question, "", [_clause(question, sentence)])
    carried = math.log((reading.carried + 1e-4) / (reading.contradicted + 1e-4))
    return {"carried": carried, **{name: float(value) for name, value in signs(question, sentence).items()}}


def chance_of(weights: Mapping[str, float], seen: Mapping[str, float]) -> float:
    """Of a yes, by a logistic model; its constant has no name."""
    return 1 / (1 + math.exp(-sum(weight * seen.get(name, 1.0) for name, weight in weights.items())))


def speaks_against(question: str, sentence: str, pairs: CrossEncoder) -> bool:
    """Whether a sentence denies or turns round what a question takes for granted ("why does it help the old?", "it does not help the old")."""
    own = set(stems(_ASKING.sub("", question)))
    shared = own & set(stems(_clause(question, sentence)))
    if _denied(question) or 2 * len(shared) < len(own):
        return False
    return signs(question, sentence)["turned"] and chance(question, sentence, pairs) <= AGAINST


def signs(question: str, sentence: str) -> dict[str, bool]:
    """Whether one of the two is denied, or speaks ill, and the other not; and whether the words point the other way.

    >>> signs("Does it help the old?", "It does not help the old."), signs("Is it good for the old?", "It is harmful for the old.")
    ({'denied': True, 'ill': False, 'turned': True}, {'denied': False, 'ill': True, 'turned': False})
    """
    clause, claim = _clause(question, sentence), _ASKING.sub("", question.rstrip(" ?"))
    rules = (polarity.turned, polarity.denied_differently, polarity.sides_swapped, polarity.opposite_word)
    return {
        "denied": _denied(clause) != _denied(question),
        "ill": _ill(clause) != _ill(question),
        "turned": any(rule(claim, [clause]) for rule in rules),
    }


def _clause(question: str, sentence: str) -> str:
    """The clause that shares most of the question's words."""
    own = set(stems(question))
    return max(
        (part for part in _CUT.split(sentence) if part and stems(part)), key=lambda part: len(own & set(stems(part))), default=sentence
    )


@lru_cache(maxsize=1)
def _learned() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(LEARNED.read_text(encoding="utf-8"))
    return found


def _denied(text: str) -> bool:
    return any(word in PLAIN_NEGATORS for word in polarity.tokens_of(text))


def _ill(text: str) -> bool:
    return any(stem(word) in _ILL and word not in _BOUNDS for word in polarity.tokens_of(text))
