"""From the controls beside the chat to filters, and from filters to chips that can be taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.schema import Filters
from ui.markup import join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.schema import Paper

ANY = ""
FIELDS = ("year_from", "year_to", "category", "author", "has_code", "source", "tag", "collection")
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
    tag: str | None = None
    collection: str | None = None

    def filters(self, only: Sequence[Paper] = ()) -> Filters:
        """The conditions that are set; a year that is none, and an empty text, set nothing."""
        return Filters(
            year_from=_year(self.year_from),
            year_to=_year(self.year_to),
            category=_text(self.category),
            author=_text(self.author),
            has_code=True if self.has_code is True else None,
            source=_text(self.source),
            tag=_text(self.tag),
            collection=_text(self.collection),
            paper_ids=tuple(p.paper_id for p in only) or None,
        )


def _year(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and int(text) in _YEARS else None


def _text(value: object) -> str | None:
    return value.strip()[:200] or None if isinstance(value, str) else None


def wrong(name: str, value: object) -> bool:
    """Whether something stands in a control that sets nothing: a year that is none."""
    return name in {"year_from", "year_to"} and bool(str(value or "").strip()) and _year(value) is None


_WITHOUT = {"published": "no date", "categories": "no category", "authors": "no author", "has_code": "nothing said about code"}


def chips(
    filters: Filters, only: Sequence[Paper] = (), *, found: tuple[int, dict[str, int]] | None = None, wrong: Sequence[str] = ()
) -> Markup | str:
    """What the next question is narrowed to, each with a button to take it off; how many papers are left, and what is left out unseen.

    `found`: how many match, and how many lack a field that is asked for. `wrong`: the controls in which no year stands.
    """
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
        said.append(("source", f"read from {filters.source}"))
    if filters.tag:
        said.append(("tag", f"tagged {filters.tag}"))
    if filters.collection:
        said.append(("collection", f"in {filters.collection}"))
    if only:
        said.append(("only", f"only “{only[0].title}”" if len(only) == 1 else f"only {len(only)} chosen papers"))
    problem = tag("p", f"{' and '.join(wrong)}: a year has four digits, such as 2021.", class_="fn-error", role="alert") if wrong else None
    if not said:
        return join([problem])
    clear = tag("button", "Clear all", type="button", data_event="clear", data_field="all", class_="quiet") if len(said) > 1 else None
    chosen = tag("ul", *(_chip(name, text) for name, text in said), class_="chips", aria_label="Narrowed to")
    return join([problem, chosen, tag("p", counted(*found), " ", clear, class_="hint", role="status") if found else clear])


def counted(count: int, lacking: dict[str, int]) -> str:
    """How many papers match, and how many are left out because they don't say.

    >>> counted(3, {"published": 186, "categories": 0})
    '3 papers match. 186 have no date and are left out.'
    """
    left = [f"{n:,} {'has' if n == 1 else 'have'} {_WITHOUT[name]}" for name, n in lacking.items() if n and name in _WITHOUT]
    out = f" {', '.join(left)} and are left out." if left else ""
    return f"{count:,} paper{' matches' if count == 1 else 's match'}.{out}"


def _chip(name: str, text: str) -> Markup:
    cross = tag("span", "\N{MULTIPLICATION SIGN}", aria_hidden="true")
    button = tag("button", cross, type="button", data_event="clear", data_field=name, aria_label=f"Remove filter: {text}")
    return tag("li", tag("span", text), button)
