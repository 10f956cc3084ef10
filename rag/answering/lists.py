"""Lists and counts of papers: looked up word for word where the question names something, by nearness where it names a topic.

A line is the paper's title, its year, and the sentence for which it belongs there. What was looked up is complete and counted; a list by
nearness says that it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answering.draft import Draft
from rag.retrieval.exact import Holding
from rag.schema import Citation, Statement
from rag.text import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.questions.framing import Framed, Order
    from rag.reading.reader import Read
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


UNSTORED = "What is “{said}” can't be told: no citations and no readers are stored."
"""Said where an order is asked for that no record tells."""


def line(paper: Paper, start: int | None, end: int | None, *, dated: bool = False) -> Statement:
    """The paper's title and year, and the sentence from `start` to `end` of its abstract, all of them cited; no sentence where None.

    `dated`: the whole date in the year's place.
    """
    date = f" ({paper.published if dated else paper.published[:4]})" if paper.published else ""
    fields = [Citation(paper_id=paper.paper_id, field="title", value=paper.title)]
    fields += [Citation(paper_id=paper.paper_id, field="published", value=paper.published)] if paper.published else []
    name = f"{paper.title.rstrip('.')}{date}"
    if start is None or end is None:
        return Statement(text=f"{name}.", status="quoted", citations=tuple(fields))
    quote = paper.abstract[start:end]
    span = Citation(paper_id=paper.paper_id, quote=quote, start=start, end=end)
    return Statement(text=f"{name}: {quote}", status="quoted", citations=(span, *fields))


def held(read: Read) -> Holding:
    """A paper that was read, with the sentence that bears most on what was asked."""
    best = max(read.sentences, key=lambda s: (s.evidence, -s.place), default=None)
    return Holding(paper=read.hit.paper, span=None if best is None else Span(best.start, best.end))


def looked_up(found: Sequence[Holding], said: str, asked: Framed) -> Draft:
    """The papers that hold what was asked for (`said`), all counted, the first `SHOWN` named."""
    note = f"Looked up in the whole library: {_papers(len(found))} with {said}."
    more = [f"{len(found) - SHOWN} more papers hold it."] if len(found) > SHOWN and asked.amount is None else []
    return _listed(found, asked, f"with {said}", (note, *more))


def near(reads: Sequence[Read], topical: Sequence[Holding], asked: Framed) -> Draft:
    """The papers on a topic: those of which a sentence holds all its words, then those that are near.

    Where the newest or oldest so many are asked for and the former are enough, the latter are left out.
    """
    own = {h.paper.paper_id for h in topical}
    others = [held(read) for read in reads if read.hit.paper.paper_id not in own]
    if asked.order and sum(_orders(h, asked.order) for h in topical) >= _wanted(asked, 1):
        others = []
    return _listed([*topical, *others], asked, "on this topic", (BY_NEARNESS,))


def _listed(found: Sequence[Holding], asked: Framed, said: str, notes: tuple[str, ...]) -> Draft:
    """The papers in the order that was asked for, so many as were asked for, a line each; where a count is wanted it stands in front."""
    if asked.order:
        ranked = _ranked(found, asked.order)
        without = len(found) - len(ranked)
        what = "listing score" if asked.order == "top" else "date"
        notes = (f"{_papers(without)} on it without a {what} {'is' if without == 1 else 'are'} left out.",) if without else ()
        if not ranked:
            ranked, notes = list(found), (f"None of them carries a {what}, so none can be told to be the {asked.order}.",)
        found = ranked
    if asked.unstored:
        notes = (UNSTORED.format(said=asked.unstored), *notes)
    shown = found[: min(SHOWN, _wanted(asked, SHOWN))]
    lines = [line(h.paper, h.span.start if h.span else None, h.span.end if h.span else None, dated=bool(asked.order)) for h in shown]
    if asked.amount and len(shown) < asked.amount:
        notes = (*notes, f"Asked for {asked.amount}; {len(shown)} found.")
    if not asked.counted:
        return Draft(statements=tuple(lines), headings=dict.fromkeys(range(1, len(lines)), ""), notes=notes)
    titles = tuple(c for statement in lines for c in statement.citations if c.field == "title")
    lead = Statement(text=f"{_papers(len(found))} {said}.", status="quoted", citations=titles)
    return Draft(statements=(lead, *lines), headings=dict.fromkeys(range(1, len(lines) + 1), ""), notes=notes)


def _wanted(asked: Framed, most: int) -> int:
    """How many papers are asked for: as many as said, one for the newest or oldest paper, else `most`."""
    return asked.amount or (1 if asked.order and not asked.many else most)


def _ranked(found: Sequence[Holding], order: Order) -> list[Holding]:
    """Those of the papers that have what decides, in order; ties by paper_id."""
    kept = sorted((h for h in found if _orders(h, order)), key=lambda h: h.paper.paper_id)
    if order == "top":
        return sorted(kept, key=lambda h: -(h.paper.listing_score or 0))
    return sorted(kept, key=lambda h: h.paper.published or "", reverse=order == "newest")


def _orders(held: Holding, order: Order) -> bool:
    return (held.paper.listing_score if order == "top" else held.paper.published) is not None


def _papers(number: int) -> str:
    return f"{number} paper{'s' if number != 1 else ''}"


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
