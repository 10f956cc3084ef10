"""Topics of several papers, with names that a person would give: terms that the authors themselves put into titles or give initials to.

A candidate is a long form before its initials ("mixture of experts (MoE)"), a keyword, or a run of up to three words of a title. It
covers the papers that are about it: their title holds it, or their text twice. Groups are formed greedily, so the same papers always give the same.
"""

# ruff: noqa: E501, SIM905 - patterns are read whole on one line, lists of words read best as text

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.text import STOP_WORDS, common, stem, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.schema import Paper

FEWEST, MOST = 6, 6
"""Papers from which on they are grouped, and the most groups."""

WIDEST = 0.7
"""Share of the papers from which on a topic tells none of them from the rest, nor does a part of its name."""

_INITIALS = re.compile(r"((?:[A-Za-z][\w'-]*\s+){1,6})\(([A-Z][A-Za-z-]{1,7})\)")
_ADJECTIVES = ("ed", "ly", "ive", "ous", "ful", "able", "ible", "less", "ary", "ic", "ical", "er-efficient")
_VAGUE = frozenset(
    """approach method methods model models way ways system systems framework paper papers study studies analysis result results technique
    techniques tool tools work works review survey novel new towards toward improving improve based using via large large-scale deep big simple
    effective efficient better best first case report task tasks data dataset datasets performance application applications challenge learning
    training language languages machine neural network networks intelligence problem problems evaluation benchmark benchmarks beyond
    llm llms lm lms plm plms model-based global local natural size open source state art""".split()
)
"""Words that name no topic by themselves."""


@dataclass(slots=True)
class _Term:
    """A candidate: how it is written, the papers that are about it, and how many of these name it in the title or give it initials."""

    written: Counter[str] = field(default_factory=Counter)
    papers: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


def grouped(papers: Sequence[Paper], *, weigh: Callable[[Sequence[str]], list[float]]) -> list[tuple[str, list[Paper]]]:
    """Topics with their papers, the largest first; papers that share none form the last group, whose name is empty.

    Where these are more than half, all papers are one group without a name.
    """
    if len(papers) < FEWEST:
        return [("", list(papers))] if papers else []
    terms = _candidates(papers)
    rarity = {key: sum(min(1.0, w) for w in weigh(key.split())) / len(key.split()) for key in sorted(terms)}
    weight = {key: rarity[key] * _like_a_name(key, term) for key, term in terms.items()}
    wide = [f" {key} " for key, term in terms.items() if len(term.papers) > max(2, WIDEST * len(papers))]
    left = list(papers)
    groups: list[tuple[str, list[Paper]]] = []
    while len(left) > 1 and len(groups) < MOST:
        ids = {p.paper_id for p in left}
        worth = {
            key: (len(term.papers & ids) - 1) * weight[key] * (1 + len(term.named & ids)) ** 0.5
            for key, term in terms.items()
            if len(term.papers & ids) > 1 and weight[key] and not any(f" {key} " in held for held in wide)
        }
        if not worth:
            break
        key = min(worth, key=lambda k: (-worth[k], k))
        members = [p for p in left if p.paper_id in terms[key].papers]
        groups.append((_shown(terms[key].written), members))
        left = [p for p in left if p not in members]
    if len(left) * 2 > len(papers):  # names for a few would stand over a heap of others
        return [("", list(papers))]
    groups.sort(key=lambda group: -len(group[1]))
    return [*groups, ("", left)] if left else groups


def _like_a_name(key: str, term: _Term) -> float:
    """How far a term is one that a person would head a list with: several words rather than one, and of words rather a rare one."""
    if " " in key:
        return 2.0
    if len(term.named) < 2:
        return 0.0
    return 1.0 if max(map(common, term.written)) <= _EVERYDAY else 0.5


_EVERYDAY = 1.0
"""A word that stands more often than that in a million says little by itself ("size", "global")."""


def _candidates(papers: Sequence[Paper]) -> dict[str, _Term]:
    terms: dict[str, _Term] = {}
    initials: dict[str, str] = {}
    for paper in papers:
        for written, short in _long_forms(f"{paper.title}. {paper.abstract}"):
            key = _key(written)
            if all(w in _VAGUE or w in STOP_WORDS for w in words(written.replace("-", " "))):
                continue
            terms.setdefault(key, _Term()).written[written] += 1
            initials[key] = short
        for written in (*_runs(paper.title), *(k for k in paper.keywords if len(k.split()) <= 3)):
            terms.setdefault(_key(written), _Term()).written[written] += 1
    for paper in papers:
        title, text = _stemmed(paper.title), _stemmed(paper.abstract)
        for key, term in terms.items():
            initial = initials.get(key)
            times = text.count(f" {key} ") + (len(re.findall(rf"\b{re.escape(initial)}s?\b", paper.abstract)) if initial else 0)
            if f" {key} " in title or (initial and re.search(rf"\b{re.escape(initial)}s?\b", paper.title)):
                term.named.add(paper.paper_id)
            if times > 1 or paper.paper_id in term.named:
                term.papers.add(paper.paper_id)
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
                    if (
                        _may_end(taken[-1])
                        and not all(w in _VAGUE for term in taken for w in term.split(" of "))
                        and taken[0] not in _LEADS
                        and (size > 1 or taken[0] not in _VAGUE)
                    ):
                        found.append(" ".join(taken))
    return found


_LEADS = frozenset(
    "towards toward improving improve using via new novel simple effective efficient better best first beyond large big".split()
)


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
    return not word.endswith(_ADJECTIVES) and word not in {"towards", "toward", "using", "improving", "based", "aware", "beyond"}


def _key(text: str) -> str:
    """The stems of a term; one with hyphens is the same without."""
    return " ".join(map(stem, words(text.replace("-", " "))))


def _stemmed(text: str) -> str:
    return f" {_key(text)} "


def _shown(written: Counter[str]) -> str:
    name = min(written, key=lambda w: (-written[w], w))
    return name[:1].upper() + name[1:]
