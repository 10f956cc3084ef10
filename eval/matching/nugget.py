"""Does a text hold a nugget? Every group of alternatives, every number with its unit, unnegated (or negated, where the nugget says so).

Tier: heuristic. It sees words, figures and negation, not meaning: "A beats B" and "B beats A" are told apart only by a forbidden
nugget or by words that differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.matching import tokens as reader
from eval.matching.numbers import find_number
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.gold import Match
    from eval.matching.tokens import Token
    from eval.measures.nuggets import Presence

NEGATIONS = frozenset(
    {"not", "no", "never", "without", "cannot", "neither", "nor", "none", "fails", "fail", "failed", "lack", "lacks", "non"}
)
_REACH = {"not": 3, "never": 3, "cannot": 3, "neither": 3, "nor": 3, "fails": 3, "fail": 3, "failed": 3}
_SHORT_REACH = 2
JOINED = 4
"""Letters from which on words that are written together or apart are taken for the same."""
PREFIX, REST = 3, 9
"""Letters that an alternative given as the beginning of a word has at least, and letters that may follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whether the nugget is there, in words what is missing, and the character spans of what was found (for highlighting)."""

    presence: Presence
    missing: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Tokens `first` to `last` (inclusive) that hold an alternative."""

    first: int
    last: int


def find(match: Match, text: str) -> Found:
    """Look for `match` in `text`. "partial": at least half of its groups and numbers are there, but not all."""
    return find_in(match, reader.read(text))


def find_in(match: Match, found: Sequence[Token]) -> Found:
    """The same for a text that was read before (`eval.matching.tokens.read`)."""
    handles_negation = any(word in NEGATIONS for group in match.all_of for alias in group for word in alias.lower().split())
    spans: list[tuple[int, int]] = []
    missing: list[str] = []
    places: list[_Place] = []
    for group in match.all_of:
        hits = [place for alias in group for place in _places(alias, found)]
        if not handles_negation and not match.negated:
            hits = [p for p in hits if not _negated(found, p)]
        if not hits:
            missing.append(" / ".join(group))
            continue
        places += hits
        spans += [(found[p.first].start, found[p.last].end) for p in hits]
    if match.negated and not handles_negation and places and not any(_negated(found, p) for p in places):
        missing.append("a negation")
    sentences = {found[i].sentence for p in places for i in (p.first, p.last)} if match.all_of else None
    for number in match.numbers:
        span = find_number(number, found, sentences)
        if span is None:
            missing.append(f"{number.value:g} {number.unit}".strip())
        else:
            spans.append(span)
    parts = len(match.all_of) + len(match.numbers) + (1 if match.negated and not handles_negation else 0)
    if parts == 0:
        return Found(presence="none", missing=("an empty match",), spans=())
    presence: Presence = "full" if not missing else "partial" if 2 * (parts - len(missing)) >= parts else "none"
    return Found(presence=presence, missing=tuple(missing), spans=tuple(sorted(set(spans))))


def claimed(match: Match, text: str) -> bool:
    """Whether one sentence alone holds all of `match`: a forbidden claim is not made by words spread over an answer."""
    return any(find(match, text[s.start : s.end]).presence == "full" for s in sentences(text))


def _places(alias: str, found: Sequence[Token]) -> list[_Place]:
    """Where the words of `alias` stand in order, stop words aside, or run together ("data set" and "dataset")."""
    wanted = reader.read(alias)
    content = [t for t in wanted if not t.is_stop] or list(wanted)
    if not content:
        return []
    head, alone, target = content[0], len(content) == 1, "".join(t.plain for t in wanted)
    skips = len(content) > 1 or not head.is_stop
    places = []
    for first, token in enumerate(found):
        last = None
        if _same(head, token) or (alone and _begins(head, token)):
            last = _run(content, found, first, skip_stops=skips)
        if last is None and len(target) >= JOINED and target.startswith(token.plain):
            last = _joined(target, len(wanted), found, first)
        if last is not None:
            places.append(_Place(first, last))
    return places


def _run(content: Sequence[Token], found: Sequence[Token], first: int, *, skip_stops: bool) -> int | None:
    at = first
    for n, token in enumerate(content):
        while n and skip_stops and at < len(found) and found[at].is_stop and found[at].stem != token.stem:
            at += 1
        if (
            at >= len(found)
            or not (_same(token, found[at]) or (n == len(content) - 1 and _begins(token, found[at])))
            or found[at].sentence != found[first].sentence
        ):
            return None
        at += 1
    return at - 1


def _same(wanted: Token, token: Token) -> bool:
    if wanted.stem == token.stem:
        return True
    if wanted.value is not None and token.value is not None:
        return wanted.value == token.value
    return False


def _begins(wanted: Token, token: Token) -> bool:
    """An alternative may be given as the beginning of a word: "regulariz", "fine-tun"."""
    return (
        len(wanted.plain) >= PREFIX
        and wanted.plain.isalpha()
        and token.plain.startswith(wanted.plain)
        and len(token.plain) - len(wanted.plain) <= REST
    )


def _joined(target: str, words: int, found: Sequence[Token], first: int) -> int | None:
    """The last of the tokens from `first` that spell `target` without spaces, up to a plural s."""
    text = ""
    for last in range(first, min(len(found), first + words + 2)):
        text += found[last].plain
        if text == target or text == target + "s" or text + "s" == target:
            return last
        if len(text) > len(target):
            return None
    return None


def _negated(found: Sequence[Token], place: _Place) -> bool:
    """A negation stands shortly before, in the same sentence ("not only" is none)."""
    for back in range(1, 5):
        at = place.first - back
        if at < 0 or found[at].sentence != found[place.first].sentence:
            return False
        word = "not" if found[at].plain.endswith("n't") else found[at].plain
        if word in NEGATIONS and back <= _REACH.get(word, _SHORT_REACH):
            return found[at + 1].plain not in {"only", "just", "merely"}
    return False
