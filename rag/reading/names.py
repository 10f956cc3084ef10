"""Names in a sentence (systems, data sets, measures, languages, people) and whether a text holds them.

A name is told by its form: capitals inside or beyond the first letter, digits among letters, a capital in the middle of a sentence.
It stands in a text where its letters and digits do, whatever the case, hyphens and spaces (`GPT4`, `GPT-4`), where the text spells
out an abbreviation (`RL`, `reinforcement learning`), or the other way round.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from rag.text import STOP_WORDS, english, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN = re.compile(r"[^\W_]+(?:[.'’\-+/&][^\W_]+)*\+*", re.UNICODE)  # noqa: RUF001
_LONGEST_RUN = 4
_PART = re.compile(r"[\-/&]")
_COUNTING = re.compile(r"\d+(?:[.,]\d+)*[KMBT]?(?:-?[a-z]+)?(?:-[a-z]+)*")
MONTHS = (*("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"),)
_MONTH_OF = {m[:3].capitalize(): m for m in MONTHS} | {"Sept": "september"}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_OWN = re.compile(
    r"\b(?:we|our|ours|us|it|its|itself|they|their|this (?:paper|work|study|article|method|approach|model|framework|system)|"
    r"the (?:proposed|new|presented|resulting|authors?)(?: \w+)?|"
    r"the (?:paper|work|study|article|method|approach|model|framework|system))\b",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?:propose|proposes|proposed|introduce|introduces|introduced|present|presents|presented|develop|develops|developed|release|releases"
    r"|call|called|named|dubbed|termed|build|builds|built|offers?|create|creates|created|describes?|is an?|are|is the)\b",
    re.IGNORECASE,
)
# `Large Language Models`, for a text that only abbreviates it.
_CAPITALS = re.compile(r"\b[A-Z][\w-]*(?:\s+[A-Z][\w-]*){1,4}")
_VERB_AFTER = re.compile(
    r"\s+(?:is|was|has|can|does|will|and|outperforms|beats|surpasses|exceeds|achieves|reaches|scores|gets|obtains|attains|improves|uses|gains"
    r"|raises|reduces|lowers|cuts|needs|requires|combines|trains|runs|shows|yields|lags|trails|performs|works|makes|provides|offers|learns)\b"
)
_ORDINARY = frozenset(
    {"however", "moreover", "furthermore", "language", "accuracy", "performance", "model", "method", "system", "framework", "approach"}
    | {"data", "dataset", "network", "code", "algorithm", "benchmark", "paper", "study", "work", "technique", "loss", "error", "cost"}
    | {"speed", "quality", "research", "text", "image", "video", "user", "human", "student", "teacher", "software", "memory", "time"}
    | {"inference", "knowledge", "translation", "size", "scale", "noise", "rate", "score", "task", "tool", "theory", "analysis", "evidence"}
    | {
        "weak",
        "strong",
        "poor",
        "good",
        "better",
        "best",
        "high",
        "low",
        "small",
        "large",
        "simple",
        "fast",
        "early",
        "late",
        "much",
        "little",
    }
    | {"previous", "prior", "recent", "current", "existing", "further", "another", "none", "nothing", "everything", "neither", "code"}
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written, its characters, and its letters and digits alone, lower-case."""

    text: str
    key: str
    start: int
    end: int


def names(sentence: str) -> list[Name]:
    """The names of a sentence in order.

    >>> [n.text for n in names("On CIFAR-10, the Vision Transformer ViT-B beats ResNet-50 in English.")]
    ['CIFAR-10', 'Vision', 'Transformer', 'ViT-B', 'ResNet-50', 'English']
    """
    return list(_names(sentence))


@lru_cache(maxsize=4096)
def _names(sentence: str) -> tuple[Name, ...]:
    found = []
    opening = True
    end = 0
    for match in TOKEN.finditer(sentence):
        if re.search(r"[.!?:]\s", sentence[end : match.start()]):
            opening = True
        word = match[0].strip("+/&") or match[0]
        if _is_name(word, opening=opening, after=sentence[match.end() : match.end() + 24]):
            found.append(Name(word, key_of(word), match.start(), match.end()))
        opening, end = False, match.end()
    return tuple(found)


@lru_cache(maxsize=16_384)
def key_of(word: str) -> str:
    """Letters and digits of a name, lower-case, without a plural's s behind capitals (`LLMs`); a month in full."""
    word = re.sub(r"['’]s$", "", word)  # noqa: RUF001
    if re.search(r"[A-Z0-9]s$|^[A-Z]-[a-z]+s$", word):  # "LLMs", "X-rays"
        word = word[:-1]
    word = _MONTH_OF.get(word, word).translate(_RAISED)
    return re.sub(r"[\W_]+", "", word).casefold()


def part_keys(word: str) -> set[str]:
    """The keys of the parts of a compound (`InstructGPT/GPT-3`), bare figures left out."""
    return {key_of(part) for part in _PART.split(word) if part and not part.isdigit()}


class _Runs:
    """Words put one behind the other; a run of up to `_LONGEST_RUN` of them is found in the whole."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._whole = "".join(keys)
        ends = list(itertools.accumulate(map(len, keys)))
        self._starts = {end - len(key): n for n, (key, end) in enumerate(zip(keys, ends, strict=True)) if key}
        self._ends = {end: n for n, (key, end) in enumerate(zip(keys, ends, strict=True)) if key}

    def has(self, key: str) -> bool:
        """Whether `key` is a word or a run of words."""
        at = self._whole.find(key) if key else -1
        while at >= 0:
            first, last = self._starts.get(at), self._ends.get(at + len(key))
            if first is not None and last is not None and last - first < _LONGEST_RUN:
                return True
            at = self._whole.find(key, at + 1)
        return False

    def has_end(self, end: str) -> bool:
        """Whether a word ends so."""
        return any(self._whole.endswith(end, 0, place) for place in self._ends)


class Named:
    """What a text holds of names: every word and run of up to four words as letters and digits, and its initials."""

    def __init__(self, text: str) -> None:
        """Index `text` (title and abstract together)."""
        parts = [m[0] for m in TOKEN.finditer(text)]
        self._flat = [piece for part in parts for piece in _PART.split(part) if piece]
        self._runs = (_Runs([key_of(part) for part in parts]), _Runs([key_of(piece) for piece in self._flat]))

    @cached_property
    def _stems(self) -> set[str]:
        return {stem(piece.casefold()) for piece in self._flat}

    @cached_property
    def _initials(self) -> set[str]:
        lower = [piece.casefold() for piece in self._flat]
        found = set()
        for size in (2, 3, 4, 5):
            for n in range(len(lower) - size + 1):
                run = lower[n : n + size]
                if not any(w in STOP_WORDS for w in (run[0], run[-1])):
                    found.add("".join(w[0] for w in run))
                    found.add("".join(w[0] for w in run if w not in STOP_WORDS))
        return found

    def has(self, key: str) -> bool:
        """Whether a word or a run of words has this key."""
        return any(runs.has(key) for runs in self._runs)

    def has_end(self, end: str) -> bool:
        """Whether the key of a word ends so."""
        return any(runs.has_end(end) for runs in self._runs)

    def holds(self, name: Name) -> bool:
        """Whether the text has this name, in one of the ways above."""
        if self.has(name.key) or (len(name.key) > 1 and name.key.isalpha() and name.text.isupper() and name.key in self._initials):
            return True
        if re.fullmatch(r"[A-Z]{2,5}s", name.text) and name.key in self._initials:
            return True
        plain = name.text.casefold()
        if plain.isalpha() and not name.text[1:].isupper() and stem(plain) in self._stems:
            return True
        parts = [p for p in _PART.split(name.text) if p]
        return len(parts) > 1 and all(self._holds_part(part) for part in parts)

    def _holds_part(self, part: str) -> bool:
        """A part of a compound name: parts without capitals or digits (`-based`) are no names."""
        if part.islower() and part.isalpha():
            return True
        if part.isdigit():
            return False
        return self.holds(Name(part, key_of(part), 0, len(part)))


@lru_cache(maxsize=1024)
def named(text: str) -> Named:
    """`Named(text)`, kept for the next sentence."""
    return Named(text)


def missing(sentence: str, text: str) -> list[str]:
    """The names of the sentence that `text` does not hold, in order."""
    found = names(sentence)
    if not found:
        return []
    index = named(text)
    lost = [n for n in found if not index.holds(n)]
    if not lost:
        return []
    for run in _CAPITALS.finditer(sentence):
        if index.has("".join(word[0] for word in run[0].split()).casefold()):
            lost = [x for x in lost if not run.start() <= x.start < run.end()]
    return [n.text for n in lost]


def main_names(title: str) -> set[str]:
    """Keys of the name that a title opens with (`Foo: a parser of logs`)."""
    head = title.partition(":")[0]
    return {n.key for n in names(head)} | {key_of(head)} if ":" in title and len(head.split()) <= 4 else set()


def own_names(title: str, sentences: list[str]) -> set[str]:
    """Keys of what a paper presents: the name before its title's colon, and those behind `we propose` and the like."""
    found = main_names(title)
    for sentence in sentences:
        for match in _INTRODUCED.finditer(sentence):
            for name in names(sentence):
                if 0 <= name.start - match.end() <= 12 or (
                    match[0].startswith(("is", "are")) and 0 < match.start() - name.end <= 2 and name.start < 4
                ):
                    found.add(name.key)
    return found


def speaks_of_itself(sentence: str) -> bool:
    """Whether the sentence names its subject only as `we`, `our method`, `it` and the like."""
    return _OWN.search(sentence) is not None


def _is_name(word: str, *, opening: bool, after: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return False
    if any(c.isdigit() for c in word):
        # "13B", "12-layer" and "30-billion-parameter" count things; "GPT-4" and "mT5" name them.
        return not _COUNTING.fullmatch(word) and not re.fullmatch(r"\d+(?:st|nd|rd|th)", word)
    if any(c.isupper() for c in word[1:]):
        return True
    if not word[0].isupper() or len(word) == 1:
        return False
    if not opening:
        return word.casefold() not in STOP_WORDS
    low = word.casefold()
    if low in STOP_WORDS or low in _ORDINARY or re.search(r"(?:ing|ed|ly|s|ion|ment|ness|ity)$", low):
        return False
    # "Wanda beats ...": a bare singular before a verb names something.
    if after[:1] == ",":
        return len(low) > 2 and not english(low)  # "Codex, the strongest model, ..."
    return _VERB_AFTER.match(after) is not None
