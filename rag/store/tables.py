"""What an SQLite file must look like before anything is done with it: the tables that are ours, and nothing that acts by itself.

A file that came from elsewhere may hold triggers and views, which run when we read or write, and a journal that names a file to be
deleted. None of ours ever does.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from rag import files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEADER = b"SQLite format 3\0"
_SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""What a journal ends with where it names another file (which SQLite removes once it has rolled back)."""

_COMPUTED = re.compile(r"\b(CHECK|GENERATED|COLLATE|AS)\b|\bDEFAULT\s*\(", re.IGNORECASE)

Shape = dict[str, list[tuple[str, str, int, int]]]
"""Table to its columns: name, type, place in the primary key, hidden."""


def file_fault(path: Path) -> str | None:
    """What is wrong with a database's file before SQLite opens it; None where nothing is."""
    with path.open("rb") as file:
        begin = file.read(16)
    if begin and begin != HEADER:
        return "is no SQLite file"
    journal = path.with_name(f"{path.name}-journal")
    there = files.held(journal)
    if there is not None and there.st_size >= 8:
        with suppress(FileNotFoundError), journal.open("rb") as file:
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


def foreign(db: sqlite3.Connection, statements: str) -> str | None:
    """An index other than those that these statements make, or a table with an expression in it, as words; None where there is neither.

    Both are computed when we read or write, whatever they ask for.
    """
    expected = {_plain(found) for found in re.findall(r"CREATE INDEX [^;]+", statements)}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        if kind == "index" and _plain(str(sql)) not in expected:
            return f"foreign index {name!r:.60}"
        if kind == "table" and _COMPUTED.search(str(sql)):
            return f"table {name!r:.60} with an expression"
    return None


def _plain(sql: str) -> str:
    return " ".join(sql.replace("IF NOT EXISTS", "").split())


def typed(db: sqlite3.Connection, statements: str) -> str | None:
    """A table with a value of another type than its column's, as words; None where every value is what these statements say."""
    for table, columns in _declared(statements).items():
        held = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}  # one from before may lack some
        wrong = [f"typeof({name}) NOT IN ({kinds})" for name, kinds in columns if name in held]
        if wrong and db.execute(f"SELECT 1 FROM {table} WHERE {' OR '.join(wrong)} LIMIT 1").fetchone():
            return f"value of another type in {table!r}"
    return None


@lru_cache(maxsize=4)
def _declared(statements: str) -> dict[str, list[tuple[str, str]]]:
    """Table to its columns that have a type, each with the types that SQLite may give for a value."""
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(statements)
        found = "SELECT name, lower(type), \"notnull\" OR pk > 0 FROM pragma_table_info(?) WHERE type != ''"
        return {
            table: [(str(name), f"'{kind}'" if needed else f"'{kind}', 'null'") for name, kind, needed in db.execute(found, (table,))]
            for table in shape(db)
        }
    finally:
        db.close()


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


NEAR_THE_LIMIT = 16
"""Files that opening a library takes at once, about: SQLite's with their journals, Chroma's, the matrix."""


def open_files_left() -> bool:
    """Whether this process may still open a few files: SQLite and others say of a file that it can't be opened, not why.

    What failed for want of one has often closed others by the time that it is looked into, so one alone says nothing.
    """
    opened = []
    try:
        for _ in range(NEAR_THE_LIMIT):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - those opened before a failure have to be closed
    except OSError:
        return False
    finally:
        for file in opened:
            os.close(file)
    return True


def columns_of(statements: str) -> Shape:
    """The tables that these statements make."""
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(statements)
        return shape(db)
    finally:
        db.close()
