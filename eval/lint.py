"""Gold questions held against the collection they ask about, by reading alone: no search, no system.

Errors make a figure wrong (a paper that is not there, a quote that does not stand); warnings ask for a second look.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rapidfuzz import fuzz, process

from eval.derive import derive, selected
from eval.matching import tokens as reader
from eval.matching.nugget import claimed, find_in
from eval.measures.validity import canonical, quote_stands
from rag import sources
from rag.text import normalise, stems, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from eval.gold import Question

    Papers = Mapping[str, dict[str, Any]]
    Stems = Mapping[str, frozenset[str]]

NEAR = 92
"""Similarity of two questions (0 to 100) above which they are taken for one."""
COPIED_WORDS = 8
"""Words in a row from an abstract that a question may not have."""
TREATED = 0.95
"""Share of an out-of-corpus question's words (by idf) in one abstract that asks for a second look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a question."""

    level: Literal["error", "warning"]
    question: str
    text: str


def lint(questions: Sequence[Question], corpus: Sequence[Path]) -> list[Finding]:
    """All findings, in order of the questions. The corpus must carry paper ids (as the bundled one does)."""
    papers = {p.paper_id: p.to_dict() for path in corpus for p in sources.read(path)}
    texts = {i: f" {' '.join(words(p['abstract']))} " for i, p in papers.items()}
    held = {i: frozenset(stems(f"{p['title']} {p['abstract']}")) for i, p in papers.items()}
    found = [Finding(level=level, question=q.id, text=text) for q in questions for level, text in _of(q, papers, texts, held)]
    return found + list(_twins(questions)) + list(_families(questions))


def _of(
    question: Question, papers: Papers, texts: Mapping[str, str], held: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Literal["error", "warning"], str]]:
    there = [a for e in question.evidence for a in e.any_of]
    for alternative in there:
        paper = papers.get(alternative.paper_id)
        if paper is None:
            yield "error", f"the collection has no paper {alternative.paper_id!r}"
        elif alternative.quote is not None and not _stands(paper["abstract"], alternative.quote, alternative.start, alternative.end):
            yield "error", f"the quote does not stand in {alternative.paper_id!r} as given: {alternative.quote[:60]!r}"
    yield from _facts(question, papers)
    yield from _derived(question, papers)
    if question.inject is not None:
        if question.inject.paper_id not in papers:
            yield "error", f"the collection has no paper {question.inject.paper_id!r} to plant in"
        canary = question.inject.canary.casefold()
        if canary and any(canary in p["abstract"].casefold() for p in papers.values()):
            yield "error", f"the canary {question.inject.canary!r} stands in the collection anyway"
    asked = words(question.question)
    runs = {" ".join(asked[i : i + COPIED_WORDS]) for i in range(len(asked) - COPIED_WORDS + 1)}
    copied = next((i for i, text in texts.items() if any(f" {run} " in text for run in runs)), None)
    if copied is not None:
        yield "warning", f"{COPIED_WORDS} words in a row are copied from {copied!r}"
    if question.unanswerable_reason in {"detail_missing", "false_premise"} and not there:
        yield "warning", "names no paper that it is about"
    if question.unanswerable_reason == "out_of_corpus":
        yield from _treated(question, held)


def _stands(abstract: str, quote: str, start: int | None, end: int | None) -> bool:
    if start is None or end is None:
        return canonical(quote) in canonical(abstract)
    return quote_stands(abstract, quote, start, end)


def _facts(question: Question, papers: Papers) -> Iterator[tuple[Literal["error", "warning"], str]]:
    """Are the facts in the gold abstracts, and the forbidden ones not?"""
    if question.answerable and not question.vital and not (question.gold_query or {}).get("count"):
        yield "warning", "has no vital nugget: its answers can't be right or wrong"
    for nugget in question.nuggets:
        texts = [f"{p['title']}. {p['abstract']}" for i in sorted(question.papers_of(nugget)) if (p := papers.get(i)) is not None]
        if texts and question.gold_query is None:
            found = find_in(nugget.match, reader.read(" ".join(texts)))
            if found.presence != "full":
                yield "warning", f"nugget {nugget.id} is not in its gold abstracts (missing: {'; '.join(found.missing)})"
    for wrong in question.forbidden:
        for paper_id in sorted(question.grades):
            paper = papers.get(paper_id)
            if paper is not None and claimed(wrong.match, paper["abstract"]):
                yield "warning", f"a sentence of {paper_id!r} says what is forbidden (not counted): {wrong.text!r}"


def _derived(question: Question, papers: Papers) -> Iterator[tuple[Literal["error", "warning"], str]]:
    if question.gold_query is None or not question.answerable:
        return
    ids = set(selected(question, papers.values()))
    if not ids and not derive(question, papers.values()).evidence:
        yield "error", "its gold query selects no paper"
    given = set(question.grades)
    if stray := given - ids:
        yield "error", f"evidence {min(stray)!r} does not satisfy the gold query"
    elif given and given != ids and not question.gold_query.get("text_any"):
        yield "warning", f"names {len(given)} of the {len(ids)} papers that its gold query selects"


def _treated(question: Question, held: Stems) -> Iterator[tuple[Literal["error", "warning"], str]]:
    """Does one abstract hold nearly all of the question's words?"""
    frequency = Counter(s for found in held.values() for s in found)
    asked = {s: math.log(1 + len(held) / (1 + frequency[s])) for s in set(stems(question.question))}
    total = sum(asked.values())
    if len(asked) < 3 or not total:
        return
    best = max(sorted(held), key=lambda i: sum(w for s, w in asked.items() if s in held[i]))
    if sum(w for s, w in asked.items() if s in held[best]) / total >= TREATED:
        yield "warning", f"said to be outside the collection, but {best!r} has nearly all of its words"


def _twins(questions: Sequence[Question]) -> Iterator[Finding]:
    """The same question twice: in two splits an error, as tuning on one would be tuning on the other."""
    base = [q for q in questions if q.variant == "base" and not q.history]
    texts = [normalise(q.question) for q in base]
    scores: Any = process.cdist(texts, texts, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR) if texts else []
    for i, question in enumerate(base):
        for j in range(i):
            other = base[j]
            if scores[i][j] >= NEAR and other.family != question.family:
                level: Literal["error", "warning"] = "error" if other.split != question.split else "warning"
                yield Finding(level=level, question=question.id, text=f"asks nearly what {other.id} asks")


def _families(questions: Sequence[Question]) -> Iterator[Finding]:
    """Variants need their base question, with the same gold."""
    base = {q.family: q for q in questions if q.variant == "base"}
    for question in questions:
        if question.variant in {"base", "injection"}:
            continue
        original = base.get(question.family)
        if original is None:
            yield Finding(level="error", question=question.id, text=f"its family {question.family!r} has no base question")
        elif set(original.grades) != set(question.grades):
            yield Finding(level="error", question=question.id, text="its evidence differs from its base question's")
