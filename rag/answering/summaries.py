"""Cited summaries: of one paper, and of several, grouped by what they share.

A sentence's part (problem, method, finding) is told by the words that open it and by its place; nothing is written anew, so every
sentence of a summary is a quotation. Groups are formed greedily by the papers' shared heavy stems, so the same papers always give the
same groups.
"""

# ruff: noqa: E501 - patterns and word lists are read whole on one line

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Literal

from rag.answering.draft import Draft, named, quote, quoted
from rag.injection import orders_in
from rag.reading.figures import has_figure
from rag.text import STOP_WORDS, sentences, stem, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.answering.extractive import Ranked
    from rag.schema import Paper, Statement

Part = Literal["problem", "method", "findings"]
PARTS: tuple[Part, ...] = ("problem", "method", "findings")
WORDS = 130
MANY_WORDS = 320

_FINDING = re.compile(
    r"\b(?:outperform|surpass|achiev|improv|exceed|beats?|reach|gain|reduc|result|experiment|evaluat|empirical|state-of-the-art|show(?:s|n|ed)?\b|"
    r"demonstrat|find(?:s|ings?)?\b|found\b|reveal|confirm|effective|significant|better|faster|higher|lower|accuracy|score)",
    re.IGNORECASE,
)
_METHOD = re.compile(
    r"\b(?:we (?:propose|present|introduce|develop|design|build|study|investigate|describe|train|use|apply|construct|release)|this (?:paper|work|study|article|survey)|"
    r"propos|introduc|present(?:s|ed)?\b|consists? of|is an? |are trained|uses?\b|combin|built|based on|framework|algorithm|trained|stages?\b|modules?\b|architecture)",
    re.IGNORECASE,
)
_PROBLEM = re.compile(
    r"\b(?:however|but|lack|challeng|difficult|limit|problem|remain|despite|although|expensive|costly|existing|prior|previous|traditional|typically|suffer|fail|need|"
    r"gap|bottleneck|little|hard)",
    re.IGNORECASE,
)


def part_of(text: str, place: int, of: int) -> dict[Part, float]:
    """How well a sentence fits each part, by its words and its place in the abstract."""
    at = place / max(1, of - 1)
    return {
        "problem": len(_PROBLEM.findall(text)) + 1.5 * (1 - at),
        "method": 1.2 * min(2, len(_METHOD.findall(text))) + 1.2 * (1 - abs(at - 0.4)),
        "findings": 0.8 * min(3, len(_FINDING.findall(text))) + (1.2 if has_figure(text) else 0) + 1.2 * at,
    }


def of_paper(paper: Paper, *, limit_words: int = WORDS) -> Draft:
    """Problem, method and findings of one paper: the best sentence of each part, then more findings and methods while they fit."""
    if not paper.abstract:
        said = f"I don't know: “{paper.title.rstrip('.')}” has no abstract that could be summarised."
        return Draft(abstain_reason="detail_missing", refusal=said, nearest=(paper.paper_id,))
    spans = [(s.start, s.end) for s in sentences(paper.abstract)]
    texts = [paper.abstract[a:b] for a, b in spans]
    orders = orders_in(texts, paper.title)
    usable = [n for n in range(len(spans)) if n not in orders]
    if not usable:
        return Draft()
    fits = {n: part_of(texts[n], n, len(spans)) for n in usable}
    chosen: dict[int, Part] = {}
    for part in ("findings", "method", "problem"):
        free = [n for n in usable if n not in chosen]
        if free:
            chosen[max(free, key=lambda n, p=part: (fits[n][p], -n))] = part  # type: ignore[misc]
    used = sum(len(texts[n].split()) for n in chosen)
    for part in ("findings", "method", "findings", "method"):
        free = [n for n in usable if n not in chosen and used + len(texts[n].split()) <= limit_words]
        if free:
            best = max(free, key=lambda n, p=part: (fits[n][p], -n))  # type: ignore[misc]
            chosen[best] = part  # type: ignore[assignment]
            used += len(texts[best].split())
    statements: list[Statement] = []
    headings: dict[int, str] = {}
    for part in PARTS:
        own = sorted(n for n, p in chosen.items() if p == part)
        if own:
            headings[len(statements)] = f"{part.capitalize()}:"
            statements += [quote(paper, *spans[n]) for n in own]
    return Draft(statements=tuple(statements), headings=headings)


def of_papers(
    papers: Sequence[Paper],
    *,
    ranked: Sequence[Ranked] = (),
    weigh: Callable[[Sequence[str]], list[float]],
    limit_words: int = MANY_WORDS,
) -> Draft:
    """One sentence a paper at least, under a heading for each group; `ranked` (of a question) chooses the sentences where given."""
    best: dict[str, list[Ranked]] = {}
    for r in ranked:
        best.setdefault(r.sentence.paper.paper_id, []).append(r)
    statements: list[Statement] = []
    headings: dict[int, str] = {}
    each = max(1, limit_words // max(1, len(papers)))
    for label, members in grouped(papers, weigh=weigh):
        if label:
            headings[len(statements)] = f"{label}:"
        elif statements:
            headings[len(statements)] = "Further:"
        for paper in members:
            statements += _of_one(paper, best.get(paper.paper_id, []), each)
    return Draft(statements=tuple(statements), headings=headings)


def _of_one(paper: Paper, ranked: Sequence[Ranked], words_each: int) -> list[Statement]:
    """The one or two sentences that stand for a paper, in the order of the text; its title where it has no abstract."""
    if not paper.abstract:
        return [named(paper)]
    if ranked:
        taken = [ranked[0].sentence]
        for r in ranked[1:2]:
            if sum(len(s.text.split()) for s in taken) + len(r.sentence.text.split()) <= words_each:
                taken.append(r.sentence)
        return [quoted(s) for s in sorted(taken, key=lambda s: s.start)]
    short = of_paper(paper, limit_words=0)
    keep = [s for n, s in enumerate(short.statements) if n >= len(short.statements) - 2]
    if sum(len(s.text.split()) for s in keep) > words_each and len(keep) > 1:
        keep = keep[-1:]
    return keep


def grouped(papers: Sequence[Paper], *, weigh: Callable[[Sequence[str]], list[float]], most: int = 5) -> list[tuple[str, list[Paper]]]:
    """Groups (label, papers) by shared words of titles and abstracts; papers that share none form the last, unlabelled group.

    Greedy: the word pair or word that most papers left over share (heavier first, ties by the alphabet) makes the next group.
    """
    if len(papers) < 4:
        return [("", list(papers))] if papers else []
    terms = {p.paper_id: _terms(p) for p in papers}
    surface: dict[str, Counter[str]] = {}
    for own in terms.values():
        for key, seen in own.items():
            surface.setdefault(key, Counter()).update([seen])
    keys = sorted(surface)
    weight = dict(zip(keys, (_weight(k, weigh) for k in keys), strict=True))
    left = list(papers)
    groups: list[tuple[str, list[Paper]]] = []
    while len(left) >= 2 and len(groups) < most:
        counts = Counter(k for p in left for k in terms[p.paper_id])
        usable = [k for k, n in counts.items() if 2 <= n <= max(2, int(0.8 * len(papers)))]
        if not usable:
            break
        label = min(usable, key=lambda k: (-(counts[k] - 1) * weight[k], k))
        members = [p for p in left if label in terms[p.paper_id]]
        groups.append((_shown(surface[label]), members))
        left = [p for p in left if p not in members]
    if left:
        groups.append(("", left))
    return groups


def _terms(paper: Paper) -> dict[str, str]:
    """Stemmed words and neighbouring pairs of the title, and pairs of the abstract, with how they are written."""
    found: dict[str, str] = {}
    title = [w for w in words(paper.title) if len(w) > 2 and not w.isdigit()]
    text = words(paper.abstract)
    for run, single in ((title, True), (text, False)):
        for n, word in enumerate(run):
            if word in STOP_WORDS or word in _EMPTY:
                continue
            if single:
                found.setdefault(stem(word), word)
            if n + 1 < len(run) and run[n + 1] not in STOP_WORDS and run[n + 1] not in _EMPTY and not run[n + 1][0].isdigit():
                found.setdefault(f"{stem(word)} {stem(run[n + 1])}", f"{word} {run[n + 1]}")
    return found


def _weight(key: str, weigh: Callable[[Sequence[str]], list[float]]) -> float:
    """Pairs weigh more than single words of the same rarity: they make better labels."""
    parts = key.split()
    mean = sum(min(1.0, w) for w in weigh(parts)) / len(parts)
    return mean * (1.5 if len(parts) > 1 else 1.0)


def _shown(seen: Counter[str]) -> str:
    label = min(seen, key=lambda s: (-seen[s], s))
    return label[:1].upper() + label[1:]


_EMPTY = frozenset(
    [
        "paper",
        "papers",
        "method",
        "methods",
        "approach",
        "model",
        "models",
        "results",
        "result",
        "propose",
        "proposed",
        "proposes",
        "show",
        "shows",
        "novel",
        "new",
        "based",
        "using",
        "existing",
        "several",
        "different",
        "performance",
        "experiments",
        "experiment",
        "state-of-the-art",
        "task",
        "tasks",
        "also",
        "however",
        "e.g",
        "i.e",
        "significantly",
        "large",
        "recent",
        "introduce",
        "introduces",
        "extensive",
        "code",
        "available",
        "work",
        "works",
        "study",
        "data",
        "datasets",
        "dataset",
        "https",
        "github.com",
        "learning",
        "training",
        "language",
        "well",
        "better",
        "best",
        "first",
        "without",
    ]
)
