"""What a reply says that claims nothing about the papers' subject: courtesy, remarks on itself, layout; and that something is not stated.

Courtesy is dropped. Layout (headings, what leads up to a list, the head of a table, code) is shown without a footnote, and only in words
that stand in the question or in the evidence, or that give structure: nothing unchecked may bring a word of its own. `Not stated` is a
claim about all papers that were read, and is checked as that.
"""

# ruff: noqa: E501, RUF001, SIM905 - patterns and lists of words are read whole

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
_SAYING = frozenset(
    stems(
        "state stated mention mentioned specify specified specifies report reported say says tell give given provide provided contain contained include included disclose "
        "disclosed discuss discussed describe described address addressed cover covered name named indicate indicated reveal note noted offer list listed answer answered "
        "compare compared comparison quantify quantified detail detailed explain explained present presented show shown clarify identify identified define elaborate comment "
        "speak refer supply hold make allow support known clear determine determined find found confirm establish unable possible information indication discussion result "
        "reference specifics word explanation description research single read anywhere any other i'm i've"
    )
)
_CODE_WORDS = frozenset(
    (
        "def return for in if else elif while class import from as with try except finally lambda yield pass break continue not and or "
        "is none true false print range len int float str list dict set tuple self function var let const new null undefined void "
        "public private static main torch numpy np pd nn tensor sum max min abs loss model data input output result results total "
        "value values item items index count step steps solution answer require include using namespace std end begin then do done fi "
        "echo select where group order by limit python bash sql json"
    ).split()
)


LANGUAGES = frozenset("python py bash sh sql json yaml c cpp java javascript js typescript go rust r julia text pseudocode".split())
"""What may stand behind a fence."""

_UNSAFE = re.compile(
    r"!\[|\]\s*[(\[]|\]:|<\s*[A-Za-z/!?][^\s>]*|&[#\w]+;|\\(?:href|text|url|html|includegraphics|mbox|unicode|char|class|style|def|newcommand)\w*"
    r"|\S*//\S*|\\\\\\*\w+\.\w+|\b(?:https?|ftp|javascript|data|mailto):\S*|\bwww\.\S*|\S+@\S+\.\w+",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?<![\w.@-])(?:[a-z0-9-]+\.)+[a-z]{2,24}\b(?:/\S*)?", re.IGNORECASE)
_TOP = re.compile(
    r"\.(?:com|org|net|edu|gov|io|co|ai|dev|app|example|info|biz|me|xyz|ru|cn|de|uk|eu|us|ly|to|tk|site|online|shop|test|link)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not?|never|none|neither|nor|without|cannot|nothing|lacks?|fails?|failed)\b|n['’]t\b", re.IGNORECASE)
_COMPARATIVE = re.compile(
    r"\b(?:than|more|most|less|least|fewer|better|best|worse|worst|higher|lower|superior|inferior|(?:fast|slow|small|larg|great|strong|weak|cheap|high|low|long|short|safe|big|old|new|easi|hard)(?:er|est))\b",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|can|could|will|would|may|might|must|should|does|do|did|needs?|requires?|uses?|makes?|gives?|takes?|works?"
    r"|beats?|outperforms?|exceeds?|surpass(?:es)?|wins?|los(?:es|t)|improves?|reduces?|increases?|lowers?|raises?|hurts?|helps?|kills?|costs?|runs?|reads?"
    r"|causes?|shows?|proves?|reach(?:es)?|achieves?|allows?|enables?|avoids?|depends?|falls?|rises?|grows?|contains?)\b",
    re.IGNORECASE,
)
_MOST_WORDS, _LONGEST_TOPIC, _LONGEST_RUN, _MOST_IN_FORMULA = 6, 12, 3, 3
_SMALL = frozenset({"0", "1", "2"})
_MACROS = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi "
    "Sigma Phi Psi Omega frac dfrac tfrac sqrt sum prod int log ln exp max min arg sup inf lim sin cos tan tanh det dim ker Pr left right big Big bigg Bigg cdot cdots ldots "
    "dots times div pm mp leq le geq ge neq ne approx sim propto equiv in notin subset subseteq cup cap to rightarrow leftarrow Rightarrow mapsto infty partial nabla "
    "hat bar tilde vec dot overline underline mathbf mathbb mathcal mathrm boldsymbol operatorname top dagger ell mid vert Vert lVert rVert lvert rvert langle rangle "
    "quad qquad odot oplus otimes circ ast star forall exists begin end aligned align matrix bmatrix pmatrix cases".split()
)
_FUNCTIONS = frozenset(("log exp max min arg argmax argmin softmax sin cos tanh aligned align matrix bmatrix pmatrix cases").split())


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


def heading_allowed(text: str, own: frozenset[str]) -> bool:
    """Whether words around what is checked may be shown: few, known, and no statement.

    >>> heading_allowed("Accuracy of Foo", words_of("Accuracy of Foo")), heading_allowed("Foo is slow", words_of("Foo slow"))
    (True, False)
    """
    text = re.sub(r"^\W*\d{1,2}[.)]\s+", "", text)
    structure = all(s in _STRUCTURE for s in stems(text))
    if unsafe(text) or _DENIES.search(text) or _COMPARATIVE.search(text) or any(map(str.isdigit, text)) or not allowed(text, own):
        return False
    return structure or (len(text.split()) <= _MOST_WORDS and (_FINITE.search(text) is None or text.rstrip().endswith("?")))


def gives_structure(word: str) -> bool:
    """Whether a word has no content that a paper would have to bear out."""
    return all(s in _STRUCTURE or s in _FRAME_WORDS for s in stems(word))


def states(text: str) -> bool:
    """Whether a label says something of its own: a verb, a denial, a comparison.

    >>> states("Accuracy"), states("Bar is faster than Foo")
    (False, True)
    """
    return any(pattern.search(text) for pattern in (_FINITE, _DENIES, _COMPARATIVE))


def unsafe(text: str, known: str = "") -> str:
    """The first address, image, link or markup in a text that `known` lacks; empty where there is none."""
    found = [m[0] for m in _UNSAFE.finditer(text)]
    found += [m[0] for m in _DOMAIN.finditer(text) if known or _TOP.search(m[0])]
    there = known.casefold()
    return next((piece for piece in found if not known or piece.rstrip(".,;:)").casefold() not in there), "")


def topic_allowed(text: str, topic: str, own: frozenset[str]) -> bool:
    """Whether what a sentence says to be not stated is worded by the question and the evidence alone."""
    return (
        len(topic.split()) <= _LONGEST_TOPIC
        and not unsafe(text, " ")
        and all(s in own | _STRUCTURE | _FRAME_WORDS | _SAYING for s in stems(text))
    )


def _figure_known(word: str, own: frozenset[str]) -> bool:
    return word in own or (len(word) <= 2 and word.isdigit())


def code_allowed(text: str, own: frozenset[str]) -> bool:
    """Whether code may be shown: words in it are of programming or stand among `own`, and so do its figures.

    What stands in quotation marks or in remarks is text like any other.
    """
    body = "\n".join(text.strip().splitlines()[1:-1])
    if unsafe(body) or "```" in body or "~~~" in body or not _figures_known(body, own):
        return False
    if re.search(rf"[^\W\d_]{{2,}}(?:[ \t]+[^\W\d_]{{2,}}){{{_LONGEST_RUN},}}", body):
        return False  # a sentence
    said = " ".join(re.findall(r"\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*'|(?:#|//|--)[^\n]*|/\*.*?\*/", body, re.DOTALL))
    if not allowed(re.sub(r"[_\W]+", " ", said), own | _CODE_WORDS):
        return False
    rest = re.sub(r"\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*'|(?:#|//|--)[^\n]*|/\*.*?\*/", " ", body, flags=re.DOTALL)
    found = [w.casefold() for w in re.findall(r"[^\W\d_]{2,}", rest)]
    foreign = [w for w in found if w not in _CODE_WORDS and not set(stems(w)) <= own | _STRUCTURE]
    return not foreign and re.search(r"[=(){}\[\];+*/<>\\^]", rest) is not None


def formula_allowed(text: str, own: frozenset[str]) -> bool:
    r"""Whether a formula may be shown: of words it has none of its own.

    >>> formula_allowed("$$W = P Q$$", frozenset()), formula_allowed("$$\\text{banana}$$", frozenset())
    (True, False)
    """
    if unsafe(text) or not set(re.findall(r"\\([A-Za-z]+)", text)) <= _MACROS or not _figures_known(text, own):
        return False
    found = [w for w in re.findall(r"[^\W\d_]{2,}", re.sub(r"\\[A-Za-z]+", " ", text)) if w not in _FUNCTIONS]
    return len(found) <= _MOST_IN_FORMULA and all(w.casefold() in own or bool(stems(w) and set(stems(w)) <= own) for w in found)


def _figures_known(text: str, own: frozenset[str]) -> bool:
    return all(n in own or n in _SMALL for n in re.findall(r"\d+(?:\.\d+)*", text))


def words_of(*texts: str) -> frozenset[str]:
    """The stems of texts with the parts of compounds, and their figures."""
    found: set[str] = set()
    for text in texts:
        found |= set(stems(text)) | set(words(text))
        found |= {s for w in words(text) if "-" in w for s in stems(w.replace("-", " "))}
        found |= {n.text.casefold() for n in names(text)}
    return frozenset(found - STOP_WORDS)
