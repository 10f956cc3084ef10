"""How good is the check? Areas under the curve on SciFact's test claims, and the confusion table over the planted cases.

    .venv/bin/python scripts/verifier_quality.py [scifact] [cases SPLIT] [claims] [judged FOLDER]

`claims`: those of `training/data` about papers that the reader has not learned from, and their twins. `judged`: the development rows of
claims and pairs judged by people (the form of `training/README.md`), through the whole check.

About two minutes for SciFact on two cores. Not part of the product.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scifact_pairs import auc, pairs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from asked import lines
from rows import HELD_OUT, papers_of

from rag import reading
from rag.checking.verify import Evidence, Verifier
from rag.embedding import load
from rag.schema import Paper

ROOT = Path(__file__).resolve().parents[1]
OTHERS = 7  # papers offered beside the right one, the nearest first


def main() -> None:
    """Print what was asked for; everything by default."""
    asked = sys.argv[1:] or ["scifact", "cases", "dev"]
    embedder = load("minilm-int8")
    verifier = Verifier(embedder, pairs=reading.load())
    tables = [held_out_claims(verifier)] if "claims" in asked else []
    tables += [judged_claims(verifier, Path(asked[asked.index("judged") + 1]))] if "judged" in asked else []
    for table in tables:
        for kind, passed in sorted(table.items()):
            print(f"{kind:40} let through {sum(passed):4} of {len(passed):4}  {sum(passed) / len(passed):.2f}")
    if "scifact" in asked:
        scored = [(p.kind, verifier.against(p.claim, p.paper).score) for p in pairs(embedder) if p.split == "test"]
        values = {kind: np.array([s for k, s in scored if k == kind]) for kind in ("SUPPORT", "RANDOM", "CLOSE", "CONTRADICT")}
        for kind in ("RANDOM", "CLOSE", "CONTRADICT"):
            print(f"SUPPORT over {kind:10} n={len(values['SUPPORT'])}/{len(values[kind])}  AUC {auc(values['SUPPORT'], values[kind]):.3f}")
    if "cases" in asked:
        split = asked[asked.index("cases") + 1]
        for (kind, status), count in sorted(confusion(verifier, embedder, split).items()):
            print(f"{kind:22} {status:13} {count:4}")


def held_out_claims(verifier: Verifier) -> dict[str, list[bool]]:
    """Whether each claim passes under its own paper, by kind."""
    papers = papers_of(ROOT / "corpus/papers.jsonl")
    found: dict[str, list[bool]] = defaultdict(list)

    def tried(kind: str, text: str, paper_id: str) -> None:
        found[kind].append(not verifier.against(text, papers[paper_id]).fault)

    for row in lines(ROOT / "training/data/claims.jsonl"):
        if row["block"] in HELD_OUT:
            tried(f"{row['label']}, {row['kind']}", row["text"], row["paper_id"])
            if "true" in row:
                tried("faithful, beside a fault", row["true"], row["paper_id"])
    for row in lines(ROOT / "training/data/twins.jsonl"):
        if row["block"] in HELD_OUT:
            tried("faithful, twin", row["true"], row["paper_id"])
            tried(f"fault, twin {row['kind']}", row["false"], row["paper_id"])
    return found


def judged_claims(verifier: Verifier, folder: Path, split: str = "dev") -> dict[str, list[bool]]:
    """Whether each claim that people judged passes the whole check under its own text, by source and judgement; pairs are two claims."""
    found: dict[str, list[bool]] = defaultdict(list)
    for name in ("claims", "pairs"):
        for row in lines(folder / f"{name}.jsonl") if (folder / f"{name}.jsonl").exists() else ():
            if row["split"] != split:
                continue
            paper = Paper(paper_id=row["doc"], title=row["title"], abstract=" ".join(row["sentences"]))
            sides = [(row["text"], row["label"])] if name == "claims" else [(row["true"], "carried"), (row["false"], "contradicted")]
            for text, label in sides:
                status = verifier.check(text, [Evidence(paper=paper)], [paper.paper_id]).status
                found[f"{row['source']}, {label}"].append(status != "unsupported")
    return found


def confusion(verifier: Verifier, embedder: object, split: str) -> Counter[tuple[str, str]]:
    """Verdicts by kind of fault; the faithful sentences are tried a second time under a code that stands for nothing."""
    records = [json.loads(line) for line in (ROOT / "corpus" / "papers.jsonl").read_text(encoding="utf-8").splitlines()]
    papers = {r["paper_id"]: Paper(paper_id=r["paper_id"], title=r["title"], abstract=r["abstract"]) for r in records}
    rows = [json.loads(line) for line in (ROOT / "tests" / "data" / "verify_cases.jsonl").read_text(encoding="utf-8").splitlines()]
    ids = list(papers)
    matrix = embedder.embed([f"{p.title} {p.abstract[:400]}" for p in papers.values()])  # type: ignore[attr-defined]
    table: Counter[tuple[str, str]] = Counter()
    for row in (r for r in rows if r["split"] == split):
        order = np.argsort(-(matrix @ matrix[ids.index(row["paper_id"])]))
        near = [ids[n] for n in order if ids[n] != row["paper_id"]][:OTHERS]
        evidence = [Evidence(paper=papers[i]) for i in (row["paper_id"], *near)]
        cited = near[0] if row["cites"] == "neighbour" else row["paper_id"]
        table[(row["fault"] or "faithful", verifier.check(row["sentence"], evidence, [cited]).status)] += 1
        if row["fault"] is None:
            table[("unknown_code", verifier.check(row["sentence"], evidence, ["zz99"]).status)] += 1
    return table


if __name__ == "__main__":
    main()
