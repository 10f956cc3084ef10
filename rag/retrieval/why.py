"""One readable line a hit: where it stood in each ranking, and which words of the query its title and abstract hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORD = re.compile(r"[^\W_]+(?:[.\-][^\W_]+)*")
_FINE = re.compile(r"[^\W_]+(?:\.\d+)*")
_SHOWN = 6


class Matcher:
    """Finds the words of one query in texts, by equal terms (`terms` is the keyword index's analysis)."""

    def __init__(self, query: str, terms: Callable[[str], Sequence[str]]) -> None:
        """`terms` of a stop word is empty."""
        self._terms = terms
        self._of: dict[str, frozenset[str]] = {}
        self._wanted: dict[str, frozenset[str]] = {}
        for word in _WORD.findall(query):
            if found := frozenset(terms(word)):
                self._wanted.setdefault(word.casefold(), found)
        # Only words that begin like a wanted one are analysed: analysing all words of 20 abstracts would take longer than searching.
        self._starts = {_start(w) for word, found in self._wanted.items() for w in (*found, word)}

    def found(self, text: str) -> list[str]:
        """The query's words that the text holds, in the query's order."""
        if not self._wanted:
            return []
        held: set[str] = set()
        for word in set(_FINE.findall(text.casefold())):
            # An accent may hide the beginning.
            if _start(word) in self._starts or not word.isascii():
                if word not in self._of:
                    self._of[word] = frozenset(self._terms(word))
                held |= self._of[word]
        return [word for word, terms in self._wanted.items() if terms <= held]


def _start(word: str) -> str:
    """What words share with their stems: three letters, y and i being one ("try" and "tri")."""
    return word[:3].replace("y", "i")


def line(keyword_rank: int, dense_rank: int, matched: Sequence[str], *, earlier: bool = False) -> str:
    """`keywords: rank 2; meaning: rank 1; matched 'adapter', 'sparse'`. Rank 0: not among the best of that ranking.

    >>> line(2, 0, ["adapter"])
    "keywords: rank 2; matched 'adapter'"
    """
    parts = []
    if keyword_rank:
        parts.append(f"keywords: rank {keyword_rank}")
    if dense_rank:
        parts.append(f"meaning: rank {dense_rank}")
    if earlier:
        parts.append("used in an earlier answer")
    if matched:
        rest = len(matched) - _SHOWN
        parts.append("matched " + ", ".join(map(repr, matched[:_SHOWN])) + (f" and {rest} more" if rest > 0 else ""))
    return "; ".join(parts) or "matches the filters"
