"""One number in [0, 1] for how well an abstract bears out a claim: related at all, and not the opposite.

Two logistic models over what the checks see. The first tells abstracts about the claim from others, the second support from
contradiction; the score is the first times the root of the second. Fitted on the train claims of SciFact (Wadden et al. 2020, arXiv
2004.14974) by `scripts/verifier_weights.py`; `scripts/verifier_quality.py` reports on the test claims. The score ranks; whether a
sentence passes is decided by the checks themselves (`rag.answering.verify`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rag.answering import names, polarity
from rag.answering.lexicon import stem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.answering.support import Support

RELATED = {
    "": -3.4828,
    "coverage": 2.7322,
    "single": 0.8732,
    "exact": 2.4832,
    "cosine": 0.9741,
    "loose": -1.0791,
    "missing": -0.6410,
    "figure": -0.5071,
}
"""Weights of the first model; the empty name is the constant."""

AGREES = {
    "": 0.9580,
    "exact": 0.9831,
    "coverage": -0.3681,
    "cosine": -0.9703,
    "against": -0.8612,
    "open": -0.3759,
    "against_anywhere": -0.5383,
    "turned": -0.8611,
    "denied": -1.4212,
    "opposite": -1.9593,
    "swapped": -2.4518,
    "one_denies": -0.3013,
    "denies": -0.6613,
    "pointing_exact": 0.5823,
    "points": -0.2003,
}
"""Weights of the second."""


def features(
    claim: str, sentences: Sequence[str], chosen: Sequence[str], support: Support, *, title: str, figure_fault: bool
) -> dict[str, float]:
    """What the models look at: `sentences` of the abstract, the `chosen` ones that carry the claim."""
    held = {stem(token) for sentence in chosen for token in polarity.tokens_of(sentence)}
    pointing = polarity.ways(claim)
    _with, against, open_ = polarity.tally(claim, chosen)
    _anywhere, against_anywhere, _open = polarity.tally(claim, sentences)
    denies, stated_denies = bool(polarity.denials(claim)), any(polarity.denials(s) for s in chosen[:1])
    return {
        "coverage": support.coverage,
        "single": support.single,
        "exact": support.exact,
        "cosine": support.cosine,
        "loose": len(support.loose) / max(1, support.terms),
        "missing": float(bool(names.missing(claim, "\n".join((title, *sentences))))),
        "figure": float(figure_fault),
        "against": against,
        "open": open_,
        "against_anywhere": against_anywhere,
        "turned": float(polarity.turned(claim, chosen) is not None),
        "denied": float(polarity.denied_differently(claim, chosen) is not None),
        "opposite": float(polarity.opposite_word(claim, chosen) is not None),
        "swapped": float(polarity.sides_swapped(claim, chosen) is not None),
        "one_denies": float(denies != stated_denies),
        "denies": float(denies),
        "pointing_exact": sum(stem(w.word) in held for w in pointing) / len(pointing) if pointing else 0.5,
        "points": float(bool(pointing)),
    }


def score(values: Mapping[str, float]) -> float:
    """The score of a claim whose features are `values`."""
    return _logistic(RELATED, values) * math.sqrt(_logistic(AGREES, values))


def _logistic(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-sum(weight * values.get(name, 1.0) for name, weight in weights.items())))
