"""One library grown from size to size, and at each size what a user meets: adding, searching, filtering, adding a little, restarting.

Growing and probing happen in processes of their own; after each size its result is kept beside those of other sizes, so that a run that is
cut off keeps what it measured. A size that can't be reached in time is measured where it stopped.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

from bench import texts
from bench.drawn import Drawn
from bench.filters import filtered
from bench.fresh import Fresh
from bench.measure import WORK, Span, apart, calibration, calls, machine, memory_mb, save, size_mb, written_mb
from rag import embedding
from rag.library import Library
from rag.retrieval import HybridRetriever

if TYPE_CHECKING:
    from pathlib import Path

    from rag.embedding.base import Embedder

REAL_UP_TO = 1000
"""Libraries of up to this many papers have real vectors; larger ones get theirs drawn."""

SLICE = 25_000
"""Papers stored, then given vectors, before the clock is looked at."""


def embedder_for(size: int) -> Embedder:
    """The real one, or drawn vectors."""
    return embedding.load() if size <= REAL_UP_TO else Drawn()


def grow(folder: Path, size: int, *, limit_s: float) -> dict[str, Any]:
    """Add papers until the library holds `size`, or time is up: how fast papers became searchable by words, and got vectors."""
    ends = time.monotonic() + limit_s
    stored = indexed_s = indexed_cpu_s = vectors_s = vectors_cpu_s = 0.0
    with Library.open(folder, embedder=embedder_for(size), create=True) as library:
        begun = library.count()
        while (count := library.count()) < size and time.monotonic() < ends:
            batch = list(texts.papers(min(SLICE, size - count), start=count))
            with Span() as adding:
                library.add(batch)
            with Span() as embedding_:
                library.embed_pending()
            stored += len(batch)
            indexed_s, indexed_cpu_s = indexed_s + adding.s, indexed_cpu_s + adding.cpu_s
            vectors_s, vectors_cpu_s = vectors_s + embedding_.s, vectors_cpu_s + embedding_.cpu_s
        count = library.count()
        chunks = int(library.status()["chunks"]) if "chunks" in library.status() else 0
    return {
        "asked": size,
        "papers": count,
        "added": count - begun,
        "chunks": chunks,
        "keyword_papers_per_s": stored / indexed_s if indexed_s else None,
        "keyword_papers_per_cpu_s": stored / indexed_cpu_s if indexed_cpu_s else None,
        "vector_papers_per_s": stored / vectors_s if vectors_s else None,
        "vector_papers_per_cpu_s": stored / vectors_cpu_s if vectors_cpu_s else None,
        "size_mb": size_mb(folder),
        "memory_mb": memory_mb(),
    }


def probe(folder: Path, *, n_queries: int = 200) -> dict[str, Any]:
    """A fresh process opens the library and searches it."""
    real: Any = Fresh(embedding.load())
    with Span() as opening:
        library = Library.open(folder, embedder=real)
    retriever = HybridRetriever(library, real)
    queries = texts.queries(n_queries + 1)
    with Span() as first:
        retriever.search(queries.pop())
    plain = calls(retriever.search, queries)
    embedded = [real.embed_query(q) for q in queries]
    found = {
        "papers": library.count(),
        "open_s": opening.s,
        "first_search_s": first.s,
        "search": plain,
        "embed_query": calls(real.embed_query, queries),
        "keyword": calls(lambda q: library.keyword(q, k=50), queries),
        "dense": calls(lambda v: library.dense(v, k=50), embedded),
    }
    found["memory_mb"] = memory_mb()
    found["filtered"] = filtered(library, retriever, queries, embedded, checked=10 if library.count() <= 200_000 else 4)
    library.close()
    return found


def top_up(folder: Path, n: int = 100) -> dict[str, Any]:
    """Add `n` papers to what is there: seconds until they are found by words, until they have vectors, and MB written."""
    with Library.open(folder, embedder=Drawn()) as library:
        batch = list(texts.papers(n + 1, start=10_000_000 + library.count()))
        library.add([batch.pop()])  # imports, and what a process does once
        library.embed_pending()
        before = written_mb()
        with Span() as words:
            library.add(batch)
        between = written_mb()
        with Span() as embedding_:
            library.embed_pending()
        return {
            "papers": n,
            "words_s": words.s,
            "vectors_s": embedding_.s,
            "words_mb": between - before,
            "vectors_mb": written_mb() - between,
        }


def run(sizes: list[int], *, limit_s: float, n_queries: int = 200, go_on: bool = False, bulk: bool = False, name: str = "growth") -> None:
    """Every size in turn, in `limit_s` all together; from nothing, or from where the last run of that name stopped."""
    folder = WORK / name
    if not go_on:
        shutil.rmtree(folder, ignore_errors=True)
    ends = time.monotonic() + limit_s
    for size in sorted(sizes):
        left = ends - time.monotonic()
        if left <= 0:
            break
        # A fifth of what is left is for measuring.
        grown = apart("fill" if bulk else "grow", str(folder), str(size), str(left * 0.8))
        probed = apart("probe", str(folder), str(n_queries))
        row = {
            **grown,
            "probe": probed,
            "top_up": None if bulk else apart("top-up", str(folder)),
            "vectors": "drawn, bulk" if bulk else "real" if size <= REAL_UP_TO else "drawn",
            "machine": machine(),
            "calibration": calibration(),
        }
        save(name, {"rows": [row], "origin": texts.material().origin, "calibration": row["calibration"]}, row="asked")
        print(
            f"{grown['papers']:>9,} papers  search p50 {probed['search']['p50_ms']:.1f} ms, p95 {probed['search']['p95_ms']:.1f} ms",
            flush=True,
        )


def held(folder: Path) -> int:
    """How many papers the library holds; 0 where there is none."""
    if not (folder / "papers.db").exists():
        return 0
    with Library.open(folder, embedder=None) as library:
        return library.count()


def ensure(folder: Path, size: int, *, bulk: bool = False) -> None:
    """Grow the library to `size` papers where it holds fewer; `bulk`: around the front door, with as many vectors as it would make."""
    if held(folder) < size:
        apart("fill-parts" if bulk else "grow", str(folder), str(size), "3000")
