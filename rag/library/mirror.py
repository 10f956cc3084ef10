"""The local mirror of a library that lives in a Chroma server: records, keyword index and matrix on this machine's disk.

It follows the server by change numbers and can be deleted at any time. A writer follows first, then writes to the server and to its
own mirror; a reader follows when the server's generation has moved.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from rag import chunking, config
from rag.errors import IndexLocked, IndexMissing
from rag.files import remove
from rag.library.vectors import part_of, record_slots, text_code
from rag.store.records import OLDEST_READ, SCHEMA, load
from rag.store.server import base_name

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from rag.library.parts import Parts
    from rag.library.vectors import Part

ASK_S = 0.5
"""A reader asks the server for its generation at most so often: answers may be this much older than the last write elsewhere."""


def mirror_folder(url: str, library: str) -> Path:
    """Where this machine keeps the mirror of a library on a server."""
    return config.cache_folder() / "mirrors" / f"{base_name(library)}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def follow(parts: Parts) -> None:
    """Bring the mirror up to date if the server has moved on; another process of this machine that does so already is left to it."""
    server = parts.server
    assert server is not None
    now = time.monotonic()
    if now - server.asked < ASK_S:
        return
    manifest = server.manifest()
    if manifest is None:
        raise IndexMissing(f"the Chroma server at {server.url!r} has no library {server.library!r}; run `footnote ingest` first")
    server.asked = now
    if int(manifest["generation"]) != int(parts.records.meta("remote_generation", -1)):
        with suppress(IndexLocked), parts.following():
            pull(parts)


def pull(parts: Parts) -> None:
    """Take over what was written on the server since this mirror last looked (the caller holds the mirror's lock)."""
    server, records = parts.server, parts.records
    assert server is not None
    manifest = server.manifest()
    if manifest is None:
        server.create(SCHEMA)
        manifest = server.manifest() or {}
    server.chunks.forget()
    server.check_schema(manifest.get("schema"), OLDEST_READ, SCHEMA)
    epoch = int(manifest.get("epoch", 0))
    if epoch != int(records.meta("epoch", 0)):
        _empty(parts, epoch)
    since = int(records.meta("remote_seq", 0))
    top = _papers(parts, since)
    with records.transaction():
        values = {key: manifest[key] for key in ("embedder", "dimension", "chunking") if key in manifest}
        records.set_meta(**values)
    if "dimension" in manifest:
        top = max(top, _chunks(parts, since, str(manifest["embedder"])))
    with records.transaction():
        records.set_meta(
            remote_generation=int(manifest.get("generation", 0)),
            remote_seq=max(since, top, int(manifest.get("seq", 0))),
            seq=max(int(records.meta("seq", 0)), top, int(manifest.get("seq", 0))),
            rows=max(int(records.meta("rows", 0)), int(manifest.get("rows", 0))),
        )
        records.bump()


def _empty(parts: Parts, epoch: int) -> None:
    """Begin the mirror anew."""
    records = parts.records
    folders = (parts.matrix.folder, parts.keyword_folder)
    numbers = [int(f.name.rpartition("-")[2]) + 1 for f in folders]
    with records.transaction():
        for table in ("papers", "facts", "graves", "dead_slots", "identity", "sketches", "seen", "vectors", "origins"):
            records.db.execute(f"DELETE FROM {table}")
        records.set_meta(
            epoch=epoch, seq=0, rows=0, slots=0, clusters=None, grouped=None, remote_seq=0, keywords_seq=0, keywords_dead=0, chroma=None,
            matrix=f"vectors-{numbers[0]}", keywords=f"keywords-{numbers[1]}",
        )  # fmt: skip
        records.bump()
    for folder in folders:
        remove(folder)


def _papers(parts: Parts, since: int) -> int:
    """Take over records; the highest change number seen."""
    from rag.identity import sketch

    server, records = parts.server, parts.records
    assert server is not None
    top = since
    for page in server.changes(since):
        # In the order in which they were written: an id may have gone from one paper to another.
        page.sort(key=lambda entry: int(entry["seq"]))
        with records.transaction():
            for entry in page:
                row, seq = int(entry["row"]), int(entry["seq"])
                top = max(top, seq)
                held = records.db.execute("SELECT seq, text_seq FROM facts WHERE row = ?", (row,)).fetchone()
                if not entry["record"]:
                    if held is not None:
                        records.delete(row, seq=seq)
                    continue
                if held is not None and held[0] == seq:
                    continue
                paper = load(str(entry["record"]))
                changed = held is None or held[1] != int(entry["text_seq"])
                keys = [key for key in str(entry["keys"]).split("\n") if key]
                records.db.execute("DELETE FROM identity WHERE row = ?", (row,))  # a key may have been taken away
                records.put_origins(row, json.loads(str(entry.get("made_of") or "[]")))
                records.adopt(paper, row=row, seq=seq, keys=keys, sketch=sketch(paper.abstract), text_changed=changed)
                records.db.execute("UPDATE facts SET text_seq = ? WHERE row = ?", (int(entry["text_seq"]), row))
                records.db.execute("UPDATE meta SET value = max(value, ?) WHERE key = 'rows'", (row,))
    return top


def _chunks(parts: Parts, since: int, embedder: str) -> int:
    """Take over vectors of papers whose chunks are all there and fit their text; the highest change number seen."""
    server = parts.server
    assert server is not None
    top = since
    waiting: dict[int, dict[int, tuple[Part, NDArray[np.float32]]]] = defaultdict(dict)
    for _, vectors, metadata in server.chunks.changes(since):
        for vector, entry in zip(vectors, metadata, strict=True):
            top = max(top, int(entry["seq"]))
            part = part_of(entry)
            waiting[int(entry["row"])][part.ordinal] = (part, vector)
        whole = [row for row, found in waiting.items() if len(found) == next(iter(found.values()))[0].of]
        _take(parts, {row: waiting.pop(row) for row in whole}, embedder)
    return top


def _take(parts: Parts, found: dict[int, dict[int, tuple[Part, NDArray[np.float32]]]], embedder: str) -> None:
    records = parts.records
    marks = ",".join(map(str, found))
    lacking = {int(r) for (r,) in records.db.execute(f"SELECT row FROM facts WHERE slot IS NULL AND row IN ({marks})")}
    papers = records.papers(sorted(lacking))
    spans: dict[int, list[tuple[int, int]]] = {}
    vectors, codes = [], []
    for row, paper in sorted(papers.items()):
        entries = [found[row][ordinal] for ordinal in sorted(found[row])]
        runs = [(part.start, part.end) for part, _ in entries]
        texts = [text_code(embedder, chunking.embedding_text(paper.title, paper.abstract[a:b])) for a, b in runs]
        if [code.hex() for code in texts] != [part.code for part, _ in entries]:
            continue  # made of a text that has changed since
        spans[row] = runs
        vectors += [vector for _, vector in entries]
        codes += texts
    if spans:
        record_slots(parts, spans, np.array(vectors, dtype=np.float32), codes)
