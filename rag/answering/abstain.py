"""Is there an answer in the papers? A calibrated decision between answering and three ways of saying "I don't know".

Boosted trees over the signals (`rag.answering.signals`; Friedman 2001); they stand in `abstain.json`, fitted on the development and
questions beside them by `scripts/calibrate.py`, never on the test split. The threshold is set so that three in a hundred answerable
questions that a fit has not seen are refused; many of those are harder than what people ask by themselves.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.answering.signals import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.signals import Signals
    from rag.schema import AbstainReason

CLASSES = ("answerable", "out_of_corpus", "detail_missing", "false_premise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` is None where the papers answer; `answerable` is the probability of that."""

    reason: AbstainReason | None
    answerable: float


def judge(signals: Signals) -> Verdict:
    """The verdict on the signals of one question."""
    model = _model()
    values = signals.values()
    scores = list(model["start"])
    for trees in model["rounds"]:
        for column, tree in enumerate(trees):
            scores[column] += leaf(tree, values)
    highest = max(scores)
    powers = [math.exp(s - highest) for s in scores]
    chances = [p / sum(powers) for p in powers]
    if 1 - chances[0] <= model["threshold"]:
        return Verdict(reason=None, answerable=chances[0])
    reasons: tuple[AbstainReason, ...] = ("out_of_corpus", "detail_missing", "false_premise")
    return Verdict(reason=reasons[max(range(3), key=lambda n: chances[n + 1])], answerable=chances[0])


def leaf(tree: Any, values: Sequence[float]) -> float:
    """Where the values end in a tree: `[signal, threshold, tree up to it, tree above it]`, or a leaf's number."""
    while isinstance(tree, list):
        tree = tree[2] if values[tree[0]] <= tree[1] else tree[3]
    return float(tree)


@lru_cache(maxsize=1)
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads((Path(__file__).parent / "abstain.json").read_text(encoding="utf-8"))
    if tuple(model["signals"]) != NAMES:
        raise RuntimeError("abstain.json was fitted on other signals; run scripts/calibrate.py")
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
