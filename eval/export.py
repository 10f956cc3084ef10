"""A run in other tools' formats: TREC run and qrels, a BEIR folder, JUnit XML for CI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from eval.folder import RunFolder
    from eval.gold import Question
    from eval.recorded import Row
    from eval.score import Scored


def trec_run(ranked: Iterable[tuple[str, Sequence[tuple[str, float]]]], tag: str) -> Iterable[str]:
    """Lines `query Q0 document rank score tag`.

    Evaluation tools sort by score and break ties their own way; scores are lowered by the least step where they would tie or rise.
    """
    for query_id, papers in ranked:
        last = float("inf")
        for rank, (paper_id, score) in enumerate(papers, 1):
            last = score if score < last - 1e-9 else last - 1e-6
            yield f"{_field(query_id)} Q0 {_field(paper_id)} {rank} {last:.8f} {tag}\n"


def qrels(questions: Iterable[Question]) -> Iterable[str]:
    """Lines `query 0 document grade`, for answerable questions."""
    for question in questions:
        if question.answerable:
            yield from (f"{_field(question.id)} 0 {_field(paper)} {grade}\n" for paper, grade in sorted(question.grades.items()))


def _field(name: str) -> str:
    """A field of a white-space separated line."""
    return "_".join(name.split())


def write_trec(folder: RunFolder, questions: Sequence[Question], rows: Mapping[str, Row]) -> None:
    """run.trec and qrels.trec into the run's folder."""
    ranked = [
        (q.id, [(r.paper_id, r.score) for r in answer.retrieved])
        for q in questions
        if q.answerable and q.variant != "injection" and (answer := rows[q.id].answer) is not None
    ]
    (folder.path / "run.trec").write_text("".join(trec_run(ranked, "footnote")), encoding="utf-8")
    (folder.path / "qrels.trec").write_text("".join(qrels(q for q in questions if q.variant != "injection")), encoding="utf-8")


def write_beir(folder: RunFolder, target: Path) -> None:
    """The run's questions and their papers as a BEIR data set (`corpus.jsonl`, `queries.jsonl`, `qrels/<split>.tsv`).

    The corpus holds the papers that the run touched, not the whole collection.
    """
    (target / "qrels").mkdir(parents=True, exist_ok=True)
    papers = {i: p for (library, i), p in folder.shelf.papers.items() if library == "clean"}
    questions = [q for q in folder.questions if q.answerable and q.variant != "injection" and q.grades]
    _lines(target / "corpus.jsonl", ({"_id": i, "title": p["title"], "text": p["abstract"]} for i, p in sorted(papers.items())))
    _lines(target / "queries.jsonl", ({"_id": q.id, "text": q.standalone or q.question} for q in questions))
    for split in sorted({q.split for q in questions}):
        rows = "".join(f"{q.id}\t{p}\t{g}\n" for q in questions if q.split == split for p, g in sorted(q.grades.items()) if g > 0)
        (target / "qrels" / f"{split}.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows, encoding="utf-8")


def _lines(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")


def junit(scored: Sequence[Scored]) -> str:
    """One test case a base question: wrong answers and refusals fail, errors are errors."""
    cases = []
    bad = {"wrong", "wrongly refused", "answered, unanswerable"}
    base = [s for s in scored if s.question.variant == "base"]
    for s in base:
        outcome = s.detail["outcome"]
        head = f"<testcase classname={quoteattr('gold.' + s.question.type)} name={quoteattr(s.question.id + ': ' + s.question.question)}"
        if outcome == "error":
            cases.append(f"{head}><error message={quoteattr(str(s.detail.get('error')))}/></testcase>")
        elif outcome in bad:
            cases.append(f"{head}><failure message={quoteattr(outcome)}/></testcase>")
        else:
            cases.append(head + "/>")
    failures, errors = sum(s.detail["outcome"] in bad for s in base), sum(s.detail["outcome"] == "error" for s in base)
    body = "\n".join(cases)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<testsuite name="gold questions" tests="{len(base)}" failures="{failures}" errors="{errors}">\n{body}\n</testsuite>\n'
    )
