"""Papers to EndNote's XML, which EndNote, Zotero and Mendeley import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from rag.sources import kinds, names, noted
from rag.sources.keys import keyed
from rag.sources.tagged_export import MONTHS, inverted, name_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.schema import Paper

_NUMBERS = {
    "Artwork": 2, "Bill": 4, "Book Section": 5, "Book": 6, "Case": 7, "Computer Program": 9, "Conference Paper": 47, "Dataset": 59,
    "Dictionary": 52, "Encyclopedia": 53, "Film or Broadcast": 21, "Generic": 13, "Journal Article": 17, "Magazine Article": 19, "Map": 20,
    "Music": 61, "Newspaper Article": 23, "Pamphlet": 24, "Patent": 25, "Personal Communication": 26, "Report": 27, "Standard": 58,
    "Statute": 31, "Thesis": 32, "Unpublished Work": 34, "Web Page": 12, "Blog": 56,
}  # fmt: skip
_EXTRA = {
    "publisher-place": "pub-location", "edition": "edition", "section": "section", "call-number": "call-num", "genre": "work-type",
    "author-address": "auth-address", "database": "remote-database-name",
}  # fmt: skip
_IN_TITLES = {"collection-title": "tertiary-title", "title-short": "short-title"}
_LACKS = ("type", "published", "arxiv_id", "categories", "tags", "collections", "retraction", "pmid", "work_id", "names")


def endnote(papers: Iterable[Paper]) -> Iterator[str]:
    """One document, a record a paper."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<xml><records>\n'
    for number, (key, paper) in enumerate(keyed(papers), start=1):
        yield _record(paper, key, number)
    yield "</records></xml>\n"


def _record(paper: Paper, key: str, number: int) -> str:
    kind = kinds.written(paper.type or ("article-journal" if paper.doi else None))[2]
    extra = dict(paper.extra)
    authors = [inverted(author) for author in names.parts(paper)]
    if authors and paper.authors_truncated:
        authors.append("et al.")
    translators = [one for one in extra["translator"] if isinstance(one, dict)] if isinstance(extra.get("translator"), list) else []
    people = _some("authors", (_styled("author", author) for author in authors))
    people += _some("secondary-authors", (_styled("author", inverted(editor)) for editor in paper.editors))
    people += _some("subsidiary-authors", (_styled("author", inverted(name_from(one))) for one in translators))
    titles = _styled("title", paper.title) + _styled("secondary-title", paper.venue)
    titles += "".join(_styled(element, extra.pop(field, None)) for field, element in _IN_TITLES.items())
    short = _styled("abbr-1", extra.pop("container-title-short", None))
    addresses = [
        paper.url,
        f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id and paper.arxiv_id not in (paper.url or "") else None,
    ]
    date = paper.published or ""
    parts = [
        f'<database name="Footnote.enl" path="Footnote.enl">Footnote.enl</database><rec-number>{number}</rec-number>',
        f'<ref-type name="{kind}">{_NUMBERS[kind]}</ref-type>',
        _some("contributors", [people]),
        _some("titles", [titles]),
        _some("periodical", [_styled("full-title", paper.venue) + short]),
        _styled("pages", paper.pages),
        _styled("volume", paper.volume),
        _styled("number", paper.issue),
        _some("keywords", (_styled("keyword", word) for word in dict.fromkeys((*paper.keywords, *paper.categories, *paper.tags)))),
        _some("dates", [_styled("year", date[:4]) + _some("pub-dates", [_styled("date", _day(date))])]),
        _styled("publisher", paper.publisher),
        _styled("isbn", "\n".join((*paper.isbn, *paper.issn))),
        _styled("accession-num", paper.pmid),
        _styled("electronic-resource-num", paper.doi),
        _styled("label", key),
        _styled("pmcid", paper.pmcid),
        *(_styled(element, extra.pop(field, None)) for field, element in _EXTRA.items()),
        _styled("language", paper.language),
        _some("urls", [_some("related-urls", (_styled("url", address) for address in addresses))]),
        _styled("abstract", paper.abstract),
        _styled("notes", "\n".join(_notes(paper, extra))),
    ]
    return f"<record>{''.join(parts)}</record>\n"


def _day(date: str) -> str:
    """`Apr 7`, as EndNote writes it beside the year."""
    _, month, day = (*date.split("-"), "", "")[:3]
    return " ".join(part for part in (MONTHS[int(month) - 1] if month else "", str(int(day)) if day else "") if part)


def _notes(paper: Paper, extra: dict[str, Any]) -> Iterator[str]:
    """The user's notes, and what there is no element for."""
    held = extra.pop("note", [])
    yield from map(str, held if isinstance(held, list) else [held])
    if told := noted.note(noted.told(paper, _LACKS, extra=extra)):
        yield told


def _some(element: str, inner: Iterable[str]) -> str:
    """An element with what is in it; nothing where nothing is."""
    text = "".join(inner)
    return f"<{element}>{text}</{element}>" if text else ""


def _styled(element: str, text: Any) -> str:
    """An element with its text in the `style` element that EndNote writes."""
    if not text:
        return ""
    plain = escape("".join(char for char in str(text) if char in "\n\t" or char >= " "))
    return f'<{element}><style face="normal" font="default" size="100%">{plain}</style></{element}>'
