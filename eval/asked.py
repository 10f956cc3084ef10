"""Questions as people type them, over original abstracts: `python -m eval asked FOLDER`.

The questions stand in `gold/asked.jsonl`; what answers them is marked by paper and number of the sentence, since the documents themselves
are not in this repository. Where the folder is missing the run is skipped and says so. Means and the baseline are by kind of question.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.compare import MARGIN
from eval.gold import FOLDER, GoldError
from eval.measures import sets, told
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.assistant import Assistant
    from rag.schema import Answer, Statement

QUESTIONS, PAPERS = FOLDER / "asked.jsonl", FOLDER / "asked.papers.json"
FURTHER = FOLDER / "asked.further.jsonl"
"""Questions that nothing is fitted on."""

BASELINE = Path(__file__).with_name("baselines") / "asked.json"
WITHIN = (30, 60)

Kind = Literal[
    "def", "how", "why", "figure", "verdict", "limits", "multi", "comparison", "lookup", "list", "survey", "false", "missing", "near",
    "conversation", "chat",
]  # fmt: skip
WORSE_IF_MORE = frozenset({"verdict_contrary", "words"})
"""Measures of which less is better; `words` is told and never gated."""

Figures = dict[str, dict[str, float]]


class Row(BaseModel):
    """A question. `needed` holds its parts, each with the sentences of which any one tells it; `okay` sentences are welcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z]+-\d\d$")
    kind: Kind
    question: str = Field(min_length=1)
    history: list[str] = []
    needed: list[list[tuple[str, int]]] = []
    okay: list[tuple[str, int]] = []
    verdict: Literal["yes", "no"] | None = None
    papers: list[str] = []
    also: list[str] = []
    count: int | None = None

    @property
    def bears(self) -> set[tuple[str, int]]:
        """Every marked sentence."""
        return {*self.okay, *(mark for part in self.needed for mark in part)}


def read(questions: Path = QUESTIONS) -> list[Row]:
    """The questions; GoldError with the line of a bad one."""
    rows = []
    for n, line in enumerate(questions.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(Row.model_validate_json(line))
        except ValidationError as error:
            raise GoldError(f"{questions.name}:{n}: {error.errors()[0]['msg']}; correct the line") from error
    if len({row.id for row in rows}) < len(rows):
        raise GoldError(f"{questions.name} has an id twice; number the questions of each kind on")
    return rows


def moved(abstracts: Mapping[str, str]) -> list[str]:
    """Papers that are missing, or whose abstract is not the one whose sentences were marked."""
    marked: dict[str, str] = json.loads(PAPERS.read_text(encoding="utf-8"))
    return [pid for pid, digest in marked.items() if hashlib.sha256(abstracts.get(pid, "").encode()).hexdigest()[:12] != digest]


def marks(statement: Statement, abstracts: Mapping[str, str]) -> set[tuple[str, int]]:
    """The sentences that a statement quotes by more than half."""
    found = set()
    for cited in statement.citations:
        if cited.start is None or cited.end is None:
            continue
        for n, span in enumerate(sentences(abstracts[cited.paper_id])):
            if min(span.end, cited.end) - max(span.start, cited.start) > (span.end - span.start) / 2:
                found.add((cited.paper_id, n))
    return found


def score(row: Row, answer: Answer, abstracts: Mapping[str, str]) -> dict[str, float]:
    """What can be said of one answer, by measure."""
    shown = [marks(s, abstracts) for s in answer.statements]
    words = [len(s.text.split()) for s in answer.statements]
    listed = {c.paper_id for s in answer.statements for c in s.citations}
    quiet = row.kind in {"missing", "near", "false"}
    parts = told.parts_told(row.needed, shown)
    found: dict[str, float | None] = {
        "parts_told": parts,
        "all_told": None if parts is None else float(parts == 1.0),
        "first_answers": told.first_answers(row.bears, shown),
        "bearing": told.bearing(row.bears, shown),
        **{f"told_within_{n}": told.told_within(row.needed, shown, words, n) for n in WITHIN},
        "list_precision": sets.list_precision(listed, row.papers, row.also),
        "list_recall": sets.list_recall(listed, row.papers),
        "count_exact": None if row.count is None else sets.count_exact(answer.answer, row.count),
        "verdict_right": None if row.verdict is None else sets.verdict_right(answer.verdict, row.verdict),
        "verdict_contrary": None if row.verdict is None else sets.verdict_contrary(answer.verdict, row.verdict),
        "not_firm": float(answer.voice != "answer") if quiet else None,
        "correction_quoted": float(answer.voice == "correction" and bool(row.bears & {m for s in shown for m in s}))
        if row.kind == "false"
        else None,
        "answered": float(answer.voice == "answer") if row.needed and not quiet else None,
        "words": float(sum(words)) if row.needed and shown else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def ask(assistant: Assistant, row: Row) -> Answer:
    """The answer to the last question of a conversation."""
    from rag.assistant import Turn

    turns: list[Turn] = []
    for earlier in row.history:
        given = assistant.ask(earlier, turns=turns, mode="extractive")
        turns.append(Turn(question=earlier, references=given.references, answer=given.answer))
    return assistant.ask(row.question, turns=turns, mode="extractive")


def measure(folder: Path, questions: Path = QUESTIONS, *, tick: Callable[[str], None] = lambda _id: None) -> Figures:
    """Ask every question of a library made of the documents; means by measure, then by kind and over all."""
    from rag import config
    from rag.assistant import Assistant

    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as library, Assistant.open(config.load(library=library), create=True) as assistant:
        assistant.ingest([folder])
        abstracts = {paper.paper_id: paper.abstract for paper in assistant.library.list()}
        if other := moved(abstracts):
            raise GoldError(f"{len(other)} papers are not those whose sentences were marked, such as {other[0]!r}; mark them anew")
        for row in read(questions):
            for name, value in score(row, ask(assistant, row), abstracts).items():
                values[name][row.kind].append(value)
                values[name]["all"].append(value)
            tick(row.id)
    return {name: {kind: sum(own) / len(own) for kind, own in kinds.items()} for name, kinds in values.items()}


def fallen(figures: Figures, baseline: Figures, *, margin: float = MARGIN) -> list[str]:
    """The measures that are worse than the baseline by more than the margin, over all kinds, in words.

    >>> fallen({"bearing": {"all": 0.6}}, {"bearing": {"all": 0.7}}), fallen({"bearing": {"all": 0.68}}, {"bearing": {"all": 0.7}})
    (['bearing fell from 0.700 to 0.600'], [])
    """
    lost = []
    for name, kinds in baseline.items():
        before, now = kinds["all"], figures.get(name, {}).get("all", 0.0)
        change = before - now if name not in WORSE_IF_MORE else now - before
        if name != "words" and change > margin:
            lost.append(f"{name} {'fell' if now < before else 'rose'} from {before:.3f} to {now:.3f}")
    return lost


def table(figures: Figures, kinds: Sequence[str] = ()) -> list[list[str]]:
    """A row for each kind, a column for each measure; the first row names them."""
    kinds = kinds or sorted({kind for own in figures.values() for kind in own}, key=lambda kind: (kind == "all", kind))
    rows = [["", *figures]]
    rows += [[kind, *(f"{figures[name][kind]:.2f}" if kind in figures[name] else "" for name in figures)] for kind in kinds]
    return rows


def write(figures: Figures, path: Path) -> None:
    """Keep the figures, rounded."""
    kept: dict[str, Any] = {name: {kind: round(value, 4) for kind, value in sorted(own.items())} for name, own in sorted(figures.items())}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
