"""A written answer in the form that its model gave it: headings, lists, tables, emphasis, code, each claim in its place. No gradio here.

What stands around the statements is Markdown (`Statement.before`, `after`, `styled`). A library parses it with one character in the place
of each statement, so nothing that a statement says changes the form of the rest. Raw HTML, links and pictures are no part of the form:
they come out as the text that they are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup

from rag.citations import FORMULA
from rag.text import plain
from ui.markup import formulas, join, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.token import Token

    from rag.schema import Statement

    Run = Callable[[Sequence[tuple[int, Statement]]], Markup]

_HELD = re.compile("\ue000(\\d+)\ue001")
_ELEMENTS = {
    "paragraph": "p", "strong": "strong", "em": "em", "s": "s", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li",
    "blockquote": "blockquote", "thead": "thead", "tbody": "tbody", "tr": "tr",
}  # fmt: skip
_HEADINGS = ("h4", "h5", "h6")
"""Under the question, which is an h3."""


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    # Characters given by number were read with the reply; a second reading could make up the signs below.
    left_out = ["link", "image", "autolink", "html_inline", "html_block", "reference", "code", "entity"]
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(left_out)


def has_form(statements: Sequence[Statement]) -> bool:
    """Whether a model gave these statements a form; quotations have none."""
    return any(s.before or s.after or s.styled for s in statements)


def inline(text: str) -> Markup:
    """A stretch of running text with its emphasis, code and formulas.

    >>> inline("**Foo** <b> is `a*b`")
    Markup('<strong>Foo</strong> &lt;b&gt; is <code>a*b</code>')
    """
    held = _Held()
    source = held.without_formulas(text)
    if not re.search(r"[*_`~\\&]", source):
        return held.filled(source)
    return _Writer(held).written(_markdown().parseInline(source))


def formed(statements: Sequence[Statement], run: Run) -> Markup:
    """The statements in their form; `run` makes HTML of some that follow one another, given with their positions.

    A form that leaves no place for one of them (cells beyond a table's head, lists in lists without end) is dropped: they run on.
    """
    held = _Held()
    text, withheld = "", list[tuple[int, "Statement"]]()
    for n, statement in enumerate(statements):
        if statement.status == "withheld":
            withheld.append((n, statement))
            continue
        before = held.without_formulas(statement.before)
        goes_on = before.startswith(("\n|", " | ")) and "\n\n" not in before
        if withheld and not (_in_table(text) and goes_on):
            sign, withheld = held.put("", run(withheld)), []
            if text:
                text = _with_sign(text, sign)
            else:  # under the headings with which the answer begins
                heading, parted, lead = before.rpartition("\n\n")
                before = f"{heading}{parted}{sign}\n\n{lead}"
        text += before if before or not text else " "
        text += held.put(statement.text, run([(n, statement)]), needed=True) + held.without_formulas(statement.after)
    if withheld:
        text = _with_sign(text, held.put("", run(withheld)))
    shown = _Writer(held).written(_markdown().parse(text))
    return shown if held.complete else tag("p", run(list(enumerate(statements))))


def _in_table(text: str) -> bool:
    return text.rpartition("\n")[2].startswith("|")


def _with_sign(text: str, sign: str) -> str:
    """What was written, and that something is withheld: in the line where it stood, after the table of which it was a cell."""
    return f"{text}\n\n{sign}" if _in_table(text) or text.endswith("```") else f"{text} {sign}"


class _Held:
    """What is put into the text before it is parsed: statements and formulas, each as a number between two signs of its own."""

    def __init__(self) -> None:
        self._items: list[tuple[str, Markup]] = []
        self._needed: set[int] = set()

    @property
    def complete(self) -> bool:
        """Whether all that is needed has come back as HTML."""
        return not self._needed

    def put(self, raw: str, shown: Markup, *, needed: bool = False) -> str:
        """Hold something; `raw` stands for it where there is text alone, in code."""
        if needed:
            self._needed.add(len(self._items))
        self._items.append((raw, shown))
        return f"\ue000{len(self._items) - 1}\ue001"

    def without_formulas(self, text: str) -> str:
        """The text with its formulas held: what is raised or multiplied in them is no emphasis."""

        def math(match: re.Match[str]) -> str:
            raw = match[0]
            return self.put(raw, tag("span", formulas(plain(raw)), class_="math", title=raw))

        return FORMULA.sub(math, re.sub("[\ue000\ue001]", "\ufffd", text))

    def filled(self, text: str) -> Markup:
        """The text as HTML, with what is held in it."""
        pieces = _HELD.split(text)
        self._needed.difference_update(map(int, pieces[1::2]))
        return join(self._items[int(piece)][1] if n % 2 else formulas(piece) for n, piece in enumerate(pieces))

    def raw(self, text: str) -> str:
        """The text as it was."""
        return _HELD.sub(lambda m: self._items[int(m[1])][0], text)


class _Writer:
    """Tokens of the parser to HTML. Every name of an element is one of this file; all text is escaped."""

    def __init__(self, held: _Held) -> None:
        self._held = held
        self._levels: list[str] = []
        self._cell = "td"

    def written(self, tokens: Sequence[Token]) -> Markup:
        """All of them."""
        self._levels = sorted({token.tag for token in tokens if token.type == "heading_open"})
        return join(self._one(tokens, place) for place in range(len(tokens)))

    def _one(self, tokens: Sequence[Token], place: int) -> Markup | None:
        token = tokens[place]
        kind = token.type
        if kind == "inline":
            children = token.children or []
            return join(self._one(children, n) for n in range(len(children)))
        if kind in {"text", "text_special"}:
            return self._held.filled(token.content)
        if kind == "code_inline":
            return tag("code", self._held.raw(token.content))
        if kind in {"fence", "code_block"}:
            return tag("pre", tag("code", self._held.raw(token.content)), tabindex="0", role="region", aria_label="Code")
        if kind in {"softbreak", "hardbreak"}:
            return tag("br")
        if kind == "hr":
            return tag("hr")
        name, _, side = kind.rpartition("_")
        if name == "table":
            return _half(tag("div", tag("table"), class_="wide", tabindex="0", role="region", aria_label="Table"), "</table>", side)
        if side not in {"open", "close"} or token.hidden:
            return None
        if name in {"th", "td"} and side == "open":
            empty = not tokens[place + 1].content.strip()
            first = name == "td" and tokens[place - 1].type == "tr_open"
            self._cell = "td" if empty else "th" if first else name
            return _half(tag(self._cell, scope=None if self._cell == "td" else "row" if first else "col"), "</", side)
        if name == "heading":
            return _half(tag(_HEADINGS[min(self._levels.index(token.tag), len(_HEADINGS) - 1)]), "</", side)
        element = self._cell if name in {"th", "td"} else _ELEMENTS.get(name)
        start = token.attrs.get("start") if name == "ordered_list" else None
        return _half(tag(element, start=int(start) if start is not None else None), "</", side) if element else None


def _half(element: Markup, at: str, side: str) -> Markup:
    """The beginning or the end of an empty element."""
    whole = str(element)
    cut = whole.index(at)
    return Markup(whole[:cut] if side == "open" else whole[cut:])  # noqa: S704 - made by `tag` of words of this file
