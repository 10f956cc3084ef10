"""What a reply says that claims nothing about the papers' subject: courtesy, remarks on itself, layout; and that something is not stated.

Courtesy is dropped. Layout (headings, what leads up to a list, the head of a table, code) is shown without a footnote, and only in words
that stand in the question or in the evidence, or that give structure: nothing unchecked may bring a word of its own. `Not stated` is a
claim about all papers that were read, and is checked as that.
"""

# ruff: noqa: E501, RUF001 - patterns and lists of words are read whole

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.checking.support import LIGHT
from rag.reading.figures import has_figure
from rag.reading.names import names
from rag.text import STOP_WORDS, stems, words

_STRUCTURE = LIGHT | frozenset(
    stems(
        "overview summary answer answers question comparison conclusion conclusions background key finding main point points note notes detail details "
        "step steps example examples introduction table list feature features aspect aspects category benefit benefits takeaway takeaways bottom "
        "line short brief context discussion implication implications evidence source sources difference differences similarity similarities "
        "advantage advantages disadvantage disadvantages strength strengths weakness weaknesses limitation limitations definition core idea ideas "
        "goal goals purpose problem solution contribution contributions highlights quick detailed direct general specific following below above "
        "related work literature future one two three four five six seven first second third part parts section item items direction directions "
        "side sides view views theme themes strand group groups name title year value values metric metrics measure dataset data paper reference "
        "explanation breakdown effect effects impact mechanism mechanisms outcome outcomes training evaluation experiment setup size cost speed "
        "relate describe mention point discuss reading read found stated"
    )
)
_I = r"(?:I|I['’](?:m|ll|ve|d)|me|my|we|let me)"
_ADDRESS = re.compile(
    rf"^\W*{_I}\b(?!\s+(?:propose|present|show|introduce))|\b(?:I (?:hope|can|could|will|would|have|am|was|do|found|need|should|cannot|can't|don't|apologi[sz]e)|I['’](?:m|ll|ve|d))\b"
    r"|\b(?:you|your|yours)\b(?!\s+only\b)|\blet me\b|\bfeel free\b|\bplease\b|\bhappy to\b|\bhere(?:'s| is| are|’s)\b"
    r"|^\W*(?:sure|certainly|of course|absolutely|thanks|thank you|okay|ok|alright|hello|hi|no problem|gladly|understood)(?:\s+thing)?\s*[.!,:]"
    r"|^\W*(?:what an? )?(?:great|good|excellent|interesting|important) (?:question|point|choice)\b"
    r"|^\W*(?:in summary|overall|to answer (?:the|this) question|based on (?:the|this|these)[^,.]{0,60}),?\s*[.:]?\s*$",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"\b(?:this|the (?:above|following|present)|my|above|below)\s+(?:\w+\s+)?(?:answer|response|reply|summary|overview|information|list|table|explanation)\b"
    r"|\b(?:provided|given|supplied|available|retrieved|cited|above|shown|listed)\s+(?:\w+\s+)?(?:abstracts?|evidence|context|documents?|sources?|excerpts?|passages?|papers?|information|lines?)\b"
    r"|\b(?:abstracts?|evidence|context|documents?|sources?|excerpts?|passages?|papers?)\s+(?:that\s+(?:were|was)\s+)?(?:provided|given|supplied|available|retrieved|cited|above|shown)\b"
    r"|\b(?:all|each|every)\s+(?:claims?|statements?|sentences?|facts?)\b.{0,40}\b(?:cited|supported|taken|sourced|codes?)\b|\bcitations?\b.{0,40}\b(?:refer|correspond|code|above|below)",
    re.IGNORECASE,
)

_KIND = r"(?:abstracts?|evidence|papers?|documents?|sources?|texts?|excerpts?|passages?|context|studies|study|authors?|articles?|materials?|information|sentences?|summar(?:y|ies)|records?)"
_ABOUT_SOURCES = rf"(?:(?:the|these|those|this|that|any|all|both|my|of|provided|given|available|supplied|retrieved|cited|found|shown|listed|\d+|two|three|research|source|single)\s+)*{_KIND}(?:\s+(?:provided|given|found|above|shown|here|available|of\s+\w+|about\s+[\w\-]+|on\s+[\w\-]+))?"
_STATE = r"(?:state|mention|specif(?:y|ies)|report|say|tell|give|provide|contain|include|disclose|discuss|describe|address|cover|name|indicate|reveal|note|offer|list|answer|compare|quantif(?:y|ies)|detail|explain|present|show|clarif(?:y|ies)|identif(?:y|ies)|define|elaborate|comment|speak|refer|supply|hold|make|allow|support)(?:s|es|ed)?"
_STATED = r"(?:stated|mentioned|specified|reported|given|provided|disclosed|discussed|available|addressed|covered|described|named|indicated|listed|quantified|detailed|found|included|identified|explained|answered|compared|clear|known|shown|present)"
_NOT = r"(?:do|does|did|is|are|was|were|can|could|has|have)\s*(?:not|n['’]t)|cannot|can['’]?t|never|fails?\s+to|nowhere|isn['’]t|aren['’]t"
_NONE = r"(?:neither|none|no|not\s+one|nothing\s+in)"
_INFORMATION = r"(?:information|details?|data|mention|evidence|figures?|numbers?|statements?|answers?|indication|comparisons?|discussion|results?|reference|specifics|word|explanation|description)"
_ACCORDING = re.compile(
    rf"^\W*(?:according to|based (?:solely |only )?on|as (?:stated|shown|described|reported|noted) in|from|per|in) {_ABOUT_SOURCES},\s*",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    rf"\b(?:stud(?:y|ies)|papers?|authors?|articles?)\s+(?:\S+\s+){{0,3}}?(?:contain|include|cover|present|show|identif|compare|provide|give|make|allow|support|hold|offer|supply|refer|list|name|define|describe)\w*\b(?!\s+(?:\w+\s+){{0,2}}{_INFORMATION})(?!\s+(?:how|what|which|whether|who|when|where|why)\b)",
    re.IGNORECASE,
)
"""What a study itself does or does not do is no remark on what its text says."""
_MISSING = (
    # The abstracts do not state X.
    re.compile(
        rf"^\W*(?:[^.;:]{{0,60}}[,:]\s*)?(?:but\s+|however,?\s+|unfortunately,?\s+)?{_ABOUT_SOURCES}\s+(?:{_NOT})\s+(?:\w+ly\s+)?{_STATE}\b(?P<topic>.*)$",
        re.IGNORECASE,
    ),
    # Neither abstract states X; none of the papers states X.
    re.compile(
        rf"^\W*(?:[^.;:]{{0,60}}[,:]\s*)?{_NONE}\s+(?:of\s+)?{_ABOUT_SOURCES}\s+(?:\w+ly\s+)?{_STATE}\b(?P<topic>.*)$", re.IGNORECASE
    ),
    # There is no information on X; no details about X are given.
    re.compile(
        rf"^\W*(?:[^.;:]{{0,60}}[,:]\s*)?(?:there\s+(?:is|are)\s+|(?:{_ABOUT_SOURCES})\s+(?:\w+ly\s+)?(?:\w+\s+)?)?(?:no|not\s+any|little)\s+(?:\w+\s+){{0,2}}{_INFORMATION}\b(?P<topic>.*)$",
        re.IGNORECASE,
    ),
    # X is not stated.
    re.compile(
        rf"^(?P<topic>.*?)\s+(?:{_NOT})\s+(?:\w+\s+){{0,2}}{_STATED}\b(?=\s*(?:[.,;]|$|(?:in|by|from|within|anywhere|here|explicitly|directly)\b)).*$",
        re.IGNORECASE,
    ),
    re.compile(rf"^(?P<topic>.*?)[:–—-]?\s+\W*not\s+{_STATED}\b(?:\s+(?:in|by|from)\s+{_ABOUT_SOURCES})?\W*$", re.IGNORECASE),
    # I could not find X; it can't be answered from the evidence.
    re.compile(
        rf"^.*?\b(?:unable\s+to|cannot|can['’]?t|could\s+not|couldn['’]t|not\s+possible\s+to)\s+(?:be\s+)?(?:\w+ly\s+)?(?:answer(?:ed)?|determined?|find|found|tell|told|say|said|confirm(?:ed)?|establish(?:ed)?)\b(?:\s+(?:in|by|from|within)\s+{_ABOUT_SOURCES}\b)?(?P<topic>.*)$",
        re.IGNORECASE,
    ),
    re.compile(r"^\W*(?:I\s+(?:do\s+not|don['’]t)\s+(?:know|have))\b(?P<topic>.*)$", re.IGNORECASE),
)
_COMPARES = re.compile(
    r"\b(?:compar|contrast|head[- ]to[- ]head|against (?:each|one an)other|both (?:methods|models|papers))", re.IGNORECASE
)
_FRAME_WORDS = frozenset(
    stems(
        f"{'abstract abstracts evidence paper papers document documents source sources text excerpt passage context study studies author authors'} "
        "article information detail details data mention figure figures number numbers statement answer answers provided given available found "
        "retrieved directly explicitly question topic sorry unfortunately however specific specifically contain contains"
    )
)
_CODE_WORDS = frozenset(
    [
        "def",
        "return",
        "for",
        "in",
        "if",
        "else",
        "elif",
        "while",
        "class",
        "import",
        "from",
        "as",
        "with",
        "try",
        "except",
        "finally",
        "lambda",
        "yield",
        "pass",
        "break",
        "continue",
        "not",
        "and",
        "or",
        "is",
        "none",
        "true",
        "false",
        "print",
        "range",
        "len",
        "int",
        "float",
        "str",
        "list",
        "dict",
        "set",
        "tuple",
        "self",
        "function",
        "var",
        "let",
        "const",
        "new",
        "null",
        "undefined",
        "void",
        "public",
        "private",
        "static",
        "main",
        "torch",
        "numpy",
        "np",
        "pd",
        "nn",
        "tensor",
        "sum",
        "max",
        "min",
        "abs",
        "loss",
        "model",
        "data",
        "input",
        "output",
        "result",
        "results",
        "total",
        "value",
        "values",
        "item",
        "items",
        "index",
        "count",
        "step",
        "steps",
        "solution",
        "answer",
        "require",
        "include",
        "using",
        "namespace",
        "std",
        "end",
        "begin",
        "then",
        "do",
        "done",
        "fi",
        "echo",
        "select",
        "where",
        "group",
        "order",
        "by",
        "limit",
        "python",
        "bash",
        "sql",
        "json",
    ]
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A sentence that says that something is not stated: what that is (empty: what was asked), and whether a comparison is meant."""

    topic: str
    compares: bool


def without_source(text: str) -> str:
    """A sentence without what it says of where it stands.

    >>> without_source("According to the provided abstracts, Foo is fast.")
    'Foo is fast.'
    """
    rest = _ACCORDING.sub("", text)
    return rest[:1].upper() + rest[1:] if rest != text and rest else text


def courtesy(text: str) -> bool:
    """Whether a sentence without a citation speaks to the reader or of the answer itself.

    >>> courtesy("Great question!"), courtesy("I hope this helps!"), courtesy("Foo is fast.")
    (True, True, False)
    """
    text = without_source(text)
    if _ADDRESS.search(text):
        return True
    return _SELF.search(text) is not None and not has_figure(text)


def missing(text: str) -> Missing | None:
    """What a sentence says to be not stated; None where it says nothing of the kind.

    >>> missing("The abstracts do not state how large Foo is.").topic
    'how large Foo is'
    >>> missing("Foo does not need labels.") is None
    True
    """
    for n, pattern in enumerate(_MISSING):
        found = pattern.match(text)
        if found is None or (n < 2 and _HOLDS.search(text)):
            continue
        topic = re.sub(rf"\b(?:in|by|from|within)\s+{_ABOUT_SOURCES}\W*$", "", found["topic"].strip(" .,;:"), flags=re.IGNORECASE).strip(
            " .,;:"
        )
        topic = re.sub(
            rf"^(?:any\s+|enough\s+|such\s+)*(?:{_INFORMATION}\s+)?(?:on|about|regarding|concerning|for|of|that|whether|this|it|to)?\b\s*",
            "",
            topic,
            flags=re.IGNORECASE,
        )
        if re.search(r"\b(?:but|however|though|instead|only|except)\b", topic) and n < 3 and has_figure(topic):
            return None
        if n in {3, 4} and re.match(r"^\W*(?:it|this|that|which)\W*$", topic, re.IGNORECASE):
            topic = ""
        own = [s for s in stems(topic) if s not in _FRAME_WORDS]
        return Missing(topic if own else "", _COMPARES.search(text) is not None)
    return None


def allowed(text: str, own: frozenset[str]) -> bool:
    """Whether what is not checked may be shown: every word gives structure, or stands among the stems `own`."""
    return all(s in own or s in _STRUCTURE for s in stems(text)) and all(_figure_known(w, own) for w in words(text) if w[0].isdigit())


def _figure_known(word: str, own: frozenset[str]) -> bool:
    return word in own or (len(word) <= 2 and word.isdigit())


def code_allowed(text: str, own: frozenset[str]) -> bool:
    """Whether code may be shown: words in it are of programming or stand among `own`, or name something that the code itself uses again.

    What stands in quotation marks or in remarks is text like any other.
    """
    body = re.sub(r"^\s*(?:```|~~~)\S*|(?:```|~~~)\s*$", " ", text.strip())
    said = " ".join(re.findall(r"\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*'|(?:#|//|--)[^\n]*|/\*.*?\*/", body, re.DOTALL))
    if not allowed(re.sub(r"[_\W]+", " ", said), own | _CODE_WORDS):
        return False
    rest = re.sub(r"\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*'|(?:#|//|--)[^\n]*|/\*.*?\*/", " ", body, flags=re.DOTALL)
    found = [w.casefold() for w in re.findall(r"[^\W\d_]{3,}", rest)]
    foreign = [w for w in found if w not in _CODE_WORDS and not set(stems(w)) <= own | _STRUCTURE]
    return all(found.count(w) >= 2 for w in foreign) and len(set(foreign)) <= 6 and re.search(r"[=(){}\[\];+*/<>\\^]", rest) is not None


def formula_allowed(text: str, own: frozenset[str]) -> bool:
    r"""Whether a formula may be shown: of words it has none of its own.

    >>> formula_allowed("$$W = P Q$$", frozenset()), formula_allowed("$$\\text{banana}$$", frozenset())
    (True, False)
    """
    found = re.findall(r"(?<!\\)\b[^\W\d_]{4,}", re.sub(r"\\[A-Za-z]+", " ", text))
    return all(set(stems(w)) <= own | _STRUCTURE for w in found)


def words_of(*texts: str) -> frozenset[str]:
    """The stems of texts with the parts of compounds, and their figures."""
    found: set[str] = set()
    for text in texts:
        found |= set(stems(text)) | set(words(text))
        found |= {s for w in words(text) if "-" in w for s in stems(w.replace("-", " "))}
        found |= {n.text.casefold() for n in names(text)}
    return frozenset(found - STOP_WORDS)
