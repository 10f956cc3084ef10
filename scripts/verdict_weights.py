"""Fits when a yes or a no is said (`rag/answering/verdicts.json`) on questions whose answers people gave.

    python scripts/verdict_weights.py BENCH JUDGED [--rows FILE]

Learned from: the questions for yes or no of `training/data/abstracts_asked.jsonl`, over a library of their abstracts, and the sentences
that stand first in the paper that each was asked of. Reported: how many are said and how many of these are right, each fifth of the papers
by weights that have not seen it, and the same of PubMedQA (`BENCH/pubmedqa`, "maybe" left out), of which nothing is learned here since the
reader has learned from it. `--rows` keeps the signals in a file and takes them from there the next time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
from asked import asked, lines, papers_of

from rag import config
from rag.answering import verdicts
from rag.assistant import Assistant
from rag.schema import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RIDGE, FOLDS = 2.0, 5
RIGHT = 0.85
"""Share of what is said that has to be right, of yes and of no each, were both as frequent."""
LEARNED_FROM = "others"

Row = dict[str, Any]
Labelled = tuple[str, str, bool]
"""Question, the paper it was asked of, and whether the answer is yes."""


def pubmedqa(bench: Path) -> tuple[list[Paper], list[Labelled]]:
    """Its abstracts, under numbers instead of their titles, which are the questions."""
    folder = bench / "pubmedqa"
    papers = [Paper(paper_id=r["_id"], title=f"Study {r['_id']}", abstract=r["text"]) for r in lines(folder / "corpus.jsonl")]
    texts = {r["_id"]: r["text"] for r in lines(folder / "queries.jsonl")}
    answers = [r for r in lines(folder / "answers.jsonl") if r["decision"] in {"yes", "no"}]
    return papers, [(texts[r["query_id"]], r["doc_id"], r["decision"] == "yes") for r in answers]


def of_others(bench: Path, judged: Path) -> tuple[list[Paper], list[Labelled]]:
    """The questions for yes or no about abstracts of others."""
    questions = asked(bench, judged)
    return papers_of(questions), [(one.question, one.key, one.verdict == "yes") for one in questions if one.verdict in {"yes", "no"}]


def signals(source: str, papers: Sequence[Paper], questions: Sequence[Labelled]) -> Iterator[Row]:
    """What is seen of each question; those that the first sentences do not bear on are left out."""
    with tempfile.TemporaryDirectory() as folder, Assistant.open(config.load(library=folder), create=True) as assistant:
        assistant.library.add(papers)
        assistant.library.embed_pending()
        drafter = assistant.drafter
        assert drafter.reader.pairs is not None
        for text, owner, yes in questions:
            question, hits = assistant.finder.find(text)
            hits = [h for h in hits if h.paper.paper_id == owner]
            if not hits:
                continue
            slot = drafter.slots(question)[0]
            ranked = [r for r in drafter.weigh(question, hits).ranked if not r.sentence.text.endswith("?")]
            seen = verdicts.seen(slot.text, ranked, drafter.reader.pairs)
            if seen is not None:
                yield {"source": source, "doc": owner, "yes": yes, "seen": seen}


def fit(rows: Sequence[Row]) -> dict[str, float]:
    """Ridge-penalised logistic weights, the two answers counting alike; by Newton's steps."""
    names = sorted({name for row in rows for name in row["seen"]})
    matrix = np.array([[1.0, *(row["seen"][name] for name in names)] for row in rows])
    labels = np.array([float(row["yes"]) for row in rows])
    share = np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    weights = np.zeros(matrix.shape[1])
    ridge = np.diag([1e-6, *[RIDGE] * len(names)])
    for _ in range(30):
        chances = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (share * (labels - chances)) - ridge @ weights
        weights = weights + np.linalg.solve((matrix.T * (share * chances * (1 - chances))) @ matrix + ridge, slope)
    return dict(zip(["", *names], map(float, weights), strict=True))


def main() -> None:
    """Measure, cross-validate, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("judged", type=Path)
    parser.add_argument("--rows", type=Path)
    args = parser.parse_args()
    if args.rows and args.rows.exists():
        rows = list(lines(args.rows))
    else:
        rows = [*signals("pubmedqa", *pubmedqa(args.bench)), *signals("others", *of_others(args.bench, args.judged))]
        if args.rows:
            args.rows.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    own = [row for row in rows if row["source"] == LEARNED_FROM]
    weights = fit(own)
    fold = [zlib.crc32(row["doc"].encode()) % FOLDS for row in own]
    unseen = [fit([row for row, at in zip(own, fold, strict=True) if at != n]) for n in range(FOLDS)]
    chance = np.array([verdicts.chance_of(unseen[at], row["seen"]) for row, at in zip(own, fold, strict=True)])
    yes = np.array([row["yes"] for row in own])
    limits = {"yes": _limit(chance, yes), "no": 1 - _limit(1 - chance, ~yes)}
    _report(LEARNED_FROM, chance, yes, limits)
    beside = [row for row in rows if row["source"] != LEARNED_FROM]
    chances = np.array([verdicts.chance_of(weights, row["seen"]) for row in beside])
    _report("PubMedQA", chances, np.array([row["yes"] for row in beside]), limits)
    learned = {"limits": {k: round(v, 3) for k, v in limits.items()}, "weights": {k: round(v, 3) for k, v in weights.items()}}
    verdicts.LEARNED.write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")


def _limit(chance: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The least chance from which on the share that is right is `RIGHT`, the two answers counting alike."""
    share = np.where(right, 0.5 / right.mean(), 0.5 / (1 - right.mean()))
    order = np.argsort(-chance)
    within = np.cumsum((share * right)[order]) / np.cumsum(share[order])
    enough = np.flatnonzero(within >= RIGHT)
    return float(chance[order][enough[-1]]) if len(enough) else 1.0


def _report(source: str, chance: NDArray[np.float64], yes: NDArray[np.bool_], limits: dict[str, float]) -> None:
    higher = chance[yes][:, None] - chance[~yes][None, :]
    told_yes, told_no = chance >= limits["yes"], chance <= limits["no"]
    said = told_yes | told_no
    right = (told_yes & yes) | (told_no & ~yes)
    area = float((higher > 0).mean() + 0.5 * (higher == 0).mean())
    print(f"{source}: {len(yes)} questions, area {area:.3f}; said {said.mean():.3f}, of which right {right.sum() / max(1, said.sum()):.3f}")


if __name__ == "__main__":
    main()
