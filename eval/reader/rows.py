"""Judged questions, claims and pairs of claims, one JSON object a line; checked here, once.

A question has `question` and a label of QUESTION_LABELS, a claim `text` and one of CLAIM_LABELS, a pair `true` and `false`. All have
`sentences`, and may have `title`, `source`, `doc`, `split` and `holds` (places, from 0, of the sentences that decide; [] none does,
null not known). A row without a label is read and not measured. Further keys are ignored.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Form = Literal["questions", "claims", "pairs"]
FORMS: tuple[Form, ...] = ("questions", "claims", "pairs")
QUESTION_LABELS = ("answerable", "detail_missing", "contradicted", "unrelated")
CLAIM_LABELS = ("carried", "contradicted", "not_carried", "partly")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    source: str | None = None
    doc: str | None = None
    split: str | None = None
    title: str | None = None
    sentences: list[str] = Field(min_length=1)
    holds: list[int] | None = None

    @model_validator(mode="after")
    def _holds_are_there(self) -> Self:
        if any(not 0 <= n < len(self.sentences) for n in self.holds or ()):
            raise ValueError(f"holds {self.holds} names a sentence that is not there: it has {len(self.sentences)}, counted from 0")
        return self


class _QuestionLine(_Line):
    question: str = Field(pattern=r"\S")
    label: Literal["answerable", "detail_missing", "contradicted", "unrelated"] | None = None


class _ClaimLine(_Line):
    text: str = Field(pattern=r"\S")
    label: Literal["carried", "contradicted", "not_carried", "partly"] | None = None


class _PairLine(_Line):
    true: str = Field(pattern=r"\S")
    false: str = Field(pattern=r"\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. `texts` are the question, the claim, or the true and the false claim; `document` is what is resampled as one."""

    file: str
    line: int
    form: Form
    texts: tuple[str, ...]
    title: str
    sentences: tuple[str, ...]
    source: str
    document: str
    split: str
    label: str | None = None
    holds: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def passage(self) -> str:
        """Title and sentences as one text."""
        return " ".join((self.title, *self.sentences))

    def key(self, reader: str) -> str:
        """What the reading depends on, as a short hash: the texts and `reader`, the digest of what reads them; not the judgement."""
        parts = [reader, self.form, self.texts, self.title, self.sentences]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]


def read_rows(paths: Sequence[Path]) -> list[Row]:
    """The rows of all files in order. Raises SourceError, which names file and line, for whatever is not of the form."""
    if len({p.resolve() for p in paths}) < len(paths):
        raise ConfigError("a file is named twice")
    found = [row for path in paths for row in _rows_of(path)]
    if not found:
        raise ConfigError(f"no row in {', '.join(map(str, paths))}")
    return found


def _rows_of(path: Path) -> Iterator[Row]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name files of judged questions, claims or pairs") from error
    # By line feeds alone: texts may hold other characters that end a line elsewhere.
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            try:
                yield _row(str(path), number, line, Path(path).stem)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                reason = first["msg"].removeprefix("Value error, ")
                raise SourceError(f"{where}: {reason}" if where else reason, path=str(path), line=number) from error
            except (ValueError, RecursionError) as error:
                raise SourceError(f"not a JSON object in UTF-8 ({error})", path=str(path), line=number) from error


def _row(file: str, number: int, line: bytes, stem: str) -> Row:
    record: Any = json.loads(line.decode("utf-8"))
    if not isinstance(record, dict):
        raise ValueError(f"found {type(record).__name__}")  # noqa: TRY004 - told as what is wrong with the line
    label: str | None = None
    checked: _Line
    form: Form
    texts: tuple[str, ...]
    if "question" in record:
        checked = question = _QuestionLine.model_validate(record)
        form, texts, label = "questions", (question.question,), question.label
    elif "text" in record:
        checked = claim = _ClaimLine.model_validate(record)
        form, texts, label = "claims", (claim.text,), claim.label
    elif "true" in record and "false" in record:
        checked = pair = _PairLine.model_validate(record)
        form, texts = "pairs", (pair.true, pair.false)
    else:
        raise SourceError("neither a question (question), nor a claim (text), nor a pair (true, false)", path=file, line=number)
    source = checked.source or stem
    # What stands behind # says which of a document's sentences are shown.
    document = (checked.doc or checked.title or f"{file}:{number}").split("#")[0]
    return Row(
        file=file,
        line=number,
        form=form,
        texts=texts,
        title=checked.title or "",
        sentences=tuple(checked.sentences),
        source=source,
        document=f"{source}/{document}",
        split=checked.split or "",
        label=label,
        holds=tuple(checked.holds or ()),
    )


def chosen(rows: Sequence[Row], *, split: str | None = None, sources: Sequence[str] = (), limit: int | None = None) -> list[Row]:
    """Those of the split and the sources; `limit` of each file and form, spread over it. ConfigError where none is left."""
    for name, wanted, there in (
        ("--split", [split] if split else [], {r.split for r in rows}),
        ("--source", sources, {r.source for r in rows}),
    ):
        if unknown := set(wanted) - there:
            raise ConfigError(f"{name} knows no {min(unknown)!r}; in these files: {', '.join(sorted(filter(None, there))) or 'none'}")
    kept = [r for r in rows if (not split or r.split == split) and (not sources or r.source in sources)]
    if limit is not None:
        groups: dict[tuple[str, Form], list[Row]] = {}
        for row in kept:
            groups.setdefault((row.file, row.form), []).append(row)
        kept = [own[n * len(own) // limit] if limit < len(own) else own[n] for own in groups.values() for n in range(min(limit, len(own)))]
    if not kept:
        raise ConfigError("no row is left with this --split and --source")
    return kept
