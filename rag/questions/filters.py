"""Filters said in words: dates, categories, authors, code and sources, and the text without them.

A year or month counts only where the words make it a date of papers; an author only where the library has one of that name.
"""

# ruff: noqa: E501, RUF001 - patterns are read whole on one line, typographic marks are typed, lists of words read best as text

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING

from rag.questions.words import PAPERS as _PAPERS
from rag.schema import Filters
from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

_MONTH = {name.lower(): n for n, name in enumerate(calendar.month_name) if name} | {
    name.lower(): n for n, name in enumerate(calendar.month_abbr) if name
}
_MONTH |= {"sept": 9}
_MONTHS = "|".join(sorted(_MONTH, key=len, reverse=True))
_ISO_DATE = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?(?![\d-])"
_POINT = rf"(?:(?P<iso{{n}}>{_ISO_DATE})|(?:(?:(?P<day{{n}}>\d{{{{1,2}}}})(?:st|nd|rd|th)?\s+)?(?P<month{{n}}>{_MONTHS})\.?,?\s+(?:(?P<day2{{n}}>\d{{{{1,2}}}})(?:st|nd|rd|th)?,?\s+)?(?:of\s+)?)?(?P<year{{n}}>(?:19|20)\d\d)(?!-\d\d(?!\d)))"


def _point(n: int) -> str:
    return _POINT.format(n=n)


_POSTED = r"(?:dates?|post(?:ed)?(?!-)|publish(?:ed)?|released?|submit(?:ted)?|upload(?:ed)?|appear(?:ed|s|ing)?|dated|listed|(?:put|went|go|goes) (?:out|online|up)|announced|came out|come out|written|out)"
_BETWEEN = re.compile(rf"\b(?:between|from)\s+{_point(1)}\s+(?:and|to|until|till|through|-|–)\s+{_point(2)}\b", re.IGNORECASE)
_BETWEEN_MONTHS = re.compile(
    rf"\b(?:between|from)\s+(?P<a>{_MONTHS})\s+(?:and|to|until|till|through|-|–)\s+(?P<b>{_MONTHS})\.?,?\s+(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(rf"\b(?:since|starting(?: in| from)?|from)\s+{_point(1)}(?:\s+onwards?|\s+on(?=\s*(?:[,;.?!]|$)))?\b", re.IGNORECASE)
_AFTER = re.compile(rf"\b(?:after|later than|newer than)\s+{_point(1)}\b", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?:before|earlier than|prior to|older than)\s+{_point(1)}\b", re.IGNORECASE)
_UNTIL = re.compile(rf"\b(?:until|till|up to|through|by the end of|no later than)\s+{_point(1)}\b", re.IGNORECASE)
_IN = re.compile(rf"\b(?:in|on|during|of|from|for|dated)\s+{_point(1)}\b", re.IGNORECASE)
_YEAR_PAPERS = re.compile(rf"\b(?P<year>(?:19|20)\d\d)\s+{_PAPERS}\b", re.IGNORECASE)
_MONTH_PAPERS = re.compile(rf"\b(?P<month>{_MONTHS})\.?\s+(?P<year>(?:19|20)\d\d)\s+{_PAPERS}\b", re.IGNORECASE)
_ABOUT_PAPERS = re.compile(rf"\b{_PAPERS}\b|\bwho\b|\bwhat did\b|\bhow many\b|\banything\b|\bcollection\b|\blibrary\b", re.IGNORECASE)

_CATEGORY = re.compile(
    r"\b(?P<category>(?:cs|stat|math|eess|econ|q-bio|q-fin|astro-ph|cond-mat|physics|nlin|hep-(?:th|ph|ex|lat)|quant-ph|gr-qc)\.[A-Z]{2,4})\b",
    re.IGNORECASE,
)
_CATEGORY_NAMES = {
    "computation and language": "cs.CL",
    "computer vision and pattern recognition": "cs.CV",
    "machine learning category": "cs.LG",
    "artificial intelligence category": "cs.AI",
    "computer vision category": "cs.CV",
    "nlp category": "cs.CL",
}
_CODE = re.compile(
    r"\b(?:with|has|have|having|includ(?:e|es|ing)|provid(?:e|es|ing)|com(?:e|es|ing) with|releas(?:e|es|ed|ing)|shar(?:e|es|ed|ing)|offer(?:s|ing)?)\s+"
    r"(?:(?:its|their|the|a|an|any|public|publicly|open|open-source|available|released|linked|source|some)\s+)*code\b"
    r"(?!\s*(?:generation|completion|search|review|data|snippets|models?|intelligence|understanding|pre-?train))"
    r"|\bcode (?:is |was )?(?:available|released|flag|link|public)\b|\bcode-?available\b",
    re.IGNORECASE,
)
_NO_CODE = re.compile(
    r"\b(?:without|no|lack(?:s|ing)?)\s+(?:any\s+|public\s+|released\s+|available\s+)*code\b(?! generation)", re.IGNORECASE
)
_NAME = r"[A-Z][\w'’.-]+(?:\s+(?:(?:van|von|de|der|den|di|da|la|le|del|bin|al)\s+)*[A-Z][\w'’.-]*){0,3}"
_AUTHOR = (
    re.compile(rf"\b(?:by|authored by|written by|co-?authored by|from the author|author(?:s)?(?: is| named| called)?)\s+(?P<name>{_NAME})"),
    re.compile(
        rf"\b(?:did|does|has|have|had)\s+(?P<name>{_NAME})\s+(?:et al\.?\s+)?(?:publish|write|wrote|author|co-?author|work|propose|post|contribute|put)"
    ),
    re.compile(rf"\b(?P<name>{_NAME})(?:'s|’s|s')\s+(?:\w+\s+){{0,3}}{_PAPERS}\b"),
    re.compile(rf"\b{_PAPERS}\s+(?:of|from)\s+(?P<name>{_NAME})"),
    re.compile(rf"\b(?:is|are|was|were)\s+(?P<name>{_NAME})\s+(?:an?\s+)?(?:co-?)?authors?\b"),
    re.compile(rf"\b(?P<name>{_NAME})\s+(?:is|was|appears?)\s+(?:listed\s+)?(?:as\s+)?(?:an?\s+|the\s+)?(?:first\s+|co-?)?author\b"),
    re.compile(rf"^(?P<name>{_NAME})\s+{_PAPERS}\b"),
    re.compile(
        rf"\b(?:has|have|had|does|did)\s+(?P<name>{_NAME})\s+(?:has?\s+)?(?:\w+\s+){{0,1}}(?:co-?)?(?:wr[io]t\w*|author\w*|publish\w*|sign\w*)"
    ),
    re.compile(
        rf"\b(?P<name>{_NAME})\s+(?:(?:has|had)\s+(?:a\s+hand|a\s+part|been\s+involved)|co-?wrote|co-?authored|wrote|took\s+part|contributed|worked\s+on|among\s+(?:the|its|their)\s+(?:co-?)?authors)"
    ),
    re.compile(
        rf"\b(?:list|lists|listing|name|names|naming|with|involving|include|includes|including|credit|credits)\s+(?P<name>{_NAME})\s+(?:as\s+|among\s+|on\s+|in\s+)"
    ),
    re.compile(rf"\b(?:with|involving|featuring)\s+(?P<name>{_NAME})\s*(?:\?|\.|$)"),
)
_SOURCE = re.compile(r"\b(?:from|in) (?:the )?(?:source|document|file)\s+[\"'“]?(?P<source>[\w.-]+)[\"'”]?", re.IGNORECASE)


def merge_filters(said: Filters, given: Filters | None) -> Filters:
    """The said filters with every given condition on top."""
    if given is None:
        return said
    if any(getattr(given, f) is not None for f in ("year_from", "year_to", "date_from", "date_to")):
        said = dataclasses.replace(said, date_from=None, date_to=None, year_from=None, year_to=None)
    chosen = {f.name: getattr(given, f.name) for f in dataclasses.fields(given) if getattr(given, f.name) is not None}
    return dataclasses.replace(said, **chosen)


def said_filters(text: str, *, knows_author: Callable[[str], bool], knows_source: Callable[[str], bool]) -> tuple[Filters, str, list[str]]:
    """The filters that the words state, the text without them, and the phrases that stated them.

    A year or month counts only beside a word that makes it a date of papers ("posted in", "2023 papers"): "WMT 2022" and "ImageNet
    2012" are names.
    """
    found: dict[str, object] = {}
    phrases: list[str] = []
    rest = text

    def take(match: re.Match[str]) -> None:
        nonlocal rest
        phrases.append(match.group().strip())
        rest = rest.replace(match.group(), " ", 1)

    about_papers = _ABOUT_PAPERS.search(text) is not None
    match = _CATEGORY.search(rest)
    if match:
        head, _, tail = match["category"].partition(".")
        found["category"] = (
            f"{head.lower()}.{tail.upper()}"
            if head.lower() in {"cs", "stat", "math", "eess", "econ", "q-bio", "q-fin"}
            else match["category"]
        )
        wider = re.search(
            rf"(?:\b(?:in|from|under|of|within|the)\s+)*(?:the\s+)?(?:arxiv\s+)?(?:category\s+)?{re.escape(match['category'])}(?:\s+(?:category|listing|section))?",
            rest,
            re.IGNORECASE,
        )
        take(wider or match)
    else:
        for name, category in _CATEGORY_NAMES.items():
            named = re.search(rf"\b(?:in|under|from)\s+(?:the\s+)?{name}\b", rest, re.IGNORECASE)
            if named and about_papers:
                found["category"] = category
                take(named)
                break
    if about_papers:
        for pattern, value in ((_NO_CODE, False), (_CODE, True)):
            match = pattern.search(rest)
            if match:
                found["has_code"] = value
                take(match)
                break
    candidates = (_author_known(m["name"], knows_author) for pattern in _AUTHOR for m in pattern.finditer(rest))
    author = next((name for name in candidates if name), None)
    if author is not None:
        found["author"] = author
        phrases.append(author)
        said = rf"(?:\b(?:authored|written|co-?authored)\s+)?(?:\bby\s+)?{re.escape(author)}(?:'s|’s)?"
        rest = re.sub(said, " ", rest, count=1)
    match = _SOURCE.search(rest)
    if match and knows_source(match["source"]):
        found["source"] = match["source"]
        take(match)
    dated = _dates(rest, about_papers=about_papers)
    if dated:
        conditions, span = dated
        found |= conditions
        take(span)
    return Filters(**found), rest, phrases  # type: ignore[arg-type]


def _author_known(name: str, knows: Callable[[str], bool]) -> str | None:
    """The longest leading part of `name` (at least a family name of three letters) that the library knows."""
    parts = name.rstrip(".'’").split()
    for n in range(len(parts), 0, -1):
        candidate = " ".join(parts[:n])
        if (n > 1 or len(candidate) > 3) and candidate.lower() not in STOP_WORDS and knows(candidate):
            return candidate
    return None


def _dates(text: str, *, about_papers: bool) -> tuple[dict[str, object], re.Match[str]] | None:
    """The date conditions of the text and the match that states them."""
    posted = re.search(rf"\b{_POSTED}\b", text, re.IGNORECASE) is not None
    if not (posted or about_papers):
        return None
    match = _BETWEEN_MONTHS.search(text)
    if match:
        year = int(match["year"])
        a, b = _MONTH[match["a"].lower()], _MONTH[match["b"].lower()]
        return {"date_from": _first(year, a, None), "date_to": _last(year, b, None)}, match
    match = _BETWEEN.search(text)
    if match:
        return {"date_from": _first(*_parts(match, 1)), "date_to": _last(*_parts(match, 2))}, match
    match = _AFTER.search(text)
    if match:
        return {"date_from": _following(_last(*_parts(match, 1)))}, match
    match = _BEFORE.search(text)
    if match:
        return {"date_to": _preceding(_first(*_parts(match, 1)))}, match
    match = _SINCE.search(text)
    if match and (not match.group().lower().startswith("from") or re.search(r"on(?:wards?)?$", match.group(), re.IGNORECASE)):
        return {"date_from": _first(*_parts(match, 1))}, match
    match = _UNTIL.search(text)
    if match:
        return {"date_to": _last(*_parts(match, 1))}, match
    match = _MONTH_PAPERS.search(text)
    if match:
        year, month = int(match["year"]), _MONTH[match["month"].lower()]
        return {"date_from": _first(year, month, None), "date_to": _last(year, month, None)}, match
    match = _YEAR_PAPERS.search(text)
    if match and not re.search(r"\b(?:19|20)\d\d\s+(?:shared|challenge)", text):
        return {"date_from": f"{match['year']}-01-01", "date_to": f"{match['year']}-12-31"}, match
    match = _IN.search(text)
    if match and (posted or _near_papers(text, match)):
        return {"date_from": _first(*_parts(match, 1)), "date_to": _last(*_parts(match, 1))}, match
    return None


def _near_papers(text: str, match: re.Match[str]) -> bool:
    """A date without a verb of posting counts with a month named, or right behind "papers"."""
    if match["month1"] or match["iso1"]:
        return True
    return (
        re.search(
            rf"(?:{_PAPERS}|anything|something|everything|ones|stuff|entries|have)\s*$", text[: match.start()].rstrip(), re.IGNORECASE
        )
        is not None
    )


def _parts(match: re.Match[str], n: int) -> tuple[int, int | None, int | None]:
    if match[f"iso{n}"]:
        year, month_of_year, *days = (int(x) for x in match[f"iso{n}"].split("-"))
        return year, month_of_year, days[0] if days else None
    month = match[f"month{n}"]
    day = match[f"day{n}"] or match[f"day2{n}"]
    return int(match[f"year{n}"]), _MONTH[month.lower()] if month else None, int(day) if day else None


def _first(year: int, month: int | None, day: int | None) -> str:
    return f"{year}-{month or 1:02d}-{min(day or 1, calendar.monthrange(year, month or 1)[1]):02d}"


def _last(year: int, month: int | None, day: int | None) -> str:
    month = month or 12
    end = calendar.monthrange(year, month)[1]
    return f"{year}-{month:02d}-{min(day or end, end):02d}"


def _following(iso: str) -> str:

    return (dt.date.fromisoformat(iso) + dt.timedelta(days=1)).isoformat()


def _preceding(iso: str) -> str:

    return (dt.date.fromisoformat(iso) - dt.timedelta(days=1)).isoformat()
