"""Whether two things of a sentence have changed places, or one has been put in the place of another.

`MLLMs agree with people in scoring and differ in ranking` against `... agree in ranking and differ in scoring`: every word stands in
the abstract, and still it is false. What stands around a word tells its place.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.answering.names import key_of, names
from rag.answering.polarity import stem, tokens_of
from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_REACH = 3
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
            if crossed >= 2 and straight == 0 and a & d and b & c:
                return f"{one!r} and {other!r} have changed places"
    return None


@lru_cache(maxsize=2048)
def surroundings(text: str) -> dict[str, frozenset[str]]:
    """For each content stem that stands once: the stems up to three words away, and the place word right before it."""
    tokens = tokens_of(text)
    stems = [stem(t) for t in tokens]
    found: dict[str, frozenset[str]] = {}
    for n, token in enumerate(tokens):
        if not token[0].isalnum() or token in STOP_WORDS or stems.count(stems[n]) > 1:
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


def replaced(claim: str, sentence: str, *, own: frozenset[str]) -> str | None:
    """A name of the claim that `sentence` lacks where the claim lacks one of the sentence's: one stands for the other.

    `own` are keys of names that a paper may call `we` or `it`: where the sentence speaks so, they count as standing in it.
    """
    ours = {n.key: n.text for n in names(claim)}
    theirs = {n.key: n.text for n in names(sentence)}
    folded = key_of(sentence)
    extra = [k for k in ours if k not in theirs and k not in folded and k not in own]
    dropped = [k for k in theirs if k not in ours and k not in key_of(claim)]
    if extra and dropped:
        return f"{ours[extra[0]]!r} stands where the abstract has {theirs[dropped[0]]!r}"
    return None
