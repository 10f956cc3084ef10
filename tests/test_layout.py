"""The form of written answers on the page and in exports: a model's Markdown as elements, claims in their places, nothing else let in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_render import FOO, NASTY, answer, quoted, seen

from rag import citations
from rag.answering.events import Event
from rag.schema import Filters, Statement
from ui import exports, layout, live, render, turns
from ui.markup import join
from ui.turns import Turn

if TYPE_CHECKING:
    from test_render import Seen

CITED = (quoted(FOO, "It is small."),)


def said(text: str, before: str = "", after: str = "", styled: str = "", status: str = "verified") -> Statement:
    """A statement in its form, resting on Foo."""
    cited = CITED if status == "verified" else ()
    return Statement(text=text, status=status, citations=cited, before=before, after=after, styled=styled)  # type: ignore[arg-type]


FORMED = (
    said("Foo is small.", "## Size\n\n", styled="**Foo** is `small`."),
    said("It reads.", "\n\n### Uses\n\n- "),
    said("It writes.", "\n- "),
    said("zorblax", status="withheld"),
    said("First.", "\n\n1. "),
    said("Foo: 3", "\n\n| Name | $x_i$ |\n| --- | --- |\n| Foo | ", " |", styled="3"),
    said("zorblax", status="withheld"),
    said("Bar: 4", "\n| Bar | ", " |", styled="4"),
    said("Then it ends.", "\n\n```python\na = b*c*d\n```\n\n"),
)


def shown(*found: Statement) -> Seen:
    """What a browser would make of a model's answer of these."""
    return seen(str(render.turn(Turn(answer=answer(*found, mode="llm")), 1)))


def test_a_model_s_form_is_kept_with_each_claim_in_its_place() -> None:
    """Headings under the question's, lists, a table with its heads, code, emphasis; every shown claim has its number, in order."""
    html = str(render.statements(answer(*FORMED, mode="llm"), 1))
    found = seen(html)
    assert [name for name, _ in found.elements if name in {"h4", "h5", "h6"}] == ["h4", "h5"]
    assert [len(found.all(name)) for name in ("ul", "ol", "li", "table", "tr", "pre", "strong")] == [1, 1, 3, 1, 3, 1, 1]
    assert [th["scope"] for th in found.all("th")] == ["col", "col", "row", "row"]
    assert "a = b*c*d" in found.text
    assert [int(s["data-s"] or -1) for s in found.all("span", "st") if "data-s" in s] == [0, 1, 2, 4, 5, 7, 8]
    assert len(found.all("a", "cite")) == 7
    for mark in ("##", "**", "| ", "```"):
        assert mark not in found.text


def test_what_is_withheld_leaves_its_sign_and_breaks_no_list_and_no_table() -> None:
    """One in a list stands in its line, one of a table's cells behind the table, several in a row leave one sign."""
    html = str(render.statements(answer(*FORMED, said("zorblax", status="withheld"), said("zorblax", status="withheld"), mode="llm"), 1))
    assert html.index("It writes.") < html.index("one sentence withheld") < html.index("</ul>")
    assert html.index("</table>") < html.index("one sentence withheld", html.index("</ul>"))
    assert "2 sentences withheld" in html
    assert "zorblax" not in html
    first = str(render.statements(answer(said("zorblax", status="withheld"), *FORMED, mode="llm"), 1))
    assert first.index("Size") < first.index("withheld") < first.index("small")


def test_an_answer_under_way_has_the_form_from_its_first_sentence() -> None:
    """Every beginning of an answer is whole HTML, with its sentences so far."""
    now = live.Live(question="q", number=1, filters=Filters())
    for n, statement in enumerate((s for s in FORMED if s.status != "withheld"), start=1):
        now.take(Event(kind="statement", statement=statement, numbers=(1,), references=("foo",)))
        assert len(seen(str(now.html())).all("span", "st")) == n
    assert seen(str(now.html())).all("table")


@pytest.mark.parametrize("text", [NASTY, "[a](javascript:alert(1))", "![x](http://evil/p)", "<http://evil>", "<b>x</b>"])
def test_the_form_lets_no_element_and_no_address_of_a_model_in(text: str) -> None:
    """Raw HTML, links and pictures are text, wherever they stand; the browser's record of such an answer as well."""
    harsh = answer(said("x", f"# {text}\n\n- ", f"\n\n{text}\n\n```\n{text}\n```", f"**{text}**"), mode="llm")
    back = turns.restore(json.loads(json.dumps(turns.record(Turn(answer=harsh)))))
    for one in (str(render.turn(back, 1)), exports.export(harsh, "html").text.partition("<body>")[2].partition("</body>")[0]):
        found = seen(one)
        assert not [name for name in ("script", "img", "form", "b") if found.all(name)]
        assert not [a for _, a in found.elements if "evil" in (a.get("href") or "") or "javascript" in (a.get("href") or "")]
        assert not [key for _, a in found.elements for key in a if key.startswith("on")]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_form_comes_out_whole(before: str, after: str, styled: str) -> None:
    """Whatever a record holds, every element is closed and the statement's neighbours are there."""
    found = seen(str(layout.formed([said("one."), said("x", before, after, styled), said("three.")], lambda f: join(s.text for _, s in f))))
    assert "one." in found.text


def test_formulas_are_text_and_no_emphasis() -> None:
    """What is raised, lowered or multiplied in a formula stays; code is shown as it stands."""
    found = seen(str(layout.inline("Let $a_b * c_d * e$ and `$x*y*z$` be")))
    assert not found.all("em")
    assert [math["title"] for math in found.all("span", "math")] == ["$a_b * c_d * e$"]
    assert "$x*y*z$" in found.text


def test_exports_keep_the_form() -> None:
    """Markdown is read back as the same lists, table and code; HTML has them as elements, with raised numbers."""
    one = answer(*FORMED, mode="llm")
    read = [token.type for token in MarkdownIt("commonmark").enable("table").parse(exports.markdown(one))]
    assert [read.count(kind) for kind in ("bullet_list_open", "table_open", "fence", "ordered_list_open")] == [1, 1, 1, 1]
    found = seen(str(exports.html(one)))
    assert [len(found.all(name)) for name in ("ul", "table", "pre")] == [1, 1, 1]
    assert len(found.all("sup")) == 7
    assert "zorblax" not in found.text


@pytest.mark.parametrize("text", ["\ue0000\ue001", "\ue00099\ue001", "&#xE000;0&#xE001;", "&#57344;7&#57345;", "$x$ &#xE000;0&#xE001;"])
def test_no_text_stands_for_a_statement_or_a_formula(text: str) -> None:
    """The signs that hold a place while a form is parsed can't be written, nor given by their numbers."""
    found = seen(str(layout.formed([said("one."), said("two.", f"\n\n{text} ", "", text)], lambda f: join(s.text for _, s in f))))
    assert (found.text.count("one."), found.text.count("two.")) == (1, 1)
    plain, styled = citations.inline(text)
    assert (plain.count("$x$"), styled.count("$x$")) == (text.count("$x$"), text.count("$x$"))
    assert len(seen(str(layout.inline(text))).all("span", "math")) == text.count("$x$")


@pytest.mark.parametrize(
    "statements",
    [
        (said("one."), said("two.", "\n\n" + "- " * 40)),
        (said("one.", "| a | b |\n| --- | --- |\n| h | "), said("two.", " | "), said("three.", " | ", " |")),
    ],
)
def test_no_statement_is_lost_in_its_form(statements: tuple[Statement, ...]) -> None:
    """Lists deeper than a parser goes, and cells beyond a table's head: the statements run on without a form."""
    found = seen(str(layout.formed(statements, lambda f: join((s.text for _, s in f), " "))))
    assert [word for word in ("one.", "two.", "three.") if word in found.text] == [s.text for s in statements]


@pytest.mark.parametrize(
    "styled",
    [
        *("$<img src=x onerror=alert(1)>$", "$[a](http://evil)$", "$$![a](http://evil)$$", "`<b>x</b>``", "\\`<b>x</b>\\`", "\\<b>x</b>"),
        *("\\[a](http://evil)", "\\\\<b>", "a \\`<b>`", "`` `<b>", "```<b>```"),
    ],
)
def test_an_export_as_markdown_holds_no_element_and_no_link_of_a_model(styled: str) -> None:
    """In a formula, behind a backslash, beside marks of code that open none: a reader of Markdown finds text."""
    text = exports.markdown(answer(said("one.", styled=styled), mode="llm"))
    blocks = MarkdownIt("commonmark", {"html": True}).parse(text)
    kinds = {token.type for block in blocks for token in (block, *(block.children or ()))}
    assert not kinds & {"html_inline", "html_block", "image", "link_open"}


def test_what_authors_have_in_brackets_is_no_number_of_ours() -> None:
    """In an export, a [1] of an abstract stays as it stands; ours behind it is raised."""
    quote = "It is small as in [1] and [2]."
    one = answer(Statement(text=quote, status="quoted", citations=(quoted(FOO, "It is small."),)))
    found = seen(str(exports.html(one)))
    assert len(found.all("sup")) == 1
    assert "as in [1] and [2]" in found.text
