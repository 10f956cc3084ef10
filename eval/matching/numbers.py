"""Find a figure with its unit: the value within its tolerance, the unit bound to it within the sentence.

"12 heads and 24 layers" holds 12 heads but not 12 layers: a unit belongs to a number only when no other number stands between, except
in an enumeration ("84.3 and 88.1 F1").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.matching import tokens as reader
from eval.matching.units import GLUED_SCALES, SCALES, canonical_unit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from eval.gold import Number
    from eval.matching.tokens import Token

REACH = 6
"""Tokens between a number and its unit, at most."""

_CONNECTIVES = frozenset({"and", "or", "to", "vs", "versus", "from", "%", "points", "point", "percent", "respectively", "than", "against"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """A value in base units, the words of its unit, and whether the value alone is telling (it was given with a scale word)."""

    value: float
    unit: tuple[str, ...]
    scaled: bool


def spoken(number: Number) -> Spoken:
    """Scale words move into the value: 175 "billion parameters" is 1.75e11 "parameters"."""
    words: list[str] = []
    value, scaled = number.value, False
    for word in number.unit.replace("-", " ").lower().split():
        if word in SCALES and not (words and word in GLUED_SCALES):
            value, scaled = value * SCALES[word], True
        else:
            words.append(word)
    return Spoken(value, tuple(words), scaled)


def find_number(number: Number, found: Sequence[Token], sentences: Collection[int] | None) -> tuple[int, int] | None:
    """The character span of the first place that holds the number with its unit, or None.

    `sentences`: where the nugget's words were found; a number without a unit must stand in one of them or right after. None: anywhere.
    """
    said = spoken(number)
    slack = abs(number.tol) * (said.value / number.value if number.value else 1.0) + 1e-9 * max(1.0, abs(said.value))
    for at, token in enumerate(found):
        if token.value is None or not _close(token, said, slack):
            continue
        if said.unit and (span := _unit_span(said.unit, found, at)) is not None:
            return min(token.start, span[0]), max(token.end, span[1])
        near = sentences is None or not {token.sentence, token.sentence - 1}.isdisjoint(sentences)
        if (not said.unit or said.scaled) and near:
            return token.start, token.end
    return None


def _close(token: Token, said: Spoken, slack: float) -> bool:
    """A bare 65 is also the 65 of "65 billion": questions are often written that way."""
    values = (token.value,) if said.scaled else (token.value, token.written)
    return any(v is not None and abs(v - abs(said.value)) <= slack for v in values)


def _unit_span(unit: Sequence[str], found: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The span of the unit that belongs to the number at `at`, after it or before. Its last word must be there, whole ("F1")."""
    forms = _forms(unit)
    for step in (1, -1):
        for distance in range(1, REACH + 1):
            other = at + step * distance
            if not 0 <= other < len(found) or found[other].sentence != found[at].sentence:
                break
            for form in forms:
                ahead = found[other : other + len(form)]
                if tuple(_name(t) for t in ahead) == form:
                    return ahead[0].start, ahead[-1].end
            if found[other].value is not None and not _enumerated(found, at, other):
                break
    return None


def _forms(unit: Sequence[str]) -> set[tuple[str, ...]]:
    """How the unit may be written. Points of a score may go by the score's name: "F1 points" is "F1" or "points"."""
    names = {" ".join(unit), unit[-1]}
    if canonical_unit(unit[-1]) == "%":
        names |= set(unit)
    return {tuple(_name(t) for t in reader.read(name)) for name in names} - {()}


def _name(token: Token) -> str:
    known = canonical_unit(token.plain)
    return known if known != token.plain else canonical_unit(token.stem)


def _enumerated(found: Sequence[Token], one: int, other: int) -> bool:
    low, high = sorted((one, other))
    return all(found[i].plain in _CONNECTIVES or found[i].value is not None for i in range(low + 1, high))
