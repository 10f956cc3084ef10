"""A warm search and a warm offline answer over a large library, and how fast this machine can read the vectors at all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import texts
from bench.measure import WARM, Span, calls
from rag.assistant import Assistant
from rag.config import load

if TYPE_CHECKING:
    from pathlib import Path


def measured(folder: Path, *, n_queries: int) -> dict[str, Any]:
    """`search` (20 papers), `ask` (offline) and the floor under a search: the query's embedding and one read of all int8 vectors."""
    asked = texts.queries(2 * (n_queries + WARM))
    half = len(asked) // 2
    with Assistant.open(load(library=str(folder))) as assistant:
        chunks = int(assistant.library.status()["chunks"])
        return {
            "papers": assistant.library.count(),
            "chunks": chunks,
            "search": calls(partial(assistant.search, k=20), asked[:half]),
            "ask": calls(partial(assistant.ask, mode="extractive"), asked[half:]),
            "vectors_mb": chunks * 384 / 1e6,
            "vectors": vectors_alone(assistant, asked[:half]),
        }


def vectors_alone(assistant: Assistant, queries: list[str]) -> dict[str, float]:
    """The part of a search that compares vectors, and reading all of their int8 form once, in turn: medians of processor time."""
    library = assistant.library
    assert library.embedder is not None
    mapped = library._matrix_view().int8.reshape(-1).view(np.int64)  # noqa: SLF001  # the very bytes that are compared
    found: list[tuple[float, float]] = []
    for query in queries:
        vector = library.embedder.embed_query(query)
        with Span() as reading:
            mapped.sum()
        with Span() as comparing:
            library.dense(vector, k=50)
        found.append((comparing.cpu_s * 1e3, reading.cpu_s * 1e3))
    compared, read = np.median(found[WARM:], axis=0).tolist()
    return {"cpu_p50_ms": compared, "read_once_cpu_ms": read, "ratio": compared / read}
