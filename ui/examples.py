"""Example questions made from the papers at hand, each tried before it is offered. Without a model: they cost nothing but time."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from rag.errors import FootnoteError
from rag.text import STOP_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.assistant import Assistant
    from rag.schema import Paper

OFFERED = 4
LOOKED_AT = 400
_NAMED = re.compile(r"^([A-Z][\w.+-]{2,24}): (.{8,})")
_COMMON = frozenset(
    {"using", "via", "based", "towards", "toward", "study", "approach", "method", "methods", "learning", "model", "models", "new"}
)


def examples(assistant: Assistant, *, most: int = OFFERED) -> list[str]:
    """At most `most` questions that get an answer; deterministic for one state of the library."""
    papers = assistant.library.list(sort="added", limit=LOOKED_AT)
    found: list[str] = []
    for candidate in _candidates(papers):
        if len(found) == most:
            break
        if candidate not in found and _answered(assistant, candidate):
            found.append(candidate)
    return found


def _answered(assistant: Assistant, question: str) -> bool:
    try:
        return not assistant.ask(question, mode="extractive").abstained
    except FootnoteError:
        return False


def _candidates(papers: list[Paper]) -> Iterator[str]:
    """First one of each kind, then more of them: a named system, a topic, results of a system, a summary."""
    named = [m[1] for p in papers if p.title_origin == "source" and (m := _NAMED.match(p.title)) and not m[1].isdigit()]
    named = [*dict.fromkeys(named)][:12]
    topics = _topics(papers)[:6]
    kinds = [
        [f"What is {name}?" for name in named[::2]],
        [f"Which papers are about {topic}?" for topic in topics],
        [f"How well does {name} perform?" for name in named[1::2]],
        [f"Summarise what is known about {topic}" for topic in topics[1:] + topics[:1]],
    ]
    for place in range(max(map(len, kinds), default=0)):
        for kind in kinds:
            yield from kind[place : place + 1]


def _topics(papers: list[Paper]) -> list[str]:
    """Phrases of two or three words that several titles share, the most frequent first; ties by alphabet."""
    seen: Counter[tuple[str, ...]] = Counter()
    for paper in papers:
        tokens = words(paper.title)
        runs = {tuple(tokens[i : i + size]) for size in (2, 3) for i in range(len(tokens) - size + 1)}
        seen.update(run for run in runs if not set(run) & STOP_WORDS and all(t.isalpha() for t in run) and run[0] not in _COMMON)
    # A pair that mostly stands in one longer phrase is a part of it ("large language").
    longer = {run[:2] for run in seen if len(run) == 3 and seen[run] * 2 > seen[run[:2]]}
    whole = {run: n for run, n in seen.items() if n > 1 and run not in longer and (len(run) == 3 or run[1] not in _COMMON)}
    return [" ".join(run) for run, _ in sorted(whole.items(), key=lambda item: (-item[1], item[0]))]
