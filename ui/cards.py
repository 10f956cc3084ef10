"""The cited papers as cards, with the quoted sentences marked in their abstracts. No gradio here; every text is escaped."""

from __future__ import annotations

import itertools
import re
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag.text import sentences as sentence_spans
from ui import turns as keeping
from ui.markup import address, formulas, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.schema import Answer, Citation, Paper
    from ui.turns import Turn

AUTHORS = 6
"""So many authors are named on a card before `et al.`"""


def panel(turns: Sequence[Turn]) -> Markup:
    """The cards of every turn; the script shows those of one turn at a time."""
    return join(sources(one.answer, n + 1) for n, one in enumerate(turns) if one.answer.references)


def sources(answer: Answer, number: int) -> Markup:
    """The cards of one answer, in the order of [n]."""
    papers = keeping.cited_papers(answer)
    why = {h.paper.paper_id: h.why for h in answer.retrieved}
    rows = []
    for n, (paper_id, paper) in enumerate(zip(answer.references, papers, strict=True)):
        cited = [(s, c) for s, statement in enumerate(answer.statements) for c in statement.citations if c.paper_id == paper_id]
        shown = card(paper, number, n + 1, cited, why.get(paper_id, "")) if paper else _gone(paper_id, number, n + 1)
        rows.append(tag("li", shown))
    return tag(
        "section",
        tag("h3", f"Sources of answer {number}"),
        tag("ol", *rows, class_="cards"),
        id=f"sources-{number}",
        class_="sources",
        data_turn=number,
    )


def card(paper: Paper, number: int, n: int, cited: Sequence[tuple[int, Citation]], why: str = "") -> Markup:
    """One paper. `cited` holds (position of the statement, its citation)."""
    name = f"src-{number}-{n}"
    fields = {c.field for _, c in cited if c.field}
    opened = number == 0
    title = paper.title if opened else tag("a", paper.title, href=f"#/paper/{quote(paper.paper_id, safe='')}")
    only = tag("label", tag("input", type="checkbox", data_only=paper.paper_id), " Ask only the papers ticked", class_="only")
    return tag(
        "article",
        tag("h4", tag("span", f"[{n}]", class_="num"), " ", tag("span", title, class_="cited" if "title" in fields else None)),
        tag("p", byline(paper), class_="cited by" if "authors" in fields else "by") if paper.authors else None,
        facts(paper, fields),
        _abstract(paper, cited, whole=opened) if paper.abstract else tag("p", "This record has no abstract.", class_="muted small"),
        tag("p", "This abstract is retold in other words; these are not the authors' own.", class_="muted small")
        if paper.abstract and paper.abstract_origin == "rewritten"
        else None,
        tag("p", tag("span", "Why it was found: ", class_="muted"), plainly(why), class_="why") if why else None,
        None if opened else only,
        tag(
            "div",
            *links(paper),
            tag("button", "Copy citation", type="button", data_do="copy-text", data_text=plain(paper), aria_label=f"Copy citation [{n}]"),
            tag("button", "Ask about this paper", type="button", data_event="select", data_act="about", data_id=paper.paper_id),
            tag("button", "Copy link", type="button", data_do="link", data_id=paper.paper_id, aria_label=f"Copy link to [{n}]"),
            class_="acts",
        ),
        class_="card",
        id=name,
        tabindex="-1",
        aria_label=f"Source {n}: {paper.title}",
        data_turn=number,
        data_n=n,
    )


def _gone(paper_id: str, number: int, n: int) -> Markup:
    text = "The record of this paper is not at hand; it may have been removed."
    return tag(
        "article", tag("h4", f"[{n}] {paper_id}"), tag("p", text, class_="muted"), class_="card", id=f"src-{number}-{n}", tabindex="-1"
    )


def byline(paper: Paper, most: int = AUTHORS) -> str:
    """The authors, cut after `most`."""
    more = paper.authors_truncated or len(paper.authors) > most
    return ", ".join(paper.authors[:most]) + (" et al." if more and paper.authors else "")


def facts(paper: Paper, cited: set[str] | frozenset[str] = frozenset()) -> Markup | None:
    """Date, categories and code flag; those that are cited themselves stand out."""
    found = [
        ("published", dated(paper.published)),
        ("categories", ", ".join(paper.categories)),
        ("has_code", "with code" if paper.has_code else ""),
        ("source", f"from {paper.source.document}" if "source" in cited and paper.source else ""),
        ("retraction", paper.retraction or ""),
        ("title_origin", "title derived from the abstract" if paper.title_origin == "derived" else ""),
    ]
    shown = [tag("span", text, class_="fact cited" if name in cited else "fact") for name, text in found if text]
    return tag("p", *shown, class_="facts") if shown else None


def dated(published: str | None) -> str:
    """The date in words, as exact as it is known.

    >>> dated("2023-04-07"), dated("2023-04"), dated("2023"), dated(None)
    ('7 April 2023', 'April 2023', '2023', '')
    """
    parts = [int(part) for part in (published or "").split("-") if part.isdigit()]
    if not parts:
        return ""
    try:
        day = date(parts[0], *(parts[1:3] if len(parts) > 2 else [*parts[1:], 1] if len(parts) > 1 else [1, 1]))
    except ValueError:
        return published or ""
    return [f"{day.year}", f"{day:%B} {day.year}", f"{day.day} {day:%B} {day.year}"][min(len(parts), 3) - 1]


def links(paper: Paper) -> list[Markup]:
    """Where the paper can be read, each address once; only http and https."""
    offered = [
        ("arXiv", f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else None),
        ("DOI", f"https://doi.org/{paper.doi}" if paper.doi else None),
        ("Page", paper.url),
    ]
    seen: set[str] = set()
    shown = []
    for name, url in offered:
        safe = address(url)
        if safe and safe not in seen and not (name == "Page" and paper.arxiv_id and paper.arxiv_id in safe):
            seen.add(safe)
            shown.append(tag("a", name, href=safe, target="_blank", rel="noopener noreferrer", aria_label=f"{name} (opens a new tab)"))
    return shown


def plain(paper: Paper) -> str:
    """The paper as a line for a list of references."""
    who = byline(paper, most=20)
    year = f" ({paper.published[:4]})" if paper.published else ""
    where = f" arXiv:{paper.arxiv_id}." if paper.arxiv_id else ""
    link = f" https://doi.org/{paper.doi}" if paper.doi else f" {paper.url}" if address(paper.url) else ""
    return f"{who}{year}{'. ' if who or year else ''}{paper.title.rstrip('.')}.{where}{link}"


def _abstract(paper: Paper, cited: Sequence[tuple[int, Citation]], *, whole: bool) -> Markup:
    """The abstract, folded to what is cited and the sentences around it unless it is wanted `whole`."""
    marked, folded = _marked(paper.abstract, cited, whole=whole)
    more = tag("button", "Show the whole abstract", type="button", data_do="unfold", class_="unfold") if folded else None
    return tag("div", marked, more, class_="abstract folded" if folded else "abstract")


def _marked(abstract: str, cited: Sequence[tuple[int, Citation]], *, whole: bool = True) -> tuple[Markup, bool]:
    """The abstract with its quoted spans in <mark>, and whether some of it is folded away.

    `data-s` lists the statements that rest on a piece; overlaps are cut apart.
    """
    spans = [
        (c.start, c.end, s)
        for s, c in cited
        if c.start is not None and c.end is not None and 0 <= c.start < c.end <= len(abstract) and abstract[c.start : c.end] == c.quote
    ]
    sentences = [] if whole else [(s.start, s.end) for s in sentence_spans(abstract)]
    held = [n for n, (start, end) in enumerate(sentences) if any(a < end and start < b for a, b, _ in spans)] or [0]
    near = {n + step for n in held for step in (-1, 0, 1)}
    far = [span for n, span in enumerate(sentences) if n not in near]
    cuts = {edge for span in far for edge in span}
    edges = sorted({0, len(abstract), *cuts, *(a for a, _, _ in spans), *(b for _, b, _ in spans)})
    parts: list[Markup | str] = []
    for start, end in itertools.pairwise(edges):
        by = sorted({s for a, b, s in spans if a <= start and end <= b})
        piece = formulas(abstract[start:end])
        if any(a <= start and end <= b for a, b in far):
            parts.append(tag("span", piece, class_="far"))
        else:
            parts.append(tag("mark", piece, data_s=" ".join(map(str, by))) if by else piece)
    return tag("p", *parts), bool(far)


_RANK = re.compile(r"(keywords|meaning): rank (\d+)")
_WHERE = {"keywords": "by its words", "meaning": "by its meaning"}


def plainly(why: str) -> str:
    """Why a paper was found, for somebody who does not know how searching works.

    >>> plainly("keywords: rank 5; meaning: rank 1; matched 'adapter', 'sparse'")
    "5th by its words, 1st by its meaning; it holds 'adapter', 'sparse'"
    """
    ranks = [f"{_ordinal(int(place))} {_WHERE[kind]}" for kind, place in _RANK.findall(why)]
    rest = [part for part in why.split("; ") if not _RANK.fullmatch(part)]
    said = [part.replace("matched ", "it holds ", 1) if part.startswith("matched ") else part for part in rest]
    return "; ".join([*([", ".join(ranks)] if ranks else []), *said])


def _ordinal(n: int) -> str:
    return f"{n}{'th' if n % 100 in {11, 12, 13} else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
