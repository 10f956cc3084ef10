"""Abstention: refusing what the collection cannot answer, and only that (SQuAD 2.0's no-answer; CRAG's +1/0/-1 utility)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question: could it be answered, was it refused, and was the answer right (None: nothing to hold it against)."""

    answerable: bool
    abstained: bool
    right: float | None = None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def abstention(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """The shares below; None where the denominator is empty.

    `abstain_recall`: refused ÷ unanswerable. `abstain_precision`: unanswerable ÷ refused. `false_answer`: answered ÷ unanswerable.
    `false_refusal`: refused ÷ answerable. `coverage`: answered ÷ answerable. `selective_accuracy`: right ÷ answered with a known
    verdict, answers to unanswerable questions being wrong. `utility`: mean of +1 right or rightly refused, 0 refused, -1 wrong.

    Two unanswerable questions, one refused; two answerable ones, one answered rightly, one refused:

    >>> o = [Outcome(answerable=False, abstained=True), Outcome(answerable=False, abstained=False),
    ...      Outcome(answerable=True, abstained=False, right=1.0), Outcome(answerable=True, abstained=True)]
    >>> a = abstention(o)
    >>> a["abstain_recall"], a["abstain_precision"], a["false_refusal"], a["selective_accuracy"], a["utility"]
    (0.5, 0.5, 0.5, 0.5, 0.25)
    """
    unanswerable = [o for o in outcomes if not o.answerable]
    answerable = [o for o in outcomes if o.answerable]
    refused = [o for o in outcomes if o.abstained]
    refused_rightly = sum(o.abstained for o in unanswerable)
    answered = [o for o in outcomes if not o.abstained and (not o.answerable or o.right is not None)]
    known = [o for o in outcomes if not o.answerable or o.abstained or o.right is not None]
    right = sum(o.answerable and o.right == 1.0 for o in answered)
    gains = [_utility(o) for o in known]
    return {
        "abstain_recall": _share(refused_rightly, len(unanswerable)),
        "abstain_precision": _share(refused_rightly, len(refused)),
        "false_answer": _share(len(unanswerable) - refused_rightly, len(unanswerable)),
        "false_refusal": _share(sum(o.abstained for o in answerable), len(answerable)),
        "coverage": _share(sum(not o.abstained for o in answerable), len(answerable)),
        "selective_accuracy": _share(right, len(answered)),
        "utility": sum(gains) / len(gains) if gains else None,
    }


def _utility(outcome: Outcome) -> float:
    if outcome.abstained:
        return 0.0 if outcome.answerable else 1.0
    return 1.0 if outcome.answerable and outcome.right == 1.0 else -1.0
