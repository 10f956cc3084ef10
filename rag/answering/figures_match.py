"""The figures of a claim against those of an abstract: value, unit, bound, counted things, and whose figure it is."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from rag.answering.names import Name, key_of, named
from rag.answering.quantities import Quantity, bound_kept, quantities, same_unit, same_value
from rag.answering.segments import blanked, names_in, segments, slot
from rag.text import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAIL = re.compile(
    r"\s*(?:[a-z]+\s+){0,2}?(?:on|for|of|in|when|with|at)\s+.*?(?=\s(?:is|are|was|were|it|and|by|to|reaches|gets|beats)\b|[,;]|$)",
    re.IGNORECASE,
)
_DIFFERENCE_AFTER = re.compile(
    r"\s*(?:absolute\s+|relative\s+)?(?:more|higher|better|lower|less|fewer|faster|slower|ahead|above|below|increase|improvement|gain|drop"
    r"|reduction|decrease|advantage|smaller|larger)\b",
    re.IGNORECASE,
)
_DIFFERENCE_BEFORE = re.compile(
    r"\b(?:by|gains?(?: of)?|improvements? of|increase of|advantage of|margin of|drop of)\s+(?:\w+\s+){0,2}[+]?$", re.IGNORECASE
)
_LEVEL_BEFORE = re.compile(
    r"\b(?:obtains?|scores?|reach(?:es)?|achieves?|attains?|gets?|is|at|accuracy of|score of|to)\s+(?:about\s+|only\s+|just\s+)?$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:to|and|-|–|or)\s*[+~]?\s*")  # noqa: RUF001
_ROLE = re.compile(r"\b(from|to)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[.'’\-+][^\W_]+)*")  # noqa: RUF001


def fault(claim: str, support: Sequence[str], abstract: Sequence[str], *, whole: str) -> str:
    """The first figure of the claim that the abstract does not give as the claim does; empty where there is none.

    `support` are the sentences that carry the claim, best first, `abstract` all of them, `whole` with the title. A figure may stand in
    another sentence than the best, unless the best gives another figure of its kind in that place.
    """
    stated = [(text, quantities(text)) for text in abstract]
    ours = quantities(claim)
    for own in ours:
        written = claim[own.start : own.end]
        equal = [(text, q) for text, found in stated for q in found if same_value(own, q)]
        if not equal:
            if key_of(written) in named(whole).keys:
                continue  # the size in a model's name
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
        if other := _displaced(claim, own, ours, near, support):
            return f"{written!r} stands where the abstract has {other!r}"
    return ""


def _displaced(
    claim: str, own: Quantity, ours: Sequence[Quantity], near: Sequence[tuple[str, Quantity]], support: Sequence[str]
) -> str | None:
    """A figure of the best sentence that the claim leaves out, of the same kind, in words that fit the claim better."""
    homes = [text for text, _q in near]
    if support[0] in homes:
        return None
    if set(homes) & set(support):
        tied = _tied(claim, own)
        here = len(tied & set(_all_stems(support[0])))
        if here <= max(len(tied & set(_all_stems(home))) for home in homes):
            return None
    for rival in quantities(support[0]):
        if rival.value == own.value and rival.unit != own.unit:
            return support[0][rival.start : rival.end]
        alike = rival.unit == own.unit and (rival.unit or not own.nouns or not rival.nouns or set(own.nouns) & set(rival.nouns))
        if alike and not any(same_value(q, rival) for q in ours):
            return support[0][rival.start : rival.end]
    return None


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
    shared = set(own.nouns) & set(stated.nouns)
    rivals = [
        q
        for q in quantities(text)
        if q.start != stated.start
        and q.unit == stated.unit
        and bool(q.nouns) == bool(stated.nouns)
        and not same_value(own, q)
        and not _RANGE.fullmatch(text[min(q.end, stated.end) : max(q.start, stated.start)])
    ]
    if shared:
        rivals = [q for q in rivals if shared & set(q.nouns)]
    if not rivals:
        return False
    twice = {s for s, n in Counter(_all_stems(text)).items() if n > 1}
    twice |= {f"name:{key}" for key, n in Counter(n.key for n in names_in(text)).items() if n > 1}
    ours = _tied(claim, own)
    theirs = _tied(text, stated)
    said = quantities(claim)
    claimed_numbers = {f"num:{q.value:g}" for q in said}
    for rival in rivals:
        rivals_own = _tied(text, rival)
        roles = [{s for s in tied if s.startswith("role:")} for tied in (ours, theirs, rivals_own)]
        if roles[1] and roles[2] and roles[1] != roles[2]:
            if roles[0] and roles[0] == roles[2]:
                return True
            continue
        theirs_numbers, rivals_numbers = ({s for s in tied if s.startswith("num:")} for tied in (theirs, rivals_own))
        left_out = not any(same_value(q, rival) for q in said)
        if left_out and theirs_numbers and not theirs_numbers & claimed_numbers and rivals_numbers & claimed_numbers:
            return True
        right, wrong = theirs - rivals_own - twice, rivals_own - theirs - twice
        subjects = {f"name:{n.key}" for n in names_in(claim) if slot(claim, n) == "subject"}
        if subjects & ours & right:
            continue  # the same one is said to have it; what the sentence leaves out the second time stands with the first
        telling = any(s.startswith(("name:", "num:")) for s in ours & wrong)
        in_order = any(same_value(q, rival) and (q.start < own.start) == (rival.start < stated.start) for q in said)
        if _weight(ours & wrong) > _weight(ours & right) and (telling or not in_order):
            return True
        if _sense(claim, own) and _sense(text, stated) and _sense(claim, own) != _sense(text, stated) == _opposite(_sense(text, rival)):
            return True
        if _wrong_slot(claim, text, own, stated, rival):
            return True
    return False


def _weight(tied: frozenset[str] | set[str]) -> int:
    """Names and other figures tell more than words."""
    return sum(3 if s.startswith(("name:", "num:")) else 1 for s in tied)


def _sense(text: str, quantity: Quantity) -> str:
    """Whether a figure is a difference (`by 12%`, `12% more`) or a level (`scores 84%`); empty where that can't be told."""
    before, after = text[max(0, quantity.start - 30) : quantity.start], text[quantity.end : quantity.end + 30]
    if _DIFFERENCE_AFTER.match(after) or _DIFFERENCE_BEFORE.search(before):
        return "difference"
    return "level" if _LEVEL_BEFORE.search(before) else ""


def _opposite(sense: str) -> str:
    return {"difference": "level", "level": "difference"}.get(sense, "-")


def _wrong_slot(claim: str, text: str, own: Quantity, stated: Quantity, rival: Quantity) -> bool:
    """`2.8% on SQuAD` where the sentence has `2.8% on GLUE and 3.2% on SQuAD`."""
    ours = {n.key: slot(claim, n) for n in _names_near(claim, own)}
    right = {n.key: slot(text, n) for n in _names_near(text, stated)}
    wrong = {n.key: slot(text, n) for n in _names_near(text, rival)}
    said = {n.key for n in names_in(claim)}
    for key in ours.keys() & wrong.keys() - right.keys():
        if any(ours[key] == place and place and other not in said for other, place in right.items()):
            return True
    return False


def _names_near(text: str, quantity: Quantity) -> list[Name]:
    start, end = _stretch(text, quantity)
    return [n for n in names_in(text) if start <= n.start < end]


def _stretch(text: str, quantity: Quantity) -> tuple[int, int]:
    """The part of the text that speaks of this figure: its segment, shared out where that holds several figures."""
    start, end = next((a, b) for a, b in reversed(segments(text)) if a <= quantity.start)
    kind = (quantity.unit, bool(quantity.nouns))
    for q in (q for q in quantities(text) if start <= q.start < end and (q.unit, bool(q.nouns)) == kind):
        if q.end <= quantity.start:
            start = max(start, q.end + _own_tail(text[q.end : quantity.start]))
        elif q.start >= quantity.end:
            end = min(end, quantity.end + _own_tail(text[quantity.end : q.start]))
    return start, max(end, quantity.end)


def _own_tail(between: str) -> int:
    """How much of the words between two figures belongs to the first: `on GLUE` does, a verb and what follows does not."""
    match = _TAIL.match(between)
    return match.end() if match else min(len(between), 1)


def _tied(text: str, quantity: Quantity) -> frozenset[str]:
    """Stems, names and other figures tied to a figure: of its stretch, or, where that holds none, of the stretch before."""
    by_list = _respectively(text, quantity)
    if by_list is not None:
        return by_list
    flat = blanked(text)
    start, end = _stretch(text, quantity)
    found = _stems_in(flat, start, end, text)
    cuts = segments(text)
    at = max(n for n, (a, _b) in enumerate(cuts) if a <= quantity.start)
    while not found and at > 0:
        at -= 1
        found = _stems_in(flat, *cuts[at], text)
    role = _ROLE.search(text[: quantity.start])
    numbers = {f"num:{q.value:g}" for q in quantities(text) if q.start != quantity.start and start <= q.start < end}
    return found | numbers | ({f"role:{role[1].lower()}"} if role else set())


def _stems_in(flat: str, start: int, end: int, text: str) -> frozenset[str]:
    numbers = [(q.start, q.end) for q in quantities(text)]
    found = set()
    for match in _WORD.finditer(flat, start, end):
        if any(a <= match.start() < b for a, b in numbers):
            continue
        found |= {stem(w) for w in words(match[0]) if w not in STOP_WORDS}
    found |= {f"name:{n.key}" for n in names_in(text) if start <= n.start < end}
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
