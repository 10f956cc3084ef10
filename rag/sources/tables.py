"""CSV and TSV with a header, wherever it stands, and rows as tools and people really write them.

Rows are cut here: a row of `csv`'s strict rules is read by these, and any other by where its quotation marks can end, so that an
unbalanced one costs no more than its row.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from rag.sources import kinds
from rag.sources.columns import Header, header_of, row_record, telling
from rag.sources.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rag.sources.opening import Document

DELIMITERS = ",\t;|"
_SEP = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)
# So many lines may stand above the header, and so many may a cell run over.
_ABOVE, _MAX_CELL_LINES = 30, 500
_TRIED = 8  # places where the row below an open mark may begin
_AGAIN, _FREE_CHARS = 8, 1 << 16
"""How often all that was read may be looked at again for cells that run over lines; beyond it, a row ends with its line."""


def find_header(lines: Sequence[str], mapping: Mapping[str, str] | None = None) -> tuple[int, str, Header] | None:
    """The number of the header among the first lines, the character that parts the columns, and the header; None in no table."""
    given = next((found[1] for line in lines[:1] if (found := _SEP.fullmatch(line))), "")
    for number, line in enumerate(lines[:_ABOVE]):
        best: tuple[int, str, Header] | None = None
        for delimiter in given or DELIMITERS:
            if delimiter not in line or len(line) > 20_000:
                continue
            cells = _strict(line.lstrip("\ufeff"), delimiter) or line.split(delimiter)
            header = header_of(cells, mapping)
            if telling(header, mapping) and (best is None or len(header.roles) > len(best[2].roles)):
                best = (number, delimiter, header)
        if best:
            return best
    return None


def read_table(document: Document, mapping: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """A record a row. A quoted cell may run over lines; a row with more filled cells than the header has columns is a fault."""
    lines = document.head.split("\n")
    found = find_header(lines, mapping)
    if found is None:
        return
    above, delimiter, header = found
    short = count = 0
    for number, cells in _rows(document, above + 1, delimiter, header.width):
        if isinstance(cells, str):
            yield Entry(line=number, fault=cells)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        row = fitted(cells, header.width, count) or aligned(cells, header)
        if row is None:
            yield Entry(line=number, fault=f"the row has {len(cells)} columns, the header {header.width}")
            continue
        short += len(cells) < header.width / 2
        yield Entry(line=number, record=row_record(header, row))
    if short:
        document.notes.append(f"{short} rows have far fewer columns than the header; what they lack is taken for empty")


def fitted(cells: list[str], width: int, count: int) -> list[str] | None:
    """The `count`-th row in the width of the header: empty cells come and go; None where filled ones are too many."""
    if len(cells) == width + 1 and cells[0].strip() == str(count):  # R writes the numbers of rows without a header
        return cells[1:]
    if len(cells) > width:
        return None if any(cell.strip() for cell in cells[width:]) else cells[:width]
    return cells + [""] * (width - len(cells))


def aligned(cells: list[str], header: Header) -> list[str] | None:
    """A row with a cell or two too many (Scopus has written such files), cut where the columns then hold what they are called.

    None where nothing tells, for shifted cells would be false papers.
    """
    more = len(cells) - header.width
    if not 0 < more <= 2:
        return None
    rows = [cells[:at] + cells[at + more :] for at in range(header.width, -1, -1)]
    best = max(rows, key=lambda row: _fitting(header, row))
    return best if _fitting(header, best) >= _ENOUGH else None


_ENOUGH = 4
_FITS = {
    "year": r"(?:1[89]|20)\d\d", "doi": r"(?i)(?:https?://\S+/|doi:\s*)?10\.\d{4,9}/\S+",
    "issn": r"\d{4}-?\d{3}[\dXx](?:[;,] ?\d{4}-?\d{3}[\dXx])*",
    "isbn": r"(?:97[89][\d -]{10,14}|[\dXx-]{10,13})(?:[;,].*)?", "pmid": r"\d{5,9}", "url": r"https?://\S+", "volume": r"\w{1,8}",
    "language": r"[A-Z][a-z]+(?:; [A-Z][a-z]+)*|[a-z]{2,3}", "abstract": r"(?s).*\w+ \w+ \w+ \w+.{40,}", "first_page": r"[A-Za-z]?\d+",
    "last_page": r"[A-Za-z]?\d+",
}  # fmt: skip


def _fitting(header: Header, row: list[str]) -> int:
    """How many filled cells look like what their column is called, less those that don't."""
    fits = 0
    for role, form in _FITS.items():
        for at in header.roles.get(role, ()):
            cell = row[at].strip()
            fits += (1 if re.fullmatch(form, cell) else -1) if cell else 0
    kinds_at = header.roles.get("type", ())
    return fits + sum(1 if kinds.csl(row[at].strip()) else -1 for at in kinds_at if row[at].strip())


def _rows(document: Document, skip: int, delimiter: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """The rows below the header with the number of their first line; in the place of a row that can't be read, the reason."""
    first, held = 0, list[str]()
    read = again = 0
    for line in document.lines():
        if line.number <= skip:
            continue
        read += len(line.text)
        if line.fault:
            yield from _recovered(first, held, delimiter, width)
            held = []
            yield line.number, line.fault
            continue
        if not held and '"' not in line.text:
            yield line.number, line.text.split(delimiter)
            continue
        if held and _whole_row(line.text, delimiter, width):
            # The row above never closed its mark.
            yield from _recovered(first, held, delimiter, width)
            held = []
        if not held:
            first = line.number
        held.append(line.text)
        text = "\n".join(held)
        again += len(text)
        row = _cut(text, delimiter, width)
        above = _swallowed(held, delimiter, width) if len(held) > 1 and '"' in line.text and _strict(text, delimiter) is None else 0
        if row is not None or above:
            yield from _recovered(first, held[:above], delimiter, width)
            last = _strict("\n".join(held[above:]), delimiter) if above < len(held) else None
            if row := last if above else row:
                yield first + above, row
            held = []
        elif len(held) > _MAX_CELL_LINES or again > _AGAIN * (read + _FREE_CHARS):
            yield from _recovered(first, held, delimiter, width)
            held = []
    yield from _recovered(first, held, delimiter, width)


def _whole_row(text: str, delimiter: str, width: int) -> bool:
    """Whether a text is a row by itself, a quoted cell and all, so that it can't be the middle of a cell: there, marks would be doubled."""
    if width < 2 or text.count('"') % 2 or not _opens(text, delimiter):
        return False
    row = _strict(text, delimiter)
    return row is not None and len(row) == width


def _opens(text: str, delimiter: str) -> bool:
    """Whether a cell of the text begins with a mark that is not doubled."""
    return re.search(rf'(?:^|\n|{re.escape(delimiter)})"(?!")', text) is not None


def _swallowed(held: Sequence[str], delimiter: str, width: int) -> int:
    """How many of the lines that look like one row, though not by the strict rules, are rows of their own above the last one.

    The last row begins where an open mark stands in a line below the first, and is one by the strict rules from there on; or no line is
    part of a longer row, since each has the header's columns by itself.
    """
    begins = [at for at in range(1, len(held)) if held[at].count('"') % 2 and _opens(held[at], delimiter)]
    if at := next((at for at in begins[-_TRIED:] if _whole_row("\n".join(held[at:]), delimiter, width)), 0):
        return at
    each = (_lenient(text, delimiter, loose=True, literal=True) or () for text in held)
    return len(held) if all(len(row) == width for row in each) else 0


def _recovered(first: int, held: Sequence[str], delimiter: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """The rows of lines that an open mark has swallowed: each a row again, and a fault where the mark stands."""
    for number, text in enumerate(held, start=first):
        row = _cut(text, delimiter, width)
        if row is None and text.count('"') % 2 == 0:  # marks in pairs that quote a part of a cell
            row = _lenient(text, delimiter, loose=True, literal=True)
        yield number, row if row and len(row) == width else "a quotation mark is not closed, and the row can't be told from those below it"


def _cut(text: str, delimiter: str, width: int) -> list[str] | None:
    """The cells of a row; None where it goes on."""
    even = text.count('"') % 2 == 0
    if even and (row := _strict(text, delimiter)) is not None and (len(row) == width or delimiter != "\t"):
        return row
    if delimiter == "\t" and text.count(delimiter) >= width - 1 and "\n" not in text and not _quoted(text):
        return text.split(delimiter)  # Web of Science writes tabs and doesn't quote
    for loose in (False, True) if even else (False,):
        row = _lenient(text, delimiter, loose=loose)
        if row is not None and len(row) == width:
            return row
    return _lenient(text, delimiter, loose=False) if even else None


def _quoted(text: str) -> bool:
    """Whether a cell of a row with tabs is quoted as a whole and holds a tab, or goes on below."""
    return any(cell.startswith('"') and cell.count('"') % 2 for cell in text.split("\t"))


def _strict(text: str, delimiter: str) -> list[str] | None:
    """The row by the strict rules, in which a mark within a cell is doubled; None where it breaks them."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _lenient(text: str, delimiter: str, *, loose: bool, literal: bool = False) -> list[str] | None:
    """The row where a mark ends a cell only before a delimiter or at the end; None where the last cell has no end.

    Doubled marks stand for one and end nothing, unless `loose`; a mark that nothing closes is a sign of the text where `literal`.
    """
    cells: list[str] = []
    at = 0
    while True:
        cell, after = _marked(text, at, delimiter, loose=loose) if text.startswith('"', at) else (None, at)
        if cell is None:
            if after < 0 and not literal:
                return None
            end = text.find(delimiter, at)
            cell, after = (text[at:], -1) if end < 0 else (text[at:end], end)
        cells.append(cell)
        if after < 0:
            return cells
        at = after + len(delimiter)


_MARKS = re.compile('"+')


def _marked(text: str, at: int, delimiter: str, *, loose: bool) -> tuple[str | None, int]:
    """The cell that begins with the mark at `at`, and where the delimiter after it stands (-1: nothing follows); None: no end."""
    for marks in _MARKS.finditer(text, at + 1):
        rest = text[marks.end() :].lstrip(" ")
        ends = not rest or rest.startswith(delimiter)
        if ends and (loose or len(marks[0]) % 2 == 1):
            after = -1 if not rest else len(text) - len(rest)
            return text[at + 1 : marks.end() - 1].replace('""', '"'), after
    return None, -1
