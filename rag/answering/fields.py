"""Answers from stored fields: when, who, which category, is there code, how many, which papers match the filters.

The statement cites the field and its value instead of a sentence; a field that the paper lacks is a missing detail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.answering.draft import Draft, stated
from rag.answering.lists import UNSTORED
from rag.deciding.decision import refusal
from rag.questions.sides import asks_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.questions import Question
    from rag.schema import Filters, Paper, Statement

LISTED = 25
"""Most papers that a list from filters names; the rest is counted in a note."""


_SAYS_CODE = re.compile(r"\b(?:code|codes|github|open-?sourced?|repository|implementation)\b", re.IGNORECASE)
_REPOSITORY = re.compile(r"github|gitlab|bitbucket|code|repo", re.IGNORECASE)


def field_answer(question: Question, paper: Paper) -> Draft | None:
    """The stored field that is asked for; an abstention where the paper lacks it; None where the text should be read instead."""
    pid, name = paper.paper_id, _name(paper)
    if question.asked_field == "published":
        if paper.published:
            return Draft(statements=(stated(f"{name} is dated {paper.published}.", [(pid, "published", paper.published)]),))
    elif question.asked_field == "authors":
        if paper.authors:
            people = ", ".join(paper.authors) + (" et al." if paper.authors_truncated else "")
            return Draft(statements=(stated(f"{name} is by {people.removesuffix('.')}.", [(pid, "authors", people)]),))
    elif question.asked_field == "categories":
        if paper.categories:
            value = ", ".join(paper.categories)
            return Draft(statements=(stated(f"{name} is listed under {value}.", [(pid, "categories", value)]),))
    elif question.asked_field == "has_code":
        if paper.has_code:
            return Draft(statements=(stated(f"{name} comes with code, says its listing.", [(pid, "has_code", "true")]),))
        if _SAYS_CODE.search(paper.abstract):
            return None
        if paper.url and _REPOSITORY.search(paper.url):
            return Draft(statements=(stated(f"The address given with {name} is {paper.url}", [(pid, "url", paper.url)]),))
    else:
        return None
    return Draft(abstain_reason="detail_missing", refusal=refusal("detail_missing", [paper.title]), nearest=(pid,))


def earlier(question: Question, first: Paper, second: Paper) -> Draft:
    """Which of two dated papers came first, or is the newer one, with both dates."""
    old, new = sorted((first, second), key=lambda p: (p.published or "", p.paper_id))
    fields = [(p.paper_id, "published", p.published or "") for p in (old, new)]
    dates = f"{_name(old)} is dated {old.published}, {_name(new)} {new.published}"
    if old.published == new.published:
        return Draft(statements=(stated(f"Neither came first: {dates}.", fields),))
    said = f"{_name(new)} is the newer one" if asks_later(question.text) else f"{_name(old)} came first"
    return Draft(statements=(stated(f"{said}: {dates}.", fields),))


def counted(filters: Filters, total: int, papers: Sequence[Paper]) -> Draft:
    """How many papers match the filters, and which (the first ones)."""
    if not total:
        return none_found(filters)
    noun = "paper matches" if total == 1 else "papers match"
    lead = stated(f"{total} {noun}: {described(filters)}.", [field_of(p, filters) for p in papers])
    rest = [entry(p, filters) for p in papers]
    return Draft(statements=(lead, *rest), headings=dict.fromkeys(range(1, len(rest) + 1), ""), notes=_more(total, papers))


def matching(filters: Filters, total: int, papers: Sequence[Paper]) -> Draft:
    """The papers that match the filters, a statement each, in the given order."""
    if not papers:
        return none_found(filters)
    statements = tuple(entry(p, filters) for p in papers)
    return Draft(statements=statements, headings=dict.fromkeys(range(1, len(statements)), ""), notes=_more(total, papers))


def unstored(said: str) -> Draft:
    """An order, or a figure, is asked for that no record tells."""
    return Draft(abstain_reason="none_found", refusal=f"I don't know. {UNSTORED.format(said=said)} Ask by topic, date, author or category.")


def none_found(filters: Filters) -> Draft:
    """No paper matches."""
    return Draft(abstain_reason="none_found", refusal=f"I don't know: no paper in this library matches ({described(filters)}).")


def entry(paper: Paper, filters: Filters) -> Statement:
    """A paper as a line of a list: its title and the facts that the filters speak of."""
    facts = []
    if paper.published:
        facts.append(paper.published)
    if paper.categories:
        facts.append(", ".join(paper.categories))
    if filters.author is not None and paper.authors:
        facts.append(", ".join(paper.authors) + (" et al." if paper.authors_truncated else ""))
    if filters.has_code and paper.has_code:
        facts.append("with code")
    tail = f" ({'; '.join(facts)})" if facts else ""
    fields = [field_of(paper, filters)]
    if fields[0][1] != "title":
        fields.append((paper.paper_id, "title", paper.title))
    return stated(f"{paper.title.rstrip('.')}{tail}.", fields)


def field_of(paper: Paper, filters: Filters) -> tuple[str, str, str]:
    """The stored field by which the paper matches, as (paper_id, field, value)."""
    pid = paper.paper_id
    dated = any(v is not None for v in (filters.year_from, filters.year_to, filters.date_from, filters.date_to))
    if dated and paper.published:
        return pid, "published", paper.published
    if filters.category is not None and paper.categories:
        return pid, "categories", ", ".join(paper.categories)
    if filters.author is not None and paper.authors:
        return pid, "authors", ", ".join(paper.authors)
    if filters.has_code is not None:
        return pid, "has_code", str(paper.has_code).lower()
    if filters.source is not None and paper.source is not None:
        return pid, "source", paper.source.document
    if filters.tag is not None and paper.tags:
        return pid, "tags", ", ".join(paper.tags)
    if filters.collection is not None and paper.collections:
        return pid, "collections", ", ".join(paper.collections)
    return pid, "title", paper.title


def described(filters: Filters) -> str:
    """The filters in words.

    >>> from rag.schema import Filters
    >>> described(Filters(category="cs.CL", date_from="2023-03-01", date_to="2023-03-31"))
    'category cs.CL, dated 2023-03-01 to 2023-03-31'
    """
    said = []
    if filters.category:
        said.append(f"category {filters.category}")
    if filters.author:
        said.append(f"author {filters.author}")
    if filters.has_code is not None:
        said.append("with code" if filters.has_code else "without code")
    first = filters.date_from or (str(filters.year_from) if filters.year_from else None)
    last = filters.date_to or (str(filters.year_to) if filters.year_to else None)
    if first and last:
        said.append(f"dated {first} to {last}" if first != last else f"dated {first}")
    elif first or last:
        said.append(f"dated from {first}" if first else f"dated up to {last}")
    if filters.source:
        said.append(f"source {filters.source}")
    if filters.tag:
        said.append(f"tag {filters.tag}")
    if filters.collection:
        said.append(f"collection {filters.collection}")
    if filters.paper_ids is not None:
        said.append(f"{len(filters.paper_ids)} chosen papers")
    return ", ".join(said) or "the library"


def _more(total: int, papers: Sequence[Paper]) -> tuple[str, ...]:
    return (f"{total - len(papers)} more papers match.",) if total > len(papers) else ()


def _name(paper: Paper) -> str:
    return f"“{paper.title.rstrip('.')}”"
