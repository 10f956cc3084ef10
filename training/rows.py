"""The rows that the reader learns from, made once and kept as JSON lines outside the repository.

    python training/rows.py --train ../shared/train --bench ../shared/bench --originals ../shared/seeds [--twins FILE ...] --to rows.jsonl
    python training/rows.py --asked --train ../shared/train --bench ../shared/bench --to asked.jsonl

A row is a question or a claim with a title and the sentences of an abstract: `head` ("question" or "claim"), `may` (the classes that are
right: several where the judgement does not tell them apart), `holds` (numbers of the sentences that answer, carry or contradict; None
where not known), `twin` (equal for a true and a false claim in nearly the same words), `weight`, `source`, `doc`, `split`, `kind`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asked
import numpy as np
from asked import lines

from rag.embedding import load
from rag.reading.crossencoder import CLAIM_CLASSES, QUESTION_CLASSES
from rag.schema import Paper
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from scifact_pairs import pairs  # noqa: E402 - it lies among the scripts

DATA = Path(__file__).resolve().parent / "data"
HELD_OUT = frozenset({9})
"""Blocks of bundled papers that are never learned from."""

Row = dict[str, Any]

_ALIKE = {"detail_missing": "missing", "false_premise": "contradicted", "not_carried": "not_said"}
_AGAINST = frozenset({"reversed", "negation", "swapped_figure", "unit", "figure"})
"""Planted faults of our own that an abstract contradicts; of the others it says nothing, or either."""

_HALF = frozenset({"begin_wow", "wice"})
"""Sources whose judgements are noisy: half weight."""

_NEIGHBOURS = {"question": 0.25, "claim": 0.15}
_NEAR_BY = 0.35
"""Shares of texts that also stand with an abstract near by."""


def classes(head: str, label: str, kind: str) -> list[int]:
    """The classes that are right for a label.

    >>> classes("claim", "carried", ""), classes("question", "detail_missing", "unanswerable, premise may be false")
    ([0], [1, 2])
    """
    if head == "question":
        if "premise may be false" in kind:
            return [1, 2]
        return [QUESTION_CLASSES.index(_ALIKE.get(label, label))]
    if label == "partly":
        return [1, 2]
    return [CLAIM_CLASSES.index(_ALIKE.get(label, label))]


def judged(folder: Path) -> Iterator[Row]:
    """The rows that people judged."""
    for name, head in (("questions", "question"), ("claims", "claim")):
        for n, row in enumerate(lines(folder / f"{name}.jsonl")):
            text = row["question" if head == "question" else "text"]
            yield {
                "head": head,
                "text": text,
                "title": row["title"],
                "sentences": row["sentences"],
                "holds": row["holds"],
                "may": classes(head, row["label"], row["kind"]),
                "weight": 0.5 if row["source"] in _HALF else 1.0,
                "twin": "",
                "source": row["source"],
                "doc": row["doc"],
                "split": row["split"],
                "kind": f"{name} {row['kind']}",
                "n": n,
            }
    yield from twins(folder / "pairs.jsonl")


def typed(bench: Path, train: Path, embedder: Any, generator: random.Random) -> Iterator[Row]:
    """The questions of `data/abstracts_asked.jsonl` with their abstracts; a part without what answers, and with an abstract near by."""
    questions = asked.asked(bench, train)
    papers = {paper.paper_id: paper for paper in asked.papers_of(questions)}
    shelf = _Shelf(papers, embedder)
    shared = {"head": "question", "twin": ""}
    for row in asked.as_judged(questions, generator):
        text, label = row.pop("question"), row.pop("label")
        yield {**row, **shared, "text": text, "may": classes("question", label, ""), "weight": 1.0 if row["holds"] else 0.5}
        if row["holds"] and generator.random() < _NEAR_BY:
            near = generator.choice([i for i in shelf.near(text) if i != row["doc"]][:2])
            other = {"title": papers[near].title, "sentences": shelf.cut[near], "holds": [], "kind": "typed near by"}
            yield {**row, **shared, **other, "text": text, "may": [1, 3], "weight": 0.5}


def twins(path: Path) -> Iterator[Row]:
    """Each pair as two claims, and single claims that stand among them."""
    for n, row in enumerate(lines(path)):
        shared = {
            "head": "claim",
            "title": row["title"],
            "sentences": row["sentences"],
            "holds": row.get("holds"),
            "weight": 1.0,
            "source": row["source"],
            "doc": row["doc"],
            "split": row["split"],
            "kind": f"{path.stem} {row['kind']}",
        }
        if "label" in row:
            yield shared | {"text": row["text"], "may": classes("claim", row["label"], ""), "twin": ""}
            continue
        against = [1] if row.get("false_label", "contradicted") == "contradicted" else [1, 2]
        yield shared | {"text": row["true"], "may": [0], "twin": f"{path.stem} {n}"}
        yield shared | {"text": row["false"], "may": against, "twin": f"{path.stem} {n}"}


def papers_of(source: Path) -> dict[str, Paper]:
    """The papers of a JSONL file by paper_id, or of documents with the same papers, under the bundled ids."""
    if source.suffix == ".jsonl":
        return {r["paper_id"]: Paper(paper_id=r["paper_id"], title=r["title"], abstract=r["abstract"]) for r in lines(source)}
    from rag.library import Library
    from rag.sources import read

    with tempfile.TemporaryDirectory() as place:
        library = Library.open(place, embedder=None, create=True)
        library.add(read(ROOT / "corpus/papers.jsonl"))
        library.add(read(source))
        found = {p.paper_id: p for p in library.list()}
        library.close()
    return found


class _Shelf:
    """Papers with their sentences, and the nearest ones to a text."""

    def __init__(self, papers: Mapping[str, Paper], embedder: Any) -> None:
        self.papers, self._embedder = papers, embedder
        self.ids = sorted(papers)
        self.cut = {i: [p.abstract[s.start : s.end] for s in sentences(p.abstract)] for i, p in papers.items()}
        self._matrix = embedder.embed([f"{papers[i].title}. {papers[i].abstract[:900]}" for i in self.ids])

    def near(self, text: str) -> list[str]:
        order = np.argsort(-(self._matrix @ self._embedder.embed_query(text)), kind="stable")
        return [self.ids[n] for n in order[:12]]


def own(versions: Sequence[_Shelf], generator: random.Random) -> Iterator[Row]:
    """Our questions, claims and twins about the bundled papers, in both versions of the abstracts."""

    def row(head: str, text: str, paper_id: str, may: list[int], kind: str, record: Row, twin: str = "") -> Iterator[Row]:
        for n, shelf in enumerate(versions):
            holds = record.get("retold" if n == 0 else "original")
            if not holds:
                holds = [] if head == "question" and may == [1] else None
            yield {
                "head": head,
                "text": text,
                "title": shelf.papers[paper_id].title,
                "sentences": shelf.cut[paper_id],
                "holds": holds,
                "may": may,
                "weight": 1.0 / len(versions),
                "twin": f"{twin} {n}" if twin else "",
                "source": "own",
                "doc": paper_id,
                "split": "dev" if record.get("block") in HELD_OUT else "train",
                "kind": f"own {kind}",
            }

    def neighbour(head: str, text: str, record: Row, may: list[int]) -> Iterator[Row]:
        if generator.random() < _NEIGHBOURS[head]:
            others = [i for i in versions[0].near(text) if i != record["paper_id"]][:4]
            yield from row(head, text, generator.choice(others), may, "neighbour", {"block": record["block"]})

    for record in lines(DATA / "questions.jsonl"):
        yield from row(
            "question", record["question"], record["paper_id"], classes("question", record["label"], ""), record["label"], record
        )
        if record["label"] == "answerable":
            yield from neighbour("question", record["question"], record, [3])
    for record in lines(DATA / "outside.jsonl"):
        first, *others = versions[0].near(record["question"])[:4]
        yield from row("question", record["question"], first if generator.random() < 0.7 else generator.choice(others), [3], "outside", {})
    for n, record in enumerate(lines(DATA / "claims.jsonl")):
        faulty = record["label"] == "fault"
        may = [0] if not faulty else [1] if record["kind"] in _AGAINST else [1, 2]
        key = f"own claims {n}" if "true" in record else ""
        yield from row("claim", record["text"], record["paper_id"], may, record["kind"], record, key)
        if "true" in record:
            yield from row("claim", record["true"], record["paper_id"], [0], "true", record, key)
        if not faulty:
            yield from neighbour("claim", record["text"], record, [2])
    for n, record in enumerate(lines(DATA / "twins.jsonl")):
        may = [1] if record["kind"] in _AGAINST else [1, 2]
        yield from row("claim", record["true"], record["paper_id"], [0], "twin true", record, f"own twins {n}")
        yield from row("claim", record["false"], record["paper_id"], may, f"twin {record['kind']}", record, f"own twins {n}")


def benches(folder: Path, embedder: Any) -> Iterator[Row]:
    """SciFact's train claims with their papers and near ones; PubMedQA's questions, as questions and as claims (yes, no)."""
    may = {"SUPPORT": [0], "CONTRADICT": [1], "CLOSE": [2]}
    for pair in pairs(embedder, folder / "scifact"):
        if pair.split == "train" and pair.kind in may:
            cut = [pair.paper.abstract[s.start : s.end] for s in sentences(pair.paper.abstract)]
            yield {
                "head": "claim",
                "text": pair.claim,
                "title": pair.paper.title,
                "sentences": cut,
                "holds": None,
                "may": may[pair.kind],
                "weight": 1.0,
                "twin": "",
                "source": "scifact",
                "doc": pair.paper.paper_id,
                "split": "train",
                "kind": f"scifact {pair.kind.lower()}",
            }
    texts = {r["_id"]: r for r in lines(folder / "pubmedqa/corpus.jsonl")}
    asked = {r["_id"]: r["text"] for r in lines(folder / "pubmedqa/queries.jsonl")}
    verdict = {"yes": [0], "no": [1]}
    for record in lines(folder / "pubmedqa/answers.jsonl"):
        paper = texts[record["doc_id"]]
        spans = sentences(paper["text"])
        ends = paper["text"].find(record["long_answer"][:40])
        holds = [n for n, s in enumerate(spans) if s.end > ends] if ends >= 0 else None
        shared = {
            "text": asked[record["query_id"]],
            "title": "",  # the title is the question
            "sentences": [paper["text"][s.start : s.end] for s in spans],
            "holds": holds,
            "weight": 1.0,
            "twin": "",
            "source": "pubmedqa",
            "doc": record["doc_id"],
            "split": "train",
        }
        yield shared | {"head": "question", "may": [0], "kind": "pubmedqa question"}
        if record["decision"] in verdict:
            yield shared | {"head": "claim", "may": verdict[record["decision"]], "kind": f"pubmedqa {record['decision']}"}


_SPACES = re.compile(r"\s+")


def main() -> None:
    """Make the rows and say how many there are of each source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, help="folder with questions.jsonl, claims.jsonl and pairs.jsonl judged by people")
    parser.add_argument("--bench", type=Path, help="folder with scifact and pubmedqa")
    parser.add_argument("--originals", type=Path, help="documents with the bundled papers' original abstracts")
    parser.add_argument("--twins", type=Path, nargs="*", default=[], help="files made by twins.py")
    parser.add_argument("--no-own", action="store_true")
    parser.add_argument("--asked", action="store_true", help="only the questions about abstracts of others; wants --train and --bench")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    embedder = load("minilm-int8")
    parts: list[Iterable[Row]] = []
    if args.asked:
        parts.append(typed(args.bench, args.train, embedder, random.Random(args.seed)))
    elif args.train:
        parts.append(judged(args.train))
    if not args.no_own and not args.asked:
        sources = [ROOT / "corpus/papers.jsonl", *([args.originals] if args.originals else [])]
        parts.append(own([_Shelf(papers_of(s), embedder) for s in sources], random.Random(args.seed)))
    if args.bench and not args.asked:
        parts.append(benches(args.bench, embedder))
    parts += [twins(path) for path in args.twins]
    count: Counter[tuple[str, str, str]] = Counter()
    with args.to.open("w", encoding="utf-8") as file:
        for part in parts:
            for row in part:
                count[(row["source"], row["head"], row["split"])] += 1
                file.write(json.dumps({**row, "text": _SPACES.sub(" ", row["text"])}, ensure_ascii=False) + "\n")
    for key, n in sorted(count.items()):
        print(*key, n)


if __name__ == "__main__":
    main()
