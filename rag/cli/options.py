"""Options that several commands share, and what they become."""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.config import Settings
    from rag.schema import Filters

LibraryName = Annotated[str | None, typer.Option("--library", "-L", help="Name of a library, or a folder.", show_default=False)]
YearFrom = Annotated[int | None, typer.Option("--year-from", help="First year of publication.", show_default=False)]
YearTo = Annotated[int | None, typer.Option("--year-to", help="Last year of publication.", show_default=False)]
DateFrom = Annotated[str | None, typer.Option("--date-from", help="First date, such as 2023-03-01.", show_default=False)]
DateTo = Annotated[str | None, typer.Option("--date-to", help="Last date.", show_default=False)]
Category = Annotated[str | None, typer.Option("--category", help="Category, such as cs.CL (or cs).", show_default=False)]
Author = Annotated[str | None, typer.Option("--author", help="Part of an author's name.", show_default=False)]
HasCode = Annotated[bool | None, typer.Option("--has-code/--no-code", help="With (or without) code.", show_default=False)]
SourceName = Annotated[str | None, typer.Option("--source", help="Start of a source document's name.", show_default=False)]
Tag = Annotated[str | None, typer.Option("--tag", help="A tag of yours (Zotero's).", show_default=False)]
Collection = Annotated[
    str | None, typer.Option("--collection", help="A collection: its name, or a path such as Thesis/Methods.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ray = Annotated[str | None, typer.Option("--ray", help="A Ray cluster: host:port, or local (extra ray).", show_default=False)]
K = Annotated[int | None, typer.Option("--k", min=1, max=1000, help="Papers to retrieve.", show_default=False)]

_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


def settings(library: str | None = None, **overrides: object) -> Settings:
    """The settings, with the command's options on top."""
    from rag.config import load

    return load(library=library, **overrides)


def filters(
    *,
    year_from: int | None = None,
    year_to: int | None = None,
    date_from: str | None = None,
    date_to: str | None = None,
    category: str | None = None,
    author: str | None = None,
    has_code: bool | None = None,
    source: str | None = None,
    tag: str | None = None,
    collection: str | None = None,
) -> Filters | None:
    """The filters given, None where there is none. ConfigError for a malformed date or an empty range."""
    from rag.errors import ConfigError
    from rag.schema import Filters

    for name, value in (("date_from", date_from), ("date_to", date_to)):
        if value is not None and not is_date(value):
            raise ConfigError(f"{name} is {value!r}; write a date such as 2023-03-01")
    if year_from is not None and year_to is not None and year_from > year_to:
        raise ConfigError(f"year_from {year_from} is later than year_to {year_to}; swap them")
    if date_from is not None and date_to is not None and date_from > date_to:
        raise ConfigError(f"date_from {date_from!r} is later than date_to {date_to!r}; swap them")
    found = Filters(
        year_from=year_from,
        year_to=year_to,
        date_from=date_from,
        date_to=date_to,
        category=category or None,
        author=author or None,
        has_code=has_code,
        source=source or None,
        tag=tag or None,
        collection=collection or None,
    )
    return found or None


_FILTERS = {
    "year_from": YearFrom,
    "year_to": YearTo,
    "date_from": DateFrom,
    "date_to": DateTo,
    "category": Category,
    "author": Author,
    "has_code": HasCode,
    "source": SourceName,
    "tag": Tag,
    "collection": Collection,
}


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `chosen: Filters | None` the filter options in its place."""
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.name != "chosen"]
    extra = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=a) for n, a in _FILTERS.items()]

    @functools.wraps(command)
    def wrapper(**values: Any) -> None:
        picked = {name: values.pop(name) for name in _FILTERS}
        command(**values, chosen=filters(**picked))

    # Typer reads options from the signature; without __wrapped__ it does not look behind it.
    del wrapper.__wrapped__
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + extra
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper


def is_date(value: str) -> bool:
    """Whether the text is an ISO date (or a year, or a year and month) that exists."""
    import datetime as dt

    if not _DATE.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat((value + "-01-01")[:10] if len(value) < 10 else value)
    except ValueError:
        return False
    return True
