"""DOIs, arXiv ids and web addresses in one normal form each; what is none of them becomes None."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.doi import doi

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["arxiv_id", "doi", "doi_of", "isbn", "issn", "pages", "pmcid", "pmid", "project_url", "url"]

_ARXIV = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5}|[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?![\d])")
_ISBN = re.compile(r"(?<![\d-])\d[\d -]{8,15}[\dXx](?![\d-])")
_ISSN = re.compile(r"(?<![\d-])(\d{4})[-\u2010-\u2015]?(\d{3}[\dXx])(?![\d-])")
_PMID = re.compile(r"(?<!\d)(\d{1,9})(?!\d)")
_PMCID = re.compile(r"(?:PMC)?\s*(\d{3,10})(?!\d)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s\"<>{}|\\^`\x00-\x1f]+", re.IGNORECASE)
# "DOI: 10.1000/x", "10.1000/x", an address of the resolver; not "comment on 10.1000/x".
_COMMAND = re.compile(r"\\(?:url|doi|href)\s*\{|\}\s*$")
_SAYS_DOI = re.compile(
    r"\s*(?:the\s+)?(?:doi|digital object identifier)?\s*[:=]?\s*(?:doi\s*[:=]?\s*|https?://(?:dx\.)?doi\.org/|info:doi/)?10\.\d{4,9}\S*\s*\.?\s*$",
    re.IGNORECASE,
)
_CODE_HOSTS = re.compile(
    r"^https?://(?:www\.)?(?:github\.com|gitlab\.[a-z.]+|bitbucket\.org|huggingface\.co|codeberg\.org|zenodo\.org|[\w-]+\.github\.io|anonymous\.4open\.science)/?",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:code|project|data(?:set)?s?|models?|demo|website|homepage|page|available|released?|found|visit)\b", re.IGNORECASE
)


def doi_of(field: str | None, *, url: str | None = None, notes: Iterable[str] = ()) -> str | None:
    """A record's DOI: its field's, else that of its address, else that of a line of the notes that says nothing but a DOI."""
    if found := doi(field) or (doi(url) if url and "10." in url else None):
        return found
    lines = (line for note in notes if "10." in note for line in note.splitlines())
    bare = (_COMMAND.sub("", line) for line in lines)
    return next((found for line in bare if _SAYS_DOI.match(line) and (found := doi(line))), None)


def arxiv_id(text: str | None) -> str | None:
    """The arXiv id in `text` (an id, an address or an arXiv DOI), without version."""
    found = _ARXIV.search(text or "")
    return found[1] if found else None


def isbn(text: str) -> str | None:
    """An ISBN of ten or thirteen digits as it is written, hyphens included, without what stands around it.

    >>> isbn("ISBN 978-3-16-148410-0 (print)"), isbn("12345")
    ('978-3-16-148410-0', None)
    """
    found = _ISBN.search(text)
    return found[0].upper() if found and len(re.sub(r"[- ]", "", found[0])) in {10, 13} else None


def issn(text: str) -> str | None:
    """`1234-567X`, with the hyphen."""
    found = _ISSN.search(text)
    return f"{found[1]}-{found[2]}".upper() if found else None


def pmid(text: str) -> str | None:
    """PubMed's number, of an address or a prefix too."""
    found = _PMID.search(text)
    return found[1] if found else None


def pmcid(text: str) -> str | None:
    """`PMC1234567`."""
    found = _PMCID.search(text)
    return f"PMC{found[1]}" if found else None


def pages(text: str) -> str:
    """Pages with a plain hyphen between first and last, whatever stroke or how many a source writes.

    >>> pages("123--130"), pages("S12 - S15"), pages("e0123")
    ('123-130', 'S12-S15', 'e0123')
    """
    return re.sub(r"\s*(?:[-\u2010-\u2015\u2212]+)\s*", "-", text).strip(" -")


def url(text: str | None) -> str | None:
    """The first http(s) address in `text`; other schemes are none."""
    found = _URL.search(text or "")
    return _trimmed(found[0]) if found else None


def project_url(abstract: str) -> str | None:
    """The address of code or a project page that an abstract names."""
    for found in _URL.finditer(abstract):
        before = abstract[max(0, found.start() - 100) : found.start()]
        if _CODE_HOSTS.match(found[0]) or _PROMISE.search(before):
            return _trimmed(found[0])
    return None


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence around it."""
    address = address.rstrip(".,;:!?'*")
    while address.endswith((")", "]")) and address.count("(") + address.count("[") < address.count(")") + address.count("]"):
        address = address[:-1].rstrip(".,;:!?'*")
    return address
