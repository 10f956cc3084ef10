"""What a sentence does in its abstract: it gives the background, says the aim, tells the method or a result.

A linear model over word stems, the words that open the sentence and its neighbours, and its place, learned from abstracts whose sentences
people labelled (`training/README.md`); it names no subject. A structured abstract says the roles itself ("RESULTS: ..."): those win.
"""

# ruff: noqa: E501 - patterns are read whole on one line

from __future__ import annotations

import itertools
import json
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag.text import stem, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Role = Literal["background", "objective", "method", "result", "other"]
ROLES: tuple[Role, ...] = ("background", "objective", "method", "result", "other")

LEARNED = Path(__file__).with_suffix(".json")

_READ_WORDS = 80
_CERTAIN = 0.96
"""The chance of a role that a heading names; the others share the rest."""

_HEADING = re.compile(
    r"^\W{0,2}(?:(?P<background>backgrounds?|context|introduction|motivation|importance|rationale)|(?P<objective>objectives?|aims?|purpose|goals?)|"
    r"(?P<method>(?:materials? and |patients? and |study )?(?:methods?|methodology|design|setting|participants|interventions?|measurements?|approach))|"
    r"(?P<result>(?:main )?(?:results?|findings?|outcomes?)|(?:results? and )?conclusions?(?: and relevance)?|interpretation|discussion))\b[^.:]{0,30}[:\]]",
    re.IGNORECASE,
)


def roles(sentences: Sequence[str]) -> tuple[dict[Role, float], ...]:
    """The chances of the roles of all sentences of an abstract, in order; each adds up to 1.

    >>> told = roles(["Rain is hard to foresee.", "This paper aims to do so.", "We train a network.", "Experiments show it gains 5%."])
    >>> [max(chances, key=chances.get) for chances in told]
    ['background', 'objective', 'method', 'result']
    """
    taken = [tokens(text) for text in sentences]
    found = []
    named: Role | None = None
    for n, text in enumerate(sentences):
        heading = _HEADING.match(text)
        named = heading.lastgroup if heading else named  # type: ignore[assignment]
        found.append(_certain(named) if named is not None else _learned(features(taken, n)))
    return tuple(found)


_FIRM = 0.3
"""How much more a word before "that" speaks for a result than for anything else, from where on it says no more than that one was had."""


def announces(word: str) -> bool:
    """Whether this word before "that" only says that a result follows; one that hedges it ("suggest") is less of a sign of results.

    >>> [announces(word) for word in ("demonstrate", "show", "suggest", "challenge", "method")]
    [True, True, False, False, False]
    """
    scale, _, weights = _model()
    none = [0] * len(ROLES)
    sums = [(a + b) * scale for a, b in zip(weights.get(f"b:{stem(word)} that", none), weights.get(f"u:{stem(word)}", none), strict=True)]
    result = sums[ROLES.index("result")]
    return result - max(own for role, own in zip(ROLES, sums, strict=True) if role != "result") >= _FIRM


def tokens(text: str) -> list[str]:
    """Word stems in order; one sign for all that holds a digit."""
    return ["#" if any(map(str.isdigit, word)) else stem(word) for word in words(text)[:_READ_WORDS]]


def features(taken: Sequence[Sequence[str]], n: int) -> Iterator[str]:
    """The features of sentence `n` of an abstract, some of them twice."""
    own = taken[n]
    yield from (f"u:{word}" for word in own)
    yield from (f"b:{one} {other}" for one, other in itertools.pairwise(own))
    yield from (f"s:{' '.join(own[:k])}" for k in (1, 2, 3))
    at = n / max(1, len(taken) - 1)
    yield f"p:{int(at * 4.999)}"
    if n == 0:
        yield "p:first"
    else:
        yield from (f"prev:{' '.join(taken[n - 1][:k])}" for k in (1, 2))
        yield from (f"pu:{word}" for word in taken[n - 1])
    if n == len(taken) - 1:
        yield "p:last"
    else:
        yield from (f"next:{' '.join(taken[n + 1][:k])}" for k in (1, 2))


def _certain(role: Role) -> dict[Role, float]:
    return {r: _CERTAIN if r == role else (1 - _CERTAIN) / (len(ROLES) - 1) for r in ROLES}


def _learned(own: Iterator[str]) -> dict[Role, float]:
    scale, start, weights = _model()
    sums = list(start)
    for name in set(own):
        for k, weight in enumerate(weights.get(name, ())):
            sums[k] += weight * scale
    highest = max(sums)
    powers = [math.exp(s - highest) for s in sums]
    return {role: power / sum(powers) for role, power in zip(ROLES, powers, strict=True)}


@lru_cache(maxsize=1)
def _model() -> tuple[float, list[float], dict[str, list[int]]]:
    """The unit of the weights, the constants, and the weights by feature."""
    model = json.loads(LEARNED.read_text(encoding="utf-8"))
    return model["unit"], model["start"], model["weights"]
