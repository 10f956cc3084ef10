"""A Zotero database with the tables of a real one, as far as they matter, filled by the test."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Column names and types as in Zotero's userdata.sql and system.sql; tables that nothing here reads are left out.
TABLES = """
CREATE TABLE version (schema TEXT PRIMARY KEY, version INT NOT NULL);
CREATE TABLE libraries (libraryID INTEGER PRIMARY KEY, type TEXT NOT NULL, editable INT NOT NULL, filesEditable INT NOT NULL,
  version INT NOT NULL DEFAULT 0, storageVersion INT NOT NULL DEFAULT 0, lastSync INT NOT NULL DEFAULT 0, archived INT NOT NULL DEFAULT 0);
CREATE TABLE groups (groupID INTEGER PRIMARY KEY, libraryID INT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL,
  version INT NOT NULL, FOREIGN KEY (libraryID) REFERENCES libraries(libraryID) ON DELETE CASCADE);
CREATE TABLE itemTypes (itemTypeID INTEGER PRIMARY KEY, typeName TEXT, templateItemTypeID INT, display INT DEFAULT 1);
CREATE TABLE itemTypesCombined (itemTypeID INT NOT NULL, typeName TEXT NOT NULL, display INT DEFAULT 1 NOT NULL, custom INT NOT NULL,
  PRIMARY KEY (itemTypeID));
CREATE TABLE fields (fieldID INTEGER PRIMARY KEY, fieldName TEXT, fieldFormatID INT);
CREATE TABLE fieldsCombined (fieldID INT NOT NULL, fieldName TEXT NOT NULL, label TEXT, fieldFormatID INT, custom INT NOT NULL,
  PRIMARY KEY (fieldID));
CREATE TABLE baseFieldMappingsCombined (itemTypeID INT, baseFieldID INT, fieldID INT, PRIMARY KEY (itemTypeID, baseFieldID, fieldID));
CREATE TABLE creatorTypes (creatorTypeID INTEGER PRIMARY KEY, creatorType TEXT);
CREATE TABLE items (itemID INTEGER PRIMARY KEY, itemTypeID INT NOT NULL, dateAdded TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  dateModified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, clientDateModified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  libraryID INT NOT NULL, key TEXT NOT NULL, version INT NOT NULL DEFAULT 0, synced INT NOT NULL DEFAULT 0, UNIQUE (libraryID, key),
  FOREIGN KEY (libraryID) REFERENCES libraries(libraryID) ON DELETE CASCADE);
CREATE TABLE itemDataValues (valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE itemData (itemID INT, fieldID INT, valueID, PRIMARY KEY (itemID, fieldID));
CREATE TABLE creators (creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT,
  UNIQUE (lastName, firstName, fieldMode));
CREATE TABLE itemCreators (itemID INT NOT NULL, creatorID INT NOT NULL, creatorTypeID INT NOT NULL DEFAULT 1,
  orderIndex INT NOT NULL DEFAULT 0, PRIMARY KEY (itemID, creatorID, creatorTypeID, orderIndex), UNIQUE (itemID, orderIndex));
CREATE TABLE collections (collectionID INTEGER PRIMARY KEY, collectionName TEXT NOT NULL, parentCollectionID INT DEFAULT NULL,
  clientDateModified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, libraryID INT NOT NULL, key TEXT NOT NULL,
  version INT NOT NULL DEFAULT 0, synced INT NOT NULL DEFAULT 0, UNIQUE (libraryID, key));
CREATE TABLE collectionItems (collectionID INT NOT NULL, itemID INT NOT NULL, orderIndex INT NOT NULL DEFAULT 0,
  PRIMARY KEY (collectionID, itemID));
CREATE TABLE deletedCollections (collectionID INTEGER PRIMARY KEY, dateDeleted DEFAULT CURRENT_TIMESTAMP NOT NULL);
CREATE TABLE tags (tagID INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE itemTags (itemID INT NOT NULL, tagID INT NOT NULL, type INT NOT NULL, PRIMARY KEY (itemID, tagID));
CREATE TABLE itemNotes (itemID INTEGER PRIMARY KEY, parentItemID INT, note TEXT, title TEXT);
CREATE TABLE itemAttachments (itemID INTEGER PRIMARY KEY, parentItemID INT, linkMode INT, contentType TEXT, charsetID INT, path TEXT,
  syncState INT DEFAULT 0, storageModTime INT, storageHash TEXT, lastProcessedModificationTime INT);
CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY, dateDeleted DEFAULT CURRENT_TIMESTAMP NOT NULL);
CREATE TABLE retractedItems (itemID INTEGER PRIMARY KEY, data TEXT, flag INT DEFAULT 0);
"""
TYPES = ("note", "book", "bookSection", "journalArticle", "attachment", "conferencePaper", "annotation", "preprint", "thesis")
FIELDS = (
    "title", "abstractNote", "publicationTitle", "bookTitle", "proceedingsTitle", "volume", "issue", "pages", "date", "DOI", "url", "extra",
    "ISSN", "ISBN", "publisher", "university", "place", "language", "citationKey", "repository", "archiveID", "series",
)  # fmt: skip
GENERAL = (
    ("bookSection", "publicationTitle", "bookTitle"),
    ("conferencePaper", "publicationTitle", "proceedingsTitle"),
    ("thesis", "publisher", "university"),
)


class Database:
    """A database in a folder. Everything is committed at once, as Zotero does."""

    def __init__(self, folder: Path) -> None:
        """The user's own library is 1."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "zotero.sqlite"
        self._items, self._clock = itertools.count(1), itertools.count(1)
        with closing(sqlite3.connect(self.path)) as db:
            db.executescript(TABLES)
            for n, name in enumerate(TYPES, 1):
                db.execute("INSERT INTO itemTypes VALUES (?, ?, NULL, 1)", (n, name))
                db.execute("INSERT INTO itemTypesCombined VALUES (?, ?, 1, 0)", (n, name))
            for n, name in enumerate(FIELDS, 1):
                db.execute("INSERT INTO fields VALUES (?, ?, NULL)", (n, name))
                db.execute("INSERT INTO fieldsCombined VALUES (?, ?, NULL, NULL, 0)", (n, name))
            for kind, base, own in GENERAL:
                numbers = (TYPES.index(kind) + 1, FIELDS.index(base) + 1, FIELDS.index(own) + 1)
                db.execute("INSERT INTO baseFieldMappingsCombined VALUES (?, ?, ?)", numbers)
            db.executemany("INSERT INTO creatorTypes VALUES (?, ?)", [(1, "author"), (2, "contributor"), (3, "editor")])
            db.execute("INSERT INTO libraries (libraryID, type, editable, filesEditable) VALUES (1, 'user', 1, 1)")
            db.execute("INSERT INTO version VALUES ('userdata', 123)")
            db.commit()

    def do(self, statement: str, *values: Any) -> None:
        """One statement."""
        with closing(sqlite3.connect(self.path)) as db:
            db.execute(statement, values)
            db.commit()

    def fill(self, entries: Sequence[dict[str, Any]]) -> list[int]:
        """Items with `fields`, `authors` (last, first or whole), `tags`, `collections` and the rest as of `add`; their numbers."""
        numbers = []
        with closing(sqlite3.connect(self.path)) as db:
            numbers = [self._one(db, **entry) for entry in entries]
            db.commit()
        return numbers

    def add(self, **entry: Any) -> int:
        """One item; its number."""
        return self.fill([entry])[0]

    def _one(
        self,
        db: sqlite3.Connection,
        *,
        kind: str = "journalArticle",
        library: int = 1,
        fields: dict[str, str] | None = None,
        authors: Sequence[tuple[str, str] | str] = (),
        editors: Sequence[tuple[str, str] | str] = (),
        tags: Sequence[tuple[str, int] | str] = (),
        collections: Sequence[int] = (),
        parent: int | None = None,
        path: str | None = None,
    ) -> int:
        item = next(self._items)
        db.execute(
            "INSERT INTO items (itemID, itemTypeID, libraryID, key) VALUES (?, ?, ?, ?)",
            (item, TYPES.index(kind) + 1, library, f"KEY{item:05}"),
        )
        for name, value in (fields or {}).items():
            self._value(db, item, name, value)
        people = [*((p, 1) for p in authors), *((p, 3) for p in editors)]
        for order, (person, role) in enumerate(people):
            last, first, mode = (person, "", 1) if isinstance(person, str) else (*person, 0)
            db.execute("INSERT OR IGNORE INTO creators (firstName, lastName, fieldMode) VALUES (?, ?, ?)", (first, last, mode))
            db.execute(
                "INSERT INTO itemCreators SELECT ?, creatorID, ?, ? FROM creators WHERE firstName = ? AND lastName = ? AND fieldMode = ?",
                (item, role, order, first, last, mode),
            )
        for tag in tags:
            name, automatic = (tag, 0) if isinstance(tag, str) else tag
            db.execute("INSERT OR IGNORE INTO tags (name) VALUES (?)", (name,))
            db.execute("INSERT INTO itemTags SELECT ?, tagID, ? FROM tags WHERE name = ?", (item, automatic, name))
        db.executemany("INSERT INTO collectionItems VALUES (?, ?, 0)", [(c, item) for c in collections])
        if kind == "attachment":
            db.execute("INSERT INTO itemAttachments (itemID, parentItemID, linkMode, path) VALUES (?, ?, 0, ?)", (item, parent, path))
        return item

    @staticmethod
    def _value(db: sqlite3.Connection, item: int, name: str, value: str) -> None:
        db.execute("INSERT OR IGNORE INTO itemDataValues (value) VALUES (?)", (value,))
        db.execute(
            "INSERT OR REPLACE INTO itemData SELECT ?, ?, valueID FROM itemDataValues WHERE value = ?",
            (item, FIELDS.index(name) + 1, value),
        )

    def change(self, item: int, **fields: str) -> None:
        """Other values, as if they were typed."""
        with closing(sqlite3.connect(self.path)) as db:
            for name, value in fields.items():
                self._value(db, item, name, value)
            stamp = f"2031-01-01 00:00:{next(self._clock):02}"
            db.execute("UPDATE items SET dateModified = ?, clientDateModified = ? WHERE itemID = ?", (stamp, stamp, item))
            db.commit()

    def group(self, library: int, name: str) -> None:
        """A group library."""
        self.do("INSERT INTO libraries (libraryID, type, editable, filesEditable) VALUES (?, 'group', 1, 1)", library)
        self.do("INSERT INTO groups VALUES (?, ?, ?, '', 0)", 700 + library, library, name)

    def collection(self, number: int, name: str, parent: int | None = None, library: int = 1) -> int:
        """A collection; its number."""
        self.do(
            "INSERT INTO collections (collectionID, collectionName, parentCollectionID, libraryID, key) VALUES (?, ?, ?, ?, ?)",
            number, name, parent, library, f"COLL{number:04}",
        )  # fmt: skip
        return number

    def retract(self, item: int, flag: int = 0, **details: Any) -> None:
        """A retraction mark; flag 1: the user hid it."""
        self.do("INSERT INTO retractedItems VALUES (?, ?, ?)", item, json.dumps(details), flag)
