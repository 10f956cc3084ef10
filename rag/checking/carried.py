"""Does the abstract carry the claim, where the cross-encoder has read the two together and rules have looked at them as well?

Some faults nothing outweighs: a name or a figure that the abstract lacks, or has of something else, in another's place, with another
unit or bound; things that have changed places; a denial. The other rules know words, not what is meant: where one of them objects, the
cross-encoder has to be rather sure of the claim; where none does, it has to be rather sure of the contrary to stop it. The limits were
set on claims about papers that it has not learned from (`scripts/verifier_quality.py claims`) and on the development half of the cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TELLING = frozenset({"turned", "steady", "opposite", "overstated"})
"""Kinds of fault that nothing outweighs (`kind!`) where the rest of the claim stands in the abstract almost word for word."""

ALMOST_WORD_FOR_WORD = 0.85
"""Share of a claim's weight in the sentences that carry it."""

HARD = frozenset(
    {
        "nothing",
        "name",
        "absent",
        "unit",
        "things",
        "bound",
        "owner",
        "place",
        "replaced",
        "misplaced",
        "swapped",
        "exchanged",
        "denied",
        "foreign",
    }
    | {f"{kind}!" for kind in TELLING}
)
"""Kinds of fault that nothing outweighs."""

NEEDED = {
    "turned": 0.83,
    "steady": 0.83,
    "opposite": 0.83,
    "denies": 0.83,
    "word": 0.79,
    "overstated": 0.72,
    "strange": 0.60,
    "little": 0.60,
}
"""The chance that the claim is carried which outweighs a fault of the kind."""

UNLESS_CONTRARY = 0.40
"""The chance that is enough where no rule objects."""

WORKED_CONTRARY = 0.85
"""Where figures are worked out, the claim passes unless the reader finds the contrary this likely: its own sums are no strength of it."""

NOT_STATED = 0.5
"""The chance that an abstract answers from which on it can't be said that it does not."""

ALIKE = 0.25
"""The chance that is enough where no rule objects and the abstract denies the same: the reader is weak at that."""

JOINT = 0.4
"""The chance that is enough for a claim about several papers that can't be taken apart, read with all their sentences."""


def needed(faults: Iterable[str]) -> float:
    """The chance from which on a claim with these kinds of fault passes; above 1 where it can't."""
    return max((2.0 if kind in HARD else NEEDED[kind] for kind in faults), default=UNLESS_CONTRARY)
