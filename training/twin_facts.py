"""The facts of a sentence that have an opposite: how each is said, and how its opposite is said by the same kinds of edits."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from twin_text import Edit, Edits, Sentence, Span, joined, swap
from twin_words import FIXED_LOWER, OPPOSITES, ROLE_VERBS, plural, verb

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of a sentence: the ways to say it and the ways to say its opposite, each by the same kinds of edits.

    `turn` names what the false side changes, from and to; pairs are chosen so that for every turn its reverse is as frequent. `label` is
    what the abstract does with the false side.
    """

    kind: str
    true: tuple[Edits, ...]
    false: tuple[Edits, ...]
    turn: tuple[str, str] | None = None
    label: str = "contradicted"


def _one(start: int, end: int, words: Iterable[str]) -> tuple[Edits, ...]:
    return tuple((Edit(start, end, (w,)),) for w in words)


# ---- scales ----

_VERBS = frozenset({"transitive", "intransitive", "passive"})
_OF_STATE = frozenset({"adjective", "predicate", "adverb", "nouns"})


def _sides() -> dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...], str]]:
    """(use, word) to the words of its side, of the other one, and the name of the scale with the side's sign."""
    found: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...], str]] = {}
    for use, one, other in OPPOSITES:
        a, b = tuple(one.split()), tuple(other.split())
        for words, against, sign in ((a, b, "+"), (b, a, "-")):
            for word in words:
                found.setdefault((use, word), (words, against, f"{use} {a[0]} {sign}"))
    return found


_SIDES = _sides()


_TWO_WORDS = frozenset({"out", "off", "down", "up", "into", "apart", "behind", "short"})


def _uses(s: Sentence, n: int) -> list[str]:
    """The uses of OPPOSITES that the token may stand in."""
    t = s.tokens[n]
    if t.tag.startswith("V"):
        if t.tag == "VBN" and (s.child(n, "auxpass") is not None or t.dep in {"acl", "relcl"}):
            return ["passive"]
        if t.dep == "amod":
            return ["participle"]
        if s.child(n, "dobj") is not None:
            return ["transitive"]
        after = s.tokens[n + 1] if n + 1 < len(s) else t
        # "decreased membrane potential", "dropped out": an object that the parser has lost, a verb of two words.
        return ["intransitive"] if after.tag in {"IN", "TO", "RB", ",", ".", "CC"} and after.text not in _TWO_WORDS else []
    if t.tag in {"NN", "NNS"}:
        return ["noun"] if t.tag == "NN" else ["noun", "nouns"]
    if t.tag in {"JJR", "RBR"}:
        return ["comparative"]
    if t.tag in {"JJS", "RBS"}:
        return ["superlative"]
    if t.tag == "JJ":
        if t.text.lower().endswith("ed"):
            return ["participle"]
        return ["predicate", "adjective", "comparative"] if t.dep in {"acomp", "attr", "oprd"} else ["adjective", "comparative"]
    return ["adverb"] if t.tag == "RB" else []


def _form(s: Sentence, n: int, word: str, use: str) -> str:
    """`word` in the form of token `n`."""
    tag = s.tokens[n].tag
    if use in _VERBS:
        return verb(word, tag)
    return plural(word) if use == "noun" and tag == "NNS" else word.replace("_", " ")


class Turn(NamedTuple):
    """A word that stands on one side of a scale: what keeps it there, what turns it."""

    place: int
    keep: tuple[Edits, ...]
    other: tuple[Edits, ...]
    scale: str

    @property
    def back(self) -> str:
        """The other side of the scale."""
        return self.scale[:-1] + ("-" if self.scale[-1] == "+" else "+")


def turns(s: Sentence) -> Iterator[Turn]:
    """The words of the sentence that have an opposite."""
    for n, t in enumerate(s.tokens):
        low, after = s.low[n], s.low[n + 1] if n + 1 < len(s) else ""
        if (n and s.low[n - 1] in {"-", "/"}) or after in {"-", "/"} or t.text.isupper():
            continue
        if low in {"more", "less", "fewer"} and t.tag in {"JJR", "RBR"}:
            if after in {"than", "or", "and", "recently", "often", ".", ","} or not _graded(s, n):
                continue
            many = t.dep == "amod" and s.tokens[t.head].tag == "NNS"
            down = low if low != "more" else "fewer" if many else "less"
            word, other = ("more", down) if low == "more" else (down, "more")
            yield Turn(n, _one(n, n + 1, [word]), _one(n, n + 1, [other]), f"more {down} {'+' if low == 'more' else '-'}")
            continue
        if (low == "lower" and after in FIXED_LOWER) or (
            low in {"better", "later", "earlier", "further"} and (after == "understand" or t.tag == "RBR")
        ):
            continue
        if low == "rise" and n and s.tokens[n - 1].lemma == "give":
            continue
        for use in _uses(s, n):
            key = t.lemma.lower() if use in _VERBS or use == "noun" else low
            if (use, key) in _SIDES:
                same, against, scale = _SIDES[use, key]
                others = [_form(s, n, w, use) for w in against]
                if not (use in _OF_STATE and set(others) & set(s.low)):
                    yield Turn(n, _one(n, n + 1, [_form(s, n, w, use) for w in same]), _one(n, n + 1, others), scale)
                break


def _graded(s: Sentence, n: int) -> bool:
    """Whether "more" at `n` grades the word after it."""
    t = s.tokens[n]
    return t.head > n and s.tokens[t.head].tag in {"NN", "NNS", "JJ", "RB", "VBN"} and t.head - n <= 3


_NEGATIVE = frozenset(
    [
        "not",
        "n't",
        "no",
        "nor",
        "neither",
        "never",
        "cannot",
        "without",
        "fail",
        "fails",
        "failed",
        "failure",
        "unaffected",
        "unchanged",
        "hardly",
        "rather",
    ]
)
_ASKED = frozenset(
    [
        "compare",
        "investigate",
        "examine",
        "assess",
        "evaluate",
        "test",
        "study",
        "explore",
        "aim",
        "analyze",
        "analyse",
        "discuss",
        "review",
        "consider",
        "ask",
        "want",
    ]
)


def plain(s: Sentence) -> bool:
    """Whether the sentence denies nothing: turned words contradict it then."""
    return not _NEGATIVE & set(s.low)


def directions(s: Sentence) -> Iterator[Fact]:
    """A word of a scale turned into one of the other side; the true sentence has one of its own side."""
    if not plain(s):
        return
    for turn in turns(s):
        use = turn.scale.split()[0]
        if use in {"comparative", "more"} and "than" in s.low[turn.place :]:
            continue
        kind = "opposite" if use in _OF_STATE | {"superlative"} else "direction"
        yield Fact(kind=kind, true=turn.keep, false=turn.other, turn=(turn.scale, turn.back))


# ---- comparisons ----

_VAGUE = frozenset(
    [
        "it",
        "they",
        "this",
        "these",
        "those",
        "that",
        "he",
        "she",
        "we",
        "i",
        "which",
        "who",
        "what",
        "there",
        "one",
        "others",
        "other",
        "both",
        "each",
        "all",
        "some",
        "many",
        "most",
        "expected",
        "previously",
        "thought",
        "usual",
        "before",
        "ever",
        "normal",
        "none",
        "1",
        "zero",
        "half",
        "chance",
        "any",
        "such",
        "our",
        "its",
        "their",
        "his",
        "her",
        "another",
        "same",
        "latter",
        "former",
        "either",
        "neither",
    ]
)
_INSIDE = frozenset(
    ["that", "which", "who", "whose", ",", "than", "its", "their", "those", "these", "this", "such", "not", "his", "her", "respectively"]
)
_OURS = frozenset(
    [
        "result",
        "finding",
        "data",
        "study",
        "analysis",
        "evidence",
        "paper",
        "work",
        "experiment",
        "investigation",
        "research",
        "author",
        "observation",
        "report",
        "trial",
        "difference",
        "section",
        "example",
        "fact",
        "case",
        "way",
        "reason",
        "number",
        "term",
        "majority",
        "half",
        "percent",
        "percentage",
        "proportion",
        "total",
        "effect",
        "role",
    ]
)


def solid(s: Sentence, span: Span, longest: int = 9) -> bool:
    """Whether the span is a noun group that can stand elsewhere: no pronoun, no clause, not long."""
    words, tags = s.low[slice(*span)], [t.tag for t in s.tokens[slice(*span)]]
    return (
        1 <= len(words) <= longest
        and words[0] not in _VAGUE
        and not _INSIDE & set(words)
        and any(t.startswith("NN") for t in tags)
        and not {"VBZ", "VBD", "VBP", "MD", "WDT", "PRP", "EX", "WRB"} & set(tags)
        and tags[0] not in {"IN", "CC", "RB"}
        and tags[-1] not in {"IN", "CC", "DT"}
    )


def arms(s: Sentence) -> Iterator[Fact]:
    """The two sides of a comparison exchanged, the word that compares them turned, or both, which is true again."""
    if not plain(s) or s.tokens[s.root].lemma in _ASKED:
        return
    for n, word in enumerate(s.low):
        before = s.low[n - 1] if n else ""
        if not (word == "than" or (word in {"to", "with"} and before == "compared") or (word == "to" and before == "relative")):
            continue
        pair = _arms_at(s, n)
        if pair is None:
            continue
        a, b = pair
        near = [
            t
            for t in turns(s)
            if t.scale.split()[0] not in _OF_STATE and t.place < b[1] and not (a[0] <= t.place < a[1] or b[0] <= t.place < b[1])
        ]
        exchanged = swap(a, b)
        if len(near) == 1:
            t = near[0]
            crossed_keep, crossed_other = tuple((*exchanged, *e) for e in t.keep), tuple((*exchanged, *e) for e in t.other)
            yield Fact(kind="arms exchanged", true=t.keep, false=crossed_keep)
            yield Fact(kind="comparison turned", true=t.keep, false=t.other, turn=(t.scale, t.back))
            # A figure (12 % higher) belongs to the arm that it is said of.
            if any(u.tag == "CD" for u in s.tokens):
                continue
            yield Fact(kind="arms exchanged", true=crossed_other, false=t.other)
            yield Fact(kind="comparison turned", true=crossed_other, false=crossed_keep, turn=(t.back, t.scale))
        elif word == "than" and not near and "as" not in s.low:
            yield Fact(kind="arms exchanged", true=((),), false=(exchanged,))


def _arms_at(s: Sentence, n: int) -> tuple[Span, Span] | None:
    """The spans that the comparison at `n` ("than", "compared with") compares."""
    if n + 1 >= len(s):
        return None
    than = s.low[n] == "than"
    stop = n if than else n - 1
    if s.tokens[n + 1].tag == "IN":
        preposition = s.low[n + 1]
        inner = s.child(n + 1, "pobj")
        earlier = [c for c in range(stop) if s.tokens[c].dep == "pobj" and s.low[s.tokens[c].head] == preposition and s.tokens[c].head < c]
        if inner is None or not earlier or preposition in {"of", "that"}:
            return None
        a, b = s.spans[earlier[-1]], s.spans[inner]
        a = (a[0], min(a[1], stop))
    else:
        inner = s.child(n, "pobj")
        verbs = [c for c in range(n) if s.child(c, "nsubj", "nsubjpass") is not None and s.spans[c][1] > n]
        if inner is None or not verbs or "of" in s.low[s.spans[inner][1] : s.spans[inner][1] + 1]:
            return None
        v = max(verbs)
        subject = s.child(v, "nsubj", "nsubjpass")
        assert subject is not None
        if s.child(v, "dobj") is None and (not than or {"in", "for", "among", "with", "by", "on"} & set(s.low[v:stop])):
            # "was lower in A compared with B", "more common in A than B": the group of the preposition is meant.
            inside = [
                c
                for c in range(v + 1, stop)
                if s.tokens[c].dep == "pobj"
                and s.low[s.tokens[c].head] in {"in", "with", "for", "among", "after", "by"}
                and s.spans[c][1] <= stop
            ]
            if not inside:
                return None
            subject = inside[-1]
        if s.tokens[subject].lemma in _OURS or s.tokens[subject].tag in {"PRP", "DT", "WDT", "WP", "EX", "CD"}:
            return None
        a, b = s.spans[subject], s.spans[inner]
    if {"-", "/"} & {s.low[a[1]], s.low[b[0] - 1], *s.low[b[1] : b[1] + 1], *s.low[max(0, a[0] - 1) : a[0]]}:
        return None
    if a[1] > stop or a[0] >= a[1] or not solid(s, a) or not solid(s, b) or s.tokens[b[0]].tag == "CD":
        return None
    # What hangs on a group that the parser has cut off would stay behind.
    if (
        s.tokens[a[1]].tag.startswith(("NN", "JJ", "VBN"))
        or b[1] >= len(s)
        or s.low[b[1]] in {"from", "of", "with", "treated", "receiving", "without", "in", "and", "or"}
    ):
        return None
    if {"of", "in", "with"} & set(s.low[slice(*a)]) and not {"of", "in", "with"} & set(s.low[slice(*b)]):
        return None
    # One of the two a part of the other names no second arm.
    one, other = set(s.low[slice(*a)]), set(s.low[slice(*b)])
    return None if one <= other or other <= one else (a, b)


def roles(s: Sentence) -> Iterator[Fact]:
    """Who does what to whom turned round, in the active and the passive voice."""
    for v, t in enumerate(s.tokens):
        if not t.tag.startswith("V") or t.lemma not in ROLE_VERBS or s.child(v, "neg") is not None:
            continue
        subject = s.child(v, "nsubj", "nsubjpass")
        if subject is None or any(s.tokens[c].dep in {"dative", "prt", "xcomp", "ccomp", "conj", "oprd"} for c in s.children[v]):
            continue
        a = s.spans[subject]
        modal = next((c for c in s.children[v] if s.tokens[c].tag == "MD"), None)
        others = [c for c in s.children[v] if s.tokens[c].dep in {"aux", "auxpass"} and c != modal]
        adverbs = [c for c in s.children[v] if s.tokens[c].dep == "advmod" and a[1] <= c < v and s.spans[c] == (c, c + 1)]
        passive = s.tokens[subject].dep == "nsubjpass"
        by = s.child(v, "agent")
        thing = s.child(v, "dobj") if not passive else None if by is None else s.child(by, "pobj")
        if (
            thing is None
            or (passive and (by != v + 1 or len(others) != 1))
            or (not passive and (others or t.tag not in {"VBD", "VBZ", "VBP", "VB"}))
        ):
            continue
        b = s.spans[thing]
        gap = v + 1 + passive
        if b[0] != gap or set(range(a[1], gap)) - {v, by, modal, *others, *adverbs}:
            continue
        if not solid(s, a, 7) or not solid(s, b, 7) or {s.tokens[subject].lemma, s.tokens[thing].lemma} & _OURS:
            continue
        if s.tokens[a[0]].tag == "CD" or s.tokens[b[0]].tag == "CD" or b[1] >= len(s):
            continue
        # What follows must be no part of the object that the parser has lost.
        if s.tokens[b[1]].tag.startswith(("NN", "VBG", "CD", "JJ", "VBN", "HYPH", "TO")) or s.low[b[1]] in {
            "-",
            "/",
            "and",
            "or",
            "that",
            "which",
            "of",
        }:
            continue
        if s.tokens[thing].lemma == s.tokens[subject].lemma:
            continue
        finite = s.tokens[others[0]] if passive else t
        if modal is None and finite.tag not in {"VBD", "VBZ", "VBP"}:
            continue
        if modal is None and passive and finite.lemma != "be":
            continue
        how = " ".join(s.tokens[c].text for c in adverbs)
        word = None if modal is None else s.tokens[modal].text
        doer, done = (thing, subject) if passive else (subject, thing)

        def said(
            x: int,
            y: int,
            active: bool,
            *,
            whole: Span = (a[0], b[1]),
            v: int = v,
            past: bool = finite.tag == "VBD",
            word: str | None = word,
            how: str = how,
        ) -> Edits:
            """X does it to y, or has it done by y."""
            lemma, many = s.tokens[v].lemma, s.plural(x)
            if word is not None:
                words = [word, "" if active else "be", how, verb(lemma, "VB" if active else "VBN")]
            elif active:
                words = [how, verb(lemma, "VBD" if past else "VBP" if many else "VBZ")]
            else:
                words = [("were" if many else "was") if past else ("are" if many else "is"), how, verb(lemma, "VBN")]
            middle = " ".join(w for w in [*words, "" if active else "by"] if w)
            return (Edit(*whole, (s.spans[x], middle, s.spans[y])),)

        yield Fact(
            kind="roles swapped",
            true=(said(doer, done, True), said(done, doer, False)),
            false=(said(done, doer, True), said(doer, done, False)),
        )


# ---- denials, scope, cause ----

_SMALL = frozenset(
    [
        "some",
        "any",
        "also",
        "already",
        "both",
        "still",
        "only",
        "either",
        "yet",
        "all",
        "never",
        "no",
        "nor",
        "neither",
        "without",
        "until",
        "but",
        "even",
        "once",
        "not",
        "nothing",
        "few",
        "little",
        "hardly",
    ]
)
_DO = {"VBD": "did", "VBZ": "does", "VBP": "do"}


def denials(s: Sentence) -> Iterator[Fact]:
    """What is said denied, what is denied said."""
    r = s.root
    for v in [r, *(c for c in s.children[r] if s.tokens[c].dep == "conj" and s.child(c, "nsubj", "nsubjpass") is not None)]:
        t = s.tokens[v]
        subject = s.child(v, "nsubj", "nsubjpass", "expl")
        if (
            not t.tag.startswith("V")
            or subject is None
            or {"no", "none", "neither", "few", "nobody"} & set(s.low[slice(*s.spans[subject])])
        ):
            continue
        small = [w for w in s.low[slice(*s.spans[v])] if w in _SMALL]
        negation = next((c for c in s.children[v] if s.low[c] in {"not", "n't"}), None)
        auxiliaries = [c for c in s.children[v] if s.tokens[c].dep in {"aux", "auxpass"} and c < v]
        first = auxiliaries[0] if auxiliaries else None
        if negation is not None:
            if len(small) != 1 or s.low[negation + 1] in {"just", "every", "always", "necessarily", "because", "solely", "alone"}:
                continue
            if first is not None and s.tokens[first].lemma == "do" and negation == first + 1:
                between = (negation + 1, v)
                keep = Edit(first, v + 1, (f"{s.tokens[first].text} not", between, t.text))
                other = Edit(first, v + 1, (between, verb(t.lemma, s.tokens[first].tag)))
            elif negation == (v if first is None else first) + 1:
                at = negation - 1
                word = "can" if s.low[at] == "ca" else s.tokens[at].text
                keep = Edit(at, negation + 1, ("cannot" if word == "can" else f"{word} not",))
                other = Edit(at, negation + 1, (word,))
            else:
                continue
            yield Fact(kind="denied", true=((keep,),), false=((other,),), turn=(f"{t.lemma} not", f"{t.lemma} yes"))
            continue
        if small or s.low[subject] == "there":
            continue
        if first is not None:
            word = s.low[first]
            if (
                word not in {"was", "were", "is", "are", "can", "could", "will", "has", "have", "had", "does", "do", "did"}
                or s.tokens[first].tag == "VB"
            ):
                continue
            keep, other = Edit(first, first + 1, (word,)), Edit(first, first + 1, ("cannot" if word == "can" else f"{word} not",))
        elif t.lemma == "be":
            keep, other = Edit(v, v + 1, (t.text,)), Edit(v, v + 1, (f"{t.text} not",))
        elif t.tag in _DO:
            at = v - 1 if v and s.tokens[v - 1].head == v and s.tokens[v - 1].dep == "advmod" else v
            keep, other = Edit(at, v + 1, ((at, v), t.text)), Edit(at, v + 1, (f"{_DO[t.tag]} not", (at, v), t.lemma))
        else:
            continue
        yield Fact(kind="denied", true=((keep,),), false=((other,),), turn=(f"{t.lemma} yes", f"{t.lemma} not"))


_FOUND_OR_NOT = frozenset(
    [
        "difference",
        "association",
        "effect",
        "correlation",
        "evidence",
        "change",
        "relationship",
        "improvement",
        "increase",
        "reduction",
        "impact",
        "benefit",
        "sign",
        "interaction",
    ]
)


def differences(s: Sentence) -> Iterator[Fact]:
    """No difference made a difference, and the reverse."""
    if {"nor", "or", "neither", "not", "but", "only"} & set(s.low):
        return
    for n, t in enumerate(s.tokens):
        if t.lemma not in _FOUND_OR_NOT or t.tag not in {"NN", "NNS"} or t.dep not in {"dobj", "attr", "nsubjpass", "nsubj"}:
            continue
        start, det = s.spans[n][0], s.child(n, "det")
        adjectives = {s.low[c] for c in s.children[n] if s.tokens[c].dep == "amod"}
        if adjectives & {"several", "various", "many", "few", "different", "other", "more", "less"} or s.child(n, "nummod") is not None:
            continue
        key = f"{t.lemma} {'significant' if adjectives & {'significant', 'substantial', 'marked'} else ''}"
        many = t.tag == "NNS" or t.lemma == "evidence"
        if det == start and s.low[det] == "no" and s.low.count("no") == 1:
            some = "" if many else "a"
            yield Fact(kind="denied", true=_one(det, det + 1, ["no"]), false=_one(det, det + 1, [some]), turn=(f"no {key}", f"a {key}"))
        elif "no" not in s.low and (
            (det == start and s.low[det] in {"a", "an"}) or (det is None and many and s.tokens[start].tag in {"JJ", t.tag})
        ):
            end = start + (det is not None)
            keep: Edits = () if det is None else (Edit(start, end, ("a",)),)
            yield Fact(kind="denied", true=(keep,), false=_one(start, end, ["no"]), turn=(f"a {key}", f"no {key}"))


_OFTEN: tuple[tuple[str, ...], ...] = (
    ("always", "invariably"),
    ("often", "frequently", "usually"),
    ("sometimes", "occasionally"),
    ("rarely", "seldom"),
)


def scopes(s: Sentence) -> Iterator[Fact]:
    """All made some, always made seldom, and the reverse."""
    if not plain(s):
        return
    for n, t in enumerate(s.tokens):
        low, head = s.low[n], s.tokens[t.head]
        if t.dep == "det" and low in {"all", "some"} and head.tag == "NNS" and t.head - n <= 3:
            few: tuple[str, ...] = ("only some", "some")
            every: tuple[str, ...] = ("all",)
            true, false = (every, few) if low == "all" else (few, every)
            yield Fact(
                kind="all and some", true=_one(n, n + 1, true), false=_one(n, n + 1, false), turn=(low, "some" if low == "all" else "all")
            )
        if low in {"most", "many", "few"} and t.dep == "amod" and head.tag == "NNS" and s.spans[t.head][0] == n and n:
            many = low != "few"
            true, false = (("most", "many"), ("few",)) if many else (("few",), ("most", "many"))
            yield Fact(
                kind="all and some",
                true=_one(n, n + 1, true),
                false=_one(n, n + 1, false),
                turn=("many", "few") if many else ("few", "many"),
            )
        for level, same in enumerate(_OFTEN):
            if low in same and t.tag == "RB" and s.tokens[t.head].tag.startswith("V"):
                for other in range(4):
                    if abs(other - level) >= 2:
                        yield Fact(
                            kind="all and some",
                            true=_one(n, n + 1, same),
                            false=_one(n, n + 1, _OFTEN[other]),
                            turn=(f"level {level}", f"level {other}"),
                        )


_CAUSES = (("cause", ""), ("lead", " to"), ("result", " in"), ("bring_about", ""))


def causes(s: Sentence) -> Iterator[Fact]:
    """What goes together made cause and effect, and the reverse."""
    for n, t in enumerate(s.tokens):
        subject = s.child(n, "nsubj", "nsubjpass")
        if subject is None or s.tokens[subject].tag not in {"NN", "NNS", "NNP"} or s.child(n, "neg") is not None or n + 1 >= len(s):
            continue
        be = s.child(n, "auxpass")
        many = s.plural(subject)
        if s.low[n] in {"associated", "correlated", "linked"} and be is not None and s.low[n + 1] in {"with", "to"}:
            tag = s.tokens[be].tag
            if tag not in {"VBD", "VBZ", "VBP"} or not 1 <= n - be <= 2 or s.child(n, "aux") is not None:
                continue
            span, is_cause = (be, n + 2), False
        elif (t.lemma == "cause" and s.child(n, "dobj") is not None) or (t.lemma in {"lead", "result"} and s.low[n + 1] in {"to", "in"}):
            tag = t.tag
            if tag not in {"VBD", "VBZ", "VBP"} or s.child(n, "aux") is not None:
                continue
            span, is_cause = (n, n + 1 if t.lemma == "cause" else n + 2), True
        else:
            continue
        b = ("were" if many else "was") if tag == "VBD" else ("are" if many else "is")
        together = (f"{b} associated with", f"{b} linked to", f"{b} correlated with", f"{b} merely associated with")
        cause = tuple(verb(w, "VBD" if tag == "VBD" else "VBP" if many else "VBZ") + r for w, r in _CAUSES)
        true, false = (cause, together) if is_cause else (together, cause)
        turn = ("cause", "with") if is_cause else ("with", "cause")
        yield Fact(kind="cause and association", true=_one(*span, true), false=_one(*span, false), turn=turn, label="not_carried")


# ---- relations ----

_MOVES = frozenset(
    [
        "increase",
        "decrease",
        "rise",
        "fall",
        "drop",
        "improve",
        "change",
        "shift",
        "switch",
        "move",
        "convert",
        "transfer",
        "translate",
        "reduce",
        "grow",
        "decline",
        "progress",
        "transition",
        "vary",
        "raise",
        "lower",
        "jump",
        "go",
        "transform",
        "extend",
        "lengthen",
        "shorten",
        "transmit",
        "spread",
        "differentiate",
        "map",
        "adapt",
        "migrate",
        "translocate",
    ]
)


def relations(s: Sentence) -> Iterator[Fact]:
    """What belongs to what exchanged: "A for X and B for Y", "from X to Y", "X but not Y", the figures of "respectively"."""
    yield from _lists(s)
    yield from _from_to(s)
    yield from _but_not(s)
    if s.low[s.end - 1] == "respectively":
        numbers = [n for n, t in enumerate(s.tokens) if t.tag == "CD"]
        if len(numbers) == 2 and s.low[numbers[0]] != s.low[numbers[1]]:
            a, b = numbers
            between = s.low[a + 1 : b]
            if between in (["and"], ["%", "and"], ["versus"], ["%", "vs"], ["vs"], ["%", "versus"]) or (
                between[-1:] == ["and"] and len(between) == 2 and between[0] == s.low[b + 1]
            ):
                yield Fact(kind="figures exchanged", true=((),), false=(swap((a, a + 1), (b, b + 1)),))


def _lists(s: Sentence) -> Iterator[Fact]:
    for n, t in enumerate(s.tokens):
        if t.dep != "conj" or (s.tokens[t.head].lemma == t.lemma and t.tag != "CD"):
            continue
        h = t.head
        heads = s.tokens[h]
        for p in (c for c in s.children[h] if s.tokens[c].dep == "prep" and h < c < n):
            q = next((c for c in s.children[n] if s.tokens[c].dep == "prep" and s.low[c] == s.low[p] and c > n), None)
            a, b = s.child(p, "pobj"), None if q is None else s.child(q, "pobj")
            if a is None or b is None or q is None:
                continue
            x, y = s.spans[a], s.spans[b]
            joint = y_start = s.spans[n][0]
            between = s.low[x[1] : joint]
            if between not in (["and"], [",", "and"], ["but"], [",", "but"], [",", "whereas"], ["or"], ["versus"], ["vs"]):
                continue
            if not solid(s, x, 6) or not solid(s, y, 6) or s.text(x).lower() == s.text(y).lower():
                continue
            if heads.tag.startswith("V") != t.tag.startswith("V") or {heads.tag, t.tag} <= {"CC"}:
                continue
            if heads.tag.startswith("V"):
                if y[1] not in {s.end, s.spans[n][1]} or (s.plural(a) != s.plural(b) and False):
                    continue
                yield Fact(kind="relations exchanged", true=((),), false=(swap(x, y),))
                break
            first = (s.spans[h][0], p)
            if (
                p not in {h + 1, h + 2}
                or q not in {n + 1, n + 2}
                or not all(s.tokens[c].tag.startswith(("NN", "CD")) or s.low[c] == "%" for c in (h, n))
            ):
                continue
            if t.lemma == "result" and s.low[q] == "in":
                continue
            if s.low[p] == "of" and (s.child(h, "det") is None) != (s.child(n, "det") is None):
                continue
            second = (y_start, q)
            yield Fact(
                kind="relations exchanged",
                true=((), swap((first[0], x[1]), (second[0], y[1]))),
                false=(swap(x, y), swap(first, second)),
            )
            break


def _from_to(s: Sentence) -> Iterator[Fact]:
    for n, t in enumerate(s.tokens):
        if s.low[n] != "from" or t.dep != "prep" or s.tokens[t.head].lemma.lower() not in _MOVES:
            continue
        a = s.child(n, "pobj")
        to = next((c for c in range(n + 2, min(n + 10, len(s))) if s.low[c] == "to" and s.tokens[c].dep == "prep"), None)
        b = None if to is None else s.child(to, "pobj")
        if a is None or b is None or to is None or s.tokens[to].head not in {n, a, t.head}:
            continue
        x, y = (n + 1, to), s.spans[b]
        figures = all(any(u.tag == "CD" for u in s.tokens[slice(*g)]) for g in (x, y))
        if s.text(x) == s.text(y) or y[1] - y[0] > 6 or x[1] - x[0] > 6 or not (figures or (solid(s, x, 6) and solid(s, y, 6))):
            continue
        if re.search(r"\b(?:19|20)\d\d\b", s.text(x)) or {"±", "+/-"} & set(s.low) or any(u.tag == "IN" for u in s.tokens[slice(*x)]):
            continue
        yield Fact(kind="from and to", true=((),), false=(swap(x, y),))


def _but_not(s: Sentence) -> Iterator[Fact]:
    for n in range(1, len(s) - 2):
        two = s.low[n : n + 2]
        if two not in (["but", "not"], ["rather", "than"], ["and", "not"]):
            continue
        right = next(
            (c for c in range(n + 2, len(s)) if s.spans[c][0] == n + 2 and s.tokens[c].dep in {"conj", "pobj", "prep", "appos"}), None
        )
        if right is None:
            continue
        left = s.tokens[right].head
        stop = n - 1 if s.low[n - 1] == "," else n
        if left >= stop or s.tokens[left].tag[:2] != s.tokens[right].tag[:2] or s.tokens[left].tag[:2] not in {"NN", "IN"}:
            continue
        x, y = (s.spans[left][0], stop), s.spans[right]
        inner_x, inner_y = ((x[0] + 1, x[1]), (y[0] + 1, y[1])) if s.tokens[left].tag == "IN" else (x, y)
        if s.tokens[left].tag == "IN" and s.low[x[0]] != s.low[y[0]]:
            continue
        if solid(s, inner_x, 6) and solid(s, inner_y, 6):
            yield Fact(kind="but not turned", true=((),), false=(swap(inner_x, inner_y),))


# ---- two sentences ----


def predicates(one: Sentence, other: Sentence) -> Iterator[tuple[Sentence, Fact]]:
    """What is said of the subject of one sentence said of the subject of another, alone or in one sentence with both."""
    parts = [_subject_and_rest(s) for s in (one, other)]
    if parts[0] is None or parts[1] is None:
        return
    (a, rest_a, tag_a), (b, rest_b, tag_b) = parts[0], parts[1]
    words_a, words_b = set(one.low[slice(*a)]), set(other.low[slice(*b)])
    if tag_a != tag_b or words_a <= words_b or words_b <= words_a:
        return
    both = joined(one, "whereas", other)
    shift = one.end + 2
    c, rest_c = (b[0] + shift, b[1] + shift), (rest_b[0] + shift, rest_b[1] + shift)
    if len(both) <= 36:
        yield (
            both,
            Fact(
                kind="predicates exchanged",
                true=((), (*swap(a, c), *swap(rest_a, rest_c))),
                false=(swap(a, c), swap(rest_a, rest_c)),
                label="not_carried",
            ),
        )
    end = len(both) - 1
    yield (
        both,
        Fact(
            kind="predicate of another",
            true=((Edit(0, end, (a, rest_a)),), (Edit(0, end, (c, rest_c)),)),
            false=((Edit(0, end, (a, rest_c)),), (Edit(0, end, (c, rest_a)),)),
            label="not_carried",
        ),
    )


def _subject_and_rest(s: Sentence) -> tuple[Span, Span, tuple[str, bool, str, str]] | None:
    """The subject, what is said of it, and what two subjects must have in common: form, and the noun that their other words tell apart."""
    r = s.root
    subject = s.child(r, "nsubj", "nsubjpass")
    if subject is None or len(s) > 26 or not s.finite(r) or s.child(r, "conj", "advcl", "ccomp") is not None:
        return None
    a = s.spans[subject]
    t = s.tokens[subject]
    if (
        a[0] != 0
        or not solid(s, a, 6)
        or t.lemma in _OURS | {"method", "approach", "model", "we", "conclusion", "aim", "purpose", "level", "goal"}
    ):
        return None
    told = name_of(s, subject) or (
        "" if s.low[subject] == s.low[a[0]] or a[1] - subject > 1 or (s.low[a[0]] in {"the", "a"} and subject - a[0] < 2) else t.lemma
    )
    if (
        not told
        or s.tokens[a[1]].text == ","
        or t.tag not in {"NN", "NNS", "NNP", "NNPS"}
        or (s.low[0] in {"our", "the", "a", "an"} and len(range(*a)) == 1)
    ):
        return None
    first = next((s.tokens[c] for c in sorted(s.children[r]) if s.tokens[c].dep in {"aux", "auxpass"} and c < r), s.tokens[r])
    return a, (a[1], s.end), (first.tag, s.plural(subject), t.dep, told)


# ---- names and figures ----

_FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\d*\.\d+")
_WORDED = {
    w: n for n, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])
}
_NUMBERED = frozenset(
    [
        "type",
        "vitamin",
        "caspase",
        "interleukin",
        "factor",
        "protein",
        "chromosome",
        "figure",
        "table",
        "group",
        "class",
        "version",
        "type",
        "grade",
        "line",
        "exon",
        "p",
    ]
)
_UNIT = re.compile(
    r"(?:m|µ|μ|n|k|c)?(?:g|m|l|L|M|s|Hz)|days?|weeks?|months?|years?|hours?|h|min|minutes?|kg|dB|fold|kb|bp|points?|times|percent"
)


def figure_of(s: Sentence, n: int) -> tuple[str, str] | None:
    """The kind (unit and form) and the text of a figure that may be changed."""
    t = s.tokens[n]
    if t.tag != "CD" or n + 1 >= len(s):
        return None
    low = s.low[n]
    if not (_FIGURE.fullmatch(t.text) or (low in _WORDED and low not in {"zero", "one"})):
        return None
    before, after = s.tokens[n - 1] if n else None, s.tokens[n + 1]
    if after.text in {"-", "/", "±", "\u2013", "\u00d7", "x", "+/-", "of"}:
        return None
    if before is not None and (
        before.text in {"-", "/", "±", "\u2013", "+/-"} or before.lemma.lower() in _NUMBERED or (not before.space and before.text != "$")
    ):
        return None
    shape = (
        "word"
        if low in _WORDED
        else f"{',' if ',' in t.text else ''}{len(t.text.split('.')[0].replace(',', ''))}.{len(t.text.partition('.')[2])}"
    )
    if after.text == "%":
        return f"% {shape}", t.text
    if t.head > n and t.dep == "nummod" and s.tokens[t.head].tag == "NNS" and after.tag in {"NNS", "NN", "JJ", "VBN", "VBG"}:
        return f"{s.tokens[t.head].lemma.lower()} {shape}", t.text
    if _UNIT.fullmatch(after.text):
        return f"{after.text} {shape}", t.text
    if (
        re.fullmatch(r"(?:19|20)\d\d", t.text)
        and before is not None
        and before.text.lower() in {"in", "since", "until", "by"}
        and after.text in {",", ".", "and", "in"}
    ):
        return "(year)", t.text
    return None


_CODE = re.compile(r"(?=.*[A-Z])(?:[A-Za-z]*[A-Z]{2,}[A-Za-z]*|[A-Za-z]+-?\d+[A-Za-z]*|[A-Z][a-z]+[A-Z]\w*|[a-z][A-Z]\w+)(?:-\w+)*")
_COUNTRIES = frozenset(
    [
        "China",
        "Japan",
        "India",
        "Germany",
        "France",
        "Italy",
        "Spain",
        "England",
        "Sweden",
        "Denmark",
        "Norway",
        "Finland",
        "Australia",
        "Canada",
        "Brazil",
        "Mexico",
        "Kenya",
        "Uganda",
        "Nigeria",
        "Thailand",
        "Vietnam",
        "Korea",
        "Taiwan",
        "Israel",
        "Turkey",
        "Iran",
        "Netherlands",
        "Switzerland",
        "Austria",
        "Belgium",
        "Portugal",
        "Greece",
        "Poland",
        "Russia",
        "Africa",
        "Asia",
        "Europe",
        "Scotland",
        "Wales",
        "Ireland",
        "Malawi",
        "Zambia",
        "Tanzania",
        "Ghana",
        "Bangladesh",
        "Pakistan",
        "Indonesia",
        "Malaysia",
        "Singapore",
        "Chile",
        "Argentina",
        "Colombia",
        "Peru",
    ]
)
_DRUG = re.compile(
    r"[a-z]{3,}(?:mab|nib|statin|cillin|azole|olol|pril|sartan|mycin|vir|platin|taxel|rubicin|formin|gliptin|caine|profen|oxetine|zepam|pari[n]|"
    r"lukast|floxacin|cycline|azine|idine|asone|olone|amide|thiazide)"
)
_SETS: dict[str, str] = {
    "organ": "liver kidney lung heart brain spleen muscle skin bone breast colon stomach pancreas prostate bladder retina thymus ovary",
    "species": "mice rats humans yeast zebrafish monkeys rabbits pigs dogs bacteria flies worms plants",
    "people": "men women boys girls children adults adolescents infants mothers fathers neonates",
    "cells": "neurons macrophages monocytes neutrophils lymphocytes fibroblasts astrocytes hepatocytes keratinocytes "
    "platelets erythrocytes adipocytes cardiomyocytes microglia osteoblasts osteoclasts",
    "disease": "asthma diabetes obesity hypertension stroke cancer depression schizophrenia malaria tuberculosis arthritis dementia "
    "epilepsy atherosclerosis sepsis pneumonia anemia leukemia lymphoma melanoma",
    "media": "images text speech audio video videos graphs sentences documents",
}
_SET_OF = {w: kind for kind, words in _SETS.items() for w in words.split()}


def name_of(s: Sentence, n: int) -> str | None:
    """The kind of name that the token is, if it is one: only names of one kind are exchanged."""
    t = s.tokens[n]
    if t.tag not in {"NN", "NNS", "NNP", "NNPS"} or (n + 1 < len(s) and s.low[n + 1] in {"-", "/", "+", "'s", "±"}):
        return None
    if n and (s.low[n - 1] in {"-", "/"} or s.tokens[n - 1].tag == "CD"):
        return None
    if t.text in _COUNTRIES:
        return "country" if t.dep == "pobj" else None
    modifier = t.dep in {"compound", "amod", "nmod"}
    if t.text in _SET_OF and s.child(n, "compound") is None:
        return f"{_SET_OF[t.text]} {s.tokens[t.head].lemma if modifier else ''}"
    if len(t.text) >= 3 and _CODE.fullmatch(t.text) and not (t.text.isupper() and t.text.isalpha() and len(t.text) > 6):
        if s.children[n] and any(s.tokens[c].dep in {"compound", "nummod", "appos"} for c in s.children[n]):
            return None
        form = "s" if t.text.endswith("s") and not t.text.isupper() else "1" if any(c.isdigit() for c in t.text) else "A"
        return f"code {form} {s.tokens[t.head].lemma if modifier else 'head'}"
    if t.tag == "NN" and not modifier and _DRUG.fullmatch(t.text):
        return "drug"
    return None


@dataclass(slots=True)
class Abstract:
    """What the sentences of an abstract offer to one another: names and figures by kind; `company` is what a name stands with."""

    names: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    company: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    figures: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def offered(parsed: Iterable[Sentence]) -> Abstract:
    """The names and figures of the sentences."""
    found = Abstract()
    for s in parsed:
        for n in range(len(s)):
            if kind := name_of(s, n):
                t = s.tokens[n]
                found.names[kind][t.text] += 1
                found.company[t.text].update(_company(s, n))
            if figure := figure_of(s, n):
                found.figures[figure[0]][figure[1]] += 1
    return found


def _company(s: Sentence, n: int) -> Iterator[str]:
    """What names of one sort have in common: the word they hang on, the list they stand in, the letters they begin with."""
    t = s.tokens[n]
    top = n
    while s.tokens[top].dep == "conj" and s.tokens[s.tokens[top].head].tag.startswith("NN"):
        top = s.tokens[top].head
    if top != n or any(s.tokens[c].dep == "conj" for c in s.children[n]):
        yield f"list {id(s)} {top}"
    first = s.tokens[top]
    over = s.tokens[first.head]
    # "in X cells" and "of X": the preposition alone says little.
    yield f"{first.dep} {over.lemma} {s.tokens[over.head].lemma if over.tag == 'IN' else ''}"
    if letters := re.match(r"[A-Za-z]{2,}(?=-?\d)", t.text):
        yield f"like {letters[0].lower()}"


def _abbreviates(short: str, long: str) -> bool:
    """Whether the letters of one word stand in the other in their order: miRNA, microRNA."""
    letters = iter(long)
    return all(c in letters for c in short)


def names(s: Sentence, abstract: Abstract, generator: random.Random) -> Iterator[Fact]:
    """A name in the place of another of its kind, both of this abstract."""
    flat = " ".join(s.low)
    done = set()
    for n, t in enumerate(s.tokens):
        kind = name_of(s, n)
        if kind is None or t.text in done:
            continue
        done.add(t.text)
        own = t.text.lower().rstrip("s")
        with_it = abstract.company[t.text]
        others = {
            w: c
            for w, c in abstract.names[kind].items()
            if w.lower() not in flat
            and w.lower().rstrip("s") not in own
            and own not in w.lower()
            and not (_abbreviates(own, w.lower()) or _abbreviates(w.lower(), own))
            and (not kind.startswith(("code", "drug")) or with_it & abstract.company[w])
        }
        if others:
            other = generator.choices(list(others), list(others.values()))[0]
            places = [c for c, u in enumerate(s.tokens) if u.text == t.text]
            yield Fact(kind="names swapped", true=((),), false=(tuple(Edit(c, c + 1, (other,)) for c in places),), label="not_carried")


def figures(s: Sentence, abstract: Abstract, pool: dict[str, list[str]], generator: random.Random) -> Iterator[Fact]:
    """A figure in the place of another of the same unit: of this abstract where it has one, else of another. Rounded alike."""
    here = {t.text for t in s.tokens}
    for n in range(len(s)):
        found = figure_of(s, n)
        if found is None:
            continue
        kind, text = found
        own = [f for f in abstract.figures[kind] if f != text and f not in here]
        drawn = own or [f for f in pool[kind] if f not in here]
        if not drawn:
            continue
        other = generator.choice(drawn)
        true, false = text, other
        if (
            "." in text
            and "." in other
            and min(float(text), float(other)) > 5
            and round(float(text)) != round(float(other))
            and generator.random() < 0.6
        ):
            about = "" if n and s.low[n - 1] in {"about", "approximately", "over", "only", "around"} else "about "
            true, false = f"{about}{round(float(text))}", f"{about}{round(float(other))}"
        yield Fact(kind="figure of the abstract" if own else "figure changed", true=_one(n, n + 1, [true]), false=_one(n, n + 1, [false]))


FINDERS: tuple[Callable[[Sentence], Iterator[Fact]], ...] = (directions, arms, roles, denials, differences, scopes, causes, relations)
"""The kinds that a sentence alone gives."""
