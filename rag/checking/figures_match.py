"""The figures of a claim against those of an abstract: value, unit, bound, counted things, and whose figure it is."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.checking import exchange
from rag.checking.segments import names_in, slot
from rag.reading.figures import Quantity, bound_kept, quantities, same_unit, same_value
from rag.reading.names import key_of, named
from rag.text import stem, words

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
    r"\b(?:by|gains?(?: of)?|improvements? of|increase of|advantage of|margin of|drop of)\s+(?:\w+\s+){0,4}[+]?$", re.IGNORECASE
)
_LEVEL_BEFORE = re.compile(
    r"\b(?:obtains?|scores?|reach(?:es)?|achieves?|attains?|gets?|is|at|accuracy of|score of|(?<!up )to)\s+(?:about\s+|only\s+|just\s+)?$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\s*\([^()\d]*\)")
_PLACE = re.compile(r"\b(?:on|for|of|in|when|with|at)\s", re.IGNORECASE)
_ROLE = re.compile(r"\b(from|to)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_SPAN = re.compile(r"\s*(?:%|[a-z]+)?\s*(?:to|-|–|~|→|->|through)\s*(?:about |around |over |nearly |almost |[+~])?", re.IGNORECASE)  # noqa: RUF001
_SHARE = re.compile(r"\s*(?:out )?of (?:the |its |all |these )?", re.IGNORECASE)
_BASE = re.compile(
    r"\b(?:from|against|versus|vs|compared|than|baselines?|instead|previous(?:ly)?|earlier|before|originally|initial(?:ly)?|without|only)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"\babsolute(?:ly)?\s+(?:\w+\s+){0,2}$|\bpercentage\s+points?\b", re.IGNORECASE)
"""What makes a difference in per cent one of points."""

_MEASURED = re.compile(
    r"\s*(?:in|of)\s+(?:the\s+)?(?:[a-z\-]+\s+){0,2}(?:accuracy|score|rate|f1|bleu|error|precision|recall|perplexity|performance|auc)\b",
    re.IGNORECASE,
)
"""What is measured, behind a figure: it is said once for all figures of the sentence."""

_COUNTED = 12
_MEASURES = frozenset(stem(w) for w in ("token", "character", "word", "sentence", "parameter", "layer", "step", "epoch", "pixel", "frame"))
"""What lengths and sizes are counted in: one is never told in the words of another."""

_ALONE = 0.5
_CONDITION = 0.6
_EXCESS, _EXCESS_OF_TWO = 0.2, 0.3


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a claim that the paper does not bear out: the rule that says so, and a few words.

    Of figures: `absent`, `unit`: digits, or a figure with a unit, that the abstract does not give so; `word`: the same of a word that may
    say more than a figure ("half a dozen", a count of what is enumerated), or of a difference between two figures that stand there;
    `things`, `bound`, `owner`, `place`: given, but of something else, bounded otherwise, another's, in another's place.
    """

    kind: str
    text: str


def faults(claim: str, support: Sequence[str], abstract: Sequence[str], *, whole: str) -> list[Fault]:
    """The figures of the claim that the abstract does not give as the claim does, in order; at most one fault a figure.

    `support` are the sentences that carry the claim, best first, `abstract` all of them, `whole` with the title. A figure may stand in
    another sentence than the best, unless the best gives another figure of its kind in that place.
    """
    stated = [(text, quantities(text)) for text in abstract]
    ours = quantities(claim)
    found = (_fault(claim, own, ours, stated, support, whole) for own in ours)
    return [fault for fault in found if fault is not None]


def _fault(
    claim: str, own: Quantity, ours: Sequence[Quantity], stated: Sequence[tuple[str, list[Quantity]]], support: Sequence[str], whole: str
) -> Fault | None:
    written = claim[own.start : own.end]
    equal = [(text, q) for text, found in stated for q in found if same_value(own, q)]
    if not equal:
        if _in_a_name(own, written, whole):
            return None
        soft = _in_words(own, written) or _difference(own, [q for _text, found in stated for q in found])
        return Fault("word" if soft else "absent", f"the abstract has no figure {written!r}")
    fitting = [
        (text, q) for text, q in equal if same_unit(own, q) or (own.unit == "point" and q.unit == "%" and _ABSOLUTE.search(text[: q.start]))
    ]
    if not fitting:
        return Fault("word" if _in_words(own, written) else "unit", f"{written!r} has another unit in the abstract")
    counted = [(text, q) for text, q in fitting if _same_things(own, q, text)]
    if not counted:
        return Fault("things", f"{written!r} counts something else in the abstract")
    kept = [(text, q) for text, q in counted if bound_kept(own, q)]
    if not kept:
        return Fault("bound", f"{written!r} is bounded otherwise in the abstract")
    near = [(text, q) for text, q in kept if text in support] or kept
    abstract = [text for text, _found in stated]
    if all(_owned_by_another(claim, own, text, q, abstract) for text, q in near):
        return Fault("owner", f"{written!r} belongs to something else in the abstract")
    if other := _displaced(claim, own, ours, near, support):
        return Fault("place", f"{written!r} stands where the abstract has {other!r}")
    return None


def _in_a_name(own: Quantity, written: str, whole: str) -> bool:
    """The size in a model's name, however it is written: the `540-billion` parameters of `PaLM-540B`."""
    held = named(whole)
    if held.has(key_of(written)):
        return True
    sizes = {f"{own.value / scale:g}{letter}" for letter, scale in (("k", 1e3), ("m", 1e6), ("b", 1e9), ("t", 1e12))}
    return stem("parameter") in own.nouns and own.value >= 1000 and any(held.has_end(size) for size in sizes)


def _in_words(own: Quantity, written: str) -> bool:
    """Small numbers and shares told in words."""
    return not any(c.isdigit() for c in written) and (own.value <= _COUNTED or own.unit in {"%", "times"})


def _difference(own: Quantity, found: Sequence[Quantity]) -> bool:
    """Whether two figures of one unit differ by so much: `8.6 points` between `51.0%` and `42.4%`."""
    if own.unit not in {"%", "point", ""}:
        return False
    slack = 0.5 if own.bound else 0.051
    levels = [q.value for q in found if q.unit in {"%", "point", ""}]
    return any(abs(abs(a - b) - own.value) <= slack for a, b in itertools.combinations(levels, 2))


def _displaced(
    claim: str, own: Quantity, ours: Sequence[Quantity], near: Sequence[tuple[str, Quantity]], support: Sequence[str]
) -> str | None:
    """A figure of the best sentence that the claim leaves out, of the same kind, in words that fit the claim better."""
    homes = [text for text, _q in near]
    if support[0] in homes:
        return None
    if set(homes) & set(support):
        around = exchange.context(claim, own.start, own.end).keys()
        shares = {text: len(around & {m.term for m in exchange.marks(text)}) for text in (support[0], *homes)}
        if shares[support[0]] <= max(shares[home] for home in homes):
            return None
    for rival in quantities(support[0]):
        if rival.value == own.value and rival.unit != own.unit:
            return support[0][rival.start : rival.end]
        alike = rival.unit == own.unit and (rival.unit or not own.nouns or not rival.nouns or set(own.nouns) & set(rival.nouns))
        if alike and not any(same_value(q, rival) for q in ours):
            return support[0][rival.start : rival.end]
    return None


def _same_things(own: Quantity, stated: Quantity, text: str) -> bool:
    """Counts of the same things, or of things that no other figure of the sentence counts."""
    if not own.nouns or not stated.nouns or own.unit or set(own.nouns) & set(stated.nouns):
        return True
    if set(own.nouns) & _MEASURES and set(stated.nouns) & _MEASURES:
        return False
    others = [q for q in quantities(text) if q != stated and not q.unit]
    return not any(set(own.nouns) & set(q.nouns) for q in others)


def _owned_by_another(claim: str, own: Quantity, text: str, stated: Quantity, abstract: Sequence[str]) -> bool:
    """Whether what surrounds the figure in the claim surrounds another figure of the abstract rather than this one."""
    if claim.strip(" .") in text:
        return False
    ours, theirs = part(claim, own), part(text, stated)
    if ours and theirs and ours != theirs:
        return True
    said = quantities(claim)
    if theirs == "from" and not ours and not _BASE.search(claim):
        # The figure that something started from, told as what it came to.
        partner = _partner(text, stated)
        if partner is not None and not any(same_value(q, partner) for q in said):
            return True
    around = exchange.context(claim, own.start, own.end)
    alone = not any(q.unit == own.unit for q in said if q.start != own.start)
    # Of its kind the only one: the names of the whole sentence go with it.
    apart = {t: max(w, _ALONE) if t.startswith("name:") else w for t, w in around.items()}
    for home in abstract:
        for rival in quantities(home):
            if not _rivals(own, stated, rival) or (home == text and rival.start == stated.start):
                continue
            if ours and theirs and part(home, rival) and part(home, rival) != ours:
                continue  # the other end of a span
            senses = sense(claim, own), sense(text, stated), sense(home, rival)
            if all(senses) and senses[1] != senses[2]:
                if senses[0] == senses[2]:
                    return True
                continue
            right, wrong = _surroundings(text, stated, home, rival)
            ground = apart if alone or home != text else around
            excess = exchange.nearness(ground, wrong) - exchange.nearness(ground, right)
            other = next((q for q in said if same_value(q, rival) and same_unit(q, rival) and q.start != own.start), None)
            if home != text and _told_under_another(claim, text, home):
                excess += _CONDITION
            if other is not None:
                # Both are told: are they told of each other's things?
                beside = exchange.context(claim, other.start, other.end)
                excess += exchange.nearness(beside, right) - exchange.nearness(beside, wrong)
            if excess > (_EXCESS if other is None else _EXCESS_OF_TWO):
                return True
    return False


def _told_under_another(claim: str, text: str, home: str) -> bool:
    """Whether the claim names what only the other sentence names, and leaves out what this one names in that place."""
    said, here, there = (({(n.key, slot(x, n)) for n in names_in(x)}) for x in (claim, text, home))
    keys = [{k for k, _place in names} for names in (said, here, there)]
    left_out = {place for k, place in here if k not in keys[0] and k not in keys[2]}
    return any(k in keys[2] and k not in keys[1] and place in left_out - {""} for k, place in said)


def _rivals(own: Quantity, stated: Quantity, rival: Quantity) -> bool:
    """Whether a figure could have been meant: of the same kind and of another value."""
    if rival.unit != stated.unit or same_value(own, rival) or _year(rival) != _year(stated):
        return False
    if rival.unit or set(own.nouns) & set(rival.nouns):
        return True
    if own.nouns and stated.nouns and not set(own.nouns) & set(stated.nouns):
        return bool(rival.nouns)  # it counts something else there, in whatever words
    return not (own.nouns and rival.nouns) and own.value.is_integer() == rival.value.is_integer()


def _year(quantity: Quantity) -> bool:
    return not quantity.unit and not quantity.nouns and 1900 <= quantity.value <= 2100 and quantity.value.is_integer()


def _surroundings(text: str, stated: Quantity, home: str, rival: Quantity) -> tuple[dict[str, float], dict[str, float]]:
    """What stands around two figures; the words before both in one sentence go with either (`raises F1 by 2 on A and by 3 on B`)."""
    right = dict(exchange.context(text, stated.start, stated.end))
    wrong = dict(exchange.context(home, rival.start, rival.end))
    lists = _respectively(text, stated), _respectively(home, rival)
    if home != text:
        # What one sentence is about as a whole sets it apart from another.
        for around in (right, wrong):
            for figure in (q for q in (*quantities(text), *quantities(home)) if q.unit == stated.unit):
                around.pop(f"num:{figure.value:g}", None)  # these would have been taken over together
        for around, sentence in ((right, text), (wrong, home)):
            for name in names_in(sentence):
                term = f"name:{name.key}"
                around[term] = max(around.get(term, 0.0), _ALONE)
    elif lists[0] and lists[1]:
        for around, item, others in ((right, lists[0], lists[1]), (wrong, lists[1], lists[0])):
            for term in others - item:
                around.pop(term, None)
                around.pop(f"name:{term}", None)
            around.update(dict.fromkeys((t for term in item for t in (term, f"name:{term}")), 1.0))
    for around in (right, wrong):
        for figure in (stated, rival):
            around.pop(f"num:{figure.value:g}", None)
    if home == text:
        earlier, later = (right, wrong) if stated.start < rival.start else (wrong, right)
        first, second = sorted((stated, rival), key=lambda q: q.start)
        tail = _IN_BRACKETS.match(text[first.end : second.start]) or _TAIL.match(text[first.end : second.start])
        own_until = first.end + (tail.end() if tail else 0)
        place = _PLACE.search(text, first.end, own_until)
        own_from = first.end if tail and "(" in tail[0] else place.start() if place else own_until
        row = exchange.marks(text)
        after = [m for m in row if m.start >= second.end]
        for mark in row:
            term, elsewhere = mark.term, any(m.term == mark.term and m.start != mark.start for m in row)
            if mark.end <= first.start and not term.startswith(("name:", "num:")):
                earlier[term] = later[term] = max(earlier.get(term, 0.0), later.get(term, 0.0))
            elif first.end <= mark.start < own_from and not term.startswith(("name:", "num:")):
                later[term] = max(later.get(term, 0.0), earlier.get(term, 0.0))  # what is measured, said once
            elif (
                own_from <= mark.start < own_until and _MEASURED.match(text[own_from:own_until]) and not term.startswith(("name:", "num:"))
            ):
                earlier[term] = later[term] = max(earlier.get(term, 0.0), later.get(term, 0.0))  # `40% in accuracy, far from the 90% of B`
            elif own_from <= mark.start < own_until and not elsewhere and not term.startswith("num:"):
                earlier[term] = max(earlier.get(term, 0.0), 0.8)
                later.pop(term, None)
            elif tail and mark in after and mark.start != after[0].start and not elsewhere:
                earlier[term] = max(earlier.get(term, 0.0), 0.6 * later.get(term, 0.0))  # may go with both
    return right, wrong


def part(text: str, quantity: Quantity) -> str:
    """The part a figure has in a pair: `from` and `to` of a span or a change, `some` and `whole` of a share; empty without a pair."""
    found = quantities(text)
    at = next((n for n, q in enumerate(found) if q.start == quantity.start), None)
    if at is None:
        return ""
    if at + 1 < len(found):
        between = text[quantity.end : found[at + 1].start]
        if _SHARE.fullmatch(between) and not quantity.unit:
            return "some"
        if _SPAN.fullmatch(between):
            return "from"
    if at:
        between = text[found[at - 1].end : quantity.start]
        if _SHARE.fullmatch(between) and not found[at - 1].unit:
            return "whole"
        if _SPAN.fullmatch(between):
            return "to"
    role = _ROLE.search(text[: quantity.start])
    if role is None:
        return ""
    pair = _partner(text, quantity)
    if role[1].lower() == "from":
        return "from"
    return "to" if pair is not None and re.search(r"\bfrom\b", text, re.IGNORECASE) else ""


def _partner(text: str, quantity: Quantity) -> Quantity | None:
    """The nearest other figure of the same unit."""
    same = [q for q in quantities(text) if q.start != quantity.start and q.unit == quantity.unit]
    return min(same, key=lambda q: abs(q.start - quantity.start), default=None)


def sense(text: str, quantity: Quantity) -> str:
    """Whether a figure is a difference (`by 12%`, `12% more`) or a level (`scores 84%`); empty where that can't be told."""
    start = quantity.start
    if part(text, quantity) == "to":
        # `by 0.7 to 1.9`: what is said of the span is said before its first figure.
        start = max((q.start for q in quantities(text) if q.end <= start and _SPAN.fullmatch(text[q.end : start])), default=start)
    before, after = text[max(0, start - 30) : start], text[quantity.end : quantity.end + 30]
    if _DIFFERENCE_AFTER.match(after) or _DIFFERENCE_BEFORE.search(before):
        return "difference"
    return "level" if _LEVEL_BEFORE.search(before) else ""


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
