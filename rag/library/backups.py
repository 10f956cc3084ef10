"""A library put aside in one file, and brought back: the new one is made, checked and opened beside the old before it counts."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import itertools
import json
import os
import shutil
import sqlite3
import tarfile
import time
import zlib
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from rag.errors import ConfigError, IndexDamaged, IndexLocked, IndexMismatch, SourceError
from rag.files import remove
from rag.library import health, trouble
from rag.store import tables
from rag.store.matrix import FILES as MATRIX_FILES
from rag.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rag.library.parts import Parts

_PAGE_BYTES = 4096
_FORMAT = 1
_FILES = frozenset({"papers.db", *(f"vectors/{name}" for name in MATRIX_FILES)})
_LIST, _LIST_BYTES = "footnote.json", 1 << 20
_RATIO, _FLOOR = 50, 64 << 20
"""An archive that would unpack to more than so many times its size, and to more than the floor, is none of ours: text shrinks by four."""


def backup(parts: Parts, path: Path) -> Path:
    """Write a library to `path` (a .tar.gz) as it stands now, while readers go on; nobody writes meanwhile.

    The archive holds the records, the vectors and a list with the SHA-256 of each; keyword index and Chroma are made from them. A file
    of that name stays as it is until the new one is whole.
    """
    if path.is_dir() or path.resolve().is_relative_to(parts.folder.resolve()):
        raise ConfigError(f"a backup can't be written to {str(path)!r}; name a file outside the library")
    path.parent.mkdir(parents=True, exist_ok=True)
    with parts.writing() if parts.writable else nullcontext(), _beside(parts, path) as scratch:
        fault = parts.records.fault()
        if fault is not None:
            raise parts.records.damaged(fault)
        copy = scratch / "papers.db"
        target = sqlite3.connect(copy)
        try:
            parts.records.db.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
        files = {"papers.db": copy}
        if int(parts.records.meta("slots", 0)):
            files.update({f"vectors/{name}": parts.matrix.folder / name for name in sorted(MATRIX_FILES)})
        listing = {
            "format": _FORMAT,
            "papers": parts.records.count(),
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "sha256": {name: _sha256(file) for name, file in files.items()},
        }
        partial = scratch / "archive"
        with partial.open("wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as archive:
                content = json.dumps(listing, indent=1).encode()
                entry = tarfile.TarInfo(_LIST)
                entry.size, entry.mtime = len(content), int(time.time())
                archive.addfile(entry, io.BytesIO(content))
                for name, file in files.items():
                    archive.add(file, arcname=name)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    return path


@contextmanager
def _beside(parts: Parts, path: Path) -> Iterator[Path]:
    """A folder to work in from which a file can be moved to `path` in one step: in the library, where the next writer would clear it."""
    inside = parts.writable and parts.folder.stat().st_dev == path.parent.stat().st_dev
    with _scratch(parts.folder / health.SCRATCH if inside else path.with_name(f".{path.name}.partial")) as place:
        yield place


@contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """An empty folder of one fixed name, so that what a killed process left there goes first."""
    remove(place)
    place.mkdir()
    try:
        yield place
    finally:
        remove(place)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Bounded(gzip.GzipFile):
    """An archive's content, of which nobody reads more than `room` bytes: headers can ask for as much as files."""

    room = 0

    def read(self, size: int | None = -1) -> bytes:
        """As any file; ValueError where that is too much."""
        if size is None or size < 0 or self.tell() + size > self.room + _FLOOR:
            raise ValueError("it unpacks to far more than any backup of this size")
        return super().read(size)


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Check an archive and unpack it into the empty `folder`; its list. SourceError where it is damaged or no backup of ours.

    What it says of its size is compared with the size of the archive and with the free disk before anything is written, file by file.
    """
    try:
        with _Bounded(path) as content, tarfile.open(fileobj=content, mode="r:") as archive:
            content.room = max(_FLOOR, _RATIO * path.stat().st_size)
            first = archive.next()
            opened = archive.extractfile(first) if first is not None and first.name == _LIST and first.isreg() else None
            if opened is None or first is None or first.size > _LIST_BYTES:
                raise SourceError("no backup of a library", path=str(path))
            listing: dict[str, Any] = json.loads(opened.read())
            if listing.get("format") != _FORMAT:
                raise SourceError(f"backup of format {listing.get('format')!r}, this version reads {_FORMAT!r}", path=str(path))
            sums, total = dict(listing["sha256"]), 0
            for entry in itertools.islice(archive, 1, None):
                if entry.name not in sums or entry.name not in _FILES or not entry.isreg() or entry.issparse():
                    raise SourceError(f"unexpected entry {entry.name!r:.80}", path=str(path))
                total += entry.size
                if total > content.room:
                    raise SourceError("it unpacks to far more than any backup of this size", path=str(path))
                free = shutil.disk_usage(folder).free
                if entry.size > free:
                    raise SourceError(f"{entry.name!r} takes {entry.size:,} bytes, {free:,} are free; make room first", path=str(path))
                source, target = archive.extractfile(entry), folder / entry.name
                assert source is not None
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    shutil.copyfileobj(source, out)
                if _sha256(target) != sums.pop(entry.name):
                    raise SourceError(f"entry {entry.name!r} is damaged (its SHA-256 differs)", path=str(path))
            missing = sorted(sums) if (folder / "papers.db").exists() else ["papers.db"]
            if missing:
                raise SourceError(f"entry {missing[0]!r:.80} is missing", path=str(path))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EMFILE, errno.EDQUOT}:
            raise
        raise SourceError(f"not a readable backup ({error})", path=str(path)) from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(f"not a readable backup ({error})", path=str(path)) from error
    return listing


def _received(path: Path, place: Path, *, matrix: str, keywords: str, marks: Mapping[str, int]) -> None:
    """Make `place` a library of what an archive holds, with parts of these names, and open it: whatever is wrong shows before it counts.

    SourceError for damage, IndexMismatch for another version's. `marks`: values that its manifest takes.
    """
    from rag.library.parts import Parts

    unpack(path, place)
    try:
        fault = tables.file_fault(place / "papers.db")
        if fault is not None:
            raise SourceError(f"its records are damaged: papers.db {fault}", path=str(path))
        _prepare(place, matrix=matrix, keywords=keywords, marks=marks)
        if (place / "vectors").is_dir():
            (place / "vectors").rename(place / matrix)
        parts = Parts(place, embedder=None)
        try:
            faults = health.faults(parts)
            if faults:
                raise SourceError(f"damaged: the {min(faults)} {faults[min(faults)]}", path=str(path))
            parts.remake_keywords()
            parts.view()
        finally:
            parts.close()
    except IndexMismatch as error:
        reason = str(error).replace(f"library {str(place)!r}", f"backup {str(path)!r}")
        raise IndexMismatch(reason) from error
    except IndexDamaged as error:
        reason = str(error).replace(f"library {str(place)!r}", "the backup").partition("; run")[0]
        raise SourceError(f"damaged: {reason}", path=str(path)) from error
    except sqlite3.DatabaseError as error:
        told = trouble.line(place, error)
        raise SourceError(f"its records are damaged ({error})", path=str(path)) if isinstance(told, IndexDamaged) else told from error


def _prepare(place: Path, *, matrix: str, keywords: str, marks: Mapping[str, int]) -> None:
    """Check the records that were unpacked, lift an older schema, and write what the manifest says of the other parts."""
    records = Records(place / "papers.db")
    try:
        if not records.db.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise records.damaged("hold nothing")
        records.check_schema(migrate=True)
        fault = records.manifest_fault() or records.fault()
        if fault is not None:
            raise records.damaged(fault)
        page = int(records.db.execute("PRAGMA page_size").fetchone()[0])
        if page != _PAGE_BYTES:
            raise records.damaged(f"are written in pages of {page} bytes")
        number = int(keywords.rpartition("-")[2])
        with records.transaction():
            records.set_meta(
                matrix=matrix, keywords=f"keywords-{number - 1}", keywords_seq=0, keywords_dead=0, clusters=None, grouped=None,
                chroma="refill", **marks,
            )  # fmt: skip
        records.db.execute("PRAGMA journal_mode=WAL")
    finally:
        records.close()


def restore(parts: Parts, path: Path, *, overwrite: bool = False) -> int:
    """Make this library what the archive holds; how many papers. ConfigError where papers are here already and `overwrite` is off.

    The new library is made, checked and opened beside the old one, which then becomes it in one transaction: readers go on with the
    old one until that moment. Chroma, which no reader reads, is filled afterwards.
    """
    with parts.writing(), _scratch(parts.folder / health.SCRATCH) as place:
        records = parts.records
        if records.count() and not overwrite:
            raise ConfigError(f"library {str(parts.folder)!r} holds {records.count()} papers; add --overwrite to replace them")
        marks = {key: int(records.meta(key, 0)) + 1 for key in ("generation", "epoch")}
        old = (parts.matrix.folder, parts.keyword_folder)
        matrix, keywords = (health.next_number(parts.folder, f.name.partition("-")[0], current=f.name) for f in old)
        _received(path, place, matrix=matrix, keywords=keywords, marks=marks)
        _move_in(place, parts.folder)
        source = sqlite3.connect(place / "papers.db")
        try:
            source.backup(records.db)
        finally:
            source.close()
        for folder in old:
            remove(folder)
        parts.settle()
        if parts.server is not None:
            parts.server.replace(records)
        parts.publish()
        return records.count()


@contextmanager
def leaving_nothing(folder: Path | None) -> Iterator[None]:
    """Where no library is in `folder` yet, and what is done within fails, none is left there, unless somebody else has put papers in."""
    there = folder is None or folder.exists()
    fresh = folder is not None and not health.look(folder)
    try:
        yield
    except BaseException:
        if fresh and folder is not None:
            _unmake(folder, whole=not there)
        raise


def _unmake(folder: Path, *, whole: bool) -> None:
    if not (folder / "papers.db").is_file():
        return
    try:
        held = FileLock(str(folder / "write.lock")).acquire(timeout=0)
    except Timeout:
        return
    with held:
        records = Records(folder / "papers.db", readonly=True)
        try:
            if records.count():
                return
        finally:
            records.close()
        records_files = (f"papers.db{end}" for end in ("", "-wal", "-shm", "-journal"))
        for name in (*health.derived(folder), health.SCRATCH, *records_files, "write.json"):
            remove(folder / name)
    remove(folder / "write.lock")
    if whole:
        with suppress(OSError):  # somebody has put a file there meanwhile
            folder.rmdir()


def _move_in(place: Path, folder: Path) -> None:
    """Let the derived parts that were made in `place` stand in the library; they count once the records say so."""
    for name in health.derived(place):
        (place / name).rename(folder / name)


def replace(folder: Path, path: Path) -> None:
    """Put what an archive holds in the place of a library that can't be opened; it stays as it is until the new one has been."""
    if not folder.is_dir():
        raise ConfigError(f"{str(folder)!r} is no folder; name another library")
    lock = folder / "write.lock"
    for name in ("write.lock", "write.json", health.SCRATCH):
        if (folder / name).is_symlink() or (name != health.SCRATCH and (folder / name).is_dir()):
            remove(folder / name)
    try:
        held = FileLock(str(lock)).acquire(timeout=0)
    except Timeout:
        raise IndexLocked(f"library {str(folder)!r} is being written by another process; wait for it to end, then run this again") from None
    with held, _scratch(folder / health.SCRATCH) as place:
        old = health.derived(folder)
        matrix, keywords = (health.next_number(folder, kind) for kind in ("vectors", "keywords"))
        now = int(time.time())  # beyond what any reader of the old one may remember
        _received(path, place, matrix=matrix, keywords=keywords, marks={"generation": now, "epoch": now})
        _move_in(place, folder)
        for name in ("papers.db-wal", "papers.db-shm", "papers.db-journal"):
            remove(folder / name)
        if (folder / "papers.db").is_dir():
            remove(folder / "papers.db")
        (place / "papers.db").replace(folder / "papers.db")
        for name in old:
            remove(folder / name)
