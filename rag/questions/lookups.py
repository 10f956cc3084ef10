"""What a request for papers names: quoted phrases, names, or the words behind "mention"; and the topic of a request for literature."""

# ruff: noqa: E501, RUF001 - patterns are read whole on one line, typographic marks are typed

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.questions.kinds import REQUEST
from rag.questions.words import PAPERS
from rag.text import STOP_WORDS

_QUOTED = re.compile(r"(?<![\w])[\"“'‘]([^\"“”'‘’]{2,80})[\"”'’](?!\w)")
_MENTIONS = re.compile(
    r"\b(?:mentions?|mentioned|mentioning|contains?|containing|hold|holds|names?|cites?|refers? to|use the (?:word|term)|with the (?:word|term|phrase))\s+(?:the\s+(?:word|term|phrase|name)s?\s+)?(?P<what>[^?.,;]{2,60}?)\s*(?:[?.,;]|$|\bin (?:their|the) (?:abstract|title)s?\b)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<![\w-])(?:[A-Za-z]*\d[\w.+-]*[A-Za-z][\w.+-]*|[A-Za-z][\w.+-]*\d[\w.+-]*|[A-Z][\w.+-]*[A-Z][\w.+-]*|[A-Z][\w+-]+)(?:\s+(?:[A-Z][\w.+-]*|\d[\w.]*))*"
)
_SURVEY = re.compile(
    rf"^(?:(?:please|can you|could you|give|me|us|i need|i want|write|make|show)\s+)*(?:(?:an?|the|short|brief|quick)\s+)*(?:summari[sz]e|summary of|overview of|overview on|state of the art (?:in|on|of)|tell (?:me|us) about|"
    rf"what (?:is|do we know|do you know|is there)(?: known)?(?: so far)? (?:about|on))\s+(?:(?:the|all|our|existing|recent|current)\s+)*(?:{PAPERS}\s+(?:on|about|in|for|of)\s+)?",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"\s+(?:are there\s+)?(?:(?:are|is|exist)\s+)?(?:in|from) (?:this|the|our|my) (?:library|collection|corpus)\b", re.IGNORECASE
)
_ON = r"(?:(?:that|which|who|whose authors)\s+)?(?:(?:are|is|was|were|have|has)\s+)?(?:(?:on|about|deal(?:s|ing)? with|concern(?:s|ing|ed)?(?: with)?|cover(?:s|ing)?|discuss(?:es|ing)?|look(?:s|ing)? (?:at|into)|address(?:es|ing)?|related to|regarding|for|in|stud(?:y|ies|ied|ying)|investigat(?:es?|ed|ing)|explor(?:es?|ed|ing)|examin(?:es?|ed|ing)|propos(?:es?|ed|ing)|us(?:es?|ed|ing)|appl(?:y|ies|ied|ying))\s+)?"
"""How what follows a paper leads to its topic."""
_ABOUT = re.compile(
    rf"^(?:(?:there|out there|available|to read|here|on this)\s+)*(?:(?:of|where|show(?:s|ing)? (?:that|how|why))\s+|{_ON})", re.IGNORECASE
)
_REQUEST = re.compile(
    rf"^(?:(?:hi|hello|hey)[,!.]?\s+)?(?:(?:please|can you|could you|would you|i(?:'m| am)?|we(?:'re| are)?|do you|are there|is there|what|which|any|some|the|need|want|looking|searching|interested|trying|to|in|for|me|know|have|recommend|suggest|point|find|show|give|list|name|get|tell|help|us|good|relevant|recent|related|all|a|an|of|best|key|main|how|many|much|number|count|exist|there|you|that|us)\s+)*{PAPERS}\b\s*(?:are there\s+|do we have\s+|exist\s+|have been (?:written|published)\s+)?{_ON}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Phrases that have to stand in a paper: all of one group, any group. `strict`: nothing but the words was asked for."""

    groups: tuple[tuple[str, ...], ...]
    strict: bool


def looked_up(text: str) -> LookUp | None:
    """What a request for papers wants looked up; None where it names nothing.

    >>> looked_up("Which papers mention GLUE?").groups, looked_up("How many papers use WMT data?").groups
    ((('GLUE',),), (('WMT',),))
    >>> looked_up("Which papers are about learning with few labels?") is None
    True
    """
    if quoted := _QUOTED.findall(text):
        return LookUp(groups=(tuple(quoted),), strict=True)
    if match := _MENTIONS.search(text):
        parts = [p.strip() for p in re.split(r"\s+(?:or)\s+", match["what"])]
        groups = tuple(tuple(x.strip() for x in re.split(r"\s+and\s+", p)) for p in parts)
        if all(x for g in groups for x in g):
            return LookUp(groups=groups, strict=True)
    first = re.match(r"\w+", text.strip())
    names = [
        m
        for m in _NAME.finditer(text)
        if m.start() > (first.end() if first else 0) and m[0].casefold() not in STOP_WORDS and not _COMMON.fullmatch(m[0])
    ]
    if not names:
        return None
    between = text[names[0].end() : names[-1].start()]
    if len(names) > 1 and re.search(r"\bor\b", between):
        return LookUp(groups=tuple((m[0],) for m in names), strict=False)
    return LookUp(groups=(tuple(m[0] for m in names),), strict=False)


_COMMON = re.compile(
    r"(?:English|LLMs?|AI|NLP|ML|I|Language Models?|(?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d+)?)",
    re.IGNORECASE,
)
"""Names of whole fields and of months: they choose no paper."""


def topic_of(text: str) -> str:
    """The topic of a request for papers, without the request.

    >>> topic_of("Could you recommend a study that looks at sparse attention?"), topic_of("papers about graph learning")
    ('sparse attention', 'graph learning')
    >>> topic_of("What is known about catastrophic forgetting?"), topic_of("which surveys are in this library?"), topic_of("pruning papers")
    ('catastrophic forgetting', 'surveys', 'pruning')
    """
    text = _HERE.sub("", text.strip())
    if asked := REQUEST.match(text):
        rest = _ABOUT.sub("", text[asked.end() :].strip(" ,:;"), count=1)
    else:
        rest = _REQUEST.sub("", _SURVEY.sub("", text, count=1), count=1)
    rest = rest.strip(" ?.!,")
    rest = re.sub(rf"^(?:which|what)\s+(?=\S+$)|\s+{PAPERS}$", "", rest, flags=re.IGNORECASE)
    return rest or text.strip(" ?.!,")
