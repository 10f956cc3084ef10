"""Does the evaluation see what it should? Gold answers with planted faults, and systems that are useless on purpose.

Gold answers are made from the gold alone: the sentences that hold the facts, cited. Each planted fault must lower the measures that
are about it and leave others alone; systems that always refuse, quote everything or answer at random must come last.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval import mutate
from eval.aggregate import aggregate, values_of
from eval.matching import tokens as reader
from eval.matching.nugget import find_in
from eval.recorded import Row
from eval.score import Scored, score
from eval.shelf import CLEAN, Shelf
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.gold import Question
    from eval.mutate import Answer, Fault

RETRIEVED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim that was put to the test."""

    claim: str
    held: bool
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expectation:
    fault: Fault
    lowers: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    raises: tuple[str, ...] = ()


EXPECTED: dict[str, _Expectation] = {
    "a needed fact is left out": _Expectation(fault=mutate.drop_vital, lowers=("vital_strict", "correct"), keeps=("success@1",)),
    "figures are altered": _Expectation(
        fault=mutate.alter_numbers, lowers=("vital_strict", "citation_recall", "shared_terms"), keeps=("citation_validity", "success@1")
    ),
    "a wrong paper is cited": _Expectation(
        fault=mutate.wrong_citations,
        lowers=("gold_citation_recall", "gold_citation_precision", "citation_recall", "shared_terms"),
        keeps=("vital_strict", "citation_validity", "success@1"),
    ),
    "an unknown paper is cited": _Expectation(
        fault=mutate.unknown_citations, lowers=("citation_validity", "gold_citation_recall", "citation_recall"), keeps=("vital_strict",)
    ),
    "quotes are shifted": _Expectation(
        fault=mutate.shifted_quotes, lowers=("citation_validity", "citation_recall"), keeps=("vital_strict", "gold_citation_recall")
    ),
    "nothing is cited": _Expectation(
        fault=mutate.no_citations, lowers=("gold_citation_recall", "citation_recall"), keeps=("vital_strict",)
    ),
    "findings are negated": _Expectation(fault=mutate.negated, lowers=("vital_strict", "correct"), keeps=("citation_validity",)),
    "the answer is padded": _Expectation(
        fault=mutate.padded, lowers=("density", "gold_citation_precision", "vital_strict@150"), raises=("words",), keeps=("success@1",)
    ),
    "what must not be said is said": _Expectation(fault=mutate.forbidden_said, lowers=("correct",), keeps=("vital_strict", "success@1")),
    "everything is refused": _Expectation(
        fault=mutate.refused, lowers=("answered", "vital_strict", "correct"), keeps=("success@1", "refused")
    ),
    "nothing is refused": _Expectation(fault=mutate.answered_anyway, lowers=("refused",), keeps=("answered", "vital_strict")),
    "the ranking is reversed": _Expectation(
        fault=mutate.reversed_ranking, lowers=("success@1", "ndcg@10", "rr@10", "all_evidence@5"), keeps=("vital_strict", "recall@20")
    ),
}


def gold_answer(question: Question, papers: Mapping[str, dict[str, Any]], filler: Sequence[str]) -> Answer:
    """The answer a perfect quoting system would give: gold papers first, then `filler`; for each paper the sentences with its facts."""
    ranked = list(dict.fromkeys([*sorted(question.grades, key=lambda p: (-question.grades[p], p)), *filler]))[:RETRIEVED]
    ranked = [p for p in ranked if p in papers]
    answer: Answer = {
        "question": question.question,
        "mode": "extractive",
        "abstained": not question.answerable,
        "abstain_reason": question.unanswerable_reason,
        "answer": "",
        "statements": [],
        "references": [],
        "retrieved": [{"paper_id": p, "rank": n, "score": 1 / n} for n, p in enumerate(ranked, 1)],
        "context": [{"paper_id": p, "start": 0, "end": len(papers[p]["abstract"]), "text": papers[p]["abstract"]} for p in ranked[:8]],
        "timing_s": {},
    }
    if not question.answerable:
        answer["answer"] = "The collection does not answer this."
        return answer
    statements: list[dict[str, Any]] = []
    for group in question.evidence:
        paper_id = next((a.paper_id for a in group.any_of if a.grade > 0 and a.paper_id in papers), None)
        if paper_id is None:
            continue
        nuggets = [n for n in question.nuggets if not n.evidence or group.group in n.evidence]
        statements += [s for s in _telling(papers[paper_id], nuggets) if s not in statements]
    return mutate.spoken(answer, statements)


def _telling(paper: dict[str, Any], nuggets: Sequence[Any]) -> list[dict[str, Any]]:
    """The fewest sentences found greedily that hold the nuggets; the first one where none does."""
    spans = sentences(paper["abstract"])
    chosen: list[int] = []
    for nugget in nuggets:
        have = " ".join(paper["abstract"][spans[i].start : spans[i].end] for i in sorted(chosen))
        missing = len(find_in(nugget.match, reader.read(have)).missing)
        while missing:
            trials = [
                (len(find_in(nugget.match, reader.read(have + " " + paper["abstract"][s.start : s.end])).missing), i)
                for i, s in enumerate(spans)
                if i not in chosen
            ]
            best = min(trials, default=(missing, 0))
            if best[0] >= missing:
                break
            missing = best[0]
            chosen.append(best[1])
            have = " ".join(paper["abstract"][spans[i].start : spans[i].end] for i in sorted(chosen))
    return [mutate.quoted(paper, spans[i].start, spans[i].end) for i in sorted(chosen) or [0]]


def selftest(questions: Sequence[Question], papers: Sequence[dict[str, Any]], *, seed: int = 7) -> list[Finding]:
    """Put every claim to the test over base questions and the papers of the collection. Deterministic."""
    base = [q for q in questions if q.variant == "base"]
    by_id = {p["paper_id"]: p for p in papers}
    shelf = Shelf()
    shelf.put(CLEAN, papers)
    filler = _filler(base, sorted(by_id), seed)
    gold = {q.id: gold_answer(q, by_id, filler[q.id]) for q in base}
    before = _scores(base, gold, shelf)
    findings = [_sane(before)]
    for name, expected in EXPECTED.items():
        answers = {q.id: expected.fault(q, gold[q.id], [by_id[r["paper_id"]] for r in gold[q.id]["retrieved"]]) for q in base}
        if answers != gold:  # else no question of this set can show the fault
            findings += _held(name, expected, before, _scores(base, answers, shelf))
    findings += _useless(base, gold, by_id, shelf, seed)
    return findings


def _filler(base: Sequence[Question], ids: Sequence[str], seed: int) -> dict[str, list[str]]:
    return {q.id: random.Random(f"{seed}-{q.id}").sample(ids, min(RETRIEVED, len(ids))) for q in base}


def _scores(base: Sequence[Question], answers: Mapping[str, Answer], shelf: Shelf) -> list[Scored]:
    return [score(q, Row.model_validate({"id": q.id, "answer": answers[q.id]}), shelf) for q in base]


def _mean(measure: str, scored: Sequence[Scored]) -> float | None:
    values = [v for _, v in values_of(measure, scored)]
    return sum(values) / len(values) if values else None


def _sane(gold: Sequence[Scored]) -> Finding:
    figures = {m: _mean(m, gold) for m in ("success@1", "citation_validity", "citation_recall", "refused", "answered")}
    held = all(v is None or v == 1.0 for v in figures.values())
    return Finding(claim="gold answers are perfect where they can be", held=held, figures=_shown(figures))


def _held(name: str, expected: _Expectation, before: Sequence[Scored], after: Sequence[Scored]) -> list[Finding]:
    found = []
    for measures, wanted in ((expected.lowers, "falls"), (expected.keeps, "stays"), (expected.raises, "rises")):
        for measure in measures:
            a, b = _mean(measure, before), _mean(measure, after)
            if a is None or (b is None and wanted == "stays"):
                continue  # no question of this set has the measure
            change = "falls" if b is None or b < a - 1e-12 else "rises" if b > a + 1e-12 else "stays"
            held = b is not None and change == wanted
            found.append(Finding(claim=f"{name}: {measure} {wanted}", held=held, figures=_shown({"before": a, "after": b})))
    return found


def _useless(base: Sequence[Question], gold: Mapping[str, Answer], by_id: Mapping[str, Any], shelf: Shelf, seed: int) -> list[Finding]:
    """Always refusing, quoting all and answering at random, against gold answers and a plain system that quotes the gold abstract."""
    systems: dict[str, dict[str, Answer]] = {"gold": dict(gold), "plain": {}, "refuses all": {}, "quotes all": {}, "random": {}}
    for q in base:
        there = [by_id[r["paper_id"]] for r in gold[q.id]["retrieved"]]
        rng = random.Random(f"{seed}-random-{q.id}")
        drawn = [by_id[i] for i in rng.sample(sorted(by_id), min(RETRIEVED, len(by_id)))]
        systems["refuses all"][q.id] = mutate.refused(q, gold[q.id], [])
        whole = [mutate.quoted(p, s.start, s.end) for p in there for s in sentences(p["abstract"])]
        systems["quotes all"][q.id] = {**mutate.spoken(gold[q.id], whole), "abstained": False, "abstain_reason": None}
        start = [mutate.quoted(p, s.start, s.end) for p in there[:1] for s in sentences(p["abstract"])]
        systems["plain"][q.id] = mutate.spoken(gold[q.id], [] if gold[q.id]["abstained"] else start)
        some = [mutate.quoted(p, s.start, s.end) for p in drawn[:2] for s in [rng.choice(sentences(p["abstract"]))]]
        ranked = [{"paper_id": p["paper_id"], "rank": n, "score": 1 / n} for n, p in enumerate(drawn, 1)]
        coin = rng.random() < 0.5
        systems["random"][q.id] = {
            **mutate.spoken(gold[q.id], [] if coin else some),
            "abstained": coin,
            "abstain_reason": "out_of_corpus" if coin else None,
            "retrieved": ranked,
            "context": [{"paper_id": p["paper_id"], "text": p["abstract"]} for p in drawn],
        }
    figures: dict[str, dict[str, float | None]] = {}
    for name, answers in systems.items():
        scored = _scores(base, answers, shelf)
        total = aggregate(scored, {})
        figures[name] = {
            "utility": total["abstention"]["utility"],
            "density": _mean("density", scored) or 0.0,
            "correct": _mean("correct", scored),
        }
    useless = ("refuses all", "quotes all", "random")
    worst_good = {m: min(figures[s][m] or 0.0 for s in ("gold", "plain")) for m in ("utility", "density")}
    return [
        Finding(
            claim=f"the system that {name} comes last by {measure}" if name != "random" else f"the random system comes last by {measure}",
            held=(figures[name][measure] or 0.0) < worst_good[measure],
            figures=_shown({"useless": figures[name][measure], "plain": figures["plain"][measure], "gold": figures["gold"][measure]}),
        )
        for name in useless
        for measure in (("utility", "density") if name != "refuses all" else ("utility",))
    ]


def _shown(figures: Mapping[str, float | None]) -> str:
    return ", ".join(f"{k} {'n/a' if v is None else f'{v:.3f}'}" for k, v in figures.items())
