"""Signals on whether the papers read hold an answer: what is asked laid against what the best paper says.

Each signal is a number that a reader can check by eye; `abstain` weighs them. They fall into four groups: is the subject here at all
(nearness, terms found, names unknown to the library), is the asked attribute here (the words behind "what", "which" or "how many", a
number bound to them), do the question's own figures stand in the paper, and does the paper say the same in the same direction
(negation, more against less, who is compared with whom).
"""

# ruff: noqa: E501 - patterns and word lists are read whole on one line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering import attribute, figures_match, names, polarity
from rag.answering.direction import reversal
from rag.answering.figures import has_number, numbers
from rag.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.reading import Asked, Read, Sentence
    from rag.questions import Kind
    from rag.schema import Hit

ABSOLUTE = frozenset(
    [
        "all",
        "always",
        "never",
        "every",
        "entirely",
        "completely",
        "eliminate",
        "eliminates",
        "fully",
        "only",
        "any",
        "guarantee",
        "guarantees",
        "perfectly",
    ]
)
_WH_PHRASE = re.compile(
    r"\b(?:how (?:many|much)|what|which|whose|name the|list the|number of|amount of|percentage of|size of)\s+(?:is |are |was |were |the |of |its |their |a |an |kind of |type of |sort of )*"
    r"(?P<phrase>(?:[\w.'’%+-]+\s*){1,5})",  # noqa: RUF001
    re.IGNORECASE,
)
UNREAD = -1.0
_VERB = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "could",
        "will",
        "would",
        "should",
        "may",
        "might",
        "used",
        "use",
        "uses",
        "using",
        "to",
        "in",
        "on",
        "of",
        "for",
        "at",
        "by",
        "from",
        "with",
        "that",
        "which",
        "than",
        "and",
        "or",
        "as",
        "be",
        "been",
        "being",
        "come",
        "comes",
        "get",
        "gets",
        "give",
        "gives",
        "given",
        "achieve",
        "achieves",
        "achieved",
        "obtain",
        "reach",
        "reached",
        "show",
        "shows",
        "make",
        "makes",
        "made",
        "take",
        "takes",
        "need",
        "needs",
        "work",
        "works",
        "provide",
        "provided",
        "provides",
        "introduce",
        "introduces",
        "introduced",
        "report",
        "reported",
        "cover",
        "covers",
        "covered",
        "contribute",
        "contributed",
        "cause",
        "causes",
        "serve",
        "serves",
        "happen",
        "happens",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """All between 0 and 1 (cosines may be below 0); named after what they measure.

    The last five are chances of the cross-encoder: that the first paper answers, lacks the detail, contradicts the question or is
    about something else, and that the second one answers; `UNREAD` where the two were not read together.
    """

    dense: float
    sentence: float
    covered: float
    covered_sentence: float
    soft: float
    soft_least: float
    missing_most: float
    unknown: float
    names_missing: float
    names_unknown: float
    names_held: float
    lead: float
    dense_lead: float
    terms: float
    asked_soft: float
    asked_missing: float
    number_bound: float
    figures_missing: float
    opposed: float
    denied: float
    absolute: float
    why: float
    swapped: float
    turned: float
    antonyms: float
    denied_share: float
    crossed: float
    overstated: float
    figure_fault: float
    name_lost: float
    count_missing: float
    metric_missing: float
    unit_missing: float
    name_missing: float
    count_conflict: float
    particular_missing: float
    together: float
    together_missing: float
    together_against: float
    together_unrelated: float
    together_second: float

    def values(self) -> tuple[float, ...]:
        """In the order of the fields."""
        return tuple(getattr(self, name) for name in self.__slots__)


NAMES: tuple[str, ...] = Signals.__slots__


def measure(asked: Asked, hits: Sequence[Hit], reads: Sequence[Read], ranked: Sequence[Sentence], *, kind: Kind) -> Signals:
    """The signals of a question against the papers found, of which the first, at least one, were read.

    `ranked` holds their sentences by relevance, best first.
    """
    top = reads[0]
    content = asked.content
    places = [n for n, t in enumerate(asked.terms) if t in content]
    total = sum(t.weight for t in content) or 1.0
    own = [s for s in ranked if s.paper.paper_id == top.hit.paper.paper_id][:3]
    texts = [s.text for s in top.sentences]
    near = [s.text for s in own if s.titled >= 0.3 or s.cosine >= 0.5]
    premise = premise_of(asked.text)
    opposite, denying, crossed = reversal(premise, near, [x for t in content for x in t.stems])
    whole = f"{top.hit.paper.title}. {top.hit.paper.abstract}"
    named = [n for n in places if asked.terms[n].name]
    phrase = _asked_places(asked)
    numeric = kind == "figure"
    bound = 1.0
    if numeric:
        bound = max((_bound(s, phrase) for s in top.sentences), default=0.0)
    missing = [asked.terms[n].weight for n in places if not top.covered[n]]
    second = hits[1].score if len(hits) > 1 else 0.0
    return Signals(
        dense=top.hit.dense if top.hit.dense is not None else max((s.cosine for s in top.sentences), default=0.0),
        sentence=max((s.cosine for s in top.sentences), default=0.0),
        covered=sum(asked.terms[n].weight for n in places if top.covered[n]) / total,
        covered_sentence=max((s.titled for s in top.sentences), default=0.0),
        soft=sum(asked.terms[n].weight * top.soft[n] for n in places) / total,
        soft_least=min((top.soft[n] for n in places), default=1.0),
        missing_most=max(missing, default=0.0),
        unknown=sum(asked.terms[n].weight for n in places if not asked.terms[n].known) / total,
        names_missing=sum(not top.covered[n] for n in named) / len(named) if named else 0.0,
        names_unknown=float(any(not asked.terms[n].known for n in named)),
        names_held=max((asked.terms[n].weight for n in named if top.covered[n] and asked.terms[n].known), default=0.0),
        lead=top.hit.score - second,
        dense_lead=_dense_lead(hits),
        terms=min(len(content), 10) / 10,
        asked_soft=min((top.soft[n] for n in phrase), default=1.0),
        asked_missing=sum(not top.covered[n] for n in phrase) / len(phrase) if phrase else 0.0,
        number_bound=bound,
        figures_missing=_figures_missing(asked.text, top),
        opposed=_said(polarity.opposite_word(premise, near)),
        denied=_said(polarity.denied_differently(premise, near)),
        absolute=float(any(w in ABSOLUTE for w in words(asked.text))),
        why=float(re.match(r"\s*(?:why|how come|what (?:explains|makes|causes)|for what reason)\b", asked.text, re.IGNORECASE) is not None),
        swapped=_said(polarity.sides_swapped(premise, near)),
        antonyms=opposite,
        denied_share=denying,
        crossed=crossed,
        turned=_said(polarity.turned(premise, near)),
        overstated=_said(polarity.overstated(premise, near)),
        figure_fault=_said(figures_match.faults(premise, near, texts, whole=whole)) if near else 0.0,
        name_lost=_said(names.missing(asked.text, whole)),
        count_missing=attribute.count_missing(asked.text, texts),
        metric_missing=attribute.metric_missing(asked.text, texts),
        unit_missing=attribute.unit_missing(asked.text, texts),
        name_missing=attribute.name_missing(asked.text, texts),
        count_conflict=attribute.count_conflict(asked.text, texts),
        particular_missing=attribute.particular_missing(asked.text, whole),
        **together(reads),
    )


def together(reads: Sequence[Read]) -> dict[str, float]:
    """The last five signals."""
    first, second = reads[0].together, reads[1].together if len(reads) > 1 else None
    return {
        "together": first.answerable if first else UNREAD,
        "together_missing": first.missing if first else UNREAD,
        "together_against": first.contradicted if first else UNREAD,
        "together_unrelated": first.unrelated if first else UNREAD,
        "together_second": second.answerable if second else UNREAD,
    }


_OPENING = re.compile(
    r"^\s*(?:(?:and|but|so|ok)\s+)?(?:why|how come|how much|how|when|where|by how much|in what way|to what extent)?\s*"
    r"(?:does|do|did|is|are|was|were|has|have|had|can|could|will|would|should)\s+(?=\S)|^\s*(?:why|how)\s+",
    re.IGNORECASE,
)


_FRAME = re.compile(r"\b(?:and |by )?how (?:many|much|long|large|big|far|fast|often|well|strongly|high|low|few)\b", re.IGNORECASE)


def premise_of(question: str) -> str:
    """What the question takes for granted, as a claim: the text without its question word and auxiliary.

    >>> premise_of("Why does A-net beat B-net?")
    'A-net beat B-net'
    """
    text = _FRAME.sub("", question.strip().rstrip("?!. ")).strip()
    return _OPENING.sub("", text, count=1)


def _dense_lead(hits: Sequence[Hit]) -> float:
    """How much nearer in meaning the first paper is than the others, on average; 0 where it stands alone."""
    others = [hit.dense for hit in hits[1:] if hit.dense is not None]
    first = hits[0].dense
    return first - sum(others) / len(others) if others and first is not None else 0.0


def _said(fault: object) -> float:
    return float(bool(fault))


def _asked_places(asked: Asked) -> list[int]:
    """Places of the terms in the phrase that is asked for: behind "how many", "what", "which", up to the first verb or preposition."""
    match = _WH_PHRASE.search(asked.text)
    if match is None:
        return []
    end = match.end()
    for token in re.finditer(r"[\w.'’%+-]+", match["phrase"]):  # noqa: RUF001
        if token.group().lower() in _VERB:
            end = match.start("phrase") + token.start()
            break
    return [n for n, t in enumerate(asked.terms) if match.start("phrase") <= t.start < end and not t.generic]


def _bound(sentence: Sentence, phrase: list[int]) -> float:
    """How well a sentence with a figure fits the asked phrase: 0 without a figure, else the least nearness of the phrase's terms."""
    if not has_number(sentence.text):
        return 0.0
    return min((sentence.soft[n] for n in phrase), default=1.0)


def _figures_missing(question: str, read: Read) -> float:
    """Share of the question's own figures (not "one", not years) that the paper lacks."""
    wanted = {n for n in numbers(question) if n not in {0.0, 1.0} and not 1990 <= n <= 2035}
    if not wanted:
        return 0.0
    held = numbers(read.hit.paper.title + ". " + read.hit.paper.abstract)
    raw = {float(x) for x in re.findall(r"\d+(?:\.\d+)?", read.hit.paper.abstract.replace(",", ""))}
    return sum(n not in held and n not in raw for n in wanted) / len(wanted)
