"""Claim and abstract pairs of SciFact's human rationales for the verifier's figures: support, contradiction, closest other, random.

Reads `../shared/bench/scifact` (or the folder given). Not part of the product.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.schema import Paper

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "bench" / "scifact"


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, an abstract, and how they stand: SUPPORT, CONTRADICT, CLOSE or RANDOM."""

    claim: str
    paper: Paper
    kind: str
    split: str


def pairs(embedder: Any, folder: Path = FOLDER, *, seed: int = 7) -> list[Pair]:
    """All pairs. CLOSE: the nearest abstract by embedding that no judgement ties to the claim; RANDOM: any such abstract."""
    papers = {r["_id"]: Paper(paper_id=r["_id"], title=r["title"], abstract=r["text"]) for r in _lines(folder / "corpus.jsonl")}
    claims = {r["_id"]: r["text"] for r in _lines(folder / "queries.jsonl")}
    judged = {(r["query_id"], r["doc_id"]): (r["label"], r["split"]) for r in _lines(folder / "rationale.jsonl")}
    related: dict[str, set[str]] = defaultdict(set)
    for query_id, doc_id in judged:
        related[query_id].add(doc_id)
    for split in ("train", "test"):
        for line in (folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            query_id, doc_id, _score = line.split()
            related[query_id].add(doc_id)
    ids = list(papers)
    matrix = embedder.embed([f"{papers[i].title} {papers[i].abstract[:900]}" for i in ids])
    generator = random.Random(seed)
    found = []
    for (query_id, doc_id), (label, split) in sorted(judged.items()):
        if label not in {"SUPPORT", "CONTRADICT"}:
            continue
        claim = claims[query_id]
        found.append(Pair(claim, papers[doc_id], label, split))
        if label == "SUPPORT":
            order = np.argsort(-(matrix @ embedder.embed_query(claim)))
            close = next(ids[n] for n in order if ids[n] not in related[query_id])
            other = next(i for i in iter(lambda: generator.choice(ids), "") if i not in related[query_id])
            found += [Pair(claim, papers[close], "CLOSE", split), Pair(claim, papers[other], "RANDOM", split)]
    return found


def auc(higher: np.ndarray[Any, Any], lower: np.ndarray[Any, Any]) -> float:
    """Area under the curve: how often a value of `higher` is above one of `lower`, ties by half.

    >>> auc(np.array([3, 2]), np.array([1, 2]))
    0.875
    """
    above = (higher[:, None] > lower[None, :]).mean() + 0.5 * (higher[:, None] == lower[None, :]).mean()
    return float(above)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
