"""The relevance head: which papers of a first page a query is about, read together with the query."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

START, SEPARATOR = 101, 102
ASKED, TITLE = 40, 28
"""Word pieces read at most of a query and of a title."""


@lru_cache(maxsize=65_536)
def _weight(piece: int) -> float:
    """A piece's weight in choosing sentences: the model's table stands in order of frequency, so a later place is a rarer piece."""
    return math.log1p(max(0, piece - 1995))


def shown(query: Sequence[int], title: Sequence[int], sentences: Sequence[Sequence[int]], most: int) -> tuple[list[int], int]:
    """What of a paper is read with a query, in at most `most` pieces, and where the second text begins.

    The title, then the sentences that share most with the query for as long as there is room (the last of them cut off), in their order;
    shared pieces count by their rarity, and a sentence that shares nothing new beside a chosen one counts less. Ties: the earlier first.
    """
    ids = [START, *query[: ASKED - 2], SEPARATOR]
    first = len(ids)
    ids += title[:TITLE]
    room, wanted = most - len(ids) - 1, set(query)
    chosen: list[int] = []
    met: set[int] = set()
    left = list(range(len(sentences)))
    while left and room > 0:
        shared = [sum(_weight(p) * (0.3 if p in met else 1.0) for p in wanted.intersection(sentences[n])) for n in left]
        best = left.pop(max(range(len(left)), key=lambda at: (shared[at], -left[at])))
        chosen.append(best)
        met.update(wanted.intersection(sentences[best]))
        room -= len(sentences[best])
    for n in sorted(chosen):
        ids += sentences[n] if n != chosen[-1] or room >= 0 else sentences[n][: len(sentences[n]) + room]
    return [*ids[: most - 1], SEPARATOR], first
