"""A question and its recorded answer become scores: one value with a status per measure, and what the report shows beside them.

Pure: the same question, answer and papers give the same row. A measure that is not defined for a question is "na", one that could not
be taken because the answer failed is "error"; neither is a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from eval.derive import satisfies
from eval.matching import tokens as reader
from eval.matching.nugget import Found, claimed, find_in
from eval.measures.attribution import gold_citation_precision, gold_citation_recall
from eval.measures.catalogue import CATALOGUE
from eval.measures.correctness import correct
from eval.measures.evidence import all_evidence, evidence_recall
from eval.measures.filtering import filter_precision
from eval.measures.judged import judged
from eval.measures.ndcg import ndcg
from eval.measures.nuggets import density, first_words, nugget_recall
from eval.measures.recall import recall
from eval.measures.rr import rr
from eval.measures.shape import fits
from eval.measures.success import success
from eval.measures.support import citation_precision, citation_recall, useful_citations
from eval.measures.validity import validity
from eval.support import carried_exactly, is_valid, shares_terms
from eval.waterfall import stage_of

if TYPE_CHECKING:
    from eval.gold import Question
    from eval.recorded import RecordedAnswer, Row, Said
    from eval.shelf import Shelf

Status = Literal["ok", "na", "error", "judge_error", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A value, or the reason why there is none."""

    value: float | None
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One question's scores, with the details that explain them (JSON values only)."""

    question: Question
    scores: dict[str, Score]
    detail: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """A line of scores.jsonl; figures are rounded to 6 places, undefined measures left out."""
        q = self.question
        return {
            "id": q.id,
            "family": q.family,
            "variant": q.variant,
            "type": q.type,
            "split": q.split,
            "answerable": q.answerable,
            "scores": {n: round(s.value, 6) for n, s in sorted(self.scores.items()) if s.value is not None},
            "missing": {n: s.status for n, s in sorted(self.scores.items()) if s.status not in {"ok", "na"}},
            "detail": self.detail,
        }


def score(question: Question, row: Row, shelf: Shelf) -> Scored:
    """Score one answer. The papers come from `shelf`, never from the answer itself."""
    if row.answer is None:
        scores = {m.name: Score(value=None, status="error") for m in CATALOGUE if m.tier != "judge" and _in_scope(question, m.scope)}
        return Scored(question=question, scores=scores, detail={"outcome": "error", "error": row.error})
    values, detail = _measure(question, row.answer, row.library, shelf)
    scores = {name: Score(value=value, status="na" if value is None else "ok") for name, value in values.items()}
    return Scored(question=question, scores=scores, detail=detail)


def _in_scope(question: Question, scope: str) -> bool:
    return scope == "all" or (scope == "answerable") is question.answerable


def _measure(question: Question, answer: RecordedAnswer, library: str, shelf: Shelf) -> tuple[dict[str, float | None], dict[str, Any]]:
    ranking = answer.ranking
    values: dict[str, float | None] = {}
    detail: dict[str, Any] = {}
    _filters(question, ranking, library, shelf, values)
    if not answer.abstained:
        _citations(answer, library, shelf, values, detail)
        values["words"] = float(len(answer.text.split()))
    if question.answerable:
        _retrieval(question, ranking, values)
        _answer(question, answer, library, shelf, values, detail)
        values["answered"] = float(not answer.abstained)
        detail["first_rank"] = next((n for n, p in enumerate(ranking, 1) if question.grades.get(p, 0) > 0), None)
    else:
        values["refused"] = float(answer.abstained)
        if answer.abstained:
            values["reason"] = float(answer.abstain_reason == question.unanswerable_reason)
    detail["outcome"] = _outcome(question, answer, values.get("correct"))
    detail["confidence"] = round(answer.retrieved[0].score, 6) if answer.retrieved else 0.0
    return values, detail


def _outcome(question: Question, answer: RecordedAnswer, right: float | None) -> str:
    if not question.answerable:
        return "rightly refused" if answer.abstained else "answered, unanswerable"
    if answer.abstained:
        return "wrongly refused"
    return {None: "answered", 1.0: "right", 0.0: "wrong"}[right]


def _filters(question: Question, ranking: list[str], library: str, shelf: Shelf, values: dict[str, float | None]) -> None:
    for name, conditions in (
        ("filter_precision", question.explicit_filters),
        ("said_filter_precision", question.conditions if question.gold_query and not question.filters else None),
    ):
        if conditions:
            allowed = {p for p in ranking if (paper := shelf.get(library, p)) is not None and satisfies(paper, conditions)}
            values[name] = filter_precision(ranking, allowed)


def _retrieval(question: Question, ranking: list[str], values: dict[str, float | None]) -> None:
    grades, groups = question.grades, question.groups
    values |= {
        "success@1": success(ranking, grades, 1),
        "rr@10": rr(ranking, grades, 10),
        "ndcg@10": ndcg(ranking, grades, 10),
        "recall@20": recall(ranking, grades, 20, capped=True),
        "evidence@5": evidence_recall(ranking, groups, 5),
        "evidence@20": evidence_recall(ranking, groups, 20),
        "all_evidence@5": all_evidence(ranking, groups, 5),
        "judged@10": judged(ranking, grades, 10) if grades else None,
    }


def _citations(answer: RecordedAnswer, library: str, shelf: Shelf, values: dict[str, float | None], detail: dict[str, Any]) -> None:
    """Validity and support of every statement; the exact measures only for quoted answers."""
    known = frozenset(answer.ranking) | {c.paper_id for c in answer.context}
    checks: list[list[bool]] = []
    exact: list[bool] = []
    shared: list[bool] = []
    useful: list[int] = []
    for said in answer.statements:
        papers = [shelf.get(library, c.paper_id) for c in said.citations]
        valid = [is_valid(c, p, known) for c, p in zip(said.citations, papers, strict=True)]
        checks.append(valid)

        def by(some: Any, said: Said = said, papers: Any = papers) -> bool:
            return carried_exactly(said.text, [said.citations[i] for i in some], [papers[i] for i in some])

        usable = [i for i, ok in enumerate(valid) if ok]
        exact.append(bool(usable) and by(usable))
        shared.append(bool(usable) and shares_terms(said.text, [said.citations[i] for i in usable], [papers[i] for i in usable]))
        useful.append(useful_citations(valid, by))
    values["citation_validity"] = validity([ok for valid in checks for ok in valid])
    values["shared_terms"] = citation_recall(shared)
    if answer.mode == "extractive":
        values["citation_recall"] = citation_recall(exact)
        values["citation_precision"] = citation_precision(useful, [len(v) for v in checks])
    detail["valid"] = checks
    detail["supported"] = exact if answer.mode == "extractive" else shared


def _answer(
    question: Question, answer: RecordedAnswer, library: str, shelf: Shelf, values: dict[str, float | None], detail: dict[str, Any]
) -> None:
    text = answer.text
    read, short = reader.read(text), reader.read(first_words(text, 150))
    found = {n.id: find_in(n.match, read) for n in question.nuggets}
    vital = [found[n.id].presence for n in question.vital]
    abstracts = [str(p["abstract"]) for i in sorted(question.grades) if (p := shelf.get(library, i)) is not None]
    gold = reader.read(" ".join(abstracts))
    # What a sentence of a gold abstract says can't be a wrong claim, however the gold file words it; lint names such cases.
    forbidden = [(f, claimed(f.match, text) and not any(claimed(f.match, a) for a in abstracts)) for f in question.forbidden]
    values |= {
        "vital_strict": nugget_recall(vital),
        "vital_partial": nugget_recall(vital, partial=0.5),
        "vital_strict@150": nugget_recall([find_in(n.match, short).presence for n in question.vital]),
        "all_strict": nugget_recall([f.presence for f in found.values()]),
        "ceiling": nugget_recall([find_in(n.match, gold).presence for n in question.vital]) if gold else None,
        "density": density([f.presence for f in found.values()], len(text.split())) if found else None,
        "correct": correct(vital, [said for _, said in forbidden], abstained=answer.abstained),
        "shape": None if answer.abstained else fits(question.question, text, len(answer.statements)),
        "gold_citation_recall": gold_citation_recall(answer.cited, question.groups),
        "gold_citation_precision": gold_citation_precision(answer.cited, question.groups) if not answer.abstained else None,
    }
    detail["nuggets"] = [
        _nugget_detail(n.id, found[n.id]) | {"stage": stage_of(n, question, answer, library, shelf)} for n in question.nuggets
    ]
    detail["forbidden"] = [f.text for f, said in forbidden if said]


def _nugget_detail(nugget_id: str, found: Found) -> dict[str, Any]:
    return {"id": nugget_id, "presence": found.presence, "missing": list(found.missing)}
