"""A Zotero library comes in whole and read-only, a second time only with what changed; its tags and collections filter."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from library_kit import _WORDS as WORDS
from zotero_kit import Database

from rag.assistant import Assistant
from rag.config import load
from rag.errors import SourceError
from rag.schema import Filters
from rag.sources import zotero

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def text(n: int) -> str:
    """An abstract like no other."""
    picked = " ".join(random.Random(n).sample(WORDS, 24))
    return f"Study {n} measures the {picked} of {n * 3 + 1} sites. It finds {n * 11 + 5} of them in the north."


def article(n: int, **more: Any) -> dict[str, Any]:
    """An item with the usual fields."""
    fields = {"title": f"The {WORDS[n % 80]} of place number {n} in detail", "abstractNote": text(n), "date": "2021-04-07 April 7, 2021"}
    fields |= {"publicationTitle": "Journal of Ice", "volume": "12", "pages": f"{n}-{n + 3}", "DOI": f"10.5555/{n}"}
    return {"fields": fields | more.pop("fields", {}), "authors": [("Quill", "Ada"), ("van der Moss", "L. B.")], **more}


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    """An empty library without embedder."""
    with Assistant.open(load(library=str(tmp_path / "lib"), embedder="none"), create=True) as opened:
        yield opened


def test_everything_comes_in(tmp_path: Path, assistant: Assistant) -> None:
    """Fields, people, dates, collections as paths, tags, links, citation keys, group libraries; not what is no paper or in the bin."""
    db = Database(tmp_path / "Zotero")
    db.group(2, "Ice group")
    db.collection(1, "Thesis")
    db.collection(2, "Chapter 2", parent=1)
    db.collection(3, "Gone")
    db.do("INSERT INTO deletedCollections (collectionID) VALUES (3)")
    first = db.add(
        **article(1, tags=["mine", ("ice", 1)], collections=[2, 3], fields={"extra": "Citation Key: quill2021\nPMID: 123\nread twice"})
    )
    db.add(kind="attachment", parent=first, path="storage:paper.pdf")
    linked = db.add(kind="attachment", parent=first)
    db.change(linked, url="https://example.org/paper")
    said = {"title": "On the ice of lakes and rivers", "abstractNote": text(2), "bookTitle": "Ice", "date": "2019-00-00 2019"}
    chapter = db.add(kind="bookSection", authors=["Ice Study Group"], editors=[("Fern", "Otto")], fields=said | {"citationKey": "group19"})
    db.add(**article(3, library=2, fields={"extra": "arXiv: 2104.99999 [cs]"}))
    binned = db.add(**article(4))
    db.do("INSERT INTO deletedItems (itemID) VALUES (?)", binned)
    note = db.add(kind="note")
    db.do("INSERT INTO itemNotes VALUES (?, ?, 'A note', 'A note')", note, first)
    report = assistant.ingest_zotero(tmp_path / "Zotero")
    assert (report.added, report.bad) == (3, ())
    one = assistant.library.get("doi:10.5555/1")
    assert (one.authors, one.published, one.venue, one.volume, one.pages) == (
        ("Ada Quill", "L. B. van der Moss"),
        "2021-04-07",
        "Journal of Ice",
        "12",
        "1-4",
    )
    assert (one.tags, one.collections, one.citation_key, one.pmid, one.type) == (
        ("ice", "mine"), ("Thesis/Chapter 2",), "quill2021", "123", "article-journal",
    )  # fmt: skip
    assert one.extra["zotero"] == f"zotero://select/library/items/KEY{first:05}"
    assert one.extra["attachments"] == [
        str(tmp_path / "Zotero" / "storage" / f"KEY{first + 1:05}" / "paper.pdf"),
        "https://example.org/paper",
    ]
    assert "read twice" in one.extra["note"]
    (two,) = assistant.library.list(text="On the ice of lakes")
    assert (two.authors, two.published, two.venue, two.type, two.citation_key) == (
        ("Ice Study Group",),
        "2019",
        "Ice",
        "chapter",
        "group19",
    )
    assert [str(e) for e in two.editors] == ["Otto Fern"]
    assert two.extra["zotero"].endswith(f"KEY{chapter:05}")
    three = assistant.library.get("doi:10.5555/3")
    assert three.source is not None
    assert (three.source.document, three.arxiv_id) == ("Zotero/Ice group", "2104.99999")
    assert three.extra["zotero"].startswith("zotero://select/groups/702/")
    facets = assistant.library.facets()
    assert (facets["tags"], facets["collections"]) == ({"ice": 1, "mine": 1}, {"Thesis/Chapter 2": 1})
    for filters, n in (
        (Filters(tag="MINE"), 1),
        (Filters(tag="min"), 0),
        (Filters(collection="thesis"), 1),
        (Filters(collection="Chapter 2"), 1),
        (Filters(collection="Thesis/chapter 2"), 1),
        (Filters(collection="Thes"), 0),
        (Filters(source="Zotero/Ice"), 1),
        (Filters(tag="mine", year_to=2020), 0),
    ):
        assert assistant.library.count(filters) == n, filters
        assert len(assistant.search("ice", filters=filters)) == n, filters


def test_a_second_run_takes_what_changed(tmp_path: Path, assistant: Assistant) -> None:
    """Nothing for nothing; an edit, a tag taken off, a collection renamed and a new item come; what is gone is told, removed if asked."""
    db = Database(tmp_path / "Zotero")
    db.collection(1, "Old name")
    items = db.fill([article(n, tags=["a", "b"], collections=[1]) for n in range(1, 6)])
    assistant.ingest_zotero(db.path)
    before = {p.paper_id: p for p in assistant.library.list()}
    report = assistant.ingest_zotero(db.path)
    assert (report.added, report.merged, report.replaced, report.unchanged) == (0, 0, 0, 5)
    assert {p.paper_id: p for p in assistant.library.list()} == before
    db.change(items[0], title="A title that was mended by hand", volume="13")
    db.do("DELETE FROM itemTags WHERE itemID = ? AND tagID = (SELECT tagID FROM tags WHERE name = 'b')", items[1])
    db.do("INSERT INTO deletedItems (itemID) VALUES (?)", items[4])
    db.fill([article(9)])
    report = assistant.ingest_zotero(db.path)
    assert (report.added, report.merged, report.unchanged, len(report.missing), report.removed) == (1, 2, 2, 1, 0)
    mended = assistant.library.get("doi:10.5555/1")
    assert (mended.title, mended.volume) == ("A title that was mended by hand", "13")
    assert mended.paper_id in before
    assert assistant.library.get("doi:10.5555/2").tags == ("a",)
    assert assistant.library.count() == 6
    db.do("UPDATE collections SET collectionName = 'New name'")
    assert assistant.ingest_zotero(db.path).merged == 4
    assert assistant.library.count(Filters(collection="New name")) == 4
    assert assistant.ingest_zotero(db.path, remove_missing=True).removed == 1
    assert assistant.library.count() == 5
    assert assistant.ingest_zotero(db.path).missing == ()


def test_items_without_abstract(tmp_path: Path, assistant: Assistant) -> None:
    """They are skipped and counted, or kept by title; a later run that keeps them finds those that an earlier one skipped."""
    db = Database(tmp_path / "Zotero")
    db.fill([article(1), article(2, fields={"abstractNote": ""})])
    report = assistant.ingest_zotero(db.path)
    assert (report.added, report.without_abstract, report.bad) == (1, 1, ())
    report = assistant.ingest_zotero(db.path, keep_without_abstract=True)
    assert (report.added, report.without_abstract) == (1, 1)
    assert assistant.library.get("doi:10.5555/2").abstract == ""
    report = assistant.ingest_zotero(db.path)
    assert (report.added, report.unchanged, assistant.library.count()) == (0, 2, 2)


def test_what_other_files_say_stays(tmp_path: Path, assistant: Assistant) -> None:
    """A paper that a file gave too keeps what the file said when Zotero's record changes, and stays when Zotero's goes."""
    db = Database(tmp_path / "Zotero")
    item = db.add(**article(1, tags=["a"]))
    exported = tmp_path / "export.ris"
    exported.write_text(
        f"TY  - JOUR\nTI  - The {WORDS[1]} of place number 1 in detail\nDO  - 10.5555/1\nKW  - filed\nAB  - {text(1)}\nER  - \n"
    )
    assistant.ingest_zotero(db.path)
    assistant.ingest([exported])
    db.change(item, volume="77")
    db.do("DELETE FROM itemTags")
    assistant.ingest_zotero(db.path)
    (paper,) = assistant.library.list()
    assert (paper.volume, paper.tags) == ("77", ())
    assert "filed" in {*paper.categories, *paper.keywords}
    db.do("INSERT INTO deletedItems (itemID) VALUES (?)", item)
    assert assistant.ingest_zotero(db.path, remove_missing=True).removed == 0
    (paper,) = assistant.library.list()
    assert paper.volume is None


def test_reading_changes_nothing_of_zoteros(tmp_path: Path) -> None:
    """The database is read while Zotero holds it locked, in the middle of a write-ahead log, and is left byte for byte as it was."""
    db = Database(tmp_path / "Zotero")
    db.add(**article(1))

    def state() -> dict[str, str]:
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in db.path.parent.iterdir() if not p.name.endswith("-shm")}

    with closing(sqlite3.connect(db.path, isolation_level=None)) as held:
        held.execute("PRAGMA locking_mode = EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
        before = state()
        with zotero.Zotero(db.path) as source:
            assert len(source.items()) == 1
        assert state() == before
        held.execute("ROLLBACK")
    with closing(sqlite3.connect(db.path, isolation_level=None)) as held:
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("INSERT INTO tags (name) VALUES ('in the log')")
        held.execute("INSERT INTO itemTags VALUES (1, 1, 0)")
        before = state()
        with zotero.Zotero(db.path) as source:
            ((_, paper, _),) = source.papers(source.items())
        assert paper is not None
        assert paper.tags == ("in the log",)
        assert state() == before


def test_better_bibtex_and_retractions(tmp_path: Path, assistant: Assistant) -> None:
    """Better BibTeX's keys count where the item has none; a retraction mark stands with the paper, unless the user hid it."""
    db = Database(tmp_path / "Zotero")
    items = db.fill([article(n) for n in range(1, 4)])
    with closing(sqlite3.connect(tmp_path / "Zotero" / "better-bibtex.sqlite")) as keys:
        keys.execute("CREATE TABLE citationkey (itemID, itemKey, libraryID, citationKey, pinned)")
        keys.execute("INSERT INTO citationkey VALUES (?, ?, 1, 'bbt2021', 0)", (items[0], f"KEY{items[0]:05}"))
        keys.commit()
    db.retract(items[1], date="2022-03-01", doi="10.5555/notice", reasons=["+Error in Data", "+Error in Image"])
    db.retract(items[2], flag=1, date="2022-03-01")
    assistant.ingest_zotero(db.path)
    assert assistant.library.get("doi:10.5555/1").citation_key == "bbt2021"
    assert assistant.library.get("doi:10.5555/2").retraction == "Retracted 2022-03-01 (doi:10.5555/notice): Error in Data; Error in Image"
    assert assistant.library.get("doi:10.5555/3").retraction is None
    answer = assistant.ask("What does study 2 measure at place number 2?")
    marked = [n for n in answer.notes if "Retracted 2022-03-01" in n]
    assert bool(marked) == ("doi-10.5555-2" in answer.references)


def test_the_database_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that a profile names goes before the usual one; where there is none, the error names the places."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SourceError, match="footnote ingest zotero FOLDER"):
        zotero.find()
    usual = Database(tmp_path / "Zotero").path
    assert zotero.find() == usual
    profile = tmp_path / ".zotero" / "zotero" / "abc.default"
    profile.mkdir(parents=True)
    (profile.parent / "profiles.ini").write_text("[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\nDefault=1\n")
    moved = Database(tmp_path / "elsewhere").path
    (profile / "prefs.js").write_text(
        f'user_pref("extensions.zotero.dataDir", "{moved.parent}");\nuser_pref("extensions.zotero.useDataDir", true);\n'
    )
    assert zotero.find() == moved
    assert zotero.find(usual.parent) == zotero.find(usual) == usual
    with pytest.raises(SourceError, match="data folder"):
        zotero.find(tmp_path / "nowhere")
    (tmp_path / "zotero.sqlite").write_text("not a database")
    with pytest.raises(SourceError, match="can't be read"):
        zotero.Zotero(tmp_path / "zotero.sqlite")


@pytest.mark.timeout(1_200)
def test_ten_thousand_items_the_second_time(tmp_path: Path, assistant: Assistant) -> None:
    """A run that finds nothing new in ten thousand items reads none of them again."""
    db = Database(tmp_path / "Zotero")
    db.collection(1, "All")
    db.fill([article(n, tags=[f"tag {n % 50}"], collections=[1]) for n in range(10_000)])
    assert assistant.ingest_zotero(db.path).added == 10_000
    read: list[int] = []
    original = zotero.Zotero._records
    zotero.Zotero._records = lambda self, items: read.append(len(items)) or original(self, items)  # type: ignore[method-assign, func-returns-value]
    try:
        report = assistant.ingest_zotero(db.path)
    finally:
        zotero.Zotero._records = original  # type: ignore[method-assign]
    assert report.unchanged == 10_000
    assert read == []
