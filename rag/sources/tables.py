"""CSV and TSV with a header. Columns are known by the names that Zotero, Scopus, Web of Science and people use, or by a mapping."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from rag.sources import dates, identifiers
from rag.sources.entry import Entry
from rag.sources.names import people

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rag.sources.opening import Document

DELIMITERS = ",\t;|"
_COLUMNS = {
    "title": ("title", "paper title", "article title", "document title", "ti", "display_name"),
    "abstract": ("abstract", "abstract note", "abstracts", "abstract text", "summary", "description", "ab", "text"),
    "authors": ("author full names", "authors", "author", "author(s)", "author names", "creators", "af", "au"),
    "published": ("published", "publication date", "date", "cover date", "publication year", "year", "pub year", "py", "publication_date"),
    "categories": ("categories", "category", "subjects", "fields of study"),
    "doi": ("doi", "di"),
    "arxiv_id": ("arxiv_id", "arxiv id", "arxiv"),
    "url": ("url", "link", "links", "pdf url", "source url"),
    "paper_id": ("paper_id",),
    "title_origin": ("title_origin",),
    "authors_truncated": ("authors_truncated",),
    "has_code": ("has_code",),
    "listing_score": ("listing_score",),
    "abstract_origin": ("abstract_origin",),
}
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


def delimiter_of(header: str, mapping: Mapping[str, str] | None = None) -> str | None:
    """The character that parts `header` into columns of which one is the abstract's; None where it is no such header."""
    for delimiter in DELIMITERS:
        if delimiter in header:
            try:
                names = next(csv.reader([header], delimiter=delimiter), [])
            except csv.Error:
                continue
            if "abstract" in columns_of(names, mapping):
                return delimiter
    return None


def columns_of(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[str, int]:
    """Field to column number. `mapping` (field to column name) goes before the usual names; case and spaces don't matter."""
    names = [_folded(name) for name in header]
    found: dict[str, int] = {}
    for field, usual in _COLUMNS.items():
        wanted = [_folded(mapping[field])] if mapping and field in mapping else list(usual)
        column = next((names.index(name) for name in wanted if name in names), None)
        if column is not None:
            found[field] = column
    return found


def read_table(document: Document, mapping: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """A record a row. A quoted cell may run over lines; a row of another length than the header is a fault."""
    header_line = next((line for line in document.head.lstrip("\ufeff").split("\n") if line.strip()), "")
    delimiter = delimiter_of(header_line, mapping) or ","
    faults: list[Entry] = []
    rows = csv.reader(_feed(document, faults), delimiter=delimiter, strict=True)
    columns: dict[str, int] | None = None
    width, line = 0, 1
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            faults.append(Entry(line=line, fault=f"the row can't be read: {error}"))
            row = []
        yield from faults
        faults.clear()
        if row is None:
            return
        if any(cell.strip() for cell in row):
            if columns is None:
                columns, width = columns_of(row, mapping), len(row)
            elif len(row) != width:
                yield Entry(line=line, fault=f"the row has {len(row)} columns, the header {width}")
            else:
                yield Entry(line=line, record=_record({field: row[at].strip() for field, at in columns.items()}))
        line = rows.line_num + 1


def _feed(document: Document, faults: list[Entry]) -> Iterator[str]:
    """The lines for the parser; one that can't be read goes to `faults` and leaves a blank line, so that the count stays right."""
    for line in document.lines():
        if line.fault:
            faults.append(Entry(line=line.number, fault=line.fault))
        yield "\n" if line.fault else line.text + "\n"


def _record(cells: Mapping[str, str]) -> dict[str, Any]:
    """A record from the cells that were found; an empty one says nothing."""
    record: dict[str, Any] = {field: cell for field, cell in cells.items() if cell}
    if "authors" in record:
        # Scopus puts an identifier in brackets after each full name.
        record["authors"], record["authors_truncated"] = people(re.sub(r"\s*\(\d+\)", "", record["authors"]))
    if "published" in record:
        record["published"] = dates.iso(record["published"])
    if "categories" in record:
        record["categories"] = [part for part in re.split(r"\s*[;,]\s*|\s+(?=[a-z-]+\.[A-Z]{2}\b)", record["categories"]) if part]
    if "arxiv_id" in record:
        record["arxiv_id"] = identifiers.arxiv_id(record["arxiv_id"])
    for field in ("has_code", "authors_truncated"):
        if isinstance(record.get(field), str):
            record[field] = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}.get(record[field].lower())
    if cells.get("authors_truncated", "").lower() in _TRUE:
        record["authors_truncated"] = True
    return record


def _folded(name: str) -> str:
    """A column's name for comparison."""
    return " ".join(name.strip().strip("\ufeff").lower().split())
