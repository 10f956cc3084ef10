"""Which way a sentence points: what grows or shrinks, who beats whom, what is denied, and how surely it is said.

Everything is read from words and their neighbours. Each check compares a claim with the sentences that support it and names the first
thing that is turned round, or nothing: silence is no proof of agreement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.checking.lexicon import (
    ABSOLUTE,
    BETTER,
    COMPARING_VERBS,
    HEDGES,
    NEGATORS,
    OPPOSITES,
    UNSURE,
    UNWANTED,
    WAYS,
    WORSE,
    stem,
)
from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TOKEN = re.compile(r"[^\W_]+(?:[.'’\-][^\W_]+)*|[,;:()]")  # noqa: RUF001
_BREAKS = frozenset({",", ";", ":", "(", ")", "but", "however", "although", "though", "yet", "while", "whereas", "because", "since"})


_LESS = frozenset({"less", "not", "no", "without", "never", "fewer", "least", "nor", "neither"})
_OVER = frozenset({"over"})  # compares only behind a word of gain (`improves over`)
_MITIGATED = frozenset({"not", "almost", "nearly", "near", "hardly", "close"})
_SCOPE = 6
"""Words that a negator may deny."""


@dataclass(frozen=True, slots=True)
class Way:
    """A word that points up or down, `sign` after any negation.

    `about` are the content stems near it, `objects` those behind it; `versus` tells that `than` follows.
    """

    word: str
    axis: str
    sign: int
    about: frozenset[str]
    objects: frozenset[str]
    versus: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """A comparison: content stems of the side that is ahead (in its word's sense) and of the side that is behind."""

    word: str
    ahead: frozenset[str]
    behind: frozenset[str]


def tokens_of(text: str) -> list[str]:
    """Lower-case words and clause marks in order; `n't` is set apart, `not only` is dropped, since it denies nothing."""
    return list(_tokens_of(text))


@lru_cache(maxsize=8192)
def _tokens_of(text: str) -> tuple[str, ...]:
    text = re.sub(r"(?i)\b(ca|wo)n['’]t\b", r"\1n not", text)  # noqa: RUF001
    text = re.sub(r"n['’]t\b", " not", text)  # noqa: RUF001
    text = re.sub(r"(?i)\bnot yet\b", "not", text)
    text = re.sub(r"(?i)\b(?:with or without|with and without|whether or not|or not)\b", " ", text)
    text = re.sub(r"(?i)\bnot the same(?: as)?\b", "different", text)
    text = re.sub(r"(?i)\bnot (?:only|just|merely|solely|least)\b|\bno (?:less|fewer|more) than\b|\bno longer than\b", " ", text)
    # "more than 80%" bounds a figure and points nowhere; a failing system denies nothing, failing to do something does.
    text = re.sub(r"(?i)\b(?:more|less|fewer|greater|higher|lower) than(?= [\d$~])", " ", text)
    text = re.sub(r"(?i)\bfail(?:s|ed|ing)?\b(?! to\b)", "breaks", text)
    return tuple(token.lower() for token in _TOKEN.findall(text))


def _content(tokens: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for token in tokens:
        if token[0].isalnum() and token not in STOP_WORDS:
            found.add(stem(token))
            if "-" in token:
                found |= {stem(part) for part in token.split("-") if part not in STOP_WORDS}
    return frozenset(found)


@lru_cache(maxsize=2048)
def ways(text: str) -> tuple[Way, ...]:
    """The pointing words of a text, with what they are about: content words up to four before and five after, within the clause."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        axis_sign = WAYS.get(stem(token))
        if axis_sign is None or token in {"cost", "costs"}:  # a thing, unlike `costly`
            continue
        low, high = n, n
        while low > 0 and n - low < 4 and tokens[low - 1] not in _BREAKS:
            low -= 1
        while high + 1 < len(tokens) and high - n < 5 and tokens[high + 1] not in _BREAKS:
            high += 1
        denied = any(t in NEGATORS for t in tokens[max(low, n - 3) : n])
        if axis_sign[0] in {"cost", "ease", "size", "speed"} and any(t in {"less", "least"} for t in tokens[max(low, n - 2) : n]):
            denied = not denied
        about = _content(tokens[low:n] + tokens[n + 1 : high + 1]) - WAYS.keys()
        objects = _content(tokens[n + 1 : high + 1]) - WAYS.keys()
        found.append(
            Way(token, axis_sign[0], -axis_sign[1] if denied else axis_sign[1], about, objects, "than" in tokens[n + 1 : high + 1])
        )
    return tuple(found)


def turned(claim: str, support: Sequence[str]) -> str | None:
    """A word of the claim that points the other way than the support does about the same things."""
    stated = [way for sentence in support for way in ways(sentence)]
    mirrored = _mirrored(claim, support)
    both = {axis for axis in ("size", "ease", "cost") if _both_ways(axis, ways(claim)) or _both_ways(axis, stated)}
    for own in ways(claim):
        if (own.versus and mirrored) or own.axis in both:
            continue  # `a small sample of a large set`: each of another thing
        near = [(len(own.about & way.about), way) for way in stated]
        same = max((n for n, way in near if _agree(own, way) > 0), default=0)
        against = max((n for n, way in near if _agree(own, way) < 0), default=0)
        if against > same:
            other = next(way for n, way in near if n == against and _agree(own, way) < 0)
            return f"{own.word!r} against {other.word!r}"
    return None


def _both_ways(axis: str, found: Iterable[Way]) -> bool:
    return len({way.sign for way in found if way.axis == axis}) > 1


def _agree(one: Way, other: Way) -> int:
    """1 for the same way, -1 for opposite ways, 0 where the two can't be compared."""
    if one.axis == other.axis:
        return one.sign * other.sign
    if {one.axis, other.axis} == {"amount", "quality"} and one.objects & other.objects:
        unwanted = bool(one.about & other.about & UNWANTED)
        return one.sign * other.sign * (-1 if unwanted else 1)
    return 0


@lru_cache(maxsize=2048)
def contests(text: str) -> tuple[Contest, ...]:
    """The comparisons of a text. `A beats B`, `B is beaten by A`, `A is better than B`, `A improves over B`, `B lags behind A`."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        sign = 1 if token in BETTER else -1 if token in WORSE else 0
        if not sign:
            continue
        verb = token in COMPARING_VERBS
        end = _clause_end(tokens, n + 1)
        after = tokens[n + 1 : end]
        if (
            not verb
            and token not in {"over", "above", "below", "behind", "ahead"}
            and "than" not in after
            and token not in {"superior", "inferior"}
        ):
            continue
        if token in _OVER and not any(
            t.startswith(("improv", "gain", "advantag", "superior", "win", "advanc", "better")) for t in tokens[max(0, n - 4) : n]
        ):
            continue
        cut = after.index("than") + 1 if not verb and "than" in after else 0
        right = after[cut:]
        left = _subject(tokens[_clause_start(tokens, n) : n])
        if (
            right[:1] == ["by"]
            and (verb or token.startswith("beaten"))
            and any(t in {"is", "are", "was", "were", "be", "been", "being"} for t in left[-3:])
        ):
            sign, right = -sign, right[1:]
        if any(t in {"not", "never", "cannot", "fails", "fail"} for t in left[-3:]):
            sign = -sign
        one, other = _side(left), _side(_object(right))
        if one and other:
            found.append(Contest(token, one, other) if sign > 0 else Contest(token, other, one))
    return tuple(found)


def _side(tokens: list[str]) -> frozenset[str]:
    """What a side of a comparison is made of; how many of it counts here (`all layers`, `one layer`)."""
    counted = {"one" if t in {"single", "only"} else t for t in tokens if t in {"all", "every", "one", "single", "only", "no", "without"}}
    return _content(tokens) | counted


def _subject(tokens: list[str]) -> list[str]:
    """Who compares: what stands behind the last comma, where that holds anything."""
    for n in range(len(tokens) - 1, -1, -1):
        if tokens[n] in {",", ")"} and _content(tokens[n + 1 :]):
            return tokens[n + 1 :]
    return tokens


def _object(tokens: list[str]) -> list[str]:
    """What is compared with, up to where and by how much."""
    for n, token in enumerate(tokens):
        if n and token in {"by", "on", "at", "in", "for", "across", "when", "under", "while"}:
            return tokens[:n]
    return tokens


def _clause_start(tokens: list[str], at: int) -> int:
    for n in range(at - 1, -1, -1):
        if tokens[n] in _BREAKS - {",", "(", ")"} or (tokens[n] == "," and at - n > 8):
            return n + 1
    return 0


def _clause_end(tokens: list[str], at: int) -> int:
    for n in range(at, len(tokens)):
        if tokens[n] in _BREAKS and n > at:
            return n
    return len(tokens)


def sides_swapped(claim: str, support: Sequence[str]) -> str | None:
    """A comparison of the claim whose sides stand the other way round in the support."""
    stated = [contest for sentence in support for contest in contests(sentence)]
    for own in contests(claim):
        ahead, behind = own.ahead - own.behind, own.behind - own.ahead
        straight = crossed = 0
        for other in stated:
            theirs_ahead, theirs_behind = other.ahead - other.behind, other.behind - other.ahead
            straight = max(straight, len(ahead & theirs_ahead) + len(behind & theirs_behind))
            crossed = max(crossed, min(1, len(ahead & theirs_behind)) * 2 + len(behind & theirs_ahead))
        if crossed > straight and crossed >= 2:
            return f"who is ahead of whom ({own.word!r})"
    return None


def _mirrored(claim: str, support: Sequence[str]) -> bool:
    """Whether a comparison of the claim has the support's sides, in whatever words (`A is faster than B`, `B is slower than A`)."""
    stated = [contest for sentence in support for contest in contests(sentence)]
    for own in contests(claim):
        ahead, behind = own.ahead - own.behind, own.behind - own.ahead
        for other in stated:
            if ahead & (other.ahead - other.behind) and behind & (other.behind - other.ahead):
                return True
    return False


@lru_cache(maxsize=2048)
def denials(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each negator with the content stems up to six words on, within the clause, nearest first."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        scope: list[str] = []
        for follower in tokens[n + 1 : n + 1 + _SCOPE] if token in NEGATORS else ():
            if follower in _BREAKS:
                break
            if follower not in STOP_WORDS and follower[0].isalnum():
                scope.append(stem(follower))
        if scope:
            found.append((token, tuple(scope)))
    return tuple(found)


def denied(claim: str, support: Sequence[str], whole: Sequence[str] = ()) -> str | None:
    """What the claim denies and the support states, or the claim states and the support denies.

    What any sentence of the `whole` abstract denies may be denied.
    """
    ours, claimed = denials(claim), _content(tokens_of(claim))
    stated = {s for sentence in support for s in _content(tokens_of(sentence))}
    elsewhere = {s for sentence in (*support, *whole) for _word, scope in denials(sentence) for s in scope}
    for word, scope in ours:
        opposed = any(OPPOSITES.get(s, frozenset()) & stated or _prefixed(s, stated) for s in scope[:3])
        if scope[0] in stated and not elsewhere & set(scope) and not opposed:
            return f"{word!r} before {scope[0]!r}"
    mine = {s for _word, scope in ours for s in scope}
    for sentence in support:
        others = {
            s for other in support if other != sentence for s in _content(tokens_of(other)) - {x for _w, sc in denials(other) for x in sc}
        }
        for word, scope in denials(sentence):
            opposed = bool(OPPOSITES.get(scope[0], frozenset()) & claimed) or _prefixed(scope[0], claimed) is not None
            if scope[0] in claimed - others and not mine & set(scope) and not opposed:
                return f"{word!r} is missing before {scope[0]!r}"
    return None


def _prefixed(word: str, among: Iterable[str]) -> str | None:
    """A word of `among` that is `word` with a negating prefix, or without the one it has."""
    if len(word) < 5:
        return None
    prefixes = ("un", "in", "im", "ir", "non", "dis", "mis", "de") if len(word) >= 6 else ("un", "non", "dis")
    held = set(among)
    for prefix in prefixes:
        if prefix + word in held:
            return prefix + word
        if word.startswith(prefix) and len(word) - len(prefix) >= 5 and word.removeprefix(prefix) in held:
            return word.removeprefix(prefix)
    return None


def opposite_word(claim: str, support: Sequence[str]) -> str | None:
    """A word of the claim whose opposite stands in the support, where neither side holds both."""
    stated = {s for sentence in support for s in _content(tokens_of(sentence))}
    raw = {stem(t) for sentence in support for t in tokens_of(sentence)}
    claimed = _content(tokens_of(claim)) | {stem(t) for t in tokens_of(claim) if t in {"before", "after"}}
    for token in tokens_of(claim):
        parts = token.split("-")
        turned_round = "-".join(reversed(parts))
        if (
            len(parts) == 3
            and parts[1] in {"to", "vs"}
            and any(turned_round in tokens_of(s) and token not in tokens_of(s) for s in support)
        ):
            return f"{token!r} against {turned_round!r}"
    for word in sorted(claimed - stated - raw):
        if negating := _prefixed(word, stated - claimed):
            return f"{word!r} against {negating!r}"
        found = {o for o in OPPOSITES.get(word, frozenset()) & (stated | raw) - claimed if _of_the_same(claim, word, support, o)}
        if found:
            return f"{word!r} against {min(found)!r}"
    return None


def _of_the_same(claim: str, word: str, support: Sequence[str], opposite: str) -> bool:
    """Whether a word and its opposite stand beside a common word: `large gap` against `small gap`, not `a small part of large models`."""
    ours = _beside(claim, word)
    return any(ours & around for sentence in support if (around := _beside(sentence, opposite)))


def _beside(text: str, word: str) -> frozenset[str]:
    """Content stems within four words of a word that nothing turns round (`less expensive`); with none there, nothing."""
    tokens = tokens_of(text)
    found: set[str] = set()
    for n, token in enumerate(tokens):
        if word in {stem(token), *_content([token])} and not any(t in _LESS for t in tokens[max(0, n - 4) : n]):
            near = [t for t in tokens[:n] if t[0].isalnum() and t not in STOP_WORDS][-4:]
            near += [t for t in tokens[n + 1 :] if t[0].isalnum() and t not in STOP_WORDS][:4]
            found |= _content(near) | (_content([token]) - {word} if "-" in token else set())
    return frozenset(found - {word})


def overstated(claim: str, support: Sequence[str]) -> str | None:
    """A word of the claim that leaves no exception and is not borne out, or a doubt of the best sentence that the claim drops."""
    ours = tokens_of(claim)
    theirs = {part for sentence in support for token in tokens_of(sentence) for part in (token, *token.split("-"))}
    for n, word in enumerate(ours):
        before, after = ours[n - 1 : n], ours[n + 1 : n + 5]
        if word not in ABSOLUTE or theirs & ABSOLUTE[word] or _MITIGATED & set(before):
            continue
        if (word == "first" and before != ["the"]) or (word in {"only", "just", "all", "every"} and any(t[0].isdigit() for t in after)):
            continue  # "first does this, then that"; "only 63%" is a remark, and "all 12" are all there are
        return f"{word!r} is not said there"
    claimed = _content(ours)
    for tokens in [tokens_of(sentence) for sentence in support[:1]] if not HEDGES & set(ours) else ():
        for n, token in enumerate(tokens):
            follow = [stem(t) for t in tokens[n + 1 : n + 6] if t not in STOP_WORDS and t[0].isalnum()][:1]
            if token in UNSURE and follow and follow[0] in claimed:
                return f"{token!r} is dropped"
    return None
