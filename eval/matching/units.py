"""Number words, scales and units: what is needed to see that "175B", "175 billion" and "175,000 million" are the same."""

# ruff: noqa: SIM905 - a list of words reads best as running text

from __future__ import annotations

NUMBER_WORDS: dict[str, float] = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen twenty".split()
    )
} | {
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "dozen": 12.0,
    "hundred": 100.0,
    "half": 0.5,
    "twice": 2.0,
    "thrice": 3.0,
}
"""Words that stand for a number of their own. "two hundred" is joined by SCALES."""

SCALES: dict[str, float] = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "m": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "billions": 1e9,
    "b": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "t": 1e12,
}
"""What multiplies the number before it; the single letters only when glued to it (`175B`)."""

GLUED_SCALES = frozenset({"k", "m", "mn", "b", "bn", "t"})

_SAME = (
    ("%", "percent", "per cent", "percentage", "pct", "pp", "point", "points", "percentage point", "percentage points"),
    ("x", "times", "time", "fold", "\u00d7", "factor"),
    ("s", "sec", "secs", "second", "seconds"),
    ("ms", "millisecond", "milliseconds"),
    ("h", "hr", "hrs", "hour", "hours"),
    ("min", "mins", "minute", "minutes"),
    ("gb", "gib", "gigabyte", "gigabytes"),
    ("mb", "mib", "megabyte", "megabytes"),
    ("db", "decibel", "decibels"),
    ("hz", "hertz"),
    ("usd", "$", "dollar", "dollars"),
    ("param", "params", "parameter", "parameters"),
    ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
    ("image", "images", "picture", "pictures", "photo", "photos"),
)
_CANON = {name: group[0] for group in _SAME for name in group}


def canonical_unit(unit: str) -> str:
    """The first name of a unit's group, or the unit itself in lower case.

    >>> canonical_unit("Percentage points"), canonical_unit("fold"), canonical_unit("BLEU")
    ('%', 'x', 'bleu')
    """
    name = unit.strip().lower()
    return _CANON.get(name, name)


def is_unit(word: str) -> bool:
    """Whether a word glued to a number is a unit ("5ms") rather than part of a name ("3D")."""
    return word in _CANON
