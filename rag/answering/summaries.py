"""Cited summaries: of one paper, its problem, method, findings and limits; of several, by topics, each paper with its finding.

What a sentence does in its abstract is told by `rag.reading.roles`; nothing is written anew, so every sentence is a quotation.
"""

# ruff: noqa: E501 - patterns are read whole on one line

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Literal

from rag.answering import lists
from rag.answering.compose import with_before
from rag.answering.draft import Draft, named, quote
from rag.answering.topics import grouped
from rag.injection import orders_in
from rag.reading.figures import has_figure
from rag.reading.roles import announces, roles
from rag.schema import Part as Told
from rag.text import STOP_WORDS, sentences, stems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.answering.relevance import Ranked
    from rag.answering.topics import Embed
    from rag.reading.roles import Role
    from rag.schema import Paper, Statement

Part = Literal["problem", "method", "findings", "limits"]
PARTS: tuple[Part, ...] = ("problem", "method", "findings", "limits")

MOST = 2
"""Sentences of a part of one paper's summary, what they lean on included."""

OTHERS, NEAR = "Other work", "Near the topic"
LONG = 35
"""Words from which on a sentence is long for a line of a list."""

RESULT = 0.4
"""The chance of telling a result from which on a sentence is one of those of which the finding is taken."""

_FINDING = {"result": 1.02, "title": 2.53, "leans": -0.5, "over": -0.05}
"""Weights of a conditional logit: the chance of telling a result and the share of the title's stems, fitted by `scripts/summaries.py`;
that the sentence leans on another, and words beyond `LONG`, set so that lines stay short."""

_HEAD = re.compile(r"(?P<head>[^,;:()]{3,90}?\b(?P<verb>[A-Za-z]+)) that (?=[A-Za-z])")
_DENIED = re.compile(r"\b(?:not|no|never|nor|neither|cannot|without|nothing)\b|n't\b", re.IGNORECASE)
_LABEL = re.compile(r"\s*(?:\[[A-Za-z ]{3,20}\]|[A-Z][A-Za-z ]{3,24}:|[A-Z]{5,}(?: AND [A-Z]{5,})?(?=\s+[A-Z])|:)\s*")

_LIMITS = re.compile(
    r"\b(?:limitations?|limited to|however|although|albeit|fails?|falls? short|inferior|worse|trails?|trailing|lags?|lacking|drop(?:s|ped)?|remains?|"
    r"not (?:sufficient\w*|robust|improve)|future work|room for improvement|open (?:question|challenge|problem)s?)\b",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"https?://|www\.|github\.com|\b(?:code|models?|data) (?:is|are|will be)\b[^.]*\b(?:available|released)\b|^we (?:(?:will|also) )*(?:hope|believe|release)\b",
    re.IGNORECASE,
)
"""Where something is to be had, and what the authors hope for: no finding."""


def of_paper(paper: Paper) -> Draft:
    """Problem, method, findings and limits of one paper, one or two sentences each, as far as its abstract tells them."""
    if not paper.abstract:
        said = f"I don't know: “{paper.title.rstrip('.')}” has no abstract that could be summarised."
        return Draft(abstain_reason="detail_missing", refusal=said, nearest=(paper.paper_id,))
    spans = [(s.start, s.end) for s in sentences(paper.abstract)]
    texts = [paper.abstract[a:b] for a, b in spans]
    orders = orders_in(texts, paper.title)
    usable = [n for n in range(len(spans)) if n not in orders]
    told = roles([texts[n] for n in usable])
    chosen = _parts({n: t for n, t in zip(usable, told, strict=True) if not _AWAY.search(texts[n])}, texts)
    statements: list[Statement] = []
    headings: dict[int, str] = {}
    parts = []
    for part in PARTS:
        own = chosen.get(part, [])
        if own:
            headings[len(statements)] = f"{part.capitalize()}:"
            parts.append(
                Told(form=part, text=part, status="answered", statements=tuple(range(len(statements), len(statements) + len(own))))
            )
            statements += [quote(paper, *spans[n]) for n in own]
    if not statements:  # too little to tell parts apart
        statements = [quote(paper, *spans[n]) for n in usable[:2]]
    return Draft(statements=tuple(statements), headings=headings, parts=tuple(parts))


def _parts(told: Mapping[int, Mapping[Role, float]], texts: Sequence[str]) -> dict[Part, list[int]]:
    """The places of the sentences of each part, in the order of the text; none stands in two parts."""
    free = dict(told)
    chosen: dict[Part, list[int]] = {}

    def take(part: Part, fits: Callable[[int], float], least: float, most: int) -> None:
        for place in sorted((n for n in free if fits(n) >= least), key=lambda n: (-fits(n), n))[:most]:
            whole = [n for n in with_before(texts, place) if n in free]
            if not (room := MOST - len(chosen.get(part, ()))):
                break
            whole = whole[-room:] if whole[-1] == place else whole[:room]
            chosen.setdefault(part, []).extend(whole)
            for n in whole:
                del free[n]

    if not told:
        return chosen
    top = {n: max(own, key=lambda role: own[role]) for n, own in told.items()}
    aim = min((n for n, role in top.items() if role != "background"), default=max(top))
    take("findings", lambda n: told[n]["result"] + (0.3 if has_figure(texts[n]) else 0.0) if n > aim or n == max(told) else 0.0, 0.4, 2)
    take("method", lambda n: told[n]["objective"] + 0.5 * told[n]["method"] if n >= aim else 0.0, 0.3, 1)
    take("method", lambda n: told[n]["method"] if n >= aim else 0.0, 0.5, 1)
    take("problem", lambda n: told[n]["background"] + 0.05 * n if n < aim else 0.0, 0.3, 1)
    take("limits", lambda n: told[n]["result"] + told[n]["other"] if n > aim and _LIMITS.search(texts[n]) else 0.0, 0.2, 1)
    return {part: sorted(places) for part, places in chosen.items()}


def of_papers(
    papers: Sequence[Paper],
    *,
    near: Sequence[Paper] = (),
    ranked: Sequence[Ranked] = (),
    weigh: Callable[[Sequence[str]], list[float]],
    embed: Embed | None = None,
    topic: str = "",
) -> Draft:
    """A line for each paper, its title and its finding in one sentence, under the name of its topic; all papers are there.

    `ranked` (of a question) says which sentences bear on what was asked, `topic` what it was about. Papers that are only `near` stand last.
    """
    best = {(r.sentence.paper.paper_id, r.sentence.start): r.score for r in reversed(ranked)}
    most = {pid: max(score for (p, _), score in best.items() if p == pid) for pid, _ in best}
    statements: list[Statement] = []
    headings: dict[int, str] = {}
    parts = []
    groups = grouped(papers, weigh=weigh, embed=embed, topic=topic)
    rest = OTHERS if len(groups) > 1 else ""
    groups = [(name or rest, members) for name, members in groups]
    groups += [(NEAR if groups else "", list(near))] if near else []
    for label, members in groups:
        start = len(statements)
        for paper in sorted(members, key=lambda p: -most.get(p.paper_id, 0.0)):
            headings[len(statements)] = ""
            statements.append(_finding(paper, best))
        headings[start] = f"{label}:\n" if label else ""
        parts.append(Told(form="survey", text=label or "papers", status="answered", statements=tuple(range(start, len(statements)))))
    return Draft(statements=tuple(statements), headings={n: h for n, h in headings.items() if n or h}, parts=tuple(parts))


def _finding(paper: Paper, best: Mapping[tuple[str, int], float]) -> Statement:
    """The paper's line: its title and the sentence that says what it found, else what it did; its title alone without an abstract."""
    if not paper.abstract:
        return named(paper)
    spans = sentences(paper.abstract)
    texts = [paper.abstract[s.start : s.end] for s in spans]
    orders = orders_in(texts, paper.title)
    said = paper.title.rstrip(".… ")  # one that was made of a sentence is not followed by it
    usable = [n for n, t in enumerate(texts) if n not in orders and not _AWAY.search(t) and not t.startswith(said) and not t.endswith("?")]
    if not usable:
        return lists.line(paper, None, None)
    told = roles(texts)
    results = [n for n in usable if told[n]["result"] >= RESULT]
    title = frozenset(stems(paper.title))

    def fits(n: int) -> float:
        own = {
            "result": told[n]["result"] if results else told[n]["result"] + told[n]["objective"],
            "title": len(title.intersection(stems(texts[n]))) / max(1, len(title)),
            "leans": float(len(with_before(texts, n)) > 1),
            "over": float(max(0, len(texts[n].split()) - LONG)),
        }
        asked = math.sqrt(math.sqrt(best.get((paper.paper_id, spans[n].start), 0.0))) + 0.3
        return sum(_FINDING[name] * value for name, value in own.items()) + math.log(asked)

    place = max(results or usable, key=lambda n: (fits(n), -n))
    return lists.line(paper, spans[place].start + opening(texts[place]), spans[place].end)


def opening(text: str) -> int:
    """Where the finding itself begins in its sentence: behind a label, and behind words that say no more than that it was found.

    >>> [text[opening(text):] for text in ("RESULTS: Gulls steal.", "Our tests show that gulls steal.", "We can't show that gulls steal.")]
    ['Gulls steal.', 'gulls steal.', "We can't show that gulls steal."]
    """
    label = _LABEL.match(text)
    start = label.end() if label else 0
    head = _HEAD.match(text, start)
    if head is None or not announces(head["verb"]) or any(map(str.isdigit, head["head"])) or _DENIED.search(head["head"]):
        return start
    first = head["head"].split()[0].casefold()
    return start if first in STOP_WORDS and first not in _SPEAKERS else head.end()


_SPEAKERS = frozenset({"we", "our", "the", "these", "this"})
"""Words of no weight with which the authors begin to speak of what they did; with others ("although") a clause may hang on it."""
