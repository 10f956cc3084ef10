"""The form of a model's answer around its checked statements: headings, lists, tables and code as Markdown, in the order of the reply.

What is not checked is shown only in words that the question or the evidence has (`rag.checking.unclaimed`), and only around something that
is shown: a heading over nothing goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.checking import unclaimed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.citations import CitedSentence
    from rag.prompting import Line

_LEAD, _CODE, _TABLE = 0, -1, -2
_LOWEST = 7  # a line in bold stands under every heading


class Layout:
    """Takes the parts of a reply that claim nothing, and tells what stands before each statement that is shown."""

    def __init__(self, question: str, lines: Sequence[Line]) -> None:
        """`lines` is the evidence that the model was shown."""
        papers = {line.paper.paper_id: line.paper for line in lines}.values()
        self._own = unclaimed.words_of(question, *(p.title for p in papers), *(line.text for line in lines))
        self._pending: list[tuple[int, str]] = []
        self._block = 0
        self._last = False

    def allows(self, text: str) -> bool:
        """Whether words may be shown that nothing bears out."""
        return unclaimed.allowed(text, self._own)

    def take(self, part: CitedSentence) -> None:
        """A heading, the head of a table or code."""
        if part.kind == "heading":
            self._pending = [(level, text) for level, text in self._pending if 0 < level < part.level]
            if unclaimed.heading_allowed(part.text, self._own):
                self._pending.append((part.level, _heading(part)))
        elif part.kind == "table":
            named = all(not c.text or unclaimed.heading_allowed(c.text, self._own) for c in part.cells)
            head = (
                part.text
                if named and not unclaimed.unsafe(part.text)
                else part.text.splitlines()[1].replace("-", " ") + "\n" + part.text.splitlines()[1]
            )
            self._pending.append((_TABLE, f"\n\n{head}"))
        elif _is_formula(part.text):
            if unclaimed.formula_allowed(part.text, self._own):
                self._pending.append((_CODE, f"\n\n{part.text}"))
        elif unclaimed.code_allowed(part.text, self._own):
            self._pending.append((_CODE, f"\n\n{_code(part.text)}"))

    def lead(self, part: CitedSentence) -> None:
        """A line that leads up to something, without a claim of its own."""
        if unclaimed.heading_allowed(part.text, self._own):
            self._pending.append((_LEAD, f"{part.lead}{part.styled or part.text}"))

    def before(self, part: CitedSentence) -> str:
        """What stands before a part that is shown now."""
        opens = "".join(text for _level, text in self._pending)
        own = part.lead if part.block != self._block or not self._last else " "
        if opens and own == " ":
            own = "\n\n"
        self._pending, self._block, self._last = [], part.block, True
        return opens + own

    def before_row(self) -> str:
        """The same for a row of a table."""
        opens = "".join(text for _level, text in self._pending)
        self._pending, self._block, self._last = [], -1, True
        return f"{opens}\n"

    def rest(self) -> str:
        """What stands behind the last statement: code."""
        return "".join(text for level, text in self._pending if level == _CODE)


def _heading(part: CitedSentence) -> str:
    styled = part.styled or part.text
    if part.level == _LOWEST + 1:
        return f"\n{styled}"
    return f"\n\n**{part.text}**" if part.level == _LOWEST else f"\n\n{'#' * part.level} {styled}"


def _code(text: str) -> str:
    """Code between fences of its own; the language is named where it is one."""
    first, *body = text.strip().splitlines()
    language = first.strip("`~ \t").lower()
    return "\n".join((f"```{language if language in unclaimed.LANGUAGES else ''}", *body[:-1], "```"))


def _is_formula(text: str) -> bool:
    return text.lstrip().startswith(("$$", "\\["))
