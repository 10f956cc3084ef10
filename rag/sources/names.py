"""Author names: from the orders that formats use to `First Last`, and apart again for export."""

from __future__ import annotations

import re

_ET_AL = re.compile(r"[,;]?\s*(?:\band\s+)?\b(?:et\.?\s+al\.?|and\s+others)\s*$", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}")
_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|ph\.?d|m\.?d)\.?", re.IGNORECASE)
PARTICLES = frozenset(
    "van von de der den del della dello di da das do dos du la le el al bin ibn ben ter ten af av zu zum zur vom op 't y e san st".split()  # noqa: SIM905
)


def people(text: str) -> tuple[list[str], bool]:
    """The names in a string, as `First Last`, and whether it ends in "et al." or "and others".

    Semicolons part names, else `and`, else commas; a comma inside a name turns it round.
    """
    shortened = _ET_AL.sub("", text.strip())
    if ";" in shortened:
        parts = shortened.split(";")
    elif re.search(r"\s(?:and|&)\s", shortened):
        left = re.split(r",?\s+(?:and|&)\s+", shortened)
        # "A B, C D and E F" parts by commas as well; "B, A and D, C" does not.
        listed = len(left) == 2 and "," in left[0] and "," not in left[1]
        parts = [*left[0].split(","), left[1]] if listed else left
    else:
        parts = _by_commas(shortened)
    names = [direct(part) for part in parts]
    return [name for name in names if name], shortened != text.strip()


def _by_commas(text: str) -> list[str]:
    """Part "A B, C D" at commas, but keep "Last, First" (one name, or an even row of single words and initials)."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) % 2 == 0 and all(
        " " not in last and (" " not in first or _INITIALS.fullmatch(first)) for last, first in zip(parts[::2], parts[1::2], strict=True)
    ):
        return [f"{last}, {first}" for last, first in zip(parts[::2], parts[1::2], strict=True)]
    return parts


def direct(name: str) -> str:
    """`Last, First` or `Last, Jr, First` as `First Last`; any other name as it stands, single-spaced."""
    parts = [" ".join(part.split()) for part in name.split(",")]
    parts = [part for part in parts if part]
    if len(parts) == 2 and _SUFFIX.fullmatch(parts[1]):
        return " ".join(parts)
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):
        return f"{parts[2]} {parts[0]} {parts[1]}"
    return " ".join(reversed(parts)) if len(parts) == 2 else " ".join(parts)


def apart(name: str) -> tuple[str, str]:
    """Given and family name of `First Last`: a particle belongs to the family name; one word is a family name.

    >>> apart("Laurens van der Maaten"), apart("Plato")
    (('Laurens', 'van der Maaten'), ('', 'Plato'))
    """
    words = name.split()
    at = len(words) - 1
    while at > 1 and words[at - 1].lower() in PARTICLES and words[at - 1][0].islower():
        at -= 1
    return " ".join(words[:at]), " ".join(words[at:])
