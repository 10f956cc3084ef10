"""The texts that the cross-encoder learns from: questions and claims with the sentences of an abstract, as numbers.

`data/` holds them by block of papers; each paper stands in two versions that say the same, the bundled retelling and, where the
original documents are at hand, the original abstract.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rag.embedding.crossencoder import CLAIM_SENTENCES
from rag.schema import Paper
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Head = Literal["question", "claim"]

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from scifact_pairs import pairs  # noqa: E402 - it lies among the scripts

DATA = Path(__file__).resolve().parent / "data"

HELD_OUT = frozenset({9})
"""Blocks of papers that are never learned from: what is reported is about them."""


def papers_of(source: Path) -> dict[str, Paper]:
    """The papers of a JSONL file by paper_id, or of documents with the same papers, under the bundled ids."""
    if source.suffix == ".jsonl":
        records = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
        return {r["paper_id"]: Paper(paper_id=r["paper_id"], title=r["title"], abstract=r["abstract"]) for r in records}
    from rag.library import Library
    from rag.sources import read

    with tempfile.TemporaryDirectory() as place:
        library = Library.open(place, embedder=None, create=True)
        library.add(read(ROOT / "corpus/papers.jsonl"))
        library.add(read(source))
        found = {p.paper_id: p for p in library.list()}
        library.close()
    return found


LABELS = ("answerable", "detail_missing", "false_premise", "unrelated")
"""Classes of a question, in the order of the head."""

_NEIGHBOURS = {"question": 0.25, "claim": 0.15}
"""Share of questions and claims that also stand with a paper near by, which then does not answer or carry them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question or a claim with the sentences of a paper. `holds` marks the ones that hold it; None where nothing is known of them.

    `twin` is equal for two claims of which one is true and the other is not, in nearly the same words.
    """

    head: Head
    text: str
    title: str
    sentences: tuple[str, ...]
    holds: tuple[bool, ...] | None
    label: int
    kind: str
    held_out: bool
    twin: str = ""


def examples(versions: Sequence[Mapping[str, Paper]], embedder: Any, *, seed: int) -> list[list[Example]]:
    """Every question and claim with its paper: a list of the same text for each version of the papers, the bundled one first."""
    generator = random.Random(seed)
    bundled = versions[0]
    ids = sorted(bundled)
    matrix = embedder.embed([f"{bundled[i].title}. {bundled[i].abstract[:500]}" for i in ids])
    cut = [{i: _cut(p, embedder) for i, p in papers.items()} for papers in versions]
    found: list[list[Example]] = []

    def near(text: str) -> list[str]:
        return [ids[n] for n in np.argsort(-(matrix @ embedder.embed_query(text)), kind="stable")]

    def add(head: Head, text: str, paper_id: str, label: int, kind: str, row: Mapping[str, Any], *, twin: str = "") -> None:
        vector = embedder.embed_query(text)
        both = []
        for n, papers in enumerate(versions):
            texts, vectors = cut[n][paper_id]
            places = list(range(len(texts)))
            if head == "claim":
                places = sorted(np.argsort(-(vectors @ vector), kind="stable")[:CLAIM_SENTENCES])
            marked = set(row.get("retold" if n == 0 else "original", ()))
            holds = tuple(p in marked for p in places) if marked or (head == "question" and label == 1) else None
            both.append(
                Example(
                    head=head,
                    text=text,
                    title=papers[paper_id].title,
                    sentences=tuple(texts[p] for p in places),
                    holds=holds,
                    label=label,
                    kind=kind,
                    held_out=row.get("block") in HELD_OUT,
                    twin=twin,
                )
            )
        found.append(both)

    def neighbour(head: Head, text: str, row: Mapping[str, Any], label: int) -> None:
        if generator.random() < _NEIGHBOURS[head]:
            others = [i for i in near(text) if i != row["paper_id"]][:4]
            add(head, text, generator.choice(others), label, "neighbour", {"block": row["block"]})

    for row in lines(DATA / "questions.jsonl"):
        add("question", row["question"], row["paper_id"], LABELS.index(row["label"]), row["label"], row)
        if row["label"] == "answerable":
            neighbour("question", row["question"], row, LABELS.index("unrelated"))
    for row in lines(DATA / "outside.jsonl"):
        first, *others = near(row["question"])[:4]
        owner = first if generator.random() < 0.7 else generator.choice(others)
        add("question", row["question"], owner, LABELS.index("unrelated"), "outside", {})
    for row in lines(DATA / "claims.jsonl"):
        add("claim", row["text"], row["paper_id"], int(row["label"] == "fault"), row["kind"], row)
        if "true" in row:
            add("claim", row["true"], row["paper_id"], 0, "true", row)
        if row["label"] == "faithful":
            neighbour("claim", row["text"], row, 1)
    for row in lines(ROOT / "eval/gold/calibration.jsonl"):
        if (
            row["label"] in LABELS[:3]
            and row["papers"]
            and not row.get("history")
            and row.get("type") not in {"list", "aggregate", "temporal"}
        ):
            add("question", row["question"], row["papers"][0], LABELS.index(row["label"]), row["label"], {})
    for n, row in enumerate(lines(DATA / "twins.jsonl")):
        add("claim", row["true"], row["paper_id"], 0, "twin true", row, twin=str(n))
        add("claim", row["false"], row["paper_id"], 1, f"twin {row['kind']}", row, twin=str(n))
    return found


def scifact(embedder: Any, folder: Path) -> list[list[Example]]:
    """SciFact's train claims (Wadden et al. 2020, arXiv 2004.14974), each with its paper and with the closest other one."""
    found = []
    for pair in pairs(embedder, folder):
        if pair.split != "train" or pair.kind == "RANDOM":
            continue
        texts, vectors = _cut(pair.paper, embedder)
        nearest = sorted(np.argsort(-(vectors @ embedder.embed_query(pair.claim)), kind="stable")[:CLAIM_SENTENCES])
        example = Example(
            head="claim",
            text=pair.claim,
            title=pair.paper.title,
            sentences=tuple(texts[n] for n in nearest),
            holds=None,
            label=int(pair.kind != "SUPPORT"),
            kind=f"SciFact {pair.kind.lower()}",
            held_out=False,
        )
        found.append([example])
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _cut(paper: Paper, embedder: Any) -> tuple[list[str], Any]:
    texts = [paper.abstract[s.start : s.end] for s in sentences(paper.abstract)]
    return texts, embedder.embed(texts)
