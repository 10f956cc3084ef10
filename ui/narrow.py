"""From the controls of "Narrow" to filters, and from filters to chips that can be taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.schema import Filters
from ui.markup import tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.schema import Paper

ANY = ""
FIELDS = ("year_from", "year_to", "category", "author", "has_code", "source")
"""The controls in their order on the page; each has a chip of its own."""

_YEARS = range(1000, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """The controls' values as they come from the page."""

    year_from: str | None = None
    year_to: str | None = None
    category: str | None = None
    author: str | None = None
    has_code: bool | None = None
    source: str | None = None

    def filters(self, only: Sequence[Paper] = ()) -> Filters:
        """The conditions that are set; a year that is none, and an empty text, set nothing."""
        return Filters(
            year_from=_year(self.year_from),
            year_to=_year(self.year_to),
            category=_text(self.category),
            author=_text(self.author),
            has_code=True if self.has_code is True else None,
            source=_text(self.source),
            paper_ids=tuple(p.paper_id for p in only) or None,
        )


def _year(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and int(text) in _YEARS else None


def _text(value: object) -> str | None:
    return value.strip()[:200] or None if isinstance(value, str) else None


def chips(filters: Filters, only: Sequence[Paper] = ()) -> Markup | str:
    """What the next question is narrowed to, each with a button to take it off."""
    said: list[tuple[str, str]] = []
    if filters.year_from is not None:
        said.append(("year_from", f"from {filters.year_from}"))
    if filters.year_to is not None:
        said.append(("year_to", f"until {filters.year_to}"))
    if filters.category:
        said.append(("category", filters.category))
    if filters.author:
        said.append(("author", f"by {filters.author}"))
    if filters.has_code:
        said.append(("has_code", "with code"))
    if filters.source:
        said.append(("source", f"from {filters.source}"))
    if only:
        said.append(("only", f"only “{only[0].title}”" if len(only) == 1 else f"only {len(only)} chosen papers"))
    if not said:
        return ""
    return tag("ul", *(_chip(name, text) for name, text in said), class_="chips", aria_label="Narrowed to")


def _chip(name: str, text: str) -> Markup:
    cross = tag("span", "\N{MULTIPLICATION SIGN}", aria_hidden="true")
    button = tag("button", cross, type="button", data_event="clear", data_field=name, aria_label=f"Remove filter: {text}")
    return tag("li", tag("span", text), button)
