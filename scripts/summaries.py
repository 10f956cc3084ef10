"""Fits which sentence stands for a paper and what names a topic in a summary of many; prints the weights, which are copied by hand.

    python scripts/summaries.py BENCH JUDGED

`BENCH` holds `scifact`, `pubmedqa` and `scitldr` (corpus.jsonl, rationale.jsonl, queries.jsonl, qrels), `JUDGED` the rows of other people's
judgements (`training/README.md`). A paper's finding is what its claims rest on (SciFact), its conclusion (PubMedQA), or what is nearest to
its summary in one sentence (SciTLDR), among the sentences that tell a result: `_FINDING` in `rag/answering/summaries.py`. A topic's name is
a term that is a subject heading of half of its papers at least (PubMedQA's): `_NAME` in `rag/answering/topics.py`. A fifth of the papers,
and SciTLDR's dev papers, are left out of the first fit, every second set of papers of the second, and are what the figures are of.
"""

from __future__ import annotations

import json
import random
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag import config
from rag.answering import summaries, topics
from rag.assistant import load_embedder
from rag.reading.roles import roles
from rag.schema import Paper
from rag.text import sentences, stem, stems, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

SETS, SIZE, STEPS, RATE, SHARP = 120, 16, 3000, 0.05, 0.08
CHECK_TAGS = frozenset(
    ["Humans", "Female", "Male", "Adult", "Aged", "Middle Aged", "Adolescent", "Child", "Young Adult", "Infant", "Animals"]
)
"""Headings that say whom a study was about, which every paper has."""


def rows(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def cut(text: str) -> list[str]:
    """The sentences of an abstract."""
    return [text[s.start : s.end] for s in sentences(text)]


def alike(one: str, other: str) -> float:
    """The share of stems that two texts have in common (ROUGE-1, F)."""
    a, b = Counter(stems(one)), Counter(stems(other))
    return 2 * (a & b).total() / max(1, a.total() + b.total())


def judged(bench: Path, more: Path) -> Iterator[tuple[str, str, list[str], list[float]]]:
    """Source, title, sentences, and how well each stands for the paper."""
    texts = {name: {r["_id"]: r for r in rows(bench / name / "corpus.jsonl")} for name in ("scifact", "pubmedqa", "scitldr")}
    asked = {r["_id"]: r["text"] for name in ("pubmedqa", "scitldr") for r in rows(bench / name / "queries.jsonl")}
    marks: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    titles = {}
    for name in ("scifact", "pubmedqa"):
        for row in rows(bench / name / "rationale.jsonl"):
            marks[name, row["doc_id"]].append(row["sentences"])
            titles[name, row["doc_id"]] = texts[name][row["doc_id"]]["title"] or asked[row["query_id"]]
    for (name, doc), marked in marks.items():
        own = cut(texts[name][doc]["text"])
        yield name, titles[name, doc], own, [sum(n in m for m in marked) / len(marked) for n in range(len(own))]
    once = {r["doc"]: r for r in rows(more / "claims.jsonl") if r["source"] == "scitldr" and r["label"] == "carried"}
    for row in once.values():
        yield "scitldr", row["title"], row["sentences"], [alike(s, row["text"]) for s in row["sentences"]]
    for line in (bench / "scitldr/qrels/dev.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, doc, _ = line.split("\t")
        own = cut(texts["scitldr"][doc]["text"])
        yield "scitldr dev", texts["scitldr"][doc]["title"], own, [alike(s, asked[query]) for s in own]


def findings(bench: Path, more: Path) -> None:
    """Fit and print what a finding is told by."""
    learned: list[tuple[str, Matrix, Matrix]] = []
    left: list[tuple[str, Matrix, Matrix]] = []
    for source, title, texts, gains in judged(bench, more):
        told, of_title = roles(texts), frozenset(stems(title))
        kept = [n for n in range(len(texts)) if told[n]["result"] >= summaries.RESULT]
        if len(texts) < 4 or len(kept) < 2 or max(gains[n] for n in kept) == 0:
            continue
        own = np.array([[told[n]["result"], len(of_title & set(stems(texts[n]))) / max(1, len(of_title))] for n in kept])
        held = source == "scitldr dev" or zlib.crc32(title.encode()) % 5 == 0
        (left if held else learned).append((source, own, np.array([gains[n] for n in kept])))
    many = Counter(source for source, _, _ in learned)
    weights = np.zeros(2)
    for _ in range(STEPS):
        slope = np.zeros(2)
        for source, own, gains_ in learned:
            wanted = np.exp((gains_ - gains_.max()) / SHARP) if source == "scitldr" else gains_
            powers = np.exp(own @ weights - (own @ weights).max())
            slope += own.T @ (wanted / wanted.sum() - powers / powers.sum()) / many[source] / len(many)
        weights += RATE * 10 * slope
    print("finding:", dict(zip(("result", "title"), weights.round(2).tolist(), strict=True)))
    for source in sorted({s for s, _, _ in left}):
        of = [(own, g) for s, own, g in left if s == source]
        for name, score in (("these", weights), ("the chance of a result alone", np.array([1.0, 0.0]))):
            print(f"  {source}, {name}: {np.mean([g[int(np.argmax(own @ score))] / g.max() for own, g in of]):.3f} of {len(of)}")


def names(bench: Path) -> None:
    """Fit and print what the name of a topic is told by."""
    embedder, _ = load_embedder(config.load())
    assert embedder is not None
    titles = {r["_id"][1:]: r["text"] for r in rows(bench / "pubmedqa/queries.jsonl")}
    texts = {r["_id"]: r["text"] for r in rows(bench / "pubmedqa/corpus.jsonl")}
    headings = {r["query_id"][1:]: [frozenset(map(stem, words(m))) for m in r["meshes"] if m not in CHECK_TAGS]
                for r in rows(bench / "pubmedqa/answers.jsonl")}  # fmt: skip
    papers = [Paper(paper_id=pid, title=titles[pid], abstract=texts[pid]) for pid in sorted(headings) if pid in titles and pid in texts]
    vectors = embedder.embed([topics.read(p) for p in papers])
    held = Counter(s for p in papers for s in set(stems(f"{p.title} {p.abstract}")))

    def weigh(said: Sequence[str]) -> list[float]:
        largest = np.log(1 + (len(papers) - 0.5) / 1.5)
        return [float(np.log(1 + (len(papers) - held[s] + 0.5) / (held[s] + 0.5)) / largest) if held[s] else 1.5 for s in said]

    draw = random.Random(5)
    rows_: list[tuple[int, list[float], bool]] = []
    for trial in range(SETS):
        start = draw.randrange(len(papers))
        near = np.argsort(-(vectors @ vectors[start]))[:SIZE].tolist()
        own = [papers[n] for n in (draw.sample(range(len(papers)), SIZE) if trial % 3 == 0 else near)]
        terms = {k: t for k, t in topics.candidates(own).items() if 1 < len(t.papers) <= topics.WIDEST * SIZE}
        for key, told in topics.signs(own, terms, weigh, embedder.embed).items():
            said = frozenset(key.split())
            fits = [any(said == h or (said < h and len(said) > 1) for h in headings[pid]) for pid in terms[key].papers]
            rows_.append((trial % 2, list(told.values()), sum(fits) * 2 >= len(fits)))
    x, y = np.array([r[1] for r in rows_]), np.array([r[2] for r in rows_])
    learn = np.array([r[0] == 0 for r in rows_])
    weights = np.zeros(x.shape[1])
    for _ in range(50):  # Newton's steps
        chance = 1 / (1 + np.exp(-x[learn] @ weights))
        slope = x[learn].T @ (y[learn] - chance) - 1e-3 * weights
        weights += np.linalg.solve((x[learn].T * (chance * (1 - chance))) @ x[learn] + 1e-3 * np.eye(len(weights)), slope)
    print("name:", dict(zip(topics.SIGNS, weights.round(2).tolist(), strict=True)))
    for sign, score in (("these", x @ weights), *((s, x[:, n]) for n, s in enumerate(topics.SIGNS) if s)):
        print(
            f"  {sign}: area under the curve {area(score[~learn], y[~learn]):.3f} of {(~learn).sum()} terms, {y[~learn].mean():.3f} right"
        )


def area(score: Matrix, right: NDArray[np.bool_]) -> float:
    """The area under the curve."""
    above = (score[right][:, None] > score[~right]).mean() + (score[right][:, None] == score[~right]).mean() / 2
    return float(above)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python scripts/summaries.py BENCH JUDGED")
    findings(Path(sys.argv[1]), Path(sys.argv[2]))
    names(Path(sys.argv[1]))
