"""The benchmark runs: made papers are what they claim, a small library is grown, probed and topped up, and the tables render."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench import chroma, filters, growth, ingest, latency, measure, report, texts
from bench.drawn import Drawn
from rag import embedding
from rag.errors import ConfigError
from rag.library import vectors

if TYPE_CHECKING:
    from pathlib import Path


def test_made_papers_are_the_same_each_time_and_all_different() -> None:
    """The i-th paper does not depend on how many are asked for, and no title or abstract comes twice."""
    whole = list(texts.papers(60))
    assert whole[20:] == list(texts.papers(40, start=20))
    assert len({p.title for p in whole}) == len({p.abstract for p in whole}) == 60


def test_filters_keep_the_share_they_say() -> None:
    """Of a thousand papers half are in the first category, a fifth in the second."""
    held = list(texts.papers(1000))
    kept = [sum(texts.share_filter(name).category in p.categories for p in held) / 1000 for name, _ in texts.SHARES]
    assert kept == pytest.approx([share for _, share in texts.SHARES], abs=0.04)


def test_lost_hits_are_counted_and_ties_at_the_end_are_none() -> None:
    """Of four papers the mask allows three; the best of them is missing from what was found."""
    exact = np.array([0.9, 0.8, 0.7, 0.1], dtype=np.float32)
    mask = np.array([False, True, True, True])
    assert filters.compare(exact, mask, {1, 2, 3}) == (0, 3)
    assert filters.compare(exact, mask, {2, 3}) == (1, 3)


def test_calls_are_counted_without_the_warm_ones() -> None:
    """Each input is run once, and counted but for the first ones: half of them where there are few."""
    seen: list[int] = []
    found = measure.calls(seen.append, range(10), warm=2)
    assert seen == list(range(10))
    assert found["n"] == 8
    assert measure.calls(seen.append, range(3), warm=5)["n"] == 2
    assert found["least_ms"] <= found["p50_ms"] <= found["p95_ms"]


def test_a_small_library_is_grown_and_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty papers go in, are found, filtered without a loss, topped up by six, and asked."""
    try:
        real = embedding.load()
    except ConfigError as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(growth, "Drawn", lambda: real)
    folder = tmp_path / "library"
    grown = growth.grow(folder, 40, limit_s=60)
    assert grown["papers"] == grown["added"] == 40
    assert grown["chunks"] >= 40
    probed = growth.probe(folder, n_queries=6)
    assert [(row["share"], row["lost"]) for row in probed["filtered"]] == [*((share, 0) for _, share in texts.SHARES), (1.0, 0)]
    assert growth.top_up(folder, 6)["papers"] == 6
    assert growth.held(folder) == 47
    row = {**grown, "probe": probed, "top_up": growth.top_up(folder, 2), "vectors": "real"}
    row |= {"machine": measure.machine(), "calibration": CALIBRATION}
    measure.believed({**row, "calibration": CALIBRATION})
    held: dict[str, Any] = {"growth": {"rows": [row]}}
    assert "| papers | 40 |" in str(report.growth(report.Table.read(""), held))
    assert str(report.filters(report.Table.read(""), held)).count("| 0 of") == 6
    found = latency.measured(folder, n_queries=6)
    assert found["papers"] == 50


def test_ingest_is_timed_with_and_without_tails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tails there are at least as many vectors as papers; without, exactly as many."""
    try:
        embedding.load()
    except ConfigError as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(vectors, "chunks_of", vectors.chunks_of)
    assert ingest.ours(tmp_path, 6, tails=True)["chunks"] >= 14
    assert ingest.ours(tmp_path, 6, tails=False)["chunks"] == 14
    assert ingest.words(tmp_path, 6)["per_s"] > 0


MACHINE = {"cpu": "one", "cores": 2, "memory_gb": 8.0, "load": 1.0, "at": "2026-01-02T03:04:05+00:00", "commit": "abc1234"}
CALIBRATION = {"read_gb_per_s": 10.0, "product_gflop_per_s": 300.0, "embedding_ms": 20.0}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for results, empty as in a checkout that measured nothing."""
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def _cold(seconds: float = 0.5) -> dict[str, Any]:
    found = dict.fromkeys(("median_s", "least_s", "cpu_s"), seconds)
    record = {**dict.fromkeys(("ask", "imports", "help", "python"), found), "ask_to_imports": 1.0, "ask_to_imports_cpu": 1.0}
    return {**record, "machine": MACHINE, "calibration": CALIBRATION}


def _times(ms: float) -> dict[str, Any]:
    return {"p50_ms": ms, "p95_ms": ms, "cpu_p50_ms": ms, "least_ms": ms, "n": 200}


def _latency() -> dict[str, Any]:
    found = {"papers": 100_000, "chunks": 150_000, "vectors_mb": 57.6, "search": _times(7.5), "ask": _times(99.0)}
    return {**found, "machine": MACHINE, "calibration": CALIBRATION}


def _growth_row(papers: int, ms: float) -> dict[str, Any]:
    filtered = [{"share": share, "papers": int(papers * share), **_times(ms), "lost": 0, "of": 1000} for share in (0.5, 1.0)]
    probed = {"papers": papers, "open_s": 0.1, "first_search_s": 0.1, "memory_mb": {"peak": 1.0, "own": 1.0}, "filtered": filtered}
    probed |= dict.fromkeys(("search", "embed_query", "keyword", "dense"), _times(ms))
    row = {"asked": papers, "papers": papers, "added": None, "chunks": papers, "size_mb": {"all": 1.0}, "top_up": None, "vectors": "drawn"}
    return {**row, "probe": probed, "machine": MACHINE, "calibration": CALIBRATION}


@pytest.mark.usefixtures("kept")
def test_tables_are_written_between_their_markers(tmp_path: Path) -> None:
    """What was written by hand stays, and writing twice changes nothing."""
    measure.save("cold", _cold())
    page = tmp_path / "page.md"
    markers = [(report.BEGIN.format(name=n), report.END.format(name=n)) for n in ("speed", "growth", "filters")]
    page.write_text("By hand.\n" + "\n".join(itertools.chain(*markers)) + "\nBy hand too.\n", encoding="utf-8")
    first = report.write(page).read_text(encoding="utf-8")
    assert first.startswith("By hand.")
    assert first.endswith("By hand too.\n")
    assert "`footnote ask`: 0.50 s" in first
    assert "reads 10.0 GB/s, int8 products 300 GFLOP/s, one embedding 20.0 ms |" in first
    assert report.write(page).read_text(encoding="utf-8") == first


@pytest.mark.usefixtures("kept")
def test_a_partial_run_replaces_its_own_rows_alone(tmp_path: Path) -> None:
    """On the published page, with the results of one command at hand, all lines of the others stay, those without results too."""
    page = tmp_path / "page.md"
    before = report.PAGE.read_text(encoding="utf-8")
    page.write_text(before, encoding="utf-8")
    measure.save("latency", _latency())
    after = report.write(page).read_text(encoding="utf-8")
    own = ("| `python -m bench latency` |", "- latency: ")

    def others(text: str) -> list[list[str]]:
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith(own)]
        cells = [[cell.strip() for cell in line.split("|") if cell.strip(" -")] for line in lines]
        return [[cell for cell in row if cell != report.BESIDE] for row in cells]

    assert others(after) == others(before)
    assert "p50 7.5 ms" in after
    assert [line for line in after.splitlines() if line.startswith("- latency: ")] == [f"- latency: {report.ran(_latency())}"]
    assert after.count(own[0]) == 2


def test_the_clock_of_a_crowded_machine_is_not_told() -> None:
    """Where five processes wanted two cores, an answer's processor time and its ratios stand alone."""
    quiet, crowded = (
        str(report.speed(report.Table.read(""), {"latency": {**_latency(), "machine": {**MACHINE, "load": n}}})) for n in (2, 5)
    )
    assert "99.0 ms, p95" in quiet
    assert "by the clock, 0.7 of 150 ms by processor time, 5.0 embeddings" in quiet
    assert "p95" not in crowded
    assert "processor time p50 99.0 ms; not by the clock, since 5 processes wanted 2 cores" in crowded


def test_one_size_of_a_growth_run_leaves_the_other_sizes(kept: Path, tmp_path: Path) -> None:
    """In the results, and on a page whose largest column has no results: it and all of its rows stay, in order of size."""
    page = tmp_path / "page.md"
    markers = {name: (report.BEGIN.format(name=name), report.END.format(name=name)) for name in ("growth", "filters")}
    old = "| papers | 1,000 | 9,000 |\n| --- | --- | --- |\n| vectors | drawn | real |\n| a row of old | 3 | 4 |"
    page.write_text("\n".join((markers["growth"][0], old, markers["growth"][1], *markers["filters"])), encoding="utf-8")
    for papers, ms in ((1000, 3.0), (5000, 5.0), (1000, 4.0)):
        measure.save("growth", {"rows": [_growth_row(papers, ms)], "machine": MACHINE, "calibration": CALIBRATION}, row="asked")
    rows = json.loads((kept / "growth.json").read_text())["rows"]
    assert [(r["asked"], r["probe"]["search"]["p50_ms"]) for r in rows] == [(1000, 4.0), (5000, 5.0)]
    text = report.write(page).read_text(encoding="utf-8")
    assert "| papers | 1,000 | 5,000 | 9,000 |" in text
    assert "| a row of old | - | - | 4 |" in text
    assert "| search: p50, p95 ms (processor p50) | 4.0, 4.0 (4.0) | 5.0, 5.0 (5.0) | - |" in text
    assert text.count("| 1,000 | 50.0% (500) |") == text.count("| 5,000 | 100.0% (5,000) |") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding", {"text_ms": 0.0, "gflop_per_s": 3_255_363.0}),
        ("embedding", {"text_ms": 20.0, "gflop_per_s": 300.5}),
        ("tails", [{"s": 1.0, "cpu_s": 0.0}]),
        ("search", {"p50_ms": -0.1}),
        ("words", {"per_s": float("inf")}),
        ("ratio", float("nan")),
    ],
)
def test_a_figure_that_cannot_be_is_not_kept(kept: Path, name: str, value: object) -> None:
    """No time at all, more products than the machine makes, no number: one line that names it, and what was kept before stays."""
    measure.save("cold", _cold(0.25))
    before = (kept / "cold.json").read_bytes()
    with pytest.raises(measure.Impossible, match=rf"^{name}.*nothing of this run is kept$"):
        measure.save("cold", {**_cold(), name: value})
    assert (kept / "cold.json").read_bytes() == before


@pytest.mark.filterwarnings("ignore:legacy embedding function")  # chromadb says so of its own configuration
def test_chroma_and_the_matrix_are_asked_the_same(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a few hundred vectors the matrix finds the nearest twenty, and groups and Chroma most; the table has a row for each way."""
    try:
        small = Drawn(30)
    except ConfigError as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr("bench.drawn.Drawn", lambda: small)
    monkeypatch.setattr(texts, "queries", lambda n: [f"question {i}" for i in range(min(n, 12))])
    row: dict[str, Any] = {"size": 400, **chroma.fill(tmp_path / "work", 400), "machine": MACHINE, "calibration": CALIBRATION}
    row |= {way: chroma.ask(tmp_path / "work", way) for way in ("matrix", "groups", "chroma", "chroma 400")}
    assert row["matrix"]["recall"] == 1.0
    assert min(row[way]["recall"] for way in ("groups", "chroma 400")) > 0.9
    row["server"] = {**row["chroma"], "server_cpu_ms": 1.0, "server_memory_mb": {"peak": 1.0, "own": 1.0}}
    measure.save("chroma", {"rows": [row], "calibration": CALIBRATION}, row="size")
    assert (kept / "chroma.json").exists()
    assert str(report.chroma(report.Table.read(""), measure.results())).count("| 400 |") == len(chroma.WAYS)


def test_a_text_embedded_alone_is_not_remembered() -> None:
    """What is timed is embedding, not the memory of a text that came before: within what the machine's products allow."""
    try:
        embedding.load()
    except ConfigError as missing:
        pytest.skip(str(missing))
    alone, beside = ingest.embedding_alone(4), measure.calibration()
    measure.believed({"embedding": alone, "calibration": beside})
    assert alone["text_ms"] > 0.2 * beside["embedding_ms"]


def test_workers_are_compared_to_one() -> None:
    """Rates over those of one worker, searches over an ordinary library's."""
    search = {"one": {"p50_ms": 10.0}, "shards here": {"p50_ms": 20.0}, "shards on workers": {"p50_ms": 25.0}}
    rows = [
        {
            "workers": n,
            "placed_per_s": 100.0 * n,
            "embedded_per_s": 10.0 * n,
            "answered_per_s": 3.0,
            "coordinator_cpu_ms": 0.5,
            "search": search,
        }
        for n in (1, 2)
    ]
    beside = {"read_gb_per_s": 10.0, "product_gflop_per_s": 100.0, "embedding_ms": 10.0}
    machine = {"cpu": "some", "cores": 2, "memory_gb": 8, "load": 1.0, "at": "2026-01-01T00:00:00", "commit": "abc"}
    record = {"rows": rows, "papers": 5, "shards": 4, "questions": 6, "look_up_cpu_ms": 0.2, "calibration": beside, "machine": machine}
    table = str(report.spread(report.Table((), ()), {"ray": record}))
    assert "| 2 | 2.00 | 2.00 | 1.00 | 2.00 | 2.50 |" in table
    assert "With one worker 100 papers were placed a second" in table
    assert report.spread(report.Table((), ()), {}) == report.Table((), ())
