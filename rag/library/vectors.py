"""Vectors are made for the papers that lack them: in Chroma first, then in the matrix, then the records say so.

A kill between any two of these steps leaves the papers pending; the next run repeats the step, and writing it twice changes
nothing. A text that was embedded before is not embedded again, even where its paper was removed meanwhile.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rag import chunking
from rag.errors import IndexMismatch
from rag.library.progress import Meter, Progress
from rag.schema import Chunk
from rag.store.matrix import Coded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rag.embedding.base import Embedder
    from rag.library.parts import Parts
    from rag.schema import Paper

BATCH = 128
"""Papers whose vectors are stored together: about a second's work of the bundled embedder."""

QUICK_S, LARGEST, LEFT = 0.5, 4096, 16
"""Where a batch takes less than this many seconds, the next is twice as large, up to `LARGEST` papers and to one in `LEFT` of what is
left: each write has a fixed price (five files and a transaction synced), which vectors that come fast would mostly pay for."""

LOST = 2000
"""Vectors that were lost are made anew when the library is opened, for up to so many papers: a quarter of a minute's work."""

_PAGE = 2000


def text_code(embedder: str, text: str) -> bytes:
    """16 bytes that stand for a text as the embedder of this name reads it."""
    return hashlib.blake2b(f"{embedder}\0{text}".encode(), digest_size=16).digest()


def chunks_of(paper: Paper, embedder: Embedder) -> list[Chunk]:
    """The paper's chunks, none longer than the embedder reads; without abstract one of no text, so that the title has a vector."""
    found = chunking.split(paper, limits=[(embedder.count, embedder.max_tokens)])
    return found or [Chunk(chunk_id=f"{paper.paper_id}:0", paper_id=paper.paper_id, ordinal=0, start=0, end=0, text="")]


def embed_pending(parts: Parts, *, progress: Callable[[Progress], None] | None = None, limit: int | None = None) -> int:
    """Make the missing vectors, of `limit` papers at most; for how many papers they were made."""
    embedder = parts.embedder
    if embedder is None:
        return 0
    parts.check_manifest()
    done = 0
    with parts.writing():
        parts.check_manifest()
        with parts.records.transaction():
            parts.records.set_meta(**parts.manifest())
        pending = parts.records.pending()
        total = pending if limit is None else min(limit, pending)
        meter = Meter("embedding", progress, total)
        size = BATCH
        while done < total:
            began = time.monotonic()
            rows = [
                int(r)
                for (r,) in parts.records.db.execute(
                    "SELECT row FROM facts WHERE slot IS NULL ORDER BY row LIMIT ?", (min(size, total - done),)
                )
            ]
            _batch(parts, embedder, rows)
            done += len(rows)
            parts.publish()
            meter.tell(done)
            if time.monotonic() - began < QUICK_S and 2 * size <= min(LARGEST, (total - done) // LEFT):
                size *= 2
        parts.group_vectors()
        if parts.records.meta("lost") and not parts.records.pending():
            with parts.records.transaction():
                parts.records.set_meta(lost=None)
    return done


def _batch(parts: Parts, embedder: Embedder, rows: Sequence[int]) -> None:
    papers = parts.records.papers(rows)
    chunks = {row: chunks_of(papers[row], embedder) for row in rows}
    flat = [(row, chunk) for row in rows for chunk in chunks[row]]
    texts = [chunking.embedding_text(papers[row].title, chunk.text) for row, chunk in flat]
    codes = [text_code(embedder.name, text) for text in texts]
    store(parts, {row: [(c.start, c.end) for c in chunks[row]] for row in rows}, _vectors(parts, embedder, texts, codes), codes)


def store(
    parts: Parts, spans: Mapping[int, Sequence[tuple[int, int]]], vectors: NDArray[np.float32] | Coded, codes: Sequence[bytes]
) -> None:
    """Write vectors, which stand in the order of `spans` (row to chunk spans), with the codes of their texts: Chroma first."""
    records, db, rows = parts.records, parts.records.db, list(spans)
    papers = records.papers(rows)
    # What Chroma may hold of each paper is known before it holds it, so that nothing is ever left there unseen.
    with records.transaction():
        db.executemany("UPDATE facts SET held = max(held, ?) WHERE row = ?", [(len(s), r) for r, s in spans.items()])
        seq = records.next_seq()
    if parts.server is not None:
        # Another machine's killed writer may have left chunks that this one never heard of.
        parts.chunks.delete_rows(rows)
    else:
        held = dict(db.execute(f"SELECT row, held FROM facts WHERE row IN ({','.join(map(str, rows))})"))
        parts.chunks.delete([f"{papers[r].paper_id}:{n}" for r in rows for n in range(len(spans[r]), held[r])])
    metadata = [m for row in rows for m in chunk_metadata(papers[row], row, spans[row], str(records.meta("embedder")), seq)]
    ids = [f"{papers[row].paper_id}:{n}" for row in rows for n in range(len(spans[row]))]
    parts.chunks.upsert(ids, vectors.vectors() if isinstance(vectors, Coded) else vectors, metadata)
    record_slots(parts, spans, vectors, codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Vectors of some papers, made elsewhere: rows with their chunks' spans, vectors in that order, codes of the texts behind them."""

    spans: Mapping[int, Sequence[tuple[int, int]]]
    vectors: NDArray[np.float32]
    codes: Sequence[bytes]
    manifest: Mapping[str, str | int]


def made_of(embedder: Embedder, papers: Sequence[tuple[int, Paper]]) -> Made:
    """The vectors of papers, by row; nothing of a library is needed."""
    chunks = {row: chunks_of(paper, embedder) for row, paper in papers}
    texts = [chunking.embedding_text(paper.title, chunk.text) for row, paper in papers for chunk in chunks[row]]
    return Made(
        spans={row: [(c.start, c.end) for c in found] for row, found in chunks.items()},
        vectors=embedder.embed(texts),
        codes=[text_code(embedder.name, text) for text in texts],
        manifest={"embedder": embedder.name, "dimension": embedder.dimension, "chunking": chunking.NAME},
    )


def take(parts: Parts, made: Made) -> int:
    """Store vectors that were made elsewhere, of papers that still lack them and whose texts are as they were; of how many."""
    with parts.writing():
        records = parts.records
        held = records.all_meta() if int(records.meta("slots", 0)) else {}
        for key, value in made.manifest.items():
            if held.get(key, value) != value:
                raise IndexMismatch(f"library {str(parts.folder)!r} was built with {key} {held[key]!r}, the vectors with {value!r}")
        with records.transaction():
            records.set_meta(**made.manifest)
        papers, at = records.papers(list(made.spans)), 0
        kept: dict[int, Sequence[tuple[int, int]]] = {}
        slots: list[int] = []
        for row, spans in made.spans.items():
            places, at = range(at, at + len(spans)), at + len(spans)
            lacks = records.db.execute("SELECT 1 FROM facts WHERE row = ? AND slot IS NULL", (row,)).fetchone()
            if not lacks or row not in papers:
                continue
            texts = [chunking.embedding_text(papers[row].title, papers[row].abstract[a:b]) for a, b in spans]
            if [text_code(str(made.manifest["embedder"]), text) for text in texts] == [made.codes[n] for n in places]:
                kept[row] = spans
                slots += places
        if kept:
            store(parts, kept, made.vectors[slots], [made.codes[n] for n in slots])
            parts.publish()
            parts.group_vectors()
        if records.meta("lost") and not records.pending():
            with records.transaction():
                records.set_meta(lost=None)
        return len(kept)


def chunk_metadata(paper: Paper, row: int, spans: Sequence[tuple[int, int]], embedder: str, seq: int) -> list[dict[str, Any]]:
    """What Chroma holds beside each vector: the paper's row, when it was written (`seq`), and which part of which text it is.

    Each value costs Chroma as much as a fifth of the vector itself, so what is never asked for alone stands in one: see `part_of`.
    """
    return [
        {"row": row, "seq": seq, "part": f"{ordinal}/{len(spans)} {start}-{end} {_code(paper, start, end, embedder).hex()}"}
        for ordinal, (start, end) in enumerate(spans)
    ]


def _code(paper: Paper, start: int, end: int, embedder: str) -> bytes:
    return text_code(embedder, chunking.embedding_text(paper.title, paper.abstract[start:end]))


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk as Chroma knows it: the `ordinal`-th of `of`, characters `start` to `end` of the abstract, and its text's code (hex)."""

    ordinal: int
    of: int
    start: int
    end: int
    code: str


def part_of(metadata: Mapping[str, Any]) -> Part:
    """Read what `chunk_metadata` wrote, or an earlier version (a key for each value). ValueError, KeyError where it is neither."""
    if "part" not in metadata:
        held = [int(metadata[key]) for key in ("ordinal", "of", "start", "end")]
        return Part(held[0], held[1], held[2], held[3], str(metadata["text"]))
    place, span, code = str(metadata["part"]).split(" ")
    (ordinal, of), (start, end) = place.split("/"), span.split("-")
    return Part(int(ordinal), int(of), int(start), int(end), code)


def pack(spans: Sequence[tuple[int, int]]) -> bytes:
    """Character spans as the records keep them: int32 pairs."""
    return np.array(spans, dtype="<i4").tobytes()


def unpack(blob: bytes | None) -> list[tuple[int, int]]:
    """What `pack` packed."""
    return [(int(a), int(b)) for a, b in np.frombuffer(blob or b"", dtype="<i4").reshape(-1, 2)]


def _vectors(parts: Parts, embedder: Embedder, texts: Sequence[str], codes: Sequence[bytes]) -> NDArray[np.float32]:
    """The texts' vectors, `(n, d)` float32: kept ones (through int16) where there are, else new ones."""
    n = int(parts.records.meta("slots", 0))
    view = parts.matrix.view(n)
    found = np.zeros((len(texts), embedder.dimension), dtype=np.float32)
    missing = []
    for i, code in enumerate(codes):
        held = parts.records.db.execute("SELECT slot FROM vectors WHERE code = ?", (code,)).fetchone()
        if held is not None and held[0] < n:
            found[i] = view.vectors([held[0]])[0]
        else:
            missing.append(i)
    if missing:
        found[missing] = embedder.embed([texts[i] for i in missing])
    return found


def record_slots(
    parts: Parts, spans: Mapping[int, Sequence[tuple[int, int]]], vectors: NDArray[np.float32] | Coded, codes: Sequence[bytes]
) -> None:
    """Append vectors, which stand in the order of `spans` (row to chunk spans), to the matrix, and say so in the records."""
    records = parts.records
    n = int(records.meta("slots", 0))
    after = parts.matrix.append(n, vectors, [row for row, found in spans.items() for _ in found])
    slot = n
    with records.transaction():
        for row, found in spans.items():
            records.db.execute(
                "UPDATE facts SET slot = ?, chunks = ?, held = ?, spans = ? WHERE row = ?", (slot, len(found), len(found), pack(found), row)
            )
            slot += len(found)
        records.db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", [(c, n + i) for i, c in enumerate(codes)])
        records.set_meta(slots=after)
        records.bump()


def refill_chroma(parts: Parts) -> None:
    """Empty Chroma and fill it from records and matrix, without embedding. A kill half-way leaves the mark that repeats it."""
    records, matrix = parts.records, parts.matrix
    with records.transaction():
        records.set_meta(chroma="refill")
        seq = records.next_seq()
    parts.chunks.reset()
    n = int(records.meta("slots", 0))
    view, embedder = matrix.view(n), str(records.meta("embedder", ""))
    found = records.db.execute("SELECT row, slot, spans FROM facts WHERE chunks > 0 ORDER BY row").fetchall()
    for start in range(0, len(found), _PAGE):
        page = found[start : start + _PAGE]
        papers = records.papers([row for row, _, _ in page])
        held = [(row, slot, unpack(spans)) for row, slot, spans in page]
        metadata = [m for row, _, spans in held for m in chunk_metadata(papers[row], row, spans, embedder, seq)]
        slots = [slot + n for _, slot, spans in held for n in range(len(spans))]
        ids = [f"{papers[row].paper_id}:{n}" for row, _, spans in held for n in range(len(spans))]
        parts.chunks.upsert(ids, view.vectors(slots), metadata)
    with records.transaction():
        records.db.execute("UPDATE facts SET held = chunks")
        records.db.execute("UPDATE graves SET held = 0")
        records.set_meta(chroma=None)
        records.bump()
