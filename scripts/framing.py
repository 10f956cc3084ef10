"""Fit what each word of a question is there for, and write `rag/questions/framing.json`.

    .venv/bin/python scripts/framing.py [--dry-run] [--wrong]

Learned from `training/data/typed.txt`, each line with several subjects put in, and from the questions of `training/data/questions.jsonl`
and `outside.jsonl` that hold no frame, all of which is what is asked. Reported: how many lines of a fifth that was left out come out right,
word by word, in what is to be searched and in the kinds of frames; and how many questions of `eval/gold/threshold.jsonl`, which frame
hardly anything, lose words.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from rag.questions import framing
from rag.questions.framing import LABELS, Token
from rag.text import STOP_WORDS

ROOT = Path(__file__).resolve().parents[1]
TYPED, OTHERS = ROOT / "training/data/typed.txt", ROOT / "eval/gold/threshold.jsonl"
ASKED = (ROOT / "training/data/questions.jsonl", ROOT / "training/data/outside.jsonl")

DRAWS, PLAIN, EPOCHS = 10, 4500, 8
LEAST = 16
"""Rows in which a feature has to stand to be learned."""

UNKNOWN = 0.06
"""Share of framing words that are hidden while learning, since people know more of them than we."""

CONTENT = 5
"""Added to the score of content when questions are read: a word too many is searched sooner than one is lost."""

_PIECE = re.compile(r"\[(\w)\s?(.*?)\s?\](?=\s|$|\[|[^\w\s])|(\{\w\})|(\S+)")
_FRAMES = re.compile(
    r"\b(?:please|tell|explain|evidence|true|could you|can you)\b"
    r"|^(?:hi|hey|hello)\b|\b(?:right|correct|not|so)\?$|^(?:according|summar)",
    re.IGNORECASE,
)
"""Questions that may hold a frame, and are not taken for ones that don't."""

OPENERS = ("hi,", "hello!", "hey", "ok so", "please,", "thanks.", "hi there,", "good evening,", "so", "quick one:", "and")
CLOSERS = ("thanks", "please", "thx", "pls", "thank you!", "asap", "many thanks", "plz", ", thanks a lot", ". Thanks!")

Row = tuple[list[Token], str]
Ids = np.ndarray[Any, np.dtype[np.int_]]
Sums = np.ndarray[Any, np.dtype[np.float64]]


def lines() -> tuple[list[str], dict[str, list[str]]]:
    """The lines with their slots, and what goes into the slots."""
    rows: list[str] = []
    fills: dict[str, list[str]] = defaultdict(list)
    slot = ""
    for line in TYPED.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            slot = line[1:]
        elif line and not line.startswith("#"):
            (fills[slot] if slot else rows).append(line)
    fills["U"], fills["M"] = fills["T"], fills["N"]
    return rows, fills


def drawn(line: str, fills: dict[str, list[str]], rng: random.Random) -> Row:
    """A line with subjects put in, as tokens and labels."""
    pieces: list[tuple[str, str]] = []
    put = {slot: rng.choice(own) for slot, own in fills.items()}
    while put["U"] == put["T"]:
        put["U"] = rng.choice(fills["U"])
    while put["M"] == put["N"]:
        put["M"] = rng.choice(fills["N"])
    for label, inside, slot, word in _PIECE.findall(line):
        if slot:
            pieces.append(("c", put[slot[1]]))
        elif label:
            pieces.append((label, re.sub(r"\{(\w)\}", lambda m: put[m[1]], inside)))
        else:
            pieces.append(("c", re.sub(r"\{(\w)\}", lambda m: put[m[1]], word)))
    text, labels = "", list[str]()
    for label, piece in pieces:
        if not piece:
            continue
        text += " " * bool(text and not re.match(r"[?.,;:!)]", piece)) + piece
        labels += [label] * (len(framing.tokens_of(text)) - len(labels))
    if rng.random() < 0.2:
        opener = rng.choice(OPENERS)
        text, labels = f"{opener} {text}", ["f"] * len(framing.tokens_of(opener)) + labels
    if rng.random() < 0.15:
        closer = rng.choice(CLOSERS)
        text, labels = f"{text}{' ' * closer[0].isalpha()}{closer}", labels + ["f"] * len(framing.tokens_of(closer))
    if rng.random() < 0.35:
        text = text.lower()
    if rng.random() < 0.3 and text.endswith(("?", ".")) and len(labels) > 1:
        text, labels = text[:-1], labels[:-1]
    return ended(framing.tokens_of(text), labels)


def ended(tokens: list[Token], labels: list[str]) -> Row:
    """The row, in which marks at the end belong to the frame."""
    last = len(tokens)
    while last > 1 and not tokens[last - 1].text[0].isalnum():
        last -= 1
    return tokens, "".join(labels[:last]) + "f" * (len(tokens) - last)


def learned(rows: list[Row], rng: random.Random) -> dict[str, object]:
    """The averaged perceptron over the rows."""
    seen: Counter[str] = Counter()
    nouns: Counter[str] = Counter()
    every: Counter[str] = Counter()
    orders: dict[str, Counter[str]] = {label: Counter() for label in "nsotz"}
    closing: Counter[str] = Counter()
    for tokens, labels in rows:
        if (behind := re.search("(?<=c)f+$", labels)) and set("cfv").issuperset(labels):
            closing[tokens[behind.start()].text.casefold()] += 1
        for token, label in zip(tokens, labels, strict=True):
            plain = token.text.casefold()
            every[plain] += 1
            seen[plain] += label not in "cx"  # what is left out is a subject too
            nouns[plain] += label == "l"
            if label in orders:
                orders[label][plain] += 1
    words = (
        frozenset(w for w, n in seen.items() if n >= 4 and (w.isalnum() or "'" in w) and not w.isdigit() and n * 20 >= every[w])
        | STOP_WORDS
    )
    papers = frozenset(w for w, n in nouns.items() if n >= 6 and n * 3 >= every[w] and w.isalpha())
    held: Counter[str] = Counter()
    for tokens, _ in rows:
        held.update({name for row in framing.features(tokens, words, papers) for name in row})
    ids = {name: n for n, name in enumerate(sorted(name for name, count in held.items() if count >= LEAST))}
    coded = []
    for tokens, labels in rows:
        hidden = frozenset(w for w in sorted(words - papers) if rng.random() < UNKNOWN)
        seen_of = framing.features(tokens, words - hidden, papers)
        coded.append(([np.array([ids[name] for name in row if name in ids]) for row in seen_of], [LABELS.index(x) for x in labels]))
    weights, follows = averaged(coded, len(ids), rng)
    kept = {}
    for name, at in ids.items():
        if told := "".join(f"{label}{value:+}" for label, value in zip(LABELS, weights[at].tolist(), strict=True) if abs(value) >= 3):
            kept[name] = told
    return {
        "labels": LABELS,
        "content": CONTENT,
        "words": sorted(words),
        "papers": sorted(papers),
        "seen": {label: sorted(w for w, n in counts.items() if n >= 4 and w in words) for label, counts in orders.items()},
        "closing": sorted(w for w, n in closing.items() if n >= 4 and w.isalnum()),
        "follows": follows.tolist(),
        "weights": kept,
    }


def averaged(coded: list[tuple[list[Ids], list[int]]], size: int, rng: random.Random) -> tuple[Ids, Ids]:
    """Ten times the averaged weights of features and of pairs of labels (the last row: of the first label), as whole numbers."""
    many = len(LABELS)
    weights, total = np.zeros((size, many)), np.zeros((size, many))
    follows, total_follows = np.zeros((many + 1, many)), np.zeros((many + 1, many))
    step = 1
    for _ in range(EPOCHS):
        rng.shuffle(coded)
        for own, gold in coded:
            sums = np.array([weights[row].sum(axis=0) for row in own]) + 1
            sums[np.arange(len(gold)), gold] -= 1
            guess = best_chain(sums, follows)
            before_gold = before_guess = many
            for row, g, h in zip(own, gold, guess, strict=True):
                for label, change in ((g, 1), (h, -1)) if g != h else ():
                    weights[row, label] += change
                    total[row, label] += change * step
                for before, label, change in ((before_gold, g, 1), (before_guess, h, -1)):
                    follows[before, label] += change
                    total_follows[before, label] += change * step
                before_gold, before_guess = g, h
            step += 1
    return np.rint(10 * (weights - total / step)).astype(int), np.rint(10 * (follows - total_follows / step)).astype(int)


def best_chain(rows: Sums, follows: Sums) -> list[int]:
    """Viterbi with arrays, as `framing.decode`."""
    best = rows[0] + follows[-1]
    back = []
    for row in rows[1:]:
        whole = best[:, None] + follows[:-1]
        back.append(whole.argmax(axis=0))
        best = whole.max(axis=0) + row
    chain = [int(best.argmax())]
    for came in reversed(back):
        chain.append(int(came[chain[-1]]))
    return chain[::-1]


def labels_of(model: dict[str, object], tokens: list[Token]) -> str:
    """The labels that a model gives; marks at the end are the frame's."""
    return ended(tokens, list(framing.decode(framing.scores(tokens, model), model["follows"], model["content"])))[1]  # type: ignore[arg-type]


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="report and write nothing")
    parser.add_argument("--wrong", action="store_true", help="show the lines left out that come out wrong")
    given = parser.parse_args()
    rng = random.Random(7)
    typed, fills = lines()
    plain = [json.loads(line)["question"] for path in ASKED for line in path.read_text(encoding="utf-8").splitlines()]
    plain = [q for q in plain if not _FRAMES.search(q)]
    rng.shuffle(plain)

    def rows(of: list[str], draws: int) -> list[Row]:
        return [drawn(line, fills, rng) for line in of for _ in range(draws)]

    asked = [ended(tokens, ["c"] * len(tokens)) for q in plain[:PLAIN] for tokens in [framing.tokens_of(q)]]
    rng.shuffle(typed)
    held, rest = typed[: len(typed) // 5], typed[len(typed) // 5 :]
    model = learned(rows(rest, DRAWS) + asked, rng)
    word = core = literature = 0.0
    tests = rows(held, 1)

    ready = framing.ready(model)
    for tokens, gold in tests:
        guess = labels_of(ready, tokens)
        word += sum(a == b for a, b in zip(gold, guess, strict=True)) / len(gold)
        same = [a == "c" for a in gold] == [b == "c" for b in guess]
        core += same
        literature += [x in gold for x in "lqmvx"] == [x in guess for x in "lqmvx"]
        if given.wrong and not same:
            print(" ".join(f"{t.text}/{g}{'' if g == h else '!' + h}" for t, g, h in zip(tokens, gold, guess, strict=True)))
    count = len(tests)
    print(f"left out: {count} lines, words {word / count:.3f}, what is asked {core / count:.3f}, kinds {literature / count:.3f}")
    model = learned(rows(typed, DRAWS) + asked, rng)
    ready = framing.ready(model)
    others = [json.loads(line)["question"] for line in OTHERS.read_text(encoding="utf-8").splitlines()]
    lost = [q for q in others for tokens in [framing.tokens_of(q)] if ended(tokens, ["c"] * len(tokens))[1] != labels_of(ready, tokens)]
    if given.wrong:
        for q in lost:
            tokens = framing.tokens_of(q)
            print(" ".join(t.text + (f"/{g}" if g != "c" else "") for t, g in zip(tokens, labels_of(ready, tokens), strict=True)))
    print(f"threshold questions that lose words: {len(lost)} of {len(others)}")
    if not given.dry_run:
        lines_of = (f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}" for name, value in model.items())
        framing.LEARNED.write_text("{" + ",\n".join(lines_of) + "}\n", encoding="utf-8")
        print(f"{framing.LEARNED.stat().st_size} bytes, {len(model['weights'])} features")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
