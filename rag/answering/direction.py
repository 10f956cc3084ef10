"""Direction: does a sentence say the same as a text, or its reverse?

Three places where a reversal shows without any model: an antonym stands where the text has the other word (faster, slower), a term of
the text stands behind a negation (`no validation set`), and the two sides of a comparison have changed places (A beats B, B beats A).
Each gives a number in [0, 1]; none of them proves a contradiction, so they are weighed with others.
"""

# ruff: noqa: E501 - patterns and word lists are read whole on one line

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.text import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PAIRS = """
faster slower|fast slow|quick slow|more fewer|more less|many few|much little|most least|larger smaller|large small|bigger smaller|big small|
higher lower|high low|longer shorter|long short|better worse|best worst|stronger weaker|strong weak|superior inferior|above below|
increase decrease|increase reduce|increases shrinks|raise lower|raise reduce|raise drop|grow shrink|rise fall|gain loss|gain lose|gains drops|improve degrade|
improve worsen|improve hurt|improve harm|improve reduce|improve impair|boost hurt|help hurt|help harm|benefit harm|enhance degrade|enhance weaken|strengthen weaken|
outperform underperform|outperform lag|outperform trail|outperform lose|beat lose|beats trails|surpass lag|surpass underperform|exceed below|win lose|win trail|succeed fail|success failure|
easier harder|easy hard|easy difficult|easy challenging|simple complex|accelerate slow|cheap expensive|cheaper costlier|
always never|all none|all some|every no|with without|include exclude|require without|need without|requires avoids|needs avoids|allow prevent|enable prevent|prevent cause|cause reduce|
robust sensitive|robust vulnerable|stable unstable|safe unsafe|secure vulnerable|accurate inaccurate|reliable unreliable|consistent inconsistent|effective ineffective|possible impossible|
able unable|known unknown|seen unseen|labeled unlabeled|labelled unlabelled|supervised unsupervised|balanced imbalanced|paired unpaired|
monolingual multilingual|monolingual bilingual|static dynamic|fixed flexible|fixed adaptive|frozen trained|freeze update|online offline|dense sparse|shallow deep|single multiple|
encoder decoder|local global|global micro|linear nonlinear|convex nonconvex|first last|before after|first later|early late|open closed|public private|same different|
positive negative|agree disagree|similar different|generative discriminative|symmetric asymmetric|homogeneous heterogeneous|upper lower|maximize minimize|
overfitting generalization|clean noisy|clean corrupted|specialized general|explicit implicit|direct indirect|automatic manual|human machine|theoretical empirical|
add remove|add drop|expand shrink|expand compress|widen narrow|narrow wide|keep drop|keep lose|retain lose|preserve destroy|alleviate aggravate|mitigate amplify|mitigate exacerbate|
magnify reduce|eliminate persist|solve remain|confirm refute|support contradict|low-resource high-resource|few-shot zero-shot|black-box white-box
"""
ANTONYMS: dict[str, frozenset[str]] = {}
for _pair in _PAIRS.replace("\n", "").split("|"):
    _a, _b = (stem(w) for w in _pair.split())
    ANTONYMS[_a] = ANTONYMS.get(_a, frozenset()) | {_b}
    ANTONYMS[_b] = ANTONYMS.get(_b, frozenset()) | {_a}

NEGATORS = frozenset(
    [
        "not",
        "no",
        "never",
        "without",
        "cannot",
        "neither",
        "nor",
        "n't",
        "lack",
        "lacks",
        "lacking",
        "fail",
        "fails",
        "failed",
        "unable",
        "hardly",
        "barely",
        "rarely",
        "unlike",
        "free",
        "avoid",
        "avoids",
        "avoiding",
    ]
)
_SCOPE = 6
"""Words behind a negator that it may deny."""
_BREAK = frozenset(["but", "however", "although", "though", "yet", "while", "whereas", "because", "so", "that", "which"])

_BETTER = frozenset(
    stem(w)
    for w in [
        "outperform",
        "outperforms",
        "surpass",
        "surpasses",
        "exceed",
        "exceeds",
        "beat",
        "beats",
        "better",
        "superior",
        "above",
        "ahead",
        "stronger",
        "faster",
        "higher",
        "win",
        "wins",
        "lead",
        "leads",
        "more",
        "larger",
        "overtake",
        "outdo",
        "dominate",
    ]
)
_WORSE = frozenset(
    stem(w)
    for w in [
        "underperform",
        "underperforms",
        "worse",
        "inferior",
        "below",
        "behind",
        "weaker",
        "slower",
        "lower",
        "lose",
        "loses",
        "lost",
        "trail",
        "trails",
        "lag",
        "lags",
        "fewer",
        "less",
        "smaller",
        "short",
    ]
)
_STOP = frozenset(stem(w) for w in STOP_WORDS) | {stem(w) for w in ("why", "much", "many", "paper", "model", "method")}


def tokens(text: str) -> list[str]:
    """Stems in order, stop words and negators included; compounds stay whole and their parts follow."""
    found: list[str] = []
    for word in words(re.sub(r"n['’]t\b", " not", text)):  # noqa: RUF001
        found.append(stem(word))
        if "-" in word and not any(map(str.isdigit, word)):
            found += [stem(part) for part in word.split("-")]
    return found


def antonyms(text: str, sentence: str) -> list[tuple[str, str]]:
    """Pairs (stem of the text, its antonym in the sentence): where neither side holds both, or before the same noun.

    >>> antonyms("Why do all models show low openness?", "Openness is medium, with high openness in large models and low scores elsewhere.")
    [('low', 'high')]
    """
    ours, theirs = tokens(text), tokens(sentence)
    own_set, other_set = set(ours), set(theirs)
    found = [(own, other) for own in sorted(own_set - other_set) for other in sorted(ANTONYMS.get(own, frozenset()) & other_set - own_set)]
    bound = _bound(theirs)
    found += [
        (own, other)
        for own, noun in sorted(_bound(ours) - bound)
        for other in sorted(ANTONYMS[own])
        if (other, noun) in bound and (own, other) not in found
    ]
    return found


def _bound(run: Sequence[str]) -> set[tuple[str, str]]:
    """Words that have an antonym, each with the one or two words behind it that are no stop words."""
    return {
        (word, noun)
        for n, word in enumerate(run)
        if word in ANTONYMS
        for noun in run[n + 1 : n + 3]
        if noun not in _STOP and noun not in ANTONYMS[word]
    }


def negated(text: str) -> set[str]:
    """Stems that stand within five words behind a negator, up to a clause break.

    >>> sorted(negated("It needs no validation set, but more data."))
    ['set', 'valid']
    """
    found: set[str] = set()
    reach = 0
    for part in re.findall(r"[^\W_]+(?:[.'’\-][^\W_]+)*|[,;:()]", text):  # noqa: RUF001
        low = part.lower().replace("’", "'")  # noqa: RUF001
        if low in NEGATORS or low.endswith("n't"):
            reach = _SCOPE
        elif not low[0].isalnum() or low in _BREAK:
            reach = 0
        elif reach:
            reach -= 1
            found |= {stem(w) for w in words(low)} - _STOP
    return found


def denied(text: str, sentence: str, terms: Iterable[str]) -> float:
    """Share of `terms` (stems) that one side negates and the other does not, among those that both hold; 0 where they share none."""
    ours, theirs = set(tokens(text)), set(tokens(sentence))
    shared = {t for t in terms if t in ours and t in theirs}
    if not shared:
        return 0.0
    return len(shared & (negated(text) ^ negated(sentence))) / len(shared)


def sides(text: str, sentence: str) -> int:
    """+1 where the two compare the same things in the same direction, -1 where reversed, 0 where that can't be told.

    >>> sides("Why does A-net beat B-net?", "B-net outperforms A-net by 2 points.")
    -1
    >>> sides("Why does A-net beat B-net?", "B-net lags behind A-net.")
    1
    """
    one, other = _comparison(text), _comparison(sentence)
    if one is None or other is None:
        return 0
    (a, sign_a, b), (c, sign_c, d) = one, other
    only_a, only_b = a - b, b - a
    straight = len(only_a & (c - d)) + len(only_b & (d - c))
    crossed = len(only_a & (d - c)) + len(only_b & (c - d))
    if straight == crossed:
        return 0
    return sign_a * sign_c * (1 if straight > crossed else -1)


def _comparison(text: str) -> tuple[set[str], int, set[str]] | None:
    """What stands before the first comparing word, its direction, and what stands behind it."""
    own = [stem(w) for w in words(text)]
    for n, token in enumerate(own):
        if token in _BETTER or token in _WORSE:
            sign = 1 if token in _BETTER else -1
            if any(w in {"not", "never", "cannot"} for w in own[max(0, n - 3) : n]):
                sign = -sign
            return set(own[:n]) - _STOP, sign, set(own[n + 1 :]) - _STOP
    return None


def reversal(text: str, sentences: Sequence[str], terms: Sequence[str]) -> tuple[float, float, float]:
    """Over the sentences: the most antonym pairs (1 for two or more), the largest denied share, and whether any swaps the sides."""
    if not sentences:
        return 0.0, 0.0, 0.0
    opposite = max(min(2, len(antonyms(text, s))) / 2 for s in sentences)
    denying = max(denied(text, s, terms) for s in sentences)
    order = [sides(text, s) for s in sentences]
    return opposite, denying, float(-1 in order and 1 not in order)
