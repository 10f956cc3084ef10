"""Exact look-ups over the whole library: which papers hold a name or a phrase, each with the sentence that holds it.

The keyword index brings every paper with the rarest word of the phrase; the text of each then decides, word for word. Nothing is ranked
and nothing is guessed: where a word stands in ten abstracts, ten papers come out.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.injection import spoken
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.library import Library
    from rag.schema import Filters, Paper
    from rag.text import Span

LOOKED_AT = 20_000
"""Most papers whose text is looked at; a phrase whose rarest word stands in more is no look-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A paper that holds what was looked up, and the sentence of its abstract; None where only the title holds it."""

    paper: Paper
    span: Span | None


def pattern_of(phrase: str) -> re.Pattern[str]:
    """The phrase as whole words, whatever the spaces and hyphens between them; short capitals in their own case.

    Digits may follow a name without any (`WMT` stands in `WMT22`), a plural's s may follow any.

    >>> bool(pattern_of("GLUE").search("on SuperGLUE")), bool(pattern_of("WMT").search("WMT22"))
    (False, True)
    >>> bool(pattern_of("big-bench hard").search("BIG Bench Hard"))
    True
    """
    parts = [re.escape(p) for p in re.split(r"[\s\-_]+", phrase.strip()) if p]
    body = r"[\s\-_\u2010\u2011\u2013]*".join(parts) if len(parts) > 1 else parts[0]
    after = r"(?:s|es)?(?![^\W\d_])" if not any(c.isdigit() for c in phrase) else r"(?![^\W_])"
    own_case = phrase.isupper() and len(phrase) <= 6
    return re.compile(rf"(?<![^\W_]){body}{after}", 0 if own_case else re.IGNORECASE)


def holding(library: Library, phrases: Sequence[str], *, filters: Filters | None = None) -> list[Holding] | None:
    """The papers that hold every phrase, newest first (undated last, ties by paper_id).

    None where a phrase is too common, or has no word that the index knows, to be looked up.
    """
    terms = {t for phrase in phrases for t in library.terms(phrase)}
    patterns = [pattern_of(phrase) for phrase in phrases]
    found = []
    papers = {p.paper_id: p for p in _with_rarest(library, terms, filters)}
    if len(terms) == 1 and not any(map(str.isdigit, *terms)):  # `WMT` stands in `WMT22`, which is another term
        papers |= {p.paper_id: p for p in _allowed(library, library.numbered(*terms, k=LOOKED_AT), filters)}
    for paper in papers.values():
        if all(p.search(f"{paper.title}\n{paper.abstract}") for p in patterns):
            spans = sentences(paper.abstract)
            counts = [sum(p.search(paper.abstract[s.start : s.end]) is not None for p in patterns) for s in spans]
            best = max(range(len(spans)), key=lambda n: (counts[n], -n), default=0)
            found.append(Holding(paper=spoken(paper), span=spans[best] if spans and counts[best] else None))
    return _newest_first(found) if _can_be_looked_up(library, terms) else None


def on_topic(library: Library, topic: str, *, filters: Filters | None = None) -> list[Holding] | None:
    """The papers of which the title, or one sentence, holds every content word of the topic, in any form; order and None as `holding`."""
    terms = set(library.terms(topic))
    found = []
    for paper in _with_rarest(library, terms, filters):
        spans = sentences(paper.abstract)
        home = next((s for s in spans if terms <= set(library.terms(paper.abstract[s.start : s.end]))), None)
        if home is not None or terms <= set(library.terms(paper.title)):
            found.append(Holding(paper=spoken(paper), span=home))
    return _newest_first(found) if _can_be_looked_up(library, terms) else None


def _can_be_looked_up(library: Library, terms: set[str]) -> bool:
    return bool(terms) and min(library.doc_freqs(terms).values()) <= LOOKED_AT


def _with_rarest(library: Library, terms: set[str], filters: Filters | None) -> Sequence[Paper]:
    """Every paper that holds the rarest of the terms; none where that is too common."""
    if not _can_be_looked_up(library, terms):
        return ()
    held = library.doc_freqs(terms)
    rarest = min(terms, key=lambda t: (held[t], t))
    rows = [row for row, _score in library.keyword({rarest: 1.0}, k=held[rarest] + 16, filters=filters)] if held[rarest] else []
    return library.papers_by_row(rows)


def _allowed(library: Library, papers: Sequence[Paper], filters: Filters | None) -> Sequence[Paper]:
    """Those of the papers that the filters allow."""
    if filters is None or not papers:
        return papers
    chosen = {p.paper_id for p in papers}
    chosen &= chosen if filters.paper_ids is None else set(filters.paper_ids)
    return library.list(dataclasses.replace(filters, paper_ids=tuple(chosen)))


def _newest_first(found: list[Holding]) -> list[Holding]:
    return sorted(found, key=lambda h: (h.paper.published is None, _descending(h.paper.published or ""), h.paper.paper_id))


def _descending(date: str) -> tuple[int, ...]:
    return tuple(-ord(c) for c in date)
