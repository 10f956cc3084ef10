"""The answer without a model: the few sentences of the abstracts that answer, quoted and cited.

Enter the papers read and their sentences by relevance, leave statements. One paper answers most questions; a second one joins where
it holds what the question names and the first lacks (two systems compared), and a list takes one sentence a paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answering.draft import Draft, quoted
from rag.schema import Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.ranking import Ranked
    from rag.answering.reading import Asked, Read, Sentence
    from rag.questions import Kind

MARGIN = {"figure": 2.6, "field": 2.6, "yesno": 3.0, "comparison": 3.2, "method": 4.0, "general": 3.4}
"""How far behind the best sentence another may be and still join."""

FILTERED_NEARNESS = 0.5
LIST_NEARNESS = 0.79
"""Share of the best nearness that a paper of a list must reach."""

JOIN_SHARE = 0.18
"""Weight share of the question's terms that a further paper must add."""


def compose(asked: Asked, reads: Sequence[Read], ranked: Sequence[Ranked], *, kind: Kind, words: int) -> Draft:
    """At most `words` words of sentences that answer; `reads` and `ranked` are not empty.

    The best sentence comes first, the others follow paper by paper in the order of the text.
    """
    papers = _papers(asked, reads, kind)
    shares = {read.hit.paper.paper_id: words // len(papers) for read in papers}
    chosen: list[Ranked] = []
    for read in papers:
        own = [r for r in ranked if r.sentence.paper.paper_id == read.hit.paper.paper_id]
        chosen += _take(own, shares[read.hit.paper.paper_id], MARGIN.get(kind, 3.4))
    chosen.sort(key=lambda r: -r.score)
    order = {read.hit.paper.paper_id: n for n, read in enumerate(papers)}
    lead = chosen[0].sentence
    rest = sorted(
        (r.sentence for r in chosen[1:]),
        key=lambda s: (s.paper.paper_id != lead.paper.paper_id, order[s.paper.paper_id], s.start),
    )
    return Draft(statements=tuple(quoted(s) for s in [lead, *rest]), context=context_of(reads))


def _papers(asked: Asked, reads: Sequence[Read], kind: Kind) -> list[Read]:
    """The first paper, and up to two more that hold heavy terms of the question which those before lack."""
    chosen = [reads[0]]
    content = asked.content
    places = [n for n, t in enumerate(asked.terms) if t in content]
    total = sum(asked.terms[n].weight for n in places) or 1.0
    held = {n for n in places if reads[0].covered[n]}
    for read in reads[1:]:
        if len(chosen) >= 3 or read.hit.score < 0.35 * reads[0].hit.score:
            break
        new = {n for n in places if read.covered[n]} - held
        named = any(asked.terms[n].name or asked.terms[n].weight > 0.75 for n in new)
        gain = sum(asked.terms[n].weight for n in new) / total
        if gain >= (JOIN_SHARE if kind == "comparison" else 2 * JOIN_SHARE) and named:
            chosen.append(read)
            held |= new
    return chosen


def _take(own: Sequence[Ranked], words: int, margin: float) -> list[Ranked]:
    """The best sentence, and others within the margin that fit."""
    taken: list[Ranked] = []
    used = 0
    for ranked in own:
        length = len(ranked.sentence.text.split())
        if not taken:
            taken.append(ranked)
            used = length
        elif ranked.score >= own[0].score - margin and used + length <= words:
            taken.append(ranked)
            used += length
    return taken


def listed(reads: Sequence[Read], ranked: Sequence[Ranked]) -> Draft:
    """One statement a paper: its title and the sentence that fits best, in the order of the papers."""
    best: dict[str, Sentence] = {}
    for r in ranked:
        best.setdefault(r.sentence.paper.paper_id, r.sentence)
    statements = []
    for read in reads:
        sentence = best.get(read.hit.paper.paper_id)
        if sentence is not None:
            statements.append(titled(sentence))
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


def relevant(asked: Asked, reads: Sequence[Read], *, filtered: bool = False) -> list[Read]:
    """The papers that belong to a list: near the first one in what they hold of the question, in order.

    Where filters have chosen them already (`filtered`), less nearness is enough.

    Nearness is the best sentence's cosine, the weighted share of the question's terms that the paper comes close to, and the
    retrieval score, added up.
    """
    content = asked.content
    places = [n for n, t in enumerate(asked.terms) if t in content]
    total = sum(asked.terms[n].weight for n in places) or 1.0

    def nearness(read: Read) -> float:
        cosine = max((s.cosine for s in read.sentences), default=0.0)
        soft = sum(asked.terms[n].weight * read.soft[n] for n in places) / total
        return cosine + soft + read.hit.score

    best = max(map(nearness, reads), default=0.0)
    least = FILTERED_NEARNESS if filtered else LIST_NEARNESS
    kept = [read for read in reads if nearness(read) >= least * best]
    return kept or list(reads[:1])
