"""Fit the decision to answer or to abstain on the development questions, and write `rag/answering/abstain.json`.

    .venv/bin/python scripts/calibrate.py [--also FOLDER] [--dry-run]

Questions: `eval/gold/dev.jsonl`, `calibration.jsonl` and `threshold.jsonl` beside it, and those of `training/data` about papers that the
cross-encoder has not learned from; over the bundled corpus (and over the same papers in `--also`, such as their original documents). Each
answerable question also stands as one outside the collection, with its papers taken out of the hits. The cross-encoder has learned from
`calibration.jsonl`: those questions count as not read together, as do copies of the others, so that the decision also holds where there
is no cross-encoder, and before it is asked.
Reported: refusals by kind in six-fold cross-validation over question families, where the cross-encoder is asked only below
`drafting.CERTAIN`. The test split is never read.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "training")]

import boosting  # noqa: E402 - it walks trees with rag
from texts import HELD_OUT  # noqa: E402 - it lies beside the training

from rag import config  # noqa: E402
from rag.answering import signals  # noqa: E402
from rag.answering.abstain import CLASSES  # noqa: E402
from rag.assistant import Assistant, Turn  # noqa: E402
from rag.drafting import CERTAIN, MANY  # noqa: E402
from rag.schema import Filters  # noqa: E402

Row = tuple[str, str, str, list[float], str, float, str]
"""Label, kind, family, signals, question, weight, where it comes from."""

Array = np.ndarray[Any, np.dtype[np.float64]]
TAKEN_OUT_WEIGHT = 0.5
COPY_WEIGHT, FOLDS = 0.8, 6
TOGETHER = 5  # the last signals are the cross-encoder's
ALWAYS_READ = 2.0  # no probability reaches it
SMALL = ((12, 12), (1, 5))
"""Sizes of the small libraries made of the bundled papers, and from which paper to which the next one starts."""

FALSE_REFUSALS = 0.03
"""Of the questions that were written as people type them."""


def questions() -> list[dict[str, Any]]:
    """Every development question with its label and its papers."""
    found = []
    for line in (ROOT / "eval/gold/dev.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["type"] in {"list", "aggregate", "temporal"}:
            continue
        papers = {a["paper_id"] for e in record["evidence"] for a in e["any_of"]}
        label = record["unanswerable_reason"] or "answerable"
        found.append({**record, "label": label, "papers": papers, "family": record["family"], "from": "dev"})
    plain: dict[str, Any] = {"history": [], "filters": {}}
    for name in ("calibration", "threshold"):
        for n, line in enumerate((ROOT / f"eval/gold/{name}.jsonl").read_text(encoding="utf-8").splitlines()):
            record = json.loads(line)
            if record.get("type") not in {"list", "aggregate", "temporal"}:
                papers = set(record["papers"])
                family = f"{min(papers)}" if papers else f"{name}{n}"  # questions about one paper stay in one fold
                found.append({**plain, **record, "papers": papers, "family": family, "from": name})
    for line in (ROOT / "training/data/questions.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["block"] in HELD_OUT:
            owner = record["paper_id"]
            found.append({**plain, **record, "papers": {owner}, "family": owner, "from": "held out"})
    return found


def measured(assistant: Assistant, record: dict[str, Any], *, taken_out: bool) -> tuple[float, ...] | None:
    """The signals of a question; None where it is answered from fields alone."""
    question, hits = assistant.finder.find(
        record["question"], turns=[Turn(question=q) for q in record["history"]], filters=Filters(**record["filters"]) or None
    )
    if taken_out:
        hits = [h for h in hits if h.paper.paper_id not in record["papers"]]
    if not hits or question.kind in {"field", "chat", *MANY}:
        return None
    drafter = dataclasses.replace(assistant.drafter, certain=ALWAYS_READ)
    if record["from"] == "calibration":
        drafter = dataclasses.replace(drafter, pairs=None)
    return drafter.weigh(question, hits).signals.values()


def rows_of(source: Path, asked: list[dict[str, Any]], *, place: Path, weight: float) -> list[Row]:
    """The signals of the questions over a library of what `source` holds; answerable ones also with their papers taken out."""
    rows: list[Row] = []
    if not asked:
        return rows
    with Assistant.open(config.load(library=str(place)), create=True) as assistant:
        assistant.ingest([source])
        cases = [(r, taken_out) for r in asked for taken_out in ((False, True) if r["label"] == "answerable" else (False,))]
        with ThreadPoolExecutor() as pool:
            every = pool.map(lambda case: measured(assistant, case[0], taken_out=case[1]), cases)
            for (record, taken_out), found in zip(cases, every, strict=True):
                if found is not None:
                    kind = "taken_out" if taken_out else record["label"]
                    rows.append((record["label"], kind, record["family"], list(found), record["question"], weight, record["from"]))
    return rows


def _laid_out(model: dict[str, Any]) -> str:
    """JSON with a line a round of trees."""
    rounds = ",\n".join(json.dumps(trees, separators=(",", ":")) for trees in model["rounds"])
    head = json.dumps({k: v for k, v in model.items() if k != "rounds"}, indent=1)
    return f'{head[:-2]},\n "rounds": [\n{rounds}\n]}}\n'


def main() -> None:
    """Measure, cross-validate, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--also", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--dump", type=Path, help="write the measured signals as JSON")
    parser.add_argument("--rows", type=Path, help="fit on signals that --dump wrote")
    args = parser.parse_args()
    if args.rows:
        report_and_fit([tuple(row) for row in json.loads(args.rows.read_text(encoding="utf-8"))], dry_run=args.dry_run)
        return
    asked = questions()
    papers = [json.loads(line) for line in (ROOT / "corpus/papers.jsonl").read_text(encoding="utf-8").splitlines()]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place:
        for folder in [ROOT / "corpus/papers.jsonl", *([args.also] if args.also else [])]:
            rows += rows_of(folder, asked, place=Path(place) / f"whole{len(rows)}", weight=1.0)
        # In a small library words weigh otherwise and the first paper has no rival: the decision has to hold there as well.
        for size, step in SMALL:
            for first in range(0, len(papers), step):
                part = papers[first : first + size]
                held = {p["paper_id"] for p in part}
                inside = [r for r in asked if r["papers"] and r["papers"] <= held and r["from"] != "threshold"]
                source = Path(place) / f"{size}-{first}.jsonl"
                source.write_text("".join(json.dumps(p) + "\n" for p in part), encoding="utf-8")
                rows += rows_of(source, inside, place=Path(place) / f"library-{size}-{first}", weight=0.5)
    if args.dump:
        args.dump.write_text(json.dumps(rows))
    report_and_fit(rows, dry_run=args.dry_run)


def _left_out(run: tuple[Array, Array, Array, Array]) -> Array:
    """Chances of the last values by a fit on the others: those before the cross-encoder is asked, where they suffice."""
    values, labels, weights, asked = run
    model = boosting.fit(values, labels, weights, len(CLASSES))
    found, unread = boosting.chances(model, asked), asked.copy()
    unread[:, -TOGETHER:] = signals.UNREAD
    before = boosting.chances(model, unread)
    return np.where(before[:, :1] >= CERTAIN, before, found)


def report_and_fit(rows: list[Row], *, dry_run: bool) -> None:
    """Cross-validated rates, then the fit on everything."""
    unread = [signals.UNREAD] * TOGETHER
    others = [r for r in rows if r[6] != "calibration"]
    copies = [(*r[:3], [*r[3][:-TOGETHER], *unread], r[4], COPY_WEIGHT * r[5], "copy") for r in others[::2]]
    rows = [*rows, *copies]
    values = np.array([r[3] for r in rows])
    kinds = np.array([r[1] for r in rows])
    labels = np.array([CLASSES.index("out_of_corpus" if r[1] == "taken_out" else r[0]) for r in rows])
    weights = np.where(kinds == "taken_out", TAKEN_OUT_WEIGHT, 1.0) * np.array([r[5] for r in rows])
    sources = np.array([r[6] for r in rows])
    whole = np.array([r[5] == 1.0 for r in rows]) & np.isin(sources, ["dev", "threshold"])
    families = sorted({r[2] for r in rows})
    np.random.default_rng(0).shuffle(families)
    fold = np.array([families.index(r[2]) % FOLDS for r in rows])

    held_out = np.zeros((len(rows), len(CLASSES)))
    with ProcessPoolExecutor() as pool:
        runs = [(values[fold != n], labels[fold != n], weights[fold != n], values[fold == n]) for n in range(FOLDS)]
        for n, found in enumerate(pool.map(_left_out, runs)):
            held_out[fold == n] = found
    refused = 1 - held_out[:, 0]
    groups = {"natural": whole, "unseen papers": sources == "held out", "small libraries": np.isin(sources, ["dev", "threshold"]) & ~whole}
    groups |= {"not read together": sources == "calibration"}
    for share in (0.02, 0.03, 0.04, 0.05, 0.08):
        limit = float(np.quantile(refused[(kinds == "answerable") & whole], 1 - share))
        print(f"threshold {limit:.3f}, {share:.0%} false refusals")
        for name, those in groups.items():
            parts = {k: refused[(kinds == k) & those] for k in ("answerable", "taken_out", *CLASSES[1:])}
            rates = {k: round(float((part > limit).mean()), 3) for k, part in parts.items() if len(part)}
            print(f"  {name}: refused {rates}")
    worst = sorted((-refused[n], rows[n][4]) for n in range(len(rows)) if kinds[n] == "answerable" and whole[n])[:14]
    print("most doubted answerable:", *(f"  {-d:.2f} {q}" for d, q in worst), sep="\n")
    if dry_run:
        return
    start, rounds = boosting.fit(values, labels, weights, len(CLASSES))
    threshold = float(np.quantile(refused[(kinds == "answerable") & whole], 1 - FALSE_REFUSALS))
    model = {
        "made_by": "scripts/calibrate.py",
        "signals": signals.NAMES,
        "classes": CLASSES,
        "threshold": round(threshold, 3),
        "start": start,
        "rounds": rounds,
    }
    (ROOT / "rag/answering/abstain.json").write_text(_laid_out(model), encoding="utf-8")


if __name__ == "__main__":
    main()
