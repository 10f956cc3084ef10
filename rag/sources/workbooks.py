"""Workbooks (XLSX, XLS, XLSB, ODS) and Parquet files: what is no text, by libraries that read it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from rag.sources.columns import header_of, row_record, telling
from rag.sources.entry import Entry
from rag.sources.opening import UnreadableFileError
from rag.sources.records import record_from
from rag.sources.tables import fitted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rag.sources.opening import Document

_ABOVE = 30
_BATCH = 512


def read_sheets(document: Document, mapping: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """A record a row of every sheet that has the columns of papers; the others are named."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with document.binary() as stream:
            book = CalamineWorkbook.from_filelike(stream)
            sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError(f"the workbook can't be read: {error}", path=str(document.path)) from error
    seen = False
    for name, rows in sheets:
        texts = [[_text(cell) for cell in row] for row in rows]
        above = next((n for n, row in enumerate(texts[:_ABOVE]) if telling(header_of(row, mapping), mapping)), None)
        if above is None:
            if any(any(row) for row in texts):
                document.notes.append(f"the sheet {name!r} has no columns that are known, and is left out")
            continue
        seen = True
        header = header_of(texts[above], mapping)
        for number, cells in enumerate(texts[above + 1 :], start=above + 2):
            row = fitted(cells, header.width, -1)
            if row is not None and any(cell.strip() for cell in row):
                yield Entry(line=number, record=row_record(header, row))
    if not seen:
        raise UnreadableFileError(
            "the workbook has no column of titles or abstracts by a name that is known; name them: --column abstract=COLUMN",
            path=str(document.path),
        )


def _text(cell: Any) -> str:
    """A cell as text; a whole number without its `.0`, a date in ISO form."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime | dt.date):
        return cell.isoformat()[:10]
    return "" if cell is None else str(cell)


def read_parquet(document: Document, mapping: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """A record a row, as if it were a JSON object; read batch by batch."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UnreadableFileError(
            "Parquet files are read with pyarrow, which is not installed; run: pip install 'footnote[parquet]'", path=str(document.path)
        ) from error
    number = 0
    try:
        with document.binary() as stream, ParquetFile(stream) as table:
            for batch in table.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    named = {field: row.get(column) for field, column in (mapping or {}).items()}
                    yield Entry(line=number, record=record_from({**row, **named}))
    except (ArrowException, OSError) as error:
        yield Entry(line=number + 1, fault=f"the Parquet file is damaged: {str(error).splitlines()[0][:200]}")
