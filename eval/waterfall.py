"""Where a vital fact was lost on its way from the collection to the reader: the first step that failed.

not indexed → not retrieved → cut (its paper was found, its sentence not read) → refused → not said → uncited → miscited → told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from eval.matching import tokens as reader
from eval.matching.nugget import find, find_in
from eval.support import is_valid

if TYPE_CHECKING:
    from eval.gold import Nugget, Question
    from eval.recorded import Cited, RecordedAnswer, Said
    from eval.shelf import Shelf

Stage = Literal["not indexed", "not retrieved", "cut", "refused", "not said", "uncited", "miscited", "told"]
STAGES: tuple[Stage, ...] = get_args(Stage)
BLAME: dict[str, str] = {
    "not indexed": "indexing",
    "not retrieved": "retrieval",
    "cut": "retrieval",
    "refused": "abstention",
    "not said": "answer",
    "uncited": "citation",
    "miscited": "citation",
}
"""The part of the system that each loss points at."""


def stage_of(nugget: Nugget, question: Question, answer: RecordedAnswer, library: str, shelf: Shelf) -> Stage:
    """The first step at which the nugget was lost, or "told". A nugget said without its papers found is miscited or uncited."""
    papers = question.papers_of(nugget)
    told = _told(nugget, answer, papers, library, shelf)
    if told is not None:
        return told
    indexed = {p for p in papers if shelf.get(library, p) is not None}
    if papers and not indexed:
        return "not indexed"
    retrieved = indexed.intersection(answer.ranking)
    if papers and not retrieved:
        return "not retrieved"
    if answer.abstained:
        return "refused"
    return "cut" if _was_cut(nugget, retrieved, answer, library, shelf) else "not said"


def _told(nugget: Nugget, answer: RecordedAnswer, papers: set[str], library: str, shelf: Shelf) -> Stage | None:
    """How the nugget was told, or None where it was not said. Spread over several statements, their citations count together."""
    if answer.abstained or find(nugget.match, answer.text).presence != "full":
        return None
    holding = [s for s in answer.statements if find(nugget.match, s.text).presence == "full"] or answer.statements
    if not any(s.citations for s in holding):
        return "uncited"
    known = frozenset(answer.ranking) | {c.paper_id for c in answer.context}
    good = {c.paper_id for s in holding for c in _valid(s, known, library, shelf)}
    if papers:
        return "told" if good & papers else "miscited"
    return "told" if good else "miscited"


def _valid(said: Said, known: frozenset[str], library: str, shelf: Shelf) -> list[Cited]:
    return [c for c in said.citations if is_valid(c, shelf.get(library, c.paper_id), known)]


def _was_cut(nugget: Nugget, retrieved: set[str], answer: RecordedAnswer, library: str, shelf: Shelf) -> bool:
    """Whether no retrieved gold paper was read at all, or the fact stands in the abstracts but not in what was read of them."""
    if not answer.context:
        return False  # the system does not say what it read
    passages = [c.text for c in answer.context if c.paper_id in retrieved]
    if retrieved and not passages:
        return True
    whole = [str((shelf.get(library, p) or {}).get("abstract", "")) for p in sorted(retrieved)]
    in_whole = any(find_in(nugget.match, reader.read(text)).presence == "full" for text in whole)
    return in_whole and find(nugget.match, " ".join(passages)).presence != "full"
