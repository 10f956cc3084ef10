"""Benchmarks in BEIR's layout: every document keeps its id, figures agree with ir-measures, files are what tools expect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import ir_measures
import pytest

from eval import setup
from eval.beir import MEASURES, documents, read_set, report_beir, summarise
from eval.export import trec_run
from rag.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

TOPICS = [
    "parsing Turkish verbs",
    "quantum error codes",
    "bird song at dawn",
    "soil acidity",
    "river deltas",
    "glass transition",
    "opera singers",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents with duplicates, without a title, without a text, and with an odd id."""
    records = [
        {"_id": f"d{n}", "title": t.title(), "text": f"We study {t} with care. Results on {t} are given."} for n, t in enumerate(TOPICS)
    ]
    records.append({**records[0], "_id": "d0 copy"})
    records.append({"_id": "no-title", "title": "", "text": "Volcanic ash grounds aeroplanes for weeks in northern airspace."})
    records.append({"_id": "no-text", "title": "Lighthouse keepers of Brittany", "text": ""})
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    queries = {"q0": TOPICS[0], "q1": "codes against quantum errors", "q2": "volcanic ash", "q3": "lighthouse keepers", "unjudged": "x"}
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps({"_id": q, "text": t}) + "\n" for q, t in queries.items()), encoding="utf-8")
    lines = ["query-id\tcorpus-id\tscore", "q0\td0\t1", "q0\td0 copy\t1", "q1\td1\t2", "q2\tno-title\t1", "q3\tno-text\t1", "q3\td2\t0"]
    (tmp_path / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_whole_road(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both copies are ranked, nothing is lost, four systems stand beside one another, and the run file repeats the figures."""
    monkeypatch.setattr(setup, "cache_folder", lambda: tmp_path / "cache")
    run = tmp_path / "out" / "run.trec"
    figures = report_beir(folder, split="test", run=run, json_path=tmp_path / "out.json", limit=None, changes={})
    assert (figures["queries"], figures["documents"], figures["folded"], figures["judged_but_absent"]) == (4, 10, 0, 0)
    assert set(figures["systems"]) == {"footnote", "BM25", "dense", "RRF"}
    assert set(figures["against"]) == {"BM25", "dense", "RRF"}
    assert figures["systems"]["footnote"]["R@10"]["mean"] == 1.0
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == json.loads(json.dumps(figures))
    lines = [line.split() for line in run.read_text(encoding="utf-8").splitlines()]
    assert {line[2] for line in lines if line[0] == "q0"} >= {"d0", "d0_copy"}
    assert all(len(line) == 6 and line[1] == "Q0" for line in lines)
    qrels = {q: {d.replace(" ", "_"): g for d, g in grades.items()} for q, grades in read_set(folder, "test").qrels.items()}
    scored: dict[str, dict[str, float]] = {}
    for query, _, document, _, score, _ in lines:
        scored.setdefault(query, {})[document] = float(score)
    for ours, theirs in (("nDCG@10", "nDCG@10"), ("R@10", "R@10"), ("R@100", "R@100"), ("MRR@10", "RR@10")):
        value = ir_measures.calc_aggregate([ir_measures.parse_measure(theirs)], qrels, scored)
        assert figures["systems"]["footnote"][ours]["mean"] == pytest.approx(next(iter(value.values())), abs=1e-5)


def test_documents_stay_apart(folder: Path) -> None:
    """Equal documents have different DOIs, so that no library merges them."""
    papers = list(documents(folder))
    assert len({p.doi for p in papers}) == len(papers) == 10
    assert all(p.title.strip() and p.abstract.strip() for p in papers)


def test_only_judged_queries_count(folder: Path) -> None:
    """A query without a relevant document is no query of the split; a missing split names those there are."""
    assert set(read_set(folder, "test").queries) == {"q0", "q1", "q2", "q3"}
    with pytest.raises(ConfigError, match="splits in this folder: test"):
        read_set(folder, "dev")
    (folder / "qrels" / "bad.tsv").write_text("q0\td0\tyes\nq0\td0\tno\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.tsv:2"):
        read_set(folder, "bad")


def test_run_files_never_tie() -> None:
    """Scores fall strictly, so that every tool reads the ranking in our order."""
    lines = [line.split() for line in trec_run([("q 1", [("a", 0.5), ("b", 0.5), ("c", 0.5), ("d", 0.1)])], "t")]
    scores = [float(line[4]) for line in lines]
    assert scores == sorted(set(scores), reverse=True)
    assert [line[0] for line in lines] == ["q_1"] * 4


def test_the_paired_test_sees_a_clear_difference() -> None:
    """Better on thirty of thirty queries is significant for every measure; equal systems differ by nothing."""
    better = {m: {f"q{n}": 1.0 for n in range(30)} for m in MEASURES}
    worse = {m: {f"q{n}": 0.5 for n in range(30)} for m in MEASURES}
    found = summarise({"footnote": better, "BM25": worse, "RRF": better})
    assert found["against"]["BM25"]["nDCG@10"]["verdict"] == "better"
    assert found["against"]["RRF"]["nDCG@10"]["delta"] == 0.0
