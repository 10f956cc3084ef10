"""Questions to go on with, made from an answer's own papers. No gradio, no search: the words are those of titles and abstracts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ui import turns as keeping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.schema import Answer, Paper

OFFERED = 3
_NAME = re.compile(r"\b(?:[A-Z]{2,}[\w-]*|[A-Z][a-z]+[A-Z][\w-]*|[A-Z][\w]*-[A-Z0-9][\w-]*)\b")
_LEADING = re.compile(r"^([A-Z][\w.+-]{2,24}): (.{8,})")
_COMMON = frozenset("LLM LLMs NLP AI ML GPU CV API PLM PLMs SOTA URL PDF".split())  # noqa: SIM905 - a list of words reads best as text


def questions(answer: Answer) -> list[str]:
    """At most `OFFERED` questions: about a system that the cited papers name, how well it does, what it is compared with."""
    papers = [p for p in keeping.cited_papers(answer) if p is not None]
    asked = answer.question.casefold()
    found: list[str] = []
    for text in _candidates(papers, asked):
        if text.casefold().rstrip("?") not in asked and text not in found:
            found.append(text)
        if len(found) == OFFERED:
            break
    return found


def _candidates(papers: list[Paper], asked: str) -> Iterator[str]:
    names = [name for paper in papers[:3] if (name := named(paper))]
    for name in dict.fromkeys(names):
        if name.casefold() in asked:
            if "how well" not in asked:
                yield f"How well does {name} perform?"
            if "limit" not in asked:
                yield f"What are the limits of {name}?"
        else:
            yield f"What is {name}?"
    if len(dict.fromkeys(names)) > 1:
        first, second = list(dict.fromkeys(names))[:2]
        yield f"How does {first} compare with {second}?"
    for paper in papers[:2]:
        for name in dict.fromkeys(_NAME.findall(paper.abstract)):
            if name not in _COMMON and len(name) > 3 and name.casefold() not in asked:
                yield f"Which papers mention {name}?"
                break


def named(paper: Paper) -> str:
    """The system that a paper is about: what stands before the colon of its title, or the name it begins its sentences with.

    >>> from rag.schema import Paper
    >>> named(Paper(paper_id="x", title="DB-LLM: dual binarization", abstract=""))
    'DB-LLM'
    """
    if found := _LEADING.match(paper.title):
        return found[1]
    names = [name for name in _NAME.findall(paper.abstract) if name not in _COMMON and len(name) > 3]
    most = max(names, key=names.count, default="")
    return most if names.count(most) > 1 else ""
