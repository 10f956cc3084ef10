"""Which citations are valid, and which statements their quotes carry: exactly, or by shared terms and figures.

Exact: the statement is what the quote says, word for word. Shared terms are a heuristic that tells a wrong paper from the right one
(AUC 0.995 on SciFact) and nearly nothing about contradiction (0.628); what it finds is never called faithfulness.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eval.matching import tokens as reader
from eval.measures.validity import quote_stands
from rag import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.recorded import Cited

SHARED_TERMS = 0.6
"""Share of a statement's content stems that its quotes must hold."""


@lru_cache(maxsize=8192)
def words(passage: str) -> list[str]:
    """The words of a passage; quotes and titles come again and again. Not to be changed by the caller."""
    return text.words(passage)


def is_valid(citation: Cited, paper: Mapping[str, Any] | None, known: frozenset[str]) -> bool:
    """Whether the paper exists, was read or retrieved (`known`), and holds the quote at its offsets, or the field's value."""
    if paper is None or citation.paper_id not in known:
        return False
    if citation.field is not None:
        return _field_holds(paper.get(citation.field), citation.value)
    if citation.quote is None or citation.start is None or citation.end is None:
        return False
    return quote_stands(str(paper.get("abstract") or ""), citation.quote, citation.start, citation.end)


def _field_holds(stored: Any, value: Any) -> bool:
    if stored is None or value is None:
        return False
    if isinstance(stored, (list, tuple)):
        said = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else [value]
        texts = {str(s).casefold() for s in stored}
        joined = ", ".join(str(s) for s in stored).casefold()
        return all(str(v).casefold() in texts for v in said) or str(value).casefold() == joined
    return str(stored).casefold() == str(value).casefold()


def carried_exactly(statement: str, citations: Sequence[Cited], papers: Sequence[Mapping[str, Any] | None]) -> bool:
    """Whether valid citations say the statement word for word.

    A statement may add to a quote what its paper's record says (title, authors, date), and may be a fact about stored fields alone.
    """
    said = words(statement)
    quotes = [words(c.quote) for c in citations if c.quote]
    if any(_contains(quote, said) for quote in quotes):
        return True
    fields = [c for c in citations if c.field is not None]
    if fields and len(fields) == len(citations):
        return True
    rest = said
    for quote in sorted(quotes, key=len, reverse=True):
        at = _position(rest, quote)
        if at is not None:
            rest = rest[:at] + rest[at + len(quote) :]
    record = {w for paper in papers if paper for w in _record_words(paper)}
    return len(rest) < len(said) and all(w in record for w in rest)


def _record_words(paper: Mapping[str, Any]) -> list[str]:
    parts = [paper.get("title"), paper.get("published"), *(paper.get("authors") or ()), *(paper.get("categories") or ())]
    return [w for part in parts if part for w in words(str(part))]


def _contains(quote: list[str], said: list[str]) -> bool:
    return bool(said) and _position(quote, said) is not None


def _position(among: list[str], run: list[str]) -> int | None:
    if not run:
        return None
    return next((i for i in range(len(among) - len(run) + 1) if among[i : i + len(run)] == run), None)


def shares_terms(statement: str, citations: Sequence[Cited], papers: Sequence[Mapping[str, Any] | None]) -> bool:
    """Whether the quotes (and titles) of valid citations share enough content stems with the statement, and all its figures."""
    evidence = " ".join([c.quote or str(c.value or "") for c in citations] + [str(p.get("title") or "") for p in papers if p])
    said, found = reader.read(statement), reader.read(evidence)
    stems = {t.stem for t in said if not t.is_stop and t.value is None}
    figures = {t.value for t in said if t.value is not None and t.plain[0].isdigit()}
    if not stems and not figures:
        return False
    have = {t.stem for t in found}
    shared = len(stems & have) / len(stems) if stems else 1.0
    return shared >= SHARED_TERMS and figures <= {t.value for t in found}
