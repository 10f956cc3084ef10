"""A library written in bulk, to measure searching at sizes that take an hour to ingest: records, keyword index and vectors as ever.

What is left out is what a search never reads: identity keys, and Chroma. So its adding rates say nothing and are not reported.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from bench import texts
from bench.drawn import Drawn
from bench.measure import memory_mb, size_mb
from rag.library import Library, vectors

if TYPE_CHECKING:
    from pathlib import Path

PIECE = 10_000
COMMIT_EVERY = 20
"""Pieces between commits of the keyword index."""


PART = 1300
"""Characters that the embedder reads of an abstract, about."""


def fill(folder: Path, size: int, *, limit_s: float, in_parts: bool = False) -> dict[str, Any]:
    """Write papers, one vector each (or `in_parts`: one for each `PART` begun), until there are `size` or time is up."""
    ends = time.monotonic() + limit_s
    with Library.open(folder, embedder=(drawn := Drawn()), create=True) as library:
        parts = library._parts  # noqa: SLF001  # around the front door, on purpose
        records = parts.records
        with parts.writing():
            with records.transaction():
                records.set_meta(**parts.manifest())
            count, pieces = records.count(), 0
            while count < size and time.monotonic() < ends:
                spans = {}
                with records.transaction():
                    for n, paper in enumerate(texts.papers(min(PIECE, size - count), start=count), start=count):
                        named = dataclasses.replace(paper, paper_id=f"bulk-{n}")
                        row = records.put(named, row=None, seq=records.next_seq(), keys=(), sketch=(), text_changed=True)
                        length = len(paper.abstract)
                        parts_of = max(1, -(-length // PART)) if in_parts else 1
                        spans[row] = [(length * i // parts_of, length * (i + 1) // parts_of) for i in range(parts_of)]
                    records.bump()
                vectors.record_slots(parts, spans, drawn.around(sum(map(len, spans.values())), seed=count), [])
                pieces += 1
                parts.index_keywords(commit=pieces % COMMIT_EVERY == 0)
                count += len(spans)
            parts.index_keywords()  # not `settle`, which would fill Chroma
            parts.group_vectors()
            chunks = int(records.meta("slots", 0))
    return {
        "asked": size,
        "papers": count,
        "added": None,
        "chunks": chunks,
        "size_mb": size_mb(folder),
        "memory_mb": memory_mb(),
        "bulk": True,
    }
