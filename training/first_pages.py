"""Groups to learn the order of a first page from: a query, the papers that it is about, and papers that a search puts beside them.

    python training/first_pages.py --train JUDGED --bench BENCH --to pages.jsonl

Queries: judged questions and claims with their own abstract (an abstract that answers, carries or contradicts is what the query is about),
SciFact's train claims with their judged abstracts, and of abstracts that nobody asked about their title or their last sentence, which is then
taken out of the text. All texts together are one library; the other papers of a group are drawn from the first page that the shipped
search gives over it (hard negatives: Karpukhin et al. 2020, arXiv 2004.04906, here of a hybrid ranking). A paper that another row of the
same query is about is never drawn. A line: `source`, `query`, `about` (how many of the papers come first that the query is about), `papers`
(title, sentences).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from rag import embedding
from rag.library import Library
from rag.text import sentences as split
from rag.retrieval import HybridRetriever
from rag.schema import Paper

PAGE, DRAWN = 24, 7
ABOUT = {"answerable", "carried", "contradicted", "partly"}
MADE = 1500
"""Queries made of titles, and as many of last sentences."""


def _id(title: str, sentences: list[str]) -> str:
    return hashlib.sha256("\n".join([title, *sentences]).encode()).hexdigest()[:16]


def main() -> None:
    """Collect, index, search, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    args = parser.parse_args()
    draw = random.Random(1)
    texts: dict[str, tuple[str, list[str]]] = {}
    about: dict[tuple[str, str], set[str]] = defaultdict(set)

    def put(title: str, sentences: list[str]) -> str:
        name = _id(title, sentences)
        texts[name] = (title, sentences)
        return name

    for kind in ("questions", "claims"):
        for line in (args.train / f"{kind}.jsonl").open(encoding="utf-8"):
            row: dict[str, Any] = json.loads(line)
            if row["split"] == "train" and row["label"] in ABOUT and len(row["sentences"]) > 2:
                about[row["source"], row.get("question") or row["text"]].add(put(row["title"], row["sentences"]))
    by_set: dict[str, dict[str, str]] = {}
    for name in ("scifact", "scitldr", "pubmedqa"):
        held = by_set[name] = {}
        for line in (args.bench / name / "corpus.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            found = [row["text"][s.start : s.end] for s in split(row["text"])]
            if len(found) > 2:
                held[row["_id"]] = put(row["title"], found)
    queries = {r["_id"]: r["text"] for r in map(json.loads, (args.bench / "scifact/queries.jsonl").open(encoding="utf-8"))}
    for line in (args.bench / "scifact/qrels/train.tsv").open(encoding="utf-8"):
        query, doc, grade = line.rstrip("\n").split("\t")
        if grade.isdigit() and int(grade) and doc in by_set["scifact"] and query in queries:
            about["scifact", queries[query]].add(by_set["scifact"][doc])
    asked = {name for names in about.values() for name in names}
    judged = set()
    for name in ("scifact", "scitldr", "pubmedqa"):
        for path in (args.bench / name / "qrels").glob("*.tsv"):
            judged |= {by_set[name].get(line.split("\t")[1], "") for line in path.open(encoding="utf-8")}
    free = sorted({n for held in by_set.values() for n in held.values()} - asked - judged)
    draw.shuffle(free)
    for at, name in enumerate(free[: 2 * MADE]):
        title, found = texts.pop(name)
        if at < MADE and title:
            about["titles", title].add(put("", found))
        else:
            about["last sentences", found[-1]].add(put(title, found[:-1]))
    print(f"{len(about)} queries, {len(texts)} texts", flush=True)
    embedder = embedding.load()
    with tempfile.TemporaryDirectory() as place, args.to.open("w", encoding="utf-8") as out:
        with Library.open(Path(place) / "all", embedder=embedder, create=True) as library:
            papers = [
                Paper(paper_id=n, title=t or s[0][:80], abstract=" ".join(s), doi=f"10.5555/page.{n}") for n, (t, s) in sorted(texts.items())
            ]
            for start in range(0, len(papers), 4000):
                library.add(papers[start : start + 4000])
                library.embed_pending()
                print(f"{min(len(papers), start + 4000)} indexed", flush=True)
            retriever = HybridRetriever(library, embedder)
            for at, ((source, query), right) in enumerate(sorted(about.items())):
                page = [h.paper.paper_id for h in retriever.search(query, k=PAGE + len(right)) if h.paper.paper_id not in right]
                drawn = sorted(draw.sample(range(len(page)), min(DRAWN, len(page))))
                group = [*sorted(right)[:3], *(page[n] for n in drawn)]
                shown = [{"title": texts[n][0], "sentences": texts[n][1]} for n in group]
                out.write(json.dumps({"source": source, "query": query, "about": min(3, len(right)), "papers": shown}) + "\n")
                if at % 1000 == 0:
                    print(f"{at} searched", flush=True)


if __name__ == "__main__":
    main()
