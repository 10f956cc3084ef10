"""Dates as written by people and services, to ISO: `2023-04-07`, `2023-04` or `2023`."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

# How months begin in English, German, French, Spanish, Portuguese, Italian and Dutch.
_MONTHS = {
    begin: n
    for n, begins in enumerate(
        (
            "jan|ene|gen", "feb|fév|fev", "mar|mär|mrz|maa", "apr|avr|abr", "may|mai|mag|mei", "jun|juin|giu", "jul|juil|lug",
            "aug|aoû|aou|ago", "sep|set", "oct|okt|ott|out", "nov", "dec|dez|déc|dic",
        ),
        1,
    )
    for begin in begins.split("|")
}  # fmt: skip
_NAME = rf"\b(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})[^\W\d_]*\.?"
_YEAR = r"(?P<year>[12]\d{3})"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?(?!\d)",
        r"(?<!\d)(?P<year>1[5-9]\d\d|20\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?!\d)",
        r"^(?P<year>19\d\d|20\d\d)(?P<month>0[1-9]|1[0-2])$",
        rf"{_YEAR}\s*[年년]\s*(?:(?P<month>\d{{1,2}})\s*[月월]\s*(?:(?P<day>\d{{1,2}})\s*[日일])?)?",
        rf"(?<!\d)(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}(?!\d)",
        rf"(?<!\d)(?P<day>\d{{1,2}})\.?(?:st|nd|rd|th|er)?[\s-]+(?:de\s+|of\s+)?{_NAME},?[\s-]+(?:de\s+)?{_YEAR}(?!\d)",
        rf"{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}[\s,/-]+{_NAME}(?:[\s-]+(?P<day>\d{{1,2}})(?!\d))?",
        rf"{_NAME}(?:\s*[-/–]\s*[^\W\d_]+\.?)?,?[\s/-]+(?:de\s+)?{_YEAR}(?!\d)",  # noqa: RUF001 - a dash that is typed
        rf"(?<![\d/])(?P<month>0?[1-9]|1[0-2])/{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}(?!\d)",
    )
)
_EPOCH = re.compile(r"(\d{9,10})(\d{3})?(?:\.0+)?")


@lru_cache(maxsize=1 << 12)
def iso(text: str | None) -> str | None:
    """The first date in `text`, as exact as it is given; None where there is none. What is no month or day leaves the year.

    >>> iso("Apr 7, 2023"), iso("Mon, 2 Apr 2007 19:18:42 GMT"), iso("2020 Jan-Feb"), iso("2019/11//"), iso("in press")
    ('2023-04-07', '2007-04-02', '2020-01', '2019-11', None)
    >>> iso("2023/24"), iso("2019-21"), iso("20180412"), iso("Spring 2023"), iso("1680825600")
    ('2023', '2019', '2018-04-12', '2023', '2023-04-07')
    """
    text = (text or "").strip()
    if found := _EPOCH.fullmatch(text):
        return f"{dt.datetime.fromtimestamp(int(found[1]), dt.UTC):%Y-%m-%d}"
    for form in _FORMS:
        found = form.search(text)
        if not found:
            continue
        parts = found.groupdict()
        month = _MONTHS[parts["name"].lower()] if parts.get("name") else int(parts.get("month") or 0)
        year, day = int(parts["year"]), int(parts.get("day") or 0)
        if date := ymd(year, month or None, day or None) or ymd(year, month or None) or ymd(year):
            return date
    return None


def ymd(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """The ISO form of numbers; None where no such day exists."""
    try:
        date = dt.date(year, month or 1, day if month and day else 1)
    except ValueError:
        return None
    if not 1000 <= year <= 2999:
        return None
    return date.isoformat()[: 10 if month and day else 7 if month else 4]
