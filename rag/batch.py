"""A file of questions to a file of answers, a line each; resumable.

In: `{"id", "question", "history": [...], "filters": {...}}`. Out: the id and the Answer (schema 2). A line is written whole and flushed
before the next question begins; a torn last line of a killed run is cut off.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rag.errors import AnswerTimeout, SourceError
from rag.library import Progress
from rag.schema import Filters
from rag.sources.dates import ymd
from rag.sources.opening import regular_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rag.assistant import Assistant
    from rag.schema import Answer
    from rag.spreading import Asker

LEAST_RETRIEVED = 20
_LONGEST_LINE = 8_000_000

_BEGINS = b'{"id": '
"""How a line of answers begins."""


class FilterLine(BaseModel):
    """The filters of a line."""

    model_config = ConfigDict(extra="forbid")

    year_from: int | None = None
    year_to: int | None = None
    date_from: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    date_to: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    category: str | None = None
    author: str | None = None
    has_code: bool | None = None
    source: str | None = None
    tag: str | None = None
    collection: str | None = None
    paper_ids: tuple[str, ...] | None = None

    @field_validator("date_from", "date_to")
    @classmethod
    def _exists(cls, value: str | None) -> str | None:
        if value is not None and ymd(*(int(part) for part in value.split("-"))) is None:
            raise ValueError("there is no such date")
        return value


class QuestionLine(BaseModel):
    """A line of the questions file; further keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    id: str | int
    question: str = Field(min_length=1, max_length=20_000)
    history: tuple[str, ...] = ()
    filters: FilterLine = FilterLine()

    @field_validator("history", "filters", mode="before")
    @classmethod
    def _null_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("history", mode="before")
    @classmethod
    def _no_history(cls, value: Any) -> Any:
        return () if value in ({}, None) else value

    @field_validator("question")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("the question is blank")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """How many questions were answered now, how many before, and a line for each bad one."""

    answered: int
    skipped: int
    bad: tuple[str, ...]


def run(
    asked: Assistant | Sequence[Asker],
    questions: Path,
    answers: Path,
    *,
    k: int | None = None,
    mode: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> BatchReport:
    """Answer every question whose id is not in `answers` yet, in order; by one assistant, or by the workers of a cluster."""
    done = _finished(answers)
    lines = list(_lines(questions))
    bad: list[str] = []
    open_lines: list[tuple[int, str, QuestionLine]] = []
    skipped = 0
    for n, (place, text) in enumerate(lines, 1):
        try:
            line = QuestionLine.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "line"
            bad.append(f"{questions}:{place}: {where}: {first['msg']}")
            continue
        if str(line.id) in done:
            skipped += 1
            continue
        done.add(str(line.id))
        open_lines.append((n, f"{questions}:{place}", line))

    def answered(asker: Assistant | Asker, one: tuple[int, str, QuestionLine]) -> Answer | AnswerTimeout:
        line = one[2]
        wanted = max(k or 0, asker.settings.k, LEAST_RETRIEVED)
        filters = Filters(**line.filters.model_dump()) or None
        try:
            return asker.ask(line.question, history=line.history, filters=filters, k=wanted, mode=mode)
        except AnswerTimeout as error:
            return error

    if isinstance(asked, Sequence):
        from rag.spreading import in_order

        found = in_order(asked, answered, open_lines)
    else:
        found = (answered(asked, one) for one in open_lines)
    count, begun = 0, time.monotonic()
    with answers.open("a", encoding="utf-8") as out:
        for (at, where, line), answer in zip(open_lines, found, strict=True):
            if isinstance(answer, AnswerTimeout):
                bad.append(f"{where}: {answer}")
                continue
            out.write(json.dumps({"id": line.id, **answer.to_dict()}, ensure_ascii=False) + "\n")
            out.flush()
            count += 1
            if progress is not None:
                rate = count / max(time.monotonic() - begun, 1e-9)
                progress(Progress(phase="answering", done=at, total=len(lines), rate_per_s=rate, eta_s=(len(lines) - at) / rate))
    return BatchReport(answered=count, skipped=skipped, bad=tuple(bad))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    regular_file(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            n = 0
            while line := file.readline(_LONGEST_LINE + 1):
                n += 1
                if len(line) > _LONGEST_LINE:
                    raise SourceError(f"a line of more than {_LONGEST_LINE:,} characters is no question", path=str(path), line=n)
                if line.strip():
                    yield n, line
    except UnicodeDecodeError as error:
        raise SourceError("not UTF-8 text; save it as UTF-8", path=str(path)) from error


def _finished(path: Path) -> set[str]:
    """The ids in an answers file; what follows its last line break is cut off, since its writer was stopped there.

    Nothing is cut off a file that holds anything else: it is somebody's own.
    """
    if not path.exists():
        return set()
    regular_file(path)
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    found = set()
    for n, line in enumerate(whole.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.add(str(json.loads(line)["id"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SourceError("not a line of answers; name another file for the answers", path=str(path), line=n) from error
    torn = content[len(whole) :]
    if torn:
        if not torn.startswith(_BEGINS[: len(torn)]):
            raise SourceError("not a line of answers; name another file for the answers", path=str(path), line=whole.count(b"\n") + 1)
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return found
