"""Records as text for a terminal. Control characters of papers and models are dropped: they could rewrite the screen."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

from rag.schema import NO_ABSTRACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.schema import Answer, Hit, Paper


def width() -> int:
    """Columns to fill, between 60 and 100."""
    return max(60, min(100, shutil.get_terminal_size((100, 24)).columns))


def plain(text: str) -> str:
    """The text without control characters; line breaks stay."""
    return "".join(c for c in text if c == "\n" or c.isprintable())


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """The text in lines of the terminal's width; line breaks in it stay."""
    lines = []
    for n, line in enumerate(plain(text).split("\n")):
        lead = first if first is not None and n == 0 else indent
        lines.append(textwrap.fill(line, width(), initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False) or lead.rstrip())
    return "\n".join(lines)


def answer(record: Answer) -> str:
    """The answer, its references with the sentences quoted, and notes."""
    papers = {p.paper_id: p for p in record.papers}
    parts = [wrapped(record.answer)]
    if record.table is not None and len(record.table.columns) > 1:
        parts += ["", *map(plain, table(record))]
    if record.references:
        parts.append("")
    for n, paper_id in enumerate(record.references, 1):
        parts.append(wrapped(reference(papers[paper_id]), "    ", f"[{n}] "))
        quotes = dict.fromkeys(
            c.quote
            for s in record.statements
            if s.status in {"verified", "reattributed"}
            for c in s.citations
            if c.paper_id == paper_id and c.quote
        )
        parts += [wrapped(f"“{q}”", "      ", "    ") for q in quotes]
    if record.mode == "llm" and not record.abstained:
        parts += ["", f"{record.verified[0]} of {record.verified[1]} sentences verified."]
    if record.notes:
        parts += ["", *(wrapped(n, "  ", "- ") for n in record.notes)]
    return "\n".join(parts)


def table(record: Answer) -> list[str]:
    """A comparison as a Markdown table: each cell names the sentence's references and begins it; what is not stated says so."""
    found = record.table
    assert found is not None
    rows = [["", *found.columns], ["---"] * (len(found.columns) + 1)]
    rows += [[side, *(_cell(record, n) for n in cells)] for side, cells in zip(found.rows, found.cells, strict=True)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def _cell(record: Answer, at: int | None) -> str:
    if at is None:
        return "not stated"
    statement = record.statements[at]
    numbers = dict.fromkeys(record.references.index(c.paper_id) + 1 for c in statement.citations)
    return f"{textwrap.shorten(statement.text, 90, placeholder=' …')} {''.join(f'[{n}]' for n in numbers)}"


def reference(paper: Paper) -> str:
    """A paper in one line: authors, title, date, category, address, id."""
    people = ", ".join(paper.authors) + (" et al." if paper.authors_truncated else "")
    title = paper.title if paper.title_origin == "source" else f"{paper.title} ({paper.title_origin} title)"
    marked = f"! {paper.retraction}" if paper.retraction else ""
    lacks = "" if paper.abstract else NO_ABSTRACT
    facts = [people, title, paper.published or "", ", ".join(paper.categories), paper.url or "", lacks, marked, paper.paper_id]
    return " · ".join(f.rstrip(".") for f in facts if f)


def hits(found: Sequence[Hit]) -> str:
    """Ranked papers, two lines each."""
    pad = " " * 11
    lines = []
    for h in found:
        lines.append(wrapped(f"{h.score:.3f}  {reference(h.paper)}", pad, f"{h.rank:>3}. "))
        lines.append(wrapped(h.why, pad, pad))
    return "\n".join(lines)
