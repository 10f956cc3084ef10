"""Saved web pages as text: trending papers (title and abstract in turn) and listings (title and authors glued together)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.sources import dates
from rag.sources.categories import category
from rag.sources.entry import Entry
from rag.sources.headings import split_heading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.sources.opening import Document, Line

# "21.1LGApr 7, 2023Code": score, category, date, and a mark where there is code.
LISTING = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*([A-Za-z][A-Za-z.-]{0,20}?)\s*([A-Z][a-z]{2} \d{1,2}, \d{4})\s*(Code)?")
# What paging leaves between and after the papers.
_PAGING = re.compile(r"(?:previous|next|load more|show more|back to top|subscribe|\d{1,3}|[<>«»‹›])", re.IGNORECASE)  # noqa: RUF001
_HEADING_CHARS = 600


def abstract_like(text: str) -> bool:
    """Whether a line reads as a paragraph, not as a title."""
    return len(text) >= 300 or (
        len(text) >= 120 and bool(re.search(r"[.!?)\]\"”']$", text.rstrip())) and bool(re.search(r"[.!?] [A-Z]", text))
    )


def read_trending(document: Document) -> Iterator[Entry]:
    """Title and abstract, a line each, in turn; what stands above the first title is the page's furniture."""
    title: Line | None = None
    begun = False
    for line in document.lines():
        text = line.text.strip()
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif not text or (begun and title is None and _PAGING.fullmatch(text)):
            continue
        elif abstract_like(text) or (begun and title is not None and len(text) > 1.5 * len(title.text) and text.endswith(".")):
            if title is None:
                yield Entry(line=line.number, fault="an abstract without a title above it")
                continue
            yield Entry(line=title.number, record={"title": title.text, "abstract": text})
            title, begun = None, True
        else:
            if title is not None and begun:
                yield Entry(line=title.number, fault="a title without an abstract below it")
            title = line
    if title is not None and not _PAGING.fullmatch(title.text.strip()):
        yield Entry(line=title.number, fault="a title without an abstract below it")


def read_listing(document: Document) -> Iterator[Entry]:
    """A heading and an abstract, a line each, in turn; a listing line belongs to the heading below it."""
    listing: dict[str, Any] = {}
    heading: Line | None = None
    for line in document.lines():
        text = line.text.strip()
        found = LISTING.fullmatch(text)
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif not text:
            continue
        elif heading is not None and not found and not _headed(text):
            parts = split_heading(heading.text, text)
            record = {"title": parts.title, "authors": list(parts.authors), "authors_truncated": parts.truncated, "abstract": text}
            yield Entry(line=heading.number, record=record | listing)
            heading, listing = None, {}
        else:
            if heading is not None:
                yield Entry(line=heading.number, fault="a heading without an abstract below it")
                heading, listing = None, {}
            if not found:
                heading = line
                continue
            date = dates.iso(found[3])
            if date is None or len(date) < len("2023-04-07"):
                yield Entry(line=line.number, fault=f"no such date: {found[3]!r}")
                continue
            listing = {
                "listing_score": float(found[1]),
                "categories": [category(found[2])],
                "published": date,
                "has_code": found[4] is not None,
            }
    if heading is not None:
        yield Entry(line=heading.number, fault="a heading without an abstract below it")


def _headed(text: str) -> bool:
    """Whether a line is a glued heading rather than an abstract."""
    if len(text) > _HEADING_CHARS or abstract_like(text):
        return False
    return bool(re.search(r"\bet al\.?$", text)) or bool(split_heading(text).authors and not text.endswith("."))
