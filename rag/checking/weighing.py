"""The chance that an abstract carries a claim: what the reader says of the two, and what the rules see, put together.

Rules that hardly ever object to a true claim have a veto, and so has a name or a figure that the abstract lacks (`rag.checking.verify`).
What is left is for no rule to decide alone, nor for the reader, which is weak where words stay and their relation turns: a logistic
model weighs them. It stands in `weighing.json`, fitted by `scripts/claim_weights.py` on claims that the reader has not learned from.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.checking import polarity, unclaimed
from rag.reading.figures import quantities
from rag.text import common

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rag.checking.support import Claim, Support
    from rag.reading.crossencoder import ClaimReading

LEARNED = Path(__file__).with_suffix(".json")

WEIGHED = ("word", "place", "another", "turned")
"""Kinds of fault that something may outweigh: a figure told in words, a figure or a name like a word in another's place, a direction."""

NAMES = ("carried", "worst", "beside", "alike", *WEIGHED)
"""The signals in their order: the reader's log odds, the share of the claim's most foreign stretch that nothing in the abstract comes
near, whether two foreign words stand side by side, whether the abstract denies what the claim denies, and the kinds of fault."""

_STRETCH = re.compile(r"[,;:()`]|\s[-–—]+\s|—|\b(?:and|but|or|while|whereas|because|although|that|which|who)\b", re.IGNORECASE)  # noqa: RUF001
_LEAST_WEIGHT = 0.5
_NOWHERE, _ALTOGETHER = 0.25, 0.99
_SURE = 0.01


@dataclass(frozen=True, slots=True)
class Foreign:
    """The stretch of a claim of which least stands in the abstract; `share` of its weight is foreign, in [0, 1].

    `beside`: whether two words that nothing in the abstract comes near stand side by side in some stretch.
    """

    text: str
    share: float
    beside: bool

    @property
    def altogether(self) -> bool:
        """Whether it is more than words that a faithful paraphrase may choose."""
        return self.beside or self.share >= _ALTOGETHER


def foreign(claim: Claim, support: Support) -> Foreign:
    """What of a claim the abstract has nothing of.

    A stretch goes from comma, bracket or conjunction to the next; rare words weigh more, words of structure
    (`we show`) and of figures nothing.
    """
    best, most, beside = "", 0.0, False
    figures = quantities(claim.text)
    nears = [
        (t.start, _rare(t.text), near)
        for t, near in zip(claim.terms, support.nearest, strict=True)
        if not unclaimed.gives_structure(t.text) and not any(q.start <= t.start < q.end for q in figures)
    ]
    for start, end in _stretches(claim.text):
        inside = [(weight, near) for at, weight, near in nears if start <= at < end]
        beside = beside or any(max(one, other) < _NOWHERE for (_a, one), (_b, other) in itertools.pairwise(inside))
        total = sum(weight for weight, _near in inside)
        share = sum(weight * (1 - near) for weight, near in inside) / total if total > _LEAST_WEIGHT else 0.0
        if share > most:
            best, most = claim.text[start:end].strip(), share
    return Foreign(best, most, beside)


def signals(claim: str, texts: Sequence[str], reading: ClaimReading, strange: Foreign, faults: Collection[str]) -> list[float]:
    """The values of `NAMES`; `texts` are the sentences of the abstract, `faults` the kinds that were found."""
    alike = polarity.denies_alike(claim, texts)
    return [_log_odds(reading.carried), strange.share, float(strange.beside), float(alike), *(float(kind in faults) for kind in WEIGHED)]


def chance(values: Sequence[float]) -> float:
    """That the claim is carried; `enough()` is the limit."""
    model = _model()
    return 1 / (1 + math.exp(-model["constant"] - sum(w * v for w, v in zip(model["weights"], values, strict=True))))


def enough() -> float:
    """The chance from which on a claim passes."""
    return float(_model()["enough"])


@lru_cache(maxsize=1)
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads(LEARNED.read_text(encoding="utf-8"))
    if tuple(model["signals"]) != NAMES:
        raise RuntimeError("weighing.json was fitted on other signals; run scripts/claim_weights.py")
    return model


def _log_odds(chance: float) -> float:
    return math.log((chance + _SURE) / (1 + _SURE - chance))


@lru_cache(maxsize=4096)
def _rare(word: str) -> float:
    """In [0, 1]: 1 for what an English word list hardly knows."""
    return min(1.0, max(0.0, 1 - math.log10(1 + common(word)) / 4)) if word.isalpha() else 1.0


def _stretches(text: str) -> list[tuple[int, int]]:
    marks = list(_STRETCH.finditer(text))
    return list(zip([0, *(m.end() for m in marks)], [*(m.start() for m in marks), len(text)], strict=True))
