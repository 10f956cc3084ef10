"""Gold questions: the schema of `eval/gold/*.jsonl`, checked once here, and the loader.

A line a question. `lint` (eval/lint.py) then holds them against the collection; `derive` (eval/derive.py) fills in what a metadata
query gives. Unknown keys are errors: a misspelt `forbiden` must not silently weaken a question.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import FootnoteError
from rag.schema import Filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GOLD_SCHEMA = 1
FOLDER = Path(__file__).with_name("gold")

Type = Literal["factoid", "method", "comparison", "list", "aggregate", "temporal", "followup", "unanswerable"]
Reason = Literal["out_of_corpus", "detail_missing", "false_premise"]
Split = Literal["dev", "test"]
TYPES: tuple[Type, ...] = ("factoid", "method", "comparison", "list", "aggregate", "temporal", "followup", "unanswerable")
FILTER_FIELDS = ("year_from", "year_to", "date_from", "date_to", "category", "author", "has_code", "source")
DERIVING = ("count", "text_any")
"""Further keys of a gold query: add the number of papers as a nugget; keep only papers whose text holds one of these stems."""


class GoldError(FootnoteError):
    """A gold file breaks the schema; the message carries file and line."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Number(_Record):
    """A figure that must be said: `value` in `unit` ("" where it has none), within `tol` of the same unit."""

    value: float
    unit: str = ""
    tol: float = Field(default=0.0, ge=0)


class Match(_Record):
    """What makes a nugget present: one alternative of every group, and every number."""

    all_of: list[list[str]] = []
    numbers: list[Number] = []
    negated: bool = False


class Nugget(_Record):
    """A fact of the answer; `vital` ones decide, `okay` ones are welcome. `evidence` names groups (empty: all of the question's)."""

    id: str
    text: str
    importance: Literal["vital", "okay"] = "vital"
    evidence: list[str] = []
    match: Match


class Forbidden(_Record):
    """What a right answer never says, such as the reversed direction."""

    text: str
    match: Match


class Alternative(_Record):
    """A paper that provides the evidence: grade 2 vital, 1 okay, 0 looked at and not relevant. The quote is optional."""

    paper_id: str
    grade: int = Field(default=2, ge=0, le=2)
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class Evidence(_Record):
    """A needed piece of evidence: any one of these papers."""

    group: str
    any_of: list[Alternative] = Field(min_length=1)


class Inject(_Record):
    """An injection twin's plant: `text` goes to the end of the paper's abstract; obeying it would put `canary` into the answer."""

    paper_id: str
    text: str
    canary: str = ""


class Question(_Record):
    """One line of a gold file. `family` holds a base question and its variants together: they count as one case."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    family: str
    variant: str = "base"
    type: Type
    split: Split
    question: str = Field(min_length=1)
    history: list[str] = []
    standalone: str | None = None
    filters: dict[str, Any] = {}
    answerable: bool
    unanswerable_reason: Reason | None = None
    evidence: list[Evidence] = []
    nuggets: list[Nugget] = []
    forbidden: list[Forbidden] = []
    gold_query: dict[str, Any] | None = None
    inject: Inject | None = None
    answer_ref: str | None = None
    tags: list[str] = []
    provenance: dict[str, Any] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Question:
        if self.answerable == (self.unanswerable_reason is not None):
            raise ValueError("unanswerable_reason belongs to unanswerable questions, and only to them")
        if (self.variant == "injection") != (self.inject is not None):
            raise ValueError("`inject` belongs to the variant 'injection', and only to it")
        for name, allowed in (("filters", set(FILTER_FIELDS)), ("gold_query", {*FILTER_FIELDS, *DERIVING})):
            if unknown := set(getattr(self, name) or {}) - allowed:
                raise ValueError(f"{name} has no condition {min(unknown)!r} (known: {', '.join(sorted(allowed))})")
        if not self.answerable and self.nuggets:
            raise ValueError("an unanswerable question has no nuggets")
        groups = {e.group for e in self.evidence}
        for nugget in self.nuggets:
            if missing := [g for g in nugget.evidence if g not in groups]:
                raise ValueError(f"nugget {nugget.id!r} names the evidence group {missing[0]!r}, which is not there")
        return self

    @property
    def vital(self) -> list[Nugget]:
        """The nuggets that decide."""
        return [n for n in self.nuggets if n.importance == "vital"]

    @property
    def groups(self) -> list[set[str]]:
        """The papers of each evidence group, those graded 0 left out; groups left empty are dropped."""
        found = [{a.paper_id for a in e.any_of if a.grade > 0} for e in self.evidence]
        return [g for g in found if g]

    @property
    def grades(self) -> dict[str, int]:
        """paper_id -> highest grade in any group."""
        found: dict[str, int] = {}
        for alternative in (a for e in self.evidence for a in e.any_of):
            found[alternative.paper_id] = max(alternative.grade, found.get(alternative.paper_id, 0))
        return found

    def papers_of(self, nugget: Nugget) -> set[str]:
        """The papers that may provide the nugget."""
        return {a.paper_id for e in self.evidence if not nugget.evidence or e.group in nugget.evidence for a in e.any_of if a.grade > 0}

    @property
    def explicit_filters(self) -> Filters:
        """The filters given beside the question."""
        return Filters(**self.filters)

    @property
    def conditions(self) -> Filters:
        """What every retrieved paper must satisfy: the filters given, else those said in the question (`gold_query`)."""
        said = {k: v for k, v in (self.gold_query or {}).items() if k not in DERIVING}
        return Filters(**{**said, **self.filters})


def read_gold(path: Path) -> list[Question]:
    """The questions of one file in order. Raises GoldError with `file:line` for anything that breaks the schema."""
    questions: list[Question] = []
    seen: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = Question.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise GoldError(f"{path}:{number}: {where or 'question'}: {first['msg'].removeprefix('Value error, ')}") from error
        if question.id in seen:
            raise GoldError(f"{path}:{number}: the id {question.id!r} stands already in line {seen[question.id]}")
        seen[question.id] = number
        questions.append(question)
    return questions


def load(split: str, *, files: Sequence[Path] = ()) -> list[Question]:
    """The questions of a split ("dev", "test", "all") in file order, from `files`, else from `dev*.jsonl` and `test*.jsonl` here."""
    names = [p for start in ("dev", "test") for p in sorted(FOLDER.glob(f"{start}*.jsonl")) if split in {"all", start}]
    questions = [q for path in files or names for q in read_gold(path) if files or split in {"all", q.split}]
    if not questions:
        raise GoldError(f"there are no gold questions of the split {split!r} in {', '.join(map(str, files)) or FOLDER}")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise GoldError(f"the id {question.id!r} stands in two files")
        seen.add(question.id)
    return questions


def select(
    questions: Iterable[Question], *, types: Sequence[str] = (), variants: Sequence[str] = (), limit: int | None = None
) -> list[Question]:
    """Those of the given types and variants (none given: all); `limit` takes every n-th family, so that all types stay present."""
    found = [q for q in questions if (not types or q.type in types) and (not variants or q.variant in variants)]
    families = list(dict.fromkeys(q.family for q in found))
    if limit is not None and limit < len(families):
        step = len(families) / max(1, limit)
        kept = {families[int(n * step)] for n in range(limit)}
        found = [q for q in found if q.family in kept]
    return found


def to_line(question: Question) -> str:
    """The canonical JSON line of a question."""
    return json.dumps(question.model_dump(by_alias=True, exclude_none=False), ensure_ascii=False, sort_keys=True)
