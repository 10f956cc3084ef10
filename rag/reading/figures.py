"""Figures with their units and bounds: what a sentence says of a number, compared with what an abstract says.

`12 %`, `175B`, `three`, `twice`, `0.9 million pairs` and `80-90%` are quantities; the digits of `GPT-4`, `GSM8K` and `top-1` belong to
names. Values are scaled to a base unit (seconds, bytes, units), so `0.9M` equals `900,000` and `2 minutes` equals `120 s`.
"""

# ruff: noqa: RUF001 - typographic signs are what is parsed here

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from rag.text import STOP_WORDS, stem, words

Bound = Literal["", "~", "<=", ">=", "<", ">"]

_UNITS_TO_TWENTY = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
    *("sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORD_VALUES = {w: float(n) for n, w in enumerate(_UNITS_TO_TWENTY, start=2)} | {w: 10.0 * n for n, w in enumerate(_TENS, start=3)}
_WORD_VALUES |= {"dozen": 12.0, "hundred": 100.0, "thousand": 1000.0}
_MULTIPLES = {
    "twice": 2.0,
    "double": 2.0,
    "doubles": 2.0,
    "doubled": 2.0,
    "doubling": 2.0,
    "twofold": 2.0,
    "threefold": 3.0,
    "tenfold": 10.0,
}
_MULTIPLES |= {
    "triple": 3.0,
    "triples": 3.0,
    "tripled": 3.0,
    "thrice": 3.0,
    "fourfold": 4.0,
    "fivefold": 5.0,
    "quadruple": 4.0,
    "quadruples": 4.0,
    "quadrupled": 4.0,
}
_FRACTIONS = {"half": 50.0, "halves": 50.0, "halved": 50.0, "halving": 50.0, "quarter": 25.0}
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "b": 1e9,
    "billion": 1e9,
    "bn": 1e9,
    "t": 1e12,
    "trillion": 1e12,
    "hundred": 100.0,
}
_UNITS: dict[str, tuple[str, float]] = {
    "%": ("%", 1.0),
    "percent": ("%", 1.0),
    "per cent": ("%", 1.0),
    "percentage point": ("point", 1.0),
    "percentage points": ("point", 1.0),
    "percent points": ("point", 1.0),
    "pp": ("point", 1.0),
    "point": ("point", 1.0),
    "points": ("point", 1.0),
    "x": ("times", 1.0),
    "×": ("times", 1.0),
    "times": ("times", 1.0),
    "fold": ("times", 1.0),
    "ms": ("s", 1e-3),
    "milliseconds": ("s", 1e-3),
    "s": ("s", 1.0),
    "sec": ("s", 1.0),
    "second": ("s", 1.0),
    "seconds": ("s", 1.0),
    "minute": ("s", 60.0),
    "minutes": ("s", 60.0),
    "min": ("s", 60.0),
    "hour": ("s", 3600.0),
    "hours": ("s", 3600.0),
    "day": ("s", 86400.0),
    "days": ("s", 86400.0),
    "week": ("s", 604800.0),
    "weeks": ("s", 604800.0),
    "month": ("month", 1.0),
    "months": ("month", 1.0),
    "year": ("month", 12.0),
    "years": ("month", 12.0),
    "kb": ("byte", 1e3),
    "mb": ("byte", 1e6),
    "gb": ("byte", 1e9),
    "tb": ("byte", 1e12),
    "bit": ("bit", 1.0),
    "bits": ("bit", 1.0),
    **{
        prefix + "flops": ("flops", scale)
        for prefix, scale in (("mega", 1e6), ("giga", 1e9), ("tera", 1e12), ("peta", 1e15), ("exa", 1e18))
    },
    **{prefix + "flops": ("flops", scale) for prefix, scale in (("m", 1e6), ("g", 1e9), ("t", 1e12), ("p", 1e15), ("", 1.0))},
    "hz": ("hz", 1.0),
    "khz": ("hz", 1e3),
    "mhz": ("hz", 1e6),
    "ghz": ("hz", 1e9),
    "mm": ("m", 1e-3),
    "cm": ("m", 1e-2),
    "km": ("m", 1e3),
    "fps": ("fps", 1.0),
    "db": ("db", 1.0),
}
_UNIT_WORDS = "|".join(sorted((re.escape(u) for u in _UNITS), key=len, reverse=True))
_LONG_UNITS = "|".join(sorted((re.escape(u) for u in _UNITS if len(u) > 1), key=len, reverse=True))
_NUMBER = re.compile(
    rf"""
    (?P<before>\$|€|£)?
    (?<![\w.])(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)
    (?:[\s\-]?(?P<scale>thousand|million|billion|bn|trillion|hundred|(?<!-)[KkMBbT])(?![\w]))?
    (?:[\s\-]?(?:(?:GPU|TPU|CPU|A100|V100|H100)[\s\-])?(?P<unit>[sx×%]|(?i:{_LONG_UNITS}))(?![A-Za-z0-9]))?
    (?!\w)
    """,
    re.VERBOSE,
)
_SPELLED = re.compile(
    rf"\b(?P<word>{'|'.join(sorted([*_WORD_VALUES, *_MULTIPLES, *_FRACTIONS], key=len, reverse=True))}"
    r"|one(?=[\s\-](?:hundred|thousand|million|billion|trillion)\b))\b"
    r"(?:[\s\-](?P<scale>hundred|thousand|million|billion|trillion)\b)?"
    rf"(?:[\s\-](?P<unit>{_UNIT_WORDS})\b)?",
    re.IGNORECASE,
)
_PARTS = {"third": 3.0, "quarter": 4.0, "fifth": 5.0, "sixth": 6.0, "seventh": 7.0, "eighth": 8.0, "ninth": 9.0, "tenth": 10.0}
_COUNTS = {"one": 1.0, "a": 1.0, "an": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "nine": 9.0}
_THIRDS = re.compile(rf"\b(?P<n>{'|'.join(_COUNTS)})[\s\-](?P<part>{'|'.join(_PARTS)})s?\b", re.IGNORECASE)
_AND_A_HALF = re.compile(
    rf"\b(?P<n>one|{'|'.join(w for w, v in _WORD_VALUES.items() if v <= 12)}|\d+)\s+and\s+a\s+half(?P<times>\s+times)?\b", re.IGNORECASE
)
_TENS_OF = {"tens": 10.0, "dozens": 12.0, "hundreds": 100.0, "thousands": 1e3, "millions": 1e6, "billions": 1e9, "trillions": 1e12}
_MANY = re.compile(rf"\b(?P<n>{'|'.join(_TENS_OF)})\s+of(?:\s+(?P<of>hundreds|thousands|millions|billions|trillions)\b)?", re.IGNORECASE)
_HALF_A = re.compile(
    r"\bhalf\s+(?:an?|one)\s+(?P<of>thousand|million|billion|trillion|second|minute|hour|day|week|month|year|dozen)\b", re.IGNORECASE
)
_MAGNITUDE = re.compile(r"\b(?P<n>an|one|two|three)\s+orders?\s+of\s+magnitude\b", re.IGNORECASE)
_FACTOR = re.compile(r"\bfactors?\s+of\s+(?:\w+\s+)?$", re.IGNORECASE)
_BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (
        "<=",
        re.compile(
            r"(?:\bup\s+to|\bas\s+(?:much|many|high|large|far|long|low|little|few)\s+as|\bat\s+most|\bno\s+more\s+than|\bmaximum\s+(?:of\s+)?|\bmax(?:imum)?\.?|\bnot\s+more\s+than|\bwithin|≤|\bup\s+to\s+a)\s*(?:a\s+)?$",
            re.IGNORECASE,
        ),
    ),
    (">=", re.compile(r"(?:\bat\s+least|\bno\s+(?:less|fewer)\s+than|\bminimum\s+of|\bnot\s+less\s+than|≥)\s*$", re.IGNORECASE)),
    (
        ">",
        re.compile(
            r"(?:\bmore\s+than|\bover|\babove|\bgreater\s+than|\bexceed(?:s|ing|ed)?|\bbeyond|\bhigher\s+than|\blarger\s+than|>)\s*(?:a\s+)?$",
            re.IGNORECASE,
        ),
    ),
    ("<", re.compile(r"(?:\bless\s+than|\bfewer\s+than|\bunder|\bbelow|\bsmaller\s+than|\blower\s+than|<)\s*(?:a\s+)?$", re.IGNORECASE)),
    (
        "~",
        re.compile(
            r"(?:\babout|\baround|\broughly|\bapproximately|\bapprox\.?|\bsome|\bnearly|\balmost|\bclose\s+to|\bca\.?|\bcirca|~|≈)\s*(?:a\s+)?$",
            re.IGNORECASE,
        ),
    ),
)
_LOOSE = re.compile(r"\b(?:over|above|below|under|within|beyond|around|about|some)\s+$", re.IGNORECASE)
_REACHING = re.compile(r"\b(?:go|goes|going|went|only|just)\s+(?:\w+\s+)?up\s+to\s+$", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|just|merely|a mere)\s+(?:about\s+|around\s+)?$", re.IGNORECASE)
_RATE = re.compile(
    r"[^.,;:]{0,30}?(?:\bper|\ban?|\beach|\bevery|/)\s*(second|minute|hour|day|night|week|month|year|epoch|step|iteration|token|sample|image|query|s|h)\b",
    re.IGNORECASE,
)
_PLUS = re.compile(r"^\+(?!\d)|^\s+(?:or\s+more|or\s+higher|and\s+more)\b", re.IGNORECASE)
_LIST_GLUE = re.compile(r"^\s*(?:,|and|&|to|or|/|-|–|~|vs\.?|versus|,\s*and)\s*[+~]?\s*$", re.IGNORECASE)
_NOUN_STOP = re.compile(
    r"[.,;:()?!\d]|(?<![\w-])(?:of|in|on|for|with|from|to|by|at|as|than|that|which|and|or|but|while|is|are|was|were|an?)(?![\w-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A figure in a text. `unit` is "" for a bare number or a count, whose counted things are `nouns` (stems, nearest first)."""

    value: float
    unit: str
    bound: Bound
    nouns: tuple[str, ...]
    start: int
    end: int
    loose: bool = False
    """The bound is a word with other meanings ("over 95 databases", "within 3 days")."""
    per: str = ""
    """What a rate is per: `minute` in `3 million lines a minute`."""
    only: bool = False
    """Said to be little: `only 50%`, which is no more than 50%."""


def quantities(text: str) -> list[Quantity]:
    """The figures of a text in order of place.

    >>> [(q.value, q.unit, q.bound, q.nouns) for q in quantities("GPT-4 gains up to 3.5 % on 0.9M pairs, twice as many.")]
    [(3.5, '%', '<=', ()), (900000.0, '', '', ('pair',)), (2.0, 'times', '', ())]
    """
    return list(_quantities(text))


@lru_cache(maxsize=4096)
def _quantities(text: str) -> tuple[Quantity, ...]:
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        if _part_of_name(text, match):
            continue
        value = float(match["digits"].replace(",", ""))
        found.append(_made(text, match.start("digits"), match.end(), value, match["scale"], match["unit"], match["before"]))
    for match in _SPELLED.finditer(text):
        word = match["word"].lower()
        if word in _MULTIPLES:
            found.append(_plain(text, match.start(), match.end("word"), _MULTIPLES[word], "times"))
        elif word in _FRACTIONS:
            if word != "half" or not re.match(r"\s*[a-z]*-?(?:way|hearted)", text[match.end("word") :]):
                found.append(_plain(text, match.start(), match.end("word"), _FRACTIONS[word], "%"))
        else:
            found.append(_made(text, match.start(), match.end(), _WORD_VALUES.get(word, 1.0), match["scale"], match["unit"], None))
    for match in _AND_A_HALF.finditer(text):
        count = match["n"].lower()
        value = (1.0 if count == "one" else _WORD_VALUES.get(count) or float(count)) + 0.5
        found.append(_plain(text, match.start(), match.end(), value, "times" if match["times"] else ""))
    for match in _MANY.finditer(text):
        value = _TENS_OF[match["n"].lower()] * _TENS_OF.get((match["of"] or "").lower(), 1.0)
        found.append(_plain(text, match.start(), match.end(), value, ""))
    for match in _HALF_A.finditer(text):
        of = match["of"].lower()
        unit, factor = _UNITS.get(of, ("", _SCALES.get(of, 12.0)))
        found.append(_plain(text, match.start(), match.end(), factor / 2, unit))
    for match in _THIRDS.finditer(text):
        parts, count = _PARTS[match["part"].lower()], _COUNTS[match["n"].lower()]
        found.append(_plain(text, match.start(), match.end(), 100.0 * count / parts, "%"))
    for match in _MAGNITUDE.finditer(text):
        power = {"an": 1, "one": 1, "two": 2, "three": 3}[match["n"].lower()]
        found.append(_plain(text, match.start(), match.end(), 10.0**power, "times"))
    return tuple(_shared_units(text, _without_overlaps(found)))


def same_value(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the claim's figure is the stated one: equal, or rounded where the claim says so ("about", "over", "nearly")."""
    a, b = claimed.value, stated.value
    if abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1.0):
        return True
    close = abs(a - b) <= 0.05 * max(abs(a), abs(b))
    if claimed.bound == "~":
        return close
    if claimed.bound in {">", ">="}:
        return close and b > a
    return claimed.bound in {"<", "<="} and close and b < a


def same_unit(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the units agree; a missing one on the claim's side agrees with per cent, points and multiples."""
    a, b = claimed.unit, stated.unit
    if claimed.per and stated.per and claimed.per != stated.per:
        return False
    if a == b:
        return True
    if {a, b} == {"%", "times"}:
        return False
    if not a:
        return b in {"%", "point", "times"}
    return not b and a == "point"


def bound_kept(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the claim keeps "up to", "at least" and the like; a rounding of a plain figure counts as kept."""
    if claimed.value != stated.value:
        return True  # rounded, see same_value
    upper, lower = {"<", "<="}, {">", ">="}
    if stated.only:
        return claimed.bound in {"", "~"} or claimed.bound in upper or claimed.loose
    if stated.loose and not stated.unit:
        return claimed.bound in {"", "~", stated.bound} or claimed.loose
    if stated.bound in upper:
        return claimed.bound in upper
    if stated.bound in lower:
        return claimed.bound in lower
    return claimed.bound in {"", "~"} or claimed.loose


def _made(text: str, start: int, end: int, value: float, scale: str | None, unit: str | None, currency: str | None) -> Quantity:
    if scale:
        value *= _SCALES[scale.lower()]
    name = ""
    if unit:
        name, factor = _UNITS[unit.lower()]
        value *= factor
    elif currency:
        name = "usd" if currency == "$" else currency
    if not name and _FACTOR.search(text[:start]):
        name = "times"
    return _plain(text, start, end, value, name)


def _plain(text: str, start: int, end: int, value: float, unit: str) -> Quantity:
    before, after = text[max(0, start - 40) : start].rstrip("+$€£ ") + " ", text[end:]
    bound: Bound = next((sign for sign, pattern in _BOUNDS if pattern.search(before)), "")
    if (bound == "<=" and _REACHING.search(before)) or (bound == "~" and re.search(r"\d[\w%]*\s*~\s*$", before)):
        bound = ""
    if _PLUS.match(after):
        bound = ">="
    nouns: tuple[str, ...] = ()
    if not unit:
        run = after[:60]
        stop = _NOUN_STOP.search(run)
        run = run[: stop.start()] if stop else run
        nouns = tuple(stem(part) for word in words(run)[:5] for part in word.split("-") if part not in STOP_WORDS and not part.isdigit())
    rate = _RATE.match(after)
    return Quantity(
        value=value,
        unit=unit,
        bound=bound,
        nouns=nouns,
        start=start,
        end=end,
        loose=bound != "" and _LOOSE.search(before) is not None,
        only=_ONLY.search(before) is not None,
        per=rate[1].lower() if rate else "",
    )


def _part_of_name(text: str, match: re.Match[str]) -> bool:
    """Digits tied to letters on either side: `CIFAR-10`, `GPT-4`, `top-1`, `3D`, `v0.3`."""
    start, end = match.start("digits"), match.end()
    if start and text[start - 1] == "@":
        return True  # `Precision@95%`
    if start and text[start - 1] in "-_/" and start > 1 and text[start - 2].isalpha():
        return True
    return bool(re.match(r"[-_][A-Z]", text[end:])) and not match["unit"]


def _without_overlaps(found: list[Quantity]) -> list[Quantity]:
    kept: list[Quantity] = []
    for quantity in sorted(found, key=lambda q: (q.start, -(q.end - q.start))):
        if not kept or quantity.start >= kept[-1].end:
            kept.append(quantity)
    return kept


def _shared_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """`80-90%` and `63, 66 and 70%`: a bare figure takes the unit, or the counted things, of the one that its list ends with."""
    for n in range(len(found) - 2, -1, -1):
        here, after = found[n], found[n + 1]
        if text[here.start].isdigit() and text[after.start].isalpha():
            continue  # "by 2.41, a quarter of it"
        if not here.unit and not here.nouns and _LIST_GLUE.match(text[here.end : after.start]) and not _counted_before(text, here, after):
            scale = 1.0
            if re.fullmatch(r"[\d.,]+", text[here.start : here.end]) and (after.unit in {"s", "byte"} or after.value >= 1000):
                scale = _scale_of(text[after.start : after.end])
            value = here.value * scale if scale != 1.0 and here.value < after.value else here.value
            found[n] = replace(here, unit=after.unit, nouns=after.nouns, value=value)
    return found


def _counted_before(text: str, here: Quantity, after: Quantity) -> bool:
    """`a batch size of 512 and 400 epochs`: what the first figure counts stands before it."""
    before, between = text[: here.start], text[here.end : after.start]
    return not after.unit and "and" in between and re.search(r"[a-z] (?:of|is|was) (?:\w+ )?$", before) is not None


def _scale_of(written: str) -> float:
    """What the written form multiplies its digits by: 1e6 for `0.9M`, 60 for `5 minutes`."""
    match = _NUMBER.search(written)
    if match is None:
        return 1.0
    factor = _SCALES[match["scale"].lower()] if match["scale"] else 1.0
    return factor * (_UNITS[match["unit"].lower()][1] if match["unit"] else 1.0)


def has_figure(text: str) -> bool:
    """Whether the text holds a figure, in digits or in words."""
    return bool(_quantities(text))
