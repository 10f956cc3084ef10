"""Questions over original abstracts: the file, the marks, the figures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from eval import asked, gate
from eval.gold import GoldError
from rag.schema import Answer, Citation, Statement
from rag.sources import read as read_documents
from rag.text import sentences

ORIGINALS = Path(__file__).parents[2] / "shared" / "seeds"
ABSTRACT = "Gulls steal chips. They took 412 of them. Nobody knows why."
ANSWER = Answer(
    question="How many?",
    standalone_question="How many?",
    answer="They took 412 of them. [1]",
    statements=(
        Statement(
            text="They took 412 of them.",
            status="quoted",
            citations=(Citation(paper_id="g", quote="They took 412 of them.", start=19, end=41),),
        ),
    ),
    references=("g",),
)


def test_the_file_holds_enough_of_each_kind() -> None:
    """At least 150 questions and conversations of two to six turns; those that papers answer have marks, lists have papers."""
    rows = asked.read()
    assert len(rows) >= 150
    for row in rows:
        assert bool(row.needed or row.papers or row.count is not None) == (row.kind not in {"missing", "near", "chat"})
        assert bool(row.history) == (row.kind == "conversation")
        assert len(row.history) <= 5


def test_nothing_is_fitted_on_further_questions() -> None:
    """They are others than those that weights are fitted on, and their papers are known by their digests."""
    further = asked.read(asked.FURTHER)
    assert {row.question for row in further}.isdisjoint(row.question for row in asked.read())
    known = json.loads(asked.PAPERS.read_text(encoding="utf-8"))
    assert {pid for row in further for pid, _ in row.bears} <= set(known)


def test_marks_are_sentences_of_the_originals() -> None:
    """Every marked sentence is there, in the abstract that was marked."""
    if not ORIGINALS.is_dir():
        pytest.skip(f"the original documents are not in {ORIGINALS}")
    abstracts = {paper.paper_id: paper.abstract for path in sorted(ORIGINALS.iterdir()) for paper in read_documents(path)}
    marked = {mark for row in (*asked.read(), *asked.read(asked.FURTHER)) for mark in row.bears if mark[0] in abstracts}
    assert all(0 <= n < len(sentences(abstracts[pid])) for pid, n in marked)


def test_an_answer_is_scored_by_its_sentences() -> None:
    """The needed sentence is told, first, and all that is shown bears on the question; what is not marked has no figure."""
    row = asked.Row(id="figure-01", kind="figure", question="How many?", needed=[[("g", 1)]])
    found = asked.score(row, ANSWER, {"g": ABSTRACT})
    assert (
        found["parts_told"]
        == found["all_told"]
        == found["first_answers"]
        == found["bearing"]
        == found["told_within_30"]
        == found["answered"]
        == 1.0
    )
    assert "list_recall" not in found
    assert "verdict_right" not in found
    other = asked.score(row.model_copy(update={"needed": [[("g", 0)]]}), ANSWER, {"g": ABSTRACT})
    assert other["parts_told"] == other["all_told"] == other["bearing"] == 0.0


def test_a_correction_counts_where_it_quotes_what_is_marked() -> None:
    """A false premise is corrected by the marked sentence; another sentence in that voice is none."""
    row = asked.Row(id="false-01", kind="false", question="Why none?", needed=[[("g", 1)]])
    said = dataclasses.replace(ANSWER, voice="correction", abstained=True, abstain_reason="false_premise")
    assert asked.score(row, said, {"g": ABSTRACT})["correction_quoted"] == 1.0
    assert asked.score(row.model_copy(update={"needed": [[("g", 2)]]}), said, {"g": ABSTRACT})["correction_quoted"] == 0.0
    assert asked.score(row, ANSWER, {"g": ABSTRACT})["not_firm"] == 0.0


def test_changed_abstracts_are_noticed() -> None:
    """An abstract other than the one that was marked is named; so is a missing one."""
    marked = json.loads(asked.PAPERS.read_text(encoding="utf-8"))
    assert asked.moved({}) == list(marked)


def test_a_bad_line_names_its_place(tmp_path: Path) -> None:
    """Unknown keys are errors with file and line; an id stands once."""
    path = tmp_path / "asked.jsonl"
    line = json.dumps({"id": "def-01", "kind": "def", "question": "What?"})
    path.write_text(f"{line}\n{json.dumps({'id': 'def-02', 'kind': 'def', 'question': 'What?', 'neded': []})}\n", encoding="utf-8")
    with pytest.raises(GoldError, match=r"asked\.jsonl:2"):
        asked.read(path)
    path.write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(GoldError, match="twice"):
        asked.read(path)


def test_a_fallen_figure_fails() -> None:
    """By more than the margin, in the right direction for each measure; words are told and never judged."""
    before = {"bearing": {"all": 0.7}, "verdict_contrary": {"all": 0.1}, "words": {"all": 40.0}}
    assert asked.fallen(before, before) == []
    after = {"bearing": {"all": 0.75}, "verdict_contrary": {"all": 0.2}, "words": {"all": 90.0}}
    assert asked.fallen(after, before) == ["verdict_contrary rose from 0.100 to 0.200"]


def test_the_gate_watches_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fallen figure is a reason, of the answers; without the documents, or a baseline, a note says what was skipped."""
    baseline = tmp_path / "asked.json"
    monkeypatch.setattr(asked, "BASELINE", baseline)
    assert "no baseline" in gate.asked_figures(tmp_path)[1][0]
    baseline.write_text(json.dumps({"bearing": {"all": 0.7}}), encoding="utf-8")
    assert gate.asked_figures(tmp_path / "none") == (
        [],
        [f"Questions over original abstracts were skipped: there is no folder {str(tmp_path / 'none')!r} with the documents."],
    )
    monkeypatch.setattr(asked, "measure", lambda _folder, **_options: {"bearing": {"all": 0.6}})
    reasons, notes = gate.asked_figures(tmp_path)
    assert [(r.part, r.conclusive) for r in reasons] == [("answer", True)]
    assert "bearing fell from 0.700 to 0.600" in reasons[0].text
    assert notes == []
