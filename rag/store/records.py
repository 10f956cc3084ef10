"""The records of a library: one transactional SQLite file, the source of truth that everything else is derived from.

A paper is a `row` (never reused) with a narrow line in `facts` (what filters and vectors need) and its JSON record in `papers`.
Every change of a paper takes the next number of one sequence, `seq`, so that a derived part knows what it lacks by the last number
it holds. Readers never block the writer, nor the other way round (write-ahead log).
"""

from __future__ import annotations

import dataclasses
import json
import operator
import re
import time
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rag.errors import IndexDamaged, IndexMismatch
from rag.schema import Name, Paper, Source
from rag.store import tables
from rag.store.connections import Connections

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SCHEMA, OLDEST_READ = 2, 1
"""The schema that is written, and the oldest that is read as it is; writing lifts a library to the newest first."""

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers (row INTEGER PRIMARY KEY, paper_id TEXT NOT NULL UNIQUE, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (
  row INTEGER PRIMARY KEY, seq INTEGER NOT NULL, text_seq INTEGER NOT NULL, title TEXT NOT NULL, published TEXT, has_code INTEGER,
  categories TEXT, source TEXT, authors TEXT, slot INTEGER, chunks INTEGER NOT NULL DEFAULT 0, spans BLOB, held INTEGER NOT NULL DEFAULT 0,
  tags TEXT, collections TEXT);
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
CREATE TABLE IF NOT EXISTS origins (row INTEGER PRIMARY KEY, made_of TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS followed (place TEXT NOT NULL, item TEXT NOT NULL, stamp TEXT NOT NULL, row INTEGER, source TEXT,
  PRIMARY KEY (place, item))
  WITHOUT ROWID;
"""
# An older schema number -> the statements that lift it by one. They only add.
MIGRATIONS = {
    1: """ALTER TABLE facts ADD COLUMN tags TEXT; ALTER TABLE facts ADD COLUMN collections TEXT;
CREATE TABLE origins (row INTEGER PRIMARY KEY, made_of TEXT NOT NULL);
CREATE TABLE followed (place TEXT NOT NULL, item TEXT NOT NULL, stamp TEXT NOT NULL, row INTEGER, source TEXT,
  PRIMARY KEY (place, item))
  WITHOUT ROWID"""
}

MANY = 24
"""Papers that are looked at because of one shared text or title. Where more have it, it is nobody's own."""

_FREE_ROWS, _ROWS_EACH = 1_000_000, 100
"""Rows are never reused, so there may be more than papers: so many anyhow, and so many for each paper and each that was removed."""

_MOST_DEEP = 50
"""Origins within origins: a merge of merges of merges."""

_SHORT = 900  # bound values in one statement

PARTS = {"keywords": "keywords", "matrix": "vectors", "clusters": "clusters"}
"""Values of the manifest that name a folder, and how such a name begins: a number follows, and nothing else."""

_NUMBERS = frozenset(
    "schema generation seq rows slots dimension grouped keywords_seq keywords_dead epoch remote_generation remote_seq lost".split()  # noqa: SIM905
)


def is_part(value: object, kind: str) -> bool:
    """Whether a value is the name of a part of that kind: `keywords-3`, `vectors-0`, `clusters-120000`."""
    return isinstance(value, str) and re.fullmatch(rf"{kind}-[0-9]{{1,15}}", value) is not None


@lru_cache(maxsize=1)
def _expected() -> tables.Shape:
    return tables.columns_of(_TABLES)


class Records:
    """The SQLite file `path`. One connection a thread; writing goes through `transaction`, by the holder of the library's lock."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Nothing is opened yet; `prepare` makes the tables."""
        self.path = path
        self._connections = Connections(path, readonly=readonly)

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
        """Lift an older schema where `migrate`; IndexMismatch for one that can't be read, naming both and the next step.

        IndexDamaged where a table of ours is missing or is another, and where anything stands beside them: what acts by itself
        (a trigger, a view) first of all, before anything is read through it.
        """
        actor = tables.actors(self.db)
        if actor is not None:
            raise self.damaged(f"hold a {actor}, which no library has")
        foreign = tables.foreign(self.db, _TABLES)
        if foreign is not None:
            raise self.damaged(f"hold a {foreign}, which no library has")
        held = tables.shape(self.db)
        if not held:
            return
        expected = _expected()
        if "meta" not in held:
            raise self.damaged("lack the table 'meta'")
        if [name for name, *_ in held["meta"]] != ["key", "value"]:
            raise self.damaged("have another table 'meta'")
        while (found := self._schema()) != SCHEMA:
            if found > SCHEMA:
                raise IndexMismatch(
                    f"library {str(self.path.parent)!r} has schema {found!r}, this version reads {SCHEMA!r}; "
                    "install a newer footnote, or restore a backup made by this one"
                )
            if not migrate and found >= OLDEST_READ:
                return
            if found not in MIGRATIONS or not migrate:
                raise IndexMismatch(
                    f"library {str(self.path.parent)!r} has schema {found!r}, this version reads {SCHEMA!r}; "
                    "run `footnote library rebuild` to lift it"
                )
            with self.transaction():
                for statement in MIGRATIONS[found].split(";"):
                    self.db.execute(statement)
                self.set_meta(schema=found + 1)
        held = tables.shape(self.db)
        for name in expected.keys() | held.keys():
            if name not in held:
                raise self.damaged(f"lack the table {name!r}")
            if name not in expected:
                raise self.damaged(f"hold a foreign table {name!r}")
            if sorted(held[name]) != sorted(expected[name]):
                raise self.damaged(f"have another table {name!r}")

    def _schema(self) -> int:
        found = self.meta("schema", SCHEMA)
        return found if isinstance(found, int) else SCHEMA  # what is no number is the manifest's fault

    def damaged(self, what: str, *, part: str = "records") -> IndexDamaged:
        """The error that says what is wrong with the records, and what helps."""
        help_ = (
            "run `footnote library rebuild`"
            if part == "manifest"
            else "run `footnote library restore BACKUP --overwrite`, or remove the folder and ingest again"
        )
        return IndexDamaged(f"the {part} of library {str(self.path.parent)!r} {what}; {help_}", part=part)

    def manifest_fault(self) -> str | None:
        """What is wrong with the values of the manifest; None where they can be worked with."""
        held = self.all_meta()
        for key in ("schema", "generation", "seq", "rows"):
            if key not in held:
                return f"lacks {key!r}"
        for key in _NUMBERS & held.keys():
            value = held[key]
            if not isinstance(value, int) or not (1 if key == "dimension" else 0) <= value < 2**53:
                return f"gives {value!r:.60} as {key!r}"
        for key, kind in PARTS.items():
            if key in held and not is_part(held[key], kind):
                return f"gives {held[key]!r:.60} as {key!r}"
        for key in ("embedder", "chunking", "analysis"):
            if not isinstance(held.get(key, ""), str):
                return f"gives {held[key]!r:.60} as {key!r}"
        if held.get("chroma") not in {None, "reset", "refill"}:
            return f"gives {held['chroma']!r:.60} as 'chroma'"
        if held["rows"] > self._most_rows():
            return f"gives {held['rows']!r:.60} as 'rows'"
        last = self._last()
        if held["seq"] < last[0] or held["rows"] < last[1]:
            return "is older than the papers"
        if int(held.get("slots", 0)) and "dimension" not in held:
            return "lacks 'dimension'"
        return None

    def _last(self) -> tuple[int, int]:
        """The highest change number and row that any paper has or had."""
        found = self.db.execute(
            "SELECT max((SELECT coalesce(max(seq), 0) FROM facts), (SELECT coalesce(max(seq), 0) FROM graves)), "
            "max((SELECT coalesce(max(row), 0) FROM facts), (SELECT coalesce(max(row), 0) FROM graves))"
        ).fetchone()
        seq, row = (value if isinstance(value, int) else 0 for value in found)  # what is no number is the papers' fault
        return seq, row

    def _most_rows(self) -> int:
        """The highest row that a library with so many papers may have given: memory is taken by row."""
        held = self.db.execute("SELECT (SELECT count(*) FROM facts) + (SELECT count(*) FROM graves)").fetchone()[0]
        return min(2**31 - 1, _FREE_ROWS + _ROWS_EACH * int(held))

    def remake_manifest(self, *, matrix: str, keywords: str) -> None:
        """Write the manifest anew from the papers; all vectors become pending, and the names given are those of the parts to come."""
        seq, rows = self._last()
        with self.transaction():
            now = int(time.time())  # beyond what any reader may remember
            self.db.execute("DELETE FROM meta")
            self.set_meta(schema=SCHEMA, generation=now, epoch=now, seq=seq, rows=rows, keywords=keywords, keywords_seq=0, keywords_dead=0)
            self.forget_vectors(matrix=matrix)

    def forget_vectors(self, *, matrix: str) -> None:
        """Make every paper pending, with the promise that Chroma is emptied and `matrix` the next folder (inside a transaction).

        Marked as lost where there were any, until all are there again.
        """
        lost = 1 if self.meta("lost") or self.meta("slots", 1) else None
        self.db.execute("UPDATE facts SET slot = NULL, chunks = 0, spans = NULL")
        self.db.execute("DELETE FROM dead_slots")
        self.db.execute("DELETE FROM vectors")
        self.set_meta(slots=0, clusters=None, grouped=None, matrix=matrix, embedder=None, dimension=None, chunking=None)
        self.set_meta(chroma="reset", lost=lost)

    def fault(self) -> str | None:
        """What is wrong with the papers themselves: every page, every record and its facts are read. None where nothing is."""
        found = tables.quick_check(self.db)
        if found is not None:
            return f"are damaged ({found})"
        typed = tables.typed(self.db, _TABLES)
        if typed is not None:
            return f"hold a {typed}"
        low, high = self.db.execute("SELECT min(row), max(row) FROM facts").fetchone()
        if low is not None and not 0 < low <= high <= self._most_rows():
            return f"give {(low if low <= 0 else high)!r} as a row"
        odd_facts = "chunks < 0 OR has_code NOT IN (0, 1) OR length(spans) != 8 * chunks"
        if self.db.execute(f"SELECT 1 FROM facts WHERE {odd_facts} LIMIT 1").fetchone():
            return "hold facts that no paper has"
        odd = self.db.execute(
            "SELECT coalesce(f.row, p.row) FROM facts f LEFT JOIN papers p USING (row) WHERE p.row IS NULL "
            "UNION ALL SELECT p.row FROM papers p LEFT JOIN facts f USING (row) WHERE f.row IS NULL LIMIT 1"
        ).fetchone()
        if odd is not None:
            return f"hold one half of paper {odd[0]!r} alone"
        for paper_id, title, record in self.db.execute("SELECT p.paper_id, f.title, p.record FROM papers p JOIN facts f USING (row)"):
            try:
                paper = checked(record)
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                return f"hold a record that can't be read ({type(error).__name__}, paper {paper_id!r:.60})"
            if paper.paper_id != paper_id or paper.title != title:
                return f"contradict themselves about paper {paper_id!r:.60}"
        origins = self.db.execute("SELECT row, made_of FROM origins") if "origins" in tables.shape(self.db) else ()
        for row, made_of in origins:
            try:
                _check_origins(json.loads(made_of))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                return f"hold origins that can't be read ({type(error).__name__}, row {row!r})"
        return None

    def _paper(self, record: str) -> Paper:
        try:
            return load(record)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self.damaged(f"hold a record that can't be read ({type(error).__name__})") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when the block ends."""
        self.db.execute("PRAGMA cache_size=-65536")  # only who writes: identity keys land all over their index
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # a full disk ends it by itself
                self.db.execute("ROLLBACK")
            raise

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

    def put(
        self,
        paper: Paper,
        *,
        row: int | None,
        seq: int,
        keys: Iterable[str],
        sketch: Iterable[int],
        text_changed: bool,
        dumped: str | None = None,
    ) -> int:
        """Write a paper with its identity; a new row where `row` is None. Where its text changed its vectors become pending.

        `dumped` is what `dump` makes of it, where that is known.
        """
        if row is not None:
            self.adopt(paper, row=row, seq=seq, keys=keys, sketch=sketch, text_changed=text_changed)
            return row
        row = int(self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'rows' RETURNING value").fetchone()[0])
        self._insert(paper, row=row, seq=seq, keys=keys, sketch=sketch, dumped=dumped)
        return row

    def _insert(self, paper: Paper, *, row: int, seq: int, keys: Iterable[str], sketch: Iterable[int], dumped: str | None = None) -> None:
        self.db.execute("INSERT INTO papers VALUES (?, ?, ?)", (row, paper.paper_id, dumped or dump(paper)))
        self.db.execute(
            "INSERT INTO facts (row, seq, text_seq, title, published, has_code, categories, source, authors, tags, collections) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row, seq, seq, *_facts(paper)),
        )
        self.add_keys(row, keys, sketch)

    def adopt(self, paper: Paper, *, row: int, seq: int, keys: Iterable[str], sketch: Iterable[int], text_changed: bool) -> None:
        """Write a paper into a given row, whether that is taken or not."""
        if not self.db.execute("UPDATE papers SET record = ? WHERE row = ?", (dump(paper), row)).rowcount:
            self._insert(paper, row=row, seq=seq, keys=keys, sketch=sketch)
            return
        self.db.execute(
            "UPDATE facts SET seq = ?, title = ?, published = ?, has_code = ?, categories = ?, source = ?, authors = ?, tags = ?, "
            "collections = ? WHERE row = ?",
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

    def clear_keys(self, row: int) -> None:
        """Let no key lead to a paper; what was decided about it (`apart:`) stays."""
        self.db.execute("DELETE FROM identity WHERE row = ? AND NOT (key >= 'apart:' AND key < 'apart;')", (row,))

    def keys_from(self, start: str, rows: Sequence[int] | None = None) -> list[tuple[str, int]]:
        """The keys that begin with `start` (which ends with a colon), without it, and their rows; of these rows, or of all."""
        # A semicolon follows the colon in the order of characters.
        bounds: list[Any] = [start, f"{start[:-1]};"]
        where = "key >= ? AND key < ?"
        if rows is not None:
            where, bounds = f"row IN ({','.join('?' * len(rows))}) AND {where}", [*map(int, rows), *bounds]
        return [(str(k)[len(start) :], int(r)) for k, r in self.db.execute(f"SELECT key, row FROM identity WHERE {where}", bounds)]

    def origins(self, row: int) -> list[Any]:
        """What a merged paper was made of (`rag.library.origins`); empty where nothing is known."""
        found = self.db.execute("SELECT made_of FROM origins WHERE row = ?", (row,)).fetchone()
        return list(json.loads(found[0])) if found else []

    def put_origins(self, row: int, made_of: Sequence[Any]) -> None:
        """Note what a paper is made of; nothing takes the note away."""
        if made_of:
            self.db.execute("INSERT OR REPLACE INTO origins VALUES (?, ?)", (row, _ENCODE(made_of)))
        else:
            self.db.execute("DELETE FROM origins WHERE row = ?", (row,))

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
        for table in ("papers", "facts", "identity", "origins"):
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
            found.update((r, self._paper(t)) for r, t in self.db.execute(f"SELECT row, record FROM papers WHERE row IN ({marks})", part))
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
        """Rows that share a key, or a number of the sketch, ascending; each text or title counts for MANY rows at most."""
        each = " UNION ".join([f"SELECT * FROM (SELECT row FROM identity WHERE key = ? LIMIT {MANY})"] * len(keys))
        rows = {int(row) for (row,) in self.db.execute(each, keys)} if keys else set[int]()
        if sketch:
            # A removed paper's hashes stay behind (rows are never reused), so the facts say who is there.
            marks = ",".join("?" * len(sketch))
            found = self.db.execute(
                f"SELECT DISTINCT row FROM sketches JOIN facts USING (row) WHERE code IN ({marks}) ORDER BY row LIMIT ?", (*sketch, MANY)
            )
            rows.update(int(r) for (r,) in found)
        return sorted(rows)


def _facts(paper: Paper) -> tuple[Any, ...]:
    return (
        paper.title,
        paper.published,
        None if paper.has_code is None else int(paper.has_code),
        "\t".join(subjects(paper)) or None,
        paper.source.document if paper.source else None,
        "\t".join(paper.authors) or None,
        "\t".join(paper.tags) or None,
        "\t".join(paper.collections) or None,
    )


def subjects(paper: Paper) -> tuple[str, ...]:
    """What a filter by category looks at: categories, then keywords."""
    return tuple(dict.fromkeys((*paper.categories, *paper.keywords))) if paper.keywords else paper.categories


_FIELDS = tuple(f.name for f in dataclasses.fields(Paper))
_VALUES = operator.attrgetter(*_FIELDS)
_ALWAYS_SAID = frozenset({"paper_id", "title", "abstract", "has_code", "listing_score"})
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: `json.dumps` with options makes an encoder at each call, and adding a paper writes it twice."""


def dump(paper: Paper) -> str:
    """A paper as JSON; fields at their default are left out."""
    # Only what says something: a number or False of `has_code` does.
    fields = zip(_FIELDS, _VALUES(paper), strict=True)
    lean = {name: value for name, value in fields if value or (value is not None and name in _ALWAYS_SAID)}
    if paper.source is not None:
        lean["source"] = [paper.source.document, paper.source.record]
    for name in ("names", "editors"):
        if name in lean:
            lean[name] = [name_.to_dict() for name_ in lean[name]]
    return _ENCODE(lean)


def load(text: str) -> Paper:
    """The paper that `dump` wrote."""
    record = json.loads(text)
    if type(record) is not dict:
        raise TypeError("no record")
    for name, value in record.items():
        if type(value) is list and name != "source":
            record[name] = tuple(value) if name not in {"names", "editors"} else tuple(Name(**parts) for parts in value)
    if "source" in record:
        document, number = record["source"]
        record["source"] = Source(document=document, record=number)
    return Paper(**record)


@lru_cache(maxsize=1)
def _typed() -> Any:
    from pydantic import TypeAdapter  # takes a moment, and most commands check nothing

    return TypeAdapter(Paper)


def checked(text: str) -> Paper:
    """The same of a record that anybody may have written: ValueError, TypeError, KeyError or RecursionError where a field is no such."""
    paper = load(text)
    record = json.loads(text)
    if "source" in record:
        record["source"] = {"document": paper.source.document, "record": paper.source.record} if paper.source else None
    _typed().validate_json(json.dumps(record), strict=True)
    return paper


def _check_origins(made_of: Any, depth: int = 0) -> None:
    """As `rag.library.origins` packs them: a record, what it was made of itself, whether a person chose it."""
    if not isinstance(made_of, list) or depth > _MOST_DEEP:
        raise TypeError("no list of origins")
    for record, inner, chosen in made_of:
        if not isinstance(chosen, int):
            raise TypeError("no mark")
        checked(record)
        _check_origins(inner, depth + 1)
