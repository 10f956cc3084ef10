"""A parsed sentence, and edits of it that move, drop and replace its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LABELS = """
BACKGROUND METHODS? RESULTS? CONCLUSIONS? FINDINGS? INTERPRETATION OBJECTIVES? DESIGN SETTING PURPOSE AIMS? CONTEXT PRINCIPAL AND MAIN
OUTCOMES? MEASURES? MEASUREMENTS? INTRODUCTION SIGNIFICANCE RATIONALE RESEARCH STUDY SELECTION PATIENTS PARTICIPANTS DATA SOURCES?
EXTRACTION SYNTHESIS INTERVENTIONS? FUNDING SUMMARY LIMITATIONS? IMPLICATIONS METHODOLOGY OF EVIDENCE REVIEW PRIMARY MATERIALS? Background
Results Methods Conclusions? Objectives?
"""
_LABEL = re.compile(rf"^(?:(?:{'|'.join(_LABELS.split())})(?=[\s:/])[:/]?\s*)+(?=[A-Z\d])")
_CONNECTIVES = """
However; Moreover; Furthermore; In addition; Additionally; Thus; Therefore; Hence; Finally; Here; In contrast; Conversely; Interestingly;
Notably; Importantly; Consequently; In conclusion; In summary; Taken together; Together; Overall; Indeed; Similarly; Surprisingly;
Remarkably; Accordingly; Specifically; As a result; By contrast; On the other hand; Nevertheless; Nonetheless; Collectively; Strikingly;
Unexpectedly; In particular; In this (?:paper|work|study|article|report); In the present study; To our knowledge; Further; Second; Third;
First; Firstly; Secondly; Lastly; Then; Also; For example; For instance; In fact; Here we; Meanwhile; Subsequently; Unfortunately;
Currently; Recently; Empirically; Experimentally; More importantly; Most importantly; To this end; Mechanistically; Consistent with this;
In general; Intriguingly; As such; Among them; In these cases; Now
"""
_CONNECTIVE = re.compile(rf"^(?:{'|'.join(' '.join(c.split()) for c in _CONNECTIVES.split(';'))}),\s+")
_FIND = """
show shows showed shown find finds found demonstrate demonstrates demonstrated reveal reveals revealed report observe observed conclude
concluded establish established confirm confirmed confirms prove discovered noted determined reported indicated indicate indicates
"""
_OPENING = re.compile(
    r"^(?:(?:here|in this \w+),? )?(?:we|it|our \w+(?: \w+)?|the (?:results|findings|data|analysis|study|authors|evidence)|"
    r"th(?:is|ese) [\w ]{3,40}|results|findings|evidence|(?:\w+ )?analysis|(?:\w+ )?experiments)(?: (?:of|from|with|on) [\w\- ]{3,50})? ?"
    r"(?:also|further|clearly|now|have|has|was|had|is|first|then|previously|recently|therefore|thus|been|empirically|theoretically|"
    rf"consistently)*(?: \w+ly)? (?:{'|'.join(_FIND.split())}) that,? ",
    re.IGNORECASE,
)
# What is asked or thought and not said, and the rest of an opening that went ("and conclude that").
_NOT_SAID_FOR_SURE = re.compile(
    r"\b(?:whether|if|hypothesi[sz]\w*|aim(?:ed|s)?|sought|objectives?|unclear|unknown|debated?|controversial|questions?|purpose|expected|"
    r"conjecture|should|assume\w*|assumption\w*|unless|would|goals?|elusive|uncertain|not yet|to (?:investigate|examine|determine|evaluate|"
    r"assess|compare|test|study|explore|identify|estimate|review|describe|analy[sz]e) (?:the|how|what|which|for|and)|"
    r"and (?:then |also |further )*(?:show|find|conclude|propose|suggest|demonstrate|discuss|describe|report|present|provide|argue|prove|"
    r"reveal)s?)\b|\?|[:;\"“”]|\.\.|i\.e\.|e\.g\.",
    re.IGNORECASE,
)


def cleaned(sentence: str) -> str:
    """`sentence` without section labels, brackets, connectives and openings ("We found that"); "" where it claims nothing for sure."""
    text = _LABEL.sub("", sentence)
    for _ in range(3):
        text = re.sub(r"\s+\([^()]*\)|\s*\[[^\[\]]*\]", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    for pattern in (_CONNECTIVE, _CONNECTIVE, _OPENING):
        text = capitalised(pattern.sub("", text))
    if not text.endswith(".") or any(c in text for c in "()[]=<>{}\\$^|*~") or _NOT_SAID_FOR_SURE.search(text):
        return ""
    return text if 5 <= len(text.split()) <= 45 else ""


def capitalised(text: str) -> str:
    """`text` with a capital, except where its first word is a name in small letters ("p53", "mRNA")."""
    first = text.split(" ", 1)[0]
    return text[0].upper() + text[1:] if re.fullmatch(r"[a-z]{2,}(?:['\u2013][a-z]+)*,?|[a-z]{2,}-[\w-]+,?|a", first) else text


class Token(NamedTuple):
    """A word as the parser sees it; `head` is the place of the word it hangs on, its own place at the root."""

    text: str
    tag: str
    dep: str
    head: int
    lemma: str
    space: bool


Span = tuple[int, int]
"""Tokens from a place to another (exclusive)."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The tokens `start` to `end` (exclusive) become words and spans, which are edited in turn; nothing where they are dropped."""

    start: int
    end: int
    parts: tuple[str | Span, ...] = ()


Edits = tuple[Edit, ...]


class Sentence:
    """A parsed sentence."""

    def __init__(self, tokens: Sequence[Sequence[Any]], common: frozenset[str] = frozenset()) -> None:
        """`common` holds the lower-case words that are no names: one at the start loses its capital."""
        self.tokens = [Token(*t) for t in tokens]
        first = self.tokens[0]
        word = first.text.isalpha() and first.text[:1].isupper() and (first.text[1:].islower() or first.text == "A")
        if word and (first.text.lower() in common or not first.tag.startswith("NNP")):
            self.tokens[0] = first._replace(text=first.text.lower())
        self.low = [t.text.lower() for t in self.tokens]
        self.children: list[list[int]] = [[] for _ in self.tokens]
        for n, t in enumerate(self.tokens):
            if t.head != n:
                self.children[t.head].append(n)

    def __len__(self) -> int:
        """The number of tokens."""
        return len(self.tokens)

    @cached_property
    def spans(self) -> list[Span]:
        """From where to where each token and what hangs on it reach."""
        left, right = list(range(len(self))), list(range(1, len(self) + 1))
        changed = True
        while changed:
            changed = False
            for n, t in enumerate(self.tokens):
                h = t.head
                if left[n] < left[h]:
                    left[h], changed = left[n], True
                if right[n] > right[h]:
                    right[h], changed = right[n], True
        return list(zip(left, right, strict=True))

    @cached_property
    def root(self) -> int:
        """The word that hangs on nothing."""
        return next((n for n, t in enumerate(self.tokens) if t.head == n), 0)

    @property
    def end(self) -> int:
        """Where the words end: before the full stop."""
        return len(self) - (self.tokens[-1].text == ".")

    def child(self, n: int, *deps: str) -> int | None:
        """The first word that hangs on `n` in one of these ways."""
        return next((c for c in self.children[n] if self.tokens[c].dep in deps), None)

    def text(self, span: Span) -> str:
        """The words of a span."""
        return "".join(t.text + (" " if t.space else "") for t in self.tokens[span[0] : span[1]]).strip()

    def finite(self, v: int) -> bool:
        """Whether the verb at `v` has a subject and a finite form: it heads a sentence, not a heading or an aim."""
        forms = [self.tokens[v].tag, *(self.tokens[c].tag for c in self.children[v] if self.tokens[c].dep in {"aux", "auxpass"} and c < v)]
        return self.child(v, "nsubj", "nsubjpass", "expl", "csubj") is not None and bool({"VBD", "VBZ", "VBP", "MD"} & set(forms))

    def plural(self, n: int) -> bool:
        """Whether the noun group at `n` takes a verb in the plural."""
        joined = any(self.tokens[c].dep == "conj" for c in self.children[n]) and any(self.low[c] == "and" for c in self.children[n])
        return joined or self.tokens[n].tag in {"NNS", "NNPS"}


def joined(one: Sentence, word: str, other: Sentence) -> Sentence:
    """The two sentences as one, joined by `word`."""
    first, second = one.tokens[: one.end], other.tokens[: other.end]
    first[-1] = first[-1]._replace(space=False)
    shift = len(first) + 2
    both = [
        *first,
        Token(",", ",", "punct", one.root, ",", True),
        Token(word, "IN", "mark", shift + other.root, word, True),
        *(t._replace(head=t.head + shift) for t in second),
        Token(".", ".", "punct", one.root, ".", False),
    ]
    both[shift + other.root] = both[shift + other.root]._replace(head=one.root, dep="advcl")
    return Sentence(both)


def render(sentence: Sentence, edits: Iterable[Edit], opening: str = "") -> str:
    """The sentence with the edits, as a sentence, after `opening`."""
    text = re.sub(r"\s+", " ", f"{opening} {_rendered(sentence, (0, len(sentence)), tuple(edits))}").strip()
    text = re.sub(r"\s+([,.;])", r"\1", text)
    text = re.sub(r"(?:,\s*)+([,.])", r"\1", text).strip(" ,")
    text = re.sub(r"\b(a|^A) (?=[aeio][a-z])(?!one\b|once\b)", r"\1n ", text)
    text = re.sub(r"\b(a|^A)n (?=[bcdfgjklmnpqrstvwyz][a-z])", r"\1 ", text)
    return capitalised(text if text.endswith(".") else text + ".")


def _rendered(sentence: Sentence, span: Span, edits: Edits) -> str:
    out: list[str] = []
    at = span[0]
    while at < span[1]:
        inside = [e for e in edits if e.start == at and e.end <= span[1]]
        out += [f"{p} " for e in inside if e.end == at for p in e.parts]
        edit = max((e for e in inside if e.end > at), key=lambda e: e.end, default=None)
        if edit is None:
            token = sentence.tokens[at]
            out.append(token.text + (" " if token.space else ""))
            at += 1
            continue
        rest = tuple(e for e in edits if e is not edit)
        # Of two spans that change places, neither is sent back by the other's edit.
        here = (edit.start, edit.end)
        words = [
            p if isinstance(p, str) else _rendered(sentence, p, tuple(e for e in rest if (e.start, e.end) != p or here not in e.parts))
            for p in edit.parts
        ]
        out.append(" ".join(w.strip() for w in words if w.strip()) + (" " if sentence.tokens[edit.end - 1].space else ""))
        at = edit.end
    return "".join(out)


def fit(one: Iterable[Edit], other: Iterable[Edit]) -> bool:
    """Whether the edits can stand together: apart, or one inside a span that the other keeps."""
    return all(_fit(a, b) for a in one for b in other)


def _fit(a: Edit, b: Edit) -> bool:
    if a.end <= b.start or b.end <= a.start:
        return True
    outer, inner = (a, b) if (a.end - a.start) >= (b.end - b.start) else (b, a)
    if (outer.start, outer.end) == (inner.start, inner.end):
        return False
    return any(not isinstance(p, str) and p[0] <= inner.start and inner.end <= p[1] for p in outer.parts)


def kept(edits: Iterable[Edit], fixed: Iterable[Edit]) -> bool:
    """Whether no edit drops what one of `fixed` has made."""
    return all(e.parts or not any(e.start <= f.start and f.end <= e.end for f in fixed) for e in edits)


def swap(one: Span, other: Span) -> Edits:
    """The two spans change places."""
    return (Edit(*one, (other,)), Edit(*other, (one,)))
