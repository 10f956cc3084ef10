"""Topics of several papers, with names that a person would give: terms that the authors themselves put into titles or give initials to.

A candidate is a long form before its initials ("mixture of experts (MoE)"), a keyword, or a run of up to three words of a title. It
covers the papers that are about it: their title holds it, or their text twice; one title must, two for a single word. It names them where
its vector lies nearer to theirs than to those of the others: "increase" and "odds ratio" lie as near to all papers. Groups are formed
greedily, so the same papers always give the same.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.errors import ProviderError
from rag.text import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.schema import Paper

    Embed = Callable[[Sequence[str]], NDArray[np.float32]]
    """Texts to unit vectors, `(n, d)`."""

FEWEST, MOST = 6, 6
"""Papers from which on they are grouped, and the most groups."""

WIDEST = 0.7
"""Share of the papers from which on a topic tells none of them from the rest, nor does a part of its name."""

_INITIALS = re.compile(r"((?:[A-Za-z][\w'-]*\s+){1,6})\(([A-Z][A-Za-z-]{1,7})\)")
_ADJECTIVES = ("ed", "ly", "ive", "ous", "ful", "able", "ible", "less", "ary", "ic", "ical")


@dataclass(slots=True)
class Term:
    """A candidate: how it is written, the papers that are about it, and those of them whose title names it."""

    written: Counter[str] = field(default_factory=Counter)
    papers: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


READ = 700
"""Characters of an abstract that stand for the paper beside its title."""

SIGNS = ("", "contrast", "rarity", "words")
"""A constant; how much nearer the term's vector lies to its papers' than to the others'; its words' weights; whether it has several."""

_NAME = {"": -5.43, "contrast": 6.96, "rarity": 3.09, "words": 2.02}
"""Weights of a logistic model: how likely people put the term over these papers (`scripts/summaries.py`)."""

LEAST = 0.12
"""The chance below which a term names nothing."""

REST = 0.6
"""Share of papers without a topic from which on there are no topics."""


def grouped(
    papers: Sequence[Paper], *, weigh: Callable[[Sequence[str]], list[float]], embed: Embed | None = None, topic: str = ""
) -> list[tuple[str, list[Paper]]]:
    """Topics with their papers, the largest first; papers that share none form the last group, whose name is empty.

    `topic` is what all papers were asked for: no group has its name. Where the rest are more than `REST`, or nothing tells what a name is
    worth (`embed` is None), all papers are one group without a name.
    """
    if len(papers) < FEWEST or embed is None:
        return [("", list(papers))] if papers else []
    terms = candidates(papers)
    said = set(_key(topic).split())
    wide = [f" {key} " for key, term in terms.items() if len(term.papers) > max(2, WIDEST * len(papers))]
    fit = [
        key
        for key, term in sorted(terms.items())
        if len(term.papers) > 1
        and len(term.named) > (" " not in key)
        and not said.issuperset(key.split())
        and not any(f" {key} " in held for held in wide)
    ]
    parts = {k for k in fit for o in fit if k != o and f" {k} " in f" {o} " and terms[k].papers == terms[o].papers}
    try:
        chance = _chances(papers, {key: terms[key] for key in fit if key not in parts}, weigh, embed)
    except ProviderError:  # a server of embeddings that is away: a summary of chosen papers needs no search, and gets on without names
        return [("", list(papers))]
    left = list(papers)
    groups: list[tuple[str, list[Paper]]] = []
    while len(left) > 1 and len(groups) < MOST:
        ids = {p.paper_id for p in left}
        worth = {key: (len(terms[key].papers & ids) - 1) * own for key, own in chance.items() if len(terms[key].papers & ids) > 1}
        if not worth:
            break
        key = min(worth, key=lambda k: (-worth[k], k))
        members = [p for p in left if p.paper_id in terms[key].papers]
        groups.append((_shown(terms[key].written), members))
        left = [p for p in left if p not in members]
    if len(left) > REST * len(papers):  # names for a few would stand over a heap of others
        return [("", list(papers))]
    groups.sort(key=lambda group: -len(group[1]))
    return [*groups, ("", left)] if left else groups


def _chances(
    papers: Sequence[Paper], terms: Mapping[str, Term], weigh: Callable[[Sequence[str]], list[float]], embed: Embed
) -> dict[str, float]:
    """How likely each term is one that people put over its papers; those below `LEAST` are left out."""
    told = signs(papers, terms, weigh, embed)
    found = {key: 1 / (1 + math.exp(-sum(_NAME[name] * value for name, value in own.items()))) for key, own in told.items()}
    return {key: chance for key, chance in found.items() if chance >= LEAST}


def signs(
    papers: Sequence[Paper], terms: Mapping[str, Term], weigh: Callable[[Sequence[str]], list[float]], embed: Embed
) -> dict[str, dict[str, float]]:
    """What tells of each term whether it names its papers, by `SIGNS` in order."""
    if not terms:
        return {}
    vectors = embed([*map(read, papers), *(_shown(t.written).lower() for t in terms.values())])
    near = vectors[len(papers) :] @ vectors[: len(papers)].T
    found = {}
    for own, (key, term) in zip(near, terms.items(), strict=True):
        within = [float(c) for c, p in zip(own, papers, strict=True) if p.paper_id in term.papers]
        others = [float(c) for c, p in zip(own, papers, strict=True) if p.paper_id not in term.papers]
        said = key.split()
        contrast = sum(within) / len(within) - sum(others) / max(1, len(others))
        rarity = sum(min(1.0, w) for w in weigh(said)) / len(said)
        found[key] = dict(zip(SIGNS, (1.0, contrast, rarity, float(len(said) > 1)), strict=True))
    return found


def read(paper: Paper) -> str:
    """What stands for a paper: its title and the beginning of its abstract."""
    return f"{paper.title}. {paper.abstract[:READ]}"


def candidates(papers: Sequence[Paper]) -> dict[str, Term]:
    """The terms that may name a topic, by their stems, with the papers that they cover."""
    terms: dict[str, Term] = {}
    initials: dict[str, str] = {}
    for paper in papers:
        for written, short in _long_forms(f"{paper.title}. {paper.abstract}"):
            key = _key(written)
            terms.setdefault(key, Term()).written[written] += 1
            initials[key] = short
        for written in (*_runs(paper.title), *(k for k in paper.keywords if len(k.split()) <= 3)):
            terms.setdefault(_key(written), Term()).written[written] += 1
    for paper in papers:
        title, text = _stemmed(paper.title), _stemmed(paper.abstract)
        for key, term in terms.items():
            initial = initials.get(key)
            times = text.count(f" {key} ") + (len(re.findall(rf"\b{re.escape(initial)}s?\b", paper.abstract)) if initial else 0)
            titled = f" {key} " in title or (initial and re.search(rf"\b{re.escape(initial)}s?\b", paper.title))
            if titled:
                term.named.add(paper.paper_id)
            if times > 1 or titled:
                term.papers.add(paper.paper_id)
    joined: dict[str, str] = {}
    for key in sorted(terms, key=lambda k: (-len(terms[k].papers), k)):  # "pre-training" and "pretraining" are one
        first = joined.setdefault(key.replace(" ", ""), key)
        if first != key:
            other = terms.pop(key)
            terms[first].written += other.written
            terms[first].papers |= other.papers
            terms[first].named |= other.named
    return terms


def _long_forms(text: str) -> list[tuple[str, str]]:
    """Terms with their initials: `mixture of experts (MoE)`.

    >>> _long_forms("Mixture of Experts (MoE) and graph neural networks (GNNs) in a pilot (XY)")
    [('mixture of experts', 'MoE'), ('graph neural networks', 'GNN')]
    """
    found = []
    for match in _INITIALS.finditer(text):
        short = match[2].removesuffix("s")
        letters = [c for c in short.casefold() if c.isalpha()]
        before = match[1].split()
        for n in range(1, len(before) + 1):
            taken = before[-n:]
            parts = [p for word in taken for p in word.split("-")]
            firsts = [p[0].casefold() for p in parts if p]
            telling = [f for f, p in zip(firsts, parts, strict=False) if p.casefold() not in STOP_WORDS]
            if letters in (firsts, telling) and taken[0].casefold() not in STOP_WORDS:
                found.append((" ".join(taken).lower(), short))
                break
    return found


def _runs(title: str) -> list[str]:
    """Runs of up to three words of a title that may name a topic.

    >>> _runs("Fast Backdoor Detection via Pruning")
    ['fast', 'backdoor', 'detection', 'fast backdoor', 'backdoor detection', 'fast backdoor detection', 'pruning']
    """
    found = []
    for piece in re.split(r"[^\w\s'-]+", title):
        for run in _unbroken(words(piece)):
            for size in (1, 2, 3):
                for at in range(len(run) - size + 1):
                    taken = run[at : at + size]
                    if _may_end(taken[-1]):
                        found.append(" ".join(taken))
    return found


def _unbroken(run: Sequence[str]) -> list[list[str]]:
    """The run cut at words that belong to no term; an `of` between two that do holds them together.

    >>> _unbroken("a sparse mixture of experts for the translation of speech".split())
    [['sparse', 'mixture of experts'], ['translation of speech']]
    """
    parts: list[list[str]] = [[]]
    waiting = False
    for word in run:
        if word == "of" and parts[-1]:
            waiting = True
        elif word in STOP_WORDS or any(map(str.isdigit, word)) or len(word) < 3:
            parts.append([])
            waiting = False
        elif waiting:
            parts[-1].append(f"{parts[-1].pop()} of {word}")
            waiting = False
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _may_end(word: str) -> bool:
    return not word.endswith(_ADJECTIVES)


def _key(text: str) -> str:
    """The stems of a term; one with hyphens is the same without."""
    return " ".join(map(stem, words(text.replace("-", " "))))


def _stemmed(text: str) -> str:
    return f" {_key(text)} "


def _shown(written: Counter[str]) -> str:
    name = min(written, key=lambda w: (-written[w], w))
    return name[:1].upper() + name[1:]
