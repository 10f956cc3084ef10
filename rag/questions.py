"""What is asked: a typed question becomes a Question with its kind, the filters it says in words, and a standalone form.

Everything here works without a model: patterns over the words of the question, checked against what the library holds (an author's
name counts only where a stored paper has it). Deliberately absent: retrieval, and any judgement on whether an answer exists.
"""

# ruff: noqa: E501, RUF001, SIM905 - patterns are read whole on one line, typographic marks are typed, lists of words read best as text

from __future__ import annotations

import calendar
import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rag.schema import Filters
from rag.text import STOP_WORDS, stem, stems, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Superlative = Literal["newest", "oldest", "top"]
Kind = Literal["figure", "comparison", "list", "count", "field", "summary", "method", "yesno", "chat", "general"]

FIELDS = {"published": "date", "authors": "authors", "categories": "category", "has_code": "code", "url": "link", "title": "title"}

_PAPERS = r"(?:papers?|articles?|works?|stud(?:y|ies)|abstracts?|preprints?|publications?|research)"
_MONTH = {name.lower(): n for n, name in enumerate(calendar.month_name) if name} | {
    name.lower(): n for n, name in enumerate(calendar.month_abbr) if name
}
_MONTH |= {"sept": 9}
_MONTHS = "|".join(sorted(_MONTH, key=len, reverse=True))
_ISO_DATE = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?(?![\d-])"
_POINT = rf"(?:(?P<iso{{n}}>{_ISO_DATE})|(?:(?:(?P<day{{n}}>\d{{{{1,2}}}})(?:st|nd|rd|th)?\s+)?(?P<month{{n}}>{_MONTHS})\.?,?\s+(?:(?P<day2{{n}}>\d{{{{1,2}}}})(?:st|nd|rd|th)?,?\s+)?(?:of\s+)?)?(?P<year{{n}}>(?:19|20)\d\d)(?!-\d\d(?!\d)))"


def _point(n: int) -> str:
    return _POINT.format(n=n)


_POSTED = r"(?:dates?|post(?:ed)?(?!-)|publish(?:ed)?|released?|submit(?:ted)?|upload(?:ed)?|appear(?:ed|s|ing)?|dated|listed|put (?:out|online)|announced|came out|come out|written|out)"
_BETWEEN = re.compile(rf"\b(?:between|from)\s+{_point(1)}\s+(?:and|to|until|till|through|-|–)\s+{_point(2)}\b", re.IGNORECASE)
_BETWEEN_MONTHS = re.compile(
    rf"\b(?:between|from)\s+(?P<a>{_MONTHS})\s+(?:and|to|until|till|through|-|–)\s+(?P<b>{_MONTHS})\.?,?\s+(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(rf"\b(?:since|starting(?: in| from)?|from)\s+{_point(1)}(?:\s+on(?:wards?)?)?\b", re.IGNORECASE)
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
)
_SOURCE = re.compile(r"\b(?:from|in) (?:the )?(?:source|document|file)\s+[\"'“]?(?P<source>[\w.-]+)[\"'”]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as understood. `topic` is the standalone text without the words that only state filters; it is what is searched."""

    text: str
    standalone: str
    topic: str
    kind: Kind
    filters: Filters = field(default_factory=Filters)
    said: tuple[str, ...] = ()
    asked_field: str | None = None
    follow_up: bool = False
    carried: tuple[str, ...] = ()
    superlative: Superlative | None = None
    corrected: tuple[tuple[str, str], ...] = ()

    @property
    def by_fields(self) -> bool:
        """Nothing but filters is asked ("which papers were posted in May 2023?")."""
        return bool(self.filters) and not self.follow_up and is_hollow(self.topic)


def understand(
    text: str,
    *,
    history: Sequence[str] = (),
    filters: Filters | None = None,
    knows_author: Callable[[str], bool] = lambda _name: False,
) -> Question:
    """Read a question. Given `filters` win over said ones, field by field; `history` holds earlier questions, oldest first.

    `knows_author` tells whether any stored paper has this author; names that it denies stay words of the topic.
    """
    text = re.sub(r"\s+", " ", text).strip()
    said, topic, phrases = said_filters(text, knows_author=knows_author)
    merged = merge_filters(said, filters)
    follow_up = bool(history) and is_follow_up(text)
    standalone = text
    if follow_up:
        standalone = condense(text, history)
        topic = condense(topic, history)
    asked = asked_field(text)
    kind = kind_of(text, asked=asked, said=bool(said))
    return Question(
        text=text,
        standalone=standalone,
        topic=_tidy(topic) or ("" if merged and not follow_up else standalone),
        kind=kind,
        filters=merged,
        said=tuple(phrases),
        asked_field=asked,
        follow_up=follow_up,
        superlative=superlative(text),
    )


def merge_filters(said: Filters, given: Filters | None) -> Filters:
    """The said filters with every given condition on top."""
    if given is None:
        return said
    if any(getattr(given, f) is not None for f in ("year_from", "year_to", "date_from", "date_to")):
        said = dataclasses.replace(said, date_from=None, date_to=None, year_from=None, year_to=None)
    chosen = {f.name: getattr(given, f.name) for f in dataclasses.fields(given) if getattr(given, f.name) is not None}
    return dataclasses.replace(said, **chosen)


# --- filters said in words -------------------------------------------------------------------------------------------------------


def said_filters(text: str, *, knows_author: Callable[[str], bool]) -> tuple[Filters, str, list[str]]:
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
    for pattern in _AUTHOR:
        match = next((m for m in pattern.finditer(rest) if _author_known(m["name"], knows_author)), None)
        if match:
            name = _author_known(match["name"], knows_author)
            found["author"] = name
            phrases.append(name or "")
            rest = re.sub(rf"(?:\b(?:authored|written|co-?authored)\s+)?(?:\bby\s+)?{re.escape(name or '')}(?:'s|’s)?", " ", rest, count=1)
            break
    match = _SOURCE.search(rest)
    if match:
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
    import datetime as dt

    return (dt.date.fromisoformat(iso) + dt.timedelta(days=1)).isoformat()


def _preceding(iso: str) -> str:
    import datetime as dt

    return (dt.date.fromisoformat(iso) - dt.timedelta(days=1)).isoformat()


# --- kinds -----------------------------------------------------------------------------------------------------------------------

_GREETING = re.compile(
    r"^(?:hi|hello|hey|thanks?(?: you)?|thank you|good (?:morning|evening|afternoon)|bye|goodbye|how are you|what'?s up|who are you|"
    r"what(?: can you do|'s your name| is your name)|help|ok(?:ay)?|cool|nice|great)\b[\s!.,?]*(?:there|today|doing|so much|footnote|please|me)?[\s!.,?]*$",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"^(?:please\s+|can you\s+|could you\s+)*(?:write|compose|draft|translate|sing|tell me a (?:joke|story)|draw|generate|code|implement|play|"
    r"book|order|remind|ignore|forget|pretend|act as|roleplay|repeat|print|reveal|delete|send|buy|calculate|compute|solve|convert)\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    rf"\b(?:which|what|list|show|find|name|give|any|all|are there(?: any)?|enumerate|recommend)\b(?:\s+\S+){{0,6}}?\s+{_PAPERS.replace('papers?', 'papers').replace('stud(?:y|ies)', 'studies')}\b"
    rf"|^(?:papers|works|studies|articles|research|literature)\s+(?:on|about|that|which|using|with|by|from|in)\b"
    rf"|\b(?:which|what)\s+(?:methods|systems|models|approaches|datasets|benchmarks|surveys|frameworks|techniques|benchmarks|tools)\b.*\b(?:in the collection|in this (?:collection|library)|are (?:there|covered|described)|exist)\b"
    rf"|^(?:[\w'&/,-]+\s+){{1,8}}(?:papers|articles|studies)(?:\s+(?:in|from)\s+(?:this|the|our)\s+(?:library|collection|corpus))?\s*[?.]?$"
    rf"|\bwho (?:has |have )?(?:works?|worked) on\b|\bhas (?:anyone|anybody|someone|somebody)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b(?:how many|number of|count(?: of)?)\s+(?:\S+\s+){0,5}?(?:papers|articles|abstracts|publications|preprints|entries)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|overview|what is known|what do we know|tell me about|state of the art (?:in|on|of)|survey of what)\b",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"\b(?:compar(?:e|ed|es|ison|ing)|versus|vs\.?|differ(?:s|ence|ent)?|better|worse|outperform\w*|beats?|superior|inferior|faster|slower|"
    r"stronger|weaker|which (?:one|of)|more \w+ than|less \w+ than|\w+er than|advantage|trade-?off|surpass\w*|exceed\w*|gap between|relative to)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\b(?:how (?:many|much|large|big|long|fast|often|high|low|accurate|far|well|small|wide|deep|strong)|what (?:percent\w*|fraction|share|accuracy|score|number|rate|size|speed-?up|"
    r"improvement|gain|f1|bleu|map|auc|ratio|proportion|reduction|margin|increase|decrease|factor|figure|level)|percent\w*|accuracy|scores?|by what|number of|bleu|f1|speed-?up|"
    r"(?:size|amount|count) of|to what extent)\b",
    re.IGNORECASE,
)
_METHOD = re.compile(
    r"\b(?:how (?:does|do|did|is|are|was|were|can)|what (?:method|technique|approach|mechanism|architecture|strategy|algorithm|idea|trick|loss|objective)|"
    r"which (?:method|technique|approach|mechanism|architecture|strategy|algorithm)|in what way|by what means|explain|describe|work(?:s)?\?|steps|stages|components|modules)\b",
    re.IGNORECASE,
)
_YESNO = re.compile(r"^(?:is|are|was|were|does|do|did|can|could|has|have|had|will|would|should)\b", re.IGNORECASE)
_FIELD = (
    (
        "published",
        re.compile(
            r"\b(?:when (?:was|were|did|is)\b.*\b(?:posted|published|released|submitted|uploaded|appear|come out|listed|put online|written|out)|(?:publication|posting|release|submission|listing) date|what (?:date|year|month|day)\b.*\b(?:posted|published|released|paper|appear|out)|date of (?:the )?(?:paper|publication|posting)|which (?:year|month|day)\b.*\b(?:posted|published|released|appear))",
            re.IGNORECASE,
        ),
    ),
    (
        "authors",
        re.compile(
            r"\b(?:who (?:wrote|authored|are the authors?|is the (?:first |lead |last )?author|were the authors?|published|proposed|developed|created|introduced|made|came up with|is behind|co-?authored)|(?:authors?|author list|first author|lead author|authorship|names? of the authors?) of|by whom|whose (?:paper|work)|authors\?)",
            re.IGNORECASE,
        ),
    ),
    (
        "categories",
        re.compile(
            r"\b(?:(?:which|what) (?:arxiv )?(?:category|categories|subject class|arxiv class|section)|(?:arxiv )?category (?:of|for|is|was|does)|in (?:which|what) (?:arxiv )?category)",
            re.IGNORECASE,
        ),
    ),
    (
        "has_code",
        re.compile(
            r"\b(?:(?:is|are|was) (?:the |there |any |its |their )*(?:source )?code (?:\w+ )*(?:available|released|public|open|provided|shared|online)|(?:does|do|did|has|have)\b.{3,80}\b(?:have|provide|release|released|share|come with|include|publish|published)\s+(?:\w+\s+){0,2}code\b|where (?:is|can|do|are)\b.*\bcode\b|link to (?:the |its )?(?:\w+ )?(?:code|repo)|(?:code|github) (?:repository|repo|link|url|address|page)|github\b|project page|code link)",
            re.IGNORECASE,
        ),
    ),
)


def asked_field(text: str) -> str | None:
    """The stored field that the question asks for, or None. "Which papers ..." never asks for one."""
    if _LIST.search(text) or _COUNT.search(text):
        return None
    return next((name for name, pattern in _FIELD if pattern.search(text)), None)


def kind_of(text: str, *, asked: str | None, said: bool) -> Kind:
    """The kind of a question, by the first rule that fits."""
    if _GREETING.match(text) or _ORDER.match(text):
        return "chat"
    if _COUNT.search(text):
        return "count"
    if _SUMMARY.search(text):
        return "summary"
    if _LIST.search(text):
        return "list"
    if asked:
        return "field"
    if said and re.search(r"\bwhat (?:did|has|have)\b", text, re.IGNORECASE):
        return "list"
    if _COMPARE.search(text):
        return "comparison"
    if _FIGURE.search(text):
        return "figure"
    if _METHOD.search(text):
        return "method"
    if _YESNO.match(text):
        return "yesno"
    return "general"


_NEWEST = re.compile(r"\b(?:most recent|newest|latest|last)\b", re.IGNORECASE)
_OLDEST = re.compile(r"\b(?:oldest|earliest|first)\b(?! author)", re.IGNORECASE)
_TOP = re.compile(r"\b(?:highest|top|best)\b.*\b(?:listing )?(?:score|rated|ranked|scoring)\b", re.IGNORECASE)


_SUPERLATIVES: tuple[tuple[Superlative, re.Pattern[str]], ...] = (("top", _TOP), ("newest", _NEWEST), ("oldest", _OLDEST))


def superlative(text: str) -> Superlative | None:
    """`newest`, `oldest` or `top` where the question asks for such a paper."""
    if not re.search(r"\b(?:paper|papers|article|abstract|preprint|publication|entry|work)\b", text, re.IGNORECASE):
        return None
    return next((name for name, pattern in _SUPERLATIVES if pattern.search(text)), None)


# --- follow-ups ------------------------------------------------------------------------------------------------------------------

_ANAPHOR = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|that|these|those|he|she|his|her|such|same|the (?:paper|authors?|method|model|approach|system|study|work|framework|dataset|latter|former|"
    r"first one|second one|other one|two|benchmark|survey|technique|results?|tool|network|algorithm)|there|one|ones|both|either|here)\b",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"^(?:and|but|so|or|also|what about|how about|what else|why|then|ok(?:ay)?|which ones?|any|how so|in which|on which|with what|by how much|for which|compared)\b",
    re.IGNORECASE,
)


_SUBJECT = re.compile(
    r"^(?i:(?:what|who|how|why|when|where|which)?\s*(?:is|are|was|were|does|do|did|can|has|have)|explain|describe|define|summari[sz]e|tell me about)"
    r"\s+(?:the\s+)?(?=[\w-]*[A-Z0-9])"
)
"""A question that names its subject right behind its opening words ("What is LoRA?") stands alone."""


def is_follow_up(text: str) -> bool:
    """Whether the question leans on an earlier one: it opens like a continuation, refers back, or is too short to stand alone."""
    if _GREETING.match(text):
        return False
    if _OPENER.match(text):
        return True
    named = [w for w in re.findall(r"[\w.-]+", text)[1:] if any(c.isupper() for c in w)]
    if _ANAPHOR.search(text) and (not named or re.search(r"\b(?:it|its|they|their|them|this|these|those)\b", text, re.IGNORECASE)):
        return True
    own = [s for s in stems(re.sub(r"['’]\w+", "", text)) if s not in _QUESTION_STEMS]
    return len(own) <= 4 and not (named and _SUBJECT.match(text))


def condense(text: str, history: Sequence[str]) -> str:
    """A standalone form: the follow-up and, in parentheses, the terms of the earlier question that it leans on.

    Walks back while earlier questions are follow-ups themselves, so a chain reaches the question that named the subject.
    """
    chain: list[str] = []
    for earlier in reversed(history):
        chain.append(earlier)
        if not is_follow_up(earlier):
            break
    own = set(stems(text))
    terms: list[str] = []
    for earlier in reversed(chain):
        for token in re.findall(r"[\w][\w.+'-]*[\w+]|\w", earlier):
            stemmed = stems(token)
            if stemmed and not set(stemmed) <= own and token.lower() not in _QUESTION_WORDS:
                own |= set(stemmed)
                terms.append(token)
    return f"{text.rstrip()} ({' '.join(terms)})" if terms else text


_QUESTION_WORDS = frozenset(
    """what which who whom whose when where why how many much does did paper papers tell about please show list give
    find name work works kind type""".split()
)


_QUESTION_STEMS = frozenset(stem(w) for w in _QUESTION_WORDS)


def _tidy(text: str) -> str:
    """The text without doubled spaces and without words that only carried a filter ("papers posted ,")."""
    text = re.sub(r"\s+([?.,;!])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,;")
    left = [w for w in words(text) if w not in STOP_WORDS and w not in _HOLLOW]
    return text if left else ""


_HOLLOW = frozenset(
    """paper papers article articles work works study studies posted published released submitted uploaded appeared
    post publish release submit upload write wrote appear
    listed category arxiv collection library list show find give many count number written authored author authors
    code available research according listing dated date dates recent latest newest oldest anything everything entries here there come""".split()
)


def is_hollow(topic: str) -> bool:
    """True where nothing but filters is asked ("which papers were posted in May 2023?"): there is no topic to search."""
    return not [w for w in words(topic) if w not in STOP_WORDS and w not in _HOLLOW and w not in _QUESTION_WORDS]
