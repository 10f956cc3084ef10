"""From what was read to statements: the sentence that answers first, at most two that support it, no padding.

Sentences come from all papers read for a slot, by the reader's evidence. A sentence that leans on the one before ("It ...", "(2) ...")
takes it along; one about code or addresses, and a question the authors put to themselves, only stand where they were asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering.draft import quote
from rag.text import stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.relevance import Ranked
    from rag.questions.slots import Form
    from rag.reading.reader import Read, Sentence
    from rag.schema import Statement

SUPPORTS = 2
ENOUGH = 0.35
"""Share of the lead's relevance that a support needs: on the questions of `eval/gold/asked.jsonl` .83 of the needed sentences are told so,
and .76 of those told bear on the question (at .15: .85 and .69; at .6: .78 and .79)."""

SUPPORT_WORDS = 60
"""A support joins while all of the slot stays within so many words."""

_ALIKE = 0.6
"""Share of a sentence's stems that another one holds too: they say the same."""

_LEANT_ON_WORDS = 45

_LEANS = re.compile(
    r"^(?:it|its|they|their|them|this|these|those|that|such|he|she|his|her|here|there|thus|therefore|hence|"
    r"the latter|the former|both|to this end|as a result|consequently)(?=[\s,)]|$)",
    re.IGNORECASE,
)
"""How a sentence begins that can't be understood without the one before; one that only adds to it ("Furthermore, ...") can."""

_GOES_ON = re.compile(r"^\(?(?:[2-9]|ii+|iv|[b-e])\)(?=[\s,)]|$)", re.IGNORECASE)
"""How the further members of a numbered enumeration begin."""

_FOLLOWS = re.compile(r"^(?:second(?:ly)?|third(?:ly)?)(?=[\s,)]|$)", re.IGNORECASE)
_ENDS = re.compile(r"^(?:then|finally|lastly)(?=[\s,)]|$)", re.IGNORECASE)
"""How those of one told in words begin, and how what may end it begins, which can stand by itself ("Finally, larger teachers do harm.")."""

_OPENS = re.compile(r"^(?:first(?:ly)?|\(?(?:1|i|a)\))(?=[\s,)]|$)", re.IGNORECASE)
_CODE = re.compile(
    r"https?://|www\.|\bgithub\b|\b(?:code|codes|data|dataset|models?|demo)\b[^.]{0,60}\b(?:available|released|accessible|open-?sourced)\b",
    re.IGNORECASE,
)
_ASKS_CODE = re.compile(
    r"\b(?:code|github|implementation|repository|open[- ]?source\w*|available|released?|download|licen[cs]e|url|link|address|where)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The sentences that answer a slot, the lead first."""

    sentences: tuple[Sentence, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """As statements that quote themselves."""
        return tuple(quote(s.paper, s.start, s.end) for s in self.sentences)


def choose(
    asked: str, form: Form, reads: Sequence[Read], ranked: Sequence[Ranked], *, words: int = SUPPORT_WORDS, supports: int = SUPPORTS
) -> Chosen:
    """The lead and what supports it; `ranked` may be empty. Ties go to the order of `ranked`."""
    fit = _fitting(asked, form, ranked)
    if not fit:
        return Chosen(sentences=())
    best, lead = fit[0].score, fit[0].sentence
    own = {read.hit.paper.paper_id: read.sentences for read in reads}
    first = _with_before(lead, own[lead.paper.paper_id])
    chosen = list(first)
    used = sum(len(s.text.split()) for s in chosen)
    room = max(words, used)
    for score, sentence in ((r.score, r.sentence) for r in fit[1:]):
        if score < ENOUGH * best or len(chosen) > supports + 1:
            break
        added = [s for s in _with_before(sentence, own[sentence.paper.paper_id]) if s not in chosen]
        length = sum(len(s.text.split()) for s in added)
        if not added or used + length > room or any(_alike(sentence, c) for c in chosen):
            continue
        alone = form == "figure" or (form in {"definition", "verdict"} and sentence.paper.paper_id == lead.paper.paper_id)
        if alone and score < 0.85 * best:
            continue  # one fact was asked
        chosen += added
        used += length
    return Chosen(sentences=_in_order(chosen, first))


def _in_order(chosen: Sequence[Sentence], first: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """The lead with what it leans on, then paper by paper, the lead's first, in the order of the text."""
    papers = list(dict.fromkeys(s.paper.paper_id for s in (*first, *chosen)))
    rest = sorted((s for s in chosen if s not in first), key=lambda s: (papers.index(s.paper.paper_id), s.start))
    return (*first, *rest)


def _fitting(asked: str, form: Form, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The sentences less what is no answer whatever its words: a question the authors put to themselves, code where none was asked for.

    What defines a term has it.
    """
    wants_code = _ASKS_CODE.search(asked) is not None
    if form == "definition":
        most = max((r.sentence.overlap for r in ranked), default=0.0)
        ranked = [r for r in ranked if r.sentence.overlap > most / 2]
    spoken = [r for r in ranked if not r.sentence.text.rstrip().endswith("?")]
    return [r for r in spoken if wants_code or not _CODE.search(r.sentence.text)] or spoken


def leans(text: str) -> bool:
    """Whether a sentence can't be understood without the one before.

    >>> leans("It needs no labels."), leans("(2) a filter."), leans("Foo needs no labels.")
    (True, True, False)
    """
    return any(pattern.match(text.strip()) for pattern in (_LEANS, _GOES_ON))


def with_before(texts: Sequence[str], at: int) -> list[int]:
    """The places of a sentence and of what it leans on: at most two before it, as far as they lean themselves.

    One that opens an enumeration takes the rest of it along.

    >>> with_before(["Foo is a model.", "It needs no labels.", "We test it."], 1), with_before(["(1) A.", "(2) B.", "End."], 0)
    ([0, 1], [0, 1])
    """
    first = last = at
    opened = next((n for n in range(at - 1, max(-1, at - 3), -1) if _OPENS.match(texts[n].strip())), None)
    if opened is not None and all(_goes_on(text) for text in texts[opened + 1 : at + 1]) and not _ENDS.match(texts[at].strip()):
        first = opened
    while first and at - first < 2 and leans(texts[first]) and len(texts[first - 1].split()) <= _LEANT_ON_WORDS:
        first -= 1
    if _OPENS.match(texts[at].strip()):
        while last + 1 < len(texts) and last - at < 2 and (leans(texts[last + 1]) or _goes_on(texts[last + 1])):
            last += 1
    return list(range(first, last + 1))


def _goes_on(text: str) -> bool:
    return any(pattern.match(text.strip()) for pattern in (_GOES_ON, _FOLLOWS, _ENDS))


def _with_before(sentence: Sentence, own: Sequence[Sentence]) -> list[Sentence]:
    return [own[n] for n in with_before([s.text for s in own], own.index(sentence))]


def _alike(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences of different papers, or of one, say the same in the same words."""
    a, b = frozenset(stems(one.text)), frozenset(stems(other.text))
    return bool(a and b) and len(a & b) / min(len(a), len(b)) > _ALIKE
