"""A damaged part is told in one line with what helps, or made anew from what is whole; no command answers from it, none loses more."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from library_kit import HashEmbedder, made_up

from rag.errors import ConfigError
from rag.library import Library
from rag.store import clusters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAPERS = 60


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands' embedder is the small one of the tests; groups of vectors pay from a few vectors on."""
    monkeypatch.setattr("rag.assistant.load_embedder", lambda _settings: (HashEmbedder(), []))
    monkeypatch.setattr("rag.reading.load", lambda: None)
    monkeypatch.setattr(clusters, "FROM_SLOTS", 32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library `lib`, a backup of it, a file of questions and one of papers."""
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "FROM_SLOTS", 32)
        with Library.open(place / "lib", embedder=HashEmbedder(), create=True) as library:
            library.add(made_up(PAPERS, seed=5))
            library.embed_pending()
            library.backup(place / "backup.tar.gz")
            first = library.list()[0]
    (place / "questions.jsonl").write_text(json.dumps({"id": 1, "question": "What is said of the turbine membrane?"}) + "\n")
    (place / "more.jsonl").write_text(json.dumps({"title": "One more on walruses", "abstract": "Walruses were weighed. " * 9}) + "\n")
    (place / "first").write_text(first.paper_id)
    return place


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    """A copy of all that, to be damaged."""
    return shutil.copytree(whole, tmp_path / "place")


def commands(place: Path) -> dict[str, list[str]]:
    """Every command that opens a library."""
    first = (place / "first").read_text()
    return {
        "ask": ["ask", "What is said of the turbine membrane?"],
        "search": ["search", "turbine membrane", "--json"],
        "summarize": ["summarize", first],
        "batch": ["batch", str(place / "questions.jsonl"), str(place / "answers.jsonl")],
        "list": ["papers", "list"],
        "show": ["papers", "show", first],
        "export": ["papers", "export"],
        "remove": ["papers", "remove", first, "--yes"],
        "ingest": ["ingest", str(place / "more.jsonl")],
        "backup": ["library", "backup", str(place / "new.tar.gz")],
        "rebuild": ["library", "rebuild"],
        "restore": ["library", "restore", str(place / "backup.tar.gz"), "--overwrite"],
        "doctor": ["doctor"],
    }


COMMANDS = ("ask", "search", "summarize", "batch", "list", "show", "export", "remove", "ingest", "backup", "rebuild", "restore", "doctor")
READING = ("search", "list", "show", "export")

PARTS = {
    "records": "papers.db",
    "index": "keywords-*",
    "index list": "keywords-*/meta.json",
    "index files": "keywords-*/.managed.json",
    "index terms": "keywords-*/*.term",
    "index postings": "keywords-*/*.idx",
    "index numbers": "keywords-*/*.fast",
    "matrix": "vectors-*",
    "matrix 8": "vectors-*/int8.bin",
    "matrix 16": "vectors-*/int16.bin",
    "matrix scale": "vectors-*/scale.bin",
    "matrix rows": "vectors-*/rows.bin",
    "groups": "vectors-*/clusters-*",
    "groups slots": "vectors-*/clusters-*/slots.npy",
    "groups vectors": "vectors-*/clusters-*/int8.bin",
    "groups number": "vectors-*/clusters-*/n",
    "chroma": "chroma",
    "chroma records": "chroma/chroma.sqlite3",
    "chroma header": "chroma/*/header.bin",
    "chroma vectors": "chroma/*/data_level0.bin",
}


def emptied(path: Path) -> None:
    """Nothing left in it."""
    if path.is_dir():
        shutil.rmtree(path)
        path.mkdir()
    else:
        path.write_bytes(b"")


def truncated(path: Path) -> None:
    """The second half is gone: of a folder, every second file."""
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file())[::2]:
            file.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path: Path) -> None:
    """Other bytes, as many: of a folder, in every file."""
    for file in [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]:
        file.write_bytes(os.urandom(max(16, file.stat().st_size)))


def garbled_within(path: Path) -> None:
    """Some other bytes in the middle."""
    for file in [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]:
        content = bytearray(file.read_bytes())
        middle, n = len(content) // 2, min(200, max(2, len(content) // 8))
        content[middle : middle + n] = bytes(b ^ 0xA5 for b in content[middle : middle + n]) or b"\xff"
        file.write_bytes(content)


def missing(path: Path) -> None:
    """Gone."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def another_type(path: Path) -> None:
    """A folder where a file should be, or the other way round."""
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("no folder")
    else:
        path.unlink()
        path.mkdir()


KINDS = {f.__name__: f for f in (emptied, truncated, garbled, garbled_within, missing, another_type)}


def damage(library: Path, part: str, kind: str) -> Path:
    """Damage a part; which file or folder that was."""
    (path,) = library.glob(PARTS[part])
    KINDS[kind](path)
    return path


def one_line(ran: Any) -> str:
    """What a command that gave up said."""
    assert ran.code == 2, ran
    assert "Traceback" not in ran.out + ran.err
    said = [line for line in (ran.err or ran.out).splitlines() if line.startswith(("footnote: ", "problem: "))]
    assert len(said) == 1, ran
    return str(said[0])


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    """What the reading commands print of the library when it is whole; filled at first use."""
    return {}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_records(footnote: Callable[..., Any], place: Path, kind: str, command: str) -> None:
    """Every command but `restore` says in a line that the records are damaged and what helps, and leaves the remains as they are."""
    library = place / "lib"
    path = damage(library, "records", kind)
    before = path.read_bytes() if path.is_file() else None
    ran = footnote(*commands(place)[command], "--library", str(library))
    if command == "restore":
        assert (ran.code, ran.out) == (0, f"{PAPERS} papers restored\n"), ran
        assert footnote("doctor", "--library", str(library)).code == 0
        return
    said = one_line(ran)
    assert "records" in said or "papers.db" in said
    assert "footnote library restore" in said
    assert (path.read_bytes() if path.is_file() else None) == before
    assert not (place / "new.tar.gz").exists()
    with pytest.raises(ConfigError, match="add --overwrite"):
        Library.restored(library, place / "backup.tar.gz")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [p for p in PARTS if p != "records"])
def test_damaged_derived_parts(
    footnote: Callable[..., Any], whole: Path, place: Path, expected: dict[str, str], part: str, kind: str
) -> None:
    """They are made anew from the records and from each other: a command gives what it gives of a whole library, and all is well then."""
    if not expected:
        expected |= {c: footnote(*commands(whole)[c], "--library", str(whole / "lib")).out for c in READING}
    library = place / "lib"
    number = [*PARTS].index(part) * len(KINDS) + [*KINDS].index(kind)
    command = COMMANDS[number % len(COMMANDS)]
    damage(library, part, kind)
    ran = footnote(*commands(place)[command], "--library", str(library))
    assert (ran.code, "Traceback" in ran.err) == (0, False), ran
    if command not in {"ingest", "remove"}:
        for reading in READING:
            assert footnote(*commands(place)[reading], "--library", str(library)).out == expected[reading], (command, reading)
    ran = footnote("doctor", "--library", str(library))
    assert ran.code == 0, ran.out
