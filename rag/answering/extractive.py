"""The answer without a model: the few sentences of the abstracts that answer, quoted and cited.

Enter the papers read and their sentences by relevance, leave statements. The sentences may come from any of the papers; a list takes
one sentence a paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering.draft import Draft, named, quoted
from rag.schema import Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.reading.reader import Read, Sentence
    from rag.schema import Paper

ENOUGH = 0.45
"""Share of the best sentence's relevance that another needs to join."""

WIDE_NEARNESS = 0.5
LIST_NEARNESS = 0.79
"""Share of the best nearness that a paper of a list must reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A sentence with its relevance in [0, 1]: the chance that it is the evidence, and that its paper answers at all."""

    sentence: Sentence
    score: float


def rank(reads: Sequence[Read], own: Sequence[Read] | None = None, carried: Sequence[str] = ()) -> list[Ranked]:
    """The sentences of all papers read, best first; ties in the order of the papers, then of the text.

    `own`: the same papers read against a follow-up's own words, where `reads` were found with words carried along; both count.
    `carried`: the papers that the follow-up is about; others only count where those say nothing.
    """
    found = []
    for n, read in enumerate(reads):
        for at, sentence in enumerate(read.sentences):
            evidence = sentence.evidence if own is None else math.sqrt(sentence.evidence * own[n].sentences[at].evidence)
            aside = 0.05 if carried and read.hit.paper.paper_id not in carried else 1.0
            found.append(Ranked(sentence=sentence, score=evidence * math.sqrt(read.chance) * aside))
    return sorted(found, key=lambda r: -r.score)


def compose(reads: Sequence[Read], ranked: Sequence[Ranked], *, words: int) -> Draft:
    """At most `words` words of sentences that answer; `ranked` is not empty.

    The best sentence comes first, from whichever paper; others that are nearly as relevant follow paper by paper, in the order of the text.
    """
    lead = ranked[0].sentence
    used = len(lead.text.split())
    chosen = []
    for r in ranked[1:]:
        if r.score < ENOUGH * ranked[0].score:
            break
        length = len(r.sentence.text.split())
        if used + length <= words:
            chosen.append(r.sentence)
            used += length
    order = {read.hit.paper.paper_id: n for n, read in enumerate(reads)}
    chosen.sort(key=lambda s: (s.paper.paper_id != lead.paper.paper_id, order[s.paper.paper_id], s.start))
    return Draft(statements=tuple(quoted(s) for s in [lead, *chosen]), context=context_of(reads))


def listed(reads: Sequence[Read], ranked: Sequence[Ranked]) -> Draft:
    """One statement a paper: its title and the sentence that fits best, in the order of the papers; the title where it has no abstract."""
    best: dict[str, Sentence] = {}
    for r in ranked:
        best.setdefault(r.sentence.paper.paper_id, r.sentence)
    statements = []
    for read in reads:
        sentence = best.get(read.hit.paper.paper_id)
        if sentence is not None:
            statements.append(titled(sentence))
        elif not read.hit.paper.abstract:
            statements.append(named(read.hit.paper))
    return Draft(statements=tuple(statements), headings=dict.fromkeys(range(1, len(statements)), ""), context=context_of(reads))


def titled(sentence: Sentence) -> Statement:
    """The paper's title and the sentence, citing both the stored title and the span."""
    paper = sentence.paper
    span = Citation(paper_id=paper.paper_id, quote=sentence.text, start=sentence.start, end=sentence.end)
    if paper.title_origin == "derived":
        return Statement(text=sentence.text, status="quoted", citations=(span,))
    name = Citation(paper_id=paper.paper_id, field="title", value=paper.title)
    return Statement(text=f"{paper.title}: {sentence.text}", status="quoted", citations=(span, name))


def context_of(reads: Sequence[Read]) -> tuple[dict[str, object], ...]:
    """What was read: each paper's abstract from first to last sentence."""
    return tuple(
        {
            "paper_id": read.hit.paper.paper_id,
            "start": read.sentences[0].start,
            "end": read.sentences[-1].end,
            "text": read.hit.paper.abstract[read.sentences[0].start : read.sentences[-1].end],
        }
        for read in reads
        if read.sentences
    )


def looked_at(papers: Sequence[Paper]) -> tuple[dict[str, object], ...]:
    """What was read where papers were looked up: their whole abstracts."""
    return tuple({"paper_id": p.paper_id, "start": 0, "end": len(p.abstract), "text": p.abstract} for p in papers if p.abstract)


def relevant(reads: Sequence[Read], *, wide: bool = False) -> list[Read]:
    """The papers that belong to a list: near the first one in what they hold of the question, in order.

    Where filters have chosen them already, or a subject is summarised (`wide`), less nearness is enough. It is the cosine, the weighted
    share of the question's terms that the paper holds, and the retrieval score, added up.
    """

    def nearness(read: Read) -> float:
        return (read.hit.dense or 0.0) + read.covered + read.hit.score

    best = max(map(nearness, reads), default=0.0)
    least = WIDE_NEARNESS if wide else LIST_NEARNESS
    kept = [read for read in reads if nearness(read) >= least * best]
    return kept or list(reads[:1])
