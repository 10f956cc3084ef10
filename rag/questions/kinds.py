"""What kind of answer is asked for: a figure, a comparison, a list, a stored field, a summary, ...

Each kind is told by patterns over the words; the first rule that fits wins, so their order matters.
"""

# ruff: noqa: E501 - patterns are read whole on one line, typographic marks are typed, lists of words read best as text

from __future__ import annotations

import re
from typing import Literal

from rag.questions.words import REQUESTED

Superlative = Literal["newest", "oldest", "top"]
Kind = Literal["figure", "comparison", "list", "count", "field", "summary", "method", "yesno", "chat", "general"]

MANY: frozenset[Kind] = frozenset({"list", "count", "summary"})
"""Kinds that ask for papers rather than for what one says."""

_OPENS = "what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|the|these|those|this|that|most|all|many"
"""Words with which a question or a statement about papers begins, no request for some."""

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
_MANY_PAPERS = (
    r"(?:papers|articles|studies|abstracts|preprints|publications|"
    r"(?:works|research)(?=\s+(?:on|about|that|which|are|is|there|deals?|dealing|builds?|building|uses?|using|stud(?:y|ies)|look(?:s|ing)?|cover(?:s|ing)?|"
    r"address(?:es|ing)?|tackl(?:e|es|ing)|try|tries|propos(?:e|es|ing)|concern(?:s|ing|ed)?|play|touch(?:es)?|with|by|from)\b))"
)
"""Several papers; "works" and "research" only as nouns ("which architecture works best" asks for no list)."""
_LIST = re.compile(
    r"^(?:(?:is|are) there |do (?:we|you) have |got )?(?:anything|something|any work)\b|"
    r"^(?:is|are) (?:anything|something)\b.{0,40}\b(?:on|about)\b|"
    r"^(?:(?:please|can you|could you|i need|i want|i'm after|is there|have you)\s+)*(?:(?:give|show|list|tell|find|get|bring|fetch)\s+(?:me\s+)?)?"
    r"(?:everything|anything|all (?:you have|there is)|whatever you have|whatever there is) (?:\w+ ){0,3}?(?:on|about|to do with|related to|regarding|concerning)\b|"
    r"\bwhat(?:'s|\u2019s| is| else is) (?:there|in (?:here|the library|the collection)) (?:on|about)\b|"
    r"\bwhat (?:do|have) (?:you|we) (?:have|got)(?: \w+){0,2} (?:on|about)\b|"
    rf"\b(?:which|what|list|show|find|name|give|any|all|are there(?: any)?|enumerate|recommend)\b(?:\s+\S+){{0,6}}?\s+{_MANY_PAPERS}\b(?! (?:date|day|year|month)s?\b)"
    rf"|^(?:(?!(?:{_OPENS})\b)[\w.-]+\s+){{0,4}}(?:papers|works|studies|articles|research|literature)\s+(?:on|about|that|which|using|with|by|from|in)\b"
    rf"|\b(?:which|what)\s+(?:methods|systems|models|approaches|datasets|benchmarks|surveys|frameworks|techniques|benchmarks|tools)\b.*\b(?:in (?:the|this|our|my) (?:collection|library)|are (?:there|covered|described)|exist)\b"
    rf"|^(?:[\w'&/,-]+\s+){{1,8}}(?:papers|articles|studies)(?:\s+(?:in|from)\s+(?:this|the|our)\s+(?:library|collection|corpus))?\s*[?.]?$"
    rf"|\bwho (?:has |have )?(?:works?|worked) on\b|\bhas (?:anyone|anybody|someone|somebody)\b",
    re.IGNORECASE,
)
_SOME = rf"(?:(?:something|anything|what)\s+(?:else\s+)?to\s+(?:read|cite)\b|(?:an?|any|some|one|another|other|more|further|several|few|two|three)\s+(?:[\w'-]+\s+){{0,3}}?{REQUESTED}|(?:(?!(?:the|this|that|these|those|its|their|his|her|your|my|our|each|every)\b)[\w'-]+\s+){{0,2}}?(?:literature|research|works?|reading|papers|articles|studies|preprints|publications|surveys|references|citations)(?<=\w)(?=\s*(?:[?.,;:!]|$)|\s+(?:that|which|who|whose|where|in|on|about|with|using|from|by|for|of|to|concerning|regarding|related|\w+ing)\b))"
_TO = r"(?:(?:me|us|to|for|at|of|out|please|you|if|whether|there|is|are|be|exists?|find|see|read|get|have|know|what|which|towards?|into|in|with|up|on|about)\s+){0,5}?"
REQUEST = re.compile(
    rf"^(?![^?]*\?.*\w)(?:(?:hi|hello|hey|ok(?:ay)?|please|and|so)[,!.]?\s+)*(?:"
    rf"(?:(?:can|could|would|will|do|does|did|have|has|are|is)\s+(?:you|we|i|anyone|anybody|someone|somebody|people|there)\s+(?:(?:please|perhaps|also|ever|happen|kindly|maybe)\s+)*)?"
    rf"(?:recommend|suggest|find|show|give|point|direct|refer|name|list|cite|bring|get|fetch|share|provide|send|tell|know|have|seen?|read|written|published|work(?:ed)?|help|got|look(?:ing)?|search(?:ing)?|seek(?:ing)?)\s+{_TO}{_SOME}"
    rf"|(?:i|we)(?:['\u2019](?:m|re|d|ve)|\s+(?:am|are|would|was|were|have been))?\s+(?:\w+\s+){{0,2}}?(?:need|want|like|love|looking|searching|seeking|hunting|after|interested|trying|hoping|wonder(?:ing)?|require|could use)\s+{_TO}{_SOME}"
    rf"|(?:needed?|wanted|looking|searching|seeking|any(?:one|body) know)\s*:?\s+{_TO}{_SOME}|(?=any\b){_SOME}"
    rf"|(?:is|are|was|were)\s+there\s+(?:\w+\s+)?{_SOME}|(?:which|what)\s+(?:[\w-]+\s+)?{REQUESTED}\s+(?:is|are)\s+there\b"
    rf"|(?:which|what|any|some)\s+(?:[\w-]+\s+){{0,2}}?(?:stud(?:y|ies)|literature|research|papers?|articles?)\s+(?:would|should|could|can|do|did)\s+(?:you|i|we)\s+(?:recommend|suggest|read|cite|start|look|use)\b"
    rf")",
    re.IGNORECASE,
)
"""How literature is asked for, whatever it is to be about: by a verb of asking or being there, with a paper, or some, behind it."""
_COUNT = re.compile(
    r"\b(?:how many|number of|count(?: of)?)\s+(?:\S+\s+){0,5}?(?:papers|articles|abstracts|publications|preprints|entries)\b(?!\s+(?:does|did)\b)"
    r"|\bin (?:how many|what number of) (?:papers|articles|abstracts|publications|preprints|entries)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|overview|what is known|what do we know|tell me about|state of the art (?:in|on|of)|survey of what)\b"
    rf"|\bwhat (?:do|does|did|have|has)\b(?:\s+\S+){{0,3}}?\s+(?:{_MANY_PAPERS}|research|literature)\s+(?:\w+\s+){{0,2}}?(?:says?|tells?|reports?|shows?|found|finds?|teach(?:es)?|know|learn(?:ed|t)?)\b"
    r"|\bwhat has (?:been|already been) (?:\w+ )?(?:found|learn(?:ed|t)|written|published|done|said|reported|tried|shown) (?:on|about|for|in|with)\b",
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
    """The stored field that the question asks for, or None. "Which papers ..." never asks for one."""
    if _LIST.search(text) or _COUNT.search(text) or REQUEST.match(text):
        return None
    return next((name for name, pattern in _FIELD if pattern.search(text)), None)


def kind_of(text: str, *, asked: str | None, said: bool) -> Kind:
    """The kind of a question, by the first rule that fits."""
    if is_greeting(text) or _ORDER.match(text):
        return "chat"
    if _COUNT.search(text):
        return "count"
    if _SUMMARY.search(text):
        return "summary"
    if _LIST.search(text) or REQUEST.match(text):
        return "list"
    if asked:
        return "field"
    if said and re.search(
        r"\b(?:papers|articles|works|studies|abstracts|preprints|anything|something|what (?:did|has|have|was|were))\b", text, re.IGNORECASE
    ):
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
