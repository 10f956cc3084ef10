"""The door: a reader's record becomes a `Paper`, or a reason why not.

Types and lengths are checked here and nowhere later, text is made plain here, and identifiers get their normal form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from rag.schema import AbstractOrigin, Name, Paper, Source, TitleOrigin
from rag.sources import identifiers, kinds
from rag.sources.abstracts import trimmed
from rag.sources.entry import MAX_ABSTRACT_CHARS, MAX_TITLE_CHARS
from rag.sources.extra import kept
from rag.sources.names import name_of
from rag.sources.noted import restored
from rag.sources.titles import derived_title
from rag.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DATE = r"^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$"


class NoAbstractError(ValueError):
    """The record has no abstract, or a phrase in its place."""


_Short = Annotated[str, StringConstraints(max_length=500), AfterValidator(plain)]
_Title = Annotated[str, StringConstraints(max_length=MAX_TITLE_CHARS), AfterValidator(plain)]
# Identifiers, addresses and file names, in which a tilde or an underscore is no markup.
_Exact = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]


class _Place(BaseModel):
    """The JSON form of `rag.schema.Source`."""

    document: _Exact
    record: Annotated[int, Field(ge=0)]


_MAX_PART = 500
_NamePart = Annotated[str, StringConstraints(max_length=_MAX_PART), AfterValidator(plain)]


class _Name(BaseModel):
    """The JSON form of `rag.schema.Name`."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    family: _NamePart = ""
    given: _NamePart = ""
    particle: _NamePart = ""
    suffix: _NamePart = ""
    literal: _NamePart = ""

    def name(self) -> Name:
        """The record's form."""
        return _parted(Name(family=self.family, given=self.given, particle=self.particle, suffix=self.suffix, literal=self.literal))


def _parted(name: Name) -> Name:
    """A name of given parts alone is a whole; one that has both, too."""
    if name.family and not name.literal:
        return name
    return Name(literal=name.literal or " ".join(filter(None, (name.given, name.particle, name.suffix))))


def _one_or_more(value: Any) -> Any:
    """A list where a source gives one text; numbers as text."""
    if isinstance(value, list | tuple):
        return [str(item) if isinstance(item, int) else item for item in value]
    return re.split(r"\s*[,;]\s*|\s+(?=\d)", value.strip()) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    """A number as text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Bit = Annotated[str, BeforeValidator(_text), StringConstraints(max_length=500), AfterValidator(plain)]
_Bits = Annotated[list[_Short], Field(max_length=500)]
_Numbers = Annotated[list[_Exact], BeforeValidator(_one_or_more), Field(max_length=100)]


class Record(BaseModel):
    """What readers may give: the fields of `rag.schema.Paper`, only the abstract required. Unknown keys are let pass.

    `names` are the authors in parts, as many as `authors`; `type` is CSL's or any tool's word (`rag.sources.kinds`); `isbn` and `issn`
    may be one text; `notes` are free texts in which a DOI may stand alone in a line; `extra` is cut to what `rag.sources.extra` keeps.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    paper_id: Annotated[str, StringConstraints(max_length=200, pattern=r"^(?:[^\W_][\w.:+/-]*)?$")] = ""
    title: _Title = ""
    title_origin: TitleOrigin | None = None
    authors: Annotated[list[_Short], Field(default_factory=list, max_length=20_000)]
    authors_truncated: bool = False
    published: Annotated[str, StringConstraints(pattern=_DATE)] | None = None
    categories: Annotated[list[_Short], Field(default_factory=list, max_length=200)]
    has_code: bool | None = None
    listing_score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    url: _Exact | None = None
    code_url: _Exact | None = None
    doi: _Exact | None = None
    arxiv_id: _Exact | None = None
    source: _Place | None = None
    abstract: Annotated[str, StringConstraints(max_length=MAX_ABSTRACT_CHARS), AfterValidator(plain)] = ""
    abstract_origin: AbstractOrigin = "source"
    keys: Annotated[list[_Exact], Field(default_factory=list, max_length=100)]
    names: Annotated[list[_Name], Field(default_factory=list, max_length=20_000)]
    type: _Bit | None = None
    venue: _Title | None = None
    volume: _Bit | None = None
    issue: _Bit | None = None
    pages: _Bit | None = None
    publisher: _Short | None = None
    editors: Annotated[list[_Name], Field(default_factory=list, max_length=2_000)]
    isbn: Annotated[_Numbers, Field(default_factory=list)]
    issn: Annotated[_Numbers, Field(default_factory=list)]
    pmid: Annotated[_Exact, BeforeValidator(_text)] | None = None
    pmcid: Annotated[_Exact, BeforeValidator(_text)] | None = None
    language: _Short | None = None
    keywords: Annotated[_Bits, Field(default_factory=list)]
    citation_key: Annotated[_Exact, BeforeValidator(_text)] | None = None
    retraction: _Short | None = None
    tags: Annotated[_Bits, Field(default_factory=list)]
    collections: Annotated[_Bits, Field(default_factory=list)]
    work_id: _Exact | None = None
    notes: Annotated[list[str], Field(default_factory=list, max_length=500)]
    extra: Annotated[dict[str, Any], Field(default_factory=dict)]


def paper_from(record: Mapping[str, Any], *, document: str, position: int, keep_without_abstract: bool = False) -> Paper:
    """The paper in `record`, the `position`-th (from 0) of `document`; `ValueError` with a readable reason.

    A record without an abstract is a `NoAbstractError`, or with `keep_without_abstract` a paper of its title, where it has one. What
    stands round an abstract and is none of it (`rag.sources.abstracts`) is kept in `extra` and `keywords`.
    Without a title, one is derived; without an address, that of the project which the abstract names is taken; a source that the record
    carries itself is kept.
    """
    given = {key: value for key, value in restored(record).items() if value is not None}
    if not given.get("abstract") and not keep_without_abstract:
        raise NoAbstractError("the record has no abstract")
    known = {field: given.pop(field) for field in ("names", "editors") if _of_readers(given.get(field))}
    if "names" in known and len(given.get("authors", ())) <= len(known["names"]):
        given.pop("authors", None)
    try:
        read = Record.model_validate(given)
    except ValidationError as error:
        raise ValueError(_reason(error)) from error
    told = trimmed(read.abstract)
    title = read.title if any(map(str.isalnum, read.title)) else ""
    if not told.text and not (keep_without_abstract and title):
        raise NoAbstractError("the record has no abstract" if title else "the record has neither title nor abstract")
    address = identifiers.url(read.url) or identifiers.url(read.code_url)
    editors = [_cleaned(name).name for name in known["editors"]] if "editors" in known else [found.name() for found in read.editors]
    authors, names = _people([_cleaned(name) for name in known["names"]]) if "names" in known else _people_of(read)
    kind = (read.type if kinds.known(read.type) else kinds.csl(read.type)) if read.type else None
    extra = kept(read.extra) if read.extra else {}
    if read.type and not kind:
        extra.setdefault("source-type", read.type)
    if told.rights:
        extra.setdefault("copyright", told.rights)
    return Paper(
        paper_id=read.paper_id,
        title=title or derived_title(told.text),
        title_origin=(read.title_origin or "source") if title else "derived",
        authors=authors,
        authors_truncated=read.authors_truncated,
        published=read.published,
        categories=tuple(dict.fromkeys(category for category in read.categories if category)),
        has_code=read.has_code,
        listing_score=read.listing_score,
        url=address or identifiers.project_url(told.text),
        doi=identifiers.doi_of(read.doi, url=read.url, notes=read.notes),
        arxiv_id=identifiers.arxiv_id(read.arxiv_id) or _from_arxiv(read.doi, address),
        source=Source(document=read.source.document, record=read.source.record)
        if read.source
        else Source(document=document, record=position),
        abstract=told.text,
        abstract_origin=read.abstract_origin,
        keys=tuple(dict.fromkeys(read.keys)),
        names=names,
        type=kind,
        venue=read.venue or None,
        volume=read.volume or None,
        issue=read.issue if read.issue and not read.issue.lower().startswith("arxiv:") else None,
        pages=identifiers.pages(read.pages) if read.pages else None,
        publisher=read.publisher or None,
        editors=tuple(name for name in editors if str(name)),
        isbn=_each(read.isbn, identifiers.isbn),
        issn=_each(read.issn, identifiers.issn),
        pmid=identifiers.pmid(read.pmid) if read.pmid else None,
        pmcid=identifiers.pmcid(read.pmcid) if read.pmcid else None,
        language=read.language or None,
        keywords=_whole([*read.keywords, *(told.keywords if not read.keywords else ())]),
        citation_key=_KEY_ENDS.sub("", read.citation_key) or None if read.citation_key else None,
        retraction=read.retraction or None,
        tags=_whole(read.tags),
        collections=_whole(read.collections),
        work_id=read.work_id or None,
        extra=extra,
    )


# What would end a key in a file of BibTeX.
_KEY_ENDS = re.compile(r"[\s,{}\"#%\\]+")


class _Person(NamedTuple):
    """A name as it is shown, in plain parts, and whether the shown form says the parts by itself."""

    shown: str
    name: Name
    said: bool


def _of_readers(people: Any) -> bool:
    """Whether these are names in parts from a reader of ours, which need no validation but of their lengths."""
    return isinstance(people, list) and 0 < len(people) <= 2_000 and all(type(name) is Name for name in people)


@lru_cache(maxsize=1 << 14)
def _cleaned(name: Name) -> _Person:
    """A reader's name with its parts made plain; ValueError for one that is too long."""
    parts = name.to_dict()
    if any(len(value) > _MAX_PART for value in parts.values()):
        raise ValueError(f"a name is longer than {_MAX_PART} characters")
    found = _parted(Name(**{part: plain(value) for part, value in parts.items()}))
    shown = str(found)
    return _Person(shown, found, name_of(shown) == found)


def _people_of(read: Record) -> tuple[tuple[str, ...], tuple[Name, ...]]:
    """The same of a record whose names were validated."""
    if not read.names or len(read.names) < len(read.authors):
        return tuple(dict.fromkeys(author for author in read.authors if author)), ()
    return _people([_cleaned(name.name()) for name in read.names])


def _people(people: list[_Person]) -> tuple[tuple[str, ...], tuple[Name, ...]]:
    """The authors, each once, and their names in parts where these say more than the shown form."""
    found = {person.shown: person for person in people if person.shown}
    return tuple(found), () if all(person.said for person in found.values()) else tuple(person.name for person in found.values())


def _whole(items: list[str]) -> tuple[str, ...]:
    """Each once, in order."""
    return tuple(dict.fromkeys(filter(None, items))) if items else ()


def _each(items: list[str], normal: Callable[[str], str | None]) -> tuple[str, ...]:
    """The normal form of each that has one, once."""
    return tuple(dict.fromkeys(found for item in items if (found := normal(item)))) if items else ()


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
