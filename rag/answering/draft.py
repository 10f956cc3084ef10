"""What an answering way hands to the assistant, and how sentences become text with [n]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.deciding.decision import refusal
from rag.schema import NO_ABSTRACT, Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.reading.reader import Read, Sentence
    from rag.schema import AbstainReason, Paper, Part, Table, Voice, YesNo


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Statements in order, or a refusal. `headings[n]` stands before statement n in the text (a part's label), the last behind all."""

    statements: tuple[Statement, ...] = ()
    headings: dict[int, str] = field(default_factory=dict)
    abstain_reason: AbstainReason | None = None
    refusal: str = ""
    nearest: tuple[str, ...] = ()
    context: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    extra_papers: tuple[Paper, ...] = ()
    parts: tuple[Part, ...] = ()
    verdict: YesNo | None = None
    table: Table | None = None
    voice: Voice = "answer"
    confidence: float | None = None


def quoted(sentence: Sentence) -> Statement:
    """The sentence as a statement that quotes itself."""
    return quote(sentence.paper, sentence.start, sentence.end)


def quote(paper: Paper, start: int, end: int) -> Statement:
    """The span of the abstract as a statement that quotes itself."""
    text = paper.abstract[start:end]
    return Statement(text=text, status="quoted", citations=(Citation(paper_id=paper.paper_id, quote=text, start=start, end=end),))


def stated(text: str, fields: Sequence[tuple[str, str, str]]) -> Statement:
    """A statement that rests on stored fields, given as (paper_id, field, value)."""
    return Statement(text=text, status="quoted", citations=tuple(Citation(paper_id=p, field=f, value=v) for p, f, v in fields))


def named(paper: Paper) -> Statement:
    """A paper without abstract, by its title."""
    return stated(f"{paper.title.rstrip('.')} ({NO_ABSTRACT}).", [(paper.paper_id, "title", paper.title)])


def refused(reason: AbstainReason, papers: Sequence[Paper]) -> Draft:
    """The refusal that names the first three papers."""
    nearest = papers[:3]
    said = refusal(reason, [paper.title for paper in nearest])
    return Draft(abstain_reason=reason, refusal=said, nearest=tuple(paper.paper_id for paper in nearest))


def number(statements: Sequence[Statement]) -> tuple[str, ...]:
    """The paper_ids behind [1..n], in order of first use."""
    return tuple(dict.fromkeys(c.paper_id for s in statements for c in s.citations))


def marked(statement: Statement, references: Sequence[str]) -> str:
    """The statement's text with its [n] behind it."""
    numbers = dict.fromkeys(references.index(c.paper_id) + 1 for c in statement.citations)
    return f"{statement.text} {''.join(f'[{n}]' for n in numbers)}".rstrip()


def text_of(statements: Sequence[Statement], headings: dict[int, str]) -> str:
    """The answer's text: statements on one line, a new line at each heading."""
    references = number(statements)
    parts: list[str] = []
    for n, statement in enumerate(statements):
        if n in headings:
            parts.append(("\n" if parts else "") + headings[n])
        parts.append(marked(statement, references))
    if len(statements) in headings:
        parts.append("\n" + headings[len(statements)])
    return " ".join(parts).replace(" \n", "\n").replace("\n ", "\n").strip()


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
