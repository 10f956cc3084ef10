"""Recorded answers: the Answer JSON (schema 2) as it is scored, whoever wrote it.

Enters a line of answers.jsonl, ours or another system's; leaves a checked record. Keys that are not scored are ignored.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Cited(_Part):
    """A citation: a span of the abstract, or a stored field."""

    paper_id: str
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    field: str | None = None
    value: Any = None


class Said(_Part):
    """A statement with its citations."""

    text: str
    status: str = "quoted"
    citations: list[Cited] = []


class Ranked(_Part):
    """A retrieved paper."""

    paper_id: str
    rank: int = 0
    score: float = 0.0


class Read(_Part):
    """A passage that was read for the answer."""

    paper_id: str
    start: int | None = None
    end: int | None = None
    text: str = ""


class Spent(_Part):
    """Tokens and cost of the model calls."""

    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    cost_usd: float | None = None


class RecordedAnswer(_Part):
    """What of an Answer is scored."""

    question: str = ""
    standalone_question: str = ""
    mode: str = "extractive"
    abstained: bool = False
    abstain_reason: str | None = None
    answer: str = ""
    statements: list[Said] = []
    references: list[str] = []
    retrieved: list[Ranked] = []
    context: list[Read] = []
    nearest: list[str] = []
    notes: list[str] = []
    usage: Spent | None = None
    timing_s: dict[str, float] = {}

    @property
    def ranking(self) -> list[str]:
        """Retrieved papers in order of rank, each once at its first rank."""
        ordered = sorted(self.retrieved, key=lambda r: r.rank) if any(r.rank for r in self.retrieved) else self.retrieved
        return list(dict.fromkeys(r.paper_id for r in ordered))

    @property
    def text(self) -> str:
        """What is said, without markers: the statements; of a system that gives none, its answer text."""
        if self.abstained:
            return ""
        return " ".join(s.text for s in self.statements) if self.statements else self.answer

    @property
    def cited(self) -> list[str]:
        """The cited papers in order of first use."""
        return list(dict.fromkeys(c.paper_id for s in self.statements for c in s.citations))


class Row(_Part):
    """A line of answers.jsonl: the question's id, the library it was asked of, and the answer or the error."""

    id: str
    library: str = "clean"
    answer: RecordedAnswer | None = None
    error: str | None = None
    wall_s: float | None = None
    cold: bool = False
    """The first question of a process, which pays for loading."""
