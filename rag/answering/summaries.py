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
from rag.reading.roles import roles
from rag.schema import Part as Told
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.answering.relevance import Ranked
    from rag.reading.roles import Role
    from rag.schema import Paper, Statement

Part = Literal["problem", "method", "findings", "limits"]
PARTS: tuple[Part, ...] = ("problem", "method", "findings", "limits")

OTHERS = "Other work"
LONG = 55
"""Words from which on a sentence is too long for a line of a list, where the paper has another."""

_LIMITS = re.compile(
    r"\b(?:limitations?|limited to|however|although|albeit|fails?|falls? short|inferior|worse|trails?|trailing|lags?|lacking|drop(?:s|ped)?|remains?|"
    r"not (?:sufficient\w*|robust|improve)|future work|room for improvement|open (?:question|challenge|problem)s?)\b",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"https?://|www\.|github\.com|\b(?:code|models?|data) (?:is|are|will be)\b[^.]*\b(?:available|released)\b", re.IGNORECASE
)


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


def of_papers(papers: Sequence[Paper], *, ranked: Sequence[Ranked] = (), weigh: Callable[[Sequence[str]], list[float]]) -> Draft:
    """A line for each paper, its title and its finding in one sentence, under the name of its topic; all papers are there.

    `ranked` (of a question) says which sentences bear on what was asked.
    """
    best = {(r.sentence.paper.paper_id, r.sentence.start): r.score for r in reversed(ranked)}
    most = {pid: max(score for (p, _), score in best.items() if p == pid) for pid, _ in best}
    statements: list[Statement] = []
    headings: dict[int, str] = {}
    parts = []
    groups = grouped(papers, weigh=weigh)
    for name, members in groups:
        start = len(statements)
        for paper in sorted(members, key=lambda p: -most.get(p.paper_id, 0.0)):
            headings[len(statements)] = ""
            statements.append(_finding(paper, best))
        label = name or (OTHERS if len(groups) > 1 else "")
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
    told = roles(texts)

    def fits(n: int) -> float:
        own: float = told[n]["result"] + 0.6 * told[n]["objective"] + 0.3 * told[n]["method"] + (0.2 if has_figure(texts[n]) else 0.0)
        alone = 0.6 if len(with_before(texts, n)) > 1 else 1.0
        short = 0.6 if len(texts[n].split()) > LONG else 1.0
        return own * alone * short * (math.sqrt(math.sqrt(best.get((paper.paper_id, spans[n].start), 0.0))) + 0.3)

    usable = [n for n in range(len(spans)) if n not in orders and not _AWAY.search(texts[n])]
    if not usable:
        return lists.line(paper, None, None)
    place = max(usable, key=lambda n: (fits(n), -n))
    return lists.line(paper, spans[place].start, spans[place].end)
