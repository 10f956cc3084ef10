"""The same work by 1, 2 and 4 workers of a Ray cluster of this machine: papers in, a file of questions, searches over shards."""

from __future__ import annotations

import json
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from bench import texts
from bench.measure import WORK, Span, apart, calibration, calls, machine, save
from rag.assistant import Assistant
from rag.config import load
from rag.library import Library
from rag.library.placing import wanted
from rag.library.shard import Shard
from rag.library.shards import create, split_up

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = (1, 2, 4)
SHARDS = 4


def run(papers: int, questions: int) -> dict[str, Any]:
    """Each number of workers in a process of its own, over the same papers and questions."""
    folder = WORK / "spread"
    shutil.rmtree(folder, ignore_errors=True)
    filled = apart("spread-fill", str(folder), str(papers))
    rows = [apart("spread-once", str(folder), str(papers), str(questions), str(n)) for n in WORKERS]
    record = {
        "papers": papers,
        "questions": questions,
        "shards": SHARDS,
        **filled,
        "rows": rows,
        "calibration": calibration(),
        "machine": machine(),
    }
    save("ray", record)
    return record


def fill(folder: Path, n: int) -> dict[str, Any]:
    """An ordinary library that is asked, and the same in shards; what carrying its papers took."""
    from rag import embedding

    with Library.open(folder / "one", embedder=embedding.load(), create=True) as library:
        library.add(texts.papers(n))
        library.embed_pending()
    with Span() as carried:
        split_up(folder / "one", folder / "shards", SHARDS)
    others = list(map(wanted, texts.papers(1000, start=2_000_000)))
    with Shard.open(folder / "one", embedder=None) as shard:
        shard.look_up(others[:100])
        with Span() as asked:
            shard.look_up(others[100:])
    return {"carried_per_s": n / carried.s, "look_up_cpu_ms": asked.cpu_s / 900 * 1e3}


def _started() -> None:
    """Hold a worker until the others have started too."""
    time.sleep(1.0)


def once(folder: Path, n_papers: int, n_questions: int, workers: int) -> dict[str, Any]:
    """One ingest into new shards, one batch, and searches, by so many workers, which have been started before."""
    from rag.batch import run as batch
    from rag.cluster import connect, disconnect
    from rag.spreading import askers

    address = f"local:{workers}"
    ray = connect(address)
    ray.get([ray.remote(num_cpus=1)(_started).remote() for _ in range(workers)])
    asked = texts.queries(2 * n_questions + 60)
    new = folder / f"new-{workers}"
    create(new, SHARDS)
    held = list(texts.papers(n_papers + 200, start=1_000_000))
    with Assistant.open(load(library=str(new), ray=address)) as assistant:
        assistant.library.add(held[n_papers:])
        assistant.library.embed_pending()
        with Span() as words:
            assistant.library.add(held[:n_papers])
        with Span() as meaning:
            assistant.library.embed_pending()
        chunks = int(assistant.library.status()["chunks"])
    lines = folder / f"questions-{workers}.jsonl"
    lines.write_text("".join(json.dumps({"id": i, "question": q}) + "\n" for i, q in enumerate(asked[: n_questions + 2 * workers])))
    settings = load(library=str(folder / "one"))
    with askers(address, settings) as some:
        for one in some:
            one.ask(asked[-1])
        with Span() as answering:
            answered = batch(some, lines, folder / f"answers-{workers}.jsonl", mode="extractive").answered
    found: dict[str, Any] = {}
    for name, library, there in (("one", "one", None), ("shards here", "shards", None), ("shards on workers", "shards", address)):
        with Assistant.open(load(library=str(folder / library), ray=there)) as assistant:
            found[name] = calls(partial(assistant.search, k=20), asked[:50])
    disconnect()
    return {
        "workers": workers,
        "placed_per_s": n_papers / words.s,
        "embedded_per_s": n_papers / meaning.s,
        "chunks": chunks,
        "ingest_s": words.s + meaning.s,
        "coordinator_cpu_ms": (words.cpu_s + meaning.cpu_s) / n_papers * 1e3,
        "answered_per_s": answered / answering.s,
        "search": found,
    }
