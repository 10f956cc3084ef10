"""The gold files: schema, lint, derived gold, and the self-test over the bundled questions."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from eval_kit import PAPERS, question, unanswerable

from eval import setup
from eval.derive import derive, satisfies, selected
from eval.gold import GoldError, Question, load, read_gold, select, to_line
from eval.lint import lint
from eval.selftest import selftest
from rag import sources
from rag.schema import Filters

if TYPE_CHECKING:
    from pathlib import Path

GOOD = json.loads(to_line(question()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"forbiden": []}, "forbiden"),
        ({"type": "riddle"}, "type"),
        ({"answerable": False}, "unanswerable_reason"),
        ({"filters": {"journal": "x"}}, "no condition 'journal'"),
        ({"variant": "injection"}, "'injection'"),
        ({"evidence": [{"group": "E1", "any_of": []}]}, "any_of"),
        ({"evidence": []}, "evidence group 'E1'"),
        ({"id": "Q 1"}, "id"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """File, line and reason: the second line is broken, the message says how."""
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps({**GOOD, "id": "q2", **change}) + "\n", encoding="utf-8")
    with pytest.raises(GoldError, match=r"gold\.jsonl:2: ") as caught:
        read_gold(path)
    assert said in str(caught.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    """The message names both lines."""
    path = tmp_path / "gold.jsonl"
    path.write_text((json.dumps(GOOD) + "\n") * 2, encoding="utf-8")
    with pytest.raises(GoldError, match=r":2: the id 'q1' stands already in line 1"):
        read_gold(path)


def test_lines_survive_a_round_trip() -> None:
    """Written and read again a question is the same."""
    assert Question.model_validate_json(to_line(question())) == question()


def test_conditions_on_records() -> None:
    """Dates of any length, archives and whole categories, authors in part; a lacking field never matches."""
    alpha, beta, gamma = PAPERS

    def meets(paper: dict[str, Any], **conditions: Any) -> bool:
        return satisfies(paper, Filters(**conditions))

    assert meets(alpha, date_from="2023-04", date_to="2023-04-30", category="cs", author="lee", has_code=True, source="d1")
    assert not meets(alpha, date_to="2023-04-06")
    assert meets(beta, year_to=2022)
    assert not meets(gamma, year_to=2030)
    assert not meets(beta, has_code=False)


def test_gold_from_a_query() -> None:
    """Evidence and count come from the records, so a growing corpus cannot make them stale."""
    asked = question(type="aggregate", evidence=[], nuggets=[], gold_query={"year_from": 2022, "count": True})
    found = derive(asked, PAPERS)
    assert [sorted(g) for g in found.groups] == [["alpha"], ["beta"]]
    assert found.vital[0].match.numbers[0].value == 2
    assert selected(question(gold_query={"text_any": ["fine tuning"]}), PAPERS) == ["beta"]


def test_limit_keeps_families_whole_and_types_spread() -> None:
    """A limited run has the wordings of its questions, and questions of several types."""
    questions = load("dev")
    some = select(questions, limit=20)
    families = {q.family for q in some}
    assert len(families) == 20
    assert {q.id for q in questions if q.family in families} == {q.id for q in some}
    assert len({q.type for q in some}) >= 5


def test_lint_finds_what_is_wrong(tmp_path: Path) -> None:
    """A missing paper, a quote that does not stand, a fact that is not there, two splits asking the same."""
    corpus = tmp_path / "papers.jsonl"
    corpus.write_text("".join(json.dumps({k: v for k, v in p.items() if v is not None}) + "\n" for p in PAPERS), encoding="utf-8")
    missing = question(
        id="a", family="a", question="What of Alpha-Net and its gain?", evidence=[{"group": "E1", "any_of": [{"paper_id": "zeta"}]}]
    )
    quote = {"paper_id": "alpha", "quote": "beats Beta", "start": 0, "end": 10}
    shifted = question(id="b", family="b", question="Which score?", evidence=[{"group": "E1", "any_of": [quote]}])
    absent = question(id="c", family="c", question="How far ahead?", evidence=[{"group": "E1", "any_of": [{"paper_id": "gamma"}]}])
    copy = question(id="d", family="d", question="How far ahead ?", split="test")
    inside = unanswerable(id="e", family="e", question="parser without fine-tuning covers 40 languages")
    found = {(f.question, f.level): f.text for f in lint([missing, shifted, absent, copy, inside], [corpus])}
    assert "no paper 'zeta'" in found["a", "error"]
    assert "quote" in found["b", "error"]
    assert "nugget n1" in found["c", "warning"]
    assert "nearly what c asks" in found["d", "error"]
    assert "'beta'" in found["e", "warning"]


def test_the_bundled_gold_is_sound() -> None:
    """Every paper and quote stands in the bundled corpus, and no question is asked in both splits."""
    errors = [f for f in lint(load("all"), [setup.bundled_corpus()]) if f.level == "error"]
    assert not errors, errors[:5]


def test_the_bundled_gold_is_large_enough() -> None:
    """At least 200 test questions of every kind, 50 of them unanswerable, 40 families in other wordings, 30 twins."""
    questions = load("all")
    test = [q for q in questions if q.split == "test" and q.variant == "base"]
    assert len(test) >= 200
    assert sum(not q.answerable for q in test) >= 50
    assert len({q.type for q in test}) == 8
    wordings = Counter(q.variant for q in questions)
    assert min(wordings["paraphrase"], wordings["typo"], wordings["keyword"]) >= 40
    assert wordings["injection"] >= 30
    assert sum(q.split == "dev" for q in questions) >= 150


def test_selftest_over_the_development_questions() -> None:
    """Planted faults lower the right measures, others stay, useless systems come last."""
    papers = [p.to_dict() for p in sources.read(setup.bundled_corpus())]
    failed = [f for f in selftest(select(load("dev"), limit=120), papers) if not f.held]
    assert not failed, failed
