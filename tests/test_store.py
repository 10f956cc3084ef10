"""The store: records in SQLite, the exact matrix against brute force, Chroma holding what it is given."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from library_kit import made_up

from rag.errors import ConfigError, FootnoteError, IndexMismatch, IndexMissing, ProviderUnreachable
from rag.store import chroma, clusters
from rag.store.chroma import ChunkStore, connect, disconnect, embedded
from rag.store.connections import IDLE, Connections
from rag.store.matrix import Matrix, View, quantise
from rag.store.records import SCHEMA, Records, dump, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


def unit(n: int, *, seed: int, dimension: int = 384) -> NDArray[np.float32]:
    """Unit vectors around a few centres, as those of texts are."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((20, dimension))
    found = centres[rng.integers(0, 20, n)] + rng.standard_normal((n, dimension))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def brute(vectors: NDArray[np.float32], rows: NDArray[np.int64], query: NDArray[np.float32], allowed: set[int]) -> dict[int, float]:
    """Each allowed row's best score, one vector after the other."""
    scores: dict[int, float] = {}
    for row, score in zip(rows.tolist(), (vectors @ query).tolist(), strict=True):
        if row in allowed:
            scores[row] = max(score, scores.get(row, -2))
    return scores


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2, 0.04, 0.01, 0.001])
def test_the_matrix_finds_what_brute_force_finds(tmp_path: Path, share: float) -> None:
    """Whatever part of the papers a filter keeps, the best twenty are those of an exact comparison."""
    vectors, rng = unit(4000, seed=1), np.random.default_rng(2)
    rows = np.sort(rng.integers(1, 2600, 4000))
    matrix = Matrix(tmp_path, 384)
    n = matrix.append(0, vectors[:3000], rows[:3000].tolist())
    n = matrix.append(n, vectors[3000:], rows[3000:].tolist())
    mask = rng.random(2601) < share
    allowed = set(np.flatnonzero(mask).tolist())
    for query in unit(10, seed=3):
        found, scores = matrix.view(n).search(query, k=20, mask=None if share == 1 else mask)
        exact = brute(vectors, rows, query, set(range(2601)) if share == 1 else allowed)
        best = sorted(exact.values(), reverse=True)[:20]
        assert scores[:20].tolist() == pytest.approx(best, abs=1e-5)
        assert [exact[row] for row in found[:20].tolist()] == pytest.approx(best, abs=1e-5)


def test_ties_with_the_last_come_along(tmp_path: Path) -> None:
    """Equal papers are all returned, so that the caller can order them by id."""
    matrix = Matrix(tmp_path, 8)
    vector = np.eye(8, dtype=np.float32)[:1]
    n = matrix.append(0, np.repeat(vector, 5, axis=0), [3, 1, 4, 1, 5])
    found, scores = matrix.view(n).search(vector[0], k=2)
    assert sorted(found.tolist()) == [1, 3, 4, 5]
    assert np.allclose(scores, 1)


def test_a_cut_append_is_overwritten(tmp_path: Path) -> None:
    """Bytes beyond the committed number of slots are as if they had never been written."""
    matrix, vectors = Matrix(tmp_path, 384), unit(30, seed=4)
    matrix.append(0, vectors[:10], range(1, 11))
    with (tmp_path / "int8.bin").open("ab") as file:
        file.write(b"\x01" * 700)
    matrix.append(10, vectors[10:20], range(11, 21))
    matrix.append(10, vectors[20:], range(21, 31))
    view = matrix.view(20)
    assert matrix.held() == 20
    assert np.allclose(view.vectors(range(20)), np.concatenate([vectors[:10], vectors[20:]]), atol=1e-5)
    assert view.rows.tolist() == [*range(1, 11), *range(21, 31)]


def test_buried_slots_are_no_hits(tmp_path: Path) -> None:
    """A removed paper's vectors are found no more, by readers of the same view too."""
    matrix, vectors = Matrix(tmp_path, 384), unit(50, seed=5)
    n = matrix.append(0, vectors, range(1, 51))
    view = matrix.view(n)
    assert view.search(vectors[7], k=1)[0].tolist() == [8]
    matrix.bury([(7, 1), (20, 3)])
    matrix.bury([(7, 1)])
    assert 8 not in view.search(vectors[7], k=50)[0]
    assert len(view.search(vectors[7], k=50)[0]) == 46


def test_groups_find_nearly_all_and_everything_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of the nearest groups finds nearly what the exact one finds, slots written since included, buried ones not."""
    monkeypatch.setattr(clusters, "FROM_SLOTS", 6000)
    vectors, matrix = unit(6500, seed=9), Matrix(tmp_path / "matrix", 384)
    n = matrix.append(0, vectors[:6000], range(1, 6001))
    matrix.bury([(4, 1)])
    clusters.make(matrix.view(n), tmp_path / "groups")
    n = matrix.append(n, vectors[6000:], range(6001, 6501))
    matrix.bury([(11, 1), (6011, 1)])
    exact, grouped = matrix.view(n), matrix.view(n, tmp_path / "groups")
    shared = [len(set(exact.search(q, k=20)[0][:20]) & set(grouped.search(q, k=20)[0][:20])) for q in unit(20, seed=10)]
    assert sum(shared) >= 0.75 * 400  # random vectors: the hardest case
    for slot in (5, 100, 6000, 6400):
        assert grouped.search(vectors[slot], k=1)[0].tolist() == [slot + 1]
    for slot in (4, 11, 6011):
        assert slot + 1 not in grouped.search(vectors[slot], k=50)[0]
    mask = np.random.default_rng(1).random(6501) < 0.3
    assert grouped.search(vectors[1], k=20, mask=mask)[0].tolist() == exact.search(vectors[1], k=20, mask=mask)[0].tolist()


def test_an_empty_matrix_answers_nothing(tmp_path: Path) -> None:
    """No slots, no zero hits asked for, nothing allowed: an empty answer."""
    query = unit(1, seed=6)[0]
    assert Matrix(tmp_path, 384).view(0).search(query, k=5)[0].tolist() == []
    matrix = Matrix(tmp_path, 384)
    view: View = matrix.view(matrix.append(0, unit(3, seed=7), [1, 2, 3]))
    assert view.search(query, k=0)[0].tolist() == []
    assert view.search(query, k=5, mask=np.zeros(4, dtype=bool))[0].tolist() == []


@given(st.integers(0, 1000))
def test_int8_keeps_scores_within_the_margin(seed: int) -> None:
    """The error of an int8 score stays below half of what the search allows for."""
    vectors = unit(50, seed=seed)
    code, scale = quantise(vectors)
    approx = (code.astype(np.int32) @ code[0].astype(np.int32)) * scale * scale[0]
    assert np.abs(approx - vectors @ vectors[0]).max() < 0.003


def test_quantise_takes_zeros() -> None:
    """A row of zeros stays one."""
    code, scale = quantise(np.zeros((1, 4), dtype=np.float32))
    assert code.tolist() == [[0, 0, 0, 0]]
    assert np.isfinite(scale).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_records_come_back_as_they_were(seed: int) -> None:
    """A paper is the same after the way through JSON."""
    for paper in made_up(4, seed=seed, paper_id="x", keys=("abstract:1",)):
        assert load(dump(paper)) == paper


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """An error inside the block undoes all of it."""
    records = Records(tmp_path / "papers.db")
    records.prepare()
    paper = made_up(1, paper_id="x")[0]

    def fail() -> None:
        with records.transaction():
            records.put(paper, row=None, seq=records.next_seq(), keys=["doi:1"], sketch=[1], text_changed=True)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert records.count() == 0
    assert records.candidates(["doi:1"], [1]) == []
    assert records.meta("seq") == 0
    records.close()


def in_a_thread(work: Callable[[], object]) -> None:
    """Do it in a thread of its own, to the end."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_connections_are_handed_on(tmp_path: Path) -> None:
    """A thread that ends leaves its connection to the next one: a hundred threads one after the other use no more than one more."""
    connections = Connections(tmp_path / "some.db")
    connections.mine().execute("CREATE TABLE some (n)")
    used: set[int] = set()
    for _ in range(100):
        in_a_thread(lambda: used.add(id(connections.mine())))
    assert len(used) == 1
    assert id(connections.mine()) not in used
    connections.close()


def test_few_connections_are_kept_without_a_thread(tmp_path: Path) -> None:
    """Of twice as many at the same time as are kept, the rest is closed when their threads end."""
    connections, used, together = Connections(tmp_path / "some.db"), list[sqlite3.Connection](), threading.Barrier(2 * IDLE)

    def work() -> None:
        used.append(connections.mine())
        together.wait(10)

    threads = [threading.Thread(target=work) for _ in range(2 * IDLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sum(is_open(db) for db in used) == IDLE
    connections.close()
    assert not any(is_open(db) for db in used)
    assert connections.mine().execute("SELECT 1").fetchone() == (1,)
    connections.close()


def is_open(db: sqlite3.Connection) -> bool:
    """Whether it can be used."""
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_what_a_thread_leaves_unfinished_is_undone(tmp_path: Path) -> None:
    """A thread that ends inside a transaction keeps nobody from writing."""
    connections = Connections(tmp_path / "some.db")
    connections.mine().execute("CREATE TABLE some (n)")

    def work() -> None:
        connections.mine().execute("BEGIN IMMEDIATE")
        connections.mine().execute("INSERT INTO some VALUES (1)")

    in_a_thread(work)
    connections.mine().execute("BEGIN IMMEDIATE")
    assert connections.mine().execute("SELECT count(*) FROM some").fetchone() == (0,)
    connections.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A library of a later version says so, names both versions and what to do."""
    records = Records(tmp_path / "papers.db")
    records.prepare()
    with records.transaction():
        records.set_meta(schema=SCHEMA + 1)
    with pytest.raises(IndexMismatch, match=rf"schema {SCHEMA + 1}, this version reads {SCHEMA}; install"):
        records.check_schema(migrate=True)
    records.close()


def test_an_older_schema_is_lifted_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each statement list lifts by one; a reader, who may not, says what to run."""
    monkeypatch.setattr(
        "rag.store.records.MIGRATIONS", {SCHEMA - 2: "CREATE TABLE one (x)", SCHEMA - 1: "DROP TABLE one; DELETE FROM seen"}
    )
    records = Records(tmp_path / "papers.db")
    records.prepare()
    with records.transaction():
        records.set_meta(schema=SCHEMA - 2)
        records.db.execute("INSERT INTO seen VALUES (1, 1)")
    with pytest.raises(IndexMismatch, match="footnote library rebuild"):
        records.check_schema(migrate=False)
    records.check_schema(migrate=True)
    assert records.meta("schema") == SCHEMA
    assert records.db.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    records.close()


def test_chroma_holds_chunks(tmp_path: Path) -> None:
    """Vectors and metadata come back; writing twice changes nothing; the space is cosine; more than one call's limit goes in."""
    store = ChunkStore(folder=tmp_path)
    vectors = unit(6000, seed=8, dimension=16)
    ids = [f"p{i}:0" for i in range(6000)]
    meta = [{"row": i, "seq": i} for i in range(6000)]
    store.upsert(ids, vectors, meta)
    store.upsert(ids[:10], vectors[:10], meta[:10])
    assert store.count() == 6000
    assert np.allclose(store.vectors(["p5999:0", "p3:0"]), vectors[[5999, 3]], atol=1e-6)
    assert sum(len(page[0]) for page in store.changes(5)) == 5994
    assert store.collection.configuration_json["hnsw"]["space"] == "cosine"
    nearest = store.collection.query(query_embeddings=vectors[42:43], n_results=1)
    assert nearest["ids"] == [["p42:0"]]
    assert abs(nearest["distances"][0][0]) < 1e-5
    store.delete(["p42:0", "p42:9"])
    store.delete_rows([43, 44])
    assert store.count() == 5997
    with pytest.raises(IndexMissing, match="p42:0"):
        store.vectors(["p42:0"])
    store.reset()
    assert store.count() == 0
    store.close()
    with sqlite3.connect(tmp_path / "chroma.sqlite3") as db:
        assert db.execute("SELECT count(*) FROM embeddings").fetchone() == (0,)
    db.close()


def test_a_growing_collection_is_synchronised_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of ids is written anew after a share of the collection, not after a fixed number; nothing is lost at the change."""
    monkeypatch.setattr(chroma, "_SYNC_LOOK", 1500)
    monkeypatch.setattr(chroma, "_SYNC_SHARE", 2)
    vectors = unit(4000, seed=9, dimension=16)
    store = ChunkStore(folder=tmp_path)
    for start in range(0, 4000, 500):
        part = range(start, start + 500)
        store.upsert([f"p{i}:0" for i in part], vectors[start : start + 500], [{"row": i, "seq": i} for i in part])
    assert store.collection.configuration_json["hnsw"]["sync_threshold"] == 1500
    store.close()
    again = ChunkStore(folder=tmp_path)
    assert again.count() == 4000
    assert np.allclose(again.vectors([f"p{i}:0" for i in range(4000)]), vectors, atol=1e-6)
    assert again.collection.query(query_embeddings=vectors[3999:], n_results=1)["ids"] == [["p3999:0"]]
    again.close()


def test_a_store_that_could_not_be_opened_can_be_later(tmp_path: Path) -> None:
    """What stood in its way is gone: the same process opens it, as if nothing had been."""
    (tmp_path / "chroma.sqlite3").mkdir()
    with pytest.raises(FootnoteError), embedded():
        connect(tmp_path, None)
    (tmp_path / "chroma.sqlite3").rmdir()
    client = connect(tmp_path, None)
    assert client.list_collections() == []
    disconnect(client)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """No connection and a malformed address are told in one line."""
    with pytest.raises(ProviderUnreachable, match=r"no answer from the Chroma server at 'http://127\.0\.0\.1:9'"):
        connect(None, "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="must look like"):
        connect(tmp_path, "127.0.0.1")
