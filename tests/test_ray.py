"""Libraries on a Ray cluster: real worker processes of this machine, of which some are killed on the way."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import CORPUS
from library_kit import HashEmbedder, content, crowded, made_up

from rag import sources
from rag.assistant import Assistant
from rag.batch import run
from rag.cluster import Clustered, connect, disconnect, embed, read
from rag.cluster.searching import Remote
from rag.config import load
from rag.errors import ConfigError, ShardLost
from rag.library import Library
from rag.library.shards import create, join, split_up
from rag.retrieval import HybridRetriever
from rag.spreading import askers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.library import Progress

# The first start of a process takes a second or two on a quiet machine, and a minute on one that is not.
pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra `ray`"),
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("ray"),
]
ADDRESS = "local:2"
WAIT_S = 600


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[Any]:
    """A cluster of this machine; its workers find the tests' own modules."""
    here = Path(__file__).parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (here.parent, here))))
        try:
            yield connect(ADDRESS)
        finally:
            disconnect()


def until(true: Callable[[], Any]) -> Any:
    """Wait for something to become true, as long as a busy machine may take."""
    last = time.monotonic() + WAIT_S
    while not (found := true()):
        assert time.monotonic() < last, "it did not come about"
        time.sleep(0.02)
    return found


def pids(ray: Any, library: Clustered, n: int) -> list[int]:
    """The processes of a shard's replicas."""
    shard = library.handles[n]
    assert isinstance(shard, Remote)
    return [ray.get(one.pid.remote()) for one in shard.replicas]


@contextmanager
def killed_at(ray: Any, library: Clustered, n: int, sign: str) -> Iterator[None]:
    """Kill a shard's process as soon as that file of the shard is there, meanwhile."""
    place, (pid,) = library.folder / f"shard-{n}" / sign, pids(ray, library, n)
    place.unlink(missing_ok=True)
    done: list[int] = []

    def kill() -> None:
        until(place.exists)
        os.kill(pid, signal.SIGKILL)
        done.append(pid)

    watcher = threading.Thread(target=kill)
    watcher.start()
    yield
    watcher.join()
    assert done


def test_nothing_listens_beyond_the_loopback(ray: Any) -> None:
    """Every node is 127.0.0.1."""
    assert {node["NodeManagerAddress"] for node in ray.nodes()} == {"127.0.0.1"}


def test_a_shard_that_is_lost_is_told_and_comes_back(ray: Any, tmp_path: Path) -> None:
    """Hits are those of a single library; without a shard the rest answers and says so; then all is as it was."""
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one:
        one.add(crowded(90, seed=2))
        one.embed_pending()
        expected = HybridRetriever(one, one.embedder).search("turbine membrane query", k=10)
    split_up(tmp_path / "one", tmp_path / "shards", 2)
    with Clustered.on(ADDRESS, tmp_path / "shards", embedder=HashEmbedder()) as library:
        finder = HybridRetriever(library, library.embedder)
        assert finder.search("turbine membrane query", k=10) == expected
        began = time.monotonic()
        assert library.unsearched(began) is None
        held = [library._at(n, "count") for n in range(2)]
        for pid in pids(ray, library, 1):
            os.kill(pid, signal.SIGKILL)
        until(lambda: library.count() == held[0])
        hits = finder.search("turbine membrane query", k=10)
        assert 0 < len(hits) <= 10
        share = round(100 * held[0] / sum(held))
        told = library.unsearched(began)
        assert told is not None
        assert told.startswith(f"1 of 2 shards of the library were searched, {share} % of the papers")
        until(lambda: library.count() == sum(held))
        since = time.monotonic()
        assert finder.search("turbine membrane query", k=10) == expected
        assert library.unsearched(since) is None


def test_a_replica_stands_in(ray: Any, tmp_path: Path) -> None:
    """With two processes a shard the loss of one is not noticed."""
    folder = create(tmp_path / "shards", 1)
    with Clustered.on(ADDRESS, folder, embedder=HashEmbedder(), replicas=2) as library:
        library.add(made_up(20))
        began = time.monotonic()
        first, second = pids(ray, library, 0)
        assert first != second
        os.kill(second, signal.SIGKILL)
        assert [library.count() for _ in range(6)] == [20] * 6
        assert library.unsearched(began) is None


def test_a_killed_writer_leaves_no_doubles(ray: Any, tmp_path: Path) -> None:
    """One shard's process is killed while it writes papers, one while it writes vectors: the library is that of an ordinary ingest."""
    papers = crowded(90, seed=7)
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one:
        one.add(papers)
        one.embed_pending()
        expected = content(one)
    folder = create(tmp_path / "shards", 2)
    with Clustered.on(ADDRESS, folder, embedder=HashEmbedder()) as library:
        with killed_at(ray, library, 0, "write.json"):  # its process has begun to write papers
            library.add(papers[:50])
        library.add(papers[50:])
        with killed_at(ray, library, 1, "chroma/chroma.sqlite3"):  # and vectors
            library.embed_pending()
        until(lambda: library.count() == len(expected["papers"]))
        assert library.pending == 0
        assert library.status()["problems"] == []
    join(folder, tmp_path / "joined")
    with Library.open(tmp_path / "joined", embedder=HashEmbedder()) as joined:
        assert content(joined) == expected


class Mortal(HashEmbedder):
    """The first process that embeds with it is killed half-way."""

    def __init__(self, mark: Path) -> None:
        """`mark`: a file that tells whether it has happened."""
        super().__init__()
        self.mark = mark

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows."""
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(texts)


def readers() -> list[int]:
    """The processes of our cluster that read files."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cmdline").read_bytes().startswith(b"ray::_pages") and _parent(_parent(int(place.name))) == os.getpid():
                found.append(int(place.name))
        except OSError:  # it has ended
            continue
    return found


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_workers_that_read_and_embed_are_killed(tmp_path: Path) -> None:
    """An ordinary library written here, read and embedded by workers of which one each is killed."""
    papers = made_up(5000, seed=9)
    (tmp_path / "exports").mkdir()
    for n in range(2):
        lines = [json.dumps(p.to_dict()) for p in papers[n::2]]
        (tmp_path / "exports" / f"{n}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    expected = [p.title for p in sources.read(tmp_path / "exports")]
    account, found = sources.Account(), []
    killed: list[int] = []
    for paper in read(ADDRESS, [tmp_path / "exports"], account):
        found.append(paper.title)
        if not killed and (killed := readers()):  # held back by the pages that nobody has taken
            os.kill(killed[0], signal.SIGKILL)
    assert killed
    assert found == expected
    assert account.left_out == []
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one:
        one.add(papers[:150])
        one.embed_pending()
        whole = content(one)
    with Library.open(tmp_path / "two", embedder=Mortal(tmp_path / "killed"), create=True) as two:
        two.add(papers[:150])
        assert embed(ADDRESS, two) == 150
        assert (tmp_path / "killed").exists()
        assert content(two) == whole


def test_addresses_that_lead_nowhere() -> None:
    """Each in one line."""
    for address in ("", "nonsense", "http://127.0.0.1:1", "local:0"):
        with pytest.raises(ConfigError, match="write host:port"):
            connect(address)
    with pytest.raises(ConfigError, match="another Ray cluster"):
        connect("127.0.0.1:1")


def test_a_library_that_is_none(tmp_path: Path) -> None:
    """Not sharded, or damaged: a line of ours."""
    with pytest.raises(ConfigError, match="not sharded"):
        Clustered.on(ADDRESS, tmp_path / "none", embedder=None)
    folder = create(tmp_path / "shards", 1)
    (folder / "shard-0" / "papers.db").write_bytes(b"no database" * 100)
    with pytest.raises(ShardLost, match="can't be opened"):
        Clustered.on(ADDRESS, folder, embedder=None)


def test_a_batch_is_spread_in_order(bundled: Path, tmp_path: Path) -> None:
    """The answers of two workers, of which one is killed between two questions, are those of one assistant, in the file's order."""
    asked = tmp_path / "asked.jsonl"
    questions = ["How many languages does the MGSM8KInstruct dataset cover?", "Which papers are about pruning?", "Who wrote Hamlet?"]
    lines = [{"id": n, "question": question} for n, question in enumerate([*questions, *questions])]
    asked.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    settings = load(library=str(bundled))
    with Assistant.open(settings) as one:
        run(one, asked, tmp_path / "one.jsonl")

    def told(progress: Progress) -> None:
        if progress.done == 1:
            os.kill(workers[0].pid(), signal.SIGKILL)

    with askers(ADDRESS, settings) as workers:
        report = run(workers, asked, tmp_path / "two.jsonl", progress=told)
    assert (report.answered, report.skipped, report.bad) == (6, 0, ())
    one_by_one, spread = (
        map(json.loads, (tmp_path / name).read_text(encoding="utf-8").splitlines()) for name in ("one.jsonl", "two.jsonl")
    )
    assert [{**answer, "timing_s": None} for answer in spread] == [{**answer, "timing_s": None} for answer in one_by_one]


def test_the_commands(footnote: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers go into shards by workers, and a question is answered by the shards' processes, as a single library answers it."""
    exports = tmp_path / "papers.jsonl"
    exports.write_text("".join(CORPUS.read_text(encoding="utf-8").splitlines(keepends=True)[:12]), encoding="utf-8")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"title": 1}\n', encoding="utf-8")
    shards, one = str(create(tmp_path / "shards", 1)), str(tmp_path / "one")
    told = footnote("ingest", str(exports), "--library", shards, "--ray", ADDRESS, "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out) == json.loads(footnote("ingest", str(exports), "--library", one, "--json").out)
    here, there = (footnote("ingest", str(bad), "--library", one, *more) for more in ((), ("--ray", ADDRESS)))
    assert (there.code, there.err) == (here.code, here.err)
    monkeypatch.setenv("FOOTNOTE_RAY", ADDRESS)
    question = json.loads(exports.read_text(encoding="utf-8").splitlines()[0])["title"]
    assert footnote("search", question, "--library", shards).out == footnote("search", question, "--library", one).out
