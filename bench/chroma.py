"""Chroma's own index against ours, for questions without filters: latency, memory, cold start, recall against an exact comparison.

The same drawn vectors go into a Chroma collection as a library makes it (its metadata too) and into the matrix; queries are real. Each
way is asked in a process of its own that opens it first: Chroma embedded, a Chroma server over HTTP, our matrix compared whole, and our
groups of it. A query is a vector here and the answer the twenty nearest slots: what is around it in a search is the same for all.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import texts
from bench.measure import WORK, Span, apart, calibration, calls, machine, memory_mb, save, size_mb
from rag.store import clusters
from rag.store.chroma import ChunkStore
from rag.store.matrix import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

K = 20
PIECE = 20_000
WAYS = ("matrix", "groups", "chroma", "chroma 400", "server")
"""`chroma 400` looks at four times as many neighbours as the collection is made with."""


def fill(folder: Path, size: int) -> dict[str, Any]:
    """Write `size` vectors to Chroma and to the matrix, and the queries with their exact answers: what each cost and takes on the disk."""
    from bench.drawn import Drawn

    shutil.rmtree(folder, ignore_errors=True)
    drawn, matrix, store = Drawn(), Matrix(folder / "vectors", 384), ChunkStore(folder=folder / "chroma")
    queries = np.stack([drawn.embed_query(q) for q in texts.queries(205)])
    cost = {"matrix": 0.0, "chroma": 0.0}
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    for start in range(0, size, PIECE):
        part = drawn.around(min(PIECE, size - start), seed=start)
        slots = range(start, start + len(part))
        with Span() as span:
            matrix.append(start, part, list(slots))
        cost["matrix"] += span.cpu_s
        with Span() as span:
            store.upsert([f"paper-{n}:0" for n in slots], part, [_metadata(n) for n in slots])
        cost["chroma"] += span.cpu_s
        for n, row in enumerate(queries @ part.T):
            near = np.argpartition(row, -K)[-K:]
            best[n] += zip(row[near].tolist(), (near + start).tolist(), strict=True)
    store.close()
    with Span() as span:
        clusters.make(matrix.view(size), folder / "groups")
    np.save(folder / "queries.npy", queries)
    np.save(folder / "exact.npy", np.array([[n for _, n in sorted(found, reverse=True)[:K]] for found in best]))
    return {"cpu_s": {**cost, "groups": span.cpu_s}, "size_mb": size_mb(folder)}


def _metadata(n: int) -> dict[str, Any]:
    """As a library's chunks have it."""
    return {"row": n, "seq": n, "part": f"0/1 0-1200 {n:032x}"}


def ask(folder: Path, way: str, url: str = "") -> dict[str, Any]:
    """A process that opens one way, asks for the first time, then all queries."""
    queries, exact = np.load(folder / "queries.npy"), np.load(folder / "exact.npy")
    size = int((folder / "groups" / "n").read_text())
    with Span() as cold:
        search = _opened(folder, way, size, url)
        search(queries[0])
    found: list[list[int]] = []
    timed = calls(lambda vector: found.append(search(vector)), queries)
    shared = [len(set(answer) & set(right.tolist())) / K for answer, right in zip(found, exact, strict=True)]
    return {"cold_s": cold.s, "cold_cpu_s": cold.cpu_s, **timed, "recall": float(np.mean(shared)), "memory_mb": memory_mb()}


def _opened(folder: Path, way: str, size: int, url: str) -> Callable[[NDArray[np.float32]], list[int]]:
    if way in {"matrix", "groups"}:
        view = Matrix(folder / "vectors", 384).view(size, folder / "groups" if way == "groups" else None)
        return lambda vector: [int(n) for n in view.search(vector, k=K)[0][:K]]
    collection = ChunkStore(folder=None if url else folder / "chroma", url=url or None).collection
    collection.modify(configuration={"hnsw": {"ef_search": 400 if way == "chroma 400" else 100}})

    def search(vector: NDArray[np.float32]) -> list[int]:
        answer = collection.query(query_embeddings=vector[None, :], n_results=K, include=["distances"])
        return [int(i.partition(":")[0].partition("-")[2]) for i in answer["ids"][0]]

    return search


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, int]]:
    """A Chroma server on the loopback: its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder)]
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as server:
        try:
            last = time.monotonic() + 120
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/heartbeat", timeout=5).close()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > last:
                        raise
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()
            server.wait(60)


def run(sizes: list[int]) -> None:
    """Each size, each way; the processor time of a server's answers is that of both processes."""
    from bench.memory import memory_of

    for size in sizes:
        folder = WORK / f"chroma-{size}"
        row: dict[str, Any] = {"size": size, **apart("chroma-fill", str(folder), str(size))}
        for way in WAYS[:-1]:
            row[way] = apart("chroma-ask", str(folder), way, "")
        with _server(folder / "chroma") as (url, pid):
            before, began = _cpu_s(pid), time.perf_counter()
            row["server"] = apart("chroma-ask", str(folder), "server", url)
            asked = time.perf_counter() - began
            row["server"]["server_cpu_ms"] = (_cpu_s(pid) - before) / (row["server"]["n"] + 6) * 1e3
            row["server"] |= {"asked_s": asked, "server_memory_mb": memory_of(pid)}
        row |= {"machine": machine(), "calibration": calibration()}
        save("chroma", {"rows": [row], "calibration": row["calibration"]}, row="size")
        print(f"{size:>9,} vectors: " + ", ".join(f"{w} p50 {row[w]['p50_ms']:.1f} ms, recall {row[w]['recall']:.3f}" for w in WAYS))


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
