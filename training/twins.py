"""Twins by construction: pairs of a true and a false sentence about an abstract, made by the same editing of one of its sentences.

    python training/twins.py parse --bench FOLDER --model FOLDER --to parsed.jsonl
    python training/twins.py make parsed.jsonl --to twins.jsonl --claims claims.jsonl --seed 1

The first step needs spaCy 3.8 and its small English model, the second nothing but this folder.

What the two sentences of a pair say differs in one fact; what was done to them does not: openings, brackets and clauses dropped, order
turned, words of one meaning exchanged. The edits that make a fact false also make, elsewhere, one that is true, and the pairs are chosen
so that words and runs of words stand as often in true sentences as in false ones: whoever sees a sentence without the abstract can't tell.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
import math
import random
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from twin_facts import FINDERS, Fact, figures, names, offered, predicates, solid
from twin_text import Edit, Edits, Sentence, cleaned, fit, kept, render
from twin_words import SYNONYMS, plural, verb

from rag.text import normalise, sentences, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SOURCE = "bench twins"
SHOWN = 12
"""Sentences of an abstract that stand beside a claim."""


def parse(bench: Path, model: str, to: Path) -> None:
    """Every abstract of the folders under `bench` with its sentences, cleaned and parsed, a line each."""
    nlp = import_module("spacy").load(model, exclude=["ner", "senter"])
    with to.open("w", encoding="utf-8") as out:
        for corpus in sorted(bench.glob("*/corpus.jsonl")):
            rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
            jobs = []
            for row in rows:
                texts = [row["text"][s.start : s.end] for s in sentences(row["text"])]
                jobs.append((row, texts, [(n, c) for n, t in enumerate(texts) if (c := cleaned(t))]))
            parsed = nlp.pipe((c for _, _, cs in jobs for _, c in cs), batch_size=128)
            for row, texts, cs in jobs:
                claims = []
                for n, _ in cs:
                    tokens = [[t.text, t.tag_, t.dep_, t.head.i, t.lemma_, bool(t.whitespace_)] for t in next(parsed)]
                    claims.append({"at": n, "tokens": tokens})
                record = {"doc": f"{corpus.parent.name}/{row['_id']}", "title": row["title"], "sentences": texts, "claims": claims}
                out.write(json.dumps(record, ensure_ascii=False) + "\n")


# ---- the same editing for both ----


def _synonyms() -> dict[tuple[str, str], tuple[str, ...]]:
    """(part of speech, word) to the words that may stand for it."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for use, lines in SYNONYMS.items():
        for first, *rest in lines:
            found.setdefault((use, first), tuple(w.lstrip(">") for w in rest))
            for word in rest:
                if not word.startswith(">"):
                    found.setdefault((use, word), (first,))
    return found


_SYNONYM = _synonyms()


_NO_OBJECT = frozenset({"occur", "arise", "begin", "start", "participate"})


def reworded(s: Sentence) -> list[Edits]:
    """Words of one meaning, an edit each."""
    found: list[Edits] = []
    for n, t in enumerate(s.tokens):
        if {"-", "/"} & set(s.low[max(0, n - 1) : n + 2]):
            continue
        low = s.low[n]
        if t.tag.startswith("V") and t.tag != "VBG" and t.dep != "amod" and ("VERB", t.lemma) in _SYNONYM and s.child(n, "prt") is None:
            takes = s.child(n, "dobj", "nsubjpass", "ccomp") is not None or t.dep in {"acl", "relcl"} or t.lemma in _NO_OBJECT
            if not takes or t.lemma in {"see", "appear"} or (t.lemma == "identify" and n + 1 < len(s) and s.low[n + 1] == "as"):
                continue
            found += [(Edit(n, n + 1, (verb(w, t.tag),)),) for w in _SYNONYM["VERB", t.lemma]]
        elif t.tag in {"NN", "NNS"} and t.dep != "compound" and s.child(n, "compound") is None and ("NOUN", t.lemma) in _SYNONYM:
            found += [(Edit(n, n + 1, (plural(w) if t.tag == "NNS" else w,)),) for w in _SYNONYM["NOUN", t.lemma]]
        elif t.tag == "JJ" and t.dep == "amod" and ("ADJ", low) in _SYNONYM:
            found += [(Edit(n, n + 1, (w,)),) for w in _SYNONYM["ADJ", low]]
        elif t.tag == "RB" and s.tokens[t.head].tag.startswith(("V", "J")) and s.low[n + 1 : n + 2] != [","] and ("ADV", low) in _SYNONYM:
            found += [(Edit(n, n + 1, (w,)),) for w in _SYNONYM["ADV", low]]
    return found


_IDLE = frozenset(
    [
        "also",
        "further",
        "thus",
        "therefore",
        "then",
        "here",
        "indeed",
        "notably",
        "importantly",
        "interestingly",
        "moreover",
        "additionally",
        "hence",
        "thereby",
    ]
)
_LIMITS = frozenset(
    [
        "without",
        "except",
        "unlike",
        "under",
        "if",
        "when",
        "only",
        "unless",
        "until",
        "despite",
        "in_the_absence",
        "instead",
        "because",
        "although",
        "though",
        "while",
    ]
)
_AT = frozenset(["in", "during", "after", "before", "among", "at", "on", "within", "across", "under"])


def reordered(s: Sentence) -> list[Edits]:
    """Clauses and groups that may go, or stand elsewhere."""
    found: list[Edits] = []
    end, root = s.end, s.root
    moves = not {"than", "compared", "whereas", "versus", "but"} & set(s.low)
    for n, t in enumerate(s.tokens):
        a, b = s.spans[n]
        first = s.low[a]
        if s.low[n] in _IDLE and t.dep == "advmod" and t.tag == "RB":
            found.append((Edit(n, n + 1),))
        if t.head == root and n != root and t.dep in {"prep", "advcl"}:
            if a == 0 and b < end and s.low[b] == "," and b - a >= 2:
                # "In mice, X falls": to the end, or gone.
                if moves:
                    found.append((Edit(0, end, ((b + 1, end), (0, b))),))
                if first not in _LIMITS and t.dep == "prep" and "absence" not in s.low[a:b]:
                    found.append((Edit(0, b + 1),))
            if b == end and a > root and b - a >= 3 and s.low[a - 1] == "," and t.tag == "VBG":
                found.append((Edit(a - 1, end),))
            if (
                moves
                and b == end
                and a > root + 1
                and s.tokens[0].dep not in {"prep", "mark", "advcl", "cc"}
                and s.tokens[root].tag in {"VBD", "VBZ", "VBP"}
            ):
                stop = a - 1 if s.low[a - 1] == "," else a
                clause = t.dep == "advcl" and b - a >= 4 and first in {"when", "because", "although", "after", "before", "since"}
                group = t.dep == "prep" and 3 <= b - a <= 10 and first in _AT and s.child(root, "conj") is None
                if clause or group:
                    found.append((Edit(0, end, ((a, b), ",", (0, stop))),))
        remark = t.dep in {"relcl", "appos", "acl"} and a >= 1 and s.low[a - 1] == "," and t.head < n and 2 <= b - a <= 16 and b < len(s)
        if remark and s.low[b] in {",", "."} and s.low[a:b].count(",") <= 1 and s.child(t.head, "conj") is None:
            found.append((Edit(a - 1, b + (s.low[b] == ",")),))
    return found


def voices(s: Sentence) -> list[Edits]:
    """What "we" did as done, or with another subject."""
    found: list[Edits] = []
    v = s.root
    t = s.tokens[v]
    subject = s.child(v, "nsubj")
    if subject is None or s.low[subject] != "we" or not t.tag.startswith("V") or {"our", "us"} & set(s.low) or s.low.count("we") > 1:
        return found
    found += [(Edit(subject, subject + 1, (who,)),) for who in ("the authors", "the researchers")]
    thing = s.child(v, "dobj")
    alone = s.child(v, "conj", "xcomp", "ccomp", "advcl", "neg", "aux", "prt", "oprd") is None
    if thing is not None and subject == 0 and v == 1 and alone and t.tag in {"VBD", "VBP"} and s.spans[thing][0] == 2:
        b = s.spans[thing][1]
        many = s.plural(thing)
        be = ("were" if many else "was") if t.tag == "VBD" else ("are" if many else "is")
        if b <= 14:
            found.append((Edit(0, b, ((2, b), be, verb(t.lemma, "VBN"))),))
    return found


def clauses(s: Sentence) -> list[Edits]:
    """The parts of the sentence that say something alone: the whole, or one of two sentences joined by "and" or "whereas"."""
    found: list[Edits] = [()]
    root, end = s.root, s.end
    if {"neither", "either", "respectively", "only", "both"} & set(s.low):
        return found
    second = next((c for c in s.children[root] if s.tokens[c].dep == "conj" and s.child(c, "nsubj", "nsubjpass") is not None), None)
    if second is not None and s.child(root, "nsubj", "nsubjpass") is not None:
        a = s.spans[second][0]
        joint = next((c for c in s.children[root] if s.tokens[c].dep == "cc" and root < c < second), None)
        if joint is not None and a >= joint:
            start = joint - 1 if s.low[joint - 1] == "," else joint
            if start >= 5:
                found.append((Edit(start, end),))
            if end - a >= 5 and s.finite(second) and _named(s, second) and s.spans[second][1] >= end:
                found.append((Edit(0, a),))
    for n in (c for c in s.children[root] if s.tokens[c].dep == "advcl"):
        a, b = s.spans[n]
        if s.low[a] in {"whereas", "while"} and b >= end and a > root and a >= 6:
            found.append((Edit(a - 1 if s.low[a - 1] == "," else a, end),))
            if s.finite(n) and _named(s, n):
                found.append((Edit(0, a + 1),))
    return found


def _named(s: Sentence, v: int) -> bool:
    """Whether the subject of `v` is a noun."""
    subject = s.child(v, "nsubj", "nsubjpass")
    return (
        subject is not None
        and s.tokens[subject].tag.startswith("NN")
        and s.low[s.spans[subject][0]] not in {"this", "these", "its", "their", "such"}
    )


def edited(s: Sentence, fixed: Sequence[Edit], generator: random.Random) -> Edits:
    """Edits that leave what is said as it is and fit beside `fixed`."""
    chosen: list[Edit] = []
    for pool, chance, most in ((voices(s), 0.6, 1), (reordered(s), 0.7, 2), (reworded(s), 0.7, 4)):
        generator.shuffle(pool)
        taken = 0
        for edits in pool:
            if taken < most and generator.random() < chance and fit(edits, [*fixed, *chosen]) and kept(edits, fixed):
                chosen += edits
                taken += 1
    return tuple(chosen)


# ---- pairs ----


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A pair beside what it was made of: the sentences `at` of the abstract `doc`."""

    kind: str
    true: str
    false: str
    doc: str
    at: tuple[int, ...]
    turn: tuple[str, str] | None
    label: str


ALIKE = 0.75
"""Share of the pairs whose sentences are edited in the same places; the others apart, by the same chances."""

OPENINGS = ("The study found that", "The authors report that", "According to the paper,", "The paper shows that", "It was found that",
            "The researchers conclude that", "The study suggests that", "According to the authors,")  # fmt: skip
OPENED = 0.2
"""Share of the pairs that begin so."""

RETOLD = 0.75
"""Share of the pairs left out whose true sentence is the abstract's."""

_BAD = re.compile(
    r"^(?:It|They|This|These|Such|Those|Both|Its|Their|That|He|She|One|Which|And|But|Or|By|[\d,.]+ (?:were|was|are|had|have|of|in))\b|"
    r"\b(?:and|or|but|of|the|a|an|to|in|with|by|than|not|for),?\.$|,,|\.\.| ,|\b(?:and|but) (?:and|but)\b|"
    r"\b(?:a|an) (?:a|an|the|all|some|few)\b"
)


def good(text: str) -> bool:
    """Whether the sentence can stand alone, as far as its words show."""
    parts = text.lower().split()
    return 5 <= len(parts) <= 40 and not _BAD.search(text) and not any(a == b and a not in {"that", "had"} for a, b in pairwise(parts))


def pair(s: Sentence, fact: Fact, doc: str, at: tuple[int, ...], known: frozenset[str], generator: random.Random) -> Twin | None:
    """The fact said and turned, in a part of the sentence that holds it; None where the words show that it went wrong.

    `known` are the words of the abstract: as many of the true sentence's words stand elsewhere alone as of the false one's, most often.
    """
    true, false = generator.choice(fact.true), generator.choice(fact.false)
    touched = [*true, *false]
    fitting = [c for c in clauses(s) if fit(c, touched) and kept(c, touched)]
    if not fitting:
        return None
    clause = generator.choice(fitting[1:] or fitting)
    same = edited(s, [*touched, *clause], generator)
    other = same if generator.random() < ALIKE else edited(s, [*touched, *clause], generator)
    one, two = (*clause, *true), (*clause, *false)
    same, other = evened(s, (one, same), (two, other), known, generator)
    opening = generator.choice(OPENINGS) if generator.random() < OPENED and not {"we", "our", "authors", "study"} & set(s.low) else ""
    bare = [render(s, edits) for edits in ((*one, *same), (*two, *same), (*two, *other))]
    # Edits that lost the fact would leave both true.
    if not all(map(good, bare)) or bare[0].lower() in {bare[1].lower(), bare[2].lower()}:
        return None
    # Few true sentences may be the abstract's own words, since no false one is.
    if bare[0].lower().rstrip(".") in s.text((0, len(s))).lower() and generator.random() < RETOLD:
        return None
    more = new_words(bare[2], known) - new_words(bare[0], known)
    if fact.kind not in FOREIGN and generator.random() < (RETOLD if more > 0 else RETOLD / 2 if more < 0 else 0):
        return None
    said, bad = (render(s, edits, opening) for edits in ((*one, *same), (*two, *other)))
    return Twin(kind=fact.kind, true=said, false=bad, doc=doc, at=at, turn=fact.turn, label=fact.label)


FOREIGN = frozenset({"detail replaced"})
"""Kinds whose false side is known by its words: the abstract lacks them."""


def new_words(text: str, known: frozenset[str]) -> int:
    """How many of the words the abstract lacks."""
    return sum(w not in known for w in words(text))


def evened(
    s: Sentence, true: tuple[Edits, Edits], false: tuple[Edits, Edits], known: frozenset[str], generator: random.Random
) -> tuple[Edits, Edits]:
    """The second edits of both sides, so that neither has more words than the other that the abstract lacks.

    A turned word is often foreign to the abstract; the other sentence gets a foreign word of the same meaning elsewhere, or the one that
    has more keeps one of the abstract's.
    """
    (one, same), (two, other) = true, false
    missing = new_words(render(s, (*two, *other)), known) - new_words(render(s, (*one, *same)), known)
    if missing < 0:
        other, same = evened(s, false, true, known, generator)
        return same, other
    pool = reworded(s)
    generator.shuffle(pool)
    for edits in pool:
        if missing <= 0:
            break
        if (
            fit(edits, [*one, *two, *same, *other])
            and kept(edits, [*one, *two])
            and any(new_words(str(p), known) for e in edits for p in e.parts)
        ):
            same = (*same, *edits)
            missing -= 1
    for edit in [e for e in other if e.end == e.start + 1 and len(e.parts) == 1 and isinstance(e.parts[0], str)]:
        if missing > 0 and new_words(str(edit.parts[0]), known):
            other = tuple(e for e in other if e is not edit)
            missing -= 1
    return same, other


_WHERE = {
    "people": "patient woman man child adult participant individual subject adolescent infant girl boy volunteer student nurse donor",
    "animal": "mouse rat human yeast zebrafish monkey rabbit pig dog animal fly worm",
    "time": "week month day year hour minute",
    "cell": "cell neuron macrophage monocyte neutrophil lymphocyte fibroblast hepatocyte keratinocyte platelet line culture",
    "place": "liver kidney lung heart brain spleen muscle skin bone colon retina tissue cortex plasma serum blood urine hospital clinic",
    "data": "dataset datasets benchmark imagenet cifar-10 mnist task network",
}
_KIND_OF_PLACE = {w: kind for kind, ws in _WHERE.items() for w in ws.split()}


def _place(s: Sentence, n: int) -> str | None:
    """The sort of place, group or time that the preposition at `n` names."""
    thing = s.child(n, "pobj")
    return None if thing is None else _KIND_OF_PLACE.get(s.tokens[thing].lemma.lower())


_PLACES = frozenset(
    [
        "in",
        "among",
        "with",
        "for",
        "at",
        "on",
        "from",
        "during",
        "by",
        "after",
        "using",
        "through",
        "via",
        "without",
        "following",
        "across",
        "within",
    ]
)


def details(s: Sentence) -> Iterator[tuple[int, int]]:
    """Groups at the end of a sentence that say where, in whom, with what."""
    for n in s.children[s.root]:
        a, b = s.spans[n]
        if (
            s.tokens[n].dep == "prep"
            and n == a
            and b == s.end
            and a > s.root + 1
            and 2 <= b - a <= 8
            and s.low[a] in _PLACES
            and _place(s, n)
            and solid(s, (a + 1, b), 7)
        ):
            yield a, b


def replaced(
    s: Sentence, others: Mapping[tuple[str, str | None], list[str]], known: frozenset[str], generator: random.Random
) -> Iterator[Fact]:
    """The group at the end of the sentence in the place of one of its sort that another abstract has; `known` are the words of this one."""
    for a, b in details(s):
        drawn = generator.sample(of_sort, min(40, len(of_sort))) if (of_sort := others.get((s.low[a], _place(s, a)))) else []
        own = set(s.low[a:b])
        new = [
            text
            for text in drawn
            if any(w.isalpha() and len(w) > 3 and w not in known for w in words(text)) and not own >= set(text.split())
        ]
        if new:
            yield Fact(kind="detail replaced", true=((),), false=((Edit(a, b, (new[0],)),),), label="not_carried")


FREQUENT = frozenset({"direction", "opposite", "figure changed", "figure of the abstract", "names swapped"})
"""Kinds that most sentences offer."""


def balanced(found: list[Twin], generator: random.Random) -> list[Twin]:
    """As many pairs of every turn as of its reverse."""
    groups: dict[tuple[str, tuple[str, str] | None], list[Twin]] = defaultdict(list)
    for twin in found:
        groups[twin.kind, twin.turn].append(twin)
    chosen: list[Twin] = []
    for (kind, turn), group in groups.items():
        against = group if turn is None else groups.get((kind, turn[::-1]), [])
        chosen += generator.sample(group, min(len(group), len(against)))
    return chosen


def grams(text: str) -> set[str]:
    """Runs of one to three words."""
    parts = ["^", *text.lower().rstrip(".").split(), "$"]
    return {" ".join(parts[n : n + k]) for k in (1, 2, 3) for n in range(len(parts) - k + 1)}


def margins(found: Sequence[Twin], *, folds: int = 5, rounds: int = 6) -> list[float]:
    """How much more the true sentence of each pair looks true than the false one does, to a linear model of runs of words alone.

    The model has learned from the pairs of other abstracts.
    """
    pairs = []
    for t in found:
        a, b = grams(t.true), grams(t.false)
        pairs.append((tuple(sorted(a - b)), tuple(sorted(b - a))))
    fold = [int(hashlib.sha1(t.doc.encode(), usedforsecurity=False).hexdigest()[:8], 16) % folds for t in found]
    out = [0.0] * len(found)
    for f in range(folds):
        weights: dict[str, float] = defaultdict(float)
        for step in range(rounds):
            for n, (more, less) in enumerate(pairs):
                if fold[n] != f:
                    size = math.sqrt(len(more) + len(less)) or 1.0
                    m = (sum(weights[g] for g in more) - sum(weights[g] for g in less)) / size
                    change = 0.5 / (1 + step) / (1 + math.exp(min(30, m))) / size
                    for g in more:
                        weights[g] += change
                    for g in less:
                        weights[g] -= change
        for n, (more, less) in enumerate(pairs):
            if fold[n] == f:
                out[n] = sum(weights.get(g, 0.0) for g in more) - sum(weights.get(g, 0.0) for g in less)
    return out


def unbiased(found: list[Twin], generator: random.Random) -> list[Twin]:
    """Of each kind as many pairs whose true sentence looks true as ones where the false sentence does, by the same margin."""
    chosen: list[Twin] = []
    for kind in sorted({t.kind for t in found}):
        group = [t for t in found if t.kind == kind]
        scored = sorted(zip(margins(group), range(len(group)), strict=True), key=lambda p: (abs(p[0]), p[1]))
        width = max(20, len(scored) // 20)
        for start in range(0, len(scored), width):
            part = scored[start : start + width]
            even = [n for m, n in part if m == 0]
            sides = [[n for m, n in part if m > 0], [n for m, n in part if m < 0]]
            most = min(map(len, sides))
            chosen += [group[n] for n in (*even, *generator.sample(sides[0], most), *generator.sample(sides[1], most))]
    return chosen


# ---- other abstracts ----


def rare_words(records: Sequence[Mapping[str, Any]], most: int = 25) -> tuple[list[set[str]], dict[str, float]]:
    """The rare words of each abstract, and what each weighs."""
    sets = [set(words(" ".join([r["title"], *r["sentences"]]))) for r in records]
    count = Counter(w for ws in sets for w in ws)
    weight = {w: math.log(len(records) / c) for w, c in count.items() if 2 <= c <= most and not w.isdigit()}
    return [ws & weight.keys() for ws in sets], weight


def near_papers(rare: Sequence[set[str]], weight: Mapping[str, float], most: int = 5) -> list[list[int]]:
    """For each abstract the others that share the most rare words with it."""
    holders: dict[str, list[int]] = defaultdict(list)
    for n, ws in enumerate(rare):
        for w in ws:
            holders[w].append(n)
    found = []
    for n, ws in enumerate(rare):
        shared: dict[int, float] = defaultdict(float)
        for w in ws:
            for other in holders[w]:
                shared[other] += weight[w]
        shared.pop(n, None)
        found.append(heapq.nsmallest(most, shared, key=lambda o: (-round(shared[o], 6), o)))
    return found


# ---- rows ----


def split_of(doc: str, title: str, dev: frozenset[str]) -> str:
    """A twentieth of the abstracts by name, and those whose title stands among `dev`, are kept for measuring."""
    held = int(hashlib.sha1(doc.encode(), usedforsecurity=False).hexdigest(), 16) % 20 == 0
    return "dev" if held or (normalise(title) or "-") in dev else "train"


def row(record: Mapping[str, Any], at: tuple[int, ...], **said: Any) -> dict[str, Any]:
    """A line about the sentences `at` of an abstract: those round them, in order, and where they stand among these."""
    texts = record["sentences"]
    start = max(0, min(at[0] - SHOWN // 2, len(texts) - SHOWN))
    places = sorted({*at, *range(start, min(len(texts), start + SHOWN))})
    while len(places) > SHOWN:
        places.remove(next(p for p in places if p not in at))
    about = {"source": SOURCE, "doc": record["doc"], "split": record["split"], "title": record["title"]}
    return {**about, "sentences": [texts[p] for p in places], "holds": [places.index(a) for a in at], **said}


def _written(tokens: Sequence[Sequence[Any]]) -> str:
    return "".join(t[0] + (" " if t[5] else "") for t in tokens).strip()


def common_words(records: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The words that stand in lower case more often than with a capital inside a sentence."""
    lower: Counter[str] = Counter()
    upper: Counter[str] = Counter()
    for record in records:
        for claim in record["claims"]:
            for t in claim["tokens"][1:]:
                (upper if t[0][:1].isupper() else lower)[t[0].lower()] += 1
    return frozenset(w for w, c in lower.items() if c > upper[w])


def made(records: Sequence[Mapping[str, Any]], seed: int, *, a_kind: int = 3, a_sentence: int = 10) -> list[Twin]:
    """Every pair that the rules give, up to `a_kind` of a kind and `a_sentence` of a sentence."""
    common = common_words(records)
    read = [[Sentence(c["tokens"], common) for c in r["claims"]] for r in records]
    abstracts = [offered(sentences_of) for sentences_of in read]
    pool: dict[str, list[str]] = defaultdict(list)
    for abstract in abstracts:
        for kind, found_figures in abstract.figures.items():
            pool[kind] += found_figures
    places_of: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for s in (s for of_record in read for s in of_record):
        for a, b in details(s):
            places_of[s.low[a], _place(s, a)].append(s.text((a, b)))
    found: list[Twin] = []
    for n, record in enumerate(records):
        generator = random.Random(f"{seed} {record['doc']}")
        known = frozenset(words(" ".join([record["title"], *record["sentences"]])))
        places = [c["at"] for c in record["claims"]]
        for k, s in enumerate(read[n]):
            if not s.finite(s.root):
                continue
            alone = [f for finder in FINDERS for f in finder(s)]
            alone += [
                *names(s, abstracts[n], generator),
                *figures(s, abstracts[n], pool, generator),
                *replaced(s, places_of, known, generator),
            ]
            facts: list[tuple[Sentence, Fact, tuple[int, ...]]] = [(s, f, (places[k],)) for f in alone]
            for later in range(k + 1, len(places)):
                facts += [(both, f, (places[k], places[later])) for both, f in predicates(s, read[n][later])]
            generator.shuffle(facts)
            # The rarer kinds first, and each fact more than once, since many a wording is thrown away.
            facts.sort(key=lambda f: f[1].kind in FREQUENT)
            counted: Counter[str] = Counter()
            seen: set[tuple[str, str]] = set()
            for of, fact, at in (f for f in facts for _ in range(2 if f[1].kind in FREQUENT else 3)):
                if (
                    counted[fact.kind] < a_kind
                    and counted.total() < a_sentence
                    and (twin := pair(of, fact, record["doc"], at, known, generator))
                ):
                    if (twin.true, twin.false) not in seen:
                        counted[twin.kind] += 1
                        found.append(twin)
                    seen.add((twin.true, twin.false))
    return found


def make(
    records: Sequence[dict[str, Any]], seed: int, dev: frozenset[str] = frozenset()
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of pairs, and the rows of claims, whose true sentences stand with their own abstract and with another."""
    for record in records:
        record["claims"] = [c for c in record["claims"] if cleaned(record["sentences"][c["at"]]) == _written(c["tokens"])]
        record["split"] = split_of(record["doc"], record["title"], dev)
    rare, weight = rare_words(records)
    near = near_papers(rare, weight)
    generator = random.Random(seed)
    chosen = balanced(made(records, seed), generator)
    # What is left over by the first pass is found by the second.
    for _ in range(2):
        chosen = unbiased(chosen, generator)
    place = {r["doc"]: n for n, r in enumerate(records)}
    chosen.sort(key=lambda t: (place[t.doc], t.at, t.kind, t.true, t.false))
    pairs = [row(records[place[t.doc]], t.at, kind=t.kind, true=t.true, false=t.false, false_label=t.label) for t in chosen]
    claims = []
    by_doc: dict[str, dict[str, Twin]] = defaultdict(dict)
    for t in chosen:
        by_doc[t.doc][t.true] = t
    for n, record in enumerate(records):
        alike = [o for o in near[n] if records[o]["split"] == record["split"]]
        own = list(by_doc[record["doc"]].values())
        generator.shuffle(own)
        fitting = ((t, [o for o in alike if _shares_some(t.true, rare[o], weight)]) for t in own)
        for t, others in [(t, os) for t, os in fitting if os][:2]:
            claims.append(row(record, t.at, text=t.true, label="carried", kind="edited"))
            other = records[generator.choice(others)]
            mine = set(words(t.true))
            shared = [len(mine & set(words(sentence))) for sentence in other["sentences"]]
            best = shared.index(max(shared))
            claims.append(row(other, (best,), text=t.true, label="not_carried", kind="other document, near by", holds=None))
    return pairs, claims


def _shares_some(text: str, rare: set[str], weight: Mapping[str, float]) -> bool:
    """Whether an abstract with these rare words is about the same things as `text`, but can't say it: it lacks half of its rare words."""
    mine = {w for w in words(text) if w in weight}
    return bool(mine) and 0.1 <= math.fsum(weight[w] for w in mine & rare) / math.fsum(weight[w] for w in mine) <= 0.55


def titles(files: Iterable[Path], split: str = "") -> frozenset[str]:
    """The titles in the files, of one split where it is named."""
    found = set()
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if not split or row.get("split") == split:
                found.add(normalise(row["title"]))
    return frozenset(found - {""})


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    first = steps.add_parser("parse", help="cut and parse the abstracts")
    first.add_argument("--bench", type=Path, required=True, help="a folder of folders with corpus.jsonl (_id, title, text)")
    first.add_argument("--model", required=True, help="spaCy's small English model: its name or folder")
    first.add_argument("--to", type=Path, required=True)
    second = steps.add_parser("make", help="make the pairs")
    second.add_argument("parsed", type=Path)
    second.add_argument("--to", type=Path, required=True, help="the pairs")
    second.add_argument("--claims", type=Path, help="claims that are carried, and that another abstract makes")
    second.add_argument(
        "--dev-as", type=Path, nargs="*", default=[], help="files of judged rows: abstracts of their dev split are dev here"
    )
    second.add_argument("--without", type=Path, nargs="*", default=[], help="files with titles of papers to leave out")
    second.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.step == "parse":
        parse(args.bench, args.model, args.to)
        return
    out = titles(args.without)
    records = [json.loads(line) for line in args.parsed.read_text(encoding="utf-8").splitlines()]
    pairs, claims = make([r for r in records if normalise(r["title"]) not in out], args.seed, titles(args.dev_as, "dev"))
    for rows, to in ((pairs, args.to), (claims, args.claims)):
        if to is not None:
            to.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    for kind, count in sorted(Counter(r["kind"] for r in pairs).items()):
        print(f"{kind:28} {count}")
    print(f"claims {dict(Counter(r['label'] for r in claims))}")


if __name__ == "__main__":
    main()
