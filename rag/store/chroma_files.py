"""Whether the files of an embedded Chroma are whole, found without Chroma: it ends the process over some that are not.

Beside its SQLite file stands a folder for each vector index, in hnswlib's format: a header of a hundred bytes, then for each element
its links, vector and label in records of one length.
"""

from __future__ import annotations

import pickletools
import sqlite3
import struct
import uuid
from typing import TYPE_CHECKING

import numpy as np

from rag.store import tables

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = struct.Struct("<i6QiI3QdQ")
_FILES = frozenset({"header.bin", "data_level0.bin", "length.bin", "link_lists.bin", "index_metadata.pickle"})
_CALLS = frozenset({"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"})
_SEARCHED = "embedding_fulltext_search"
"""Chroma's one virtual table."""


def fault(folder: Path) -> str | None:
    """What is wrong; None where nothing is. The caller has seen that nothing in the folder is a link."""
    database = folder / "chroma.sqlite3"
    if not database.is_file() or not database.stat().st_size:
        return "has lost its database"
    found = tables.file_fault(database) or _database_fault(database)
    if found is not None:
        return found
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            found = _index_fault(path)
            if found is not None:
                return found
        elif not path.name.startswith("chroma.sqlite3"):
            return f"holds a foreign file {path.name!r:.60}"
    return None


def _database_fault(path: Path) -> str | None:
    db = sqlite3.connect(path, timeout=30)
    try:
        db.execute("PRAGMA trusted_schema=OFF")
        actor = tables.actors(db, virtual=[_SEARCHED])
        if actor is not None:
            return f"holds a {actor}"
        found = tables.quick_check(db)
        if found is not None:
            return f"is damaged ({found})"
        for name in ("collections", "segments", "embeddings", "embeddings_queue"):
            db.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
        if any(not _is_id(segment) for (segment,) in db.execute("SELECT id FROM segments")):
            return "names a folder that is none of its own"
    except sqlite3.OperationalError as error:
        if not tables.open_files_left() or (error.sqlite_errorcode & 0xFF) not in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR}:
            raise
        return f"is damaged ({error})"
    except sqlite3.DatabaseError as error:
        return f"is damaged ({error})"
    finally:
        db.close()
    return None


def _is_id(text: object) -> bool:
    try:
        return str(uuid.UUID(str(text))) == text
    except ValueError:
        return False


def _index_fault(folder: Path) -> str | None:
    names = {path.name for path in folder.iterdir()}
    if not _is_id(folder.name) or names - _FILES or any(not path.is_file() for path in folder.iterdir()):
        return f"holds a foreign folder {folder.name!r:.60}"
    if not names:
        return None  # made, not written yet
    if not _FILES - {"index_metadata.pickle"} <= names:
        return "has lost a part of its vector index"
    if not _sound(folder):
        return "holds a vector index that is damaged"
    return None


def _sound(folder: Path) -> bool:
    """Whether header, records and links fit together, and lead nowhere outside."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    if sizes["header.bin"] != _HEADER.size:
        return False
    fields = _HEADER.unpack((folder / "header.bin").read_bytes())
    _version, level0, capacity, count, width, label, data, top, entry, most, most0, _m, _mult, _ef = fields
    vector = label - data
    shape = level0 == 0 and data == 4 + 4 * most0 and width == label + 8 and vector > 0 and vector % 4 == 0 and 0 < most <= most0 < 10_000
    stored, rest = divmod(sizes["data_level0.bin"], width) if shape else (0, 0)
    if not shape or rest or not count <= stored <= capacity or sizes["length.bin"] != 4 * stored:
        return False
    if count == 0:
        return True
    if not (entry < count and 0 <= top < 64) or not sizes.get("index_metadata.pickle"):
        return False
    lengths = np.fromfile(folder / "length.bin", dtype=np.float32, count=count)
    with np.errstate(all="ignore"):
        plausible = bool(((np.abs(lengths - 1) < 0.05) | (lengths == 0)).all())
    if not plausible or not _plain_pickle(folder / "index_metadata.pickle"):
        return False
    records = np.memmap(folder / "data_level0.bin", dtype=np.uint8, mode="r", shape=(stored, width))
    for start in range(0, count, 8192):
        page = np.ascontiguousarray(records[start : min(count, start + 8192)])
        links = np.ascontiguousarray(page[:, :data]).view(np.uint32)
        used = links[:, 0] & 0xFFFF
        live = np.arange(most0)[None, :] < used[:, None]
        vectors = np.ascontiguousarray(page[:, data:label]).view(np.float32)
        if (used > most0).any() or (links[:, 1:][live] >= count).any() or not (np.abs(vectors) < 1e6).all():
            return False
    return _upper_links_sound(folder / "link_lists.bin", count, most)


def _plain_pickle(path: Path) -> bool:
    """Whether Chroma's list of ids can be read, and calls nothing."""
    try:
        return not any("GLOBAL" in code.name or code.name in _CALLS for code, _, _ in pickletools.genops(path.read_bytes()))
    except (ValueError, IndexError):
        return False


def _upper_links_sound(path: Path, count: int, most: int) -> bool:
    """The links of the few elements that stand on higher levels: a length for each element, then one list a level."""
    content, place, step = path.read_bytes(), 0, 4 + 4 * most
    for _ in range(count):
        if place + 4 > len(content):
            return False
        length = int.from_bytes(content[place : place + 4], "little")
        place += 4
        if length % step or place + length > len(content):
            return False
        for level in range(place, place + length, step):
            links = np.frombuffer(content, dtype="<u4", count=1 + most, offset=level)
            used = int(links[0]) & 0xFFFF
            if used > most or (links[1 : 1 + used] >= count).any():
                return False
        place += length
    return place == len(content)
