"""A library is looked after: derived parts made anew, health told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from rag import files
from rag.errors import ConfigError, IndexDamaged, IndexMissing
from rag.lexical import KeywordIndex
from rag.library.vectors import refill_chroma
from rag.store.matrix import Matrix

if TYPE_CHECKING:
    from rag.library.parts import Parts

What = Literal["vectors", "keywords", "matrix", "chroma", "all"]
_PAGE = 2000


def rebuild(parts: Parts, what: What = "all") -> None:
    """Make derived parts anew.

    `vectors` (and `all`) empties Chroma: `embed_pending` then fills it with the present embedder. `matrix` is made from Chroma and
    `chroma` from the matrix, without embedding; `keywords` from the records.
    """
    if what not in get_args(What):
        raise ConfigError(f"{what!r} can't be rebuilt; choose one of {', '.join(map(repr, get_args(What)))}")
    with parts.writing():
        if what in {"keywords", "all"}:
            parts.remake_keywords()
        if what == "matrix":
            remake_matrix(parts)
        if what == "chroma":
            refill_chroma(parts)
        if what in {"vectors", "all"}:
            forget_vectors(parts)
        parts.publish()


def _next_matrix(parts: Parts) -> Path:
    folder = parts.folder / f"vectors-{int(parts.matrix.folder.name.rpartition('-')[2]) + 1}"
    files.remove(folder)
    return folder


def forget_vectors(parts: Parts) -> None:
    """Make all papers pending, marked as having had vectors: who opens the library with an embedder makes them again."""
    old, new = parts.matrix.folder, _next_matrix(parts)
    records = parts.records
    # First the promise that Chroma counts for nothing, then Chroma: a kill in between leaves all papers pending.
    with records.transaction():
        records.forget_vectors(matrix=new.name)
        if parts.server is not None:
            # The mirrors of other machines have to let go of their vectors too.
            records.set_meta(epoch=int(records.meta("epoch", 0)) + 1)
        records.bump()
    parts.reset_chroma()
    files.remove(old)


def remake_matrix(parts: Parts) -> None:
    """Make the matrix anew from the vectors in Chroma, without dead slots; readers keep the old one until the switch."""
    records = parts.records
    old, folder = parts.matrix.folder, _next_matrix(parts)
    matrix = Matrix(folder, parts.matrix.dimension)
    owners = records.db.execute(
        "SELECT f.row, p.paper_id, f.chunks FROM facts f JOIN papers p USING (row) WHERE f.slot IS NOT NULL ORDER BY f.slot, f.row"
    ).fetchall()
    n, slots = 0, []
    for start in range(0, len(owners), _PAGE):
        page = owners[start : start + _PAGE]
        ids = [f"{paper_id}:{i}" for _, paper_id, count in page for i in range(count)]
        try:
            vectors = parts.chunks.vectors(ids)
        except (IndexMissing, IndexDamaged):
            # Chroma lost something too: all becomes pending and is embedded again.
            forget_vectors(parts)
            return
        matrix.append(n, vectors, [row for row, _, count in page for _ in range(count)])
        for row, _, count in page:
            slots.append((n, row))
            n += count
    with records.transaction():
        records.db.executemany("UPDATE facts SET slot = ? WHERE row = ?", slots)
        records.db.execute("DELETE FROM dead_slots")
        records.db.execute("DELETE FROM vectors")
        records.set_meta(matrix=folder.name, slots=n, clusters=None, grouped=None)
        records.bump()
    parts.group_vectors()
    files.remove(old)


def status(parts: Parts) -> dict[str, Any]:
    """Counts, sizes, versions and checks, for `footnote doctor`. `problems` is empty for a healthy library."""
    records = parts.records
    meta = records.all_meta()
    papers, pending = records.count(), records.pending()
    chunks = int(records.db.execute("SELECT coalesce(sum(chunks), 0) FROM facts").fetchone()[0])
    problems = []
    quick = records.db.execute("PRAGMA quick_check").fetchone()[0]
    if quick != "ok":
        problems.append(f"the records are damaged ({quick}); restore a backup")
    indexed = KeywordIndex(parts.keyword_folder, readonly=not parts.writable).count if KeywordIndex.exists(parts.keyword_folder) else 0
    if indexed != papers:
        problems.append(f"the keyword index holds {indexed} of {papers} papers; run `footnote library rebuild`")
    # Chroma itself can't look at files that it may not write.
    in_chroma = parts.chunks.count() if chunks and parts.writable else chunks
    # Of papers whose vectors are not made yet, Chroma may hold what a stopped run had written; the next one writes it again.
    begun = int(records.db.execute("SELECT coalesce(sum(held), 0) FROM facts WHERE slot IS NULL").fetchone()[0])
    if not chunks <= in_chroma <= chunks + begun:
        problems.append(f"Chroma holds {in_chroma} chunks, the records say {chunks}; run `footnote library rebuild`")
    slots = int(meta.get("slots", 0))
    rows = np.asarray(parts.matrix.view(slots).rows) if parts.matrix.held() >= slots else np.zeros(0, dtype=np.int32)
    live = int((rows >= 0).sum())
    if live != chunks:
        problems.append(f"the vector matrix holds {live} of {chunks} chunks; run `footnote library rebuild`")
    sizes = {p.name: _size(p) for p in sorted(parts.folder.iterdir())}
    return {
        "library": str(parts.folder),
        "chroma": parts.server.url if parts.server is not None else "embedded",
        "papers": papers,
        "pending": pending,
        "chunks": chunks,
        "generation": int(meta.get("generation", 0)),
        "schema": meta.get("schema"),
        "embedder": meta.get("embedder"),
        "dimension": meta.get("dimension"),
        "chunking": meta.get("chunking"),
        "dead_slots": slots - live,
        "writable": parts.writable,
        "bytes": sum(sizes.values()),
        "sizes_bytes": sizes,
        "problems": problems,
    }


def _size(path: Path) -> int:
    inside = [Path(place, name) for place, _, names in os.walk(path) for name in names] or [path]
    return sum(there.st_size for there in map(files.held, inside) if there is not None)
