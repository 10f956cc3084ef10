"""A list of retractions: Retraction Watch's CSV, as https://gitlab.com/crossref/retraction-watch-data gives it, or one with its columns."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.schema import Notice
from rag.sources import dates, identifiers
from rag.sources.opening import open_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COLUMNS = {
    "doi": ("originalpaperdoi", "original paper doi", "doi"),
    "pmid": ("originalpaperpubmedid", "original paper pubmed id", "pmid"),
    "nature": ("retractionnature", "retraction nature", "nature"),
    "date": ("retractiondate", "retraction date", "date"),
    "notice": ("retractiondoi", "retraction doi"),
    "reason": ("reason", "reasons"),
}
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_SAID = {"retraction": "Retracted", "expression of concern": "Expression of concern", "partial retraction": "Partly retracted"}
_ORDER = ("expression of concern", "partial retraction", "retraction", "reinstatement")


def read_notices(path: Path) -> Iterator[Notice]:
    """A notice a paper: the weightiest since it was last reinstated. Corrections mark nothing. SourceError for another table."""
    document = open_document(path, path.name)
    rows = csv.reader(line.text + "\n" for line in document.lines() if not line.fault)
    header = [name.strip().strip("\ufeff").lower() for name in next(rows, [])]
    at = {field: next((header.index(name) for name in names if name in header), None) for field, names in _COLUMNS.items()}
    if at["doi"] is None and at["pmid"] is None:
        raise SourceError("no column OriginalPaperDOI or OriginalPaperPubMedID; is this Retraction Watch's CSV?", path=str(path), line=1)
    found: dict[tuple[str | None, str | None], list[tuple[str, int, Notice]]] = defaultdict(list)
    for row in rows:
        cell = {field: row[n].strip() if n is not None and n < len(row) else "" for field, n in at.items()}
        doi, pmid = identifiers.doi(cell["doi"]), cell["pmid"] if cell["pmid"].strip("0").isdigit() else None
        nature = cell["nature"].lower() or "retraction"
        if (doi or pmid) and nature in _ORDER:
            day = _day(cell["date"])
            found[doi, pmid].append((day or "", _ORDER.index(nature), Notice(doi=doi, pmid=pmid, text=_text(nature, day, cell))))
    for notices in found.values():
        held, weight = notices[0][2], -1
        for _, order, notice in sorted(notices, key=lambda entry: entry[:2]):
            if notice.text is None or order >= weight:
                held, weight = notice, -1 if notice.text is None else order
        yield held


def _text(nature: str, day: str | None, cell: dict[str, str]) -> str | None:
    """What, when, where and why, in a few words; None for a reinstatement."""
    if nature == "reinstatement":
        return None
    notice = identifiers.doi(cell["notice"])
    reasons = [r.strip().lstrip("+").strip() for r in cell["reason"].split(";") if r.strip(" +")]
    said = _SAID[nature] + (f" {day}" if day else "") + (f" (doi:{notice})" if notice else "")
    return (f"{said}: {'; '.join(reasons[:6])}" if reasons else said)[:480]


def _day(text: str) -> str | None:
    """The list's dates are American: `8/16/2023 0:00`."""
    found = _US_DATE.match(text)
    if found:
        try:
            return dt.date(int(found[3]), int(found[1]), int(found[2])).isoformat()
        except ValueError:
            return found[3]
    return dates.iso(text)
