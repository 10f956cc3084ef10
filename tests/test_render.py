"""Answers as HTML, cards, exports and saved turns: everything escaped, quotes where they stand, only the cited papers."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ConfigError
from rag.schema import Answer, Citation, Filters, Hit, Paper, Part, Statement, Table, Usage
from ui import banner, cards, exports, live, narrow, papers, render, turns
from ui.markup import address, tag
from ui.turns import Turn

if TYPE_CHECKING:
    from rag.assistant import Assistant

NASTY = "<script>alert(1)</script> \"quoted\" 'single' & <img src=x onerror=alert(1)> ${x} {{y}} </mark></article>"
FIRST = "Foo reads logs. Foo is 12% better than Bar. It is small."
FOO = Paper(
    paper_id="foo",
    title="Foo: a reader of logs",
    authors=("Ada One", "Bo Two"),
    published="2023-04-07",
    categories=("cs.CL",),
    abstract=FIRST,
)
BAZ = Paper(paper_id="baz", title=f"Baz {NASTY}", authors=(NASTY,), url="javascript:alert(1)", abstract=f"Baz says {NASTY} here. Baz ends.")


def quoted(paper: Paper, text: str) -> Citation:
    """A citation of this text of the abstract."""
    start = paper.abstract.index(text)
    return Citation(paper_id=paper.paper_id, quote=text, start=start, end=start + len(text))


def answer(*statements: Statement, **more: Any) -> Answer:
    """An answer over Foo and Baz."""
    references = tuple(dict.fromkeys(c.paper_id for s in statements if s.status != "withheld" for c in s.citations))
    text = " ".join(
        s.text + "".join(f" [{references.index(c.paper_id) + 1}]" for c in s.citations) for s in statements if s.status != "withheld"
    )
    known = {
        "question": "What is Foo?",
        "standalone_question": "What is Foo?",
        "answer": text,
        "statements": statements,
        "references": references,
        "papers": (FOO, BAZ),
        "retrieved": (Hit(paper=FOO, rank=1, score=0.9, why="matched 'foo'"), Hit(paper=BAZ, rank=2, score=0.5, why="near")),
        "verified": (len(statements), len(statements)),
    }
    return Answer(**{**known, **more})


SAYS = Statement(text="Foo is 12% better than Bar.", status="quoted", citations=(quoted(FOO, "Foo is 12% better than Bar."),))
HARSH = Statement(text=f"Baz says {NASTY} here.", status="verified", citations=(quoted(BAZ, f"Baz says {NASTY} here."),))


class Seen(HTMLParser):
    """What a browser would make of it: elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        """Read it all."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str, class_: str = "") -> list[dict[str, str | None]]:
        """The attributes of the elements of that name and class."""
        return [a for n, a in self.elements if n == name and (not class_ or class_ in (a.get("class") or "").split())]


def seen(html: str) -> Seen:
    """Parse, and see that every element is closed where it should be."""
    found = Seen(html)
    assert not found.open
    return found


def test_a_turn_shows_sentences_with_numbers_that_lead_to_cards() -> None:
    """[1] links to the card of the first reference, and says what it quotes; the card's mark belongs to the same sentence."""
    one = Turn(answer=answer(SAYS, HARSH))
    turn, panel = seen(str(render.turn(one, 3, last=True))), seen(str(cards.panel([one])))
    links = turn.all("a", "cite")
    assert [link["href"] for link in links] == ["#src-3-1", "#src-3-2"]
    assert links[0]["data-quote"] == SAYS.text
    assert links[0]["aria-label"] == f"[1] {FOO.title}"
    marks = panel.all("mark")
    assert [m["data-s"] for m in marks] == ["0", "1"]
    assert "[1] Foo: a reader of logs" in panel.text


@pytest.mark.parametrize("kind", ["script", "img", "form", "iframe", "style"])
def test_no_untrusted_text_becomes_markup(kind: str) -> None:
    """Question, sentences, notes, title, authors, abstract, address, model name and reason of discovery are all shown as text."""
    harsh = answer(
        SAYS,
        HARSH,
        question=NASTY,
        notes=(NASTY,),
        usage=Usage(model=NASTY, prompt_tokens=1, completion_tokens=1),
        retrieved=(Hit(paper=BAZ, rank=1, score=1.0, why=NASTY),),
        mode="llm",
    )
    under_way = live.Live(question=NASTY, number=1, filters=Filters(), steps=[NASTY], statements=[HARSH], references=("baz",))
    pieces = [
        render.turn(Turn(answer=harsh), 1, last=True),
        cards.panel([Turn(answer=harsh)]),
        under_way.html(),
        live.failed(NASTY, 1, NASTY),
        papers.listing([BAZ], cleared=0, offset=0, more=False, total=1, note=NASTY),
        papers.opened(BAZ, harsh),
        render.welcome(3, [NASTY]),
        render.turn(Turn(answer=answer(abstained=True, answer=NASTY, nearest=("baz",))), 1),
        narrow.chips(Filters(author=NASTY, category=NASTY), [BAZ]),
    ]
    for piece in pieces:
        found = seen(str(piece))
        assert not found.all(kind)
        assert not [
            a for _, a in found.elements for name, value in a.items() if name.startswith("on") or "javascript:" in (value or "")[:20]
        ]
    assert NASTY in seen(str(pieces[1])).text


@given(st.text(), st.text())
def test_any_text_survives_as_itself(text: str, value: str) -> None:
    """Whatever goes into a tag comes out of a parser as it went in."""
    found = seen(str(tag("p", "x", text.replace("\r", ""), title=value.replace("\r", ""))))
    assert len(found.elements) == 1
    assert found.text.replace("\x00", "\ufffd") == "x" + text.replace("\r", "").replace("\x00", "\ufffd")


def test_verbatim_sentences_are_in_quotation_marks_and_others_are_not() -> None:
    """<q> stands where the sentence is a quotation word for word; a written one has none."""
    written = dataclasses.replace(SAYS, text="Foo beats Bar by 12%.", status="verified")
    assert len(seen(str(render.turn(Turn(answer=answer(SAYS)), 1))).all("q")) == 1
    assert not seen(str(render.turn(Turn(answer=answer(written)), 1))).all("q")


def test_what_became_of_a_sentence_is_said_in_words() -> None:
    """Verified, re-attributed, unsupported and withheld sentences differ by sign and word, not by colour alone."""
    told = [dataclasses.replace(SAYS, status=status) for status in ("verified", "reattributed", "unsupported", "withheld")]
    texts = [seen(str(render.sentence(s, 0, 1, {"foo": 1}))).text for s in told]
    assert [next(word for word in ("withheld", "re-attributed", "not verified", "verified") if word in t) for t in texts] == [
        "verified",
        "re-attributed",
        "not verified",
        "withheld",
    ]
    assert len({text.replace(SAYS.text, "") for text in texts}) == 4


def test_a_withheld_sentence_leaves_none_of_its_words() -> None:
    """Neither on the page nor in the record that the browser keeps."""
    hidden = Statement(text="Zorblax is best.", status="withheld")
    html = str(render.turn(Turn(answer=answer(SAYS, hidden, answer=f"{SAYS.text} [1]", mode="llm")), 1))
    assert "Zorblax" not in html
    assert "one sentence withheld" in html


def test_lists_and_headings_follow_the_text_of_the_answer() -> None:
    """A new line a sentence makes a list; a heading line makes a heading."""
    two = (SAYS, Statement(text="It is small.", status="quoted", citations=(quoted(FOO, "It is small."),)))
    listed = answer(*two, answer=f"{two[0].text} [1]\n{two[1].text} [1]")
    assert len(seen(str(render.statements(listed, 1))).all("li")) == 2
    parted = answer(*two, answer=f"Method: {two[0].text} [1]\nFindings: {two[1].text} [1]")
    assert [b.heading for b in render.blocks(parted)] == ["Method:", "Findings:"]
    plain = answer(*two)
    assert [len(b.statements) for b in render.blocks(plain)] == [2]


SMALL = Statement(text="It is small.", status="quoted", citations=(quoted(FOO, "It is small."),))


def test_a_comparison_is_a_table_and_the_rest_is_folded() -> None:
    """A row for each side; what is not stated says so; a sentence of two cells is told once; one of no cell is further evidence."""
    table = Table(rows=("Foo", "Bar"), columns=("Speed", "Size"), cells=((0, 1), (0, None)))
    compared = answer(SAYS, SMALL, HARSH, table=table)
    html = str(render.statements(compared, 1))
    found = seen(html)
    assert len(found.all("tr")) == 3
    assert [(th["scope"]) for th in found.all("th")] == ["col", "col", "row", "row"]
    assert found.text.count(SAYS.text) == 1
    assert "the same sentence" in found.text
    assert "not stated" in found.text
    assert len(found.all("a", "cite")) == 4
    assert "Further evidence: 1 sentence" in found.text
    assert html.index("<details") < html.index("Baz says")


@pytest.mark.parametrize("cells", [((0, 7), (0, None)), ((0,), (1,)), ((0, 1),), ((-1, 0), (0, 0))])
def test_a_table_that_is_none_is_shown_as_sentences(cells: Any) -> None:
    """A record from a browser may hold cells of sentences that are not there, or rows of another length."""
    table = Table(rows=("Foo", "Bar"), columns=("Speed", "Size"), cells=cells)
    found = seen(str(render.turn(Turn(answer=answer(SAYS, SMALL, table=table)), 1)))
    assert not found.all("table")
    assert SAYS.text in found.text


def test_what_was_asked_is_answered_part_by_part() -> None:
    """Each part under its own words; a part without an answer says so; numbers of sentences that are not there are nothing."""
    parts = (
        Part(form="definition", text="what is Foo", status="answered", statements=(0, 9)),
        Part(form="field", text="who wrote it", status="not_stated"),
        Part(form="figure", text="how small", status="nearest", statements=(1, 0)),
        Part(form="verdict", text="is it slow", status="answered", statements=(0,), verdict="no"),
    )
    found = seen(str(render.statements(answer(SAYS, SMALL, parts=parts), 1)))
    assert [h for h in ("What is Foo", "Who wrote it", "How small") if h in found.text] == ["What is Foo", "Who wrote it", "How small"]
    assert "Not stated in the papers found." in found.text
    assert [s["data-s"] for s in found.all("span", "st")] == ["0", "1"]
    assert len(found.all("span", "verdict")) == 1
    assert "Is it slowNo" in found.text.replace(" No", "No")


@pytest.mark.parametrize(("verdict", "word"), [("yes", "Yes"), ("no", "No"), ("mixed", "Mixed"), ("not_stated", "Not stated")])
def test_a_verdict_is_a_badge_and_not_said_twice(verdict: Any, word: str) -> None:
    """Its word stands before the sentences, and is no heading over them."""
    found = seen(str(render.turn(Turn(answer=answer(SAYS, verdict=verdict, answer=f"{word}. {SAYS.text} [1]")), 1)))
    assert found.all("span", f"{verdict}")
    assert found.text.count(word) == 1 + (word == "No") * found.text.count("Not helpful")


def test_a_retold_abstract_is_no_quotation() -> None:
    """Neither quotation marks nor the words for it; the card says what it is."""
    retold = dataclasses.replace(FOO, abstract_origin="rewritten")
    one = Turn(answer=answer(SAYS, papers=(retold, BAZ), retrieved=()))
    found = seen(str(render.turn(one, 1)))
    assert not found.all("q")
    assert "word for word" not in found.text
    assert "retold abstracts" in found.text
    assert "retold in other words" in seen(str(cards.panel([one]))).text


def test_a_card_shows_what_is_cited_and_folds_the_rest() -> None:
    """The sentence and its neighbours stand open, all others are marked as far; the text is whole either way."""
    sentences = [f"Sentence number {n} tells of moss." for n in range(8)]
    paper = dataclasses.replace(FOO, abstract=" ".join(sentences))
    found = seen(str(cards.card(paper, 1, 1, [(0, quoted(paper, sentences[4]))])))
    assert paper.abstract in found.text
    assert len(found.all("mark")) == 1
    assert len(found.all("span", "far")) >= 2
    assert found.all("button", "unfold")
    assert not seen(str(cards.card(paper, 0, 1, [(0, quoted(paper, sentences[4]))]))).all("span", "far")


def test_every_answer_of_the_assistant_renders_whole(assistant: Assistant) -> None:
    """Facts, lists, summaries, fields and refusals: every sentence once, in order, each [n] with a card."""
    questions = (
        "What is MathOctopus?",
        "Which papers are about language models?",
        "Summarise what is known about translation",
        "Who is the mayor of Bonn?",
    )
    for text in questions:
        found = assistant.ask(text)
        html = seen(str(render.turn(Turn(answer=found), 1)))
        panel = seen(str(cards.panel([Turn(answer=found)])))
        places = [s["data-s"] for s in html.all("span", "st")]
        assert places == [str(n) for n in range(len(found.statements))]
        assert len(panel.all("article", "card")) == len(found.references)
        targets = {a["id"] for a in panel.all("article", "card")}
        assert {(a["href"] or "")[1:] for a in html.all("a", "cite")} == targets


def test_overlapping_quotes_are_cut_apart() -> None:
    """Two statements that rest on overlapping spans: the shared piece belongs to both, and the abstract stays whole."""
    whole, part = "Foo is 12% better than Bar. It is small.", "It is small."
    cited = [(0, quoted(FOO, whole)), (1, quoted(FOO, part))]
    found = seen(str(cards.card(FOO, 1, 1, cited)))
    assert [m["data-s"] for m in found.all("mark")] == ["0", "0 1"]
    assert FIRST in found.text


def test_a_quote_that_is_not_where_it_claims_is_not_marked() -> None:
    """Offsets from a spoilt record mark nothing."""
    wrong = Citation(paper_id="foo", quote="something else", start=0, end=14)
    assert not seen(str(cards.card(FOO, 1, 1, [(0, wrong)]))).all("mark")


def test_a_turn_comes_back_from_its_record() -> None:
    """Through JSON and back: the same sentences, papers, reasons and HTML."""
    one = Turn(answer=answer(SAYS, HARSH, notes=("a note",)), at="2026-01-01T00:00:00+00:00", name="a1b2")
    back = turns.restore(json.loads(json.dumps(turns.record(one))))
    assert back.answer.statements == one.answer.statements
    assert str(render.turn(back, 1)) == str(render.turn(one, 1))
    assert str(cards.panel([back])) == str(cards.panel([one]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=10), inner),
    )
)
def test_a_spoilt_record_is_refused_in_one_way(value: Any) -> None:
    """Whatever a browser sends back: a turn or BadRecord, nothing else."""
    for record in (value, {"v": 1, "answer": value}, {"v": 1, "answer": {"question": "q", "standalone_question": "q", "answer": value}}):
        try:
            found = turns.restore(record)
        except turns.BadRecord:
            continue
        render.turn(found, 1)


def test_exports_hold_the_cited_papers_and_are_read_back() -> None:
    """One of two retrieved papers is cited: each format holds that one; Markdown holds the quote."""
    one = answer(SAYS)
    assert [e["ID"] for e in bibtexparser.loads(exports.export(one, "bibtex").text).entries] != []
    assert [e["title"] for e in rispy.loads(exports.export(one, "ris").text)] == [FOO.title]
    assert [e["title"] for e in json.loads(exports.export(one, "csl").text)] == [FOO.title]
    text = exports.export(one, "markdown").text
    assert "> Foo is 12% better than Bar." in text
    assert "Ada One, Bo Two (2023). Foo: a reader of logs." in text
    assert exports.export(one, "ris").name == "what-is-foo.ris"
    with pytest.raises(ConfigError, match="docx"):
        exports.export(one, "docx")


def test_markdown_marks_in_texts_are_escaped() -> None:
    """A title with marks of Markdown is a title, not a link or a heading."""
    text = exports.markdown(answer(HARSH, question="# [x](javascript:alert)"))
    assert "\\[x\\]" in text
    assert "<script" not in text.replace("\\<script", "")


@pytest.mark.parametrize(
    ("narrowing", "expected"),
    [
        ({"year_from": "2020", "year_to": " 2021 "}, {"year_from": 2020, "year_to": 2021}),
        ({"year_from": "soon", "year_to": "99999"}, {}),
        ({"author": "  ", "category": "cs.CL", "has_code": True}, {"category": "cs.CL", "has_code": True}),
        ({"has_code": False, "source": "x.jsonl"}, {"source": "x.jsonl"}),
    ],
)
def test_controls_become_filters(narrowing: dict[str, Any], expected: dict[str, Any]) -> None:
    """What is empty or no year sets nothing."""
    assert narrow.Narrowing(**narrowing).filters().to_dict() == expected


def test_addresses_that_run_something_are_no_links() -> None:
    """Only http and https lead anywhere."""
    assert [address(u) for u in ("javascript:x", "data:text/html,x", "//host/x", "http://", "https://arxiv.org/abs/1", "http://[")] == [
        None, None, None, None, "https://arxiv.org/abs/1", None,
    ]  # fmt: skip


def test_the_banner_names_the_place_and_not_the_key_in_it() -> None:
    """An address with a password in it is shown without; a model elsewhere is said to be elsewhere."""
    from rag.assistant import LLMOptions
    from rag.config import load

    model = LLMOptions(base_url="https://me:secret@models.example/v1", model="m", api_key="sk-1")
    text = seen(str(banner.banner(load(), model, "default", 3))).text
    assert "models.example" in text
    assert "leave this machine" in text
    assert "secret" not in text
    assert "sk-1" not in text


def test_an_answer_under_way_forgets_on_restart() -> None:
    """After `restart` the sentences begin anew, and only those that follow are shown."""
    from rag.answering.events import Event

    now = live.Live(question="q", number=1, filters=Filters())
    now.take(Event(kind="statement", statement=HARSH, numbers=(1,), references=("baz",)))
    now.take(Event(kind="withheld", text="no support"))
    now.take(Event(kind="restart", text="the model broke off"))
    now.take(Event(kind="statement", statement=SAYS, numbers=(1,), references=("foo",)))
    found = seen(str(now.html()))
    assert [link["href"] for link in found.all("a", "cite")] == ["#src-1-1"]
    assert "Baz says" not in found.text
    assert now.cut().references == ("foo",)


def test_sentences_that_each_name_their_paper_are_a_list() -> None:
    """A summary of several papers: a line for each, its title set off; other sentences run on."""
    named = Citation(paper_id="foo", field="title", value=FOO.title)
    told = [
        dataclasses.replace(s, text=f"{FOO.title} (2023): {s.text}", citations=(named, *s.citations), status="quoted")
        for s in (SAYS, SMALL)
    ]
    part = Part(form="summary", text="logs", status="answered", statements=(0, 1))
    other = Part(form="field", text="who", status="not_stated")
    found = seen(str(render.statements(answer(*told, parts=(part, other)), 1)))
    assert [len(found.all(name)) for name in ("li", "strong")] == [2, 2]
    plain = seen(str(render.statements(answer(SAYS, SMALL, parts=(part, other)), 1)))
    assert not plain.all("li")
