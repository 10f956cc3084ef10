"""Fits which sentence answers best (`rag/answering/relevance.json`) on questions whose answering sentences people marked.

    python scripts/relevance.py ORIGINALS BENCH JUDGED

`ORIGINALS` is the folder with the original documents of the bundled papers; `BENCH` and `JUDGED` hold the abstracts of
`training/data/abstracts_asked.jsonl` (see `training/asked.py`). The questions are `eval/gold/asked.jsonl`, those of
`training/data/questions.jsonl` that the reader never learns from (block 9), and of the abstracts of others the development part, which it
does not learn from either. Prints how often the right sentence stands first, with each fifth of the papers left out of the fit in turn,
and by the reader's evidence alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
from asked import asked as of_others
from asked import papers_of

from rag import config
from rag.answering import relevance
from rag.assistant import Assistant
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from asked import Asked
    from numpy.typing import NDArray

    from rag.library import Library

HELD_BACK, FOLDS, PENALTY, OKAY, STEPS = 9, 5, 3.0, 0.4, 400
ROOT = Path(__file__).parents[1]

Marks = set[tuple[str, int]]
Case = tuple[str, Any, Any, Any]
"""The paper that answers, and arrays: features, marks, and the reader's evidence alone."""


def questions() -> Iterator[tuple[str, list[Marks], Marks]]:
    """Question, the sentences that each of its parts needs, and those that are welcome."""
    for line in (ROOT / "eval/gold/asked.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "needed" in row and "history" not in row:
            yield row["question"], [{(p, n) for p, n in part} for part in row["needed"]], {(p, n) for p, n in row.get("okay", [])}
    for line in (ROOT / "training/data/questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["label"] == "answerable" and row["original"] and row["block"] == HELD_BACK:
            yield row["question"], [{(row["paper_id"], n) for n in row["original"]}], set()


def questions_of_others(questions: Sequence[Asked], library: Library) -> Iterator[tuple[str, list[Marks], Marks]]:
    """The development part, in the form of `questions`; less what a library cuts into other sentences."""
    cut = {p.paper_id: [p.abstract[s.start : s.end] for s in sentences(p.abstract)] for p in library.list()}
    for one in questions:
        if one.split == "dev" and cut.get(one.key) == list(one.sentences):
            yield one.question, [{(one.key, n) for n in one.needed}], {(one.key, n) for n in one.okay}


def cases(
    assistant: Assistant, questions: Iterable[tuple[str, list[Marks], Marks]], columns: dict[str, int]
) -> Iterator[tuple[str, list[Mapping[str, float]], list[float], list[float]]]:
    """For each slot of each question: the paper that answers, features and marks of its candidates, and the reader's evidence alone."""
    drafter = assistant.drafter
    for text, parts, okay in questions:
        question, found = assistant.finder.find(text)
        slots = drafter.slots(question)
        for n, slot in enumerate(slots):
            wanted = parts[n] if len(slots) == len(parts) else set[tuple[str, int]]().union(*parts)
            hits = [h for h in (drafter.search(slot.text, question) if len(slots) > 1 else found) if h.paper.abstract]
            asked = drafter.reader.ask(slot.text if len(slots) > 1 else question.topic)
            features, marks, alone = [], [], []
            for read in drafter.reader.read(asked, hits):
                starts = [span.start for span in sentences(read.hit.paper.abstract)]
                for sentence in read.sentences:
                    if sentence.text.endswith("?"):
                        continue
                    key = (read.hit.paper.paper_id, starts.index(sentence.start))
                    marks.append(1.0 if key in wanted else OKAY if key in okay else 0.0)
                    features.append(relevance.features(sentence, read, slot.form))
                    alone.append(sentence.evidence * read.chance**0.5)
            if 1.0 in marks:
                for name in {name for own in features for name in own}:
                    columns.setdefault(name, len(columns))
                yield min(wanted)[0], features, marks, alone


def fit(rows: Sequence[Case], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights under which the marked sentences are likeliest to be chosen, drawn towards `start`."""
    weights, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, STEPS):
        slope = PENALTY * (weights - start)
        for _paper, matrix, marks, _alone in rows:
            scores = matrix @ weights
            chances = np.exp(scores - scores.max())
            slope += matrix.T @ (chances / chances.sum() - marks / marks.sum())
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope * slope
        weights -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def main(originals: Path, bench: Path, judged: Path) -> None:
    """Read, fit, say how well, write."""
    columns: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, Assistant.open(config.load(library=folder), create=True) as assistant:
        assistant.ingest([originals])
        found = list(cases(assistant, questions(), columns))
    others = of_others(bench, judged)
    with tempfile.TemporaryDirectory() as folder, Assistant.open(config.load(library=folder), create=True) as assistant:
        assistant.library.add(papers_of(others))
        assistant.library.embed_pending()
        found += cases(assistant, questions_of_others(others, assistant.library), columns)
    rows: list[Case] = []
    for paper, features, marks, alone in found:
        matrix = np.zeros((len(features), len(columns)))
        for n, own in enumerate(features):
            for name, value in own.items():
                matrix[n, columns[name]] = value
        rows.append((paper, matrix, np.array(marks), np.array(alone)))
    start = np.zeros(len(columns))
    start[columns["evidence"]], start[columns["answers"]] = 1.0, 0.5
    papers = sorted({row[0] for row in rows})
    right = []
    for fold in range(FOLDS):
        out = set(papers[fold::FOLDS])
        weights = fit([row for row in rows if row[0] not in out], start)
        right += [row[2][int(np.argmax(row[1] @ weights))] > 0 for row in rows if row[0] in out]
    alone_right = [row[2][int(np.argmax(row[3]))] > 0 for row in rows]
    print(f"{len(rows)} slots; right first: {np.mean(right):.3f}; by the reader's evidence alone: {np.mean(alone_right):.3f}")
    weights = fit(rows, start)
    kept = {name: round(float(weights[n]), 3) for name, n in sorted(columns.items()) if abs(weights[n]) >= 0.005}
    relevance.LEARNED.write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
