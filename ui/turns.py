"""A turn of a chat: an answer and when it was given; and its record, which the browser keeps and sends back.

What comes back from a browser is untrusted: it is checked here, once, and rendered like everything else. The record holds the cited and
nearest papers as they were when the answer was given, so a reopened chat shows the text that was quoted.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rag.errors import FootnoteError
from rag.schema import Answer, Hit, Paper

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
MOST_TURNS = 200
MOST_CHARS = 400_000
"""Longest record of a turn, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An answer in a chat. `at` is an ISO time in UTC; `stopped` says that it was ended early; `name` tells it from all others.

    `size` is about what it takes of memory, in bytes.
    """

    answer: Answer
    at: str = ""
    stopped: bool = False
    name: str = ""
    size: int = field(default=0, compare=False)


class BadRecord(FootnoteError):
    """A saved chat can't be read."""


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore")

    v: int
    at: str = Field("", max_length=40)
    stopped: bool = False
    id: str = Field("", max_length=40)
    why: dict[str, str] = {}
    answer: dict[str, Any]


_ANSWER = TypeAdapter(Answer)


def record(turn: Turn) -> dict[str, Any]:
    """The JSON form of a turn: the answer without what was read but neither cited nor named; withheld sentences without their text."""
    answer = turn.answer
    kept = {*answer.references, *answer.nearest}
    papers = tuple(p for p in answer.papers if p.paper_id in kept)
    held = {p.paper_id for p in papers}
    papers += tuple(h.paper for h in answer.retrieved if h.paper.paper_id in kept - held)
    statements = tuple(dataclasses.replace(s, text="") if s.status == "withheld" else s for s in answer.statements)
    slim = dataclasses.replace(answer, papers=papers, statements=statements, retrieved=(), context=())
    why = {h.paper.paper_id: h.why for h in answer.retrieved if h.paper.paper_id in kept}
    return {"v": VERSION, "id": turn.name, "at": turn.at, "stopped": turn.stopped, "why": why, "answer": dataclasses.asdict(slim)}


def sized(turn: Turn) -> Turn:
    """The turn, with what it takes of memory."""
    return dataclasses.replace(turn, size=_size(json.dumps(record(turn), default=str)))


def _size(text: str) -> int:
    """Bytes of the strings that an ASCII text in JSON stands for: one letter beyond Latin 1 widens all of its string."""
    return len(text) * (4 if re.search(r"\\ud[89ab]", text) else 2 if "\\u" in text else 1)


def restore(stored: Any) -> Turn:
    """The turn of a record; BadRecord where it is none."""
    try:
        found = _Stored.model_validate(stored)
        if found.v != VERSION:
            raise BadRecord(f"the saved chat is of version {found.v!r}, this is version {VERSION}")
        text = json.dumps([found.answer, found.why])
        if len(text) > MOST_CHARS:
            raise BadRecord(f"a saved answer is longer than {MOST_CHARS:,} characters")
        answer = _ANSWER.validate_python({**found.answer, "retrieved": (), "context": ()})
    except (ValidationError, TypeError, RecursionError) as error:
        raise BadRecord("the saved chat can't be read") from error
    hits = [Hit(paper=p, rank=n + 1, score=0.0, why=found.why[p.paper_id]) for n, p in enumerate(answer.papers) if p.paper_id in found.why]
    name = found.id or hashlib.sha256(f"{found.at} {answer.question}".encode()).hexdigest()[:12]  # of a version that had no names
    return Turn(answer=dataclasses.replace(answer, retrieved=tuple(hits)), at=found.at, stopped=found.stopped, name=name, size=_size(text))


def restore_all(stored: Any) -> list[Turn]:
    """The turns of a saved chat; BadRecord where it is none."""
    if not isinstance(stored, list) or len(stored) > MOST_TURNS:
        raise BadRecord(f"a saved chat is a list of at most {MOST_TURNS} answers")
    return [restore(one) for one in stored]


def cited_papers(answer: Answer) -> list[Paper | None]:
    """The papers behind [1..n], in that order; None for one whose record is not there."""
    by_id = {h.paper.paper_id: h.paper for h in answer.retrieved} | {p.paper_id: p for p in answer.papers}
    return [by_id.get(paper_id) for paper_id in answer.references]


def nearest_papers(answer: Answer) -> list[Paper]:
    """The papers that an abstention names."""
    by_id = {h.paper.paper_id: h.paper for h in answer.retrieved} | {p.paper_id: p for p in answer.papers}
    return [by_id[p] for p in answer.nearest if p in by_id]


def pages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The records of a chat."""
    return [record(turn) for turn in turns]
