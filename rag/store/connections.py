"""SQLite connections to one file: one a thread, handed on when its thread ends.

A server answers each question in a thread of its own. A connection for each that stayed open would use up the process's files, and one
that is opened anew costs more than most of what is asked of it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag import files
from rag.errors import IndexUnwritable

if TYPE_CHECKING:
    from pathlib import Path

IDLE = 8
"""Connections without a thread that are kept for the next one."""

CACHE = "PRAGMA cache_size=-8192"


class Connections:
    """Connections to `path`, in autocommit. Thread-safe."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Nothing is opened yet. `readonly` where neither the file nor its folder may be written."""
        self._path, self._readonly = path, readonly
        self._guard = threading.Lock()
        self._forget()

    def mine(self) -> sqlite3.Connection:
        """This thread's connection."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            held = _Held(self._handed_on() or self._opened(), self._idle)
            self._local.held = held
            with self._guard:
                self._every.add(held)
        return held.db

    def close(self) -> None:
        """Close the connections of all threads; one that asks again gets a new one."""
        with self._guard:
            for held in self._every:
                held.db.close()
            while self._idle:
                self._idle.pop().close()
            self._forget()

    def _forget(self) -> None:
        self._local = threading.local()
        self._idle: deque[sqlite3.Connection] = deque()
        self._every: weakref.WeakSet[_Held] = weakref.WeakSet()

    def _handed_on(self) -> sqlite3.Connection | None:
        try:
            found = self._idle.pop()
        except IndexError:
            return None
        found.execute(CACHE)  # its last thread may have been the writer, who needs more
        return found

    def _opened(self) -> sqlite3.Connection:
        made = self._reading() if self._readonly else self._connect(str(self._path))
        made.execute("PRAGMA synchronous=FULL")
        made.execute("PRAGMA trusted_schema=OFF")  # what stands in the file calls nothing that could do harm
        made.execute(CACHE)
        made.execute("PRAGMA mmap_size=0")  # a map would count in full against every thread
        return made

    def _reading(self) -> sqlite3.Connection:
        """For a file that can't be written: beside its writer where there is one, else as a file that nobody changes."""
        address = f"file:{quote(str(self._path))}?mode=ro"
        made = self._connect(address)
        try:
            made.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            made.close()
            log = self._path.with_name(f"{self._path.name}-wal")
            there = files.held(log)
            if there is not None and there.st_size:
                raise IndexUnwritable(
                    f"{str(log)!r} holds changes that can't be taken over where nothing can be written; copy the library to a disk"
                ) from None
            made = self._connect(f"{address}&immutable=1")
        return made

    @staticmethod
    def _connect(address: str) -> sqlite3.Connection:
        return sqlite3.connect(address, timeout=30, isolation_level=None, check_same_thread=False, uri=address.startswith("file:"))


class _Held:
    """A connection for as long as a thread lives: the thread's end lets go of this, and this of the connection."""

    __slots__ = ("__weakref__", "_idle", "db")

    def __init__(self, db: sqlite3.Connection, idle: deque[sqlite3.Connection]) -> None:
        self.db, self._idle = db, idle

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # closed already
            if self.db.in_transaction:
                self.db.rollback()
            if len(self._idle) < IDLE:
                self._idle.append(self.db)
            else:
                self.db.close()
