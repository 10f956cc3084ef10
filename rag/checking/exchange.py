"""Whether a name has been put in the place of another, or in another stretch; what stands around a word or a figure tells its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.checking.lexicon import stem
from rag.checking.polarity import tokens_of
from rag.checking.segments import blanked, names_in, segments, slot
from rag.reading.figures import quantities
from rag.reading.names import MONTHS, TOKEN, Name, key_of, named, part_keys
from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


_CUT_COSTS = 2  # a comma or a conjunction in between counts as so many words
_TELLING = 1.5
_UNSAID = 0.6
_CLEARLY, _OTHER_PLACE, _OTHER_FORM = 0.2, 0.7, 0.3
_HARDLY = 0.1
_A_KIND, _TOGETHER = 1.0, 0.3
_KINDS = re.compile(r"[A-Z]{2,6}s|M?LLM|V?LM|PLM|SOTA|NLP|AI|ML|D?NN|[CGR]NN|[GCT]PU|API|State-of-the-Art")
_RUN = re.compile(r"\b[A-Z0-9][\w\-+]*(?:\s+[A-Z0-9][\w\-+]*)*")
_DEFINED = re.compile(r"\b([A-Z0-9][\w\-+]*(?:\s+[A-Z0-9][\w\-+]*)*)\s*\(([A-Z][\w\-]*)\)")
_GOES_ON = re.compile(r"(?:It|They|This|These|Its|Their|Both|The)\b")
_GRADE = re.compile(r"(?:top|pass|hits?|recall|precision|p|r|f)[@\-]?\d+", re.IGNORECASE)
_APPOSITION = re.compile(r"^(\W*[^\W_][\w\-]*(?: [A-Z][\w\-]*)?), [^,]{3,60}, ")
_OTHERS = re.compile(
    r"\W*(?:where|while|whereas|and|but)?\s*(?:the\s+)?(?:previous|prior|existing|earlier|other|traditional|conventional|baselines?|humans?|most)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A content word, name (`name:gpt4`) or figure (`num:12`) of a text, and the stretch it stands in."""

    term: str
    start: int
    end: int
    stretch: int


@lru_cache(maxsize=4096)
def marks(text: str) -> tuple[Mark, ...]:
    """What a text is made of, in order, without stop words."""
    cuts = segments(text)
    named_at = {n.start: n for n in names_in(text)}
    figures = quantities(text)
    found = []
    for match in TOKEN.finditer(text):
        stretch = max(n for n, (a, _b) in enumerate(cuts) if a <= match.start())
        figure = next((q for q in figures if q.start <= match.start() < q.end), None)
        if figure is not None:
            if figure.start == match.start():
                found.append(Mark(f"num:{figure.value:g}", figure.start, figure.end, stretch))
        elif match.start() in named_at:
            name = named_at[match.start()]
            found.append(Mark(f"name:{name.key}", name.start, name.end, stretch))
        else:
            pieces = [w for w in match[0].lower().split("-") if w not in STOP_WORDS]
            found += [Mark(stem(w), match.start(), match.end(), stretch) for w in pieces]
    return tuple(found)


@lru_cache(maxsize=8192)
def context(text: str, start: int, end: int) -> dict[str, float]:
    """What stands around a place: each term with a weight that falls with the content words and cuts in between."""
    found: dict[str, float] = {}
    row = marks(text)
    inside = [n for n, m in enumerate(row) if m.start < end and m.end > start]
    if not inside:
        return found
    first, last = inside[0], inside[-1]
    for n, mark in enumerate(row):
        if first <= n <= last:
            continue
        apart = (first - n if n < first else n - last) - 1 + _CUT_COSTS * abs(mark.stretch - row[first].stretch)
        found[mark.term] = max(found.get(mark.term, 0.0), 1 / (1 + apart / 4))
    return found


def nearness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How much of one place's surroundings stands around the other; names and figures tell more than words."""
    shared = one.keys() & other.keys()
    return sum(one[t] * other[t] * (_TELLING if t.startswith(("name:", "num:")) else 1.0) for t in shared)


def replaced(claim: str, sentences: Sequence[str], *, title: str, own: frozenset[str]) -> tuple[str, bool] | None:
    """A name of the claim that stands where the abstract has another one, which the claim lacks; and whether neither is like a word.

    Each name of the claim is laid against each place of the abstract: if what surrounds it in the claim surrounds another name there
    clearly better than it surrounds this name anywhere, the other one was meant. `own` are the paper's own names, which may go unsaid.
    """
    said = {n.key for n in names_in(claim)}
    together = _groups(claim)
    unnamed = _GOES_ON.match(claim) is not None
    spelled = named(claim)
    places: dict[str, list[tuple[str, Name]]] = {}
    for sentence in sentences:
        for name in names_in(sentence):
            places.setdefault(name.key, []).append((sentence, name))
    others = [
        (sentence, name)
        for key, found in places.items()
        if key not in said
        for sentence, name in found
        if not _GRADE.fullmatch(name.text) and key not in MONTHS and not spelled.holds(name)
    ]
    for name in names_in(claim):
        if _GRADE.fullmatch(name.text) or name.key in MONTHS:
            continue
        ours = _around(claim, name)
        mine = [nearness(ours, around) for around in _homes(name, sentences, places)]
        if name.key in own:
            mine += [
                _UNSAID * nearness(ours, dict.fromkeys((m.term for m in marks(x)), 1.0)) for x in sentences if not _led_by_another(x, own)
            ]
        if not mine and not key_stands(name, title):
            continue  # held in some other form, `names.missing` has seen to that
        held = max(mine, default=0.0)
        place = slot(claim, name)
        for sentence, other in others:
            if _akin(name, other) or _part_of_said(sentence, other, together, plain=_plain(name)):
                continue
            there = nearness(ours, _around(sentence, other))
            elsewhere = slot(sentence, other)
            need = _CLEARLY + (_OTHER_PLACE if place and elsewhere and place != elsewhere else 0.0)
            need += _OTHER_FORM if held > _HARDLY and _plain(name) != _plain(other) else 0.0
            need += _A_KIND if _KINDS.fullmatch(other.text) else 0.0
            need += _TOGETHER if any(s == sentence for s, _n in places.get(name.key, ())) else 0.0
            if other.key in own and place != "subject":
                continue
            if (other.key in own or (unnamed and elsewhere == "subject")) and place != elsewhere:
                continue  # the paper's own system goes unsaid, or as `it`
            if there > held + need:
                return f"{name.text!r} stands where the abstract has {other.text!r}", not (_plain(name) or _plain(other))
    return None


def _around(text: str, name: Name) -> dict[str, float]:
    """What surrounds a name; names side by side (`Sequential Bottleneck`) are one."""
    start, end = name.start, name.end
    row = names_in(text)
    for other in row:
        if other.start >= end and text[end : other.start].isspace():
            end = other.end
    for other in reversed(row):
        if other.end <= start and text[other.end : start].isspace():
            start = other.start
    return context(text, start, end)


def _led_by_another(sentence: str, own: frozenset[str]) -> bool:
    """Whether a sentence says of another name what it says (`Weight Aligning (WA) then corrects ...`)."""
    first = next(iter(names_in(sentence)), None)
    return first is not None and first.key not in own and not re.search(r"\b[a-z]", sentence[: first.start])


def _plain(name: Name) -> bool:
    """Whether a name is written like a word: `Sequential`, `English`, and not `LLM` or `GPT-4`."""
    return name.text.istitle() and name.text.isalpha()


def key_stands(name: Name, text: str) -> bool:
    """Whether the text has the name itself."""
    return any(n.key == name.key for n in names_in(text))


def _homes(name: Name, sentences: Sequence[str], places: Mapping[str, Sequence[tuple[str, Name]]]) -> list[dict[str, float]]:
    """The surroundings of a name wherever the abstract has it, be it within a compound or spelled out."""
    found = [_around(sentence, n) for sentence, n in places.get(name.key, ())]
    for n, sentence in enumerate(sentences):
        for start, end in _other_forms(name, sentence):
            found.append(_around(sentence, Name(sentence[start:end], name.key, start, end)))
        # `Compact Transformers (CT)`: the short form stands for it from there on.
        for match in _DEFINED.finditer(sentence):
            if any(match.start() <= x.start < match.end(1) and x.key == name.key for x in names_in(sentence)):
                found += [_around(text, n) for text, n in places.get(key_of(match[2]), ())]
        # `It ...` and the like go on about what the sentence before began with.
        if n and _GOES_ON.match(sentence) and any(x.key == name.key and x.start < 40 for x in names_in(sentences[n - 1])):
            found.append({m.term: _UNSAID for m in marks(sentence)})
    return found


@lru_cache(maxsize=2048)
def _words_of(sentence: str) -> tuple[tuple[re.Match[str], frozenset[str], str], ...]:
    """Each word of a sentence with the keys of it and of its parts, and its stem."""
    return tuple((m, frozenset(part_keys(m[0]) | {key_of(m[0])}), stem(m[0].lower())) for m in TOKEN.finditer(sentence))


@lru_cache(maxsize=8192)
def _other_forms(name: Name, sentence: str) -> tuple[tuple[int, int], ...]:
    """Where a sentence has the name within a compound (`InstructGPT/GPT-3`) or spells out its initials (`question answering`)."""
    found = []
    pieces = [p for p in re.split(r"[\-/&]", name.text) if p]
    heads = {name.key, key_of("".join(p for p in pieces if not p.islower()))}  # `API-based` is about the API
    tokens = _words_of(sentence)
    like = stem(name.key) if name.text.isalpha() and name.text.istitle() else None
    for match, parts, own in tokens:
        if heads & parts or own == like:
            found.append((match.start(), match.end()))
    if name.text.rstrip("s").isupper() and name.text.isalpha():
        flat = [(p[0], m.start() + p.start(), m.start() + p.end()) for m, _p, _s in tokens for p in re.finditer(r"[^\W_]+", m[0])]
        size = len(name.key)
        for n in range(len(flat) - size + 1):
            run = flat[n : n + size]
            if "".join(w[0].lower() for w, _a, _b in run) == name.key:
                found.append((run[0][1], run[-1][2]))
    return tuple(found)


def _groups(text: str) -> list[frozenset[str]]:
    """The names of a text, those side by side together."""
    found: list[set[str]] = []
    end = -1
    for name in names_in(text):
        if found and text[end : name.start].isspace():
            found[-1].add(name.key)
        else:
            found.append({name.key})
        end = name.end
    return [frozenset(group) for group in found]


def _part_of_said(sentence: str, name: Name, said: Collection[frozenset[str]], *, plain: bool) -> bool:
    """Whether a name is one word of a longer one that the claim has: in full, in part or as initials."""
    for match in _RUN.finditer(sentence):
        if match.start() <= name.start < match.end():
            words = re.findall(r"[^\W_]+", match[0])
            if not plain and len(words) > 1 and re.match(r"s?\s*\([A-Z]", sentence[match.end() :]):
                return True  # spelled out once, `Federated Learning (FL)`
            initials = "".join(w[0].lower() for w in words)
            keys = {n.key for n in names_in(sentence) if match.start() <= n.start < match.end()}
            if any(initials in group for group in said) or any(group <= keys or keys <= group for group in said if len(words) > 1):
                return True
    return False


def _akin(one: Name, other: Name) -> bool:
    """A name and a longer or shorter form of it: `ElasticViT-S1` and `S1`."""
    return _same_thing(one, other) or one.key in part_keys(other.text) or other.key in part_keys(one.text)


def moved(claim: str, sentences: Sequence[str]) -> str | None:
    """A name that a sentence has in another stretch than the one whose words the claim gives to it."""
    return next((found for sentence in sentences if (found := _moved_in(claim, sentence))), None)


def _moved_in(claim: str, sentence: str) -> str | None:
    cuts = segments(sentence)
    claim = _APPOSITION.sub(r"\1 ", claim)
    for start, end in segments(claim):
        plain = _plain_stems(claim, start, end)
        inside = [n for n in names_in(claim) if start <= n.start < end]
        if len(plain) < 2 or not inside:
            continue
        shares = [len(plain & _plain_stems(sentence, a, b)) for a, b in cuts]
        best = max(range(len(cuts)), key=lambda n: (shares[n], -n))
        if shares[best] < 2:
            continue
        a, b = cuts[best]
        there = [n for n in _standing(sentence) if a <= n.start < b]
        for name in inside:
            place = slot(claim, name)
            elsewhere = [n for n, (c, d) in enumerate(cuts) if any(x.key == name.key for x in names_in(sentence) if c <= x.start < d)]
            if not place or not elsewhere or best in elsewhere or max(shares[n] for n in elsewhere) > shares[best] - 2:
                continue
            said = {n.key for n in names_in(claim)}
            other = next((n.text for n in there if n.key not in said and slot(sentence, n) == place), None)
            if other is None and place == "subject" and _OTHERS.match(sentence[a:b]):
                other = "others"
            if other is not None:
                return f"{name.text!r} stands where the abstract has {other!r}"
    return None


def _standing(sentence: str) -> list[Name]:
    """The names of a sentence without those in brackets and without grades such as `top-1`."""
    flat = blanked(sentence)
    return [n for n in names_in(sentence) if flat[n.start] != " " and not _GRADE.fullmatch(n.text)]


@lru_cache(maxsize=8192)
def _plain_stems(text: str, start: int, end: int) -> frozenset[str]:
    """Content stems of a stretch without its names."""
    taken = [n for n in names_in(text) if start <= n.start < end]
    piece = list(blanked(text)[start:end])
    for name in taken:
        piece[name.start - start : name.end - start] = " " * (name.end - name.start)
    return frozenset(stem(t) for t in tokens_of("".join(piece)) if t[0].isalnum() and t not in STOP_WORDS)


def _same_thing(one: Name, other: Name) -> bool:
    """A name and its short form: `FederatedScope-GNN`, `FS-G`; `GPT-4` and `GPT-4V` are two."""
    a, b = (n.text for n in (one, other))
    capitals = ["".join(c for c in x if c.isupper()).casefold() for x in (a, b)]
    return capitals[0] == one.key == capitals[1] or capitals[0].startswith(other.key) or capitals[1].startswith(one.key)
