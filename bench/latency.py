"""A warm search and a warm offline answer over a large library, and how fast this machine can read the vectors at all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bench import texts
from bench.measure import WARM, calls
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
        }
