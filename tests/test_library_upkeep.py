"""Upkeep: archives that are not what they seem, health, the lock on a server, the bundled embedder."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
import time
from typing import TYPE_CHECKING

import pytest
from library_kit import HashEmbedder, chroma_server, content, made_up

from rag import embedding
from rag.errors import IndexLocked, ProviderUnreachable, SourceError
from rag.library import Library
from rag.schema import Filters
from rag.store.server import STALE_S, Server, base_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Twelve papers with vectors."""
    found = Library.open(tmp_path / "lib", embedder=HashEmbedder(), create=True)
    found.add(made_up(12, seed=60))
    found.embed_pending()
    return found


def repacked(archive: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """A copy of a backup with other content."""
    with tarfile.open(archive) as source:
        entries = {m.name: file.read() for m in source if (file := source.extractfile(m)) is not None}
    change(entries)
    target = archive.with_name("changed.tar.gz")
    with tarfile.open(target, "w:gz") as out:
        for name, data in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))
    return target


def rename(entries: dict[str, bytes], old: str, new: str) -> None:
    """Let an entry, and its line in the list, have another name."""
    entries[new] = entries.pop(old)
    listing = json.loads(entries["footnote.json"])
    listing["sha256"][new] = listing["sha256"].pop(old)
    entries["footnote.json"] = json.dumps(listing).encode()


CHANGES: dict[str, tuple[str, Callable[[dict[str, bytes]], object]]] = {
    "damaged": ("SHA-256", lambda e: e.update({"papers.db": e["papers.db"][:-1] + b"x"})),
    "missing": ("missing", lambda e: e.pop("vectors/int8.bin")),
    "outside": ("unexpected entry", lambda e: rename(e, "papers.db", "../papers.db")),
    "absolute": ("unexpected entry", lambda e: rename(e, "papers.db", "/tmp/papers.db")),
    "added": ("unexpected entry", lambda e: e.update({"more": b"x"})),
    "format": ("format 99", lambda e: e.update({"footnote.json": b'{"format": 99}'})),
    "no list": ("no backup", lambda e: e.pop("footnote.json")),
    "bad list": ("not a readable", lambda e: e.update({"footnote.json": b"[1]"})),
}


@pytest.mark.parametrize("case", sorted(CHANGES))
def test_a_bad_archive_changes_nothing(library: Library, tmp_path: Path, case: str) -> None:
    """Damage, missing or foreign entries and names that lead elsewhere are refused by name; the library stays as it was."""
    message, change = CHANGES[case]
    before = content(library)
    archive = repacked(library.backup(tmp_path / "backup.tar.gz"), change)
    with pytest.raises(SourceError, match=message):
        library.restore(archive, overwrite=True)
    assert content(library) == before
    assert not list(tmp_path.glob("papers.db"))
    library.close()


def test_no_archive_at_all(library: Library, tmp_path: Path) -> None:
    """A file that is none, and one that is cut, are told apart from nothing."""
    cut = library.backup(tmp_path / "backup.tar.gz")
    cut.write_bytes(cut.read_bytes()[:-2000])
    (tmp_path / "text").write_text("hello")
    for path in (cut, tmp_path / "text", tmp_path / "nowhere"):
        with pytest.raises(SourceError, match="not a readable backup"):
            library.restore(path, overwrite=True)
    library.close()


def test_doctor_sees_what_is_wrong(library: Library) -> None:
    """Chunks missing in Chroma and papers missing in the keyword index are named with the command that helps."""
    paper = library.list()[0]
    library._parts.chunks.delete([f"{paper.paper_id}:0"])
    library._parts.keywords.put([], [library.rows_of([paper.paper_id])[0]])
    library._parts.keywords.commit()
    library._parts.keywords.release()
    problems = library.status()["problems"]
    assert len(problems) == 2
    assert all("footnote library rebuild" in p for p in problems)
    library.rebuild("chroma")
    library.rebuild("keywords")
    assert library.status()["problems"] == []
    library.close()


def test_the_lock_on_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One holder among all machines; a dead holder's lock is taken at once on its machine and after a while elsewhere."""
    with chroma_server(tmp_path / "chroma") as url:
        one, two, three = (Server(url, "shared") for _ in range(3))
        one.create(1)
        one.lock(tmp_path / "a")
        with pytest.raises(IndexLocked, match="being written by a process on"):
            two.lock(tmp_path / "b")
        two.lock(tmp_path / "a")  # whoever holds that folder's own lock knows that the first is dead
        monkeypatch.setattr("rag.store.server.BEAT_S", 0.0)
        with pytest.raises(IndexLocked, match="took over"):
            one.beat()
        two.beat()
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + STALE_S + 60)
        three.lock(tmp_path / "c")
        with pytest.raises(IndexLocked, match="took over"):
            two.beat()
        three.unlock()
        one._lock = None
        one.lock(tmp_path / "a")
        one.unlock()
        for server in (one, two, three):
            server.close()


def test_a_server_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost server is told in one line, and reading goes on when it is back, with everything that was stored."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("rag.library.mirror.ASK_S", 0.0)
    with chroma_server(tmp_path / "chroma") as url:
        found = Library.open("mine", embedder=HashEmbedder(), chroma_url=url, create=True)
        found.add(made_up(5, seed=61))
    with pytest.raises(ProviderUnreachable, match="no answer from the Chroma server"):
        found.count()
    with pytest.raises(ProviderUnreachable, match="no answer from the Chroma server"):
        found.add(made_up(2, seed=62))
    found.close()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    with chroma_server(tmp_path / "chroma") as url, Library.open("mine", embedder=HashEmbedder(), chroma_url=url) as again:
        assert again.count() == 5
        assert again.embed_pending() == 5
        assert again.status()["problems"] == []


@pytest.mark.parametrize(("name", "base"), [("papers", "footnote-papers"), ("été", "footnote--t--")])
def test_collections_have_names_that_chroma_takes(name: str, base: str) -> None:
    """Letters that Chroma refuses are replaced, and two libraries never share a name by that."""
    assert base_name(name).startswith(base)
    assert base_name("été") != base_name("àtà")


def test_the_bundled_embedder_stands_behind_the_seam(tmp_path: Path) -> None:
    """With the real model a paraphrase finds its paper, filtered and not, and no chunk is longer than the model reads."""
    model = embedding.load("minilm-int8")
    papers = made_up(8, seed=63)
    papers[3] = dataclasses.replace(
        papers[3],
        title="Counting penguins from space",
        abstract=(
            "Emperor penguin colonies stain the sea ice, and the stains can be seen by satellites. We estimate the number of birds in "
            "each colony from the area of its stain. Three colonies that no ship had ever visited were found in this way."
        ),
        categories=("q-bio.PE",),
    )
    with Library.open(tmp_path / "lib", embedder=model, create=True) as library:
        library.add(papers)
        library.embed_pending()
        vector = model.embed_query("How many seabirds live in Antarctica according to satellite images?")
        for filters in (None, Filters(category="q-bio")):
            (row, score), *_ = library.dense(vector, k=3, filters=filters)
            assert library.papers_by_row([row])[0].title == "Counting penguins from space"
            assert 0.3 < score < 1
        for paper in library.list():
            (spans,) = library.chunk_spans(library.rows_of([paper.paper_id]))
            assert all(model.count(f"{paper.title}\n{paper.abstract[a:b]}") <= model.max_tokens for a, b in spans)
