"""Zotero's items as JSON: its API (`{"key": ..., "data": {...}}`), Better BibTeX's export, and the rows of its database."""

# ruff: noqa: SIM905 - lists of words read best as running text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.schema import Name
from rag.sources.names import of_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NO_PAPERS = frozenset({"attachment", "note", "annotation"})
_ROLES = {
    "title": "title", "abstractNote": "abstract", "date": "date", "DOI": "doi", "url": "url", "volume": "volume", "issue": "issue",
    "pages": "pages", "ISBN": "isbn", "ISSN": "issn", "language": "language", "publisher": "publisher", "university": "publisher",
    "institution": "publisher", "company": "publisher", "place": "publisher-place", "citationKey": "key", "citekey": "key",
    "publicationTitle": "venue", "proceedingsTitle": "venue", "bookTitle": "venue", "encyclopediaTitle": "venue",
    "dictionaryTitle": "venue",
    "blogTitle": "venue", "websiteTitle": "venue2", "forumTitle": "venue2", "repository": "venue3",
    "journalAbbreviation": "container-title-short",
    "conferenceName": "event-title", "series": "collection-title", "seriesTitle": "collection-title", "edition": "edition",
    "shortTitle": "title-short", "archiveID": "archive_location", "archiveLocation": "archive_location", "archive": "archive",
    "callNumber": "call-number", "numPages": "number-of-pages", "thesisType": "genre", "reportType": "genre", "reportNumber": "number",
    "accessDate": "accessed", "rights": "copyright", "libraryCatalog": "source", "PMID": "pmid", "PMCID": "pmcid", "itemType": "type",
    "genre": "genre", "number": "number", "articleNumber": "number",
    "nameOfAct": "title", "caseName": "title", "subject": "title",
}  # fmt: skip
_BOOKKEEPING = frozenset(
    "key version dateAdded dateModified relations itemKey itemID libraryID uri select attachments notes creators tags collections extra"
    " seeAlso citekeyFormat inPublications parentItem deleted".split()
)
# "Extra" is where people and plugins write what Zotero has no field for.
_EXTRA_LINE = re.compile(r"\s*([A-Za-z][A-Za-z .-]{1,30}?)\s*:\s*(.+?)\s*")
_EXTRA = {"pmid": "pmid", "pmcid": "pmcid", "doi": "doi", "citationkey": "key", "arxiv": "arxiv", "type": "type2", "issued": "date2",
          "originaldate": "original-date", "isbn": "isbn", "issn": "issn", "language": "language", "volume": "volume"}  # fmt: skip


def is_item(found: Mapping[str, Any]) -> bool:
    """Whether an object is an item of Zotero, alone or in the envelope of its API."""
    inner = found.get("data")
    return "itemType" in found or (isinstance(inner, dict) and "itemType" in inner)


def is_paper(found: Mapping[str, Any]) -> bool:
    """Whether an item is something that is cited, not a file, note or mark that belongs to one."""
    inner = found.get("data")
    kind = inner.get("itemType") if isinstance(inner, dict) else found.get("itemType")
    return kind not in NO_PAPERS


def pairs_of_item(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Roles and values of an item."""
    inner = found.get("data")
    item: Mapping[str, Any] = inner if isinstance(inner, dict) else found
    yield from _creators(item.get("creators"))
    for key, value in item.items():
        if key in _BOOKKEEPING or value in (None, "", [], {}, False):
            continue
        yield _ROLES.get(key, key), value if isinstance(value, str | list | dict) else str(value)
    if "arxiv" in f"{item.get('repository')} {item.get('archiveID')} {item.get('libraryCatalog')} {item.get('publicationTitle')}".lower():
        yield "arxiv", item.get("archiveID") or item.get("publicationTitle") or item.get("url")
    for tag in item.get("tags") or []:
        name = tag.get("tag") if isinstance(tag, dict) else tag
        # Tags of type 1 were set by a translator: the keywords of the publisher.
        yield ("keyword" if isinstance(tag, dict) and tag.get("type") == 1 else "tag"), name
    rest: list[str] = []
    for line in str(item.get("extra") or "").splitlines():
        field = _EXTRA_LINE.fullmatch(line)
        role = _EXTRA.get(re.sub(r"[^a-z]", "", field[1].lower())) if field else None
        if field and role:
            yield role, field[2]
        elif field and "retract" in field[1].lower():
            yield "retraction", field[2]
        elif line.strip():
            rest.append(line.strip())
    if rest:
        yield "note", "\n".join(rest)


def _creators(creators: Any) -> Iterator[tuple[str, Any]]:
    """Authors and editors; where an item has no author, whoever made it."""
    listed = [creator for creator in creators if isinstance(creator, dict)] if isinstance(creators, list) else []
    has_author = any(creator.get("creatorType", "author") == "author" for creator in listed)
    for creator in listed:
        kind = str(creator.get("creatorType") or "author")
        last, first = str(creator.get("lastName") or "").strip(), str(creator.get("firstName") or "").strip()
        whole = str(creator.get("name") or "").strip()
        person = of_parts(last, first) if last and first else Name(literal=whole or last or first)
        if not str(person):
            continue
        if kind == "author" or (not has_author and kind not in {"editor", "seriesEditor", "translator", "reviewedAuthor"}):
            yield "author", person
        elif kind == "editor":
            yield "editor", person
        else:
            yield kind, str(person)
