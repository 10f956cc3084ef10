"""A warm search and a warm offline answer over a large library, and how fast this machine can read the vectors at all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import texts
from bench.measure import Span, calls
from rag.assistant import Assistant
from rag.config import load

if TYPE_CHECKING:
    from pathlib import Path


def measured(folder: Path, *, n_queries: int) -> dict[str, Any]:
    """`search` (20 papers), `ask` (offline) and the floor under a search: the query's embedding and one read of all int8 vectors."""
    asked = max(10, n_queries // 3)
    queries = texts.queries(n_queries + asked)
    with Assistant.open(load(library=str(folder))) as assistant:
        chunks = int(assistant.library.status()["chunks"])
        return {
            "papers": assistant.library.count(),
            "chunks": chunks,
            "search": calls(partial(assistant.search, k=20), queries[:n_queries]),
            "ask": calls(partial(assistant.ask, mode="extractive"), queries[n_queries:]),
            "read_gb_per_s": read_rate(),
            "vectors_mb": chunks * 384 / 1e6,
        }


def read_rate(mb: int = 256) -> float:
    """GB/s at which one core sums memory: what bounds a scan."""
    block = np.ones(mb * 131_072, dtype=np.int64)
    best = float("inf")
    for _ in range(5):
        with Span() as span:
            block.sum()
        best = min(best, span.s)
    return block.nbytes / best / 1e9
