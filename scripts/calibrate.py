"""Fit the decision to answer or to abstain, and write `rag/deciding/decision.json`.

    .venv/bin/python scripts/calibrate.py [--also FOLDER] [--foreign FOLDER [--bench FOLDER]] [--dump FILE | --rows FILE] [--dry-run]

Questions of ours: `eval/gold/dev.jsonl`, `calibration.jsonl` and `threshold.jsonl` beside it, and those of `training/data` about papers
that the reader has not learned from; over the bundled corpus (and over the same papers in `--also`, such as their original documents),
and over small libraries made of it. Questions of others (`--foreign`, in the form of `training/README.md`): the development rows of each
source, over a library of its abstracts; with `--bench` also those of `training/data/abstracts_asked.jsonl`, whose abstracts lie there and
in `--foreign`. Each answerable question also stands as one outside the collection, with its papers taken out of
the hits. Reported: refusals by kind, and the calibration error, in six-fold cross-validation over question families and, for each foreign
source, by a fit that has not seen the source. The test split is never read.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "training")]

import boosting  # noqa: E402 - it walks trees with rag
from asked import as_judged  # noqa: E402
from asked import asked as asked_of_others  # noqa: E402

from rag import config  # noqa: E402
from rag.assistant import Assistant, Turn  # noqa: E402
from rag.deciding import signals  # noqa: E402
from rag.deciding.decision import CLASSES  # noqa: E402
from rag.questions.kinds import MANY  # noqa: E402
from rag.schema import Filters, Paper  # noqa: E402

Row = tuple[str, str, str, list[float], str, float, str]
"""Label, kind, family, signals, question, weight, where it comes from."""

Array = np.ndarray[Any, np.dtype[np.float64]]
FOLDS = 6
THEIRS = 0.25
"""Share of what is learned from that is other people's: their libraries are small, and of one field each."""

MIXED = frozenset({"bioasq"})
"""Sources whose texts are snippets of several papers put together: what one of them lacks, another says."""
SMALL = ((12, 12), (1, 5))
"""Sizes of the small libraries made of the bundled papers, and from which paper to which the next one starts."""

HELD_OUT = frozenset({9})
"""Blocks of bundled papers that the reader has not learned from."""

PLAIN: dict[str, Any] = {"history": [], "filters": {}}
FOREIGN = {"detail_missing": "detail_missing", "contradicted": "false_premise", "answerable": "answerable"}

FALSE_REFUSALS = 0.05
"""Of the questions that were written as people type them."""

READ = 7
"""The first signals are the reader's."""

LITERATURE = 0.08
"""Enough where papers are asked for, not an answer."""


def questions() -> list[dict[str, Any]]:
    """Every development question of ours with its label and its papers."""
    found = []
    for line in (ROOT / "eval/gold/dev.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["type"] in {"list", "aggregate", "temporal"}:
            continue
        papers = {a["paper_id"] for e in record["evidence"] for a in e["any_of"]}
        label = record["unanswerable_reason"] or "answerable"
        found.append({**record, "label": label, "papers": papers, "family": record["family"], "from": "dev"})
    for name in ("calibration", "threshold"):
        for n, line in enumerate((ROOT / f"eval/gold/{name}.jsonl").read_text(encoding="utf-8").splitlines()):
            record = json.loads(line)
            if record.get("type") not in {"list", "aggregate", "temporal"}:
                papers = set(record["papers"])
                family = f"{min(papers)}" if papers else f"{name}{n}"  # questions about one paper stay in one fold
                found.append({**PLAIN, **record, "papers": papers, "family": family, "from": name})
    for line in (ROOT / "training/data/questions.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["block"] in HELD_OUT:
            owner = record["paper_id"]
            found.append({**PLAIN, **record, "papers": {owner}, "family": owner, "from": "held out"})
    return found


def foreign(folder: Path, bench: Path | None) -> dict[str, tuple[list[Paper], list[dict[str, Any]]]]:
    """By source: the papers of all rows, and the questions of the development ones."""
    papers: dict[str, dict[tuple[str, ...], Paper]] = defaultdict(dict)
    asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    copies: dict[tuple[str, str], set[str]] = defaultdict(set)
    ours = as_judged(asked_of_others(bench, folder), random.Random(1)) if bench else ()
    for row in itertools.chain(map(json.loads, (folder / "questions.jsonl").open(encoding="utf-8")), ours):
        source, key = row["source"], tuple(row["sentences"])
        paper = papers[source].setdefault(
            key, Paper(paper_id=f"{source}-{len(papers[source])}", title=row["title"], abstract=" ".join(row["sentences"]))
        )
        # A document may stand there several times, with and without the sentences that answer: of these only the row's own counts.
        copies[(source, row["doc"].partition("#")[0])].add(paper.paper_id)
        if row["split"] == "dev" and row["label"] in FOREIGN and source not in MIXED:
            asked[source].append(
                {
                    **PLAIN,
                    "question": row["question"],
                    "label": FOREIGN[row["label"]],
                    "papers": {paper.paper_id},
                    "family": f"{source} {row['doc']}",
                    "from": source,
                    "copies": copies[(source, row["doc"].partition("#")[0])],
                }
            )
    return {source: (list(papers[source].values()), own) for source, own in asked.items()}


def measured(assistant: Assistant, record: dict[str, Any], *, taken_out: bool) -> tuple[float, ...] | None:
    """The signals of a question; None where it is answered from fields alone."""
    question, hits = assistant.finder.find(
        record["question"], turns=[Turn(question=q) for q in record["history"]], filters=Filters(**record["filters"]) or None
    )
    hits = [h for h in hits if h.paper.paper_id not in record.get("copies", set()) - record["papers"]]
    if taken_out:
        hits = [h for h in hits if h.paper.paper_id not in record["papers"]]
    if not hits or question.kind in {"field", "chat", *MANY}:
        return None
    return assistant.drafter.weigh(question, hits, quoted=False).signals.values()


def rows_of(source: Path | list[Paper], asked: list[dict[str, Any]], *, place: Path, weight: float) -> list[Row]:
    """The signals of the questions over a library of what `source` holds; answerable ones also with their papers taken out."""
    rows: list[Row] = []
    if not asked:
        return rows
    with Assistant.open(config.load(library=str(place)), create=True) as assistant:
        if isinstance(source, Path):
            assistant.ingest([source])
        else:
            assistant.library.add(source)
            assistant.library.embed_pending()
        for record in asked:
            for taken_out in (False, True) if record["label"] == "answerable" else (False,):
                found = measured(assistant, record, taken_out=taken_out)
                if found is not None:
                    kind = "taken_out" if taken_out else record["label"]
                    rows.append((record["label"], kind, record["family"], list(found), record["question"], weight, record["from"]))
    print(f"{place.name}: {len(rows)} rows", file=sys.stderr, flush=True)
    return rows


def _rows_of(job: tuple[Path | list[Paper], list[dict[str, Any]], Path, float]) -> list[Row]:
    source, asked, place, weight = job
    return rows_of(source, asked, place=place, weight=weight)


def _laid_out(model: dict[str, Any]) -> str:
    """JSON with a line a round of trees."""
    rounds = ",\n".join(json.dumps(trees, separators=(",", ":")) for trees in model["rounds"])
    head = json.dumps({k: v for k, v in model.items() if k != "rounds"}, indent=1)
    return f'{head[:-2]},\n "rounds": [\n{rounds}\n]}}\n'


def main() -> None:
    """Measure, cross-validate, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--also", type=Path)
    parser.add_argument("--foreign", type=Path)
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--dump", type=Path, help="write the measured signals as JSON")
    parser.add_argument("--rows", type=Path, help="fit on signals that --dump wrote")
    args = parser.parse_args()
    if args.rows:
        report_and_fit([tuple(row) for row in json.loads(args.rows.read_text(encoding="utf-8"))], dry_run=args.dry_run)
        return
    asked = questions()
    few = [r for r in asked if r["from"] in {"dev", "held out"}]
    papers = [json.loads(line) for line in (ROOT / "corpus/papers.jsonl").read_text(encoding="utf-8").splitlines()]
    jobs: list[tuple[Path | list[Paper], list[dict[str, Any]], Path, float]] = []
    with tempfile.TemporaryDirectory() as place:
        jobs.append((ROOT / "corpus/papers.jsonl", asked, Path(place) / "bundled", 1.0))
        if args.also:
            jobs.append((args.also, few, Path(place) / "also", 1.0))
        for source, (own, theirs) in (foreign(args.foreign, args.bench) if args.foreign else {}).items():
            jobs.append((own, theirs, Path(place) / f"foreign-{source}", 1.0))
        # In a small library words weigh otherwise and the first paper has no rival: the decision has to hold there as well.
        for size, step in SMALL:
            for first in range(0, len(papers), step):
                part = papers[first : first + size]
                held = {p["paper_id"] for p in part}
                inside = [r for r in few if r["papers"] and r["papers"] <= held]
                lines = Path(place) / f"{size}-{first}.jsonl"
                lines.write_text("".join(json.dumps(p) + "\n" for p in part), encoding="utf-8")
                jobs.append((lines, inside, Path(place) / f"library-{size}-{first}", 0.5))
        with ProcessPoolExecutor(2) as pool:
            rows = [row for found in pool.map(_rows_of, jobs) for row in found]
    if args.dump:
        args.dump.write_text(json.dumps(rows))
    report_and_fit(rows, dry_run=args.dry_run)


def _left_out(run: tuple[Array, Array, Array, Array]) -> Array:
    """Chances of the last values by a fit on the others."""
    values, labels, weights, asked = run
    return boosting.chances(boosting.fit(values, labels, weights, len(CLASSES)), asked)


def report_and_fit(rows: list[Row], *, dry_run: bool) -> None:
    """Cross-validated rates, then the fit on everything."""
    # Copies that were not read together: the decision also holds where the cross-encoder's weights are missing.
    rows = [r for r in rows if r[6] not in MIXED]
    unread = [signals.UNREAD] * READ
    rows = [*rows, *((*r[:3], [*unread, *r[3][READ:]], r[4], 0.3 * r[5], "unread") for r in rows[::3] if r[5] == 1.0)]
    values = np.array([r[3] for r in rows])
    kinds = np.array([r[1] for r in rows])
    labels = np.array([CLASSES.index("out_of_corpus" if r[1] == "taken_out" else r[0]) for r in rows])
    sources = np.array([r[6] for r in rows])
    ours = np.isin(sources, ["dev", "calibration", "threshold", "held out", "unread"])
    weights = np.array([r[5] for r in rows])
    weights[~ours] *= THEIRS / (1 - THEIRS) * weights[ours].sum() / max(1.0, weights[~ours].sum())
    whole = np.array([r[5] == 1.0 for r in rows]) & np.isin(sources, ["dev", "threshold"])
    families = sorted({r[2] for r in rows})
    np.random.default_rng(0).shuffle(families)
    number = {name: n for n, name in enumerate(families)}
    fold = np.array([number[r[2]] % FOLDS for r in rows])
    names = sorted(set(sources[~ours]))
    held_out = np.zeros((len(rows), len(CLASSES)))
    unseen = np.zeros((len(rows), len(CLASSES)))
    with ProcessPoolExecutor(2) as pool:
        runs = [(values[fold != n], labels[fold != n], weights[fold != n], values[fold == n]) for n in range(FOLDS)]
        runs += [(values[sources != s], labels[sources != s], weights[sources != s], values[sources == s]) for s in names]
        for n, found in enumerate(pool.map(_left_out, runs)):
            if n < FOLDS:
                held_out[fold == n] = found
            else:
                unseen[sources == names[n - FOLDS]] = found
    refused = 1 - held_out[:, 0]
    groups = {"natural": whole, "unseen papers": sources == "held out", "small libraries": ours & ~whole}
    groups |= {name: sources == name for name in names}
    for share in (0.02, 0.04, 0.06, 0.10):
        limit = float(np.quantile(refused[(kinds == "answerable") & whole], 1 - share))
        print(f"threshold {limit:.3f}, {share:.0%} false refusals")
        for name, those in groups.items():
            doubt = 1 - unseen[:, 0] if name in names else refused
            parts = {k: doubt[(kinds == k) & those] for k in ("answerable", "taken_out", *CLASSES[1:])}
            rates = {k: round(float((part > limit).mean()), 3) for k, part in parts.items() if len(part)}
            print(f"  {name}: refused {rates}")
    for name, chance in (("cross-validated", held_out[:, 0]), ("foreign, source unseen", np.where(ours, np.nan, unseen[:, 0]))):
        known = ~np.isnan(chance) & (kinds != "taken_out")
        print(f"calibration error, {name}: {calibration_error(chance[known], labels[known] == 0):.3f}")
    if dry_run:
        return
    start, rounds = boosting.fit(values, labels, weights, len(CLASSES))
    limit = float(np.quantile(held_out[(kinds == "answerable") & whole, 0], FALSE_REFUSALS))
    model = {
        "made_by": "scripts/calibrate.py",
        "signals": signals.NAMES,
        "classes": CLASSES,
        "enough": {"library": round(limit, 3), "paper": round(limit, 3), "literature": LITERATURE},
        "start": start,
        "rounds": rounds,
    }
    (ROOT / "rag/deciding/decision.json").write_text(_laid_out(model), encoding="utf-8")


def calibration_error(chances: Array, right: Array, bins: int = 10) -> float:
    """Mean gap between chance and truth over bins of equal size (Guo et al. 2017, arXiv 1706.04599)."""
    order = np.argsort(chances, kind="stable")
    gaps = [abs(chances[part].mean() - right[part].mean()) * len(part) for part in np.array_split(order, bins) if len(part)]
    return float(sum(gaps) / len(chances))


if __name__ == "__main__":
    main()
