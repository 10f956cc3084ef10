"""Whether two things of a sentence have changed places, or one has been put in the place of another.

`MLLMs agree with people in scoring and differ in ranking` against `... agree in ranking and differ in scoring`: every word stands in
the abstract, and still it is false. What stands around a word tells its place.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.answering.lexicon import stem
from rag.answering.polarity import tokens_of
from rag.answering.segments import blanked, names_in, segments, slot
from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.names import Name

_REACH = 3
_GRADE = re.compile(r"(?:top|pass|hits?|recall|precision|p|r|f)[@\-]?\d+", re.IGNORECASE)
_APPOSITION = re.compile(r"^(\W*[^\W_][\w\-]*(?: [A-Z][\w\-]*)?), [^,]{3,60}, ")
_OTHERS = re.compile(
    r"\W*(?:where|while|whereas|and|but)?\s*(?:the\s+)?(?:previous|prior|existing|earlier|other|traditional|conventional|baselines?|humans?|most)\b",
    re.IGNORECASE,
)
_PLACE = frozenset(
    {"as", "at", "on", "in", "from", "to", "than", "by", "with", "for", "into", "of", "over", "against", "without", "between"}
)


def exchanged(claim: str, support: Sequence[str]) -> str | None:
    """Two things whose surroundings in the claim are each other's in one sentence of the support."""
    for sentence in support:
        ours, theirs = surroundings(claim), surroundings(sentence)
        shared = sorted(ours.keys() & theirs.keys())
        for one, other in itertools.combinations(shared, 2):
            apart = {one, other}
            # Words beside both, in either text, tell nothing apart.
            a, b = ours[one] - ours[other] - apart, ours[other] - ours[one] - apart
            c, d = theirs[one] - theirs[other] - apart, theirs[other] - theirs[one] - apart
            straight = len(a & c) + len(b & d)
            crossed = len(a & d) + len(b & c)
            if crossed >= 3 and straight == 0 and a & d and b & c:
                return f"{one!r} and {other!r} have changed places"
    return None


@lru_cache(maxsize=2048)
def surroundings(text: str) -> dict[str, frozenset[str]]:
    """For each content stem that stands once: the stems up to three words away, and the place word right before it."""
    tokens = tokens_of(text)
    stems = [stem(t) for t in tokens]
    found: dict[str, frozenset[str]] = {}
    for n, token in enumerate(tokens):
        if not token[0].isalnum() or token in STOP_WORDS or token.endswith("ly") or stems.count(stems[n]) > 1:
            continue
        near: set[str] = set()
        for step in (-1, 1):
            at, left = n + step, _REACH
            while 0 <= at < len(tokens) and left and tokens[at] not in {";", ":", "but", "while", "whereas", ","}:
                if tokens[at][0].isalnum() and tokens[at] not in STOP_WORDS:
                    near.add(stems[at])
                    left -= 1
                elif step == -1 and tokens[at] in _PLACE and at == n - 1:
                    near.add(f"place:{tokens[at]}")
                at += step
        found[stems[n]] = frozenset(near)
    return found


def replaced(claim: str, sentence: str, *, own: frozenset[str], figure: bool) -> str | None:
    """A name of the claim in the place of another that the sentence has there and the claim lacks.

    `own` are the paper's own names, which other words may stand for. `figure`: the sentence gives a figure of the claim, so that what
    the figure was measured on and against must not change either.
    """
    theirs = _standing(sentence)
    held = {n.key for n in names_in(sentence)}
    said = {n.key for n in names_in(claim)}
    plain = _plain_stems(claim, 0, len(claim))
    share = len(plain & _plain_stems(sentence, 0, len(sentence))) / max(1, len(plain))
    ours = [n for n in names_in(claim) if n.key not in own or share >= 0.8]
    for name in ours:
        place = slot(claim, name)
        if name.key not in held and share >= 0.85 and name.key not in own:
            # The sentence says nearly all of it, only of something else.
            for other in names_in(sentence):
                if other.key not in said and other.key not in own and not _same_thing(name, other):
                    return f"{name.text!r} stands where the abstract has {other.text!r}"
        if name.key in held or not place or not (share >= 0.55 or figure):
            continue
        for other in theirs:
            same = other.key not in said and (other.key in own) == (name.key in own) and slot(sentence, other) == place
            if same and not _same_thing(name, other) and (figure or share >= 0.8 or place in {"subject", "rival"}):
                return f"{name.text!r} stands where the abstract has {other.text!r}"
    return _moved(claim, sentence)


def _moved(claim: str, sentence: str) -> str | None:
    """A name that the sentence has in another stretch than the one whose words the claim gives to it."""
    cuts = segments(sentence)
    claim = _APPOSITION.sub(r"\1 ", claim)
    for start, end in segments(claim):
        plain = _plain_stems(claim, start, end)
        inside = [n for n in names_in(claim) if start <= n.start < end]
        if len(plain) < 2 or not inside:
            continue
        shares = [len(plain & _plain_stems(sentence, a, b)) for a, b in cuts]
        best = max(range(len(cuts)), key=lambda n: (shares[n], -n))
        if shares[best] < 2:
            continue
        a, b = cuts[best]
        there = [n for n in _standing(sentence) if a <= n.start < b]
        for name in inside:
            place = slot(claim, name)
            elsewhere = [n for n, (c, d) in enumerate(cuts) if any(x.key == name.key for x in names_in(sentence) if c <= x.start < d)]
            if not place or not elsewhere or best in elsewhere or max(shares[n] for n in elsewhere) > shares[best] - 2:
                continue
            said = {n.key for n in names_in(claim)}
            other = next((n.text for n in there if n.key not in said and slot(sentence, n) == place), None)
            if other is None and place == "subject" and _OTHERS.match(sentence[a:b]):
                other = "others"
            if other is not None:
                return f"{name.text!r} stands where the abstract has {other!r}"
    return None


def _standing(sentence: str) -> list[Name]:
    """The names of a sentence without those in brackets and without grades such as `top-1`."""
    flat = blanked(sentence)
    return [n for n in names_in(sentence) if flat[n.start] != " " and not _GRADE.fullmatch(n.text)]


def _plain_stems(text: str, start: int, end: int) -> frozenset[str]:
    """Content stems of a stretch without its names."""
    taken = [n for n in names_in(text) if start <= n.start < end]
    piece = list(blanked(text)[start:end])
    for name in taken:
        piece[name.start - start : name.end - start] = " " * (name.end - name.start)
    return frozenset(stem(t) for t in tokens_of("".join(piece)) if t[0].isalnum() and t not in STOP_WORDS)


def _same_thing(one: Name, other: Name) -> bool:
    """A name and its short form: `FederatedScope-GNN`, `FS-G`; `GPT-4` and `GPT-4V` are two."""
    a, b = (n.text for n in (one, other))
    capitals = ["".join(c for c in x if c.isupper()).casefold() for x in (a, b)]
    return capitals[0] == one.key == capitals[1] or capitals[0].startswith(other.key) or capitals[1].startswith(one.key)
