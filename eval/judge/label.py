"""Judge a run: every statement against its quotes, every vital fact against the answer. Writes judgements.jsonl."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval import setup
from eval.judge.cache import Cache
from eval.judge.core import WORTH, Judge
from eval.score import Score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from eval.folder import RunFolder
    from eval.gold import Question
    from eval.recorded import RecordedAnswer
    from eval.run import Listener
    from eval.score import Scored

CACHE = "judge.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to judge: a statement (`kind` support) or a fact (`kind` nugget) of a question."""

    question: str
    kind: str
    of: str
    parts: dict[str, str]


def tasks(questions: Sequence[Question], answers: dict[str, RecordedAnswer]) -> list[Task]:
    """What there is to judge in answered base questions, in order. A statement without quotes needs no judge: it is unsupported."""
    found = []
    for question in questions:
        answer = answers.get(question.id)
        if answer is None or answer.abstained or question.variant != "base":
            continue
        for n, said in enumerate(answer.statements):
            evidence = [c.quote or f"{c.field}: {c.value}" for c in said.citations]
            if evidence:
                parts = {"Evidence": "\n".join(dict.fromkeys(evidence)), "Statement": said.text}
                found.append(Task(question=question.id, kind="support", of=str(n), parts=parts))
        for nugget in question.vital:
            parts = {"Question": question.standalone or question.question, "Answer": answer.text, "Fact": nugget.text}
            found.append(Task(question=question.id, kind="nugget", of=nugget.id, parts=parts))
    return found


def label_run(folder: RunFolder, *, votes: int, jobs: int, limit: int | None, listener: Listener) -> str:
    """Judge and write; returns a note about errors, the cache and self-preference. ConfigError where no model is set."""
    settings = setup.make_settings(folder.path, {}, llm=True)
    cache = Cache(setup.cache_folder() / CACHE)
    judge = Judge.open(settings, cache)
    try:
        answers = {i: row.answer for i, row in folder.rows.items() if row.answer is not None}
        todo = tasks(folder.questions, answers)[:limit]
        listener.stage(f"judging with {judge.model}")
        listener.begin(len(todo), 0)

        def one(task: Task) -> dict[str, Any]:
            judged = judge.ask(task.kind, task.parts, votes=votes)
            row = {"question": task.question, "kind": task.kind, "of": task.of, "label": judged.label, "rationale": judged.rationale}
            if judged.error:
                row["error"] = judged.error
            listener.answered(row)
            return {**row, "cached": judged.cached}

        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            rows = list(pool.map(one, todo))
    finally:
        judge.close()
        cache.close()
    cached = sum(bool(row.pop("cached")) for row in rows)
    text = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    (folder.path / "judgements.jsonl").write_text(text, encoding="utf-8")
    errors = sum(row["label"] is None for row in rows)
    note = f"{len(rows)} judged by {judge.model}, {cached} from the cache, {errors} without a label"
    if folder.manifest["system"]["settings"].get("llm_model") == judge.model:
        note += "; the judge also wrote the answers: expect it to prefer them"
    return note


def add_scores(scored: Sequence[Scored], path: Path) -> list[Scored]:
    """Scores with the judge's: means of full 1, partial 0.5, none 0. A question with an unlabelled part is a judge_error."""
    labels: dict[tuple[str, str], list[str | None]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        labels.setdefault((row["question"], row["kind"]), []).append(row["label"])
    found = []
    for s in scored:
        extra: dict[str, Score] = {}
        for kind, name in (("support", "judge_support"), ("nugget", "judge_vital")):
            given = labels.get((s.question.id, kind))
            if not given:
                continue
            if any(label is None for label in given):
                extra[name] = Score(value=None, status="judge_error")
                continue
            unquoted = len(s.detail.get("valid", [])) - len(given) if kind == "support" else 0
            worth = [WORTH[label] for label in given if label is not None] + [0.0] * max(0, unquoted)  # type: ignore[index] # checked labels
            extra[name] = Score(value=sum(worth) / len(worth), status="ok")
        found.append(dataclasses.replace(s, scores={**s.scores, **extra}))
    return found
