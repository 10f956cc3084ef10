"""Dates as written by people and services, to ISO: `2023-04-07`, `2023-04` or `2023`."""

from __future__ import annotations

import datetime as dt
import re

_MONTHS = {m: n for n, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?(?!\d)",
        rf"(?<!\d)(?P<day>\d{{1,2}})\s+{_NAME},?\s+(?P<year>\d{{4}})",
        rf"{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})\s+{_NAME}(?:\s+(?P<day>\d{{1,2}})(?!\d))?",
        rf"{_NAME},?\s+(?P<year>\d{{4}})",
        r"(?<!\d)(?P<year>\d{4})(?!\d)",
    )
)


def iso(text: str | None) -> str | None:
    """The first date in `text`, as exact as it is given; None where there is none or no such day exists.

    >>> iso("Apr 7, 2023"), iso("Mon, 2 Apr 2007 19:18:42 GMT"), iso("2020 Jan-Feb"), iso("2019/11//"), iso("in press")
    ('2023-04-07', '2007-04-02', '2020-01', '2019-11', None)
    """
    for form in _FORMS:
        found = form.search(text or "")
        if not found:
            continue
        parts = found.groupdict()
        month = _MONTHS[parts["name"].lower()] if parts.get("name") else int(parts.get("month") or 0)
        return ymd(int(parts["year"]), month or None, int(parts.get("day") or 0) or None)
    return None


def ymd(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """The ISO form of numbers; None where no such day exists."""
    try:
        date = dt.date(year, month or 1, day if month and day else 1)
    except ValueError:
        return None
    if not 1000 <= year <= 2999:
        return None
    return f"{date:%Y-%m-%d}" if month and day else f"{date:%Y-%m}" if month else f"{date:%Y}"
