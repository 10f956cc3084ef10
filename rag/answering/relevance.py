"""Which sentences of the papers read answer best: one order over all of them, by what is asked.

A linear model (a conditional logit; McFadden 1974) over the reader's chances, the question's words that a sentence shares, and what the
sentence does in its abstract (`rag.reading.roles`): who asks how something works wants the method, who asks why wants the reason. Fitted by
`scripts/relevance.py` on questions whose answering sentences people marked in original abstracts.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.deciding.signals import log_odds
from rag.questions.slots import Form  # noqa: TC001 - names the type of a table
from rag.reading.figures import has_figure
from rag.reading.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.reading.reader import Read, Sentence

LEARNED = Path(__file__).with_suffix(".json")

_AKIN: dict[Form, Form] = {
    "limits": "cause",
    "field": "general",
    "count": "figure",
    "survey": "general",
    "list": "general",
    "chat": "general",
}
"""Forms that want the same as another, of which there are too few to learn from."""

_WHY = re.compile(
    r"\b(?:because|since|(?:due|owing) to|reasons?|caus(?:e|es|ed|ing)|stems? from|results? (?:from|in)|lead(?:s|ing) to|attribut\w+|"
    r"thereby|explain\w*|suffer\w*)\b",
    re.IGNORECASE,
)
"""How a sentence begins to say why."""

ASIDE, ASIDE_MILD = math.log(0.05), math.log(0.4)
"""Added to the relevance of papers that a question is not about: of those a follow-up does not lean on, which only count where the others
say nothing, and of those that answered no other part of the same question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A sentence with its relevance, the best one's being 1: how much likelier than this one that one is to answer."""

    sentence: Sentence
    score: float


def rank(
    reads: Sequence[Read], form: Form, own: Sequence[Read] | None = None, carried: Sequence[str] = (), aside: float = ASIDE
) -> list[Ranked]:
    """The sentences of all papers read, best first; ties in the order of the papers, then of the text.

    `own`: the same papers read against a follow-up's own words, where `reads` were found with words carried along; both count.
    `carried`: the papers that the question is about; `aside` is added to the relevance of all others.
    """
    found: list[tuple[float, Sentence]] = []
    for n, read in enumerate(reads):
        away = aside if carried and read.hit.paper.paper_id not in carried else 0.0
        for at, sentence in enumerate(read.sentences):
            score = relevance(sentence, read, form)
            if own is not None:
                score = (score + relevance(own[n].sentences[at], own[n], form)) / 2
            found.append((score + away, sentence))
    best = max((score for score, _ in found), default=0.0)
    return sorted((Ranked(sentence=sentence, score=math.exp(score - best)) for score, sentence in found), key=lambda r: -r.score)


def relevance(sentence: Sentence, read: Read, form: Form) -> float:
    """The logarithm of a sentence's relevance, up to a constant of the question; by shared words where there is no cross-encoder."""
    if read.reading is None:
        return math.log(max(sentence.evidence, 1e-3)) + math.log(max(read.chance, 1e-3)) / 2
    weights = _weights()
    return sum(weights.get(name, 0.0) * value for name, value in features(sentence, read, form).items())


def features(sentence: Sentence, read: Read, form: Form) -> Mapping[str, float]:
    """What the model looks at; a feature that counts for one form alone is named after it."""
    found = {
        "evidence": math.log(max(sentence.evidence, 1e-4)),
        "chance": log_odds(min(max(sentence.chance, 1e-3), 1 - 1e-3)),
        "overlap": sentence.overlap,
        "titled": sentence.titled,
        "given": sentence.given,
        "answers": math.log(max(read.chance, 1e-4)),
    }
    told: dict[str, float] = {role: sentence.roles[role] for role in ROLES}
    told["opens"] = float(sentence.place == 0)
    wanted = _AKIN.get(form, form)
    if wanted == "cause":
        found["cause:says_why"] = float(_WHY.search(sentence.text) is not None)
    if wanted == "figure":
        found["figure:has_one"] = float(has_figure(sentence.text))
    return found | told | {f"{wanted}:{name}": value for name, value in told.items()}


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(LEARNED.read_text(encoding="utf-8"))
    return weights
