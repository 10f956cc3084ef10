"""What an SQLite file must look like before anything is done with it: the tables that are ours, and nothing that acts by itself.

A file that came from elsewhere may hold triggers and views, which run when we read or write, and a journal that names a file to be
deleted. None of ours ever does.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEADER = b"SQLite format 3\0"
_SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""What a journal ends with where it names another file (which SQLite removes once it has rolled back)."""

Shape = dict[str, list[tuple[str, str, int, int]]]
"""Table to its columns: name, type, place in the primary key, hidden."""


def file_fault(path: Path) -> str | None:
    """What is wrong with a database's file before SQLite opens it; None where nothing is."""
    with path.open("rb") as file:
        begin = file.read(16)
    if begin and begin != HEADER:
        return "is no SQLite file"
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists() and journal.stat().st_size >= 8:
        with journal.open("rb") as file:
            file.seek(-8, os.SEEK_END)
            if file.read(8) == _SUPER_JOURNAL:
                return f"has a journal ({journal.name}) that names other files"
    return None


def actors(db: sqlite3.Connection, *, virtual: Iterable[str] = ()) -> str | None:
    """A trigger, a view or a virtual table (but those named) in a database, as words; None where there is none."""
    allowed = set(virtual)
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind not in {"table", "index"}:
            return f"{kind} {name!r}"
        if str(sql or "").lstrip().upper().startswith("CREATE VIRTUAL") and name not in allowed:
            return f"virtual table {name!r}"
    return None


def shape(db: sqlite3.Connection) -> Shape:
    """All tables but SQLite's own."""
    found: Shape = {}
    tables = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")]
    for name in tables:
        columns = db.execute("SELECT name, upper(type), pk, hidden FROM pragma_table_xinfo(?)", (name,))
        found[str(name)] = [(str(n), str(t), int(pk), int(hidden)) for n, t, pk, hidden in columns]
    return found


def quick_check(db: sqlite3.Connection) -> str | None:
    """The first fault that SQLite finds in a file's pages; None where it finds none."""
    found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if found == "ok" else " ".join(found.split())[:120]


def open_files_left() -> bool:
    """Whether this process may still open a file: SQLite and others say of a file that it can't be opened, not why."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True


def columns_of(statements: str) -> Shape:
    """The tables that these statements make."""
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(statements)
        return shape(db)
    finally:
        db.close()
