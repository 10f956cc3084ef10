"""JSON objects of several origins to records: our own, the arXiv metadata snapshot, CSL (Zotero), BEIR and look-alikes.

Each object is told by its own keys, so a file may mix them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag.sources import dates, identifiers
from rag.sources.names import people

if TYPE_CHECKING:
    from collections.abc import Mapping

# Other names for our fields, in order of preference, as services and exports use them.
_ALSO = {
    "abstract": ("abstract", "summary", "text", "abstractText", "abstract_text"),
    "title": ("title", "Title"),
    "doi": ("doi", "DOI"),
    "url": ("url", "URL", "link", "pdf_url"),
    "arxiv_id": ("arxiv_id", "arxivId", "arxiv"),
}


def record_from(found: Mapping[str, Any]) -> dict[str, Any]:
    """A record for `rag.sources.door`; values of a wrong type are left for it to refuse."""
    if "abstract" in found and ("authors_parsed" in found or "update_date" in found or "submitter" in found):
        return _arxiv(found)
    if "_id" in found and "text" in found:
        return _beir(found)
    if "issued" in found or "container-title" in found or (isinstance(found.get("author"), list) and "type" in found):
        return _csl(found)
    return _ours(found)


def _ours(found: Mapping[str, Any]) -> dict[str, Any]:
    """Our own JSON form, and others close to it (Semantic Scholar, OpenReview dumps, home-made ones)."""
    record = dict(found)
    for field, names in _ALSO.items():
        record[field] = next((found[name] for name in names if found.get(name) is not None), None)
    outside = found.get("externalIds")
    if isinstance(outside, dict):
        record["doi"] = record["doi"] or outside.get("DOI")
        record["arxiv_id"] = record["arxiv_id"] or outside.get("ArXiv")
    if found.get("published") is None:
        date = next((found[name] for name in ("publicationDate", "date", "year") if found.get(name) is not None), None)
        record["published"] = dates.iso(str(date)) if date is not None else None
    _put_authors(record, found.get("authors", found.get("author")))
    if isinstance(record.get("categories"), str):
        record["categories"] = record["categories"].replace(",", " ").split()
    return record


def _put_authors(record: dict[str, Any], authors: Any) -> None:
    """Authors as names, from a list of strings or objects or from one string."""
    if isinstance(authors, str):
        record["authors"], cut = people(authors)
        record["authors_truncated"] = bool(record.get("authors_truncated")) or cut
    elif isinstance(authors, list):
        record["authors"] = [_name(author) if isinstance(author, dict) else author for author in authors]


def _name(author: Mapping[str, Any]) -> Any:
    """The name in an author object, CSL's or a service's."""
    whole = author.get("literal") or author.get("name")
    if whole:
        return whole
    family = " ".join(str(author[key]) for key in ("non-dropping-particle", "family") if author.get(key))
    given = " ".join(str(author[key]) for key in ("given", "dropping-particle") if author.get(key))
    return " ".join(part for part in (given, family, str(author.get("suffix") or "")) if part)


def _arxiv(found: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the arXiv metadata snapshot; the date is that of the first version."""
    identifier = str(found.get("id") or "")
    versions = found.get("versions")
    first = versions[0] if isinstance(versions, list) and versions and isinstance(versions[0], dict) else {}
    record: dict[str, Any] = {
        "title": found.get("title"),
        "abstract": found.get("abstract"),
        "doi": found.get("doi"),
        "arxiv_id": identifiers.arxiv_id(identifier),
        "url": f"https://arxiv.org/abs/{identifier}" if identifier else None,
        "published": dates.iso(str(first.get("created") or found.get("update_date") or "")),
        "categories": found["categories"].split() if isinstance(found.get("categories"), str) else found.get("categories"),
    }
    parsed = found.get("authors_parsed")
    if isinstance(parsed, list) and parsed and all(isinstance(name, list) and name for name in parsed):
        record["authors"] = [" ".join(str(part) for part in (*name[1:2], name[0], *name[2:3]) if part) for name in parsed]
    else:
        _put_authors(record, found.get("authors"))
    return record


def _beir(found: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a retrieval benchmark's corpus. Its `_id` is unique within that benchmark only, so it becomes no paper_id."""
    more = found.get("metadata")
    record = _ours({**more, **found}) if isinstance(more, dict) else _ours(found)
    record["abstract"] = found["text"]
    return record


def _csl(found: Mapping[str, Any]) -> dict[str, Any]:
    """A CSL-JSON item (https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html)."""
    record = _ours({key: value for key, value in found.items() if key not in {"source", "categories", "keys", "author"}})
    _put_authors(record, found.get("author"))
    issued = found.get("issued")
    if isinstance(issued, dict):
        record["published"] = _issued(issued)
    number = str(found.get("number") or "")
    if record["arxiv_id"] is None and "arxiv" in f"{number} {found.get('publisher')} {found.get('archive')}".lower():
        record["arxiv_id"] = identifiers.arxiv_id(f"{number} {found.get('archive_location') or ''}")
    words = found.get("keyword")
    if isinstance(words, str):
        record["categories"] = [word.strip() for word in words.split(",") if word.strip()]
    return record


def _issued(issued: Mapping[str, Any]) -> str | None:
    """CSL's date: parts, or text."""
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        try:
            return dates.ymd(*(int(part) for part in parts[0][:3]))
        except (TypeError, ValueError):
            return None
    return dates.iso(str(issued.get("raw") or issued.get("literal") or ""))
