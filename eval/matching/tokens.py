"""A text as the matcher reads it: tokens with spans, sentence numbers, stems, and numbers with their value.

Hyphens separate ("few-shot" is "few shot"), letters and digits of a name are taken apart but remembered as glued, so that "GPT-3.5",
"GPT3.5" and "GPT 3.5" are the same while the 3.5 in it is no free-standing figure.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from eval.matching.units import GLUED_SCALES, NUMBER_WORDS, SCALES, is_unit
from rag.text import STOP_WORDS, sentences, stem

_PIECE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:['\u2019](?:s|t|re|ve)\b)?|[%\u00d7$]", re.UNICODE)
_MARK = re.compile(r"[%\u00d7$]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One piece. `plain` is without accents and case; `glued`: no space before it.

    A free-standing number has its `value`, and as `written` the one without a scale word: 1.2 million has 1.2e6 and 1.2.
    """

    start: int
    end: int
    plain: str
    stem: str
    sentence: int
    value: float | None = None
    written: float | None = None
    glued: bool = False

    @property
    def is_stop(self) -> bool:
        """A stop word, skipped between the words of an alternative."""
        return self.plain in STOP_WORDS


def _fold(piece: str) -> str:
    if piece.isascii():
        return piece.lower().removesuffix("'s")
    folded = unicodedata.normalize("NFKD", piece).casefold().replace("\u2019", "'")
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    return folded.removesuffix("'s")


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Token, ...]:
    """The tokens of `text` in order. Remembered: aliases and abstracts are read again and again.

    >>> [(t.plain, t.value) for t in read("GPT-3.5 has 175B weights, 2.1% more")][:5]
    [('gpt', None), ('3.5', None), ('has', None), ('175', 175000000000.0), ('b', None)]
    """
    bounds = sentences(text)
    found: list[Token] = []
    number = 0
    for match in _PIECE.finditer(text):
        while number + 1 < len(bounds) and match.start() >= bounds[number + 1].start:
            number += 1
        plain = _fold(match[0])
        glued = bool(found) and found[-1].end == match.start()
        value: float | None = None
        if plain[0].isdigit():
            plain = plain.replace(",", "")
            if not _in_name(text, match.start(), found):
                value = float(plain)
        elif plain in NUMBER_WORDS:
            value = NUMBER_WORDS[plain]
        stemmed = plain if plain[0].isdigit() or _MARK.match(plain) else stem(plain)
        found.append(
            Token(
                start=match.start(),
                end=match.end(),
                plain=plain,
                stem=stemmed,
                sentence=number,
                value=value,
                glued=glued,
            )
        )
    return tuple(_scaled(found))


def _in_name(text: str, start: int, before: list[Token]) -> bool:
    """Whether a number belongs to a name: letters glued before it ("mT5"), or a capitalised name and a hyphen ("GPT-4")."""
    if start == 0 or not before:
        return False
    if text[start - 1].isalpha() or text[start - 1] == "_":
        return True
    last = before[-1]
    name = text[last.start : last.end]
    hyphen = text[start - 1] in "-\u2010\u2011" and last.end == start - 1
    return hyphen and (last.value is None and any(c.isupper() for c in name))


def _scaled(tokens: list[Token]) -> list[Token]:
    """Multiply numbers by the scale word that follows ("175B", "1.2 million", "two hundred"), and give scale words one stem."""
    done: list[Token] = []
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        value, stemmed = token.value, token.stem
        if value is not None and after is not None:
            if _is_scale(after, token):
                value *= SCALES[after.plain]
            elif after.glued and after.plain.isalpha() and not is_unit(after.plain):
                value = None  # the 3 of "3D"
        if _is_scale(token, before):
            stemmed = f"{SCALES[token.plain]:g}"
            if before is not None and before.value is not None:
                value = None  # the "hundred" of "two hundred" is no figure of its own
        plain = value is None and token.value is None and stemmed == token.stem
        written = None if value is None else token.value
        done.append(token if plain else dataclasses.replace(token, value=value, written=written, stem=stemmed))
    return done


def _is_scale(token: Token, before: Token | None) -> bool:
    """Whether a token is a scale word; a single letter is one only when glued to a number."""
    if token.plain not in SCALES:
        return False
    return token.plain not in GLUED_SCALES or (token.glued and before is not None and before.value is not None)
