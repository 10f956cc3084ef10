"""A sentence in stretches that belong together: between commas, conjunctions and words of comparison; brackets without figures left out."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from rag.reading.names import Name, names

_CUT = re.compile(
    r"[,;:]|\b(?:against|versus|vs\.?|compared|while|whereas|but|and|than|below|above|or|beside|rather|instead|then|ahead|behind|where)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\(([^()]*)\)")
_PLACES = {
    **dict.fromkeys(("on", "in", "at", "for", "across", "within", "under", "during"), "on"),
    **dict.fromkeys(
        ("over", "than", "against", "versus", "vs", "to", "behind", "ahead", "beats", "outperforms", "surpasses", "beat"), "rival"
    ),
    **dict.fromkeys(("exceeds", "outperform", "surpass", "beating", "outperforming", "surpassing", "passes", "tops", "leads"), "rival"),
    **dict.fromkeys(("with", "using", "via", "through", "by"), "with"),
    **dict.fromkeys(("from",), "from"),
    **dict.fromkeys(("of",), "of"),
}


def blanked(text: str) -> str:
    """The text with brackets that hold no figure replaced by spaces, every character kept in its place."""
    return _ASIDE.sub(lambda m: m[0] if any(map(str.isdigit, m[1])) and not m[1][:1].isalpha() else " " * len(m[0]), text)


@lru_cache(maxsize=4096)
def segments(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each stretch, in order; together they cover the text."""
    flat = blanked(text)
    cuts = sorted({0, len(flat), *(m.start() for m in _CUT.finditer(flat) if not _inside_figure(flat, m))})
    return tuple((a, b) for a, b in itertools.pairwise(cuts) if b > a)


def slot(text: str, name: Name) -> str:
    """The place that a name fills: `on` a data set, as a `rival`, `with` a means, as the subject, or nothing that can be told."""
    before = re.findall(r"[^\W_][\w\-]*|[,;:(]", text[: name.start].lower())
    for back, word in enumerate(reversed(before[-4:])):
        if word in {",", ";", ":", "("}:
            break
        if word in _PLACES:
            if word in {"with", "to"} and "compared" in before[-6:]:
                return "rival"
            return _PLACES[word]
        if back >= 3:
            break
    if len(before) <= 3 or before[-1:] in ([","], [";"], ["and"], ["while"], ["whereas"], ["but"]):
        return "subject"
    return ""


def names_in(text: str) -> list[Name]:
    """`names`, for the whole sentence, from memory."""
    return list(_names(text))


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[Name, ...]:
    return tuple(names(text))


def _inside_figure(text: str, mark: re.Match[str]) -> bool:
    """The comma of `12,751`."""
    return (
        mark[0] in {",", ":"} and mark.end() < len(text) and text[mark.end()].isdigit() and text[mark.start() - 1 : mark.start()].isdigit()
    )
