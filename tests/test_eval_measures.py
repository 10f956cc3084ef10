"""The measures: worked numbers, agreement with ir-measures, ranges."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import random
from collections import defaultdict
from typing import TYPE_CHECKING

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eval.measures
from eval.measures.catalogue import CATALOGUE
from eval.measures.evidence import all_evidence, evidence_recall
from eval.measures.judged import judged
from eval.measures.ndcg import ndcg
from eval.measures.recall import recall
from eval.measures.risk_coverage import aurc, risk_coverage
from eval.measures.rr import rr
from eval.measures.success import success
from eval.measures.support import citation_precision, useful_citations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Ranked = Callable[[Sequence[str], Mapping[str, int]], float | None]

MODULES = [f"eval.measures.{m.name}" for m in pkgutil.iter_modules(eval.measures.__path__)] + [
    "eval.derive",
    "eval.stats",
    "eval.beir",
    "eval.matching.tokens",
    "eval.matching.units",
    "eval.judge.calibrate",
]


@pytest.mark.parametrize("name", MODULES)
def test_worked_numbers(name: str) -> None:
    """Every worked number in a docstring is what the function gives; every measure has one."""
    module = importlib.import_module(name)
    result = doctest.testmod(module)
    assert result.failed == 0
    assert result.attempted > 0 or name.endswith("catalogue")


def _random_run(seed: int) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """Qrels with grades 0 to 2 and rankings of 0 to 30 papers, some of them unjudged."""
    rng = random.Random(seed)
    papers = [f"p{n}" for n in range(60)]
    qrels, runs = {}, {}
    for q in range(25):
        qrels[f"q{q}"] = {p: rng.choice((0, 1, 2, 2)) for p in rng.sample(papers, rng.randint(1, 12))} | {rng.choice(papers): 2}
        runs[f"q{q}"] = rng.sample(papers, rng.randint(0, 30))
    return qrels, runs


ORACLES: list[tuple[str, Ranked]] = [
    ("nDCG@10", lambda r, g: ndcg(r, g, 10)),
    ("RR@10", lambda r, g: rr(r, g, 10)),
    ("R@20", lambda r, g: recall(r, g, 20)),
    ("Success@1", lambda r, g: success(r, g, 1)),
    ("Success@5", lambda r, g: success(r, g, 5)),
    ("Judged@10", lambda r, g: judged(r, g, 10)),
]


@pytest.mark.parametrize(("name", "ours"), ORACLES, ids=[n for n, _ in ORACLES])
@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_ir_measures(name: str, ours: Ranked, seed: int) -> None:
    """Query by query the same as the reference implementation, which is given scores without ties (it breaks them in its own way)."""
    qrels, runs = _random_run(seed)
    scores = {q: {p: 1.0 - n / 100 for n, p in enumerate(ranking)} for q, ranking in runs.items()}
    theirs: dict[str, float] = defaultdict(float)
    theirs.update({m.query_id: m.value for m in ir_measures.iter_calc([ir_measures.parse_measure(name)], qrels, scores)})
    for query, grades in qrels.items():
        if name == "Judged@10" and not runs[query]:
            continue  # we say "not defined" for an empty ranking, the reference says 0
        assert ours(runs[query], grades) == pytest.approx(theirs[query], abs=1e-9)


IDS = st.lists(st.sampled_from([f"p{n}" for n in range(12)]), unique=True, max_size=12)
GRADES = st.dictionaries(st.sampled_from([f"p{n}" for n in range(12)]), st.integers(0, 2), max_size=8)


@given(ranking=IDS, grades=GRADES, k=st.integers(1, 12))
def test_range(ranking: list[str], grades: dict[str, int], k: int) -> None:
    """Ranking measures lie in [0, 1], and are undefined exactly where nothing is relevant."""
    for value in (ndcg(ranking, grades, k), rr(ranking, grades, k), recall(ranking, grades, k), success(ranking, grades, k)):
        assert (value is None) == (not any(g > 0 for g in grades.values()))
        assert value is None or 0 <= value <= 1
    groups = [{p} for p, g in grades.items() if g > 0]
    found = evidence_recall(ranking, groups, k)
    assert found is None or 0 <= found <= 1
    assert all_evidence(ranking, groups, k) in {None, 0.0, 1.0}


def test_an_empty_ranking_scores_zero_and_no_gold_is_undefined() -> None:
    """Finding nothing is a failure; a question without gold is no question for retrieval."""
    assert (ndcg([], {"a": 2}), rr([], {"a": 2}), recall([], {"a": 2}), success([], {"a": 2})) == (0.0, 0.0, 0.0, 0.0)
    assert (ndcg(["a"], {}), rr(["a"], {"a": 0}), recall(["a"], {}), success(["a"], {})) == (None, None, None, None)


def test_invalid_citations_stay_in_the_denominator() -> None:
    """One good citation and one that does not exist make a precision of a half."""
    useful = useful_citations([True, False], lambda some: 0 in some)
    assert citation_precision([useful], [2]) == 0.5


def test_two_citations_that_are_needed_together_both_count() -> None:
    """Neither supports the statement alone, but taking either away breaks the support."""
    assert useful_citations([True, True], lambda some: set(some) == {0, 1}) == 2


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30), st.randoms())
def test_risk_coverage_ignores_the_order_of_ties(pairs: list[tuple[float, bool]], rng: random.Random) -> None:
    """The curve depends on confidences and verdicts alone; it ends at the whole error rate."""
    points = risk_coverage(*zip(*pairs, strict=True))
    shuffled = pairs[:]
    rng.shuffle(shuffled)
    assert points == risk_coverage(*zip(*shuffled, strict=True))
    assert points[-1] == (1.0, sum(not ok for _, ok in pairs) / len(pairs))
    area = aurc(points)
    assert area is not None
    assert 0 <= area <= 1


def test_the_catalogue_is_whole() -> None:
    """Names are unique, every measure says what it tells, judge measures never gate by themselves."""
    assert len({m.name for m in CATALOGUE}) == len(CATALOGUE)
    assert all(m.says.endswith(".") for m in CATALOGUE)
    assert not any(m.gated for m in CATALOGUE if m.tier == "judge")
