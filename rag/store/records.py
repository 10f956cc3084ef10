"""The records of a library: one transactional SQLite file, the source of truth that everything else is derived from.

A paper is a `row` (never reused) with a narrow line in `facts` (what filters and vectors need) and its JSON record in `papers`.
Every change of a paper takes the next number of one sequence, `seq`, so that a derived part knows what it lacks by the last number
it holds. Readers never block the writer, nor the other way round (write-ahead log).
"""

from __future__ import annotations

import dataclasses
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.errors import IndexMismatch
from rag.schema import Paper, Source
from rag.store.connections import Connections

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SCHEMA = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers (row INTEGER PRIMARY KEY, paper_id TEXT NOT NULL UNIQUE, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (
  row INTEGER PRIMARY KEY, seq INTEGER NOT NULL, text_seq INTEGER NOT NULL, title TEXT NOT NULL, published TEXT, has_code INTEGER,
  categories TEXT, source TEXT, authors TEXT, slot INTEGER, chunks INTEGER NOT NULL DEFAULT 0, spans BLOB, held INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS facts_seq ON facts (seq);
CREATE INDEX IF NOT EXISTS facts_pending ON facts (row) WHERE slot IS NULL;
CREATE TABLE IF NOT EXISTS graves (
  row INTEGER PRIMARY KEY, seq INTEGER NOT NULL, paper_id TEXT NOT NULL, held INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS graves_seq ON graves (seq);
CREATE TABLE IF NOT EXISTS dead_slots (slot INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS identity (key TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identity_row ON identity (row);
CREATE TABLE IF NOT EXISTS sketches (code INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (code, row)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (code INTEGER PRIMARY KEY, row INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (code BLOB PRIMARY KEY, slot INTEGER NOT NULL) WITHOUT ROWID;
"""
# An older schema number -> the statements that lift it by one. Empty until a second schema exists.
MIGRATIONS: dict[int, str] = {}

_SHORT = 900  # bound values in one statement


class Records:
    """The SQLite file `path`. One connection a thread; writing goes through `transaction`, by the holder of the library's lock."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet; `prepare` makes the tables."""
        self.path = path
        self._connections = Connections(path)

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection."""
        return self._connections.mine()

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()

    def prepare(self) -> None:
        """Make the tables; the caller holds the write lock."""
        self.db.execute("PRAGMA journal_mode=WAL")
        self.check_schema(migrate=True)
        with self.transaction():
            for statement in _TABLES.split(";"):
                self.db.execute(statement)
            self.db.execute("INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (SCHEMA,))
            self.db.execute("INSERT OR IGNORE INTO meta VALUES ('generation', 0)")
            self.db.execute("INSERT OR IGNORE INTO meta VALUES ('seq', 0)")
            self.db.execute("INSERT OR IGNORE INTO meta VALUES ('rows', 0)")

    def check_schema(self, *, migrate: bool) -> None:
        """Lift an older schema where `migrate`; IndexMismatch for one that can't be read, naming both and the next step."""
        if not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return
        while (found := int(self.meta("schema", SCHEMA))) != SCHEMA:
            if found > SCHEMA:
                raise IndexMismatch(
                    f"library {str(self.path.parent)!r} has schema {found!r}, this version reads {SCHEMA!r}; "
                    "install a newer footnote, or restore a backup made by this one"
                )
            if found not in MIGRATIONS or not migrate:
                raise IndexMismatch(
                    f"library {str(self.path.parent)!r} has schema {found!r}, this version reads {SCHEMA!r}; "
                    "run `footnote library rebuild` to lift it"
                )
            with self.transaction():
                for statement in MIGRATIONS[found].split(";"):
                    self.db.execute(statement)
                self.set_meta(schema=found + 1)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when the block ends."""
        self.db.execute("PRAGMA cache_size=-65536")  # only who writes: identity keys land all over their index
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # -- small values -----------------------------------------------------------------------------------------------------------

    def meta(self, key: str, default: Any = None) -> Any:
        """One value of the manifest."""
        found = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if found is None else found[0]

    def all_meta(self) -> dict[str, Any]:
        """The whole manifest."""
        return dict(self.db.execute("SELECT key, value FROM meta"))

    def set_meta(self, **values: Any) -> None:
        """Write values of the manifest; None removes one."""
        for key, value in values.items():
            if value is None:
                self.db.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def next_seq(self) -> int:
        """Take the next change number (inside a transaction)."""
        return int(self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'seq' RETURNING value").fetchone()[0])

    def bump(self) -> int:
        """Tell readers that something changed: the next generation (inside a transaction)."""
        return int(self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation' RETURNING value").fetchone()[0])

    # -- papers -----------------------------------------------------------------------------------------------------------------

    def put(self, paper: Paper, *, row: int | None, seq: int, keys: Iterable[str], sketch: Iterable[int], text_changed: bool) -> int:
        """Write a paper with its identity; a new row where `row` is None. Where its text changed its vectors become pending."""
        if row is not None:
            self.adopt(paper, row=row, seq=seq, keys=keys, sketch=sketch, text_changed=text_changed)
            return row
        row = int(self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'rows' RETURNING value").fetchone()[0])
        self._insert(paper, row=row, seq=seq, keys=keys, sketch=sketch)
        return row

    def _insert(self, paper: Paper, *, row: int, seq: int, keys: Iterable[str], sketch: Iterable[int]) -> None:
        self.db.execute("INSERT INTO papers VALUES (?, ?, ?)", (row, paper.paper_id, dump(paper)))
        self.db.execute(
            "INSERT INTO facts (row, seq, text_seq, title, published, has_code, categories, source, authors) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row, seq, seq, *_facts(paper)),
        )
        self.add_keys(row, keys, sketch)

    def adopt(self, paper: Paper, *, row: int, seq: int, keys: Iterable[str], sketch: Iterable[int], text_changed: bool) -> None:
        """Write a paper into a given row, whether that is taken or not."""
        if not self.db.execute("UPDATE papers SET record = ? WHERE row = ?", (dump(paper), row)).rowcount:
            self._insert(paper, row=row, seq=seq, keys=keys, sketch=sketch)
            return
        self.db.execute(
            "UPDATE facts SET seq = ?, title = ?, published = ?, has_code = ?, categories = ?, source = ?, authors = ? WHERE row = ?",
            (seq, *_facts(paper), row),
        )
        if text_changed:
            self.db.execute("UPDATE facts SET text_seq = ? WHERE row = ?", (seq, row))
            self.retire(row)
        self.add_keys(row, keys, sketch)

    def add_keys(self, row: int, keys: Iterable[str], sketch: Iterable[int]) -> None:
        """Let more identity keys lead to a paper."""
        self.db.executemany("INSERT OR IGNORE INTO identity VALUES (?, ?)", [(k, row) for k in keys])
        self.db.executemany("INSERT OR IGNORE INTO sketches VALUES (?, ?)", [(c, row) for c in sketch])

    def retire(self, row: int) -> None:
        """Mark a paper's vectors as no longer its own; it is pending from now on."""
        self.db.execute(
            "INSERT OR IGNORE INTO dead_slots SELECT slot, chunks FROM facts WHERE row = ? AND slot IS NOT NULL AND chunks > 0", (row,)
        )
        self.db.execute("UPDATE facts SET slot = NULL, chunks = 0, spans = NULL WHERE row = ?", (row,))

    def delete(self, row: int, *, seq: int) -> None:
        """Remove a paper and its identity; what other parts still hold of it is noted in `graves` and `dead_slots`."""
        self.retire(row)
        self.db.execute(
            "INSERT OR REPLACE INTO graves SELECT f.row, ?, p.paper_id, f.held FROM facts f JOIN papers p USING (row) WHERE f.row = ?",
            (seq, row),
        )
        for table in ("papers", "facts", "identity"):
            self.db.execute(f"DELETE FROM {table} WHERE row = ?", (row,))

    def count(self) -> int:
        """How many papers there are."""
        return int(self.db.execute("SELECT count(*) FROM facts").fetchone()[0])

    def pending(self) -> int:
        """How many papers lack vectors."""
        return int(self.db.execute("SELECT count(*) FROM facts WHERE slot IS NULL").fetchone()[0])

    def papers(self, rows: Sequence[int]) -> dict[int, Paper]:
        """The papers in these rows; a row that is gone is left out."""
        found: dict[int, Paper] = {}
        for start in range(0, len(rows), _SHORT):
            part = [int(r) for r in rows[start : start + _SHORT]]
            marks = ",".join("?" * len(part))
            found.update((r, load(t)) for r, t in self.db.execute(f"SELECT row, record FROM papers WHERE row IN ({marks})", part))
        return found

    def paper_ids(self, rows: Sequence[int]) -> dict[int, str]:
        """Row to paper_id."""
        found: dict[int, str] = {}
        for start in range(0, len(rows), _SHORT):
            part = [int(r) for r in rows[start : start + _SHORT]]
            marks = ",".join("?" * len(part))
            found.update(self.db.execute(f"SELECT row, paper_id FROM papers WHERE row IN ({marks})", part).fetchall())
        return found

    def row_of(self, paper_id: str) -> int | None:
        """The row of a paper_id, or of an id or key learned later (`arxiv-2304.03442`, `arxiv:2304.03442`); None where unknown."""
        found = self.db.execute("SELECT row FROM papers WHERE paper_id = ?", (paper_id,)).fetchone()
        if found is None:
            found = self.db.execute(
                "SELECT row FROM identity WHERE key IN (?, ?) ORDER BY row LIMIT 1", (f"id:{paper_id}", paper_id)
            ).fetchone()
        return None if found is None else int(found[0])

    def candidates(self, keys: Sequence[str], sketch: Sequence[int]) -> list[int]:
        """Rows that share a key, or a number of the sketch (64 such rows at most), ascending."""
        rows = {int(r) for (r,) in self.db.execute(f"SELECT row FROM identity WHERE key IN ({','.join('?' * len(keys))})", keys)}
        if sketch:
            # A removed paper's hashes stay behind (rows are never reused), so the facts say who is there.
            marks = ",".join("?" * len(sketch))
            found = self.db.execute(
                f"SELECT DISTINCT row FROM sketches JOIN facts USING (row) WHERE code IN ({marks}) ORDER BY row LIMIT 64", sketch
            )
            rows.update(int(r) for (r,) in found)
        return sorted(rows)


def _facts(paper: Paper) -> tuple[Any, ...]:
    return (
        paper.title,
        paper.published,
        None if paper.has_code is None else int(paper.has_code),
        "\t".join(paper.categories) or None,
        paper.source.document if paper.source else None,
        "\t".join(paper.authors) or None,
    )


_FIELDS = tuple(f.name for f in dataclasses.fields(Paper))
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: `json.dumps` with options makes an encoder at each call, and adding a paper writes it twice."""


def dump(paper: Paper) -> str:
    """A paper as JSON; fields at their default are left out."""
    lean = {}
    for name in _FIELDS:
        value = getattr(paper, name)
        # False is a value of `has_code` and the default of the other flag.
        if value is not None and value != () and (value is not False or name == "has_code"):
            lean[name] = value
    if paper.source is not None:
        lean["source"] = [paper.source.document, paper.source.record]
    return _ENCODE(lean)


def load(text: str) -> Paper:
    """The paper that `dump` wrote."""
    record = json.loads(text)
    for name in ("authors", "categories", "keys"):
        if name in record:
            record[name] = tuple(record[name])
    if "source" in record:
        document, number = record["source"]
        record["source"] = Source(document=document, record=number)
    return Paper(**record)
