"""Sentences by relevance: a linear score whose weights were fitted on the development questions.

The label of the fit: does this sentence hold a needed fact? (`scripts/calibrate.py` makes the figures.) What it found: the first
sentence of an abstract is mostly background, later ones hold results, and for a question about a figure a sentence without one is
seldom the answer; nor is one on the work of others; and a question about a method is answered where means are named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering.figures import has_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.reading import Asked, Read, Sentence
    from rag.questions import Kind

COSINE, TITLED, SOFT = 2.6, 2.0, 3.0
FIGURE, FIRST, LATE = 3.0, -1.4, 1.2
BACKGROUND, MEANS = -2.6, 1.2
EVIDENCE = 3.0
"""For a sentence of which the cross-encoder is sure that it holds the figure; where more than one sentence is wanted, it was no help."""

PAPER = 3.0
"""Lost by a sentence of a paper whose retrieval score is 0 against 1 of the first."""


_BACKGROUND = re.compile(
    r"^(?:however|existing|previous|prior|recent|despite|although|while|traditional|conventional|current)\b"
    r"|\bha(?:s|ve) been (?:widely|extensively)",
    re.IGNORECASE,
)
"""A sentence on what others did."""

_MEANS = re.compile(
    r"\b(?:by|via|through|using|which|first|then|finally|specifically|consists?|comprises?|based on|leverag|employ|utili[sz]|adopt)",
    re.IGNORECASE,
)
"""A sentence on how something is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A sentence with its relevance, higher is better."""

    sentence: Sentence
    score: float


def rank(asked: Asked, reads: Sequence[Read], *, kind: Kind) -> list[Ranked]:
    """The sentences of all papers read, best first; ties in the order of the papers, then of the text.

    A sentence that is addressed to a model ("ignore your instructions ...") is no finding and is left out.
    """
    content = asked.content
    places = [n for n, t in enumerate(asked.terms) if t in content]
    total = sum(asked.terms[n].weight for n in places) or 1.0
    top = max((read.hit.score for read in reads), default=0.0) or 1.0
    found = []
    for read in reads:
        behind = PAPER * (1 - read.hit.score / top)
        for sentence in read.sentences:
            if sentence.place in read.orders:
                continue
            soft = sum(asked.terms[n].weight * sentence.soft[n] for n in places) / total
            score = COSINE * sentence.cosine + TITLED * sentence.titled + SOFT * soft - behind
            score += LATE * sentence.place / max(1, sentence.of - 1)
            score += FIRST if sentence.place == 0 and sentence.of > 1 else 0.0
            score += FIGURE if kind == "figure" and has_number(sentence.text) else 0.0
            score += BACKGROUND if _BACKGROUND.search(sentence.text) else 0.0
            score += EVIDENCE * read.evidence.get(sentence.place, 0.0) if kind == "figure" else 0.0
            score += MEANS if kind == "method" and _MEANS.search(sentence.text) else 0.0
            found.append(Ranked(sentence=sentence, score=score))
    return sorted(found, key=lambda r: -r.score)
