"""The figures of a claim against those of an abstract: value, unit, bound, counted things, and whose figure it is."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from rag.answering.quantities import Quantity, bound_kept, quantities, same_unit, same_value
from rag.text import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEGMENT = re.compile(
    r"[,;:()]|\b(?:against|versus|vs\.?|compared|while|whereas|but|and|than|over|below|above|or|beside|rather|instead|then|ahead|behind)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(r"\b(from|to)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[.'’\-+][^\W_]+)*")  # noqa: RUF001


def fault(claim: str, support: Sequence[str], abstract: Sequence[str]) -> str:
    """The first figure of the claim that the abstract does not give as the claim does; empty where there is none.

    `support` are the sentences that carry the claim, `abstract` all of them: a figure may stand in another sentence, but where it
    stands in the support its owner has to be the same.
    """
    stated = [(text, quantities(text)) for text in abstract]
    for own in quantities(claim):
        written = claim[own.start : own.end]
        equal = [(text, q) for text, found in stated for q in found if same_value(own, q)]
        if not equal:
            return f"the abstract has no figure {written!r}"
        fitting = [(text, q) for text, q in equal if same_unit(own, q)]
        if not fitting:
            return f"{written!r} has another unit in the abstract"
        counted = [(text, q) for text, q in fitting if _same_things(own, q, text)]
        if not counted:
            return f"{written!r} counts something else in the abstract"
        kept = [(text, q) for text, q in counted if bound_kept(own, q)]
        if not kept:
            return f"{written!r} is bounded otherwise in the abstract"
        near = [(text, q) for text, q in kept if text in support] or kept
        if all(_owned_by_another(claim, own, text, q) for text, q in near):
            return f"{written!r} belongs to something else in the abstract"
    return ""


def shares_figure(claim: str, sentence: str) -> bool:
    """Whether any figure of the claim stands in the sentence."""
    stated = quantities(sentence)
    return any(same_value(own, q) and same_unit(own, q) for own in quantities(claim) for q in stated)


def _same_things(own: Quantity, stated: Quantity, text: str) -> bool:
    """Counts of the same things, or of things that no other figure of the sentence counts."""
    if not own.nouns or not stated.nouns or own.unit or set(own.nouns) & set(stated.nouns):
        return True
    others = [q for q in quantities(text) if q != stated and not q.unit]
    return not any(set(own.nouns) & set(q.nouns) for q in others)


def _owned_by_another(claim: str, own: Quantity, text: str, stated: Quantity) -> bool:
    """Whether what the claim ties to the figure is tied to another figure of the same kind in the abstract's sentence."""
    rivals = [q for q in quantities(text) if q is not stated and q != stated and q.unit == stated.unit and not same_value(own, q)]
    if not rivals:
        return False
    ours = _tied(claim, own)
    theirs = _tied(text, stated)
    for rival in rivals:
        rivals_own = _tied(text, rival)
        twice = {s for s, n in Counter(_all_stems(text)).items() if n > 1}
        right, wrong = theirs - rivals_own - twice, rivals_own - theirs - twice
        if len(ours & wrong) > len(ours & right):
            return True
    return False


def _tied(text: str, quantity: Quantity) -> frozenset[str]:
    """Stems tied to a figure: those of its stretch between separators, or, where that holds none, of the stretch before."""
    by_list = _respectively(text, quantity)
    if by_list is not None:
        return by_list
    cuts = [0, *(m.start() for m in _SEGMENT.finditer(text)), len(text)]
    others = [(q.start, q.end) for q in quantities(text)]
    at = max(n for n, cut in enumerate(cuts[:-1]) if cut <= quantity.start)
    found = _stems_in(text[cuts[at] : cuts[at + 1]], cuts[at], others)
    while not found and at > 0:
        at -= 1
        found = _stems_in(text[cuts[at] : cuts[at + 1]], cuts[at], others)
    role = _ROLE.search(text[: quantity.start])
    return found | ({f"role:{role[1].lower()}"} if role else set())


def _stems_in(piece: str, offset: int, numbers: Sequence[tuple[int, int]]) -> frozenset[str]:
    found = set()
    for match in _WORD.finditer(piece):
        start = offset + match.start()
        if any(a <= start < b for a, b in numbers):
            continue
        found |= {stem(w) for w in words(match[0]) if w not in STOP_WORDS}
    return frozenset(found)


def _all_stems(text: str) -> list[str]:
    return [stem(w) for match in _WORD.finditer(text) for w in words(match[0])]


def _respectively(text: str, quantity: Quantity) -> frozenset[str] | None:
    """The item of a parallel list that a figure of `..., respectively` belongs to; None without such a list."""
    if "respectively" not in text.lower():
        return None
    found = quantities(text)
    run = [q for q in found if q.unit == quantity.unit]
    for length in range(len(run), 1, -1):
        for first in range(len(run) - length + 1):
            part = run[first : first + length]
            gaps = [text[a.end : b.start] for a, b in itertools.pairwise(part)]
            if quantity not in part or not all(re.fullmatch(r"\s*(?:,|and|&|,\s*and|\w+,?)?\s*(?:and)?\s*", gap) for gap in gaps):
                continue
            items = _items(text[: part[0].start], length, last=True) or _items(text[part[-1].end :], length, last=False)
            if items:
                return items[part.index(quantity)]
    return None


def _items(text: str, length: int, *, last: bool) -> list[frozenset[str]] | None:
    """`length` names in a row, separated by commas and `and`: the last such row of the text, or the first."""
    name = r"[A-Za-z0-9][\w.\-+]*(?:\s[A-Z0-9][\w.\-+]*)*"
    rows = list(re.finditer(rf"{name}(?:\s*,\s*(?:and\s+)?{name}){{{length - 2}}}\s*,?\s*and\s+{name}", text))
    if not rows:
        return None
    row = rows[-1 if last else 0][0]
    parts = [p for p in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", row) if p]
    if len(parts) != length:
        return None
    return [frozenset(stem(w) for w in words(part)[-3:]) for part in parts]
