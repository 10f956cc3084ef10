"""The list of papers, and one paper opened, as HTML. No gradio here; every text is escaped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rag.library.marking import NOTE
from ui import cards, render
from ui import turns as keeping
from ui.markup import tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.schema import Answer, Paper

OPENED = 0
"""The number under which an opened paper's summary is rendered: no turn of a chat has it."""


def listing(
    papers: Sequence[Paper], *, cleared: int, offset: int, more: bool, total: int | None, note: str = "", chosen: Sequence[str] = ()
) -> Markup:
    """A page of the library. `total` None: not counted. The browser knows what is ticked, until `cleared` is another number."""
    if not papers:
        return nothing(cleared)
    span = f"{offset + 1:,} to {offset + len(papers):,}" + (f" of {total:,}" if total is not None else "")
    turn = tag(
        "nav",
        tag("button", "Previous", type="button", data_event="undo", disabled=offset == 0),
        tag("span", span, role="status"),
        tag("button", "Next", type="button", data_event="expand", disabled=not more),
        class_="turner",
        aria_label="Pages of the list",
    )
    every = tag(
        "div", tag("label", tag("input", type="checkbox", data_every="yes"), " All on this page"), tag("span", span), class_="every"
    )
    rows = [_row(paper) for paper in papers]
    hint = tag("p", note, class_="hint") if note else None
    ticked = json.dumps(list(chosen)) if chosen else None
    return tag("div", hint, every, tag("ul", *rows, class_="papers"), turn, data_cleared=cleared, data_offset=offset, data_chosen=ticked)


def nothing(cleared: int | None = None) -> Markup:
    """What stands where no paper matches."""
    return tag(
        "p",
        "No paper matches. Take a filter off, or search for fewer words.",
        class_="hint",
        role="status",
        data_cleared=cleared,
        data_offset=0,
    )


def _row(paper: Paper) -> Markup:
    box = tag("input", type="checkbox", data_id=paper.paper_id, aria_label=f"Choose {paper.title}")
    name = tag("button", paper.title, type="button", class_="linklike", data_event="select", data_act="open", data_id=paper.paper_id)
    who = tag("p", cards.byline(paper, 4), class_="by") if paper.authors else None
    own = [tag("span", text, class_="fact own") for text in (*paper.tags, *paper.collections)]
    note = tag("span", "note", class_="fact own", title=str(paper.extra[NOTE])) if paper.extra.get(NOTE) else None
    marks = tag("p", *own, note, class_="facts") if own or note else None
    return tag("li", box, tag("div", name, who, cards.facts(paper), marks))


FORMATS = {
    "bibtex": "BibTeX", "ris": "RIS", "csl": "CSL-JSON", "csv": "CSV", "markdown": "Markdown", "jsonl": "JSON lines",
}  # fmt: skip
"""What chosen papers are exported as."""


def exports() -> Markup:
    """The menu that takes the chosen papers along."""
    buttons = [
        tag("button", name, type="button", data_do="export-papers", data_format=kind, aria_label=f"Export chosen as {name}")
        for kind, name in FORMATS.items()
    ]
    return tag("details", tag("summary", "Export chosen"), tag("div", *buttons), class_="menu")


def opened(paper: Paper, summary: Answer) -> Markup:
    """One paper with its cited summary; its citations lead to the marked abstract below."""
    said = None
    if not summary.abstained and summary.statements:
        said = tag("div", tag("h3", "Summary"), render.statements(summary, OPENED), class_="said")
    cited = [(s, c) for s, statement in enumerate(summary.statements) for c in statement.citations if c.paper_id == paper.paper_id]
    shown = keeping.cited_papers(summary)
    number = next((n + 1 for n, p in enumerate(shown) if p is not None and p.paper_id == paper.paper_id), 1)
    return tag(
        "section",
        tag("button", "Back to the library", type="button", class_="quiet", data_event="collapse"),
        tag("h2", paper.title, tabindex="-1"),
        said,
        tag("h3", "Abstract"),
        cards.card(paper, OPENED, number, cited),
        class_="opened",
        data_paper=paper.paper_id,
        aria_label=f"Paper: {paper.title}",
    )
