"""Figures of a claim that the abstract does not give, worked out from those it gives: differences, ratios, shares, totals, averages.

`BIRD: 40.08 against 92.96` bears out `a gap of 52.88 points` and `more than twice as accurate`. Both figures have to stand in one sentence;
what is worked out has to have the right unit, the right direction and, where two are compared, the right owners.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.checking import exchange
from rag.checking.figures_match import part, sense
from rag.checking.lexicon import BETTER, UNWANTED, WAYS, WORSE, stem
from rag.checking.polarity import contests, tokens_of
from rag.checking.segments import segments
from rag.reading.figures import Quantity, quantities, same_unit, same_value
from rag.reading.names import TOKEN
from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOTAL = re.compile(r"\b(?:total(?:s|ling)?|together|combined|altogether|overall|in all|sum(?:s|med)?|adds? up)\b", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:averages?|mean|per|each|every|apiece)\b", re.IGNORECASE)
_SHARE = re.compile(r"\b(?:of|share|fraction|proportion|percentage|part)\b", re.IGNORECASE)
_AS_AS = re.compile(r"\bas\s+(?:(?P<less>few|little|slow|low|small|short|weak|bad|cheap)|\w+)(?:\s+\w+){0,3}?\s+as\b", re.IGNORECASE)
_GAP = re.compile(
    r"\b(?:gap|difference|margin|distance|lead|gain|improvement|drop|reduction|increase|decrease|growth|change|advantage)\b", re.IGNORECASE
)
_NEUTRAL = re.compile(r"\b(?:gaps?|differ(?:s|ence)?|margin|distance|apart|change[sd]?|spread|ratio)\b", re.IGNORECASE)
_RELATIVE = re.compile(r"\brelative(?:ly)?\b|\bproportional(?:ly)?\b", re.IGNORECASE)
_EARLIER = re.compile(
    r"\b(?:before|beforehand|previous(?:ly)?|earlier|original(?:ly)?|initial(?:ly)?|former(?:ly)?|once|prior|past|old|had|used to|until"
    r"|start(?:s|ed|ing)?"
    r"|beg[au]n|baseline|pre|at first|last|instead of|rather than|up from|down from|from)\b",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:now|nowadays|current(?:ly)?|today|after(?:wards?)?|later|final(?:ly)?|new|subsequent(?:ly)?|eventual(?:ly)?|post|end(?:s|ed|ing)?"
    r"|reach(?:es|ed|ing)?|becom(?:es?|ing)|became|since|to|into)\b",
    re.IGNORECASE,
)
_STANDS_BEFORE = frozenset({"from", "to", "into", "until", "instead of", "rather than", "up from", "down from"})
"""Of what stands behind them, next to it; the others are of whatever stands near."""
_ADJACENT = re.compile(
    r"\s+(?:(?:about|around|roughly|nearly|almost|over|only|just|some|as (?:many|much|few) as|an?|the|its|mere)\s+)*$", re.IGNORECASE
)
_ADVERB = re.compile(r"\b[a-z]+ly\b")
_NEXT = 16
"""Characters from a figure to the `more` or `less` that goes with it."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LOWER = frozenset({"lower", "fewer", "less", "smaller", "below", "shorter", "behind", "trail", "trails", "lag", "lags", "under", "worse"})
_AROUND, _BEYOND, _SHORT_OF = 0.05, 1.35, 0.85
"""How far a worked-out figure may be from one said to be about so much, more than it, or nearly it."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How a figure comes about: `text` is the calculation as it is shown, `sentence` holds both figures."""

    text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a value from the figures of a sentence."""

    value: float
    unit: str
    text: str
    first: Quantity
    second: Quantity
    kind: str


def worked_out(claim: str, sentences: Sequence[str]) -> tuple[list[Sum], str] | None:
    """The calculations behind all figures that no sentence gives; None where one can't be had, with what is wrong where its direction is.

    >>> worked_out("That is a gap of 7 points.", ["Foo reaches 90% and Bar 83%."])[0][0].text
    '90 - 83 = 7'
    """
    ours = quantities(claim)
    sums: list[Sum] = []
    wrong = ""
    for own in ours:
        if any(same_value(own, q) and same_unit(own, q) for s in sentences for q in quantities(s)):
            continue
        found = next(_worked(claim, own, ours, sentences), None)
        if found is None:
            return None
        way, sentence = found
        sums.append(Sum(way.text, sentence))
        wrong = wrong or _direction(claim, own, way, sentence)
    return (sums, wrong) if sums else None


def plain(claim: str) -> str:
    """The claim without the words by which it compares and works out, each character in its place: the abstract need not have them.

    >>> plain("Foo lags behind Bar by roughly 7 points.").split()
    ['Foo', 'Bar', 'by', '7', 'points.']
    """
    for pattern in (_EARLIER, _LATER, _GAP, _NEUTRAL, _TOTAL, _MEAN, _SHARE, _ADVERB):
        claim = pattern.sub(lambda m: " " * len(m[0]), claim)
    taken = [m for m in TOKEN.finditer(claim) if m[0].lower() in BETTER | WORSE or stem(m[0].lower()) in WAYS]
    for word in taken:
        claim = f"{claim[: word.start()]}{' ' * len(word[0])}{claim[word.end() :]}"
    return claim


def _worked(claim: str, own: Quantity, ours: Sequence[Quantity], sentences: Sequence[str]) -> Iterator[tuple[Way, str]]:
    """Ways to the figure, those first whose figures the claim gives itself."""
    found = [(way, s) for s in sentences for way in _ways(claim, s) if _fits(claim, own, way)]

    def said(pair: tuple[Way, str]) -> int:
        return -sum(any(same_value(x, q) for x in ours) for q in (pair[0].first, pair[0].second))

    yield from sorted(found, key=said)


def _ways(claim: str, sentence: str) -> Iterator[Way]:
    """What can be worked out from a sentence, as far as the claim's words ask for it."""
    figures = [q for q in quantities(sentence) if q.bound in {"", "~"} or q.loose or q.only]
    total = _TOTAL.search(claim) is not None
    for a, b in itertools.combinations(figures, 2):
        high, low = (a, b) if a.value >= b.value else (b, a)
        if low.value <= 0 or high.value == low.value:
            continue
        (h, scale), (w, other) = _written(high, sentence), _written(low, sentence)
        scale = scale if scale == other else ""
        bases = _base(high, h, scale), _base(low, w, scale)
        base = bases[0] if math.isclose(bases[0], bases[1]) else 1.0
        gap, ratio = high.value - low.value, high.value / low.value
        parts = part(sentence, a), part(sentence, b)
        if a.unit == b.unit and (a.unit or not a.nouns or not b.nouns or set(a.nouns) & set(b.nouns) or any(parts)):
            yield Way(gap, a.unit, f"{h} - {w} = {_shown(gap, scale, base)}", a, b, "difference")
            yield Way(ratio, "times", f"{h} / {w} = {_shown(ratio)}", a, b, "ratio")
            for start in (a,) if parts[0] == "from" else (b,) if parts[1] == "from" else (a, b):
                share = 100 * gap / start.value
                yield Way(share, "%", f"({h} - {w}) / {_written(start, sentence)[0]} = {_shown(share)}%", a, b, "change")
            if _SHARE.search(claim):
                yield Way(100 / ratio, "%", f"{w} / {h} = {_shown(100 / ratio)}%", a, b, "share")
            if total:
                yield Way(a.value + b.value, a.unit, f"{h} + {w} = {_shown(a.value + b.value, scale, base)}", a, b, "total")
        elif not a.unit and not b.unit:
            if _MEAN.search(claim):
                yield Way(ratio, "", f"{h} / {w} = {_shown(ratio)}", high, low, "mean")
            if total:
                yield Way(a.value * b.value, "", f"{h} x {w} = {_shown(a.value * b.value)}", a, b, "product")
    for size in (3, 4, 5) if total else ():
        for run in (figures[n : n + size] for n in range(len(figures) - size + 1)):
            if len({q.unit for q in run}) == 1:
                whole = sum(q.value for q in run)
                said = [_written(q, sentence) for q in run]
                scale = said[0][1] if len({s for _t, s in said}) == 1 else ""
                yield Way(whole, run[0].unit, f"{' + '.join(t for t, _s in said)} = {_shown(whole, scale)}", run[0], run[-1], "total")


def _fits(claim: str, own: Quantity, way: Way) -> bool:
    """Whether a worked-out value is the claim's figure, in value and unit."""
    unit = own.unit
    if way.kind != "change" and unit == "%" and _RELATIVE.search(claim):
        return False
    if way.kind == "total" and way.unit == "%" and way.value > 100:
        return False  # shares of different things
    same = (
        unit == way.unit
        or (way.kind == "difference" and way.unit == "%" and unit in {"point", "%"})
        or (not unit and way.kind not in {"ratio", "change", "share"})
    )
    level = sense(claim, own) == "level" and unit != "point" and not _GAP.search(claim[: own.start])
    if not same or (level and way.kind in {"difference", "change"}):
        return False  # a level that two others are apart
    return _close(claim, own, way.value)


def _close(claim: str, own: Quantity, value: float) -> bool:
    digits = re.search(r"\d[\d,]*(?:\.(\d+))?", claim[own.start : own.end])
    written = float(digits[0].replace(",", "")) if digits else 0.0
    scale = own.value / written if written else 1.0
    step = 0.5 * 10 ** -len(digits[1] or "") * scale if digits else own.value * 0.02
    if own.bound == "~":
        nearly = re.search(r"\b(?:nearly|almost|close to)\s+(?:a\s+)?$", claim[: own.start], re.IGNORECASE)
        return (
            (own.value * _SHORT_OF if nearly else own.value * (1 - _AROUND)) <= value <= own.value * (1 + (0 if nearly else _AROUND)) + step
        )
    if own.bound in {">", ">="}:
        return own.value <= value + 1e-9 and value <= own.value * _BEYOND
    if own.bound in {"<", "<="}:
        return value <= own.value + 1e-9 and value >= own.value / _BEYOND
    return abs(own.value - value) <= max(step, 1e-9)


def _direction(claim: str, own: Quantity, way: Way, sentence: str) -> str:
    """What is wrong with the way the claim turns the figures; empty where nothing is.

    Which figure came first is told by what stands near them ("had held ... before", "from", "now", years), never by their order; where a
    claim says that something grew or fell and that can't be told, it fails.
    """
    change = _before(sentence, way.first, way.second)
    if way.kind in {"mean", "product"}:
        return ""
    if way.kind == "total":
        return "what was before and what came after do not add up" if change is not None else ""
    ahead, behind = _sides(claim)
    if ahead and behind and way.kind != "share":
        unwanted = bool({stem(t) for t in tokens_of(sentence)} & UNWANTED) and not re.search(
            r"\b(?:higher|lower|more|less|fewer|larger|smaller|above|below)\b", claim
        )
        high, low = (way.first, way.second) if way.first.value >= way.second.value else (way.second, way.first)
        if unwanted:
            high, low = low, high
        right = _owns(sentence, high, ahead - behind) + _owns(sentence, low, behind - ahead)
        wrong = _owns(sentence, high, behind - ahead) + _owns(sentence, low, ahead - behind)
        if right or wrong or change is None:
            return f"{claim[own.start : own.end]!r} is the other way round" if wrong > right else ""
    told = _told(claim, own, timed=way.first.unit == "s")
    if told is None:
        # A level that two figures are apart names no way; nor does a share or a multiple of what something was.
        neutral = way.kind in {"share", "ratio"} or _NEUTRAL.search(claim) is not None
        return "" if neutral or (ahead and behind) else "which way it changed is not clear"
    if change is None:
        return "" if ahead and behind else "which figure came first is not clear"
    return "it changes the other way" if (change[1].value > change[0].value) != (told > 0) else ""


def _told(claim: str, own: Quantity, *, timed: bool) -> int | None:
    """1 where the claim says that something grew, -1 that it fell, by the word nearest to the figure; None where it says neither."""
    signs = []
    for word in TOKEN.finditer(claim):
        axis, sign = WAYS.get(stem(word[0].lower()), ("", 0))
        if axis == "speed" and own.unit == "times":
            signs.append((abs(word.start() - own.start), -sign if timed else sign))
        elif axis in {"amount", "size"} and (word[0].lower() not in {"more", "less"} or 0 <= word.start() - own.end <= _NEXT):
            signs.append((abs(word.start() - own.start), sign))
    return min(signs)[1] if signs else None


def _before(sentence: str, one: Quantity, other: Quantity) -> tuple[Quantity, Quantity] | None:
    """The two in the order of time; None where the sentence does not tell."""
    parts = part(sentence, one), part(sentence, other)
    if "from" in parts or "to" in parts:
        return (one, other) if parts[0] == "from" or parts[1] == "to" else (other, one)
    marks = _when(sentence, one), _when(sentence, other)
    if marks[0] == marks[1]:
        years = _year(sentence, one), _year(sentence, other)
        if None in years or years[0] == years[1]:
            return None
        return (one, other) if years[0] < years[1] else (other, one)  # type: ignore[operator]
    return (one, other) if marks[0] < marks[1] else (other, one)


def _around(sentence: str, figure: Quantity) -> tuple[int, int]:
    """The stretch of the sentence around a figure, as far as the next one on either side."""
    others = quantities(sentence)
    start = max((q.end for q in others if q.end <= figure.start and not _is_year(sentence, q)), default=0)
    end = min((q.start for q in others if q.start >= figure.end and not _is_year(sentence, q)), default=len(sentence))
    cuts = [(a, b) for a, b in segments(sentence) if a <= figure.start < b]
    if cuts:
        start, end = max(start, cuts[0][0]), min(end, cuts[0][1])
    return start, end


def _when(sentence: str, figure: Quantity) -> int:
    """-1 for what was before, 1 for what came after, 0 where nothing near the figure says so."""
    start, end = _around(sentence, figure)
    found = []
    for sign, pattern in ((-1, _EARLIER), (1, _LATER)):
        for mark in pattern.finditer(sentence, start, end):
            if mark[0].lower() in _STANDS_BEFORE and not _ADJACENT.fullmatch(sentence[mark.end() : figure.start]):
                continue
            found.append((figure.start - mark.end() if mark.end() <= figure.start else mark.start() - figure.end, sign))
    return min(found)[1] if found else 0


def _year(sentence: str, figure: Quantity) -> int | None:
    """The year of a figure: the only one in its stretch, else the last one between the figure before it and itself."""
    years = {int(m[0]) for m in _YEAR.finditer(sentence, *_around(sentence, figure))}
    if not years:
        start = max((q.end for q in quantities(sentence) if q.end <= figure.start and not _is_year(sentence, q)), default=0)
        years = {int(m[0]) for m in list(_YEAR.finditer(sentence, start, figure.start))[-1:]}
    return years.pop() if len(years) == 1 else None


def _is_year(sentence: str, figure: Quantity) -> bool:
    return _YEAR.fullmatch(sentence[figure.start : figure.end]) is not None


def _sides(claim: str) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of who has more, and of who has less."""
    bare = re.sub(r"\([^()]*\)", lambda m: " " * len(m[0]), claim)
    if compared := _AS_AS.search(bare):
        left, right = bare[: compared.start()], bare[compared.end() :]
        sides = _content(left), _content(right)
        return (sides[1], sides[0]) if compared["less"] else sides
    for contest in contests(bare):
        if contest.ahead and contest.behind:
            return contest.ahead, contest.behind
    tokens = tokens_of(bare)
    for word in ("than", "behind", "above", "below", "over", "ahead"):
        if word in tokens:
            at = tokens.index(word)
            one, other = _content(" ".join(tokens[:at])), _content(" ".join(tokens[at + 1 :]))
            return (other, one) if _LOWER & set(tokens[max(0, at - 4) : at + 1]) else (one, other)
    return frozenset(), frozenset()


def _owns(sentence: str, figure: Quantity, side: frozenset[str]) -> float:
    """How near the words of a side stand to a figure."""
    around = exchange.context(sentence, figure.start, figure.end)
    return sum(weight for term, weight in around.items() if term.removeprefix("name:") in side or stem(term.removeprefix("name:")) in side)


def _content(text: str) -> frozenset[str]:
    found = {stem(t) for t in tokens_of(text) if t[0].isalnum() and t not in STOP_WORDS}
    return frozenset(found | {re.sub(r"[\W_]+", "", t) for t in tokens_of(text) if t[0].isalnum() and t not in STOP_WORDS})


_SCALE = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "b": 1e9, "trillion": 1e12, "t": 1e12}


def _written(figure: Quantity, sentence: str) -> tuple[str, str]:
    """A figure as the sentence writes it, without its unit, and its word of scale."""
    found = re.match(
        r"\D*(\d[\d,]*(?:\.\d+)?)(?:[\s\-]?(thousand|million|billion|trillion|[KMBT](?![a-z])))?", sentence[figure.start : figure.end]
    )
    if found is None:
        return _shown(figure.value), ""
    return f"{found[1]} {found[2]}" if found[2] else found[1], found[2] or ""


def _base(figure: Quantity, written: str, scale: str) -> float:
    """What the written number was multiplied by beside its scale: 3600 for hours."""
    digits = re.match(r"[\d,]+(?:\.\d+)?", written)
    number = float(digits[0].replace(",", "")) * _SCALE.get(scale.lower(), 1.0) if digits else 0.0
    return figure.value / number if number and figure.unit else 1.0


def _shown(value: float, scale: str = "", base: float = 1.0) -> str:
    """`base`: what a unit of time or of storage was multiplied by when the figures were read."""
    value /= _SCALE.get(scale.lower(), 1.0) * base
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text} {scale}" if scale else text
