"""A library is looked after: derived parts made anew, health told, a copy put aside and brought back."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import shutil
import sqlite3
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from rag.errors import ConfigError, IndexMissing, SourceError
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
            _forget_vectors(parts)
        parts.publish()


def _next_matrix(parts: Parts) -> Path:
    name = str(parts.records.meta("matrix", "vectors-0"))
    folder = parts.folder / f"vectors-{int(name.rpartition('-')[2]) + 1}"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _forget_vectors(parts: Parts) -> None:
    old, new = parts.matrix.folder, _next_matrix(parts)
    records = parts.records
    # First the promise that Chroma counts for nothing, then Chroma: a kill in between leaves all papers pending.
    with records.transaction():
        records.db.execute("UPDATE facts SET slot = NULL, chunks = 0, spans = NULL")
        records.db.execute("DELETE FROM dead_slots")
        records.db.execute("DELETE FROM vectors")
        records.set_meta(
            slots=0, clusters=None, grouped=None, matrix=new.name, embedder=None, dimension=None, chunking=None, chroma="reset"
        )
        if parts.server is not None:
            # The mirrors of other machines have to let go of their vectors too.
            records.set_meta(epoch=int(records.meta("epoch", 0)) + 1)
        records.bump()
    parts.reset_chroma()
    shutil.rmtree(old, ignore_errors=True)


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
        except IndexMissing:
            # Chroma lost something too: what it lacks becomes pending and is embedded again.
            _forget_vectors(parts)
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
    shutil.rmtree(old, ignore_errors=True)


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
    indexed = KeywordIndex(parts.keyword_folder).count if KeywordIndex.exists(parts.keyword_folder) else 0
    if indexed != papers:
        problems.append(f"the keyword index holds {indexed} of {papers} papers; run `footnote library rebuild`")
    in_chroma = parts.chunks.count() if chunks else 0
    if in_chroma != chunks:
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
        "bytes": sum(sizes.values()),
        "sizes_bytes": sizes,
        "problems": problems,
    }


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


# -- backup ---------------------------------------------------------------------------------------------------------------------

_FORMAT = 1


def backup(parts: Parts, path: Path) -> Path:
    """Write a library to `path` (a .tar.gz) as it stands now, while readers go on; nobody writes meanwhile.

    The archive holds the records, the vectors and a list with the SHA-256 of each; keyword index and Chroma are made from them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with parts.writing(), tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        copy = Path(scratch) / "papers.db"
        target = sqlite3.connect(copy)
        try:
            parts.records.db.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
        files = {"papers.db": copy}
        if int(parts.records.meta("slots", 0)):
            files.update({f"vectors/{p.name}": p for p in sorted(parts.matrix.folder.iterdir()) if p.is_file()})
        listing = {
            "format": _FORMAT,
            "papers": parts.records.count(),
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "sha256": {name: _sha256(file) for name, file in files.items()},
        }
        partial = Path(scratch) / "archive"
        with tarfile.open(partial, "w:gz", compresslevel=3) as archive:
            content = json.dumps(listing, indent=1).encode()
            entry = tarfile.TarInfo("footnote.json")
            entry.size, entry.mtime = len(content), int(time.time())
            archive.addfile(entry, io.BytesIO(content))
            for name, file in files.items():
                archive.add(file, arcname=name)
        partial.replace(path)
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Check an archive and unpack it into the empty `folder`; its list. SourceError where it is damaged or no backup of ours."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            first = archive.next()
            content = archive.extractfile(first) if first is not None and first.name == "footnote.json" else None
            if content is None:
                raise SourceError("no backup of a library", path=str(path))
            listing: dict[str, Any] = json.loads(content.read(1 << 20))
            if listing.get("format") != _FORMAT:
                raise SourceError(f"backup of format {listing.get('format')!r}, this version reads {_FORMAT!r}", path=str(path))
            sums = dict(listing["sha256"])
            for entry in itertools.islice(archive, 1, None):
                if entry.name not in sums or not entry.isfile() or Path(entry.name).is_absolute() or ".." in Path(entry.name).parts:
                    raise SourceError(f"unexpected entry {entry.name!r}", path=str(path))
                source, target = archive.extractfile(entry), folder / entry.name
                assert source is not None
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    shutil.copyfileobj(source, out)
                if _sha256(target) != sums.pop(entry.name):
                    raise SourceError(f"entry {entry.name!r} is damaged (its SHA-256 differs)", path=str(path))
            if sums:
                raise SourceError(f"entry {min(sums)!r} is missing", path=str(path))
    except (OSError, tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"not a readable backup ({error})", path=str(path)) from error
    return listing


def restore(parts: Parts, path: Path, *, overwrite: bool = False) -> int:
    """Make this library what the archive holds; how many papers. ConfigError where papers are here already and `overwrite` is off.

    Readers go on with the old library until one moment and then see the new one.
    """
    with parts.writing(), tempfile.TemporaryDirectory(dir=parts.folder) as scratch:
        records = parts.records
        if records.count() and not overwrite:
            raise ConfigError(f"library {str(parts.folder)!r} holds {records.count()} papers; add --overwrite to replace them")
        unpacked = Path(scratch)
        unpack(path, unpacked)
        old_matrix, new_matrix = parts.matrix.folder, _next_matrix(parts)
        if (unpacked / "vectors").is_dir():
            (unpacked / "vectors").rename(new_matrix)
        number = int(parts.keyword_folder.name.rpartition("-")[2]) + 1
        old_keywords = parts.keyword_folder
        source = sqlite3.connect(unpacked / "papers.db")
        try:
            marks = {
                "matrix": new_matrix.name,
                "keywords": f"keywords-{number}",
                "keywords_seq": 0,
                "keywords_dead": 0,
                "chroma": "refill",
                "generation": int(records.meta("generation", 0)) + 1,
                "epoch": int(records.meta("epoch", 0)) + 1,
            }
            source.execute("DELETE FROM meta WHERE key IN ('clusters', 'grouped')")
            source.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(marks.items()))
            source.commit()
            source.backup(records.db)
        finally:
            source.close()
        records.check_schema(migrate=True)
        parts.settle()
        shutil.rmtree(old_matrix, ignore_errors=True)
        shutil.rmtree(old_keywords, ignore_errors=True)
        if parts.server is not None:
            parts.server.replace(records)
        parts.publish()
        return records.count()
