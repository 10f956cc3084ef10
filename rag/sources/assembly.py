"""What a format says, as pairs of a role and a value, to a record: the one place where fields are chosen, joined and sorted.

Readers of tags, columns, elements and keys only say which role each of theirs has. The roles:

title, title2 (of what the paper stands in), abstract, abstract2 (used where there is no other), author, author2 (used where there is no
`author`), group, editor, date, date2 (where there is no other), year, month, day, doi, maybe_doi, url, arxiv, venue, venue2,
venue3 (in order of preference), volume,
issue, pages, first_page, last_page, publisher, isbn, issn, isn (either), pmid, pmcid, language, keyword, keywords (several in one),
category, tag, key, type, type2, retraction, code_url. Any other role is a key of `extra`.
"""

# ruff: noqa: SIM905 - lists of words read best as running text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.schema import Name
from rag.sources import categories, dates, identifiers, kinds, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OWN = frozenset(
    "title title2 abstract abstract2 author author2 group editor editor2 date date2 year month day doi maybe_doi url arxiv venue venue2"
    " venue3 volume issue pages first_page last_page publisher isbn issn isn pmid pmcid language keyword keywords category tag key type"
    " type2 retraction code_url cut".split()
)
_WORDS = re.compile(r"\s*[;|•·\n]\s*")
_RETRACTED = re.compile(r"^\s*\[?(?:retracted|withdrawn)(?:\s+(?:article|paper|chapter|publication))?\]?\s*[:.]", re.IGNORECASE)
# Longer than any keyword or name: what was not parted, or no such thing.
_LONG = 400


def record_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A record for `rag.sources.door` from pairs in the order of the source. Empty values say nothing."""
    found: dict[str, list[Any]] = {}
    for role, value in pairs:
        if value is None or (isinstance(value, str) and not (value := value.strip())):
            continue
        found.setdefault(role, []).append(value)

    def first(*roles: str) -> Any:
        for role in roles:
            if role in found:
                return found[role][0]
        return None

    kind = next((word for word in (*found.get("type", ()), *found.get("type2", ())) if kinds.csl(word)), first("type", "type2"))
    record: dict[str, Any] = {
        "title": first("title", "title2"),
        "abstract": joined(found.get("abstract") or found.get("abstract2") or []),
        "published": date_of(found),
        "doi": first("doi"),
        "notes": [str(text) for role in ("maybe_doi", "url", "doi") for text in found.get(role, ()) if "10." in str(text)],
        "url": next((address for address in found.get("url", ()) if _addressed(address)), None) or first("url"),
        "type": kind,
        "venue": first("venue", "venue2", "venue3", *(("title2",) if "title" in found else ()), "container-title-short"),
        "pages": first("pages") or _range(first("first_page"), first("last_page")),
        "keywords": [*found.get("keyword", ()), *(word for text in found.get("keywords", ()) for word in split_words(text))],
        "citation_key": first("key"),
        "extra": {role: values[0] if len(values) == 1 else values for role, values in found.items() if role not in _OWN},
    }
    for field in ("volume", "issue", "publisher", "pmid", "pmcid", "language", "retraction", "code_url"):
        record[field] = first(field)
    if arxiv := first("arxiv"):
        record["arxiv_id"] = identifiers.arxiv_id(str(arxiv))
    of_arxiv, words = categories.apart(dict.fromkeys(word for word in record["keywords"] if isinstance(word, str) and len(word) < _LONG))
    record["keywords"], record["categories"], record["tags"] = words, [*found.get("category", ()), *of_arxiv], found.get("tag", [])
    isbn, issn = _numbers(found)
    record["isbn"], record["issn"] = isbn, issn
    _put_people(record, found)
    if record["title"] and record["retraction"] is None and _RETRACTED.match(str(record["title"])):
        record["retraction"] = "retracted (title)"
    return {field: value for field, value in record.items() if value not in (None, [], {}, "")}


def joined(parts: Sequence[Any]) -> Any:
    """The parts of an abstract as one; a part that stands in another is left out. What is no text is for the door to refuse."""
    if len(parts) < 2 or not all(isinstance(part, str) for part in parts):
        return parts[0] if parts else None
    kept: list[str] = []
    for part in parts:
        if any(part in other for other in kept):
            continue
        kept = [other for other in kept if other not in part]
        kept.append(part)
    return " ".join(kept) or None


def structured(sections: Iterable[tuple[str | None, str]]) -> str:
    """An abstract of headed sections as running text: `BACKGROUND: ... METHODS: ...`."""
    texts = []
    for heading, text in sections:
        label = " ".join((heading or "").split()).rstrip(":. ")
        body = " ".join(text.split())
        if body:
            texts.append(f"{label}: {body}" if label and not body.lower().startswith(label.lower()) else body)
    return " ".join(texts)


def date_of(found: dict[str, list[Any]]) -> str | None:
    """The most exact date that does not speak against the year."""
    year = dates.iso(str(found["year"][0])) if "year" in found else None
    month, day = (str(found[part][0]) if part in found else "" for part in ("month", "day"))
    told = [dates.iso(str(date)) for date in found.get("date", ())]
    if year and month:
        told.append(dates.iso(f"{year[:4]}-{month}-{day}") if month.isdigit() and day.isdigit() else None)
        told.append(dates.iso(f"{year[:4]}-{month}") if month.isdigit() else dates.iso(f"{year[:4]} {month} {day}".strip()))
    told.append(year)
    known = [date for date in told if date] or [date for text in found.get("date2", ()) if (date := dates.iso(str(text)))]
    if not known:
        return None
    base = (year or known[0])[:4]
    return max((date for date in known if date[:4] == base), key=len)


def split_words(text: str) -> list[str]:
    """Keywords in one text: parted by semicolons and the like, else by commas."""
    parts = _WORDS.split(text)
    if len(parts) == 1:
        parts = text.split(",")
    return [part for part in (part.strip(" .*") for part in parts) if part]


def _addressed(address: Any) -> bool:
    return str(address).lower().startswith(("http://", "https://")) and "doi.org/" not in str(address).lower()


def _range(first: Any, last: Any) -> str | None:
    if first is None:
        return None
    return f"{first}-{last}" if last and last != first and "-" not in str(first) else str(first)


def _numbers(found: dict[str, list[Any]]) -> tuple[list[str], list[str]]:
    """ISBNs and ISSNs; of those that may be either, by their form."""
    isbn, issn = ([part for value in found.get(role, ()) for part in _each(value)] for role in ("isbn", "issn"))
    for value in found.get("isn", ()):
        for part in _each(value):
            (isbn if identifiers.isbn(part) else issn).append(part)
    return isbn, issn


def _each(value: Any) -> list[str]:
    return [part for part in re.split(r"[;,|\n]\s*|\s+(?=[\dX]{4,})|(?<=\))\s+", str(value)) if part.strip()]


def dotted(name: str) -> str:
    """`Quill, AB` as `Quill, A. B.`: bare initials behind a comma, as Web of Science writes them."""
    if not name[-1:].isupper():
        return name.strip()
    return re.sub(r"(?<=,)\s*([A-Z]{1,3})$", lambda found: " " + " ".join(f"{letter}." for letter in found[1]), name.strip())


def _put_people(record: dict[str, Any], found: dict[str, list[Any]]) -> None:
    """Authors, groups among them, and editors, in parts."""
    authors = found.get("author") or found.get("author2", [])
    if authors and str(authors[-1]).strip().lower().rstrip(".") in {"et al", "others", "and others"}:
        authors, record["authors_truncated"] = authors[:-1], True
    if "cut" in found:
        record["authors_truncated"] = True
    # A semicolon that ends no entity parts names, also in one line of a tag that holds one name by its rule.
    authors = [
        part
        for author in authors
        for part in (author.split(";") if isinstance(author, str) and ";" in author and "&" not in author else [author])
        if part
    ]
    people = [_name(author) for author in authors if isinstance(author, str | Name) and len(str(author)) < _LONG]
    if strange := [author for author in authors if not isinstance(author, str | Name)]:
        record["authors"] = [*map(str, people), *strange]  # for the door to refuse
    elif len(people) < len(authors) and not people:
        record["extra"]["authors"] = str(authors[0])[:4_000]
    if not strange:
        record.update(names.fields([*people, *(Name(literal=str(group)) for group in found.get("group", ()))]))
    if editors := found.get("editor") or found.get("editor2"):
        record["editors"] = [_name(editor) for editor in editors if len(str(editor)) < _LONG]


def _name(given: Any) -> Name:
    return given if isinstance(given, Name) else names.parse(str(given))
