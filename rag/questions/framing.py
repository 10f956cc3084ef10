"""What each word of a question is there for: asking, greeting, leaving out, putting in order, or what is asked.

A linear chain model (averaged perceptron; Collins 2002) labels the words; `framing.json` is fitted by `scripts/framing.py` on questions as
people type them (`training/data/typed.txt`). It looks at words that frame questions and at their places; words of a subject are all the
same to it, so it holds for any field. Only what is labelled as asked is searched, read and weighed.
"""

# ruff: noqa: RUF001, SIM905 - typographic marks are typed, lists of words read best as text

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEARNED = Path(__file__).with_suffix(".json")

LABELS = "cflqmvnxsokzt"
"""content, frame, literature, counting (quantity), summary, verdict, leaving out (not) and what is left out (x), newest by stamp,
oldest, how many (k), an order that is not stored (z), best by the listing's score (top)."""

Order = Literal["newest", "oldest", "top"]
_ORDERS: tuple[tuple[str, Order], ...] = (("s", "newest"), ("o", "oldest"), ("t", "top"))
_NUMBERS = {w: n for n, w in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)}

_TOKEN = re.compile(r"[^\W_]+(?:['’.\-/+][^\W_]+)*|[^\w\s]|_")
_TOWARDS = re.compile(r"^\W*(?:(?:on|about|with|for|in|the|any|ones?)\s+)*", re.IGNORECASE)
_WEIGHT = re.compile(r"([a-z])([+-]\d+)")
_NEAR = 8
"""How far a word for literature is looked for."""

_NEVER = -1e6

_LONGEST = 400
"""Words that are labelled; the rest of a longer text is content."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark, at `start` of the text."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Behind it."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A question taken apart. `core` is what is asked; `request` is the text without what is left out and without order and number.

    `left_out`: what is not wanted. `unstored`: the words for an order that no record tells. `many`: several papers are asked for.
    """

    core: str
    request: str
    literature: bool = False
    counted: bool = False
    summary: bool = False
    verdict: bool = False
    left_out: tuple[str, ...] = ()
    order: Order | None = None
    amount: int | None = None
    unstored: str = ""
    many: bool = True

    @property
    def asks_papers(self) -> bool:
        """Papers are asked for, or what several of them say."""
        return self.literature or self.counted or self.summary


def tokens_of(text: str) -> list[Token]:
    """Words and marks in order."""
    return [Token(m[0], m.start()) for m in _TOKEN.finditer(text)]


@lru_cache(maxsize=256)
def framed(text: str) -> Framed:
    """Take a question apart; a text that frames and asks nothing is its own core.

    >>> framed("Could you recommend a paper on night vision?").core, framed("papers on terns but not on gulls").left_out
    ('night vision', ('gulls',))
    >>> framed("How does it recommend papers to readers?").core
    'How does it recommend papers to readers?'
    """
    tokens = tokens_of(text)[:_LONGEST]
    labels = _worded(tokens, labelled(tokens))
    asks_papers = any(label in labels for label in "lqm") or (
        "z" in labels and not (tokens and tokens[0].text.casefold() in _AUXILIARIES | _OF_THINGS)
    )
    if not asks_papers:  # a question in which something is left out, or put in order, is about that
        labels = _round_content(tokens, "".join(label if label in "cfv" else "c" for label in labels))
    else:
        labels = re.sub("n(?=x)", lambda m: "x" if _of_topic(tokens[m.start()]) else "n", labels)
        labels = _left_out(tokens, labels)
    spans = _spans(text, tokens, labels)
    core = _joined(span for label, span in spans if label == "c")
    literature = any(label in "ls" for label in labels) or "o" in labels or "t" in labels or "z" in labels
    said = "".join(span for label, span in spans if label == "k").strip().casefold()
    nouns = [t.text.casefold() for t, label in zip(tokens, labels, strict=True) if label == "l"]
    if not any(map(str.isalnum, core)) and not asks_papers:
        return Framed(core=text, request=text)
    return Framed(
        core=core,
        request=_joined(span for label, span in spans if label not in "nxsokzt"),
        literature=literature,
        counted="q" in labels,
        summary="m" in labels,
        verdict="v" in labels,
        left_out=tuple(bare for label, span in spans if label == "x" if (bare := _TOWARDS.sub("", span).strip(" .,;:?!()"))),
        order=next((order for label, order in _ORDERS if label in labels), None),
        amount=_NUMBERS.get(said, int(said) if said.isdecimal() and len(said) < 4 else None) or None,
        unstored=" ".join(span.strip() for label, span in spans if label == "z").strip(" ,.?!"),
        many=not nouns or not _ONE.issuperset(nouns),
    )


_ONE = frozenset({"paper", "article", "study", "publication", "reference", "survey", "review", "preprint", "citation"})
"""Words for a single piece of literature."""


_NEGATIONS = frozenset({"no", "not", "never", "neither", "nor", "nothing", "none", "cannot", "without"})
_AUXILIARIES = frozenset("do does did is are was were has have had can could will would should may might must be".split())


def _left_out(tokens: Sequence[Token], labels: str) -> str:
    """The labels, where a denial that says something of the subject leaves nothing out, and "but" ends what is left out.

    "that do not cross the barrier", "who are not vaccinated" and "without labels" say which ones; "not about gulls", "do not mention
    gulls" and "other than gulls" leave out.
    """
    words, found = [token.text.casefold().replace("\u2019", "'") for token in tokens], list(labels)
    for run in re.finditer("(n+)(x*)", labels):
        said = words[run.start() : run.end(1)]
        denied = said[-1] == "not" or said[-1] == "cannot" or said[-1].endswith("n't")
        if said == ["without"] or (
            denied and (said[-1] != "not" or _AUXILIARIES.intersection(words[max(0, run.start() - 1) : run.end(1)]))
        ):
            found[run.start() : run.end()] = "c" * len(run[0])
        elif "but" in words[run.end(1) : run.end()]:
            at = words.index("but", run.end(1))
            found[at : run.end()] = ["f"] + ["c"] * (run.end() - at - 1)
    return "".join("c" if word in _NEGATIONS and label in "flmqv" else label for word, label in zip(words, found, strict=True))


_ASKING = frozenset({"what", "which", "who", "whose", "whom", "where"})
_OF_THINGS = frozenset({"how", "why", "when", "where", "who", "do", "does", "did"})
"""Words with which no question begins that wants things named."""


def _worded(tokens: Sequence[Token], labels: str) -> str:
    """The labels, where literature is asked for only if it is what is asked for.

    A word that only asks ("which methods exist for ...") stands for it not all by itself, and papers of which something is asked ("how do
    the two papers on gulls ...") are none that are wanted.
    """
    found, opens, asked = list(labels), True, False
    for n, (token, label) in enumerate(zip(tokens, labels, strict=True)):
        if token.text in ".?!,;:":
            opens, asked = True, False
        elif opens:
            opens, asked = label != "c", label == "c" and token.text.casefold() in _OF_THINGS
        elif asked and label == "l":
            found[n] = "c"
    labels = "".join(found)
    framing = [
        (token.text.casefold(), label) for token, label in zip(tokens, labels, strict=True) if label != "c" and token.text[0].isalnum()
    ]
    return labels.replace("l", "c") if all(label == "l" and word in _ASKING for word, label in framing) else labels


def _round_content(tokens: Sequence[Token], labels: str) -> str:
    """The labels of a question that asks for no papers, in which frames stand round sentences only, and names and numbers in none.

    A mark right behind content belongs to it: a question mark, and any that stands between content.
    """
    found = ["c" if label in "fv" and _of_subject(token) else label for token, label in zip(tokens, labels, strict=True)]
    for n in range(1, len(tokens)):
        mark = not tokens[n].text[0].isalnum()
        if mark and found[n - 1] == "c" and (tokens[n].text == "?" or tokens[n].text not in _BREAKS or found[n + 1 : n + 2] == ["c"]):
            found[n] = "c"
    for run in re.finditer("(?<=c)f+(?=c)", "".join(found)):
        if not any(tokens[n].text in _BREAKS for n in range(run.start() - 1, run.end())):
            found[run.start() : run.end()] = "c" * len(run[0])
    last = re.search(r"(?<=c)f+$", "".join(found))
    if last and tokens[last.start()].text[0].isalnum() and tokens[last.start()].text.casefold() not in _model()["closing"]:
        found[last.start() :] = "c" * len(last[0])  # nothing was seen to close a question so
    words = [token.text.casefold() for token in tokens]
    told = next((n for n, word in enumerate(words) if word in _TELLING and "c" not in found[:n]), None)
    behind = words[told + 1 :] if told is not None else []
    if (
        told is not None
        and behind
        and behind[0] not in _OPENING
        and any(word in _OPENING and (before in _BREAKS or before == "and") for before, word in pairwise(behind))
    ):
        found[told] = "c"  # it is asked for beside what follows
    return "".join(found)


_TELLING = frozenset({"explain", "describe", "define", "outline", "what's", "what\u2019s"})
_OPENING = _ASKING | {"how", "why", "when"} | _AUXILIARIES
_BREAKS = frozenset(".?!,;:-\u2013\u2014()")
"""Marks beside which a frame may stand within a question."""


def _of_topic(token: Token) -> bool:
    """Whether the word is none that is known to frame."""
    return known(token.text, _model()["words"]).startswith("<")


def _of_subject(token: Token) -> bool:
    """Whether it is a number, or looks like a name: neither frames anything."""
    return known(token.text, frozenset()) in {"<number>", "<name>"}


def _spans(text: str, tokens: Sequence[Token], labels: str) -> list[tuple[str, str]]:
    """Stretches of one label, in order, with the blanks behind them; what lies beyond the tokens is content."""
    found: list[tuple[str, int, int]] = []
    for token, label in zip(tokens, labels, strict=True):
        if found and found[-1][0] == label:
            found[-1] = (label, found[-1][1], token.end)
        else:
            found.append((label, token.start, token.end))
    if found and text[found[-1][2] :].strip():
        found.append(("c", found[-1][2], len(text)))
    return [(label, text[start:end]) for label, start, end in found]


def _joined(parts: Iterable[str]) -> str:
    text = re.sub(r"\s+([,;:.?!])", r"\1", re.sub(r"\s+", " ", " ".join(parts)))
    return re.sub(r"^[\s,;:.!)\-–—]+|[\s,;:(\-–—]+$", "", text).strip()


def labelled(tokens: Sequence[Token]) -> str:
    """A label for each token: the best chain."""
    model = _model()
    return decode(scores(tokens, model), model["follows"], model["content"])


def decode(rows: Sequence[Sequence[float]], follows: Sequence[Sequence[float]], content: float = 0.0) -> str:
    """The chain of labels with the highest sum (Viterbi); ties go to the earlier label. `content` is added to that of what is asked."""
    if not rows:
        return ""
    every = range(len(LABELS))
    best = [score + follows[-1][n] + (0.0 if n else content) for n, score in enumerate(rows[0])]
    back: list[list[int]] = []
    for row in rows[1:]:
        came = [max(every, key=[best[k] + follows[k][n] for k in every].__getitem__) for n in every]
        best = [best[came[n]] + follows[came[n]][n] + row[n] + (0.0 if n else content) for n in every]
        back.append(came)
    at = max(every, key=best.__getitem__)
    chain = [at]
    for came in reversed(back):
        at = came[at]
        chain.append(at)
    return "".join(LABELS[n] for n in reversed(chain))


def scores(tokens: Sequence[Token], model: Mapping[str, Any]) -> list[list[float]]:
    """The sum of weights for each token and label."""
    rows = []
    for token, own in zip(tokens, features(tokens, model["words"], model["papers"]), strict=True):
        row = [0.0] * len(LABELS)
        word = known(token.text, model["words"])
        barred = ""
        if word.startswith("<"):  # no word asks, greets, orders or stands for literature by its place alone: a subject would be lost
            barred = "flmqvsotz" if word == "<number>" else "flmqvsotzk"
        elif word in model["words"]:  # nor orders or leaves out where it was never seen to
            barred = "".join(label for label in "nsotz" if word not in model["seen"][label])
        for name in own:
            for n, weight in model["weights"].get(name, ()):
                row[n] += weight
        for label in barred:
            row[LABELS.index(label)] = _NEVER
        rows.append(row)
    return rows


def features(tokens: Sequence[Token], words: frozenset[str], papers: frozenset[str]) -> list[list[str]]:
    """What is seen of each token: words that frame (`words`) and kinds of all others, here and round about, and where it stands."""
    w = ["<<", "<", *(known(token.text, words) for token in tokens), ">", ">>"]
    plain = [token.text.casefold() for token in tokens]
    found = []
    for n, token in enumerate(tokens):
        a, b, c, d, e = w[n : n + 5]
        own = ["", f"0{c}", f"-{b}", f"+{d}", f"--{a}", f"++{e}", f"-0{b} {c}", f"0+{c} {d}", f"-+{b} {d}", f"--0{a} {b} {c}"]
        own += [f"0++{c} {d} {e}", f"-0+{b} {c} {d}", f"at{min(n, 3)}", f"to{min(len(tokens) - n - 1, 2)}", f"first {w[2]} {c[0]}"]
        if any(p in papers for p in plain[n + 1 : n + 1 + _NEAR]):
            own += ["ahead", f"ahead {c}"]
        if any(p in papers for p in plain[max(0, n - _NEAR) : n]):
            own += ["behind", f"behind {c}"]
        if n and token.text[:1].isupper():
            own.append("capital")
        found.append(own)
    return found


def known(word: str, words: frozenset[str]) -> str:
    """The word where it frames questions, else its kind."""
    plain = word.casefold().replace("’", "'")
    if plain.isdecimal() or _NUMBERS.get(plain, 1) > 1:
        return "<number>"
    if plain in words or not plain[:1].isalnum():
        return plain
    return "<name>" if any(c.isdigit() or c.isupper() for c in word[1:]) else "<word>"


@lru_cache(maxsize=1)
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads(LEARNED.read_text(encoding="utf-8"))
    if model["labels"] != LABELS:
        raise RuntimeError("framing.json was fitted with other labels; run scripts/framing.py")
    return ready(model)


def ready(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model as it is kept, made ready to be read with."""
    weights = {
        name: [(LABELS.index(label), int(value)) for label, value in _WEIGHT.findall(told)] for name, told in model["weights"].items()
    }
    return {
        **model,
        "words": frozenset(model["words"]),
        "papers": frozenset(model["papers"]),
        "closing": frozenset(model["closing"]),
        "weights": weights,
    }
