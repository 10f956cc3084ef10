"""What kind of answer is asked for: a figure, a comparison, a list, a stored field, a summary, ...

Requests for papers, counts and summaries are told by what their words are there for (`rag.questions.framing`), all else by patterns over
what is asked; the first rule that fits wins, so their order matters.
"""

# ruff: noqa: E501 - patterns are read whole on one line, typographic marks are typed, lists of words read best as text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rag.questions.framing import Framed

Kind = Literal["figure", "comparison", "list", "count", "field", "summary", "method", "yesno", "chat", "general"]

MANY: frozenset[Kind] = frozenset({"list", "count", "summary"})
"""Kinds that ask for papers rather than for what one says."""

_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|hiya|greetings|thanks?(?: you)?|thank you|thx|cheers|good (?:morning|evening|afternoon|day)|bye|goodbye|how are you|what'?s up|"
    r"who are you|what are you|what(?: can you do(?: for me)?|'s your name| is your name)|how do(?:es)? (?:you|this) work|help(?: me)?|ok(?:ay)?|cool|nice|great|perfect|there|today|doing|"
    r"so much|very much|a lot|footnote|please|me|again|everyone|all|for (?:your|the) (?:help|answer)|that(?:'s| is| was) (?:great|helpful|nice))\b[\s!.,?;:)(-]*)+$",
    re.IGNORECASE,
)
"""Small talk, in any number of such pieces."""

_ORDER = re.compile(
    r"^(?:please\s+|can you\s+|could you\s+)*(?:write|compose|draft|translate|sing|tell me a (?:joke|story)|draw|generate|code|implement|play|"
    r"book|order|remind|ignore|forget|pretend|act as|roleplay|repeat|print|reveal|delete|send|buy|calculate|compute|solve|convert)\b",
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
    r"^how\b|\b(?:how (?:does|do|did|is|are|was|were|can)|what (?:method|technique|approach|mechanism|architecture|strategy|algorithm|idea|trick|loss|objective)|"
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
            r"\b(?:(?:which|what) (?:authors?|researchers?|people)\b|who (?:wrote|authored|are the authors?|is the (?:first |lead |last )?author|were the authors?|published|proposed|developed|created|introduced|made|came up with|is behind|co-?authored)|(?:authors?|author list|first author|lead author|authorship|names? of the authors?) of|by whom|whose (?:paper|work)|authors\?)",
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
            r"\b(?:(?:is|are|was) (?:the |there |any |its |their )*(?:source )?code (?:\w+ )*(?:available|released|public|open|provided|shared|online)|(?:does|do|did|has|have)\b.{3,80}\b(?:have|provide|release|released|share|come with|include|publish|published)\s+(?:\w+\s+){0,2}code\b|where (?:is|can|do|are)\b.*\bcode\b|link to (?:the |its )?(?:\w+ )?(?:code|repo)|(?:code|github) (?:repository|repo|link|url|address|page)|github\b|project page|code link|code (?:is |was )?(?:flagged|listed|marked)|code flag)",
            re.IGNORECASE,
        ),
    ),
)


def is_greeting(text: str) -> bool:
    """Small talk and nothing else, or no word at all ("???").

    >>> [is_greeting(text) for text in ("Hi there!", "thanks, that was helpful", "?!", "Great Lakes fish", "help with LoRA")]
    [True, True, True, False, False]
    """
    return not any(map(str.isalnum, text)) or _GREETING.match(text.strip()) is not None


def asked_field(text: str) -> str | None:
    """The stored field that a question asks for, or None."""
    return next((name for name, pattern in _FIELD if pattern.search(text)), None)


def kind_of(text: str, *, said: bool, framed: Framed) -> Kind:
    """The kind of a question, by the first rule that fits; `framed` tells what its words are there for, `said` whether it states filters."""
    if is_greeting(text) or _ORDER.match(text) or (not framed.asks_papers and _ORDER.match(framed.core)):
        return "chat"
    if framed.counted:
        return "count"
    if framed.summary:
        return "summary"
    if framed.literature:
        return "list"
    text = framed.core
    if asked_field(text):
        return "field"
    if said and re.search(
        r"\b(?:papers|articles|works|studies|abstracts|preprints|anything|something|what (?:did|has|have|was|were))\b", text, re.IGNORECASE
    ):
        return "list"
    if framed.verdict:
        return "yesno"
    if _COMPARE.search(text):
        return "comparison"
    if _FIGURE.search(text):
        return "figure"
    if _METHOD.search(text):
        return "method"
    if _YESNO.match(text):
        return "yesno"
    return "general"
