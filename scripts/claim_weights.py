"""Fit what the check of claims is decided by, and write `rag/checking/weighing.json`.

    .venv/bin/python scripts/claim_weights.py JUDGED [--passed SHARE] [--rows FILE] [--dry-run]

Learned from: the development rows of claims that people judged (`JUDGED`, the form of `training/README.md`; the reader has not learned
from them), the development half of the planted cases, and riders: true claims with half a sentence of another paper behind them, made
here. Claims stopped by a rule with a veto are left out, since no weight can let them pass. The limit is the
chance that the given share of the true claims reaches. Reported: what passes and what is stopped, each source by a fit that has not seen
it, and the planted cases in five parts by paper. `--rows` keeps the signals in a file and takes them from there the next time.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag import reading
from rag.checking import weighing
from rag.checking.verify import Verifier, faults_in
from rag.embedding import load
from rag.schema import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = frozenset({"begin_wow", "wice"})
"""Sources whose judgements are about dialogues and about web pages."""

SHARES = {"cases": 0.4, "riders": 0.1}
"""Of what is learned from; the judged sources share the rest evenly."""

SHORT = (" after ", " with ", " written by ", " because of ")
RIDERS = (", and ", "; ", " and ", ", while ", ", which means that ", ", but ", *SHORT)
"""What half a sentence is joined by; behind `SHORT` stand its last three words."""

RIDGE, PARTS = 3.0, 5
Row = dict[str, Any]
Array = np.ndarray[Any, np.dtype[np.float64]]


def judged(folder: Path) -> Iterator[tuple[Row, str, Paper]]:
    """Claims and both sides of pairs of the development rows; `partly` is no judgement here."""
    for name in ("claims", "pairs"):
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["split"] != "dev" or row["source"] in LEFT_OUT or row.get("label") == "partly":
                continue
            paper = Paper(paper_id=row["doc"], title=row["title"], abstract=" ".join(row["sentences"]))
            sides = [(row["text"], row["label"])] if name == "claims" else [(row["true"], "carried"), (row["false"], "contradicted")]
            for text, label in sides:
                yield {"source": row["source"], "label": label, "doc": row["doc"].partition("#")[0]}, text, paper


def cases() -> Iterator[tuple[Row, str, Paper]]:
    """The development half of the planted cases."""
    records = [json.loads(line) for line in (ROOT / "corpus/papers.jsonl").read_text(encoding="utf-8").splitlines()]
    papers = {r["paper_id"]: Paper(paper_id=r["paper_id"], title=r["title"], abstract=r["abstract"]) for r in records}
    for row in map(json.loads, (ROOT / "tests/data/verify_cases.jsonl").read_text(encoding="utf-8").splitlines()):
        if row["split"] == "dev" and row["fault"] != "wrong_paper":  # those are true of their own
            label = "contradicted" if row["fault"] else "carried"
            yield {"source": "cases", "label": label, "doc": row["paper_id"]}, row["sentence"], papers[row["paper_id"]]


def riders(rows: list[tuple[Row, str, Paper]], *, most: int = 110, seed: int = 3) -> Iterator[tuple[Row, str, Paper]]:
    """True claims with the end of another paper's behind them (`not_carried`), and with another of their own (`carried`)."""
    chance = random.Random(seed)
    true = [r for r in rows if r[0]["label"] == "carried"]
    by: dict[tuple[str, str], list[tuple[Row, str, Paper]]] = defaultdict(list)
    for one in true:
        by[one[0]["source"], one[0]["doc"]].append(one)

    def added(text: str, other: str, *, whole: bool) -> str:
        words = other.rstrip(". ").split()
        joint = chance.choice(RIDERS[:3] if whole else RIDERS)
        if not whole and len(words) > 8:
            words = words[-3:] if joint in SHORT else words[len(words) // 3 :]
        first = words[0].lower() if words[0][1:].islower() else words[0]
        return f"{text.rstrip('. ')}{joint}{' '.join([first, *words[1:]])}."

    for row, text, paper in chance.sample(true, min(most, len(true))):
        others = [t for r, t, _p in true if r["source"] == row["source"] and r["doc"] != row["doc"]]
        yield {**row, "source": "riders", "label": "not_carried"}, added(text, chance.choice(others), whole=False), paper
    for own in [v for v in by.values() if len(v) > 1][: most // 2]:
        (row, text, paper), (_row, other, _paper) = own[:2]
        yield {**row, "source": "riders"}, added(text, other, whole=True), paper


def measured(rows: list[tuple[Row, str, Paper]]) -> list[Row]:
    """Each row with its `signals`; None where the claim is stopped before anything is weighed."""
    pairs = reading.load()
    if pairs is None:
        raise SystemExit("the reader's weights are not installed")
    reader = Verifier(load("minilm-int8")).reader
    found = []
    for row, text, paper in rows:
        claim, read = reader.claim(text), reader.paper(paper)
        support = reader.lay(claim, read)
        values, faults = None, faults_in(text, read, support)
        if support.chosen and all(f.kind in weighing.WEIGHED for f in faults):
            told = pairs.claim(text, read.paper.title, read.texts)
            values = weighing.signals(text, read.texts, told, weighing.foreign(claim, support), {f.kind for f in faults})
        found.append({**row, "text": text, "signals": values})
    return found


def weights_of(rows: list[Row]) -> Array:
    """So that each source counts by its share, and true and false claims of it alike."""
    counts = Counter((r["source"], r["label"] == "carried") for r in rows)
    others = len({r["source"] for r in rows} - SHARES.keys())
    rest = (1 - sum(SHARES.values())) / max(1, others)
    found = np.array([SHARES.get(r["source"], rest) / counts[r["source"], r["label"] == "carried"] for r in rows])
    return np.asarray(found * len(rows) / found.sum())


def fitted(values: Array, labels: Array, weights: Array) -> Array:
    """The constant and a weight for each signal, of a logistic model with a ridge on standardised signals."""
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-6
    rows = np.c_[np.ones(len(values)), (values - mean) / spread]
    ridge = np.eye(rows.shape[1]) * RIDGE
    ridge[0, 0] = 0
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weights * (labels - chances)) - ridge @ found
        found += np.linalg.solve((rows * (weights * chances * (1 - chances))[:, None]).T @ rows + ridge, slope)
    own = found[1:] / spread
    return np.asarray(np.r_[found[0] - own @ mean, own])


def unseen(rows: list[Row], values: Array, labels: Array, weights: Array) -> Array:
    """The log odds of each row by a fit without its source; without its paper's part for the planted cases."""
    groups = np.array([f"cases {zlib.crc32(r['doc'].encode()) % PARTS}" if r["source"] == "cases" else r["source"] for r in rows])
    found = np.zeros(len(rows))
    for group in sorted(set(groups)):
        here = groups == group
        model = fitted(values[~here], labels[~here], weights[~here])
        found[here] = model[0] + values[here] @ model[1:]
    return found


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("judged", type=Path)
    parser.add_argument("--passed", type=float, default=0.87, help="share of the true claims that are to pass")
    parser.add_argument("--rows", type=Path, help="keep the signals here, and take them from here")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    given = parser.parse_args()
    if given.rows and given.rows.exists():
        every = [json.loads(line) for line in given.rows.read_text(encoding="utf-8").splitlines()]
    else:
        own = list(judged(given.judged))
        every = measured([*own, *cases(), *riders(own)])
        if given.rows:
            given.rows.write_text("".join(json.dumps(r) + "\n" for r in every), encoding="utf-8")
    rows = [r for r in every if r["signals"]]
    values, labels = np.array([r["signals"] for r in rows]), np.array([float(r["label"] == "carried") for r in rows])
    weights = weights_of(rows)
    odds = unseen(rows, values, labels, weights)
    true = [n for n, r in enumerate(rows) if r["label"] == "carried" and r["source"] != "riders"]
    order = sorted(true, key=lambda n: -odds[n])
    reached = np.cumsum(weights[order]) / weights[order].sum()
    limit = float(odds[order[min(len(order) - 1, int(np.searchsorted(reached, given.passed)))]])
    passed = dict(zip(map(id, rows), odds >= limit, strict=True))
    table: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row in every:
        table[row["source"], row["label"]].append(bool(passed.get(id(row), False)))
    for (source, label), those in sorted(table.items()):
        before = sum(r["signals"] is None for r in every if (r["source"], r["label"]) == (source, label))
        passing = f"let through {sum(those):4} of {len(those):4}  {sum(those) / len(those):.2f}"
        print(f"{source:20} {label:13} {passing}  (stopped before: {before})")
    model = fitted(values, labels, weights)
    told = dict(zip(weighing.NAMES, (round(float(w), 3) for w in model[1:]), strict=True))
    print(told, "limit", round(1 / (1 + np.exp(-limit)), 3))
    if not given.dry_run:
        record = {
            "signals": list(told),
            "constant": round(float(model[0]), 3),
            "weights": list(told.values()),
            "enough": round(1 / (1 + np.exp(-limit)), 3),
        }
        weighing.LEARNED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
