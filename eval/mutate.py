"""Faults planted into answers: what `selftest` and `--damage` use to show that each measure sees what it should.

An answer is the Answer JSON (schema 2); `papers` are records of papers at hand. Each fault returns a new answer and leaves the old one.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from eval.gold import Match
from eval.matching.nugget import claimed, find
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eval.gold import Question

    Answer = dict[str, Any]
    Papers = Sequence[dict[str, Any]]
    Fault = Callable[[Question, Answer, Papers], Answer]


def _strangers(question: Question, papers: Papers) -> list[dict[str, Any]]:
    """Papers that are no evidence for the question, in the order given."""
    return [p for p in papers if question.grades.get(p["paper_id"], 0) == 0 and p.get("abstract")]


def spoken(answer: Answer, statements: list[dict[str, Any]]) -> Answer:
    """The answer with these statements, its text and references made to fit."""
    changed = copy.deepcopy(answer)
    changed["statements"] = statements
    order = list(dict.fromkeys(c["paper_id"] for s in statements for c in s["citations"]))
    changed["references"] = order
    changed["answer"] = " ".join(
        f"{s['text']} " + "".join(f"[{order.index(c['paper_id']) + 1}]" for c in s["citations"]) for s in statements
    ).strip()
    return changed


def drop_vital(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Leave out what holds the first vital fact."""
    del papers
    match = question.vital[0].match if question.vital else Match()
    rest = list(answer["statements"])
    while rest and find(match, " ".join(s["text"] for s in rest)).presence == "full":
        holding = [s for s in rest if find(match, s["text"]).presence != "none"] or rest
        rest.remove(holding[0])
    return spoken(answer, rest)


def alter_numbers(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Change every figure in the statements; the quotes stay."""
    del question, papers

    def other(match: re.Match[str]) -> str:
        return match[0][:-1] + str((int(match[0][-1]) + 3) % 10)

    return spoken(
        answer, [{**s, "text": re.sub(r"(?<![A-Za-z\-])\d+(?:\.\d+)?(?![A-Za-z])", other, s["text"])} for s in answer["statements"]]
    )


def wrong_citations(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Cite a paper that is no evidence, with a quote that does stand there: valid, and wrong."""
    strangers = _strangers(question, papers)
    if not strangers:
        return answer
    stranger = strangers[0]
    first = sentences(stranger["abstract"])[0]
    citation = {
        "paper_id": stranger["paper_id"],
        "quote": stranger["abstract"][first.start : first.end],
        "start": first.start,
        "end": first.end,
    }
    return spoken(answer, [{**s, "citations": [citation for _ in s["citations"]]} for s in answer["statements"]])


def unknown_citations(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Cite papers that do not exist."""
    del question, papers
    return spoken(
        answer, [{**s, "citations": [{**c, "paper_id": c["paper_id"] + "-unknown"} for c in s["citations"]]} for s in answer["statements"]]
    )


def shifted_quotes(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Move every quote's offsets by five characters."""
    del question, papers
    return spoken(
        answer,
        [
            {**s, "citations": [{**c, "start": c["start"] + 5, "end": c["end"] + 5} if c.get("quote") else c for c in s["citations"]]}
            for s in answer["statements"]
        ],
    )


def no_citations(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Say the same without citing."""
    del question, papers
    return spoken(answer, [{**s, "citations": []} for s in answer["statements"]])


def negated(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Put "not" before what each vital fact's words say."""
    del papers
    changed = []
    for statement in answer["statements"]:
        text = statement["text"]
        starts = {a for n in question.vital if not n.match.negated for a, _ in find(n.match, text).spans}
        for start in sorted(starts, reverse=True):
            text = text[:start] + "not " + text[start:]
        changed.append({**statement, "text": text})
    return spoken(answer, changed)


def padded(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Say two unrelated abstracts first, each sentence properly cited."""
    if answer["abstained"]:
        return answer
    extra = [quoted(p, s.start, s.end) for p in _strangers(question, papers)[:2] for s in sentences(p["abstract"])]
    return spoken(answer, [*extra, *answer["statements"]])


def forbidden_said(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Add what the gold says a right answer never says, unless the evidence itself says it."""
    if answer["abstained"]:
        return answer
    evidence = [str(p["abstract"]) for p in papers if question.grades.get(p["paper_id"], 0) > 0]
    extra: list[dict[str, Any]] = []
    for wrong in question.forbidden:
        if any(claimed(wrong.match, text) for text in evidence):
            continue
        words = [group[0] for group in wrong.match.all_of] + [f"{n.value:g} {n.unit}".strip() for n in wrong.match.numbers]
        extra.append({"text": " ".join(["not", *words] if wrong.match.negated else words) + ".", "status": "quoted", "citations": []})
    return spoken(answer, [*answer["statements"], *extra]) if extra else answer


def refused(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Refuse everything."""
    del question, papers
    return {**spoken(answer, []), "abstained": True, "abstain_reason": "out_of_corpus", "answer": "The collection does not answer this."}


def answered_anyway(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Never refuse: say the first sentence of the first paper."""
    del question
    if not answer["abstained"] or not papers:
        return answer
    first = sentences(papers[0]["abstract"])[0]
    return {**spoken(answer, [quoted(papers[0], first.start, first.end)]), "abstained": False, "abstain_reason": None}


def reversed_ranking(question: Question, answer: Answer, papers: Papers) -> Answer:
    """Turn the ranking round."""
    del question, papers
    turned = [{**r, "rank": n} for n, r in enumerate(reversed(answer["retrieved"]), 1)]
    return {**copy.deepcopy(answer), "retrieved": turned}


def quoted(paper: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """A statement that is a sentence of the paper, cited."""
    text = paper["abstract"][start:end]
    return {"text": text, "status": "quoted", "citations": [{"paper_id": paper["paper_id"], "quote": text, "start": start, "end": end}]}


DAMAGES: dict[str, Fault] = {
    "wrong-citations": wrong_citations,
    "unknown-citations": unknown_citations,
    "shifted-quotes": shifted_quotes,
    "no-citations": no_citations,
    "altered-numbers": alter_numbers,
    "padded": padded,
    "refuse-all": refused,
    "answer-all": answered_anyway,
    "reversed-ranking": reversed_ranking,
}
"""What `run --damage` and `gate --damage` offer."""
