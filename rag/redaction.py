"""Takes out of a text whatever looks like a key. What servers say of their failures passes through here before anybody sees it.

A key that is configured is known and goes wherever a part of it stands; others are told by their prefixes, by the words before them
(`Bearer`, `key=`, `password:`), and by their looks: long, of letters and digits without order.
"""

from __future__ import annotations

import base64
import itertools
import math
import re
from collections import Counter
from urllib.parse import quote

STARS = "***"
_LEAST, _PART = 4, 8
"""Characters: a shorter key is a word; so much of a longer one in a row is a part of it."""

_known: dict[str, None] = {}

_WORD = r"(?:[\w.~+/=*%-]|\\u[0-9a-f]{4})"
_PREFIXED = re.compile(
    rf"\b(?:sk|pk|rk|gsk|xai|hf|r8|key|nvapi|pplx|tgp|fw|csk|ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abprs]|ya29|AKIA|ASIA|AIza|eyJ|dapi)"
    rf"(?:(?<=AKIA|ASIA|AIza)|(?<=eyJ)|[-_.]){_WORD}{{6,}}",
)
_NAMED = re.compile(
    rf"""((?:api[-_ ]?key|x-api-key|(?:access|auth|secret|refresh|id|bearer)?[-_ ]?token|secret|passw(?:or)?d|pwd|passphrase|credentials?
        |authorization|signature|sig|key|bearer|basic)["'”’`]*\s*
        (?:[:=]|%3[ad]|\bis\b|\bwas\b|\bprovided:?|\bof\b|\busing\b|\s)\s*["'“‘`({{\[]*(?:(?:bearer|basic|token|provided|is)\s*:?\s+)?["'“‘`]*)
        ({_WORD}+)""",  # noqa: RUF001
    re.IGNORECASE | re.VERBOSE,
)
_SET_APART = re.compile(r"[:=]|%3[ad]|\b(?:bearer|basic)\s*$", re.IGNORECASE)
_WORDS = frozenset(
    "auth authentication authorization error failed format header headers invalid is key keys missing no none not null please scheme the "  # noqa: SIM905
    "token tokens was we you your".split()
)
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
_RUN = re.compile(r"[A-Za-z0-9+/_=.~%-]{16,}")
_PIECE = re.compile(r"[A-Za-z0-9]+")


def know(secret: str | None) -> None:
    """Remember a key that is in use."""
    if secret and len(secret) >= _LEAST:
        _known[secret] = None
        while len(_known) > 1000:
            del _known[next(iter(_known))]


def redacted(text: str) -> str:
    """The text with stars in the place of keys.

    >>> redacted("Incorrect API key provided: sk-proj-a8Kd93jsLq0. See https://host/keys?key=AbC123&x=1 for gpt-4o-mini-2024-07-18")
    'Incorrect API key provided: ***. See https://host/keys?key=***&x=1 for gpt-4o-mini-2024-07-18'
    """
    for secret in list(_known):
        text = _without(text, secret)
    text = _USERINFO.sub(f"{STARS}@", text)
    text = _PREFIXED.sub(lambda m: STARS + _end(m[0]), text)
    text = _NAMED.sub(lambda m: m[1] + STARS + _end(m[2]) if _valued(m[1], m[2]) else m[0], text)
    return _RUN.sub(lambda m: STARS if _random(m[0]) else m[0], text)


def _without(text: str, secret: str) -> str:
    """The text without the secret, its usual encodings, and parts of it."""
    for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")):
        text = text.replace(form, STARS)
    if len(secret) <= _PART:
        return text
    parts = {secret[n : n + _PART] for n in range(len(secret) - _PART + 1)}
    hidden = [False] * len(text)
    for n in range(len(text) - _PART + 1):
        if text[n : n + _PART] in parts:
            hidden[n : n + _PART] = [True] * _PART
    return re.sub("\0+", STARS, "".join("\0" if hide else c for c, hide in zip(text, hidden, strict=True))) if any(hidden) else text


def _end(word: str) -> str:
    """A full stop behind a key belongs to the sentence."""
    return "." if word.endswith(".") else ""


def _valued(named: str, word: str) -> bool:
    """Whether a word behind a name such as `key` is a value: set apart by a sign, or unlike a word of a sentence."""
    bare = word.strip(".")
    if STARS in word or any(c.isdigit() or c in "*_" for c in bare) or bare[1:] != bare[1:].lower():
        return len(bare) >= _LEAST
    return bool(_SET_APART.search(named)) and bare.lower() not in _WORDS


def _random(run: str) -> bool:
    """Whether a run of signs looks drawn by lot: a long piece of mixed kinds in which few characters come again."""
    pieces = _PIECE.findall(run)
    for piece in pieces:
        entropy = -sum(n / len(piece) * math.log2(n / len(piece)) for n in Counter(piece).values())
        if len(piece) >= 16 and _changes(piece) >= len(piece) / 6 and entropy > 2.5:
            return True
    joined = "".join(pieces)
    return not re.search(r"[a-z]{4}", run) and len(joined) >= 28 and _changes(joined) >= len(joined) / 3


def _changes(piece: str) -> int:
    """How often a digit, a small and a capital letter follow one of another kind."""
    return sum(_kind(a) != _kind(b) for a, b in itertools.pairwise(piece))


def _kind(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.islower() else 2
