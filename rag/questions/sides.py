"""Two papers in one question, laid apart: "which came first, A or B?"."""

# ruff: noqa: E501 - patterns are read whole on one line

from __future__ import annotations

import re

_OUT = r"(?:c[ao]me(?:s|\s+out)?|appear\w*|(?:re)?post\w*|publish\w*|releas\w*|submit\w*|upload\w*|writ\w*|wrote|(?:put|went|go)\s+(?:out|online)|dated|out|online)"
_ORDER = re.compile(
    rf"\b{_OUT}\b[^?]{{0,40}}?\b(?:first|earlier|earliest|later|last|latest|before|after|newer|newest|older|oldest|(?:more|most) recent(?:ly)?|sooner)\b"
    r"|\b(?:newer|older|more recent|predates?|pre-?dated|first to (?:appear|come out|be (?:posted|published|released)))\b",
    re.IGNORECASE,
)
_LATER = re.compile(r"\b(?:later|last|latest|newer|newest|(?:more|most) recent(?:ly)?)\b", re.IGNORECASE)
_LEAD = re.compile(
    r"^.*?\b(?:first|earlier|earliest|later|last|latest|newer|newest|older|oldest|recent(?:ly)?|sooner|out|online|posted|published|released)\s*[,:;-]\s*"
    r"|^(?:which|what)\s+(?:one\s+|paper\s+|work\s+)?(?:is|was|came|appeared)\s+(?:out\s+)?(?:first|earlier|later|newer|older|the\s+\w+)\s+(?:of|between)\s+"
    r"|^(?:between|of|out of)\s+(?=.+\band\b)",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    rf"^(?:was|were|is|are|did|does|do|has|have)\s+(?P<a>.+?)\s+(?:(?:{_OUT}\s+)+(?:before|after|earlier than|later than)|newer than|older than|more recent than|predate)"
    r"\s+(?P<b>.+?)(?:\s+(?:was|were|did|is|came out|appeared))?\s*\??$",
    re.IGNORECASE,
)
_TAIL = re.compile(rf"[,:;]?\s*(?:(?:which|what)\s+)?(?:one\s+|paper\s+)?(?:{_OUT}|of (?:them|the two))\b.*$", re.IGNORECASE)


def dated_sides(text: str) -> tuple[str, str] | None:
    """The two papers whose dates are compared, as they are called; None where the question compares no dates.

    >>> dated_sides("Which came out earlier, SD-Conv or DTG-SSOD?"), dated_sides("Is Wanda better than SparseGPT?")
    (('SD-Conv', 'DTG-SSOD'), None)
    """
    text = text.strip().rstrip("?!. ")
    yes_no = _YES_NO.match(text)
    if yes_no:
        return yes_no["a"], yes_no["b"]
    if not _ORDER.search(text):
        return None
    rest = _LEAD.sub("", text, count=1)
    parts = re.split(r"\s+(?:or|versus|vs\.?)\s+", rest)
    if len(parts) != 2:
        parts = re.split(r"\s+and\s+", rest)
    if len(parts) != 2:
        return None
    first, second = (part.strip(" ,:;") for part in parts)
    second = re.sub(r",?\s*(?:which|what)\b.*$", "", second, flags=re.IGNORECASE)
    second = _TAIL.sub("", second).strip(" ,:;") or second
    return (first, second) if first and second else None


def asks_later(text: str) -> bool:
    """Whether the newer of two is asked for."""
    return _LATER.search(text) is not None
