"""A library that can't be written is read as it is; a full disk, too few files or too little memory cost a line and nothing else."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from library_kit import HashEmbedder, made_up
from test_library_damage import COMMANDS, commands, damage, one_line, place, whole

from rag.batch import run as run_batch
from rag.errors import IndexUnwritable, SourceError
from rag.files import replacing
from rag.library import Library, health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag.library.parts import Parts

__all__ = ["place", "whole"]

WRITING = {"remove", "ingest", "rebuild", "restore"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands' embedder is the small one of the tests."""
    monkeypatch.setattr("rag.assistant.load_embedder", lambda _settings: (HashEmbedder(), []))
    monkeypatch.setattr("rag.reading.load", lambda: None)


def mounted(*arguments: str) -> bool:
    """Whether a mount was made; only a machine's owner may."""
    return os.geteuid() == 0 and subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@contextmanager
def readonly(folder: Path) -> Iterator[None]:
    """Let a folder be one that can't be written: mounted so, or (not for the machine's owner, whom that does not stop) by its modes."""
    if mounted("--bind", str(folder), str(folder)):
        try:
            assert mounted("-o", "remount,ro,bind", str(folder))
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    if os.geteuid() == 0:
        pytest.skip("nothing can be mounted here")
    paths = [folder, *folder.rglob("*")]
    modes = [path.stat().st_mode for path in paths]
    try:
        for path in paths:
            path.chmod(path.stat().st_mode & ~0o222)
        yield
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Let a folder be a disk of that size."""
    folder.mkdir(exist_ok=True)
    if not mounted("-t", "tmpfs", "-o", f"size={size}", "none", str(folder)):
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_library_that_can_t_be_written(footnote: Callable[..., Any], place: Path) -> None:
    """Every reading command gives what it gives elsewhere, the writing ones say why not, and not a byte changes."""
    library = place / "lib"
    given = {c: footnote(*commands(place)[c], "--library", str(library)) for c in COMMANDS if c not in {*WRITING, "batch", "backup"}}
    with readonly(library):
        before = {p: p.stat().st_mtime_ns for p in library.rglob("*")}
        for command, expected in given.items():
            ran = footnote(*commands(place)[command], "--library", str(library))
            assert ran.code == expected.code == 0, (command, ran)
            if command != "doctor":
                assert ran.out == expected.out, command
        for command in WRITING:
            assert "can't be written" in one_line(footnote(*commands(place)[command], "--library", str(library)))
        assert footnote(*commands(place)["batch"], "--library", str(library)).code == 0
        assert footnote(*commands(place)["backup"], "--library", str(library)).code == 0
        assert {p: p.stat().st_mtime_ns for p in library.rglob("*")} == before
    assert Library.restored(place / "again", place / "new.tar.gz") == len(given["list"].out.splitlines())


@pytest.mark.parametrize("part", ["index terms", "matrix 16", "chroma records"])
def test_damage_that_can_t_be_mended_in_place(footnote: Callable[..., Any], place: Path, part: str) -> None:
    """Where nothing can be written a damaged part is told, and where that helps."""
    damage(place / "lib", part, "garbled")
    with readonly(place / "lib"):
        for command in ("ask", "search", "list", "doctor", "backup"):
            assert "copy the library" in one_line(footnote(*commands(place)[command], "--library", str(place / "lib")))


def test_an_empty_library_that_can_t_be_written(footnote: Callable[..., Any], tmp_path: Path) -> None:
    """It holds nothing, and says so; a new one can't be made."""
    Library.open(tmp_path / "lib", embedder=None, create=True).close()
    with readonly(tmp_path / "lib"):
        with Library.open(tmp_path / "lib", embedder=HashEmbedder()) as library:
            assert library.keyword("turbine", k=3) == library.dense(HashEmbedder().embed_query("turbine"), k=3) == []
        with pytest.raises(IndexUnwritable):
            Library.open(tmp_path / "lib" / "another", embedder=None, create=True)
        assert footnote("papers", "list", "--library", str(tmp_path / "lib")).code == 0


@pytest.mark.parametrize("command", ["ingest", "rebuild", "restore", "backup", "export", "batch", "remove"])
def test_a_full_disk(footnote: Callable[..., Any], place: Path, tmp_path: Path, command: str) -> None:
    """One line; what was stored and what was written before is whole; with room the same command works."""
    disk = tmp_path / "disk"
    with small_disk(disk, "12m"):
        shutil.copytree(place / "lib", disk / "lib")
        for name in ("new.tar.gz", "out.csv"):
            (disk / name).write_text("somebody's own")
        given = commands(place)[command]
        given = [str(disk / Path(a).name) if Path(a).name in {"new.tar.gz", "answers.jsonl"} else a for a in given]
        if command == "export":
            given = ["papers", "export", str(disk / "out.csv")]
        listed = footnote("papers", "export", "--library", str(disk / "lib")).out
        for room in (0, 40 << 10, 300 << 10):
            filled = disk / "filled"
            with filled.open("wb") as file:
                file.write(bytes(max(0, shutil.disk_usage(disk).free - room)))
            ran = footnote(*given, "--library", str(disk / "lib"))
            if ran.code:
                one_line(ran)
            for name in ("new.tar.gz", "out.csv"):
                assert (disk / name).read_bytes() == b"somebody's own" or ran.code == 0
            filled.unlink()
            assert footnote("doctor", "--library", str(disk / "lib")).code == 0
            if command not in {"ingest", "remove"}:
                assert footnote("papers", "export", "--library", str(disk / "lib")).out == listed
            assert {p.name for p in disk.iterdir()} <= {"lib", "new.tar.gz", "out.csv", "answers.jsonl"}
        assert footnote(*given, "--library", str(disk / "lib")).code in ({0, 2} if command == "remove" else {0})
        with Library.open(disk / "lib", embedder=HashEmbedder(), thorough=True) as library:
            assert library.pending == 0


@pytest.mark.parametrize("command", ["search", "list", "export", "ingest", "rebuild", "backup", "restore", "doctor"])
def test_few_open_files(footnote: Callable[..., Any], place: Path, command: str) -> None:
    """Whichever file can't be opened any more: a line on that, never one on damage, and nothing is made anew for it."""
    library = place / "lib"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    footnote(*commands(place)["doctor"], "--library", str(library))  # what is imported then is there
    before = sorted(p.name for p in library.iterdir())
    for more in range(2, 26, 4):
        used = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + more, hard))
        try:
            ran = footnote(*commands(place)[command], "--library", str(library))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if ran.code == 0:
            break
        said = one_line(ran)
        assert "damaged" not in said
        assert "library rebuild" not in said
        with Library.open(library, embedder=HashEmbedder(), thorough=True) as opened:
            # Chroma writes its index in several files, and may have written some when it could open no more.
            left = [part for part in opened.mended if not (command in {"ingest", "rebuild"} and part.startswith("the Chroma folder"))]
            assert left == []
            assert opened.status()["problems"] == []
    assert footnote("doctor", "--library", str(library)).code == 0
    if command not in {"ingest", "rebuild", "restore"}:
        assert sorted(p.name for p in library.iterdir()) == before


def test_stopped_between_chroma_and_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Chroma holds of a paper that is still pending is no fault; the next run finishes it. What no record knows is one."""

    def stopped(*_parts: object) -> None:
        raise OSError("no more files")

    with Library.open(tmp_path / "lib", embedder=HashEmbedder(), create=True) as library:
        library.add(made_up(3))
        library.embed_pending()
        library.add(made_up(2, seed=7))
        with monkeypatch.context() as patch:
            patch.setattr("rag.library.vectors.record_slots", stopped)
            with pytest.raises(OSError, match="no more files"):
                library.embed_pending()
    with Library.open(tmp_path / "lib", embedder=HashEmbedder(), thorough=True) as library:
        assert (library.pending, library.status()["problems"]) == (2, [])
        assert library.embed_pending() == 2
        assert library.status()["problems"] == []
        library._parts.chunks.delete([f"{library.list()[0].paper_id}:0"])
        assert any("Chroma holds" in problem for problem in library.status()["problems"])


def test_little_memory(footnote: Callable[..., Any], place: Path) -> None:
    """Writing needs some; without it a line says so before anything is begun."""
    library = place / "lib"
    footnote("papers", "list", "--library", str(library))
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (held + (200 << 20), hard))
    try:
        read = footnote("papers", "list", "--library", str(library))
        ran = footnote(*commands(place)["ingest"], "--library", str(library))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert "not enough memory" in one_line(ran)
    assert read.code == 0
    assert footnote(*commands(place)["ingest"], "--library", str(library)).code == 0


def test_an_export_that_breaks_off(tmp_path: Path) -> None:
    """A file that is there stays whole until the new one is; a link stays one, a mode stays, a pipe is written through."""
    target, link = tmp_path / "papers.csv", tmp_path / "link.csv"
    target.write_text("somebody's own")
    target.chmod(0o640)
    link.symlink_to(target)
    pieces = iter(["half"])
    with pytest.raises(StopIteration), replacing(link) as file:
        file.writelines([next(pieces), next(pieces)])
    assert target.read_text() == "somebody's own"
    with replacing(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "papers.csv"]
    with replacing(Path(os.devnull)) as file:
        file.write("nothing")


def test_a_file_of_somebody_s_is_no_answers_file(tmp_path: Path) -> None:
    """Nothing is cut off it, with or without a line break at its end."""
    for text in ("my notes", "my notes\nmore", '{"id": 1}\nmy notes', "\n\nnotes"):
        (tmp_path / "notes.txt").write_text(text)
        with pytest.raises(SourceError, match="not a line of answers"):
            run_batch(None, tmp_path / "questions", tmp_path / "notes.txt")  # type: ignore[arg-type]
        assert (tmp_path / "notes.txt").read_text() == text


def test_a_backup_into_the_library(place: Path) -> None:
    """Its own files are no place for it."""
    with Library.open(place / "lib", embedder=None) as library:
        for path in (place / "lib" / "papers.db", place / "lib" / "vectors-0" / "x", place):
            with pytest.raises(Exception, match="outside the library"):
                library.backup(path)
        assert library.count() > 0


@pytest.mark.parametrize("command", ["ask", "list", "backup", "rebuild"])
def test_a_name_that_is_a_folder_right_here(
    footnote: Callable[..., Any], place: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A bare name means a library in the user's folder; that one lies right here is told."""
    monkeypatch.chdir(place)
    assert "for it write ./lib;" in one_line(footnote(*commands(place)[command], "--library", "lib"))
    assert "./none" not in one_line(footnote(*commands(place)[command], "--library", "none"))


def test_doctor_and_a_library_that_is_not_there(footnote: Callable[..., Any], tmp_path: Path) -> None:
    """One that was named is missed; of the one that nobody has made yet the next step is told."""
    assert "there is no library" in one_line(footnote("doctor", "--library", str(tmp_path / "none")))
    assert footnote("doctor").code == 0


def test_what_was_seen_is_not_read_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library is read through when somebody else may have changed it, and not otherwise."""
    seen: list[Path] = []
    read = health.faults

    def faults(parts: Parts) -> dict[str, str]:
        seen.append(parts.folder)
        return read(parts)

    monkeypatch.setattr(health, "faults", faults)
    for _ in range(2):
        with Library.open(place / "lib", embedder=HashEmbedder()) as library:
            library.add(made_up(2, seed=9))
            library.embed_pending()
    assert len(seen) == 1
    os.utime(place / "lib" / "papers.db")
    Library.open(place / "lib", embedder=HashEmbedder()).close()
    assert len(seen) == 2
