"""DOIs, arXiv ids and web addresses in one normal form each; what is none of them becomes None."""

from __future__ import annotations

import re

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}|\\^`]+")
_ARXIV = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5}|[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?![\d])")
_URL = re.compile(r"https?://[^\s\"<>{}|\\^`\x00-\x1f]+", re.IGNORECASE)
_CODE_HOSTS = re.compile(
    r"^https?://(?:www\.)?(?:github\.com|gitlab\.[a-z.]+|bitbucket\.org|huggingface\.co|codeberg\.org|zenodo\.org|[\w-]+\.github\.io|anonymous\.4open\.science)/?",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:code|project|data(?:set)?s?|models?|demo|website|homepage|page|available|released?|found|visit)\b", re.IGNORECASE
)


def doi(text: str | None) -> str | None:
    """The DOI in `text`, in lower case and without resolver or prefix."""
    found = _DOI.search(text or "")
    return found[0].rstrip(".,;)").lower() if found else None


def arxiv_id(text: str | None) -> str | None:
    """The arXiv id in `text` (an id, an address or an arXiv DOI), without version."""
    found = _ARXIV.search(text or "")
    return found[1] if found else None


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
