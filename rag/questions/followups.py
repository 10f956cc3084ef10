"""Follow-ups: whether a question leans on an earlier one, its standalone form, and what is left of a question without its filters."""

# ruff: noqa: E501, RUF001, SIM905 - patterns are read whole on one line, typographic marks are typed, lists of words read best as text

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.questions.kinds import is_greeting
from rag.questions.slots import about, subject_of
from rag.text import STOP_WORDS, stem, stems, words

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def refers_back(text: str) -> bool:
    """Whether the words themselves lean on something said before: they open like a continuation or refer back."""
    if is_greeting(text):
        return False
    if _OPENER.match(text):
        return True
    named = [w for w in re.findall(r"[\w.-]+", text)[1:] if any(c.isupper() for c in w)]
    return bool(_ANAPHOR.search(text) and (not named or re.search(r"\b(?:it|its|they|their|them|this|these|those)\b", text, re.IGNORECASE)))


def is_follow_up(text: str) -> bool:
    """Whether the question may lean on an earlier one: it refers back, or it is too short to be sure that it stands alone."""
    if is_greeting(text):
        return False
    if refers_back(text):
        return True
    named = [w for w in re.findall(r"[\w.-]+", text)[1:] if any(c.isupper() for c in w)]
    own = [s for s in stems(re.sub(r"['’]\w+", "", text)) if s not in _QUESTION_STEMS]
    return len(own) <= 4 and not (named and _SUBJECT.match(text))


_POINTS = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|these|those|he|she|his|her|both)\b(?! (?:library|collection|corpus|chat|page|site)\b)(?: (?:paper|work|study|article|abstract|method|model|approach|system|authors?|survey|ones?)s?\b)?"
    r"|\bthe (?:paper|work|study|article|abstract|authors?|(?:first|second|third|last|latter|former|other) (?:one|paper|study))\b",
    re.IGNORECASE,
)
_OWN_WORDS = 2
"""A question with no more words of its own than that says nothing about which paper it means."""


def points_nowhere(text: str) -> bool:
    """Whether a question, asked first, speaks of something that was never named.

    >>> [points_nowhere(t) for t in ("limitations of this work?", "Who wrote it?", "What is LoRA and how fast is it?", "what is in this library?")]
    [True, True, False, False]
    """
    if not _POINTS.search(text):
        return False
    rest = _POINTS.sub(" ", text)
    opened, *others = re.findall(r"[\w.-]+", rest) or [""]
    named = [w for w in others if any(c.isupper() for c in w)] or re.search(r"[\w-][A-Z]|\d", opened)
    own = [w for w in stems(rest) if w not in _QUESTION_STEMS]
    return not named and len(own) <= _OWN_WORDS


_TOGETHER = re.compile(
    r"\b(?:compare|contrast)\s+(?:them|these|those|the (?:two|three|papers?|methods?|models?|approaches)|both)\b"
    r"|\bhow (?:do|are) (?:they|these|the two|both)\b[^?]*\b(?:differ|different|compare|related)\b"
    r"|\b(?:what|which)\b[^?]*\b(?:they|these|those|them|both|the two)\b[^?]*\b(?:in common|share|agree|disagree)\b"
    r"|\b(?:summari[sz]e|differences? between)\s+(?:them|these|those|both|the two)\b",
    re.IGNORECASE,
)
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "former": 0, "latter": -1}
_ONE_OF = re.compile(rf"\bthe (?P<which>{'|'.join(_ORDINALS)})(?: (?:one|paper|method|study|of (?:them|these)))?\b", re.IGNORECASE)


def of_earlier(text: str, references: Sequence[str]) -> tuple[str, ...]:
    """The papers of the last answer that a follow-up is about by its words: all ("compare them"), or one ("the second one"); else none.

    >>> of_earlier("What about the second one?", ["a", "b"]), of_earlier("compare them", ["a", "b"]), of_earlier("why?", ["a", "b"])
    (('b',), ('a', 'b'), ())
    """
    if len(references) > 1 and _TOGETHER.search(text):
        return tuple(references)
    one = _ONE_OF.search(text)
    if one and len(references) > 1:
        at = _ORDINALS[one["which"].casefold()]
        return (references[at],) if -len(references) <= at < len(references) else ()
    return ()


_AMONG = re.compile(
    r"(?:^(?:(?:and|so|ok(?:ay)?|but)?,?\s*)|\b(?<=which )|(?<=how many )|(?<=any )|(?<=some )|(?<=none )|(?<=most )|(?<=all ))"
    r"(?:of|among|amongst|out of|from)\s+(?:all\s+)?(?:these|those|them)\b(?:,?\s+(?:which|what)\b)?(?:\s+(?:ones\s+)?(?:is|are|was|were)(?=\s+(?:from|by|in|on|about|with)\b))?"
    r"|^(?:(?:and\s+|but\s+)?(?:only|just)\s+)?(?:the ones|those)(?=\s+(?:that|which|with|without|from|by|on|about)\b)",
    re.IGNORECASE,
)


def among_earlier(text: str) -> str:
    """A follow-up that asks for some of the papers of the last answer, as a question about papers; else nothing.

    >>> [among_earlier(t) for t in ("which of them have code?", "Of these, which are from 2022?", "only those with code", "the limits of them?")]
    ['which papers have code?', 'papers from 2022?', 'papers with code', '']
    """
    asked, times = _AMONG.subn("papers", text, count=1)
    return asked if times else ""


def condense(text: str, history: Sequence[str]) -> str:
    """A standalone form: the follow-up with the name that it refers back to in its place, and, in parentheses, the terms that it leans on.

    Walks back while earlier questions are follow-ups themselves, so a chain reaches the question that named the subject.

    >>> condense("which optimizers does it beat?", ["What is AdaSAM?"]), condense("why not?", ["Does pruning hurt accuracy?"])
    ('which optimizers does AdaSAM beat?', 'why not? (pruning hurt accuracy)')
    """
    chain: list[str] = []
    for earlier in reversed(history):
        chain.append(earlier)
        if not is_follow_up(earlier):
            break
    subject = subject_of(chain[-1]) if chain else ""
    if _named(subject) and subject in chain[-1] and _PRONOUN.search(text) and not _EMPTY_IT.search(text):
        text = about(text, subject)
    own = set(stems(text))
    terms: list[str] = []
    for earlier in reversed(chain):
        for token in re.findall(r"[\w][\w.+'-]*[\w+]|\w", earlier):
            stemmed = stems(token)
            if stemmed and not set(stemmed) <= own and token.lower() not in _QUESTION_WORDS:
                own |= set(stemmed)
                terms.append(token)
    return f"{text.rstrip()} ({' '.join(terms)})" if terms else text


_PRONOUN = re.compile(r"\b(?:it|its|this|they|their)\b", re.IGNORECASE)

_EMPTY_IT = re.compile(r"\b(?:is|was) it \w+ (?:to|that|for)\b", re.IGNORECASE)
"""An "it" that stands for nothing before it ("is it possible to ...")."""


def _named(subject: str) -> bool:
    """Whether a subject is a name, which can stand where a pronoun stood."""
    return any(c.isupper() or c.isdigit() for c in subject)


_QUESTION_WORDS = frozenset(
    """what which who whom whose when where why how many much does did paper papers tell about please show list give
    find name work works kind type""".split()
)


_QUESTION_STEMS = frozenset(stem(w) for w in _QUESTION_WORDS)


def tidy(text: str) -> str:
    """The text without doubled spaces and without words that only carried a filter ("papers posted ,")."""
    text = re.sub(r"\s+([?.,;!])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,;")
    left = [w for w in words(text) if w not in STOP_WORDS and w not in _HOLLOW]
    return text if left else ""


_HOLLOW = frozenset(
    """paper papers article articles work works study studies posted published released submitted uploaded appeared
    post publish release submit upload write wrote appear
    listed category arxiv collection library list show find give many count number written authored author authors
    code available research according listing dated date dates recent latest newest oldest anything everything entries here there came come come most top highest best rated ranked scoring score listing entry earliest first last publication preprint abstract abstracts co-author coauthor co-authored coauthored comes contribute contributed involve involved involving among online went put hand part filed under co-written cowritten co-wrote co-writes written signed credit credited credits include includes including lists listing naming names named person featuring listings what's who's""".split()
)


def is_hollow(topic: str) -> bool:
    """True where nothing but filters is asked ("which papers were posted in May 2023?"): there is no topic to search."""
    return not [w for w in words(re.sub(r"['’]s\b", "", topic)) if w not in STOP_WORDS and w not in _HOLLOW and w not in _QUESTION_WORDS]


_FIELD_WORD = re.compile(
    r"\b(?:arxiv|category|categories|subject class|listed|listing|flag|flagged|marked|filed|under|posted|published|publication|publish|released|release|submitted|submission|uploaded|"
    r"dates?|dated|year|month|day|authors?|authored|wrote|written|co-?authors?|code|github|repository|repo|link|address|available|public|paper|article|preprint)\b",
    re.IGNORECASE,
)


def without_field_words(topic: str) -> str:
    """The topic without the words that name a stored field ("which category is AdaSAM listed under"): what is left names the paper.

    The topic itself where nothing telling would be left.
    """
    left = tidy(_FIELD_WORD.sub(" ", topic))
    return left if stems(left) else topic
