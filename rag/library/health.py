"""Whether a library is whole, looked at where it is opened; what is derived is made anew where it is not.

A library may come from elsewhere, so first of all its folder: every part is a plain file or folder of a known name, none is a link.
The content of the parts is read through where anybody but Footnote may have changed it: size and times of each file, as they were when
Footnote last wrote or read it, are kept in the user's cache folder, since what lies in the library can be made up.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import threading
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from rag import config, files, lexical_files
from rag.errors import IndexDamaged, IndexLocked
from rag.store import chroma_files, clusters, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag.library.parts import Parts

SCRATCH = ".scratch"
"""A folder for work under way, of whoever holds the lock: what a killed process left there is removed by the next."""

_NUMBERED = re.compile(r"(?:keywords|vectors)-[0-9]{1,15}")
_FILES = frozenset({"papers.db", "papers.db-wal", "papers.db-shm", "papers.db-journal", "write.lock", "write.json"})
_LOCKS = (".lock", "-shm", "-journal")


def look(folder: Path) -> bool:
    """Whether the folder holds a library. IndexDamaged for a link, for a file that is none, and for remains without their records."""
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise IndexDamaged(f"{str(folder)!r} is no folder, so it is no library; name another", part="folder")
    derived, cure = False, "run `footnote library restore BACKUP --overwrite`, or remove the folder and ingest again"
    for path in folder.iterdir():
        part = _NUMBERED.fullmatch(path.name) is not None or path.name == "chroma"
        if not (part or path.name in _FILES or path.name == SCRATCH):
            continue
        link = next(_links(path), None)
        if link is not None:
            inside = os.path.relpath(link, folder)
            raise IndexDamaged(f"library {str(folder)!r} holds a link, {inside!r}, which none of ours does; {cure}", part="folder")
        there = files.held(path)  # a log goes with its last reader
        if path.name in _FILES and there is not None and not stat.S_ISREG(there.st_mode):
            raise IndexDamaged(f"{str(path)!r} is no file; {cure}")
        derived |= part
    records = files.held(folder / "papers.db")
    if records is None or not records.st_size:
        log = files.held(folder / "papers.db-wal")
        if derived or (log is not None and log.st_size):
            lost = "is missing" if records is None else "is empty"
            raise IndexDamaged(f"library {str(folder)!r} has lost its records: papers.db {lost}; put it back, {cure}")
        return False
    fault = tables.file_fault(folder / "papers.db")
    if fault is not None:
        raise IndexDamaged(f"the records of library {str(folder)!r} are damaged: papers.db {fault}; {cure}")
    return True


def _links(path: Path) -> Iterator[Path]:
    """The links at and below a path; none is followed."""
    if path.is_symlink():
        yield path
    elif path.is_dir():
        with suppress(FileNotFoundError):  # an index that has been replaced goes at once
            for inside in path.iterdir():
                yield from _links(inside)


def derived(folder: Path) -> list[str]:
    """The derived parts that lie in a folder, whether they count or not."""
    return sorted(path.name for path in folder.iterdir() if _NUMBERED.fullmatch(path.name) or path.name == "chroma")


def next_number(folder: Path, kind: str, *, current: str = "") -> str:
    """The name of the next part of a kind: none that lies there has it, nor the `current` one."""
    taken = [int(name.rpartition("-")[2]) for name in [*derived(folder), current] if name.startswith(f"{kind}-")]
    return f"{kind}-{max(taken, default=0) + 1}"


def leftovers(parts: Parts) -> list[Path]:
    """What killed processes left: work that was under way, and parts that do not count (any more, or yet)."""
    ours = {parts.keyword_folder.name, parts.matrix.folder.name, "chroma"}
    names = [name for name in derived(parts.folder) if name not in ours]
    return [parts.folder / name for name in ([SCRATCH] if (parts.folder / SCRATCH).exists() else []) + names]


# -- what was seen before -------------------------------------------------------------------------------------------------------


def tops(parts: Parts) -> tuple[str, ...]:
    """The files and folders that make the library up now."""
    return ("papers.db", "papers.db-wal", parts.keyword_folder.name, parts.matrix.folder.name, "chroma")


def known(folder: Path, names: tuple[str, ...]) -> bool:
    """Whether every file of these is as Footnote last left it."""
    try:
        return bool(json.loads(_seen(folder).read_text(encoding="utf-8")) == _stamps(folder, names))
    except (OSError, ValueError):
        return False


def remember(folder: Path, names: tuple[str, ...]) -> None:
    """Every file is as it must be now."""
    place = _seen(folder)
    with suppress(OSError):  # without a cache folder everything is read through each time
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f"{place.name}.{os.getpid()}-{threading.get_ident()}")
        beside.write_text(json.dumps(_stamps(folder, names)), encoding="utf-8")
        beside.replace(place)


def _seen(folder: Path) -> Path:
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:24]
    return config.cache_folder() / "checked" / f"{name}.json"


def _stamps(folder: Path, names: tuple[str, ...]) -> dict[str, list[int]]:
    """Size and times of each file. The time of the last change of any kind can't be set by hand, and a copy has its own."""
    found = {}
    for top in names:
        for path in _plain_files(folder / top):
            held = path.stat()
            if held.st_size or not path.name.endswith("-wal"):
                found[str(path.relative_to(folder))] = [held.st_size, held.st_mtime_ns, held.st_ctime_ns]
    return found


def _plain_files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for inside in sorted(path.iterdir()):
            yield from _plain_files(inside)
    elif path.exists() and not path.name.endswith(_LOCKS):
        yield path


# -- whole or not ---------------------------------------------------------------------------------------------------------------


def check(parts: Parts, *, thorough: bool = False) -> tuple[str, ...]:
    """Look at what may have been changed (`thorough`: at all), make derived parts anew that are damaged, and say which.

    IndexDamaged where the records are, and for a derived part where nothing can be written. Another process that is writing has looked.
    """
    if not thorough and known(parts.folder, tops(parts)):
        return ()
    with suppress(IndexLocked), parts.locked() if parts.writable else nullcontext():
        fault = parts.records.fault()
        if fault is not None:
            raise parts.records.damaged(fault)
        damaged = faults(parts)
        if damaged and not parts.writable:
            part, what = next(iter(damaged.items()))
            raise IndexDamaged(
                f"the {_NAMES[part]} of library {str(parts.folder)!r} {what}, and nothing can be written there; "
                "copy the library to a disk, it is mended there",
                part=part,
            )
        if damaged:
            _mend(parts, damaged)
        remember(parts.folder, tops(parts))
        return tuple(f"the {_NAMES[part]} ({what})" for part, what in damaged.items())
    return ()


def faults(parts: Parts) -> dict[str, str]:
    """Derived parts that are damaged, and what is wrong with each."""
    return {part: fault for part, look_at in _LOOK.items() if (fault := look_at(parts)) is not None}


def _keywords(parts: Parts) -> str | None:
    folder, records = parts.keyword_folder, parts.records
    if not folder.exists():
        return "is missing" if int(records.meta("keywords_seq", 0)) else None
    found = lexical_files.fault(folder)
    if found is None and not parts.behind():
        try:
            held = parts.keywords.count
        except IndexDamaged as error:
            return f"can't be opened ({error})"
        papers = records.count()
        found = None if held == papers else f"holds {held} of {papers} papers"
    return found


def _matrix(parts: Parts) -> str | None:
    matrix, slots = parts.matrix_and_slots()
    db = parts.records.db
    owners = db.execute("SELECT row, slot, chunks FROM facts WHERE slot IS NOT NULL").fetchall()
    return matrix.fault(slots, owners, db.execute("SELECT slot, n FROM dead_slots").fetchall()) if slots else None


def _clusters(parts: Parts) -> str | None:
    name = parts.records.meta("clusters")
    matrix, slots = parts.matrix_and_slots()
    if not name or matrix.held() < slots:
        return None  # of a matrix that is made anew
    return clusters.fault(matrix.folder / str(name), matrix.view(slots))


def _chroma(parts: Parts) -> str | None:
    folder, records = parts.folder / "chroma", parts.records
    if parts.server is not None or records.meta("chroma"):
        return None  # elsewhere, or about to be made anew
    if folder.is_dir():
        return chroma_files.fault(folder) if int(records.meta("slots", 0)) or any(folder.iterdir()) else None
    if folder.exists():
        return "is no folder"
    return "is missing" if int(records.meta("slots", 0)) else None


_LOOK = {"keywords": _keywords, "matrix": _matrix, "clusters": _clusters, "chroma": _chroma}
_NAMES = {"keywords": "keyword index", "matrix": "vector matrix", "clusters": "groups of vectors", "chroma": "Chroma folder"}


def _mend(parts: Parts, faults: dict[str, str]) -> None:
    """Make anew what is damaged, from what is whole. Vectors that nothing holds any more become pending, and are marked as lost."""
    from rag.library import upkeep

    records = parts.records
    if "keywords" in faults:
        parts.remake_keywords()
    if "chroma" in faults:
        parts.chunks.wipe()
        with records.transaction():
            records.set_meta(chroma="refill")
    if "matrix" in faults:
        if "chroma" in faults or records.meta("chroma"):
            upkeep.forget_vectors(parts)
        else:
            upkeep.remake_matrix(parts)
    elif "clusters" in faults:
        old = parts.matrix.folder / str(records.meta("clusters"))
        with records.transaction():
            records.set_meta(clusters=None, grouped=None)
            records.bump()
        files.remove(old)
        parts.group_vectors()
