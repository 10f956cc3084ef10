"""What a request for papers names: quoted phrases, names, or the words behind "mention"."""

# ruff: noqa: E501, RUF001 - patterns are read whole on one line, typographic marks are typed

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text import STOP_WORDS

_QUOTED = re.compile(r"(?<![\w])[\"“'‘]([^\"“”'‘’]{2,80})[\"”'’](?!\w)")
_MENTIONS = re.compile(
    r"\b(?:mentions?|mentioned|mentioning|contains?|containing|hold|holds|names?|cites?|refers? to|use the (?:word|term)|with the (?:word|term|phrase))\s+(?:the\s+(?:word|term|phrase|name)s?\s+)?(?P<what>[^?.,;]{2,60}?)\s*(?:[?.,;]|$|\bin (?:their|the) (?:abstract|title)s?\b)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<![\w-])(?:[A-Za-z]*\d[\w.+-]*[A-Za-z][\w.+-]*|[A-Za-z][\w.+-]*\d[\w.+-]*|[A-Z][\w.+-]*[A-Z][\w.+-]*|[A-Z][\w+-]+)(?:\s+(?:[A-Z][\w.+-]*|\d[\w.]*))*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Phrases that have to stand in a paper: all of one group, any group. `strict`: nothing but the words was asked for."""

    groups: tuple[tuple[str, ...], ...]
    strict: bool


def looked_up(text: str) -> LookUp | None:
    """What a request for papers wants looked up; None where it names nothing.

    >>> looked_up("Which papers mention GLUE?").groups, looked_up("How many papers use WMT data?").groups
    ((('GLUE',),), (('WMT',),))
    >>> looked_up("Which papers are about learning with few labels?") is None
    True
    """
    if quoted := _QUOTED.findall(text):
        return LookUp(groups=(tuple(quoted),), strict=True)
    if match := _MENTIONS.search(text):
        parts = [p.strip() for p in re.split(r"\s+(?:or)\s+", match["what"])]
        groups = tuple(tuple(x.strip() for x in re.split(r"\s+and\s+", p)) for p in parts)
        if all(x for g in groups for x in g):
            return LookUp(groups=groups, strict=True)
    first = re.match(r"\w+", text.strip())
    names = [
        m
        for m in _NAME.finditer(text)
        if m.start() > (first.end() if first else 0) and m[0].casefold() not in STOP_WORDS and not _COMMON.fullmatch(m[0])
    ]
    if not names:
        return None
    between = text[names[0].end() : names[-1].start()]
    if len(names) > 1 and re.search(r"\bor\b", between):
        return LookUp(groups=tuple((m[0],) for m in names), strict=False)
    return LookUp(groups=(tuple(m[0] for m in names),), strict=False)


_COMMON = re.compile(
    r"(?:\dd|English|LLMs?|AI|NLP|ML|I|Language Models?|(?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d+)?)",
    re.IGNORECASE,
)
"""Names of whole fields, of months, and how many dimensions something has: they choose no paper."""
