"""An answer as HTML: its sentences with [n] and what became of each, under its question. No gradio here; every text is escaped.

The `id`s tie the page together: `turn-3` is the third turn, `sources-3` its cards, `src-3-1` the card of its [1]. A sentence's citation
carries the number of the sentence (`data-s`), and so do the marks in the cards, so that the right one lights up.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ui import turns as keeping
from ui.markup import join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.schema import Answer, Paper, Statement
    from ui.turns import Turn

QUOTE_CHARS = 300
"""A longer quote is cut in the little window over a citation."""

_AFTER = re.compile(r"^[.!?]? ?(?:\[\d+\])* ?(?:\(not supported by the abstracts\))?[.!?]?")

STATUS = {
    "verified": ("✓", "verified: the cited sentence supports it"),
    "reattributed": ("⤳", "re-attributed: another paper than the model named supports it"),
    "unsupported": ("?", "not supported by the abstracts that were read"),
    "withheld": ("⊘", "withheld: a sentence of the model was not supported and is not shown"),
}
"""Sign and meaning of what became of a sentence; a quotation stands in quotation marks instead."""


_VOICES = {
    "nearest": "Not answered: the nearest sentence is shown",
    "correction": "The papers say otherwise",
    "refusal": "The papers don't answer this",
}


@dataclass(slots=True)
class Block:
    """Statements that stand together, with their positions, under a heading or none."""

    heading: str = ""
    statements: list[tuple[int, Statement]] = field(default_factory=list)


def blocks(answer: Answer) -> list[Block]:
    """The statements in the lines and under the headings that the answer's text gives them."""
    found: list[Block] = []
    cursor = 0
    formed = any(s.before.strip() or "\n" in s.before for s in answer.statements)
    for n, statement in enumerate(answer.statements):
        if formed:  # a model's answer says itself what stands before each sentence
            headings = [line.strip(" #*") for line in statement.before.splitlines() if line.lstrip().startswith(("#", "**"))]
            if not found or "\n" in statement.before:
                found.append(Block(heading=" · ".join(headings)))
            found[-1].statements.append((n, statement))
            continue
        core = statement.text.rstrip(".!?")
        place = answer.answer.find(core, cursor) if core and statement.status != "withheld" else -1
        gap = ""
        if place >= 0:
            gap = answer.answer[cursor:place]
            gap = _AFTER.sub("", gap, count=1) if n else gap
            cursor = place + len(core)
        heading = gap.strip()
        if not found or "\n" in gap or heading:
            found.append(Block(heading=heading))
        found[-1].statements.append((n, statement))
    return found


def turn(one: Turn, number: int, *, last: bool = False) -> Markup:
    """A finished turn: the question, the answer and what can be done with it."""
    answer = one.answer
    record = json.dumps(keeping.record(one), ensure_ascii=False, separators=(",", ":"))
    return tag(
        "article",
        question(answer.question, number),
        tag(
            "div",
            abstention(answer, number) if answer.abstained and not answer.statements else statements(answer, number),
            _notes(answer, one),
            _meta(answer),
            _acts(answer, number, last=last),
            class_="said",
        ),
        class_="turn",
        id=f"turn-{number}",
        aria_label=f"Question {number} and its answer",
        data_record=record,
        data_turn=number,
    )


def question(text: str, number: int, *, edit: bool = True) -> Markup:
    """What was asked, with a way to change it."""
    button = tag("button", "Edit", type="button", class_="quiet", data_event="edit", data_turn=number, aria_label=f"Edit question {number}")
    return tag("div", tag("h3", text), button if edit else None, class_="asked")


def statements(answer: Answer, number: int) -> Markup:
    """The sentences in paragraphs, or as a list where each line holds one."""
    numbers = {paper_id: n + 1 for n, paper_id in enumerate(answer.references)}
    papers = dict(zip(answer.references, keeping.cited_papers(answer), strict=True))
    found = blocks(answer)
    if len(found) > 1 and not any(b.heading for b in found):
        rows = [tag("li", _sentences(b.statements, number, numbers, papers)) for b in found]
        return tag("ul", *rows, class_="answer")
    return tag("div", *(_block(b, number, numbers, papers) for b in found), class_="answer")


def _block(block: Block, number: int, numbers: dict[str, int], papers: dict[str, Paper | None]) -> Markup:
    lines = tag("p", _sentences(block.statements, number, numbers, papers))
    return join([tag("h4", block.heading.rstrip(":")) if block.heading else None, lines])


def _sentences(found: Sequence[tuple[int, Statement]], number: int, numbers: dict[str, int], papers: dict[str, Paper | None]) -> Markup:
    return join((sentence(s, n, number, numbers, papers) for n, s in found), " ")


def sentence(
    statement: Statement, place: int, number: int, numbers: dict[str, int], papers: dict[str, Paper | None] | None = None
) -> Markup:
    """A sentence with its citations. A withheld one leaves a sign and none of its words."""
    if statement.status == "withheld":
        return tag("span", "⊘ one sentence withheld", class_="st withheld", title=STATUS["withheld"][1])
    body = _words(statement)
    marks = [citation(statement, paper_id, place, number, numbers, papers or {}) for paper_id in _cited(statement) if paper_id in numbers]
    sign = None
    if statement.status in STATUS:
        shown, meaning = STATUS[statement.status]
        label = {"verified": "verified", "reattributed": "re-attributed", "unsupported": "not verified"}[statement.status]
        words = tag("span", label, class_="sr" if statement.status == "verified" else "word")
        sign = tag("span", tag("span", shown, aria_hidden="true"), words, class_=f"sign {statement.status}", title=meaning)
    return tag("span", body, " " if marks or sign else None, *marks, sign, class_=f"st {statement.status}", data_s=place)


def _words(statement: Statement) -> Markup:
    """The sentence: in quotation marks where it is one word for word, with its paper's title set off where it leads."""
    text = statement.text
    title = next((c.value for c in statement.citations if c.field == "title" and c.value and text.startswith(f"{c.value}: ")), None)
    rest = text[len(title) + 2 :] if title else text
    verbatim = statement.status == "quoted" and any(c.quote == rest for c in statement.citations)
    body = tag("q", rest) if verbatim else tag("span", rest, class_="text")
    return join([tag("strong", title), ": ", body]) if title else body


def citation(
    statement: Statement, paper_id: str, place: int, number: int, numbers: dict[str, int], papers: dict[str, Paper | None]
) -> Markup:
    """[n], leading to the card; hovering or focusing it shows the quote."""
    n = numbers[paper_id]
    own = [c for c in statement.citations if c.paper_id == paper_id]
    said = " … ".join(c.quote or f"{c.field}: {c.value}" for c in own if c.quote or c.field != "title" or len(own) == 1)
    paper = papers.get(paper_id)
    title = paper.title if paper else paper_id
    return tag(
        "a",
        f"[{n}]",
        href=f"#src-{number}-{n}",
        class_="cite",
        data_turn=number,
        data_n=n,
        data_s=place,
        data_title=title,
        data_quote=said if len(said) <= QUOTE_CHARS else said[: QUOTE_CHARS - 1].rstrip() + "…",
        aria_label=f"[{n}] {title}",
    )


def _cited(statement: Statement) -> list[str]:
    return list(dict.fromkeys(c.paper_id for c in statement.citations))


def abstention(answer: Answer, number: int) -> Markup:
    """That there is no answer, said plainly, with the nearest papers on offer."""
    near = keeping.nearest_papers(answer)
    rows = [
        tag(
            "li",
            tag("button", p.title, type="button", class_="linklike", data_event="select", data_act="open", data_id=p.paper_id),
            tag("span", _dated(p), class_="muted"),
        )
        for p in near
    ]
    offer = join([tag("p", "The nearest papers in this library:", class_="lead"), tag("ul", *rows)]) if rows else None
    said = answer.answer.partition(" (nearest:")[0].rstrip(".") + "." if near else answer.answer
    return tag("div", tag("p", said), offer, class_="answer abstains", data_turn=number)


def _dated(paper: Paper) -> str:
    facts = [paper.authors[0] + (" et al." if len(paper.authors) > 1 or paper.authors_truncated else "") if paper.authors else ""]
    facts.append((paper.published or "")[:4])
    shown = ", ".join(fact for fact in facts if fact)
    return f" {shown}" if shown else ""


def _notes(answer: Answer, one: Turn) -> Markup | None:
    notes = list(answer.notes)
    if answer.standalone_question.strip() != answer.question.strip() and answer.standalone_question:
        notes.insert(0, f"Understood as: {answer.standalone_question}")
    if one.stopped:
        notes.append("Stopped before the answer was complete.")
    return tag("ul", *(tag("li", note) for note in notes), class_="notes", aria_label="Notes") if notes else None


def _meta(answer: Answer) -> Markup:
    """One line: how the answer came about, how much of it was verified, and what it took."""
    facts: list[str] = []
    shown = [s for s in answer.statements if s.status != "withheld"]
    if answer.voice in _VOICES:
        facts.append(_VOICES[answer.voice])
    elif answer.abstained:
        facts.append(_VOICES["refusal"])
    elif answer.mode == "extractive":
        words = f"{len(shown)} sentence{'s' if len(shown) != 1 else ''}"
        sources = f"{len(answer.references)} paper{'s' if len(answer.references) != 1 else ''}"
        facts.append(f"Quoted offline: {words} from {sources}")
    else:
        facts.append(f"{answer.verified[0]} of {answer.verified[1]} sentences verified")
    if answer.usage is not None:
        about = "about " if answer.usage.estimated else ""
        facts.append(answer.usage.model)
        facts.append(f"{about}{answer.usage.prompt_tokens + answer.usage.completion_tokens:,} tokens")
        facts.append("cost unknown" if answer.usage.cost_usd is None else f"${answer.usage.cost_usd:.4f}")
    if "total" in answer.timing_s:
        facts.append(
            f"{answer.timing_s['total']:.1f} s" if answer.timing_s["total"] >= 0.1 else f"{answer.timing_s['total'] * 1000:.0f} ms"
        )
    return tag("p", " · ".join(facts), class_="meta")


def _acts(answer: Answer, number: int, *, last: bool) -> Markup:
    """What can be done with an answer. The names carry its number, so that each control has one of its own."""
    of = f"answer {number}"
    sources = len(answer.references)
    items = []
    if sources:
        label = f"Sources ({sources})"
        items.append(tag("button", label, type="button", data_do="sources", data_turn=number, aria_label=f"{label} of {of}"))
    items.append(tag("button", "Copy", type="button", data_do="copy", data_turn=number, aria_label=f"Copy {of}"))
    if last:
        items.append(tag("button", "Retry", type="button", data_event="retry", data_turn=number, aria_label=f"Retry question {number}"))
    if not answer.abstained and sources:
        kinds = (("markdown", "Markdown"), ("bibtex", "BibTeX"), ("ris", "RIS"), ("csl", "CSL-JSON"))
        links = [
            tag("button", name, type="button", data_do="export", data_format=kind, data_turn=number, aria_label=f"Export {of} as {name}")
            for kind, name in kinds
        ]
        items.append(tag("details", tag("summary", "Export", aria_label=f"Export {of}"), tag("div", *links), class_="menu"))
    votes = (("Helpful", "good"), ("Not helpful", "bad"), ("Wrong citation", "citation"))
    buttons = [
        tag("button", name, type="button", data_event="like", data_vote=vote, data_turn=number, aria_label=f"{name}: {of}")
        for name, vote in votes
    ]
    items.append(tag("details", tag("summary", "Rate", aria_label=f"Rate {of}"), tag("div", *buttons), class_="menu"))
    return tag("div", *items, class_="acts")


def transcript(turns: Sequence[Turn]) -> Markup:
    """All finished turns."""
    return join(turn(one, n + 1, last=n + 1 == len(turns)) for n, one in enumerate(turns))


def welcome(papers: int, examples: Sequence[str]) -> Markup:
    """What stands where nothing has been asked yet."""
    if not papers:
        return tag(
            "div",
            tag("h2", "This library is empty"),
            tag("p", "Open “Add papers” and drop a file there: JSON lines, BibTeX, RIS, CSV, a page of listings or plain abstracts."),
            class_="welcome",
        )
    shown = [tag("button", text, type="button", class_="example", data_event="example_select", data_text=text) for text in examples]
    return tag(
        "div",
        tag("h2", "Ask these papers anything"),
        tag("p", f"Every sentence of an answer carries a number that opens the sentence it rests on, in one of {papers:,} abstracts."),
        tag("div", *shown, class_="examples", role="group", aria_label="Examples") if shown else None,
        class_="welcome",
    )
