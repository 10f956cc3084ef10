"""What the decision to answer looks at: what the reader makes of the first papers, and how near they are.

Nothing here knows words of any language or field: chances of the reader (`rag.reading`), nearness of the search, and which of the
question's own words stand in the paper or in any paper of the library, weighted by how rare they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.reading import figures, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.reading.reader import Asked, Read
    from rag.schema import Hit

UNREAD = -9.0
"""Stands for a chance where the cross-encoder was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Chances as log-odds, all else between 0 and 1 (cosines may be below 0).

    Of the paper that answers best among those read: `answers`, `missing`, `against`, `unrelated` (the reader's four chances), `sentence`
    (its best sentence's), `covered` and `covered_sentence` (weight share of the question's terms in it, and in its best sentence),
    `names_missing` and `figures_missing` (shares of the question's own names and figures that it lacks), `dense` (its nearness).
    `first`: the chance of the paper found first; `second`: the next best chance. `lead`, `dense_lead`: how far the search puts the first
    paper ahead. `unknown`: weight share of terms that no paper holds. `terms`: how many there are, over 10.
    """

    answers: float
    missing: float
    against: float
    unrelated: float
    sentence: float
    first: float
    second: float
    covered: float
    covered_sentence: float
    names_missing: float
    figures_missing: float
    unknown: float
    dense: float
    dense_lead: float
    lead: float
    terms: float

    def values(self) -> tuple[float, ...]:
        """In the order of the fields."""
        return tuple(getattr(self, name) for name in self.__slots__)


NAMES: tuple[str, ...] = Signals.__slots__


def measure(asked: Asked, hits: Sequence[Hit], reads: Sequence[Read]) -> Signals:
    """The signals of a question against the papers found, of which the first, at least one, were read."""
    best = best_of(reads)
    others = sorted((read.chance for read in reads if read is not best), reverse=True)
    reading = best.reading
    total = sum(t.weight for t in asked.terms) or 1.0
    whole = f"{best.hit.paper.title}. {best.hit.paper.abstract}"
    named = names.names(asked.text)
    stated = figures.quantities(asked.text)
    held = figures.quantities(whole)
    return Signals(
        answers=log_odds(reading.answerable) if reading else UNREAD,
        missing=log_odds(reading.missing) if reading else UNREAD,
        against=log_odds(reading.contradicted) if reading else UNREAD,
        unrelated=log_odds(reading.unrelated) if reading else UNREAD,
        sentence=log_odds(max((s.evidence for s in best.sentences), default=0.0)) if reading else UNREAD,
        first=log_odds(reads[0].chance) if reading else UNREAD,
        second=log_odds(others[0]) if reading and others else UNREAD,
        covered=best.covered,
        covered_sentence=max((s.overlap for s in best.sentences), default=0.0),
        names_missing=len(names.missing(asked.text, whole)) / len(named) if named else 0.0,
        figures_missing=sum(not any(figures.same_value(q, h) for h in held) for q in stated) / len(stated) if stated else 0.0,
        unknown=sum(t.weight for t in asked.terms if not t.known) / total,
        dense=best.hit.dense if best.hit.dense is not None else 0.0,
        dense_lead=_dense_lead(hits),
        lead=hits[0].score - (hits[1].score if len(hits) > 1 else 0.0),
        terms=min(len(asked.terms), 10) / 10,
    )


def best_of(reads: Sequence[Read]) -> Read:
    """The paper most likely to answer; of equal ones the first."""
    return max(reads, key=lambda read: read.chance)


def log_odds(chance: float) -> float:
    """Between -7 and 7.

    >>> round(log_odds(0.9), 2), log_odds(0.0)
    (2.2, -7.0)
    """
    chance = min(max(chance, 1e-6), 1 - 1e-6)
    return max(-7.0, min(7.0, math.log(chance / (1 - chance))))


def _dense_lead(hits: Sequence[Hit]) -> float:
    """How much nearer in meaning the first paper is than the others, on average; 0 where it stands alone."""
    others = [hit.dense for hit in hits[1:] if hit.dense is not None]
    first = hits[0].dense
    return first - sum(others) / len(others) if others and first is not None else 0.0
