"""What the judge said before, in SQLite: a run that is judged again costs nothing and gives the same labels."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Cache:
    """Key to JSON value. Safe for many threads."""

    def __init__(self, path: Path) -> None:
        """Open or make the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS said (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        self._guard = threading.Lock()

    def get(self, key: str) -> Any | None:
        """The value, or None."""
        with self._guard:
            row = self._db.execute("SELECT value FROM said WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: Any) -> None:
        """Store a value for good."""
        with self._guard, self._db:
            self._db.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (key, json.dumps(value, sort_keys=True)))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
