"""The benchmark runs: made papers are what they claim, a small library is grown, probed and topped up, and the tables render."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench import filters, growth, ingest, latency, measure, report, texts
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
    row = {**grown, "probe": probed, "top_up": growth.top_up(folder, 2), "vectors": "real", "machine": measure.machine()}
    held: dict[str, Any] = {"growth": {"rows": [row], "machine": measure.machine()}}
    assert "| papers | 40 |" in report.growth(held)
    assert report.filters(held).count("| 0 of") == 6
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


def test_tables_are_written_between_their_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written by hand stays, and writing twice changes nothing."""
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    seconds = dict.fromkeys(("median_s", "least_s", "cpu_s"), 0.5)
    measure.save("cold", {**dict.fromkeys(("ask", "imports", "help", "python"), seconds), "ask_to_imports": 1.0, "ask_to_imports_cpu": 1.0})
    assert json.loads((tmp_path / "cold.json").read_text())["machine"]["cores"] >= 1
    page = tmp_path / "page.md"
    markers = [(report.BEGIN.format(name=n), report.END.format(name=n)) for n in ("speed", "growth", "filters")]
    page.write_text("By hand.\n" + "\n".join(itertools.chain(*markers)) + "\nBy hand too.\n", encoding="utf-8")
    first = report.write(page).read_text(encoding="utf-8")
    assert first.startswith("By hand.")
    assert first.endswith("By hand too.\n")
    assert "`footnote ask`: 0.50 s" in first
    assert report.write(page).read_text(encoding="utf-8") == first
