"""The shipped retrieval on any data set in BEIR's layout, beside BM25, dense and plain RRF made in the same run.

Documents become papers of a library of their own, with the shipped chunking, embedder and fusion, and are searched as `footnote search`
does. Every document stays one: each gets a DOI of the test prefix made from its id, and records with different DOIs are never merged.
Document ids survive as paper ids; should a library still fold two into one, both ids are ranked where their paper stands.
"""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval import console, setup
from eval.export import trec_run
from eval.fingerprint import corpus_sha, git_commit, system_fingerprint
from eval.measures.latency import percentile
from eval.measures.ndcg import ndcg
from eval.measures.recall import recall
from eval.measures.rr import rr
from eval.stats import holm, interval, paired, verdict
from rag.errors import ConfigError
from rag.schema import Paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rag.embedding.base import Embedder
    from rag.library import Library

    Ranking = list[tuple[str, float]]

DEPTH = 100
RRF_K = 60
MEASURES: dict[str, Callable[[Sequence[str], Mapping[str, int]], float | None]] = {
    "nDCG@10": lambda ranking, grades: ndcg(ranking, grades, 10),
    "R@10": lambda ranking, grades: recall(ranking, grades, 10),
    "R@100": lambda ranking, grades: recall(ranking, grades, 100),
    "MRR@10": lambda ranking, grades: rr(ranking, grades, 10),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Queries with their grades; documents are read when they are needed."""

    name: str
    split: str
    folder: Path
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def read_set(folder: Path, split: str) -> DataSet:
    """The judged queries of a split. ConfigError names the file that is missing or the line that is broken."""
    qrels: dict[str, dict[str, int]] = {}
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in (folder / "qrels").glob("*.tsv"))) or "none"
        raise ConfigError(f"{path} does not exist; splits in this folder: {there}")
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if number == 1 and len(row) == 3 and not _is_grade(row[2]):
                continue
            if len(row) != 3 or not _is_grade(row[2]):
                raise ConfigError(f"{path}:{number}: expected query-id, corpus-id and an integer score, separated by tabs")
            qrels.setdefault(row[0], {})[row[1]] = int(row[2])
    judged = {q for q, grades in qrels.items() if any(g > 0 for g in grades.values())}
    queries = {r["_id"]: r["text"] for r in _records(folder / "queries.jsonl") if r["_id"] in judged}
    if not queries:
        raise ConfigError(f"no query of {folder / 'queries.jsonl'} is judged in {path}")
    return DataSet(name=folder.resolve().name, split=split, folder=folder, queries=queries, qrels={q: qrels[q] for q in queries})


def _is_grade(text: str) -> bool:
    return text.strip().lstrip("-").isdigit()


def _records(path: Path) -> Iterator[dict[str, str]]:
    try:
        file = path.open(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/") from error
    with file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
                yield {"_id": str(record["_id"]), "title": str(record.get("title") or ""), "text": str(record["text"])}
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise ConfigError(f"{path}:{number}: not a BEIR record ({error})") from error


def documents(folder: Path) -> Iterator[Paper]:
    """The corpus as papers. A document without a title gets a derived one as ingest would; one without a text is its title."""
    from rag.sources.titles import derived_title

    seen: set[str] = set()
    for record in _records(folder / "corpus.jsonl"):
        title, text = record["title"].strip(), record["text"].strip()
        if record["_id"] in seen or not (title or text):
            continue
        seen.add(record["_id"])
        own = hashlib.sha256(record["_id"].encode()).hexdigest()[:20]
        yield Paper(
            paper_id=record["_id"],
            title=title or derived_title(text),
            title_origin="source" if title else "derived",
            abstract=text or title,
            doi=f"10.5555/beir.{own}",
        )


def names_of(library: Library, folder: Path) -> dict[str, list[str]]:
    """By paper_id, the document ids it stands for, usually itself alone. Documents that the library lacks are left out."""
    from rag.errors import PaperNotFound

    held = {p.paper_id for p in library.list()}
    found: dict[str, list[str]] = {}
    for paper in documents(folder):
        try:
            name = paper.paper_id if paper.paper_id in held else library.get(paper.paper_id).paper_id
        except PaperNotFound:
            continue
        found.setdefault(name, []).append(paper.paper_id)
    return found


class Systems:
    """The shipped search and the baselines over one library; each gives (document id, score), best first, at most DEPTH."""

    def __init__(self, assistant: Any, library: Library, embedder: Embedder | None, names: Mapping[str, list[str]]) -> None:
        """The baselines read the library's own keyword and dense rankings."""
        self._assistant, self._library, self._embedder, self._names = assistant, library, embedder, names

    def rank(self, query_id: str, query: str) -> tuple[dict[str, Ranking], float]:
        """Rankings by system, and the seconds that the shipped search took. A document with the query's own id is left out, as in BEIR."""
        began = time.perf_counter()
        hits = self._assistant.search(query, k=DEPTH)
        took = time.perf_counter() - began
        keyword = self._rows(self._library.keyword(query, k=DEPTH + 1))
        found = {"footnote": [(h.paper.paper_id, h.score) for h in hits], "BM25": keyword}
        if self._embedder is not None:
            dense = self._rows(self._library.dense(self._embedder.embed_query(query), k=DEPTH + 1))
            found |= {"dense": dense, "RRF": rrf(keyword[:DEPTH], dense[:DEPTH])}
        return {name: self._expanded(query_id, ranking) for name, ranking in found.items()}, took

    def _rows(self, scored: Sequence[tuple[int, float]]) -> Ranking:
        papers = self._library.papers_by_row([row for row, _ in scored])
        return [(p.paper_id, score) for p, (_, score) in zip(papers, scored, strict=True)]

    def _expanded(self, query_id: str, ranking: Ranking) -> Ranking:
        found = [(i, score) for paper_id, score in ranking for i in self._names.get(paper_id, [paper_id]) if i != query_id]
        return found[:DEPTH]


def rrf(*rankings: Ranking) -> Ranking:
    """Plain reciprocal rank fusion, k = 60 (Cormack et al., SIGIR 2009); ties by id.

    >>> rrf([("a", 9.0), ("b", 8.0)], [("b", 0.9)])[0][0]
    'b'
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, (paper_id, _) in enumerate(ranking, 1):
            scores[paper_id] = scores.get(paper_id, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:DEPTH]


def measure_set(
    data: DataSet, rank: Callable[[str, str], tuple[dict[str, Ranking], float]], *, tick: Callable[[], None] = lambda: None
) -> tuple[dict[str, dict[str, dict[str, float]]], dict[str, Ranking], list[float]]:
    """System -> measure -> query -> value; the shipped rankings; the seconds of each search."""
    values: dict[str, dict[str, dict[str, float]]] = {}
    shipped: dict[str, Ranking] = {}
    times: list[float] = []
    for query_id, text in data.queries.items():
        rankings, took = rank(query_id, text)
        times.append(took)
        shipped[query_id] = rankings["footnote"]
        for system, ranking in rankings.items():
            ids = [i for i, _ in ranking]
            for name, measure in MEASURES.items():
                value = measure(ids, data.qrels[query_id])
                if value is not None:
                    values.setdefault(system, {}).setdefault(name, {})[query_id] = value
        tick()
    return values, shipped, times


def summarise(values: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """Means with intervals by system, and the shipped search against each baseline (Holm over the baselines of a measure)."""
    systems: dict[str, Any] = {}
    for system, measures in values.items():
        systems[system] = {}
        for name, per_query in measures.items():
            found = interval([per_query[q] for q in sorted(per_query)])
            assert found is not None
            systems[system][name] = {"mean": round(found.mean, 5), "low": round(found.low, 5), "high": round(found.high, 5)}
    against: dict[str, Any] = {}
    for name in MEASURES:
        results = {s: paired(values[s][name], values["footnote"][name]) for s in values if s != "footnote"}
        known = {s: r for s, r in results.items() if r is not None}
        adjusted = holm({s: r.p for s, r in known.items()})
        for system, result in known.items():
            against.setdefault(system, {})[name] = {
                "delta": round(result.delta, 5),
                "low": round(result.low, 5),
                "high": round(result.high, 5),
                "p": round(adjusted[system], 5),
                "wins": result.wins,
                "ties": result.ties,
                "losses": result.losses,
                "verdict": verdict(result, adjusted[system], margin=0.01),
            }
    return {"systems": systems, "against": against}


def report_beir(
    folder: Path, *, split: str, run: Path | None, json_path: Path | None, limit: int | None, changes: Mapping[str, str]
) -> dict[str, Any]:
    """Measure, print, and write what was asked for."""
    data = read_set(folder, split)
    if limit is not None:
        kept = sorted(data.queries)[:limit]
        data = DataSet(
            name=data.name,
            split=split,
            folder=folder,
            queries={q: data.queries[q] for q in kept},
            qrels={q: data.qrels[q] for q in kept},
        )
    with console.Bar() as bar:
        figures, shipped = _measured(data, changes, bar)
    if run is not None:
        run.parent.mkdir(parents=True, exist_ok=True)
        run.write_text("".join(trec_run(shipped.items(), "footnote")), encoding="utf-8")
    if json_path is not None:
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _print(figures)
    return figures


def _measured(data: DataSet, changes: Mapping[str, str], bar: console.Bar) -> tuple[dict[str, Any], dict[str, Ranking]]:
    from rag.assistant import Assistant

    settings = setup.make_settings(data.folder, changes, llm=False)
    embedder = setup.load_embedder(settings)
    source = setup.Source(sha=corpus_sha([data.folder / "corpus.jsonl"]), read=lambda: documents(data.folder))
    bar.stage(f"indexing {data.name}, or finding it indexed")
    place = setup.build(source, embedder, progress=bar.ingest)
    settings = setup.make_settings(place, changes, llm=False)
    with Assistant.open(settings) as assistant:
        library = assistant.library
        names = names_of(library, data.folder)
        held = Counter(len(ids) for ids in names.values())
        bar.stage(f"searching {data.name}")
        bar.begin(len(data.queries), 0)
        systems = Systems(assistant, library, library.embedder, names)
        values, shipped, times = measure_set(data, systems.rank, tick=lambda: bar.answered({}))
    known = {i for ids in names.values() for i in ids}
    missing = sum(g > 0 and i not in known for grades in data.qrels.values() for i, g in grades.items())
    figures = {
        "dataset": data.name,
        "split": data.split,
        "queries": len(data.queries),
        "documents": sum(n * count for n, count in held.items()),
        "folded": sum((n - 1) * count for n, count in held.items()),
        "judged_but_absent": missing,
        "empty_rankings": sum(not r for r in shipped.values()),
        **summarise(values),
        "settings": setup.described(settings),
        "system": system_fingerprint(corpus=source.sha, settings=setup.described(settings))["sha"],
        "commit": git_commit(),
        "search_ms": {"p50": _ms(times, 0.5), "p95": _ms(times, 0.95)},
    }
    return figures, shipped


def _ms(times: Sequence[float], share: float) -> float | None:
    value = percentile(times, share)
    return None if value is None else round(1000 * value, 2)


def _print(figures: Mapping[str, Any]) -> None:
    title = f"{figures['dataset']} / {figures['split']}: {figures['queries']} queries, {figures['documents']} documents"
    rows = [
        [name, *(f"{f['mean']:.4f} [{f['low']:.3f}, {f['high']:.3f}]" for f in (measures[m] for m in MEASURES))]
        for name, measures in figures["systems"].items()
    ]
    console.table_of(rows, ["", *MEASURES], title)
    tests = [
        [f"footnote - {name}", *(f"{f['delta']:+.4f} p {f['p']:.4f} {f['verdict']}" for f in (measures[m] for m in MEASURES))]
        for name, measures in figures["against"].items()
    ]
    console.table_of(tests, ["paired, Holm", *MEASURES])
    console.out.print(f"search: median {figures['search_ms']['p50']} ms, 95 % within {figures['search_ms']['p95']} ms")
    remarks = {
        "folded": "documents were folded into others",
        "judged_but_absent": "judged documents are not in the corpus",
        "empty_rankings": "queries found nothing",
    }
    for key, text in remarks.items():
        if figures[key]:
            console.out.print(f"{figures[key]} {text}")
