"""Sentences with character spans, words and stems, and the normal form of a text for identity.

Text goes in, spans or plain strings come out; nothing here knows papers. LaTeX and Markdown are cleaned in `rag.markup`, whose
`plain` is offered here as well.
"""

# ruff: noqa: RUF001, SIM905 - typographic marks are what is parsed here, and lists of words read best as running text

from __future__ import annotations

import gzip
import json
import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from rag.markup import plain

__all__ = ["STOP_WORDS", "Span", "english", "normalise", "plain", "sentences", "stem", "stems", "words"]

STOP_WORDS: frozenset[str] = frozenset(
    """a about above after again against all also although am among an and any are as at be because been before being below
    between both but by can cannot could did do does doing down during each either few for from further had has have having he
    her here hers him his how however i if in into is it its itself just may me might more most must my neither no nor not of off
    on once only onto or other our ours out over own per same shall she should so some such than that the their theirs them then
    there these they this those though through thus to too under until up upon us very via was we were what when where whether
    which while who whom whose why will with within without would yet you your yours""".split()
)

# Words that open sentences: they settle the doubtful cases, such as a full stop after "et al." or a single capital.
_OPENERS = frozenset(
    """a additionally after all also although an and another as at based because besides both but by code compared currently
    data despite due each empirically even experiments extensive finally first firstly for further furthermore given hence here how
    however if in indeed instead it its last lastly many meanwhile more moreover most motivated next nevertheless notably on one our
    overall particularly previous recent recently results second secondly see similarly since so some specifically such surprisingly
    that the their then there therefore these they third this those though through thus to together under unlike using we what
    when whereas whether while why with without yet""".split()
)
# Never the end of a sentence.
_NEVER = frozenset(
    {"e.g", "i.e", "cf", "vs", "viz", "dr", "prof", "mr", "mrs", "ms", "st", "mt", "approx", "resp", "a.k.a", "w.r.t", "s.t"}
)
# An abbreviation where a number or a name follows, else a word like any other ("the answer is no.").
_BEFORE_NUMBER = frozenset(
    """fig figs eq eqs eqn sec secs sect tab ref refs no nos ch vol pp p app alg thm jan feb mar apr jun jul aug sep sept oct nov
    dec""".split()
)
# The end of a sentence only where an opener follows.
_SOMETIMES = frozenset({"al", "inc", "ltd", "co", "corp", "jr", "sr", "ph.d", "u.s", "u.k", "u.n", "e.u", "dept", "univ", "a.m", "p.m"})

_END = re.compile(r"[.!?]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”’）]*")
# "one paradigm.The system": a lost space, taken for an end only before a word that opens sentences.
_GLUED = re.compile(r"(?<=[a-z]{3})\.(?=([A-Z][a-z]*)\s)")
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")
_WORD = re.compile(r"[^\W_]+(?:[.'\-][^\W_]+)*")
_FIRST = re.compile(r"[^\W\d_]+")
# A remark in brackets longer than this is taken for an unclosed bracket.
_REMARK_CHARS = 400
_AN_ABSTRACT = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a text."""

    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """The sentences of `text`, in order, without surrounding white space; together they hold every other character.

    A full stop in an abbreviation, an initial, a number, an address or a bracketed remark ends nothing, nor does a semicolon.
    """
    return list(_sentences(text)) if len(text) <= _AN_ABSTRACT else _cut(text)


@lru_cache(maxsize=1024)
def _sentences(text: str) -> tuple[Span, ...]:
    """Remembered: an abstract is cut to be chosen from, to be shown to a model, and to check what the model wrote."""
    return tuple(_cut(text))


def _cut(text: str) -> list[Span]:
    cuts = {m.end() for m in _END.finditer(text) if _ends(text, m)}
    cuts |= {m.end() for m in _GLUED.finditer(text) if m[1].lower() in _OPENERS}
    cuts |= {m.start() for m in _PARAGRAPH.finditer(text)}
    spans: list[Span] = []
    start = 0
    for end in [*sorted(_outside_brackets(text, cuts)), len(text)]:
        piece = text[start:end]
        if stripped := piece.strip():
            at = start + len(piece) - len(piece.lstrip())
            # A piece without a letter or digit (a stray dot) belongs to the sentence before it.
            if spans and not any(map(str.isalnum, stripped)):
                spans[-1] = Span(spans[-1].start, at + len(stripped))
            else:
                spans.append(Span(at, at + len(stripped)))
        start = end
    return spans


def _ends(text: str, mark: re.Match[str]) -> bool:
    """Whether the punctuation in `mark` ends a sentence, by the words on both sides."""
    if mark[0][0] in "。！？":
        return True
    rest = text[mark.end() : mark.end() + 80].lstrip()
    if not rest:
        return True
    follower = rest.split(maxsplit=1)[0]
    opening = follower.lstrip("\"'“‘`«([{")
    if opening[:1].islower() and opening.rstrip(",;:").isalpha() and opening.rstrip(",;:").islower():
        return False
    before = text[max(0, mark.start() - 60) : mark.start()].split()
    last = before[-1].lstrip("\"'“‘`«([{") if before else ""
    if not mark[0].startswith(".") or mark[0].startswith(".."):
        return last.lower() != "yahoo"
    first = _FIRST.match(opening)
    opener = first is not None and first[0].lower() in _OPENERS and opening[:1].isupper()
    short = last.lower()
    if short in _NEVER:
        return False
    if short in _BEFORE_NUMBER:
        return not (opening[:1].isdigit() or follower[0] in "([")
    if short in _SOMETIMES or (len(last) == 1 and last.isalpha() and last.isupper()) or re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", last):
        return opener
    # "1. First point": a number that counts, at the start of the text or of a sentence.
    counting = last.isdigit() and len(last) <= 2 and (len(before) == 1 or before[-2].endswith((".", "?", "!", ":", ";")))
    return not counting


def _outside_brackets(text: str, cuts: set[int]) -> list[int]:
    """The cuts that don't fall into a round bracket which closes soon after it opened."""
    kept, opened, done = [], [], 0
    inside: list[tuple[int, int]] = []
    for at, char in enumerate(text):
        if char == "(":
            opened.append(at)
        elif char == ")" and opened:
            begin = opened.pop()
            if at - begin <= _REMARK_CHARS:
                inside.append((begin, at))
    inside.sort()
    reach = -1
    for cut in sorted(cuts):
        while done < len(inside) and inside[done][0] < cut:
            reach = max(reach, inside[done][1])
            done += 1
        if cut > reach:
            kept.append(cut)
    return kept


def words(text: str) -> list[str]:
    """Lower-case words without accents, in order; inner `.`, `'` and `-` stay: `gpt-3.5`, `10.5`, `don't`, `mt5`."""
    if text.isascii():
        return _WORD.findall(text.casefold())
    folded = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‑", "-").replace("‐", "-"))
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)).casefold())


_local = threading.local()


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word; a word with a digit in it is returned as it stands."""
    if any(map(str.isdigit, word)):
        return word
    # A stemmer object must not be shared between threads.
    stemmer: Any = getattr(_local, "stemmer", None)
    if stemmer is None:
        import Stemmer

        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return str(stemmer.stemWord(word))


def stems(text: str, *, stop: bool = True) -> list[str]:
    """The stems of the words of `text`, in order, without the stop words where `stop`.

    A compound of letters alone is taken apart (`self-supervised` gives `self`, `supervis`); one with a digit stays whole (`gpt-4`).
    """
    found = []
    for word in words(text):
        parts = [word] if any(map(str.isdigit, word)) else word.split("-")
        found += [stem(part) for part in parts if not (stop and part in STOP_WORDS)]
    return found


def normalise(text: str) -> str:
    """Letters and digits alone, case-folded (NFKC), single-spaced: equal for titles that differ in punctuation or case."""
    folded = text
    for _ in range(3):  # folding can undo the normal form and the other way round; three rounds reach the fixed point
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


@lru_cache(maxsize=1)
def _english() -> frozenset[bytes]:
    """The words of pyspellchecker's list; read here, since all that goes with them takes a sixth of a second to be made ready."""
    return frozenset(gzip.decompress(_list()).split(b'"')[1::2])


def _list() -> bytes:
    return resources.files("spellchecker").joinpath("resources", "en.json.gz").read_bytes()


def english(word: str) -> bool:
    """Whether an English word list has the word, whatever its case.

    >>> english("meant"), english("Whole"), english("efficent")
    (True, True, False)
    """
    return word.casefold().encode() in _english()


def common(word: str) -> float:
    """How often an English word stands in running text, in a million words; 0 for one that the word list lacks.

    >>> common("size") > 10 > common("pruning")
    True
    """
    counts, total = _counts()
    return 1e6 * counts.get(word.casefold(), 0) / total


_SPELLINGS = (
    (r"is(?=(?:e|es|ed|er|ers|ing|ations?|able)$)", "iz"),
    (r"ys(?=(?:e|es|ed|er|ing)$)", "yz"),
    (r"our", "or"),
    (r"ll(?=(?:ed|ing|er|ers)$)", "l"),
)


def same_word(one: str, other: str) -> bool:
    """Whether two spellings are British and American English of one word.

    >>> same_word("Summarise", "summarize"), same_word("modelling", "modeling"), same_word("fine", "fire")
    (True, True, False)
    """
    texts = [one.casefold(), other.casefold()]
    for pattern, american in _SPELLINGS:
        texts = [re.sub(pattern, american, text) for text in texts]
    return texts[0] == texts[1]


@lru_cache(maxsize=1)
def _counts() -> tuple[dict[str, int], int]:
    counts: dict[str, int] = json.loads(gzip.decompress(_list()))
    return counts, sum(counts.values())
