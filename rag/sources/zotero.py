"""A Zotero database: its items as papers, with collections, tags, attachments' links, citation keys and retraction marks.

The database is only read, also while Zotero runs: what Zotero holds locked, or is just writing, is read from a copy. Items in the bin,
notes, attachments and feeds are no papers; group libraries count. Tables and fields are looked up by name, since their numbers differ
from one database to the next. Schema: https://github.com/zotero/zotero/tree/main/resource/schema
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag.errors import SourceError
from rag.sources import dates, identifiers
from rag.sources.door import NoAbstractError, paper_from
from rag.sources.names import fields as named
from rag.sources.names import of_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from rag.schema import Name, Paper

FILE = "zotero.sqlite"
_TRIES = 5
_PART = 500
_NOT_PAPERS = ("attachment", "note", "annotation")
# The types of items that CSL calls otherwise.
_TYPES = {"bookSection": "chapter", "encyclopediaArticle": "entry-encyclopedia", "computerProgram": "software", "blogPost": "post-weblog",
          "forumPost": "post", "preprint": "article", "statute": "legislation", "case": "legal_case", "letter": "personal_communication",
          "email": "personal_communication", "videoRecording": "motion_picture", "film": "motion_picture", "artwork": "graphic",
          "audioRecording": "song", "conferencePaper": "paper-conference", "presentation": "speech"}  # fmt: skip
# Fields of a record by those of Zotero, whose special ones (bookTitle, university) stand under their general name.
_FIELDS = {
    "title": ("title",), "abstract": ("abstractNote",), "venue": ("publicationTitle", "conferenceName"), "volume": ("volume",),
    "issue": ("issue",), "pages": ("pages",), "publisher": ("publisher",), "doi": ("DOI",), "url": ("url",), "isbn": ("ISBN",),
    "issn": ("ISSN",), "pmid": ("PMID",), "pmcid": ("PMCID",), "language": ("language",), "citation_key": ("citationKey",),
}  # fmt: skip
_EXTRA = {"place": "publisher-place", "edition": "edition", "series": "collection-title", "seriesNumber": "collection-number",
          "shortTitle": "title-short", "journalAbbreviation": "container-title-short", "archive": "archive", "callNumber": "call-number",
          "archiveLocation": "archive_location", "accessDate": "accessed", "rights": "license", "extra": "note", "type": "genre",
          "number": "number", "numPages": "number-of-pages", "libraryCatalog": "source"}  # fmt: skip
_LINE = re.compile(r"^\s*(DOI|PMID|PMCID|arXiv|Citation Key|citekey|bibtex|ISBN|ISSN)\s*[:=]\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
_OLD_KEY = re.compile(r"biblatexcitekey\[([^\]]+)\]")
_HIDDEN = 1
"""The flag of a retraction that the user said is none."""


def find(path: Path | None = None) -> Path:
    """The database in a file or folder, else in the places where Zotero keeps it. SourceError where there is none."""
    if path is not None:
        found = path / FILE if path.is_dir() else path
        if not found.is_file():
            raise SourceError(f"there is no {FILE}; name Zotero's data folder (its settings show it under Advanced)", path=str(path))
        return found
    looked = list(dict.fromkeys(_places()))
    for folder in looked:
        if (folder / FILE).is_file():
            return folder / FILE
    raise SourceError(f"no {FILE} in {', '.join(map(str, looked))}; name the folder: footnote ingest zotero FOLDER", path=FILE)


def _places() -> Iterator[Path]:
    """Zotero's data folders: the one that a profile names, then the usual ones."""
    home = Path.home()
    roots = [
        home / ".zotero" / "zotero",
        home / "Library" / "Application Support" / "Zotero",
        home / "snap" / "zotero-snap" / "common" / ".zotero" / "zotero",
        home / ".var" / "app" / "org.zotero.Zotero" / ".zotero" / "zotero",
    ]
    if sys.platform == "win32":
        roots.insert(0, Path(os.path.expandvars("%APPDATA%")) / "Zotero" / "Zotero")
    for root in roots:
        for profile in _profiles(root):
            with suppress(OSError):
                settings = (profile / "prefs.js").read_text(encoding="utf-8", errors="replace")
                named_folder = re.search(r'user_pref\("extensions\.zotero\.dataDir",\s*("(?:[^"\\]|\\.)*")\)', settings)
                if named_folder and re.search(r'user_pref\("extensions\.zotero\.useDataDir",\s*true\)', settings):
                    yield Path(json.loads(named_folder[1]))
            yield profile / "zotero"
    yield from (home / "Zotero", home / "snap" / "zotero-snap" / "common" / "Zotero")


def _profiles(root: Path) -> list[Path]:
    """The profiles that `profiles.ini` lists, the default one first."""
    listed = configparser.ConfigParser(interpolation=None)
    try:
        listed.read(root / "profiles.ini", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return []
    found = [listed[s] for s in listed.sections() if "Path" in listed[s]]
    found.sort(key=lambda s: s.get("Default") != "1")
    return [root / s["Path"] if s.get("IsRelative", "1") == "1" else Path(s["Path"]) for s in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item that is a paper. `key` names it for good, together with its library; `stamp` changes with everything that is read of it."""

    item_id: int
    library_id: int
    key: str
    stamp: str

    @property
    def name(self) -> str:
        """One text for library and key."""
        return f"{self.library_id}/{self.key}"


class Zotero:
    """One reading of a database; a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the database, or a copy of it."""
        self.without_abstract = 0
        self.path, self._scratch = path, tempfile.TemporaryDirectory(prefix="footnote-zotero-")
        try:
            self._db = self._opened()
            self._tables = {str(name) for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            self._check()
            self._libraries = self._read_libraries()
            self._collections = self._read_collections()
            self._keys = self._citation_keys()
        except sqlite3.Error as error:
            self.close()
            raise SourceError(f"the database can't be read ({error}); is it Zotero's?", path=str(path)) from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """The reading itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the database and of the copy."""
        if hasattr(self, "_db"):
            self._db.close()
        self._scratch.cleanup()

    def _check(self) -> None:
        if not {"items", "itemData", "itemDataValues", "libraries"} <= self._tables:
            raise SourceError("this is no database of Zotero 5 or later", path=str(self.path))

    def _opened(self) -> sqlite3.Connection:
        """The database within one reading transaction; a copy where Zotero has it locked or left a journal (reading that would write)."""
        beside = [self.path.with_name(self.path.name + end) for end in ("-wal", "-journal")]
        if not any(p.exists() and p.stat().st_size for p in beside):
            with suppress(sqlite3.Error):
                db = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.1, isolation_level=None)
                try:
                    db.execute("BEGIN")
                    if (
                        db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                        and db.execute("PRAGMA journal_mode").fetchone()[0] != "wal"
                    ):
                        return db
                except sqlite3.Error:
                    db.close()
                    raise
                db.close()
        copy = Path(self._scratch.name) / FILE
        files = [self.path, *beside]
        for _ in range(_TRIES):
            before = [_state(p) for p in files]
            for source in files:
                target = copy.with_name(FILE + source.name.removeprefix(self.path.name))
                target.unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    shutil.copyfile(source, target)
            if [_state(p) for p in files] == before:
                break
        else:
            raise SourceError("Zotero is writing to it all the time; wait until it has finished, then run this again", path=str(self.path))
        if not copy.exists():
            raise SourceError("there is no such file; check the path", path=str(self.path))
        return sqlite3.connect(copy, isolation_level=None)

    # -- what there is ----------------------------------------------------------------------------------------------------------

    def items(self) -> list[Item]:
        """The items that are papers, in the order in which they were added."""
        kinds = self._names("itemTypes", "itemTypeID", "typeName")
        wanted = [n for n, name in kinds.items() if name not in _NOT_PAPERS]
        deleted = {i for (i,) in self._db.execute("SELECT itemID FROM deletedItems")} if "deletedItems" in self._tables else set()
        held: dict[int, list[Any]] = {}
        where = f"itemTypeID IN ({','.join(map(str, wanted))}) AND libraryID IN ({','.join(map(str, self._libraries))})"
        for item_id, library_id, key, *state in self._db.execute(
            f"SELECT itemID, libraryID, key, dateModified, clientDateModified, version, itemTypeID FROM items WHERE {where} ORDER BY itemID"
        ):
            if item_id not in deleted:
                held[item_id] = [library_id, key, state, self._keys.get((library_id, key))]
        parts: tuple[dict[int, Any], ...] = (self._in_collections(), self._tags(), self._attached_states(), self._retracted())
        for n, found in enumerate(parts):
            for item_id, value in found.items():
                if item_id in held:
                    held[item_id].append((n, value))
        return [
            Item(item_id=i, library_id=v[0], key=v[1], stamp=hashlib.blake2b(repr(v).encode(), digest_size=10).hexdigest())
            for i, v in held.items()
        ]

    def papers(self, items: Sequence[Item], *, keep_without_abstract: bool = False) -> Iterator[tuple[Item, Paper | None, str]]:
        """Each item with its paper, or None and why it is none; without a word where all it lacks is an abstract, which is counted."""
        for start in range(0, len(items), _PART):
            part = items[start : start + _PART]
            for item, record in zip(part, self._records(part), strict=True):
                name = f"Zotero/{self._libraries[item.library_id][0]}"
                try:
                    paper = paper_from(record, document=name, position=item.item_id, keep_without_abstract=keep_without_abstract)
                except NoAbstractError:
                    self.without_abstract += 1
                    yield item, None, ""
                except ValueError as error:
                    yield item, None, f"{record.get('title') or item.key}: {error}"
                else:
                    self.without_abstract += not paper.abstract
                    yield item, paper, ""

    # -- its parts --------------------------------------------------------------------------------------------------------------

    def _names(self, table: str, number: str, name: str) -> dict[int, str]:
        """The names in a table of types, with those of a user's own where there are any."""
        combined = f"{table}Combined"
        chosen = combined if combined in self._tables and self._db.execute(f"SELECT 1 FROM {combined} LIMIT 1").fetchone() else table
        return dict(self._db.execute(f"SELECT {number}, {name} FROM {chosen}"))

    def _read_libraries(self) -> dict[int, tuple[str, int | None]]:
        """Number to name and group, of the user's own library and of groups."""
        groups = (
            {lib: (name, gid) for gid, lib, name in self._db.execute("SELECT groupID, libraryID, name FROM groups")}
            if "groups" in self._tables
            else {}
        )
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(libraries)")}
        kind = "type" if "type" in columns else "libraryType"
        return {
            lib: groups.get(lib, ("My Library", None))
            for lib, what in self._db.execute(f"SELECT libraryID, {kind} FROM libraries")
            if what != "feed"
        }

    def _read_collections(self) -> dict[int, str]:
        """Number to path: `Thesis/Chapter 2`; without those in the bin."""
        gone = (
            {c for (c,) in self._db.execute("SELECT collectionID FROM deletedCollections")}
            if "deletedCollections" in self._tables
            else set()
        )
        rows = {
            c: (name, parent)
            for c, name, parent in self._db.execute("SELECT collectionID, collectionName, parentCollectionID FROM collections")
        }
        found: dict[int, str] = {}
        for number in rows:
            path, at, seen = list[str](), number, set[int]()
            while at in rows and at not in seen and at not in gone:
                seen.add(at)
                path.insert(0, str(rows[at][0]).strip())
                at = rows[at][1]
            if path and at not in gone:
                found[number] = "/".join(path)
        return found

    def _in_collections(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = defaultdict(list)
        for item_id, number in self._db.execute("SELECT itemID, collectionID FROM collectionItems"):
            if number in self._collections:
                found[item_id].append(self._collections[number])
        return {i: tuple(sorted(paths)) for i, paths in found.items()}

    def _tags(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = defaultdict(list)
        for item_id, name in self._db.execute("SELECT itemID, name FROM itemTags JOIN tags USING (tagID)"):
            found[item_id].append(name)
        return {i: tuple(sorted(names)) for i, names in found.items()}

    def _attached_states(self) -> dict[int, tuple[Any, ...]]:
        found: dict[int, list[Any]] = defaultdict(list)
        for parent, *state in self._db.execute(
            "SELECT a.parentItemID, a.path, i.dateModified, i.itemID FROM itemAttachments a JOIN items i USING (itemID) "
            "WHERE a.parentItemID IS NOT NULL AND i.itemID NOT IN (SELECT itemID FROM deletedItems)"
        ):
            found[parent].append(tuple(state))
        return {i: tuple(sorted(states, key=repr)) for i, states in found.items()}

    def _retracted(self) -> dict[int, str]:
        """The retraction marks that are shown, in words."""
        if "retractedItems" not in self._tables:
            return {}
        flag = "flag" if "flag" in {row[1] for row in self._db.execute("PRAGMA table_info(retractedItems)")} else "0"
        found = {}
        for item_id, data in self._db.execute(f"SELECT itemID, data FROM retractedItems WHERE {flag} != ?", (_HIDDEN,)):
            details: Any = None
            with suppress(ValueError, TypeError):
                details = json.loads(data)
            found[item_id] = _retraction(details if isinstance(details, dict) else {})
        return found

    def _citation_keys(self) -> dict[tuple[int, str], str]:
        """The keys that Better BibTeX keeps in a database of its own, by library and item."""
        path = self.path.with_name("better-bibtex.sqlite")
        if not path.is_file():
            return {}
        copy = Path(self._scratch.name) / path.name
        for end in ("", "-wal", "-journal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + end), copy.with_name(path.name + end))
        found: dict[tuple[int, str], str] = {}
        with suppress(sqlite3.Error, ValueError, KeyError, TypeError):
            db = sqlite3.connect(copy)
            try:
                tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
                if "citationkey" in tables:
                    found = {(lib, key): cite for lib, key, cite in db.execute("SELECT libraryID, itemKey, citationKey FROM citationkey")}
                elif "better-bibtex" in tables:  # a store of JSON documents, of older versions
                    for (text,) in db.execute("SELECT data FROM \"better-bibtex\" WHERE name LIKE '%citekey'"):
                        for entry in json.loads(text).get("data", []):
                            found[entry["libraryID"], entry["itemKey"]] = entry["citekey"]
            finally:
                db.close()
        return found

    def _records(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        """The records of some items, for the door."""
        marks = ",".join(str(i.item_id) for i in items)
        types = dict(self._db.execute(f"SELECT itemID, itemTypeID FROM items WHERE itemID IN ({marks})"))
        kinds, fields = self._names("itemTypes", "itemTypeID", "typeName"), self._names("fields", "fieldID", "fieldName")
        general: dict[tuple[int, int], int] = {}
        for table in ("baseFieldMappingsCombined", "baseFieldMappings"):
            if table in self._tables and not general:
                general = {(t, own): base for t, base, own in self._db.execute(f"SELECT itemTypeID, baseFieldID, fieldID FROM {table}")}
        data: dict[int, dict[str, str]] = defaultdict(dict)
        for item_id, field, value in self._db.execute(
            f"SELECT itemID, fieldID, value FROM itemData JOIN itemDataValues USING (valueID) WHERE itemID IN ({marks})"
        ):
            data[item_id][fields.get(general.get((types[item_id], field), field), "")] = str(value)
            data[item_id].setdefault(fields.get(field, ""), str(value))
        people, collections, tags = self._people(marks), self._in_collections(), self._tags()
        attached, retracted = self._attached(marks), self._retracted()
        found = []
        for item in items:
            held, kind = data[item.item_id], kinds.get(types[item.item_id], "document")
            record: dict[str, Any] = {name: next((held[f] for f in own if held.get(f)), None) for name, own in _FIELDS.items()}
            lines = {m[1].lower(): m[2] for m in _LINE.finditer(held.get("extra", ""))}
            for name, key in (("doi", "doi"), ("pmid", "pmid"), ("pmcid", "pmcid"), ("isbn", "isbn"), ("issn", "issn")):
                record[name] = record[name] or lines.get(key)
            record["citation_key"] = (
                record["citation_key"] or lines.get("citation key") or lines.get("citekey") or self._keys.get((item.library_id, item.key))
                or lines.get("bibtex") or next(iter(_OLD_KEY.findall(held.get("extra", ""))), None)
            )  # fmt: skip
            archived = (lines.get("arxiv"), held.get("archiveID") if "arxiv" in held.get("archiveID", "").lower() else None)
            record["arxiv_id"] = next((a for text in archived if text and (a := identifiers.arxiv_id(text))), None)
            record["published"] = _date(held.get("date", ""))
            record["type"] = _TYPES.get(kind, kind)
            record["tags"], record["collections"] = list(tags.get(item.item_id, ())), list(collections.get(item.item_id, ()))
            record["retraction"] = retracted.get(item.item_id)
            if record["venue"] is None and kind == "preprint":
                record["venue"] = held.get("repository") or held.get("publisher")
            roles = people.get(item.item_id, {})
            authors = next((roles[r] for r in _AUTHORS if r in roles), [])
            record.update(named(authors))
            record["editors"] = [n.to_dict() for n in roles.get("editor", [])] if authors is not roles.get("editor") else []
            extra: dict[str, Any] = {csl: held[own] for own, csl in _EXTRA.items() if held.get(own)}
            extra |= {role: [str(n) for n in names] for role, names in roles.items() if names is not authors and role != "editor"}
            extra["zotero"] = self._address(item)
            if item.item_id in attached:
                extra["attachments"] = attached[item.item_id]
                record["url"] = record["url"] or next((a for a in attached[item.item_id] if a.startswith(("http://", "https://"))), None)
            record["extra"] = extra
            found.append(record)
        return found

    def _people(self, marks: str) -> dict[int, dict[str, list[Name]]]:
        """Names by item and role, in their order."""
        roles = dict(self._db.execute("SELECT creatorTypeID, creatorType FROM creatorTypes"))
        found: dict[int, dict[str, list[Name]]] = defaultdict(lambda: defaultdict(list))
        for item_id, role, first, last, mode in self._db.execute(
            "SELECT itemID, creatorTypeID, firstName, lastName, fieldMode FROM itemCreators JOIN creators USING (creatorID) "
            f"WHERE itemID IN ({marks}) ORDER BY itemID, orderIndex"
        ):
            from rag.schema import Name

            whole = mode == 1 or not first
            name = Name(literal=str(last or first or "").strip()) if whole else of_parts(str(last or "").strip(), str(first).strip())
            if str(name):
                found[item_id][roles.get(role, "contributor")].append(name)
        return found

    def _attached(self, marks: str) -> dict[int, list[str]]:
        """Where the attachments of some items lie: files by path, web pages by address."""
        urls = dict(
            self._db.execute(
                "SELECT d.itemID, v.value FROM itemData d JOIN itemDataValues v USING (valueID) JOIN fields f USING (fieldID) "
                f"WHERE f.fieldName = 'url' AND d.itemID IN (SELECT itemID FROM itemAttachments WHERE parentItemID IN ({marks}))"
            )
        )
        found: dict[int, list[str]] = defaultdict(list)
        for parent, item_id, key, path in self._db.execute(
            "SELECT a.parentItemID, a.itemID, i.key, a.path FROM itemAttachments a JOIN items i USING (itemID) "
            f"WHERE a.parentItemID IN ({marks}) AND i.itemID NOT IN (SELECT itemID FROM deletedItems) ORDER BY i.itemID"
        ):
            if path and str(path).startswith("storage:"):
                found[parent].append(str(self.path.parent / "storage" / key / str(path).removeprefix("storage:")))
            elif path or item_id in urls:
                found[parent].append(str(path or urls[item_id]))
        return found

    def _address(self, item: Item) -> str:
        """The link that shows the item in Zotero."""
        group = self._libraries[item.library_id][1]
        return f"zotero://select/{'library' if group is None else f'groups/{group}'}/items/{item.key}"


# Who counts as author where a type of item has none; `presenter` of a talk, `programmer` of a program.
_AUTHORS = ("author", "presenter", "programmer", "inventor", "artist", "director", "podcaster", "cartographer", "performer", "interviewee",
            "creator", "sponsor", "contributor", "editor")  # fmt: skip


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _date(text: str) -> str | None:
    """Zotero puts an ISO date with zeros for what is not known before the date as it was typed."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)(?:\s|$)", text)
    if not found:
        return dates.iso(text)
    if found[1] == "0000":
        return dates.iso(text[10:])
    return dates.ymd(int(found[1]), int(found[2]) or None, int(found[3]) or None) or dates.iso(found[1])


def _retraction(details: dict[str, Any]) -> str:
    """A mark of Zotero's in words; its details come from Retraction Watch."""
    said = ["Retracted"]
    if day := dates.iso(str(details.get("date") or "")):
        said.append(f" {day}")
    if notice := identifiers.doi(str(details.get("doi") or "")):
        said.append(f" (doi:{notice})")
    reasons = details.get("reasons")
    if isinstance(reasons, list) and reasons:
        said.append(": " + "; ".join(str(r).lstrip("+").strip() for r in reasons[:6]))
    return "".join(said)[:480]
