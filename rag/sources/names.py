"""Author names: from the orders that formats use to parts, to `First Last`, and apart again for export."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rag.schema import Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.schema import Paper

_ET_AL = re.compile(r"[,;]?\s*(?:(?:\band|&)\s+)?(?:\bet\.?\s+al\b\.?|\band\s+others\b|(?<=;)\s*others\b|…|\.\.\.)[,;.\s]*$", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}")
_SUFFIX = re.compile(r"(?:jr|sr|jnr|snr|ii|iii|iv|vi|vii|viii|[23]rd|2nd|ph\.?\s?d|m\.?d|esq|junior|senior)\.?", re.IGNORECASE)
_BARE_SUFFIX = re.compile(r"(?:Jr|JR|Sr|SR|Jnr|Snr|Junior)\.?|II|III|IV|VI|VII|VIII|3rd|2nd")
PARTICLES = frozenset(
    "van von de der den del della dello delle degli dei di da das do dos du la le el al bin ibn ben bint ter ten te tot af av zu zum zur"  # noqa: SIM905
    " vom op 't 's y e san st und auf in het d'".split()
)
# Letters that stand for given names: "J.", "A.-B.", "JD"; a number of one to three capitals.
_LAST_INITIALS = re.compile(r"(?:[^\W\d_]\.-?){1,5}|[A-ZÀ-ÖØ-Þ](?:-?[A-ZÀ-ÖØ-Þ]){0,2}")
# Words that only the names of groups hold (there are people called Press, School and The).
_GROUP = re.compile(
    r"\b(?:(?i:groups?|consorti(?:um|a)|collaborat(?:ion|ors|ive)|teams?|networks?|committees?|associations?|societ(?:y|ies)|organi[sz]ations?"
    r"|institut(?:e|es|o|ion)?|universit(?:y|ies|é|ät|at|à|eit)|universidad|ministry|cent(?:er|re)s?|departments?|initiatives?|investigators"
    r"|projects?|foundation|council|agency|bureau|compan(?:y|ies)|corporations?|inc|ltd|llc|gmbh|laborator(?:y|ies)|labs?|alliance"
    r"|commission|stud(?:y|ies)|trial(?:ists)?|program(?:me)?s?|registry|task\s+force|panel|federation|administration|survey|academy"
    r"|developers|contributors|community|partnership)|of|for|and|the)\b|^The\s|\s&\s"
)
# How those words begin: few names hold one that does, and the others need no search.
_GROUP_STARTS = frozenset(
    "gro con col tea net com ass soc org ins uni min cen dep ini inv pro fou cou age bur cor inc ltd llc gmb lab all stu tri reg tas pan"  # noqa: SIM905
    " fed adm sur aca dev par of for and the".split()
)
_WORD = re.compile(r"\w+")
_COMPANY = re.compile(r"(?:inc|ltd|llc|gmbh|corp|co|plc|s\.?a)\.?", re.IGNORECASE)
_EXTENDED = re.compile(r"\s*(family|given|prefix|suffix|useprefix|(?:family|given|prefix|suffix)-i)\s*=\s*(.*)", re.IGNORECASE)


def people(text: str) -> tuple[list[str], bool]:
    """The names in a string, as `First Last`, and whether it ends in "et al." or "and others".

    Semicolons part names, else `and`, else commas; a comma inside a name turns it round.
    """
    shortened = _ET_AL.sub("", text.strip())
    if ";" in shortened:
        found = shortened.split(";")
    elif re.search(r"\s(?:and|&)\s", shortened):
        left = re.split(r",?\s+(?:and|&)\s+", shortened)
        # "A B, C D and E F" parts by commas as well; "B, A and D, C" does not.
        listed = len(left) == 2 and "," in left[0] and "," not in left[1]
        found = [*left[0].split(","), left[1]] if listed else [name for part in left for name in _by_commas(part)]
    else:
        found = _by_commas(shortened)
    names = [direct(part) for part in found]
    return [name for name in names if name], shortened != text.strip()


def _by_commas(text: str) -> list[str]:
    """Part "A B, C D" at commas, but keep "Last, First" (one name, or an even row of family names and initials)."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):
        return [", ".join(parts)]
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) % 2 == 0 and pairs:
        initials = all(_INITIALS.fullmatch(first) and first[:1].isupper() for _, first in pairs)
        single = all(" " not in last and (" " not in first or _INITIALS.fullmatch(first)) for last, first in pairs)
        # "van der Moss, L., Fern, O.": initials behind each family name, of however many words that is
        if single or (initials and not any(_turned(part) for part in parts)):
            return [f"{last}, {first}" for last, first in pairs]
    return parts


def direct(name: str) -> str:
    """`Last, First`, `Last, Jr, First` or `Last F.` as `First Last`; any other name as it stands, single-spaced.

    >>> [direct(name) for name in ("van der Moss, L.", "King, Jr., Martin Luther", "Smith J.", "Quill, A.B.", "Roof Study Group")]
    ['L. van der Moss', 'Martin Luther King Jr.', 'J. Smith', 'A.B. Quill', 'Roof Study Group']
    """
    return str(parse(name))


@lru_cache(maxsize=1 << 14)
def parse(name: str) -> Name:
    """A name in parts, in any of the orders that formats and people write.

    >>> parse("García Márquez, Gabriel").to_dict(), parse("Laurens van der Maaten").to_dict(), parse("Smith JD").to_dict()
    ({'family': 'García Márquez', 'given': 'Gabriel'}, {'family': 'Maaten', 'given': 'Laurens', 'particle': 'van der'}, {'family': 'Smith', 'given': 'J. D.'})
    """  # noqa: E501 - one line of output
    text = " ".join(name.split())
    if "=" in text and (found := _extended(text)):
        return found
    parts = [part for part in (part.strip() for part in text.split(",")) if part]
    if len(parts) < 2:
        return _without_comma(parts[0] if parts else "")
    if _COMPANY.fullmatch(parts[-1]) or (is_group(parts[0]) and len(parts[0].split()) > 1):
        return Name(literal=text)
    suffix = ""
    if len(parts) > 2 and (at := next((n for n in (1, len(parts) - 1) if _SUFFIX.fullmatch(parts[n])), 0)):
        suffix = parts.pop(at)
    if len(parts) == 2 and not suffix and _SUFFIX.fullmatch(parts[1]):
        held = _without_comma(parts[0])
        return Name(family=held.family or held.literal, given=held.given, particle=held.particle, suffix=parts[1])
    if len(parts) > 2:
        return Name(literal=" ".join(parts))
    return of_parts(parts[0], parts[1], suffix)


def of_parts(family: str, given: str, suffix: str = "") -> Name:
    """A name from its family and its given part: particles and a suffix that stand in either find their place."""
    words, given_words = family.split(), given.split()
    if not words:
        return Name(literal=given)
    if not suffix and len(words) > 1 and _BARE_SUFFIX.fullmatch(words[-1]):
        suffix = words.pop()
    if not suffix and len(given_words) > 1 and _BARE_SUFFIX.fullmatch(given_words[-1]):
        suffix = given_words.pop()
    at = 0
    while at < len(words) - 1 and _is_particle(words[at]):
        at += 1
    before = len(given_words)
    while before > 1 and _is_particle(given_words[before - 1]):
        before -= 1
    particle = " ".join((*given_words[before:], *words[:at]))
    return Name(family=" ".join(words[at:]), given=" ".join(given_words[:before]), particle=particle, suffix=suffix)


def _is_particle(word: str) -> bool:
    return word[:1].islower() and (word.lower() in PARTICLES or word.startswith(("d'", "d’", "l'", "l’", "al-", "el-", "'t", "’t")))  # noqa: RUF001


def _without_comma(text: str) -> Name:
    """`First von Last`, `Last F.` or a group."""
    words = text.split()
    if len(words) < 2 or is_group(text):
        return Name(literal=text)
    if turned := _turned(text):
        return turned
    suffix = words.pop() if len(words) > 2 and _BARE_SUFFIX.fullmatch(words[-1]) else ""
    at = len(words) - 1
    while at > 1 and _is_particle(words[at - 1]):
        at -= 1
    if all(map(_is_particle, words[:at])):  # "van der Moss"
        return Name(family=words[-1], particle=" ".join(words[:-1]), suffix=suffix) if at == 1 else Name(literal=text)
    return Name(family=words[-1], given=" ".join(words[:at]), particle=" ".join(words[at:-1]), suffix=suffix)


def _turned(text: str) -> Name | None:
    """`Smith J.`, `van der Moss L. B.` and `Smith JD`: initials behind a family name; None for any other."""
    words = text.split()
    suffix = words.pop() if len(words) > 2 and _BARE_SUFFIX.fullmatch(words[-1]) else ""
    at = len(words)
    while at > 1 and _LAST_INITIALS.fullmatch(words[at - 1]) and not _BARE_SUFFIX.fullmatch(words[at - 1]):
        at -= 1
    family = words[:at]
    # A family name is written out; "J. R. R. Tolkien" and "DJ K" have none in front.
    if at == len(words) or not any(len(word) > 1 and any(map(str.islower, word)) and "." not in word for word in family[-1:]):
        return None
    if _LAST_INITIALS.fullmatch(family[0]) or len([word for word in family if not _is_particle(word)]) > 3:
        return None
    given = " ".join(words[at:])
    if given.isalpha() and given.isupper():
        given = " ".join(f"{letter}." for letter in given)
    return of_parts(" ".join(family), re.sub(r"\.(?=[^\W\d_]\.)", ". ", given), suffix)


def _extended(text: str) -> Name | None:
    """Biblatex's `family=Moss, given=Lea, prefix=van der`; None for any other."""
    parts = [_EXTENDED.fullmatch(part) for part in text.split(",")]
    if not all(parts):
        return None
    held = {part[1].lower(): part[2].strip(' "') for part in parts if part}
    family = held.get("family", "")
    if not family:
        return Name(literal=held.get("given", ""))
    return Name(family=family, given=held.get("given", ""), particle=held.get("prefix", ""), suffix=held.get("suffix", ""))


def is_group(text: str) -> bool:
    """Whether a name without comma is that of a group rather than of a person."""
    return ("&" in text or not _GROUP_STARTS.isdisjoint([word[:3] for word in _WORD.findall(text.lower())])) and _GROUP.search(
        text
    ) is not None


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


@lru_cache(maxsize=1 << 14)
def name_of(shown: str) -> Name:
    """The parts that a shown name says of itself: the last word is the family name, with what particles stand before it."""
    found = _without_comma(shown) if "," not in shown else Name(literal=shown)
    return found if str(found) == shown else Name(literal=shown)


def parts(paper: Paper) -> tuple[Name, ...]:
    """The authors in parts, one for each of `paper.authors`: as a source gave them, else as they are shown."""
    return paper.names if len(paper.names) == len(paper.authors) else tuple(map(name_of, paper.authors))


def fields(names: Iterable[Name]) -> dict[str, Any]:
    """What a reader that knows its authors' names in parts puts into its record (`record.update(fields(names))`)."""
    known = [(shown, name) for name in names if (shown := str(name))]
    return {"authors": [shown for shown, _ in known], "names": [name for _, name in known]}


def listed(texts: Sequence[str]) -> dict[str, Any]:
    """The same for names in any order, each a text of its own: `Last, First`, `First Last`, `Last F.`, a group."""
    return fields(map(parse, texts))
