"""Teach the bundled model to read two texts together; about two hours on two cores.

    python training/train.py [--originals FOLDER] [--epochs 2] [--start CHECKPOINT] --to CHECKPOINT

Cross-entropy of both heads, a third of a binary one for the sentences that hold what is asked, and half of a ranking loss between twins
(softplus of the difference: Burges et al. 2005). AdamW, the learning rate rising over the first steps and falling to nothing. The papers
of the held-out blocks are never learned from; they are reported on after each epoch. Needs torch, which the product does not.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from model import HEADS, Pairs, tokenizer
from texts import LABELS, ROOT, Example, examples, papers_of, scifact
from torch import Tensor, nn
from torch.nn import functional

from rag.embedding import load
from rag.embedding.crossencoder import ASKED_PIECES, PIECES

if TYPE_CHECKING:
    from collections.abc import Sequence

PIECES_A_STEP, RATE, HEAD_RATE, RISING_STEPS, LEAST_RATE = 4096, 6e-5, 1e-3, 40, 0.02
EVIDENCE_WEIGHT, TWIN_WEIGHT, SMOOTHING = 0.3, 0.5, 0.05
MASK, SEPARATOR = 103, 102

Coded = tuple[list[int], list[int], list[float]]


def coded(example: Example, generator: random.Random | None = None) -> Coded:
    """Pieces, which text they belong to, and 1 or 0 for pieces of sentences that hold or don't (-1: not known).

    With a generator the example is made a little harder: letters exchanged, a missing question mark, no capitals, a sentence that holds
    nothing left out, one piece of the abstract in twenty hidden.
    """
    text, kept = example.text, list(range(len(example.sentences)))
    if generator is not None and example.head == "question":
        if len(kept) > 4 and example.holds and any(example.holds) and generator.random() < 0.3:
            kept.remove(generator.choice([n for n in kept if not example.holds[n]] or [kept[0]]))
        text = _typed(text, generator)
    ids = tokenizer().encode(text).ids[:ASKED_PIECES]
    kinds, holds = [0] * len(ids), [-1.0] * len(ids)
    parts = [(f"{example.title}. ", -1.0)]
    parts += [(example.sentences[n], float(example.holds[n]) if example.holds is not None else -1.0) for n in kept]
    for part, mark in parts:
        own = tokenizer().encode(part, add_special_tokens=False).ids
        if generator is not None:
            own = [MASK if generator.random() < 0.05 else piece for piece in own]
        ids, kinds, holds = ids + own, kinds + [1] * len(own), holds + [mark] * len(own)
    return [*ids[:PIECES], SEPARATOR], [*kinds[:PIECES], 1], [*holds[:PIECES], -1.0]


def _typed(text: str, generator: random.Random) -> str:
    chance = generator.random()
    if chance < 0.08:
        tokens = text.split()
        at = generator.randrange(len(tokens))
        word = tokens[at]
        if len(word) > 4 and word.isalpha():
            n = generator.randrange(1, len(word) - 2)
            tokens[at] = word[:n] + word[n + 1] + word[n] + word[n + 2 :]
        return " ".join(tokens)
    return text.rstrip("?") if chance < 0.18 else text.lower() if chance < 0.28 else text


def batched(units: Sequence[Sequence[Coded]], generator: random.Random | None) -> list[list[int]]:
    """Numbers of units (an example, or twins) that together fill a step; of like length, in random order."""
    order = list(range(len(units)))
    if generator is not None:
        generator.shuffle(order)
    found = []
    for start in range(0, len(order), 256):
        batch: list[int] = []
        longest = count = 0
        for n in sorted(order[start : start + 256], key=lambda n: max(len(c[0]) for c in units[n])):
            length = max(len(c[0]) for c in units[n])
            if batch and max(longest, length) * (count + len(units[n])) > PIECES_A_STEP:
                found.append(batch)
                batch, longest, count = [], 0, 0
            batch.append(n)
            longest, count = max(longest, length), count + len(units[n])
        found.append(batch)
    if generator is not None:
        generator.shuffle(found)
    return found


def stacked(rows: Sequence[Coded]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Ids, kinds, mask and marks, each (rows, longest)."""
    shape = (len(rows), max(len(r[0]) for r in rows))
    ids, kinds = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    mask, holds = torch.zeros(shape, dtype=torch.bool), torch.full(shape, -1.0)
    for n, (own, side, marks) in enumerate(rows):
        size = len(own)
        ids[n, :size], kinds[n, :size], mask[n, :size], holds[n, :size] = torch.tensor(own), torch.tensor(side), True, torch.tensor(marks)
    return ids, kinds, mask, holds


def loss_of(model: Pairs, rows: Sequence[Example], pieces: Sequence[Coded]) -> Tensor:
    """The sum of the losses above, per example."""
    ids, kinds, mask, holds = stacked(pieces)
    joint, evidence = model(ids, kinds, mask)
    total = torch.zeros(())
    for head in HEADS:
        own = [n for n, row in enumerate(rows) if row.head == head]
        if not own:
            continue
        scores = model.heads[head](joint[own])
        wanted = torch.tensor([rows[n].label for n in own])
        total = total + functional.cross_entropy(scores, wanted, reduction="sum", label_smoothing=SMOOTHING) / len(rows)
        places: dict[str, dict[int, int]] = defaultdict(dict)
        for at, n in enumerate(own):
            if rows[n].twin:
                places[rows[n].twin][rows[n].label] = at
        if both := [(p[0], p[1]) for p in places.values() if len(p) == 2]:
            carried = (scores[:, 0] - scores[:, 1])[torch.tensor(both)]
            total = total + TWIN_WEIGHT * functional.softplus(carried[:, 1] - carried[:, 0]).sum() / len(rows)
    marked = holds >= 0
    if marked.any():
        total = total + EVIDENCE_WEIGHT * functional.binary_cross_entropy_with_logits(evidence[marked], holds[marked])
    return total


def train(model: Pairs, learned: list[list[Example]], *, epochs: int, seed: int, head_rate: float) -> None:
    """All epochs under one schedule; each text stands once an epoch, in one of its versions."""
    generator = random.Random(seed)
    torch.manual_seed(seed)
    plans = []
    for _ in range(epochs):
        units: dict[str, list[Example]] = defaultdict(list)
        versions: dict[str, int] = {}
        for n, both in enumerate(learned):
            key = both[0].twin or f"alone {n}"
            units[key].append(both[versions.setdefault(key, generator.randrange(len(both)))])
        rows = list(units.values())
        pieces = [[coded(e, generator) for e in unit] for unit in rows]
        plans.append((rows, pieces, batched(pieces, generator)))
    own = {name: p for name, p in model.named_parameters() if p.requires_grad}
    heads = [p for name, p in own.items() if name.startswith(("heads", "evidence"))]
    body = [p for name, p in own.items() if not name.startswith(("heads", "evidence"))]
    rates = (RATE, head_rate)
    optimizer = torch.optim.AdamW([{"params": body}, {"params": heads}], weight_decay=0.01)
    steps = sum(len(batches) for _rows, _pieces, batches in plans)
    done, started, smooth = 0, time.monotonic(), 0.0
    for rows, pieces, batches in plans:
        model.train()
        for batch in batches:
            factor = min(1.0, (done + 1) / RISING_STEPS) * max(LEAST_RATE, 1 - done / steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            loss = loss_of(model, [e for n in batch for e in rows[n]], [c for n in batch for c in pieces[n]])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(own.values(), 1.0)
            optimizer.step()
            done += 1
            smooth = float(loss.detach()) if done == 1 else 0.98 * smooth + 0.02 * float(loss.detach())
            if done % 50 == 0:
                rate = done / (time.monotonic() - started)
                print(
                    f"{done}/{steps}, loss {smooth:.3f}, {rate * 60:.0f} steps a minute, {(steps - done) / rate / 60:.0f} min left",
                    flush=True,
                )


@torch.no_grad()
def chances(model: Pairs, rows: Sequence[Example]) -> np.ndarray[Any, Any]:
    """(rows, 4): the probabilities of each example's head; a claim's last two are 0."""
    model.eval()
    pieces = [[coded(e)] for e in rows]
    found = np.zeros((len(rows), len(LABELS)))
    for batch in batched(pieces, None):
        ids, kinds, mask, _holds = stacked([pieces[n][0] for n in batch])
        joint, _evidence = model(ids, kinds, mask)
        for at, n in enumerate(batch):
            own = functional.softmax(model.heads[rows[n].head](joint[at]), -1).numpy()
            found[n, : len(own)] = own
    return found


def report(model: Pairs, held_out: list[list[Example]]) -> None:
    """What is refused of questions at 5 % false refusals, and of claims at 10 %, by kind and version."""
    for version in range(len(held_out[0])):
        for head, share in (("question", 0.05), ("claim", 0.10)):
            rows = [both[version] for both in held_out if both[0].head == head]
            doubt = 1 - chances(model, rows)[:, 0]
            labels = np.array([e.label for e in rows])
            limit = np.quantile(doubt[labels == 0], 1 - share)
            kinds = sorted({e.kind for e in rows if e.label})
            rates = {
                k: round(float(np.mean([d > limit for d, e in zip(doubt, rows, strict=True) if e.kind == k and e.label])), 2) for k in kinds
            }
            print(f"version {version}, {head}s, {share:.0%} of the good ones refused: {rates}", flush=True)


def main() -> None:
    """Learn, report, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--originals", type=Path, help="documents with the same papers' original abstracts, learned from as well")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scifact", type=Path, help="the folder of SciFact with its rationales")
    args = parser.parse_args()
    versions = [papers_of(ROOT / "corpus/papers.jsonl"), *([papers_of(args.originals)] if args.originals else [])]
    embedder = load("minilm-int8")
    every = examples(versions, embedder, seed=args.seed) + (scifact(embedder, args.scifact) if args.scifact else [])
    model = Pairs()
    if args.start:
        model.load_state_dict(torch.load(args.start, weights_only=True))
    learned = [both for both in every if not both[0].held_out]
    train(model, learned, epochs=args.epochs, seed=args.seed, head_rate=HEAD_RATE / 3 if args.start else HEAD_RATE)
    torch.save(model.state_dict(), args.to)
    report(model, [both for both in every if both[0].held_out])


if __name__ == "__main__":
    main()
