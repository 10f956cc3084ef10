"""Is there an answer in the papers? A calibrated chance, and three ways of saying "I don't know".

Boosted trees over the signals (`rag.deciding.signals`; Friedman 2001); they stand in `decision.json`, fitted by `scripts/calibrate.py` on
questions of ours and on questions of others over other abstracts, never on the test split. What chance is enough depends on what is asked:
a whole library has to hold the answer somewhere; one chosen paper is what the reader wants to hear about; a request for literature is met
by papers that are near.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag.deciding.signals import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.deciding.signals import Signals
    from rag.schema import AbstainReason

CLASSES = ("answerable", "out_of_corpus", "detail_missing", "false_premise")

NEARLY = 0.4
"""Share of the chance that is enough for an answer from which on the nearest sentence is shown, as that."""

Use = Literal["library", "paper", "literature"]
"""A question to the whole library, to one chosen paper, or for papers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` is None where the papers answer; `answerable` is the calibrated chance of that."""

    reason: AbstainReason | None
    answerable: float


def judge(signals: Signals, *, use: Use = "library") -> Verdict:
    """The verdict on the signals of one question."""
    chances = probabilities(signals)
    if chances[0] >= _model()["enough"][use]:
        return Verdict(reason=None, answerable=chances[0])
    reasons: tuple[AbstainReason, ...] = ("out_of_corpus", "detail_missing", "false_premise")
    reason = reasons[max(range(3), key=lambda n: chances[n + 1])]
    if use == "paper" and reason == "out_of_corpus":
        reason = "detail_missing"  # of one paper it can only be said that it does not say so
    return Verdict(reason=reason, answerable=chances[0])


def nearly(verdict: Verdict, *, use: Use = "library") -> bool:
    """Whether what comes nearest is worth showing, though it is not enough for an answer."""
    return verdict.answerable >= NEARLY * float(_model()["enough"][use])


def probabilities(signals: Signals) -> list[float]:
    """The chances of the `CLASSES`; they add up to 1."""
    model = _model()
    values = signals.values()
    scores = list(model["start"])
    for trees in model["rounds"]:
        for column, tree in enumerate(trees):
            scores[column] += leaf(tree, values)
    highest = max(scores)
    powers = [math.exp(s - highest) for s in scores]
    return [p / sum(powers) for p in powers]


def leaf(tree: Any, values: Sequence[float]) -> float:
    """Where the values end in a tree: `[signal, threshold, tree up to it, tree above it]`, or a leaf's number."""
    while isinstance(tree, list):
        tree = tree[2] if values[tree[0]] <= tree[1] else tree[3]
    return float(tree)


@lru_cache(maxsize=1)
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads((Path(__file__).parent / "decision.json").read_text(encoding="utf-8"))
    if tuple(model["signals"]) != NAMES:
        raise RuntimeError("decision.json was fitted on other signals; run scripts/calibrate.py")
    return model


_SENTENCES = {
    "out_of_corpus": "I don't know: no paper in this library answers that{nearest}.",
    "detail_missing": "I don't know: the closest paper, {first}, does not state that{others}.",
    "false_premise": "I can't confirm the question's premise: the closest paper, {first}, does not support it{others}.",
    "none_found": "I don't know: no paper in this library matches{nearest}.",
}


def refusal(reason: AbstainReason, titles: Sequence[str]) -> str:
    """One sentence that says so and names the nearest papers by title."""
    named = [f"“{_short(t)}”" for t in titles[:3]]
    if reason in {"detail_missing", "false_premise"} and named:
        others = f" (also near: {'; '.join(named[1:])})" if len(named) > 1 else ""
        return _SENTENCES[reason].format(first=named[0], others=others)
    nearest = f" (nearest: {'; '.join(named)})" if named else ""
    return _SENTENCES["none_found" if reason == "none_found" else "out_of_corpus"].format(nearest=nearest)


def _short(title: str) -> str:
    title = title.rstrip(".")
    return title if len(title) <= 90 else title[:87].rsplit(" ", 1)[0] + "…"
