"""From what was read to statements: the sentence that answers first, at most two that support it, no padding.

Sentences come from all papers read for a slot, by the reader's evidence. A sentence that leans on the one before ("It ...", "(2) ...")
takes it along; one about code or addresses, and a question the authors put to themselves, only stand where they were asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering.draft import quote
from rag.reading.figures import has_figure
from rag.text import stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.extractive import Ranked
    from rag.questions.slots import Form
    from rag.reading.reader import Read, Sentence
    from rag.schema import Statement

SUPPORTS = 2
ENOUGH = 0.45
"""Share of the lead's relevance that a support needs; where it adds nothing that was asked, it is padding."""

SUPPORT_WORDS = 60
"""A support joins while all of the slot stays within so many words."""

_ALIKE = 0.6
"""Share of a sentence's stems that another one holds too: they say the same."""

_LEANS = re.compile(
    r"^(?:it|its|they|their|them|this|these|those|that|such|he|she|here|there|thus|therefore|hence|moreover|furthermore|additionally|besides|"
    r"in addition|second(?:ly)?|third(?:ly)?|finally|also|the latter|the former|both|to this end|then|as a result|consequently|"
    r"\(?(?:[2-9]|ii+|iv|[b-e])\))(?=[\s,)]|$)",
    re.IGNORECASE,
)
"""How a sentence begins that can't be understood without the one before."""

_OPENS = re.compile(r"^(?:first(?:ly)?|\(?(?:1|i|a)\))(?=[\s,)]|$)", re.IGNORECASE)
_CODE = re.compile(
    r"https?://|www\.|\bgithub\b|\b(?:code|codes|data|dataset|models?|demo)\b[^.]{0,60}\b(?:available|released|accessible|open-?sourced)\b",
    re.IGNORECASE,
)
_ASKS_CODE = re.compile(
    r"\b(?:code|github|implementation|repository|open[- ]?source\w*|available|released?|download|licen[cs]e|url|link|address|where)\b",
    re.IGNORECASE,
)
_PRESENTS = re.compile(
    r"^(?:in )?(?:this (?:paper|work|article|study|survey|report)|here)\b[^.]{0,40}\b"
    r"(?:introduc|present|propos|describ|investigat|stud(?:y|ies)|explor|examin|address)",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"\b(?:is|are|refers? to|denotes?|means?|is defined as|consists? (?:of|in)|aims? (?:to|at))\b", re.IGNORECASE)


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
    fit = sorted(_fitting(asked, form, ranked), key=lambda pair: -pair[0])
    if not fit:
        return Chosen(sentences=())
    best, lead = fit[0]
    own = {read.hit.paper.paper_id: read.sentences for read in reads}
    chosen = _with_before(lead, own[lead.paper.paper_id])
    used = sum(len(s.text.split()) for s in chosen)
    room = max(words, used)
    for score, sentence in fit[1:]:
        if score < ENOUGH * best or len(chosen) > supports + 1:
            break
        added = [s for s in _with_before(sentence, own[sentence.paper.paper_id]) if s not in chosen]
        length = sum(len(s.text.split()) for s in added)
        if not added or used + length > room or any(_alike(sentence, c) for c in chosen):
            continue
        if form in {"figure", "definition", "verdict"} and sentence.paper.paper_id == lead.paper.paper_id and score < 0.85 * best:
            continue  # one fact was asked
        chosen += added
        used += length
    return Chosen(sentences=_in_order(chosen, lead))


def _in_order(chosen: Sequence[Sentence], lead: Sentence) -> tuple[Sentence, ...]:
    """Paper by paper, the lead's first, in the order of the text; the lead itself stands first unless it leans on what is before it."""
    papers = list(dict.fromkeys([lead.paper.paper_id, *(s.paper.paper_id for s in chosen)]))
    ordered = sorted(chosen, key=lambda s: (papers.index(s.paper.paper_id), s.start))
    leaned = [s for s in chosen if s.paper.paper_id == lead.paper.paper_id and s.place < lead.place]
    if leaned and leans(lead.text):
        return tuple(ordered)
    return (lead, *(s for s in ordered if s != lead))


def _fitting(asked: str, form: Form, ranked: Sequence[Ranked]) -> list[tuple[float, Sentence]]:
    """The sentences with their relevance, less what is no answer whatever its words."""
    wants_code = _ASKS_CODE.search(asked) is not None
    found = []
    for r in ranked:
        text, score = r.sentence.text, r.score
        if text.rstrip().endswith("?"):
            continue
        if not wants_code and _CODE.search(text):
            score *= 0.3
        if _PRESENTS.search(text) and form != "definition":
            score *= 0.8
        if form == "figure" and not has_figure(text):
            score *= 0.6
        if form == "definition" and not _DEFINES.search(text):
            score *= 0.8
        found.append((score, r.sentence))
    return found


def leans(text: str) -> bool:
    """Whether a sentence can't be understood without the one before.

    >>> leans("It needs no labels."), leans("(2) a filter."), leans("Foo needs no labels.")
    (True, True, False)
    """
    return _LEANS.match(text.strip()) is not None


def _with_before(sentence: Sentence, own: Sequence[Sentence]) -> list[Sentence]:
    """The sentence, and what it leans on: at most two sentences before, as far as they lean themselves."""
    found = [sentence]
    at = own.index(sentence)
    while at and len(found) < 3 and leans(found[0].text) and len(own[at - 1].text.split()) <= 45:
        at -= 1
        found.insert(0, own[at])
    at = own.index(sentence)
    if _OPENS.match(sentence.text.strip()):
        while at + 1 < len(own) and len(found) < 4 and leans(own[at + 1].text):
            at += 1
            found.append(own[at])
    return found


def _alike(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences of different papers, or of one, say the same in the same words."""
    a, b = frozenset(stems(one.text)), frozenset(stems(other.text))
    return bool(a and b) and len(a & b) / min(len(a), len(b)) > _ALIKE
