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
    AVOIDS,
    BE,
    BETTER,
    COMPARING_VERBS,
    FAINT,
    HEDGES,
    LACKS,
    LIKE_DENIAL,
    LIKE_WITHOUT,
    NEEDED,
    NEGATORS,
    OF_OTHERS,
    OPPOSITES,
    OVERLOOKS,
    PLAIN_NEGATORS,
    SCOPE,
    STEADY,
    TRAILING,
    UNDONE_AFTER,
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


_UNLIKE = re.compile(r"(?i)\b(?:unlike|in contrast to|compared (?:to|with))\b[^,]*,")
_LESS = frozenset({"less", "not", "no", "without", "never", "fewer", "least", "nor", "neither"})
_NOT_ONLY = re.compile(r"(?i)\bnot (?:only|just|merely|solely)\b")
_ALONE = re.compile(r"(?i)(?<!not )\b(?:only|solely|exclusively|alone)\b")
_WITHOUT_TRAINING = frozenset({"zero-shot"})
_TELLING_LETTERS = 4
_MITIGATED = frozenset({"not", "almost", "nearly", "near", "hardly", "close"})
_UNTRAINED = tuple(stem(w) for w in ("training", "examples", "labels", "supervision", "data"))
_OVER = frozenset({"over"})  # compares only behind a word of gain (`improves over`)


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
        denied = any(t in PLAIN_NEGATORS for t in tokens[max(low, n - 3) : n])
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
    if turned_round := _rivals_turned(claim, support):
        return turned_round
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


def _rivals_turned(claim: str, support: Sequence[str]) -> str | None:
    """A verb of comparison with the object of one of the support, the other way round: `beats models of X`, `trails models of X`."""
    stated = [found for sentence in support for found in _against_what(sentence)]
    for word, sign, objects, subjects in _against_what(claim):
        shared = [(len(objects & theirs), other) for _word, other, theirs, _subjects in stated if not subjects & theirs - objects]
        same = max((n for n, other in shared if other == sign), default=0)
        turned_round = max((n for n, other in shared if other != sign), default=0)
        if turned_round >= 2 and turned_round > same:
            return f"who is ahead of whom ({word!r})"
    return None


@lru_cache(maxsize=2048)
def _against_what(text: str) -> tuple[tuple[str, int, frozenset[str], frozenset[str]], ...]:
    """Each active verb of comparison: the verb, 1 for ahead and -1 for behind, and the content stems of its object and of what precedes."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        if token not in COMPARING_VERBS | TRAILING or any(t in BE for t in tokens[max(0, n - 2) : n]):
            continue
        after = tokens[n + 1 : _clause_end(tokens, n + 1)]
        sign = 1 if token in BETTER else -1
        if any(t in {"not", "never", "cannot", "fails", "fail"} for t in tokens[max(0, n - 3) : n]):
            sign = -sign
        found.append((token, sign, _content(_object(after)) - WAYS.keys(), _content(tokens[max(0, n - 6) : n])))
    return tuple(found)


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
    """Each negator with the content stems that it may deny: up to six words on, within the clause, nearest first."""
    tokens = tokens_of(text)
    found: list[tuple[str, tuple[str, ...]]] = []
    for n, token in enumerate(tokens):
        word = token.rpartition("-")[2] if token.endswith("-free") else token
        if token in _WITHOUT_TRAINING:
            found.append(("without", _UNTRAINED))
            continue
        if word not in NEGATORS and not (word == "rather" and tokens[n + 1 : n + 2] == ["than"]):
            continue
        if token.endswith("-free"):
            found.append((word, (stem(token.removesuffix("-free")),)))
            continue
        scope: list[str] = []
        for follower in tokens[n + 1 : n + 1 + SCOPE]:
            if follower in _BREAKS:
                break
            if follower not in STOP_WORDS:
                scope += sorted(_content([follower]))
        found.append((word, tuple(scope)))
    for n, token in enumerate(tokens):
        if token in UNDONE_AFTER and any(t in BE for t in tokens[max(0, n - 3) : n]):
            before = [stem(t) for t in tokens[max(0, n - 8) : n] if t not in STOP_WORDS and t not in _BREAKS]
            found.append((token, tuple(reversed(before))))
    return tuple(found)


def denied_differently(claim: str, support: Sequence[str], whole: Sequence[str] = ()) -> tuple[str, bool] | None:
    """What the claim denies and the support states, or the claim states and the support denies; and whether the support names it.

    What any sentence of the `whole` abstract denies may be denied.
    """
    ours = denials(claim)
    theirs = [denial for sentence in support for denial in denials(sentence)]
    elsewhere = {s for sentence in whole for _word, scope in denials(sentence) for s in scope[:3]}
    elsewhere |= set(_UNTRAINED) if any("zero-shot" in tokens_of(sentence) for sentence in whole) else set()
    our_scope = {s for _word, scope in ours for s in scope}
    their_scope = {s for _word, scope in theirs for s in scope}
    stated = {s for sentence in support for s in _content(tokens_of(sentence))}
    claimed = _content(tokens_of(claim))
    for word, scope in ours:
        if word not in PLAIN_NEGATORS or not scope:
            continue
        head = list(scope[:3])
        if any(s in their_scope for s in scope) or any(_undone(s, stated) for s in head) or head[0] in elsewhere:
            continue
        if any(OPPOSITES.get(s, frozenset()) & stated for s in head):
            continue
        told = [s for s in scope if s not in FAINT][:1] or list(scope[:1])
        like = LIKE_DENIAL | LIKE_WITHOUT if word in {"without", "no"} else LIKE_DENIAL
        if told[0] in stated or not (theirs or stated & like):
            return f"{word!r} before {head[0]!r}", told[0] in stated
    if _NOT_ONLY.search(claim) and support and _ALONE.search(support[0]) and not _NOT_ONLY.search(support[0]):
        return "'not only' is not said there", True
    for sentence in support:
        for word, scope in denials(sentence):
            if word not in PLAIN_NEGATORS | OVERLOOKS | UNDONE_AFTER | AVOIDS | LACKS | {"free"} or not scope:
                continue
            if word in AVOIDS | {"free", "absence", "absent"} and not claimed & NEEDED:
                continue
            if our_scope & set(scope):
                continue  # the claim denies it too, in whatever words
            if word in OVERLOOKS and (ours or not re.search(r"(?i)\b(?:previous|prior|earlier|existing|past)\b", claim)):
                continue
            if word not in OVERLOOKS and OF_OTHERS.search(_UNLIKE.sub("", sentence)) and not OF_OTHERS.search(claim):
                continue  # what others lack is not denied of this
            nouns = word in OVERLOOKS | UNDONE_AFTER | AVOIDS | LACKS | {"no", "without", "free"}
            told = [s for s in scope[:3] if s not in FAINT]
            if word in {"no", "without", "free"} | LACKS:
                told = told[:1]  # `without sacrificing accuracy` denies no accuracy
            head = (
                [s for s in told if _akin(s, claimed)][:1]
                if nouns
                else list(scope[: 1 if len(scope) > 1 and not _akin(scope[1], claimed) else 2])
            )
            if not nouns and len(head) == 1 and len(head[0]) < _TELLING_LETTERS:
                continue
            if not head or not all(_akin(s, claimed) for s in head) or head[0] in our_scope:
                continue
            # Another sentence that states it, and is as near to the claim, speaks for it.
            shared = len(_content(tokens_of(sentence)) & claimed)
            nearer = [other for other in support if other != sentence and len(_content(tokens_of(other)) & claimed) >= shared]
            others = {s for other in nearer for s in _affirmed(other)}
            if all(s in others for s in head) or any(_undone(s, claimed) for s in head):
                continue
            return f"{word!r} is missing before {head[0]!r}", True
    return None


def _akin(word: str, among: frozenset[str]) -> bool:
    """Whether a stem, or one that it begins or is begun by, is among these (`suit`, `suitabl`)."""
    return word in among or (len(word) >= 4 and any(len(o) >= 4 and (o.startswith(word) or word.startswith(o)) for o in among))


def denies_alike(claim: str, sentences: Sequence[str]) -> bool:
    """Whether all that the claim denies is denied by the sentences too."""
    ours = [scope[0] for _word, scope in denials(claim) if scope]
    theirs = {s for sentence in sentences for _word, scope in denials(sentence) for s in scope[:2]}
    return bool(ours) and all(s in theirs for s in ours)


def _affirmed(sentence: str) -> frozenset[str]:
    """Content stems that no negator of the sentence reaches."""
    return _content(tokens_of(sentence)) - {s for _word, scope in denials(sentence) for s in scope}


def _undone(word: str, among: Iterable[str]) -> bool:
    """Whether `among` holds the word with a negating prefix (`effective`, `ineffective`)."""
    held = set(among)
    return any(prefix + word in held for prefix in ("un", "in", "im", "ir", "il", "non", "dis", "mis"))


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
    """An absolute word of the claim that the support does not carry, or a doubt of the support that the claim drops."""
    ours = tokens_of(claim)
    theirs = {part for sentence in support for token in tokens_of(sentence) for part in (token, *token.split("-"))}
    nearest = {token for sentence in support[:1] for token in tokens_of(sentence)}
    for n, token in enumerate(ours):
        for word, backing in ABSOLUTE:
            held = _backed(ours[n + 1 : n + 4], backing, support) if word in {"all", "every"} else None
            if (
                token == word
                and not _MITIGATED & set(ours[max(0, n - 1) : n])
                and not (held if held is not None else (nearest if word == "always" else theirs) & backing)
            ):
                if word == "first" and ours[max(0, n - 1) : n] != ["the"]:
                    continue  # "first does this, then that"
                follower = ours[n + 1] if n + 1 < len(ours) else ""
                if word in {"only", "just"} and any(t[:1].isdigit() for t in ours[n + 1 : n + 5]):
                    continue  # "only 63%" is a remark, not a limit
                if word in {"all", "every"} and (follower[:1].isdigit() or follower in {"two", "three", "four", "five", "six", "seven"}):
                    continue
                return f"{token!r} is not said there"
    if not any(token in HEDGES for token in ours):
        claimed = _content(ours)
        for sentence in support[:1]:
            tokens = tokens_of(sentence)
            for n, token in enumerate(tokens):
                if token in UNSURE:
                    follow = [stem(t) for t in tokens[n + 1 : n + 6] if t not in STOP_WORDS and t[0].isalnum()][:2]
                    if follow and follow[0] in claimed:
                        return f"{token!r} is dropped"
    return None


def _backed(things: Sequence[str], backing: frozenset[str], support: Sequence[str]) -> bool | None:
    """Whether the support says `all` of these things as well; None where it does not name them."""
    wanted = {stem(t) for t in things if t[0].isalnum() and t not in STOP_WORDS}
    named = False
    for sentence in support:
        tokens = tokens_of(sentence)
        for n, token in enumerate(tokens):
            if stem(token) in wanted:
                named = True
                if set(tokens[max(0, n - 5) : n]) & backing:
                    return True
    return False if named else None


def steady(claim: str, support: Sequence[str]) -> str | None:
    """A word of the claim that says that something grows, falls or changes, where the support says of the same that it stays as it is."""
    for way in ways(claim):
        if way.axis not in {"amount", "speed"}:
            continue
        for sentence in support:
            tokens = tokens_of(sentence)
            if any(other.axis == way.axis for other in ways(sentence)):
                continue
            for n, token in enumerate(tokens):
                if (
                    stem(token) in STEADY
                    and way.about & _content(tokens[n + 1 : n + 4])
                    and not {stem(t) for t in tokens_of(claim)} & STEADY
                ):
                    return f"{way.word!r} against {token!r}"
    return None
