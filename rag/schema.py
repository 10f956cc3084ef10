"""The records that travel the road: papers, chunks, hits, citations, statements, answers.

Frozen, slotted, keyword-only dataclasses; `to_dict` gives the JSON form in the field order below. Nothing here validates:
untrusted input is checked once, where it enters (`rag.sources`, `rag.config`, `rag.questions`).
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterable, Mapping  # noqa: TC003 - read where a record is checked by its types
from dataclasses import dataclass, field
from typing import Any, Literal

ANSWER_SCHEMA = 2
NO_ABSTRACT = "no abstract"
"""What is shown where a paper has none."""

Mode = Literal["extractive", "llm"]
Status = Literal["quoted", "verified", "reattributed", "unsupported", "withheld"]
AbstainReason = Literal["out_of_corpus", "detail_missing", "false_premise", "none_found"]
Voice = Literal["answer", "nearest", "correction", "refusal"]
"""How firmly an answer speaks: it answers; it quotes what comes nearest; it quotes what speaks against the question; it has nothing."""

PartStatus = Literal["answered", "not_stated", "contradicted", "nearest"]
YesNo = Literal["yes", "no", "mixed", "not_stated"]
TitleOrigin = Literal["source", "derived", "assigned"]
AbstractOrigin = Literal["source", "rewritten"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a record was read: the document's name and the 0-based position in it."""

    document: str
    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A person's name in parts, or a group's in `literal` alone. `particle` ("van der") belongs to the family name."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""

    def __str__(self) -> str:
        """As it is shown: `Laurens van der Maaten`, `Sammy Davis Jr.`."""
        if self.literal or not (self.particle or self.suffix):
            return self.literal or (f"{self.given} {self.family}" if self.given and self.family else self.given or self.family)
        return " ".join(part for part in (self.given, self.particle, self.family, self.suffix) if part)

    def to_dict(self) -> dict[str, str]:
        """Only the parts that there are."""
        return {part: value for part in _PARTS if (value := getattr(self, part))}


_PARTS = tuple(f.name for f in dataclasses.fields(Name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper as stored and shown. `abstract` is plain text; every character offset refers to it.

    It may be empty: such a paper is found by its title, and never quoted. `published` is an ISO date (`2023-04-07`, `2023-04` or
    `2023` where no more is known) or None; `has_code` is None where no source tells; `abstract_origin` is `rewritten` for a summary
    in other words (the bundled corpus), which an original replaces. `names` are the authors in parts, in the order of `authors`;
    empty where the shown forms say as much (`rag.sources.names.parts` gives them either way).

    `type` is a type of CSL (`article-journal`, `paper-conference`, `thesis`), `venue` the journal, book or conference. `tags` and
    `collections` are the user's own (Zotero's); `work_id` is one for all versions of a work; `retraction` says in a few words that,
    when and where the paper was retracted. `extra` holds what else a source says, JSON values under CSL's variable names where it
    has one (`edition`, `publisher-place`), else under the source's. `keys` are further identity keys (`rag.identity`), such as
    the fingerprint of the original of a rewritten abstract.
    """

    paper_id: str
    title: str
    title_origin: TitleOrigin = "source"
    authors: tuple[str, ...] = ()
    authors_truncated: bool = False
    published: str | None = None
    categories: tuple[str, ...] = ()
    has_code: bool | None = None
    listing_score: float | None = None
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    source: Source | None = None
    abstract: str = ""
    abstract_origin: AbstractOrigin = "source"
    keys: tuple[str, ...] = ()
    names: tuple[Name, ...] = ()
    type: str | None = None
    venue: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    publisher: str | None = None
    editors: tuple[Name, ...] = ()
    isbn: tuple[str, ...] = ()
    issn: tuple[str, ...] = ()
    pmid: str | None = None
    pmcid: str | None = None
    language: str | None = None
    keywords: tuple[str, ...] = ()
    citation_key: str | None = None
    retraction: str | None = None
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    work_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def renamed(self, paper_id: str) -> Paper:
        """The same paper under another id; `dataclasses.replace` takes several times as long."""
        return Paper(**{**dict(zip(_FIELDS, _VALUES(self), strict=True)), "paper_id": paper_id})

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form: corpus field names, lists for tuples; from `names` on only the fields that say something."""
        record: dict[str, Any] = {name: getattr(self, name) for name in _ALWAYS}
        record["source"] = None if self.source is None else {"document": self.source.document, "record": self.source.record}
        record["authors"], record["categories"], record["keys"] = list(self.authors), list(self.categories), list(self.keys)
        for name in _WHERE_SAID:
            if value := getattr(self, name):
                record[name] = [v.to_dict() if isinstance(v, Name) else v for v in value] if isinstance(value, tuple) else value
        return record


_FIELDS = [f.name for f in dataclasses.fields(Paper)]
_VALUES = operator.attrgetter(*_FIELDS)
_ALWAYS, _WHERE_SAID = _FIELDS[: _FIELDS.index("names")], _FIELDS[_FIELDS.index("names") :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a list of retractions says of the paper with that DOI or PMID; `text` None takes a mark away."""

    doi: str | None
    pmid: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A run of whole sentences of one abstract. `abstract[start:end] == text`; `chunk_id` is `<paper_id>:<ordinal>`.

    What is embedded is the title, a line break and the text (`rag.chunking.embedding_text`).
    """

    chunk_id: str
    paper_id: str
    ordinal: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions on stored fields, all of which must hold. A paper that lacks a field does not match a condition on it.

    Years and dates are inclusive; `category` (`cs.CL`, or `cs` for the archive), `author` (any part of a name) and `source` (start of
    the document's name) ignore case, as do `tag` and `collection` (a path such as `Thesis/Chapter 2` or a name in one, with all that
    lies in it). `paper_ids` restricts to these papers.
    """

    year_from: int | None = None
    year_to: int | None = None
    date_from: str | None = None
    date_to: str | None = None
    category: str | None = None
    author: str | None = None
    has_code: bool | None = None
    source: str | None = None
    tag: str | None = None
    collection: str | None = None
    paper_ids: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Only the conditions that are set."""
        found = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if getattr(self, f.name) is not None}
        if self.paper_ids is not None:
            found["paper_ids"] = list(self.paper_ids)
        return found

    def __bool__(self) -> bool:
        """True where any condition is set."""
        return bool(self.to_dict())


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A retrieved paper. `rank` from 1; `score` is the fused score in [0, 1], higher is better; `why` is one readable line."""

    paper: Paper
    rank: int
    score: float
    why: str = ""
    dense: float | None = None
    keyword: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Evidence for a statement: a span (`quote == abstract[start:end]`) or a stored field (`field`, `value`)."""

    paper_id: str
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    field: str | None = None
    value: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """A span or a field citation, without the other's keys."""
        if self.field is not None:
            return {"paper_id": self.paper_id, "field": self.field, "value": self.value}
        return {"paper_id": self.paper_id, "quote": self.quote, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of an answer, without its [n] markers.

    A model's answer may have a form: `before` and `after` are the Markdown around the sentence (a break, the mark of a list, headings, the
    rest of a row), `styled` the text with its emphasis; empty where there is nothing of the kind. Of words they hold only what the check
    lets pass without evidence.
    """

    text: str
    status: Status
    citations: tuple[Citation, ...] = ()
    before: str = ""
    after: str = ""
    styled: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form; the form's fields only where they say something."""
        record = {"text": self.text, "status": self.status, "citations": [c.to_dict() for c in self.citations]}
        return record | {name: value for name in ("before", "after", "styled") if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was asked: the form of its answer, how it was asked, what became of it, and which statements answer it.

    `statements` are numbers (from 0) of the answer's statements; none where it is not stated. `verdict` is told of one of several parts
    that asks for yes or no, where the papers tell.
    """

    form: str
    text: str
    status: PartStatus
    statements: tuple[int, ...] = ()
    verdict: YesNo | None = None

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form."""
        own = {"form": self.form, "text": self.text, "status": self.status, "statements": list(self.statements)}
        return own if self.verdict is None else own | {"verdict": self.verdict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A comparison: a row for each side, a column for each attribute; a cell is the number of a statement, or None: not stated."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form."""
        return {"rows": list(self.rows), "columns": list(self.columns), "cells": [list(row) for row in self.cells]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a model call took. `estimated` where the provider reported no tokens; `cost_usd` None where no price is known."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    cost_usd: float | None = None

    @staticmethod
    def together(usages: Iterable[Usage | None]) -> Usage | None:
        """The sum over calls of one model; None where there was none. The cost is None where that of any call is not known."""
        calls = [u for u in usages if u is not None]
        if not calls:
            return None
        costs = [u.cost_usd for u in calls]
        return Usage(
            model=calls[0].model,
            prompt_tokens=sum(u.prompt_tokens for u in calls),
            completion_tokens=sum(u.completion_tokens for u in calls),
            estimated=any(u.estimated for u in calls),
            cost_usd=None if None in costs else sum(c for c in costs if c is not None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The one record for command line, batch, page, API and evaluation (schema 2).

    `references[n-1]` is the paper_id behind [n], in order of first use. `voice` says how firmly the answer speaks; all but `answer` count
    as `abstained`: what was asked is not answered, `abstain_reason` says why, `nearest` names the closest papers, and the statements, if
    any, quote what comes nearest or speaks against the question. `parts` are what was asked, one by one; `verdict` is for questions that
    want a yes or a no; `confidence` is the calibrated chance that the papers answer (None where nothing had to be decided).
    `context` lists what was read: `{paper_id, start, end, text}`.
    """

    question: str
    standalone_question: str
    filters: Filters = field(default_factory=Filters)
    mode: Mode = "extractive"
    abstained: bool = False
    abstain_reason: AbstainReason | None = None
    answer: str
    statements: tuple[Statement, ...] = ()
    references: tuple[str, ...] = ()
    retrieved: tuple[Hit, ...] = ()
    papers: tuple[Paper, ...] = ()
    context: tuple[dict[str, Any], ...] = ()
    nearest: tuple[str, ...] = ()
    verified: tuple[int, int] = (0, 0)
    usage: Usage | None = None
    notes: tuple[str, ...] = ()
    timing_s: dict[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    verdict: YesNo | None = None
    table: Table | None = None
    voice: Voice = "answer"
    confidence: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form (schema 2: schema 1's fields and the last five)."""
        return {
            "schema": ANSWER_SCHEMA,
            "question": self.question,
            "standalone_question": self.standalone_question,
            "filters": self.filters.to_dict(),
            "mode": self.mode,
            "abstained": self.abstained,
            "abstain_reason": self.abstain_reason,
            "answer": self.answer,
            "statements": [s.to_dict() for s in self.statements],
            "references": list(self.references),
            "retrieved": [{"paper_id": h.paper.paper_id, "rank": h.rank, "score": round(h.score, 6), "why": h.why} for h in self.retrieved],
            "papers": [p.to_dict() for p in self.papers],
            "context": list(self.context),
            "nearest": list(self.nearest),
            "verified": {"n": self.verified[0], "m": self.verified[1]},
            "usage": None if self.usage is None else dataclasses.asdict(self.usage),
            "notes": list(self.notes),
            "timing_s": {k: round(v, 4) for k, v in self.timing_s.items()},
            "parts": [p.to_dict() for p in self.parts],
            "verdict": self.verdict,
            "table": None if self.table is None else self.table.to_dict(),
            "voice": self.voice,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
        }
