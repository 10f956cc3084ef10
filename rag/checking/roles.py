"""Who does what with whom, of whom it is said, and in which order: what stays in place when a sentence is put in other words.

Each rule compares where names and contrasted words of a claim stand with where the abstract has them, and names what changed places. They
look at form alone (clauses, lists, what stands before and behind a verb of comparison), so they hold for any subject.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.checking import polarity
from rag.checking.lexicon import BETTER, COMPARING_VERBS, FAINT, OF_OTHERS, TRAILING, WORSE, stem
from rag.checking.segments import blanked, names_in, slot
from rag.checking.support import LIGHT
from rag.reading.figures import quantities, same_unit, same_value
from rag.reading.names import TOKEN, Name, key_of
from rag.text import STOP_WORDS, english

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTRAST = re.compile(r",?\s+(?:whereas|while|whilst|but|yet|although)\s+(?!\w+ing\b)", re.IGNORECASE)
_ORDINALS = {"1st": 1, "first": 1, "top": 1, "2nd": 2, "second": 2, "3rd": 3, "third": 3, "4th": 4, "fourth": 4, "last": 99}
_RANK = re.compile(
    r"\b(1st|2nd|3rd|4th|first|second|third|fourth|last)\b(?=\s+(?:places?|ranks?|positions?|on|in|for|among|at)\b|,|\s*$)", re.IGNORECASE
)
_SUBJECT_OF_OTHERS = re.compile(
    r"\b(?:previous|prior|earlier|existing|past|most|many|current|traditional|conventional|other)\s+(?:[\w\-]+\s+){0,3}?"
    r"(?:works?|stud(?:y|ies)|methods?|approach(?:es)?|models?|techniques?|research|systems?|efforts?|literature|baselines?|practices?)\b"
    r"|\b(?:these|those|such)\s+(?:[\w\-]+\s+)?(?:methods|approaches|models|techniques|systems|works|baselines)\s+(?:often|usually|typically|generally|tend|still|mostly|fail|suffer|overlook|ignore|neglect|require|rely)\b",
    re.IGNORECASE,
)
_COORDINATED = re.compile(r"((?:[\w\-]+\s+)?[\w\-]+)\s+and\s+([\w\-]+(?:\s+[\w\-]+)?)")
_CASE = re.compile(r"^(?:in|for|on|with|under|at|within|among|across)\s+([^,]{2,50}),\s+", re.IGNORECASE)
_SET_AGAINST = re.compile(r"^(?:while|whereas|although|though|whilst)\s+(?!\w+ing\b)(.{12,}?),\s+(.{12,})$", re.IGNORECASE)
_PREPOSITIONS = frozenset({"against", "with", "from", "into", "by", "on", "for", "using", "over", "at"})
_OURS = re.compile(
    r"\b(?:we|our|ours|us|this (?:paper|work)|the proposed|in contrast|unlike|to (?:bridge|address|fill|tackle|overcome))\b", re.IGNORECASE
)


def misplaced(claim: str, sentences: Sequence[str], *, own: frozenset[str]) -> str | None:
    """The first thing that stands in another's place; None where nothing does. `own` are keys of the paper's own names."""
    return (
        _outdone(claim, sentences)
        or _respectively(claim, sentences)
        or _ranked(claim, sentences)
        or _crossed(claim, sentences)
        or _elsewhere(claim, sentences)
        or _of_others(claim, sentences, own)
        or _figure_of_another(claim, sentences, own)
        or _other_object(claim, sentences)
    )


# -- comparisons -----------------------------------------------------------------------------------------------------------------


def _outdone(claim: str, sentences: Sequence[str]) -> str | None:
    """Names on the two sides of a comparison, the other way round."""
    for word, ahead, behind in _sides(claim):
        straight = crossed = 0
        for sentence in sentences:
            for _word, theirs_ahead, theirs_behind in _sides(sentence):
                one, other = ahead - behind, behind - ahead
                straight = max(straight, len(one & theirs_ahead) * (len(other & theirs_behind) + 1))
                if one & theirs_behind and other & theirs_ahead:
                    crossed = max(crossed, len(one & theirs_behind) * (len(other & theirs_ahead) + 1))
        if crossed > straight:
            return f"who is ahead of whom ({word!r})"
    return None


@lru_cache(maxsize=4096)
def _sides(text: str) -> tuple[tuple[str, frozenset[str], frozenset[str]], ...]:
    """Each verb of comparison with the keys of names before it and behind it: who is ahead, who behind."""
    found = []
    row = [(m[0].lower(), m.start(), m.end()) for m in TOKEN.finditer(text)]
    for n, (word, start, end) in enumerate(row):
        if word not in COMPARING_VERBS | TRAILING | {"behind"}:
            if word != "than":
                continue
            near = {w for w, _a, _b in row[max(0, n - 5) : n]}
            sign = -1 if near & WORSE else 1 if near & BETTER else 0
        else:
            sign = 1 if word in BETTER else -1
            before = [w for w, _a, _b in row[max(0, n - 3) : n]]
            if "by" in [w for w, _a, _b in row[n + 1 : n + 2]] and {"is", "are", "was", "were", "be", "been"} & set(before):
                sign = -sign
            if {"not", "never", "cannot"} & set(before):
                sign = -sign
        if not sign:
            continue
        one = frozenset(x.key for x in names_in(text) if x.end <= start)
        other = frozenset(x.key for x in names_in(text) if x.start >= end)
        if one and other:
            found.append((word, one, other) if sign > 0 else (word, other, one))
    return tuple(found)


# -- lists in parallel -----------------------------------------------------------------------------------------------------------


def _respectively(claim: str, sentences: Sequence[str]) -> str | None:
    """Two names that a sentence pairs otherwise: `A and B ... C and D, respectively`."""
    if "respectively" in claim.lower():
        return None
    for sentence in sentences:
        if "respectively" not in sentence.lower():
            continue
        if _paired_otherwise(claim, sentence):
            return "what goes with what is the other way round"
        runs = [r for r in _runs(sentence) if len(r) > 1]
        for one, other in itertools.combinations(runs, 2):
            if len(one) != len(other) or set(one) & set(other):
                continue
            for piece in re.split(r"\s+and\s+|[,;]\s+|\s+(?:whereas|while|but)\s+", claim):
                keys = {n.key for n in names_in(piece)}
                left, right = [n for n, k in enumerate(one) if k in keys], [n for n, k in enumerate(other) if k in keys]
                if left and right and not set(left) & set(right):
                    return f"{one[left[0]]!r} does not go with {other[right[0]]!r}"
    return None


def _paired_otherwise(claim: str, sentence: str) -> bool:
    """Whether a piece of the claim puts together two words that a sentence pairs otherwise: `A m and B m, for C and D respectively`."""
    before = sentence[: sentence.lower().rindex("respectively")]
    pairs = [(_content(m[1]), _content(m[2])) for m in _COORDINATED.finditer(before)]
    pairs = [(a - b, b - a) for a, b in pairs if a - b and b - a][-2:]
    if len(pairs) < 2:
        return False
    (a, b), (c, d) = pairs
    mixed = 0
    for piece in re.split(r"\s+and\s+|[,;]\s+|\s+(?:whereas|while|but)\s+", claim):
        own = _content(piece)
        right = (own & a and own & c) or (own & b and own & d)
        mixed += bool((own & a and own & d) or (own & b and own & c)) and not right
    return mixed > 0


def _runs(text: str) -> list[list[str]]:
    """Keys of names in a row, joined by commas and `and`."""
    found: list[list[str]] = []
    end = -1
    for name in names_in(text):
        gap = text[end : name.start] if end >= 0 else ""
        if found and re.fullmatch(r"\s*(?:,|,?\s*and|,?\s*or|&)\s*(?:the\s+)?", gap):
            found[-1].append(name.key)
        elif not (found and gap.isspace()):
            found.append([name.key])
        end = name.end
    return found


def _ranked(claim: str, sentences: Sequence[str]) -> str | None:
    """A name under another rank than the abstract gives it."""
    ours = _ranks(claim)
    if not ours:
        return None
    theirs = [pair for sentence in sentences for pair in _ranks(sentence)]
    for name, rank in ours:
        given = {r for n, r in theirs if n == name}
        if given and rank not in given:
            return f"{name!r} has another rank in the abstract"
    return None


@lru_cache(maxsize=2048)
def _ranks(text: str) -> tuple[tuple[str, int], ...]:
    """(name, rank) pairs: names behind an ordinal, up to the next one."""
    marks = list(_RANK.finditer(text))
    found = []
    for n, mark in enumerate(marks):
        until = marks[n + 1].start() if n + 1 < len(marks) else len(text)
        stop = re.search(r";|\.\s|\bin terms of\b", text[mark.end() : until])
        until = mark.end() + stop.start() if stop else until
        found += [(x.key, _ORDINALS[mark[1].lower()]) for x in names_in(text) if mark.end() <= x.start < until]
    return tuple(found)


# -- clauses that are set against each other -------------------------------------------------------------------------------------


def _crossed(claim: str, sentences: Sequence[str]) -> str | None:
    """Two clauses whose subjects have changed places: `X gives A, whereas Y gives B` told as `Y gives A, whereas X gives B`."""
    ours = _contrasted(claim)
    if ours is None:
        return None
    for sentence in sentences:
        theirs = _contrasted(sentence)
        if theirs is None:
            continue
        heads = [[len(a & b) for b in (theirs[0][0], theirs[1][0])] for a in (ours[0][0], ours[1][0])]
        tails = [[len(a & b) for b in (theirs[0][1], theirs[1][1])] for a in (ours[0][1], ours[1][1])]
        straight_heads, crossed_heads = heads[0][0] + heads[1][1], heads[0][1] + heads[1][0]
        straight_tails, crossed_tails = tails[0][0] + tails[1][1], tails[0][1] + tails[1][0]
        turned_heads = crossed_heads - straight_heads
        turned_tails = crossed_tails - straight_tails
        if turned_heads * turned_tails < 0 and abs(turned_heads) >= 2 and abs(turned_tails) >= 1:
            return "what is said of the one is said of the other in the abstract"
        if _mixed(*(_plain(head | tail) for head, tail in ours), *(_plain(head | tail) for head, tail in theirs)):
            return "what is said of the one is said of the other in the abstract"
    return None


def _plain(stems: frozenset[str]) -> frozenset[str]:
    """Words alone: names and figures have rules of their own."""
    return frozenset(s for s in stems if s.isalpha() or s.replace("-", "").isalpha()) - LIGHT - FAINT


def _mixed(one: frozenset[str], other: frozenset[str], first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether clauses draw on both of two clauses that are set against each other, and each on what the other should."""
    draws = [(len(c & first), len(c & second)) for c in (one, other)]
    both = [min(d) > 0 for d in draws]
    if all(both):
        return True
    if not any(both):
        return False
    mixed, alone = (draws[0], draws[1]) if both[0] else (draws[1], draws[0])
    side = 0 if mixed[0] >= mixed[1] else 1
    return mixed[side] >= 2 and alone[side] >= 1 and alone[1 - side] == 0


def _elsewhere(claim: str, sentences: Sequence[str]) -> str | None:
    """What is said of one case, told of another: `In A data, X`, where the abstract has `for B data, X`."""
    said = _CASE.match(claim)
    if said is None:
        return None
    case, rest = _content(said[1]), _content(claim[said.end() :])
    if not case or not rest:
        return None
    best = max(sentences, key=lambda s: len(rest & _content(s)), default="")
    given = _CASE.match(re.sub(r"^(?:However|Moreover|Furthermore|In contrast|By contrast|Meanwhile|Specifically|Here),?\s+", "", best))
    if given is None or len(rest & _content(best)) * 2 < len(rest):
        return None
    case, there = case - FAINT - LIGHT, _content(given[1]) - FAINT - LIGHT
    moved = case and there and not there & _content(claim) and not case & _content(best)
    return f"it is said of {given[1]!r}" if moved else None


@lru_cache(maxsize=4096)
def _contrasted(text: str) -> tuple[tuple[frozenset[str], frozenset[str]], tuple[frozenset[str], frozenset[str]]] | None:
    """Two clauses, each as the stems of its first words and of the rest, without what both have."""
    opened = _SET_AGAINST.match(text)
    pieces = [opened[1], opened[2]] if opened else [p for p in _CONTRAST.split(text) if len(p.split()) >= 3]
    if len(pieces) != 2:
        return None
    sides = []
    for piece in pieces:
        row = [stem(t) for t in polarity.tokens_of(piece) if t[0].isalnum() and t not in STOP_WORDS]
        cut = max(1, min(len(row) // 2, 4))
        sides.append((frozenset(row[:cut]), frozenset(row[cut:])))
    common = (sides[0][0] | sides[0][1]) & (sides[1][0] | sides[1][1])
    one, other = ((head - common, tail - common) for head, tail in sides)
    return one, other


# -- of whom it is said ----------------------------------------------------------------------------------------------------------


def _of_others(claim: str, sentences: Sequence[str], own: frozenset[str]) -> str | None:
    """What the abstract says of earlier work, told of the paper's own."""
    if _SUBJECT_OF_OTHERS.search(claim) or not sentences:
        return None
    first = next(iter(names_in(claim)), None)
    known = {n.key for s in sentences for n in names_in(s)}
    if first is None or first.key not in own | known or first.start > 4:
        return None
    words = _content(claim) - {stem(first.text.lower())}
    shares = [len(words & _content(s)) for s in sentences]
    best = max(range(len(sentences)), key=lambda n: (shares[n], -n))
    text = sentences[best]
    others = _SUBJECT_OF_OTHERS.search(text)
    if (
        others is None
        or others.start() > 60
        or _OURS.search(text)
        or any(n.key in own | {first.key} for n in names_in(text))
        or OF_OTHERS.search(claim)
    ):
        return None
    rest = max((shares[n] for n in range(len(sentences)) if n != best), default=0)
    much = shares[best] >= 3 and shares[best] * 4 >= 3 * len(words)
    return "the abstract says so of others" if much and shares[best] >= rest + 2 else None


def _figure_of_another(claim: str, sentences: Sequence[str], own: frozenset[str]) -> str | None:
    """A figure told of a name that its sentence does not speak of, though the abstract has both."""
    known = {n.key for s in sentences for n in names_in(s)}
    first = TOKEN.match(claim)
    opening = (
        [Name(first[0], key_of(first[0]), 0, first.end())]
        if first
        and first[0][0].isupper()
        and key_of(first[0]) in known
        and (not english(first[0]) or claim[first.end() : first.end() + 1] == ",")
        else []
    )
    subject = next((n for n in (*opening, *names_in(claim)) if n.start < 30 and (n in opening or slot(claim, n) == "subject")), None)
    if subject is None or subject.key in own:
        return None
    homes = [n for n, s in enumerate(sentences) if any(x.key == subject.key for x in names_in(s))]
    if not homes:
        return None
    for figure in quantities(claim):
        places = [n for n, s in enumerate(sentences) if any(same_value(figure, q) and same_unit(figure, q) for q in quantities(s))]
        if not places or set(places) & set(homes):
            continue
        goes_on = any(
            n - 1 in homes and re.match(r"(?:It|They|This|These|Its|Their|Both|Here|Specifically|In particular)\b", sentences[n])
            for n in places
        )
        if not goes_on and figure.unit:
            return f"{claim[figure.start : figure.end]!r} is not said of {subject.text!r}"
    return None


def _other_object(claim: str, sentences: Sequence[str]) -> str | None:
    """A name behind a verb and its preposition (`plays against X`), where the abstract has the two with something else alone."""
    row = [(m[0].lower(), m.start(), m.end()) for m in TOKEN.finditer(claim)]
    for name in names_in(claim):
        before = [t for t in row if t[2] <= name.start][-2:]
        if (
            len(before) < 2
            or not before[0][0].endswith(("s", "ed", "ing"))
            or before[1][0] not in _PREPOSITIONS
            or stem(before[0][0]) in LIGHT
            or before[0][0] in STOP_WORDS
            or claim[before[0][2] : before[1][1]].strip()
        ):
            continue
        verb, place = stem(before[0][0]), before[1][0]
        regions = [region for s in sentences for region in _behind(s, verb, place)]
        if regions and not any(name.key in keys for keys in regions) and any(n.key == name.key for s in sentences for n in names_in(s)):
            return f"{name.text!r} stands where the abstract has something else behind '{before[0][0]} {place}'"
    return None


@lru_cache(maxsize=4096)
def _behind(sentence: str, verb: str, place: str) -> tuple[frozenset[str], ...]:
    """Keys of the names up to sixteen words behind a verb with its preposition, wherever the sentence has the two."""
    row = [(m[0].lower(), m.start(), m.end()) for m in TOKEN.finditer(sentence)]
    found = []
    for n, (word, _start, _end) in enumerate(row[:-1]):
        if stem(word) == verb and place in {w for w, _a, _b in row[n + 1 : n + 3]}:
            until = row[min(len(row) - 1, n + 18)][2]
            found.append(frozenset(x.key for x in names_in(sentence) if row[n + 1][1] <= x.start < until))
    return tuple(found)


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    return frozenset(stem(t) for t in polarity.tokens_of(blanked(text)) if t[0].isalnum() and t not in STOP_WORDS)
