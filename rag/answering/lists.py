"""Lists and counts of papers: looked up word for word where the question names something, by nearness where it names a topic.

A line is the paper's title, its year, and the sentence for which it belongs there. What was looked up is complete and counted; a list by
nearness says that it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answering.draft import Draft
from rag.schema import Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.questions import Superlative
    from rag.reading.reader import Read
    from rag.retrieval.exact import Holding
    from rag.schema import Paper

SHOWN = 25
"""Most papers that a list names; the rest is counted."""

WIDE_NEARNESS = 0.5
LIST_NEARNESS = 0.75
"""Share of the best nearness that a paper of a list must reach."""

LEAST_CHANCE = 0.05
"""The reader's chance below which a paper is no paper of the topic, however near: of 33 requests whose papers people named, .84 of the
papers listed are right and .84 of the right ones listed; by nearness of .79 alone .85 and .81."""

BY_NEARNESS = "Listed by nearness to the topic; more may touch on it."


def line(paper: Paper, start: int | None, end: int | None) -> Statement:
    """The paper's title and year, and the sentence from `start` to `end` of its abstract, all of them cited; no sentence where None."""
    year = f" ({paper.published[:4]})" if paper.published else ""
    fields = [Citation(paper_id=paper.paper_id, field="title", value=paper.title)]
    fields += [Citation(paper_id=paper.paper_id, field="published", value=paper.published)] if paper.published else []
    name = f"{paper.title.rstrip('.')}{year}"
    if start is None or end is None:
        return Statement(text=f"{name}.", status="quoted", citations=tuple(fields))
    quote = paper.abstract[start:end]
    span = Citation(paper_id=paper.paper_id, quote=quote, start=start, end=end)
    return Statement(text=f"{name}: {quote}", status="quoted", citations=(span, *fields))


def looked_up(found: Sequence[Holding], said: str, *, counted: bool) -> Draft:
    """The papers that hold what was asked for (`said`), all counted, the first `SHOWN` named."""
    lines = [line(h.paper, h.span.start if h.span else None, h.span.end if h.span else None) for h in found[:SHOWN]]
    notes = [f"Looked up in the whole library: {len(found)} paper{'s' if len(found) != 1 else ''} with {said}."]
    notes += [f"{len(found) - SHOWN} more papers hold it."] if len(found) > SHOWN else []
    return _listed(lines, found, f"with {said}" if counted else "", tuple(notes))


def near(reads: Sequence[Read], topical: Sequence[Holding], *, counted: bool) -> Draft:
    """The papers on a topic: those of which a sentence holds all its words, then those that are near."""
    lines = [line(h.paper, h.span.start if h.span else None, h.span.end if h.span else None) for h in topical[:SHOWN]]
    held = {h.paper.paper_id for h in topical}
    others = [read for read in reads if read.hit.paper.paper_id not in held]
    for read in others[: max(0, SHOWN - len(lines))]:
        best = max(read.sentences, key=lambda s: (s.evidence, -s.place), default=None)
        lines.append(line(read.hit.paper, best.start if best else None, best.end if best else None))
    return _listed(lines, [*topical, *others], "on this topic" if counted else "", (BY_NEARNESS,))


def superlative(found: Sequence[Holding], chosen: Superlative) -> Draft | None:
    """The newest or oldest of the papers, or the one with the highest listing score; None where no paper has what decides."""
    if chosen == "top":
        ranked = sorted(
            (h for h in found if h.paper.listing_score is not None), key=lambda h: (-(h.paper.listing_score or 0), h.paper.paper_id)
        )
    else:
        dated = [h for h in found if h.paper.published]
        ranked = sorted(dated, key=lambda h: (h.paper.published or "", h.paper.paper_id), reverse=chosen == "newest")
    if not ranked:
        return None
    first = ranked[0]
    paper = first.paper
    fields: tuple[Citation, ...] = (Citation(paper_id=paper.paper_id, field="title", value=paper.title),)
    if paper.published:
        fields = (*fields, Citation(paper_id=paper.paper_id, field="published", value=paper.published))
    lead = Statement(text=f"{paper.title.rstrip('.')}, dated {paper.published}.", status="quoted", citations=fields)
    statements = [lead]
    if first.span is not None:
        quote = paper.abstract[first.span.start : first.span.end]
        span = Citation(paper_id=paper.paper_id, quote=quote, start=first.span.start, end=first.span.end)
        statements.append(Statement(text=quote, status="quoted", citations=(span,)))
    undated = len(found) - len(ranked)
    notes = (f"{undated} papers on it carry no date.",) if undated else ()
    return Draft(statements=tuple(statements), notes=notes)


def _listed(lines: Sequence[Statement], papers: Sequence[object], counted: str, notes: tuple[str, ...]) -> Draft:
    """The lines, each on its own; where a count is asked for, with the number in front."""
    if not counted:
        return Draft(statements=tuple(lines), headings=dict.fromkeys(range(1, len(lines)), ""), notes=notes)
    number = len(papers)
    titles = tuple(c for statement in lines for c in statement.citations if c.field == "title")
    lead = Statement(text=f"{number} paper{'s' if number != 1 else ''} {counted}.", status="quoted", citations=titles)
    return Draft(statements=(lead, *lines), headings=dict.fromkeys(range(1, len(lines) + 1), ""), notes=notes)


def relevant(reads: Sequence[Read], *, wide: bool = False) -> list[Read]:
    """The papers that belong to a list: near the first one in what they hold of the question, in order.

    Where filters have chosen them already (`wide`), less nearness is enough. It is the cosine, the weighted
    share of the question's terms that the paper holds, and the retrieval score, added up.
    """

    def nearness(read: Read) -> float:
        return (read.hit.dense or 0.0) + read.covered + read.hit.score

    best = max(map(nearness, reads), default=0.0)
    least = WIDE_NEARNESS if wide else LIST_NEARNESS
    kept = [read for read in reads if nearness(read) >= least * best and (wide or read.chance >= LEAST_CHANCE)]
    return kept or list(reads[: int(wide)])
