"""What an answering way hands to the assistant, and how sentences become text with [n]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.schema import Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.reading import Sentence
    from rag.schema import AbstainReason, Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Statements in order, or an abstention. `headings[n]` stands before statement n in the text (a group's name, a part's label)."""

    statements: tuple[Statement, ...] = ()
    headings: dict[int, str] = field(default_factory=dict)
    abstain_reason: AbstainReason | None = None
    refusal: str = ""
    nearest: tuple[str, ...] = ()
    context: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    extra_papers: tuple[Paper, ...] = ()


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
    return " ".join(parts).replace(" \n", "\n").replace("\n ", "\n").strip()
