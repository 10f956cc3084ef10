"""A library or a backup from somebody else: nothing in it acts, nothing outside its folder is read, written or removed."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import library_kit
import pytest
from library_kit import HashEmbedder, content, made_up
from test_library_upkeep import repacked

from rag.errors import FootnoteError, IndexDamaged, IndexMismatch, SourceError
from rag.library import Library, health
from rag.store.records import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[sqlite3.Connection], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library and its backup."""
    place = tmp_path_factory.mktemp("made")
    with Library.open(place / "lib", embedder=HashEmbedder(), create=True) as library:
        library.add(made_up(12, seed=60))
        library.embed_pending()
        library.backup(place / "backup.tar.gz")
    return place


@pytest.fixture
def received(made: Path, tmp_path: Path) -> Path:
    """A copy of that, beside a folder and a file of the user's."""
    shutil.copytree(made, tmp_path / "received")
    for name in ("victim", "received/victim"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.txt").write_text("years of work")
    (tmp_path / "received" / "victim.txt").write_text("years of work")
    return tmp_path / "received"


def unharmed(received: Path) -> bool:
    """Whether what is the user's is still there."""
    files = (received.parent / "victim/thesis.txt", received / "victim/thesis.txt", received / "victim.txt")
    return all(file.read_text() == "years of work" for file in files)


def changed(data: bytes, change: Change, place: Path) -> bytes:
    """A database with something else in it."""
    file = place / "changing.db"
    file.write_bytes(data)
    db = sqlite3.connect(file)
    change(db)
    db.commit()
    db.close()
    return file.read_bytes()


def with_records(archive: Path, change: Change) -> Path:
    """A backup whose records were changed, with the right sum in its list."""

    def work(entries: dict[str, bytes]) -> None:
        import hashlib

        entries["papers.db"] = changed(entries["papers.db"], change, archive.parent)
        listing = json.loads(entries["footnote.json"])
        listing["sha256"]["papers.db"] = hashlib.sha256(entries["papers.db"]).hexdigest()
        entries["footnote.json"] = json.dumps(listing).encode()

    return repacked(archive, work)


def in_folder(library: Path, change: Change) -> None:
    """The same of a library in a folder."""
    db = sqlite3.connect(library / "papers.db")
    change(db)
    db.commit()
    db.close()


def put(**values: object) -> Change:
    """Values of the manifest."""
    return lambda db: db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def run(statements: str) -> Change:
    """Statements."""
    return lambda db: db.executescript(statements)


OUTSIDE = [
    "../victim",
    "..",
    ".",
    "",
    "victim",
    "keywords-0/../../victim",
    "keywords-",
    "keywords-0\n",
    "keywords-1e3",
    "keywords-٣",
    5,
    None,
    b"x",
]
NAMES = {f"{key} {value!r}": put(**{key: value}) for key in ("keywords", "matrix", "clusters") for value in OUTSIDE}
NAMES |= {"keywords crossed": put(keywords="vectors-0"), "matrix crossed": put(matrix="keywords-0")}
VALUES = {
    "slots": put(slots=-1), "dimension": put(dimension=0), "words": put(slots="many"), "blob": put(seq=b"1"), "huge": put(rows=2**60),
    "mark": put(chroma="burn"), "old": put(seq=0), "no seq": run("DELETE FROM meta WHERE key = 'seq'"), "empty": run("DELETE FROM meta"),
    "schema": put(schema="x"),
}  # fmt: skip
ACTING = {
    "trigger on the manifest": run(
        "CREATE TRIGGER t AFTER UPDATE ON meta WHEN new.key = 'generation' BEGIN "
        "UPDATE meta SET value = '../victim' WHERE key = 'keywords'; END"
    ),
    "trigger on papers": run("CREATE TRIGGER t AFTER INSERT ON papers BEGIN DELETE FROM facts; END"),
    "view": run("CREATE VIEW more AS SELECT * FROM papers"),
    "view in a table's place": run("ALTER TABLE seen RENAME TO old; CREATE VIEW seen AS SELECT * FROM old"),
    "view of the manifest": run("ALTER TABLE meta RENAME TO old; CREATE VIEW meta AS SELECT * FROM old"),
    "virtual table": run("CREATE VIRTUAL TABLE more USING fts5(x)"),
    "foreign table": run("CREATE TABLE more (x)"),
    "generated column": run("ALTER TABLE papers ADD COLUMN more AS (upper(record))"),
    "column": run("ALTER TABLE papers ADD COLUMN more"),
    "no papers": run("DROP TABLE papers"),
    "no facts": run("DROP TABLE facts"),
    "no manifest": run("DROP TABLE meta"),
    "half a paper": run("DELETE FROM facts WHERE row = 3"),
    "no record": run("UPDATE papers SET record = '{\"title\": 1}' WHERE row = 3"),
}


def record(**fields: object) -> Change:
    """Fields of one paper's record."""

    def work(db: sqlite3.Connection) -> None:
        held = json.loads(db.execute("SELECT record FROM papers WHERE row = 3").fetchone()[0])
        db.execute("UPDATE papers SET record = ? WHERE row = 3", (json.dumps(held | fields),))

    return work


TYPED = {
    f"record {name} {value!r:.20}": record(**{name: value})
    for name, value in (
        ("authors", 5), ("authors", [5]), ("authors", "Ada"), ("abstract", ["x"]), ("abstract", None), ("published", 2023), ("url", {}),
        ("has_code", "yes"), ("source", ["a", "b"]), ("source", 5), ("names", [{"family": 5}]), ("names", [5]), ("extra", []),
        ("keys", [None]), ("title_origin", "elsewhere"), ("tags", [["x"]]), ("listing_score", "high"), ("abstract", 5), ("more", 1),
    )
}  # fmt: skip
DEEP = "[" * 5000 + "]" * 5000
TYPED |= {
    "record deep": run(f"UPDATE papers SET record = '{DEEP}' WHERE row = 3"),
    "extra deep": run(f'UPDATE papers SET record = substr(record, 1, length(record) - 1) || \',"extra":{{"a":{DEEP}}}}}\' WHERE row = 3'),
    "record no object": run("UPDATE papers SET record = '[1]' WHERE row = 3"),
    "facts' authors": run("UPDATE facts SET authors = x'ff' WHERE row = 3"),
    "facts' number": run("UPDATE facts SET seq = 'x' WHERE row = 3"),
    "facts' chunks": run("UPDATE facts SET chunks = -5 WHERE row = 3"),
    "facts' code": run("UPDATE facts SET has_code = 900 WHERE row = 3"),
    "far row": run("UPDATE facts SET row = 90000000 WHERE row = 3; UPDATE papers SET row = 90000000 WHERE row = 3"),
    "row below": run("UPDATE facts SET row = -3 WHERE row = 3; UPDATE papers SET row = -3 WHERE row = 3"),
    "identity": run("INSERT INTO identity VALUES (x'00', 'x')"),
    "origins": run("INSERT INTO origins VALUES (3, '5')"),
    "origins' record": run("INSERT INTO origins VALUES (3, '[[\"{}\", [], 0]]')"),
    "origins deep": run(f"INSERT INTO origins VALUES (3, '{DEEP}')"),
}
ACTING |= TYPED | {
    "expression index": run("CREATE INDEX more ON facts (length(hex(zeroblob(9))))"),
    "index under our name": run("DROP INDEX facts_seq; CREATE INDEX facts_seq ON facts (abs(seq))"),
    "index of some": run("CREATE INDEX more ON facts (row) WHERE length(hex(zeroblob(9))) > 5"),
    "check": run(
        "ALTER TABLE seen RENAME TO old; DROP TABLE old; "
        "CREATE TABLE seen (code INTEGER PRIMARY KEY, row INTEGER NOT NULL CHECK (length(hex(zeroblob(9))) > 5))"
    ),
    "default": run(
        "DROP TABLE seen; CREATE TABLE seen (code INTEGER PRIMARY KEY, row INTEGER NOT NULL DEFAULT (length(hex(zeroblob(9)))))"
    ),
}
VALUES |= {"rows": put(rows=10**12), "rows in reach": put(rows=2**31 - 1)}
ALL = NAMES | VALUES | ACTING


@pytest.mark.parametrize("case", ALL)
def test_a_backup_that_is_none_of_ours(received: Path, case: str) -> None:
    """Refused whole: the library stays as it was, whether it could be opened or not, and nothing outside is touched."""
    archive = with_records(received / "backup.tar.gz", ALL[case])
    library = received / "lib"
    with Library.open(library, embedder=HashEmbedder()) as opened:
        before = content(opened)
        with pytest.raises(FootnoteError):
            opened.restore(archive, overwrite=True)
        assert content(opened) == before
    with pytest.raises(FootnoteError):
        Library.restored(received / "another", archive)
    assert not (received / "another").exists()
    (library / "papers.db").write_bytes(b"")
    with pytest.raises(SourceError):
        Library.restored(library, archive, overwrite=True)
    assert (library / "papers.db").read_bytes() == b""
    assert not (library / ".scratch").exists()
    assert unharmed(received)


@pytest.mark.parametrize("case", ALL)
def test_a_library_that_is_none_of_ours(received: Path, case: str) -> None:
    """Refused at the door, by readers and writers; a manifest alone is made anew by `rebuild`; nothing outside is touched."""
    library = received / "lib"
    in_folder(library, ALL[case])
    for create in (False, True):
        with pytest.raises(IndexDamaged, match="footnote library re"):
            Library.open(library, embedder=HashEmbedder(), create=create)
    if case in ACTING:
        with pytest.raises(IndexDamaged):
            Library.open(library, embedder=HashEmbedder(), rebuild="all")
        assert Library.restored(library, received / "backup.tar.gz", overwrite=True) == 12
    else:
        with Library.open(library, embedder=HashEmbedder(), rebuild="all") as opened:
            opened.embed_pending()
    with Library.open(library, embedder=HashEmbedder(), thorough=True) as opened:
        assert opened.count() == 12
        assert opened.pending == 0
        assert opened.status()["problems"] == []
        assert opened.add(made_up(1, seed=61)).added == 1
    assert unharmed(received)


@pytest.mark.parametrize("newer", [SCHEMA + 1, 999])
def test_a_newer_backup(received: Path, newer: int) -> None:
    """It says both versions before anything changes: the library answers as before, `--overwrite` or not."""
    archive = with_records(received / "backup.tar.gz", put(schema=newer))
    with Library.open(received / "lib", embedder=HashEmbedder()) as library:
        before = content(library)
    for _ in range(2):
        with pytest.raises(IndexMismatch, match=rf"schema {newer}, this version reads {SCHEMA}; install"):
            Library.restored(received / "lib", archive, overwrite=True)
    with Library.open(received / "lib", embedder=HashEmbedder()) as library:
        assert content(library) == before


@pytest.mark.parametrize(
    "name", ["papers.db", "papers.db-wal", "write.lock", "write.json", "keywords-0", "vectors-0", "chroma", ".scratch", "inside"]
)
def test_links(received: Path, name: str) -> None:
    """A part that is a link, or holds one, is followed by no command; a restored backup takes its place, and not its target's."""
    library, target = received / "lib", received / "victim"
    path = library / ("vectors-0/more" if name == "inside" else name)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(received / "victim.txt" if name.startswith(("papers", "write")) else target)
    for options in ({}, {"create": True}, {"rebuild": "all"}):
        with pytest.raises(IndexDamaged, match="link"):
            Library.open(library, embedder=HashEmbedder(), **options)
    assert unharmed(received)
    assert Library.restored(library, received / "backup.tar.gz", overwrite=True) == 12
    with Library.open(library, embedder=HashEmbedder(), thorough=True) as opened:
        assert opened.status()["problems"] == []
    assert unharmed(received)


def test_a_list_of_files_of_the_keyword_index(received: Path) -> None:
    """Tantivy removes the files of a list that no segment needs: one that names others is not handed to it."""
    library = received / "lib"
    (library / "keywords-0" / ".managed.json").write_text(json.dumps(["../../victim.txt", str(received / "victim.txt"), "meta.json"]))
    with Library.open(library, embedder=HashEmbedder()) as opened:
        opened.add(made_up(9, seed=62))
        opened.rebuild("keywords")
        assert len(opened.keyword("turbine", k=3)) == 3
    assert unharmed(received)


@pytest.mark.parametrize("database", ["papers.db", "chroma/chroma.sqlite3"])
def test_a_journal_that_names_another_file(received: Path, database: str) -> None:
    """SQLite removes the file that a journal names as its superior."""
    journal = received / "lib" / f"{database}-journal"
    name = str(received / "victim.txt").encode()
    ending = len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + bytes.fromhex("d9d505f920a163d7")
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(504) + name + ending)
    if database == "papers.db":
        with pytest.raises(IndexDamaged, match="names other files"):
            Library.open(received / "lib", embedder=HashEmbedder())
    else:
        with Library.open(received / "lib", embedder=HashEmbedder()) as opened:
            assert any("journal" in part for part in opened.mended)
    assert unharmed(received)


@pytest.mark.parametrize(
    "statements", ["CREATE TRIGGER t AFTER INSERT ON segments BEGIN DELETE FROM embeddings; END", "CREATE VIEW v AS SELECT 1"]
)
def test_a_chroma_that_acts(received: Path, statements: str) -> None:
    """It is derived: thrown away and made anew from the vectors."""
    db = sqlite3.connect(received / "lib/chroma/chroma.sqlite3")
    db.executescript(statements)
    db.close()
    with Library.open(received / "lib", embedder=HashEmbedder()) as opened:
        assert len(opened.mended) == 1
        assert opened.status()["problems"] == []


def archive_of(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], listing: dict[str, Any] | bytes) -> Path:
    """An archive with any headers."""
    content_ = listing if isinstance(listing, bytes) else json.dumps(listing).encode()
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as out:
        head = tarfile.TarInfo("footnote.json")
        head.size = len(content_)
        for entry, data in [(head, content_), *entries]:
            out.addfile(entry, io.BytesIO(data))
    return path


def entry(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """A header."""
    found = tarfile.TarInfo(name)
    found.size, found.type = size, kind
    return found


BOMBS: dict[str, Callable[[Path], Path]] = {
    "zeros": lambda p: archive_of(p, [(entry("papers.db", 80 << 20), bytes(80 << 20))], {"format": 1, "sha256": {"papers.db": "0"}}),
    "long name": lambda p: archive_of(p, [(entry("x" * (140 << 20), 0), b"")], {"format": 1, "sha256": {}}),
    "long list": lambda p: archive_of(p, [], b" " * (20 << 20)),
    "deep list": lambda p: archive_of(p, [], b"[" * 500_000),
    "link": lambda p: archive_of(p, [(entry("papers.db", 0, tarfile.SYMTYPE), b"")], {"format": 1, "sha256": {"papers.db": "0"}}),
    "device": lambda p: archive_of(p, [(entry("papers.db", 0, tarfile.CHRTYPE), b"")], {"format": 1, "sha256": {"papers.db": "0"}}),
    "no papers": lambda p: archive_of(p, [], {"format": 1, "sha256": {}}),
}


@pytest.mark.parametrize("case", BOMBS)
def test_an_archive_that_unpacks_to_far_more(received: Path, case: str) -> None:
    """Told from its size before it is unpacked; in little memory."""
    import tracemalloc

    archive = BOMBS[case](received / "bomb.tar.gz")
    with Library.open(received / "lib", embedder=HashEmbedder()) as library:
        before = content(library)
        tracemalloc.start()
        try:
            with pytest.raises(SourceError):
                library.restore(archive, overwrite=True)
            assert tracemalloc.get_traced_memory()[1] < 150 << 20
        finally:
            tracemalloc.stop()
        assert content(library) == before


def test_more_than_the_disk_holds(received: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused file by file, before it is written."""
    usage = shutil.disk_usage(received)
    with Library.open(received / "lib", embedder=HashEmbedder()) as library:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=300 << 10 >> 4))
        with pytest.raises(SourceError, match="make room"):
            library.restore(received / "backup.tar.gz", overwrite=True)
    assert {p.name for p in (received / "lib").iterdir() if p.name.startswith(".")} == set()


KILLS = int(os.environ.get("KILLS", "3"))


@pytest.mark.parametrize(("command", "damaged"), [("backup", False), ("restore", False), ("restore", True)])
def test_killed_backups_and_restores(received: Path, command: str, damaged: bool) -> None:
    """Whenever it is killed, the library is the old one or the new one, and the next command leaves nothing behind."""
    library, target = received / "lib", received / "out" / "new.tar.gz"
    target.parent.mkdir()
    with Library.open(received / "bigger", embedder=None, create=True) as other:
        other.add(made_up(400, seed=63))
        other.backup(received / "bigger.tar.gz")
    code = "import sys; from pathlib import Path; from rag.library import Library\nsys.stdout.write('go\\n'); sys.stdout.flush()\n" + (
        "Library.open(sys.argv[1], embedder=None).backup(Path(sys.argv[3]))"
        if command == "backup"
        else "Library.restored(sys.argv[1], Path(sys.argv[2]), overwrite=True)"
    )
    path = os.pathsep.join([str(Path(library_kit.__file__).parent), str(Path(library_kit.__file__).parents[1])])
    rng, took = random.Random(KILLS), 0.0
    for n in range(KILLS + 1):
        if damaged:
            shutil.rmtree(library)
            shutil.copytree(received / "bigger", library)
            (library / "papers.db").write_bytes(b"")
        given = [sys.executable, "-c", code, str(library), str(received / "bigger.tar.gz"), str(target)]
        began = time.monotonic()
        with subprocess.Popen(given, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}) as process:
            assert process.stdout is not None
            process.stdout.readline()
            if n:
                try:
                    process.wait(rng.uniform(0, took))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
            process.wait(120)
        took = took or time.monotonic() - began
        if damaged and (library / "papers.db").stat().st_size == 0:
            with pytest.raises(IndexDamaged):
                Library.open(library, embedder=None)
            Library.restored(library, received / "bigger.tar.gz", overwrite=True)
        with Library.open(library, embedder=None, thorough=True) as opened:
            assert opened.count() in {12, 400}
            assert opened.status()["problems"] == []
            assert opened.mended == ()
        names = {p.name for p in library.iterdir()}
        assert len([x for x in names if x.startswith("keywords-")]) == 1
        assert len([x for x in names if x.startswith("vectors-")]) <= 1
        assert not [x for x in names if x.startswith((".", "tmp"))]
    if command == "backup":
        with Library.open(library, embedder=None) as opened:
            opened.backup(target)
        assert [p.name for p in target.parent.iterdir()] == ["new.tar.gz"]


def test_a_library_whose_files_come_and_go(made: Path) -> None:
    """A log is removed by its last reader, an old index by its writer: whoever looks at the library meanwhile sees no damage."""
    library, ended = made / "lib", threading.Event()

    def others() -> None:
        while not ended.is_set():
            for name in ("papers.db-shm", "papers.db-wal"):
                (library / name).touch()
                (library / name).unlink()
            (library / "keywords-77").mkdir()
            (library / "keywords-77").rmdir()

    other = threading.Thread(target=others)
    other.start()
    try:
        assert all(health.look(library) for _ in range(400))
    finally:
        ended.set()
        other.join()
