"""The door: a reader's record becomes a `Paper`, or a reason why not.

Types and lengths are checked here and nowhere later, text is made plain here, and identifiers get their normal form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from rag.schema import AbstractOrigin, Paper, Source, TitleOrigin
from rag.sources import identifiers
from rag.sources.entry import MAX_ABSTRACT_CHARS, MAX_TITLE_CHARS
from rag.sources.titles import derived_title
from rag.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE = r"^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$"
_NO_ABSTRACT = re.compile(r"(?:no abstract(?: available)?|n/?a|none|null|\[?abstract not available\]?)\.?", re.IGNORECASE)


_Short = Annotated[str, StringConstraints(max_length=500), AfterValidator(plain)]
_Title = Annotated[str, StringConstraints(max_length=MAX_TITLE_CHARS), AfterValidator(plain)]
# Identifiers, addresses and file names, in which a tilde or an underscore is no markup.
_Exact = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]


class _Place(BaseModel):
    """The JSON form of `rag.schema.Source`."""

    document: _Exact
    record: Annotated[int, Field(ge=0)]


class Record(BaseModel):
    """What readers may give: the fields of `rag.schema.Paper`, only the abstract required. Unknown keys are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    paper_id: Annotated[str, StringConstraints(max_length=200, pattern=r"^(?:[^\W_][\w.:+/-]*)?$")] = ""
    title: _Title = ""
    title_origin: TitleOrigin | None = None
    authors: Annotated[list[_Short], Field(max_length=20_000)] = []
    authors_truncated: bool = False
    published: Annotated[str, StringConstraints(pattern=_DATE)] | None = None
    categories: Annotated[list[_Short], Field(max_length=200)] = []
    has_code: bool | None = None
    listing_score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    url: _Exact | None = None
    code_url: _Exact | None = None
    doi: _Exact | None = None
    arxiv_id: _Exact | None = None
    source: _Place | None = None
    abstract: Annotated[str, StringConstraints(max_length=MAX_ABSTRACT_CHARS), AfterValidator(plain)]
    abstract_origin: AbstractOrigin = "source"
    keys: Annotated[list[_Exact], Field(max_length=100)] = []


def paper_from(record: Mapping[str, Any], *, document: str, position: int) -> Paper:
    """The paper in `record`, the `position`-th (from 0) of `document`; `ValueError` with a readable reason.

    Without a title, one is derived; without an address, that of the project which the abstract names is taken; a source that the record
    carries itself is kept.
    """
    given = {key: value for key, value in record.items() if value is not None}
    if not given.get("abstract"):
        raise ValueError("the record has no abstract")
    try:
        read = Record.model_validate(given)
    except ValidationError as error:
        raise ValueError(_reason(error)) from error
    if not any(map(str.isalnum, read.abstract)) or _NO_ABSTRACT.fullmatch(read.abstract):
        raise ValueError("the record has no abstract")
    title = read.title if any(map(str.isalnum, read.title)) else ""
    address = identifiers.url(read.url) or identifiers.url(read.code_url)
    return Paper(
        paper_id=read.paper_id,
        title=title or derived_title(read.abstract),
        title_origin=(read.title_origin or "source") if title else "derived",
        authors=tuple(dict.fromkeys(author for author in read.authors if author)),
        authors_truncated=read.authors_truncated,
        published=read.published,
        categories=tuple(dict.fromkeys(category for category in read.categories if category)),
        has_code=read.has_code,
        listing_score=read.listing_score,
        url=address or identifiers.project_url(read.abstract),
        doi=identifiers.doi(read.doi),
        arxiv_id=identifiers.arxiv_id(read.arxiv_id) or _from_arxiv(read.doi, address),
        source=Source(document=read.source.document, record=read.source.record)
        if read.source
        else Source(document=document, record=position),
        abstract=read.abstract,
        abstract_origin=read.abstract_origin,
        keys=tuple(dict.fromkeys(read.keys)),
    )


def _from_arxiv(*places: str | None) -> str | None:
    """The arXiv id in arXiv's own addresses and DOIs, and in no other."""
    return next((identifiers.arxiv_id(place) for place in places if place and "arxiv" in place.lower()), None)


def _reason(error: ValidationError) -> str:
    """The first complaint in a few words, without the value, which may be long or private."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    context = first.get("ctx", {})
    if first["type"] == "string_too_long":
        return f"{field} is longer than {context['max_length']} characters"
    if first["type"] == "string_pattern_mismatch" and field == "published":
        return "published is no date of the form 2023-04-07, 2023-04 or 2023"
    return f"{field}: {first['msg'][0].lower()}{first['msg'][1:]}"
