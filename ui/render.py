"""An answer as HTML: its sentences with [n] and what became of each, under its question. No gradio here; every text is escaped.

The `id`s tie the page together: `turn-3` is the third turn, `sources-3` its cards, `src-3-1` the card of its [1]. A sentence's citation
carries the number of the sentence (`data-s`), and so do the marks in the cards, so that the right one lights up.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ui import layout, suggest
from ui import turns as keeping
from ui.markup import formulas, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.schema import Answer, Paper, Statement, YesNo
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
    "nearest": "The papers don't answer this. What comes nearest:",
    "correction": "The papers say otherwise:",
}
"""What stands before the sentences where they are no answer."""

_VERDICTS = {"yes": "Yes", "no": "No", "mixed": "Mixed", "not_stated": "Not stated"}
_TO_READERS = {
    "not_stated": "Not stated in the papers found.",
    "contradicted": "The papers say otherwise:",
    "nearest": "Not stated; the nearest:",
}

LEAD = 3
"""So many sentences of an offline answer stand open; what follows is further evidence, a press away."""

LISTED = 8
"""So many papers of a list stand open."""

CHIPS = 6
STYLES = {"apa": "APA", "mla": "MLA", "chicago": "Chicago", "ieee": "IEEE", "vancouver": "Vancouver", "nature": "Nature"}
"""Styles of references that are offered, and their names."""

LONG_QUESTION = 360
"""Characters; a longer question is folded."""


@dataclass(slots=True)
class Block:
    """Statements that stand together, with their positions, under a heading or none."""

    heading: str = ""
    statements: list[tuple[int, Statement]] = field(default_factory=list)


def blocks(answer: Answer) -> list[Block]:
    """The statements in the lines and under the headings that the answer's text gives them."""
    found: list[Block] = []
    cursor = 0
    for n, statement in enumerate(answer.statements):
        core = statement.text.rstrip(".!?")
        place = answer.answer.find(core, cursor) if core and statement.status != "withheld" else -1
        gap = ""
        if place >= 0:
            gap = answer.answer[cursor:place]
            gap = _AFTER.sub("", gap, count=1) if n else gap
            cursor = place + len(core)
        heading = gap.strip()
        if not n and answer.verdict and heading.rstrip(".:").lower() in {"yes", "no", "mixed", "not stated"}:
            heading = ""  # the badge says it
        if not n and answer.voice in _VOICES:
            heading = ""
        if not found or "\n" in gap or heading:
            found.append(Block(heading=heading))
        found[-1].statements.append((n, statement))
    return found


def turn(one: Turn, number: int, *, last: bool = False, key: str = "") -> Markup:
    """A finished turn: the question, the answer and what can be done with it. `key` is its chat's."""
    answer = one.answer
    record = json.dumps(keeping.record(one), ensure_ascii=False, separators=(",", ":"))
    return tag(
        "article",
        question(answer.question, number),
        tag(
            "div",
            chips(answer, number),
            badge(answer),
            abstention(answer, number) if answer.abstained and not answer.statements else statements(answer, number),
            near(answer) if answer.abstained and answer.statements else None,
            _notes(answer, one, last=last),
            _meta(one),
            _acts(answer, number, last=last),
            _suggestions(one) if last else None,
            class_="said",
        ),
        class_="turn",
        id=f"turn-{number}",
        aria_label=f"Question {number} and its answer",
        data_record=record,
        data_key=key or None,
        data_turn=number,
    )


def question(text: str, number: int, *, edit: bool = True) -> Markup:
    """What was asked, with a way to change it; a long one is folded."""
    button = tag("button", "Edit", type="button", class_="quiet", data_event="edit", data_turn=number, aria_label=f"Edit question {number}")
    long = len(text) > LONG_QUESTION or text.count("\n") > 5
    more = tag("button", "Show all of it", type="button", class_="quiet unfold", data_do="unfold") if long else None
    return tag("div", tag("h3", text, class_="folded" if long else None), more, button if edit else None, class_="asked")


def chips(answer: Answer, number: int) -> Markup | None:
    """The papers that the answer cites, by number and title, before its first word."""
    papers = keeping.cited_papers(answer)
    if not papers:
        return None
    shown = [
        tag(
            "li",
            tag(
                "a",
                tag("span", f"{n + 1}", class_="num"),
                tag("span", paper.title if paper else paper_id, class_="name"),
                href=f"#src-{number}-{n + 1}",
                class_="chip",
                data_turn=number,
                data_n=n + 1,
                title=paper.title if paper else paper_id,
            ),
        )
        for n, (paper_id, paper) in enumerate(zip(answer.references[:CHIPS], papers, strict=False))
    ]
    more = len(papers) - CHIPS
    if more > 0:
        label = f"Sources ({len(papers)}) of answer {number}: all"
        button = tag("button", f"and {more} more", type="button", data_do="sources", data_turn=number, aria_label=label)
        shown.append(tag("li", button))
    return tag("ul", *shown, class_="cites", aria_label=f"Papers cited in answer {number}")


def badge(answer: Answer) -> Markup | None:
    """Yes, no, mixed or not stated, where that was asked; and how firmly the sentences below speak, where they are no answer."""
    verdict = _said(answer.verdict)
    voice = tag("span", _VOICES[answer.voice], class_="voice") if answer.voice in _VOICES and answer.statements else None
    return tag("p", verdict, " " if verdict and voice else None, voice, class_="badge") if verdict or voice else None


def _said(verdict: YesNo | None) -> Markup | None:
    if verdict is None:
        return None
    return tag("span", _VERDICTS[verdict], class_=f"verdict {verdict}", title="What the cited papers say to the question")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What rendering a sentence takes: the turn's number, the number of each paper, the papers."""

    number: int
    numbers: dict[str, int]
    papers: dict[str, Paper | None]

    def run(self, found: Sequence[tuple[int, Statement]]) -> Markup:
        """Sentences one after the other; those that are withheld in a row leave one sign."""
        pieces: list[Markup] = []
        for withheld, group in itertools.groupby(found, key=lambda one: one[1].status == "withheld"):
            own = list(group)
            pieces += [_sign(len(own))] if withheld else [sentence(s, n, self.number, self.numbers, self.papers) for n, s in own]
        return join(pieces, " ")

    def said(self, found: Sequence[tuple[int, Statement]]) -> Markup:
        """A paragraph of them; a list where each tells of the paper that it names first."""
        if len(found) > 1 and all(_named(s) for _, s in found):
            return tag("ul", *(tag("li", self.run([one])) for one in found))
        return tag("p", self.run(found))


def written(found: Sequence[Statement], number: int, numbers: dict[str, int], papers: dict[str, Paper | None]) -> Markup:
    """A model's sentences in the form that it gave them."""
    return tag("div", layout.formed(found, _Shown(number, numbers, papers).run), class_="answer")


def statements(answer: Answer, number: int) -> Markup:
    """The sentences: in the form that a model gave them; else a table of a comparison, what was asked part by part, a list, or paragraphs.

    Further evidence is folded.
    """
    numbers = {paper_id: n + 1 for n, paper_id in enumerate(answer.references)}
    papers = dict(zip(answer.references, keeping.cited_papers(answer), strict=True))
    if layout.has_form(answer.statements):
        return written(answer.statements, number, numbers, papers)
    shown = _Shown(number, numbers, papers)
    if answer.table is not None and _fits(answer):
        return _compared(answer, shown)
    if len(answer.parts) > 1:
        return _parted(answer, shown)
    found = blocks(answer)
    if len(found) > 1 and not any(b.heading for b in found):
        rows = [tag("li", shown.run(b.statements)) for b in found]
        rest = rows[LISTED:]
        open_ = tag("ul", *rows[:LISTED], class_="answer")
        return (
            join([open_, _further(tag("ul", *rest, class_="answer"), f"{len(rest)} more")])
            if len(rest) > 1
            else tag("ul", *rows, class_="answer")
        )
    if len(found) == 1 and answer.mode == "extractive" and len(answer.statements) > LEAD + 1:
        lead, rest_ = found[0].statements[:LEAD], found[0].statements[LEAD:]
        first = _block(Block(found[0].heading, lead), shown)
        return tag("div", first, _further(shown.said(rest_), _evidence(len(rest_))), class_="answer")
    return tag("div", *(_block(b, shown) for b in found), class_="answer")


def _fits(answer: Answer) -> bool:
    """Whether the table is one: a row of cells for each side, each cell one of the statements or none. A browser may hand in another."""
    table, known = answer.table, range(len(answer.statements))
    assert table is not None
    return (
        len(table.cells) == len(table.rows) > 0
        and all(len(row) == len(table.columns) > 0 for row in table.cells)
        and all(cell is None or cell in known for row in table.cells for cell in row)
    )


def _compared(answer: Answer, shown: _Shown) -> Markup:
    """A comparison: each side a row, each aspect a column. A sentence that fills several cells is told once and pointed to."""
    assert answer.table is not None
    told: set[int] = set()

    def cell(n: int | None) -> Markup:
        if n is None:
            return tag("td", tag("span", "not stated", class_="muted"))
        if n in told:
            marks = [
                citation(answer.statements[n], p, n, shown.number, shown.numbers, shown.papers)
                for p in _cited(answer.statements[n])
                if p in shown.numbers
            ]
            return tag("td", tag("span", "the same sentence ", class_="muted"), *marks)
        told.add(n)
        return tag("td", shown.run([(n, answer.statements[n])]))

    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in answer.table.columns))
    rows = [
        tag("tr", tag("th", name, scope="row"), *(cell(n) for n in cells))
        for name, cells in zip(answer.table.rows, answer.table.cells, strict=True)
    ]
    table = tag("table", tag("thead", head) if any(answer.table.columns) else None, tag("tbody", *rows))
    rest = [(n, s) for n, s in enumerate(answer.statements) if n not in told]
    more = _further(shown.said(rest), _evidence(len(rest))) if rest else None
    missing = [
        _part(part.text, part.status, [], shown) for part in answer.parts if part.status == "not_stated" and part.form != "comparison"
    ]
    return tag(
        "div", tag("div", table, class_="wide", tabindex="0", role="region", aria_label="Comparison"), *missing, more, class_="answer"
    )


def _parted(answer: Answer, shown: _Shown) -> Markup:
    """What was asked, one thing after the other, each with its sentences or with the word that it is not stated."""
    told: set[int] = set()
    pieces = []
    for part in answer.parts:
        own = [n for n in part.statements if 0 <= n < len(answer.statements)]
        fresh = [(n, answer.statements[n]) for n in own if n not in told]
        told |= set(own)
        pieces.append(_part(part.text, part.status, fresh, shown, _said(part.verdict) if part.status == "answered" else None))
    rest = [(n, s) for n, s in enumerate(answer.statements) if n not in told]
    return tag("div", *pieces, _further(shown.said(rest), _evidence(len(rest))) if rest else None, class_="answer parts")


def _part(text: str, status: str, found: Sequence[tuple[int, Statement]], shown: _Shown, verdict: Markup | None = None) -> Markup:
    word = _TO_READERS.get(status)
    lead, rest = found[:LEAD], found[LEAD:]
    if len(rest) == 1:
        lead, rest = found, []
    return tag(
        "section",
        tag("h4", text[:1].upper() + text[1:]),
        tag("p", verdict, class_="badge") if verdict else None,
        tag("p", word, class_="missing") if word else None,
        shown.said(lead) if lead else None,
        _further(shown.said(rest), _evidence(len(rest))) if rest else None,
    )


def _further(inner: Markup, label: str) -> Markup:
    return tag("details", tag("summary", label), inner, class_="further")


def _evidence(count: int) -> str:
    return f"Further evidence: {count} sentence{'s' if count != 1 else ''}"


def _block(block: Block, shown: _Shown) -> Markup:
    lines = shown.said(block.statements)
    return join([tag("h4", block.heading.rstrip(":")) if block.heading else None, lines])


def sentence(
    statement: Statement, place: int, number: int, numbers: dict[str, int], papers: dict[str, Paper | None] | None = None
) -> Markup:
    """A sentence with its citations. A withheld one leaves a sign and none of its words."""
    if statement.status == "withheld":
        return _sign(1)
    body = _words(statement, papers or {})
    marks = [citation(statement, paper_id, place, number, numbers, papers or {}) for paper_id in _cited(statement) if paper_id in numbers]
    sign = None
    if statement.status in STATUS:
        shown, meaning = STATUS[statement.status]
        label = {"verified": "verified", "reattributed": "re-attributed", "unsupported": "not verified"}[statement.status]
        words = tag("span", label, class_="sr" if statement.status == "verified" else "word")
        sign = tag("span", tag("span", shown, aria_hidden="true"), words, class_=f"sign {statement.status}", title=meaning)
    return tag("span", body, " " if marks or sign else None, *marks, sign, class_=f"st {statement.status}", data_s=place)


def _sign(count: int) -> Markup:
    """What is left of sentences that are withheld."""
    words = "⊘ one sentence withheld" if count == 1 else f"⊘ {count} sentences withheld"
    return tag("span", words, class_="st withheld", title=STATUS["withheld"][1])


def _words(statement: Statement, papers: dict[str, Paper | None]) -> Markup:
    """The sentence, with its paper's title set off where it leads; in quotation marks where the authors' own words are quoted.

    An abstract that is retold in other words is nobody's quotation.
    """
    if statement.styled:
        return tag("span", layout.inline(statement.styled), class_="text")
    title, lead = _named(statement) or ("", "")
    rest = statement.text[len(title) + len(lead) :]
    own = [paper for c in statement.citations if c.quote == rest and (paper := papers.get(c.paper_id)) is not None]
    verbatim = statement.status == "quoted" and any(paper.abstract_origin == "source" for paper in own)
    body = tag("q", formulas(rest)) if verbatim else tag("span", formulas(rest), class_="text")
    return join([tag("strong", title), lead, body]) if lead else body


def _named(statement: Statement) -> tuple[str, str] | None:
    """The paper's title with which a sentence begins, and what parts it from the rest."""
    text = statement.text
    title = next((c.value for c in statement.citations if c.field == "title" and c.value and text.startswith(c.value)), "")
    lead = re.match(r"(?: \(\d{4}\))?: ", text[len(title) :]) if title else None
    return (title, lead[0]) if lead else None


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
    offer = near(answer)
    said = answer.answer.partition(" (nearest:")[0].rstrip(".") + "." if offer else answer.answer
    return tag("div", tag("p", said), offer, class_="answer abstains", data_turn=number)


def near(answer: Answer) -> Markup | None:
    """The nearest papers; each opens."""
    rows = [tag("li", opener(p), tag("span", _dated(p), class_="muted")) for p in keeping.nearest_papers(answer)]
    return tag("div", tag("p", "The nearest papers in this library:", class_="lead"), tag("ul", *rows), class_="nearest") if rows else None


def opener(paper: Paper) -> Markup:
    """A paper's title, which opens it; it has an address, too."""
    return tag("button", paper.title, type="button", class_="linklike", data_event="select", data_act="open", data_id=paper.paper_id)


def _dated(paper: Paper) -> str:
    facts = [paper.authors[0] + (" et al." if len(paper.authors) > 1 or paper.authors_truncated else "") if paper.authors else ""]
    facts.append((paper.published or "")[:4])
    shown = ", ".join(fact for fact in facts if fact)
    return f" {shown}" if shown else ""


def _notes(answer: Answer, one: Turn, *, last: bool) -> Markup | None:
    notes: list[Markup | str] = list(answer.notes)
    understood = answer.standalone_question.strip()
    corrected = any(note.startswith("Searched for “") for note in answer.notes)
    if (understood and understood != answer.question.strip()) or corrected:
        words = "Ask exactly what I typed"
        exact = tag("button", words, type="button", class_="linklike", data_event="retry", data_exact="yes") if last else None
        said = f"Understood as: {understood} " if understood != answer.question.strip() else None
        notes.insert(0, join([said, exact])) if said or exact else None
    if one.stopped:
        notes.append("Stopped before the answer was complete.")
    return tag("ul", *(tag("li", note) for note in notes), class_="notes", aria_label="Notes") if notes else None


def _meta(one: Turn) -> Markup:
    """One line: how the answer came about, how much of it was verified, and what it took."""
    answer = one.answer
    facts: list[str] = []
    shown = [s for s in answer.statements if s.status != "withheld"]
    if answer.voice == "refusal" or (answer.abstained and answer.voice == "answer"):
        facts.append("The papers don't answer this")
    elif answer.mode == "extractive":
        words = f"{len(shown)} sentence{'s' if len(shown) != 1 else ''}"
        sources = f"{len(answer.references)} paper{'s' if len(answer.references) != 1 else ''}"
        retold = [p for p in keeping.cited_papers(answer) if p is not None and p.abstract_origin == "rewritten"]
        how = (
            "Quoted word for word"
            if not retold
            else "Taken from retold abstracts"
            if len(retold) == len(answer.references)
            else "Quoted or retold"
        )
        facts.append(f"{how}, without a model: {words} from {sources}")
    else:
        facts.append(f"{answer.verified[0]} of {answer.verified[1]} sentences verified" + (" so far" if one.stopped else ""))
    if answer.confidence is not None and not answer.abstained:
        facts.append(f"fits the question: {answer.confidence:.0%}")
    if answer.usage is not None:
        about = "about " if answer.usage.estimated else ""
        facts.append(answer.usage.model)
        facts.append(f"{about}{answer.usage.prompt_tokens + answer.usage.completion_tokens:,} tokens")
        facts.append("no price known for it" if answer.usage.cost_usd is None else f"${answer.usage.cost_usd:.4f}")
    if "total" in answer.timing_s:
        facts.append(
            f"{answer.timing_s['total']:.1f} s" if answer.timing_s["total"] >= 0.1 else f"{answer.timing_s['total'] * 1000:.0f} ms"
        )
    return tag("p", " · ".join(facts), class_="meta")


def _suggestions(one: Turn) -> Markup | None:
    """Questions that the papers of the answer answer as well."""
    asked = suggest.questions(one.answer)
    if not asked:
        return None
    shown = [tag("button", text, type="button", class_="next", data_event="example_select", data_text=text) for text in asked]
    return tag("div", tag("p", "Ask next", class_="lead"), *shown, class_="nexts", role="group", aria_label="Suggested questions")


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
    if sources:
        kinds = (("markdown", "Markdown"), ("html", "HTML"), ("bibtex", "BibTeX"), ("ris", "RIS"), ("csl", "CSL-JSON"))
        links = [
            tag("button", name, type="button", data_do="export", data_format=kind, data_turn=number, aria_label=f"Export {of} as {name}")
            for kind, name in kinds
        ]
        items.append(tag("details", tag("summary", "Export", aria_label=f"Export {of}"), tag("div", *links), class_="menu"))
        styles = [
            tag(
                "button",
                name,
                type="button",
                data_do="references",
                data_style=style,
                data_turn=number,
                aria_label=f"{name} references of {of}",
            )
            for style, name in STYLES.items()
        ]
        label = f"Copy references of {of}"
        items.append(tag("details", tag("summary", "References", aria_label=label), tag("div", *styles), class_="menu"))
        items.append(
            tag(
                "button",
                "Collect",
                type="button",
                data_event="select",
                data_act="collect",
                data_turn=number,
                aria_label=f"Make a collection of the papers of {of}",
            )
        )
    votes = (("Helpful", "good"), ("Not helpful", "bad"), ("Wrong citation", "citation"))
    buttons = [
        tag("button", name, type="button", data_event="like", data_vote=vote, data_turn=number, aria_label=f"{name}: {of}")
        for name, vote in votes
    ]
    items.append(tag("details", tag("summary", "Rate", aria_label=f"Rate {of}"), tag("div", *buttons), class_="menu"))
    return tag("div", *items, class_="acts")


def transcript(turns: Sequence[Turn], key: str = "") -> Markup:
    """All finished turns of the chat with that key."""
    return join(turn(one, n + 1, last=n + 1 == len(turns), key=key) for n, one in enumerate(turns))


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
