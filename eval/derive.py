"""Gold from metadata: what a `gold_query` selects, worked out here from the records and not by the code under test.

So the corpus may grow without making list and date questions stale, and the library's own filters are checked against a second
implementation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.gold import Alternative, Evidence, Match, Nugget, Number, Question
from rag.text import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rag.schema import Filters


def satisfies(paper: Mapping[str, Any], conditions: Filters) -> bool:
    """Whether a record meets every condition; one that lacks a field does not meet a condition on it.

    >>> from rag.schema import Filters
    >>> satisfies({"paper_id": "a", "published": "2023-04"}, Filters(year_from=2023, date_to="2023-04-30"))
    True
    >>> satisfies({"paper_id": "a", "published": None}, Filters(year_from=2023))
    False
    """
    published = str(paper.get("published") or "")
    asks_date = any(x is not None for x in (conditions.year_from, conditions.year_to, conditions.date_from, conditions.date_to))
    if asks_date and not _in_time(published, conditions):
        return False
    if conditions.category is not None and not any(_category(c, conditions.category) for c in paper.get("categories") or ()):
        return False
    if conditions.author is not None and not any(conditions.author.casefold() in str(a).casefold() for a in paper.get("authors") or ()):
        return False
    if conditions.has_code is not None and paper.get("has_code") is not conditions.has_code:
        return False
    if conditions.source is not None:
        document = str((paper.get("source") or {}).get("document", ""))
        if not document.casefold().startswith(conditions.source.casefold()):
            return False
    return conditions.paper_ids is None or paper["paper_id"] in conditions.paper_ids


def _in_time(published: str, conditions: Filters) -> bool:
    """ISO dates of any length compare as text; a bound and a date are compared over the part that both have."""
    if not published:
        return False
    year = int(published[:4])
    if conditions.year_from is not None and year < conditions.year_from:
        return False
    if conditions.year_to is not None and year > conditions.year_to:
        return False
    low, high = conditions.date_from, conditions.date_to
    if low is not None and published < low[: len(published)]:
        return False
    return high is None or published[: len(high)] <= high[: len(published)]


def _category(category: str, asked: str) -> bool:
    have, want = category.casefold(), asked.casefold()
    return have == want or ("." not in want and have.split(".")[0] == want)


def selected(question: Question, papers: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids that the question's gold query and filters select, sorted; none where it sets no condition at all."""
    conditions = question.conditions
    terms = [_spaced(str(t)) for t in (question.gold_query or {}).get("text_any", ())]
    if not conditions and not terms:
        return []
    return sorted(p["paper_id"] for p in papers if satisfies(p, conditions) and (not terms or _mentions(p, terms)))


def _mentions(paper: Mapping[str, Any], terms: Sequence[str]) -> bool:
    """Whether a word of title or abstract begins with one of the terms, which may be phrases: "binariz", "sign language"."""
    text = " " + _spaced(f"{paper.get('title') or ''} {paper.get('abstract') or ''}")
    return any(f" {term}" in text for term in terms)


def _spaced(text: str) -> str:
    return " ".join(words(text.replace("-", " ")))


def derive(question: Question, papers: Iterable[Mapping[str, Any]]) -> Question:
    """The question with its gold filled in from `gold_query`.

    Evidence that the file leaves out becomes a group for each selected paper; `"count": true` adds the vital nugget of their number.
    """
    if question.gold_query is None or not question.answerable:
        return question
    ids = selected(question, papers)
    update: dict[str, Any] = {}
    if not question.evidence:
        update["evidence"] = [Evidence(group=f"Q{n}", any_of=[Alternative(paper_id=i, grade=2)]) for n, i in enumerate(ids, 1)]
    if question.gold_query.get("count"):
        counted = Nugget(id="count", text=f"there are {len(ids)}", match=Match(numbers=[Number(value=float(len(ids)))]))
        update["nuggets"] = [*question.nuggets, counted]
    return question.model_copy(update=update)
