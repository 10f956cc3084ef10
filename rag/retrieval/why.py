"""One readable line a hit: where it stood in each ranking, and which words of the query its title and abstract hold."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORD = re.compile(r"[^\W_]+(?:[.\-][^\W_]+)*")
_FINE = re.compile(r"[^\W_]+(?:\.\d+)*")
_ACCENTED = re.compile(r"[a-z0-9]*[^\W\x00-\x7f_][^\W_]*(?:\.\d+)*")
_POINTED = re.compile(r"[^\W_]\.$")  # behind it, digits go on with a number
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
        self._starts = {word: {s for w in (*found, word) for s in _starts(w)} for word, found in self._wanted.items()}

    def found(self, text: str) -> list[str]:
        """The query's words that the text holds, in the query's order."""
        if not self._wanted:
            return []
        folded = text.casefold()
        # An accent may hide the beginning of a word.
        accented = set() if folded.isascii() else {term for word in _ACCENTED.findall(folded) for term in self._analysed(word)}
        return [word for word, terms in self._wanted.items() if self._holds(folded, terms, self._starts[word], accented)]

    def _holds(self, folded: str, terms: frozenset[str], starts: set[str], held: set[str]) -> bool:
        """Whether words that begin so give all the terms, together with those `held`."""
        held = {*held}
        if terms <= held:
            return True
        for start in starts:
            at = folded.find(start)
            while at >= 0:
                inside = at and (folded[at - 1].isalnum() or (folded[at].isdigit() and _POINTED.search(folded, max(0, at - 2), at)))
                if not inside:
                    match = _FINE.match(folded, at)
                    if match is not None:
                        held |= self._analysed(match.group())
                        if terms <= held:
                            return True
                at = folded.find(start, at + 1)
        return False

    def _analysed(self, word: str) -> frozenset[str]:
        if word not in self._of:
            self._of[word] = frozenset(self._terms(word))
        return self._of[word]


def _starts(word: str) -> set[str]:
    """How words with this stem may begin: its three letters, y and i standing for one another ("try" has the stem "tri").

    Two where there are no more than three, since the last may be a silent e ("using" has the stem "use").
    """
    return {"".join(letters) for letters in itertools.product(*("yi" if c in "yi" else c for c in word[: 3 if len(word) > 3 else 2]))}


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
