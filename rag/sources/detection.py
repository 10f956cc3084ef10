"""Which format a document has, from the beginning of its text and never from its name."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from rag.sources.bibtex import START as BIBTEX_START
from rag.sources.headings import split_heading
from rag.sources.pages import LISTING, abstract_like
from rag.sources.plaintexts import FIELD, LABEL
from rag.sources.tables import delimiter_of
from rag.sources.tagged import MEDLINE_TAG, RIS_START

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal["jsonl", "json", "bibtex", "ris", "medline", "table", "trending", "listing", "labelled", "abstracts", "text"]

# How many lines of a head are weighed.
_LINES = 60


def detect(head: bytes | str, *, whole: bool = True, mapping: Mapping[str, str] | None = None) -> Format | None:
    """The format of a document that begins with `head`; None where it looks like none that is read (markup, program text, tables).

    `whole` says that nothing follows, else the last line may be cut. `mapping` makes tables with other column names known.
    """
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    text = text.lstrip("\ufeff")
    cut = text if whole or "\n" not in text else text[: text.rindex("\n")]
    lines = [line.strip() for line in cut.split("\n") if line.strip()]
    if not lines:
        return None
    if text.lstrip()[:1] in {"{", "["}:
        if found := _json(lines):
            return found
    elif re.match(r"(?i)<(?:!doctype|html|\?xml|[a-z]+[\s>])", lines[0]):
        return None
    if any(RIS_START.match(line) for line in lines[:_LINES]):
        return "ris"
    if MEDLINE_TAG.fullmatch(lines[0]) and any(line.startswith("PMID") for line in lines[:20]):
        return "medline"
    if any(BIBTEX_START.match(line) for line in lines[:_LINES]) and not abstract_like(lines[0]):
        return "bibtex"
    if delimiter_of(lines[0], mapping):
        return "table"
    return _prose(lines)


def _json(lines: list[str]) -> Format | None:
    """JSON lines, or values over several lines; None for text that only begins with a bracket."""
    if lines[0].startswith("["):
        return (
            "json" if re.match(r"\[\s*(?:[{\]]|$)", lines[0]) and (len(lines[0]) > 1 or lines[1:2] == [] or lines[1][0] in "{]") else None
        )
    try:
        json.loads(lines[0])
    except (ValueError, RecursionError):
        if len(lines) > 1 and not lines[1].startswith("{"):
            return "json" if re.match(r"\{\s*(?:$|\")", lines[0]) else None
        return "jsonl" if re.match(r"\{\s*\"", lines[0]) else None
    return "jsonl"


def _prose(lines: list[str]) -> Format | None:
    """The plain-text formats, by how short and long lines follow one another."""
    weighed = lines[:_LINES]
    if all(LABEL.match(line) and len(line) > 40 for line in weighed):
        return "labelled"
    long = [abstract_like(line) for line in weighed]
    listed = any(LISTING.fullmatch(line) for line in weighed)
    alternating = sum(not before and after for before, after in pairwise(long))
    if listed and any(long):
        return "listing"
    if alternating and not _single(weighed, long):
        headings = [line for line, after in zip(weighed, long[1:], strict=False) if after]
        glued = sum(bool((parts := split_heading(line)).authors) and (parts.truncated or len(parts.authors) > 1) for line in headings)
        return "listing" if glued * 2 > alternating else "trending"
    if all(long):
        return "abstracts" if len(weighed) > 1 else "text"
    return "text" if _readable(weighed) else None


def _single(lines: list[str], long: list[bool]) -> bool:
    """One paper's text rather than a page: a title, a few fields, and paragraphs that follow."""
    return (sum(long) == 1 and long.index(True) <= 3) or any(LABEL.match(line) for line in lines[:12]) or any(map(all, pairwise(long)))


def _readable(lines: list[str]) -> bool:
    """Whether the lines are sentences: enough words in letters, and neither program text, markup nor a table."""
    text = "\n".join(lines)
    words = text.split()
    lettered = sum(word.strip(".,;:!?()\"'").replace("-", "").replace("'", "").isalpha() for word in words)
    odd = sum(
        bool(re.match(r"(?:[#|>]|```|[-*+] |\d+\. |(?:import|from|def|class|return|const|let|var)\b|//|/\*|\[[\w.-]+\]$)", line))
        for line in lines
    )
    assigned = sum(
        bool(re.match(r"[\w.\"'-]+\s*[=:]\s*\S", line) and not (FIELD.match(line) or LABEL.match(line)))
        or line.endswith(("{", "}", ";", "\\"))
        for line in lines
    )
    ended = re.search(r"[.!?。][\"')\]]?(?:\s|$)", text)
    return len(words) >= 12 and lettered >= 0.6 * len(words) and odd + assigned <= 0.3 * len(lines) and ended is not None
