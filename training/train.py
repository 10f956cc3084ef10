"""Teach the bundled model to read two texts together.

    python training/train.py --rows rows.jsonl --to learned.pt [--start before.pt] [--epochs 1] [--leave SOURCE ...] [--minutes 60]

Losses: cross-entropy of both heads (where the judgement does not tell two classes apart, of their sum), smoothed; half of a ranking loss
between twins (softplus of the difference: Burges et al. 2005); for the sentences a binary one and a listwise one (softmax over the
sentences of the abstract). AdamW; the learning rate rises over the first steps and falls to nothing. The shipped weights are the mean of
the weights over the last steps (Izmailov et al. 2018, arXiv 1803.05407; here exponential). bfloat16 where the processor multiplies it
fast. A checkpoint every few minutes (`<to>.part`), from which the same command goes on. Needs torch, which the product does not.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from model import HEADS, Pairs, tokenizer
from torch import Tensor, nn
from torch.nn import functional

from rag.reading.crossencoder import ASKED_PIECES

if TYPE_CHECKING:
    from collections.abc import Sequence

PIECES_A_STEP, RISING_STEPS, LEAST_RATE = 4096, 60, 0.01
TWIN_WEIGHT, BINARY_WEIGHT, LISTWISE_WEIGHT, SMOOTHING = 0.7, 0.3, 0.3, 0.04
MASK, SEPARATOR = 103, 102
CUT, TWIN_CUT = (120, 160, 224), (90, 112, 150)
"""Pieces that a row is cut to, drawn for each row; of twins little more than the sentence that tells them apart is needed."""

AVERAGED = 0.998
SAVED_EVERY_S = 240
REPORTED_TWINS = 1500

Row = dict[str, Any]
Coded = tuple[list[int], int, list[tuple[int, int]], list[float]]
"""Pieces, where the second text begins, where each sentence lies, and 1, 0 or -1 (not known) for each."""

_pieces: dict[str, list[int]] = {}


def pieces(text: str) -> list[int]:
    """Word pieces without special ones, remembered."""
    found = _pieces.get(text)
    if found is None:
        found = _pieces[text] = tokenizer().encode(text, add_special_tokens=False).ids
    return found


def coded(row: Row, generator: random.Random | None, most: int = 448) -> Coded:
    """The row as numbers; with a generator made a little harder: slips of the pen, sentences left out, pieces hidden."""
    text, title, every = row["text"], row["title"], row["sentences"]
    if generator is not None:
        most = generator.choice(TWIN_CUT if row["twin"] else CUT)
        if row["head"] == "question":
            text = _typed(text, generator)
        if generator.random() < 0.1:
            title = ""
    ids = [101, *pieces(text)[: ASKED_PIECES - 2], 102]
    first = len(ids)
    opening = pieces(f"{title}. ") if title else []
    room = most - first - len(opening) - 1
    lengths = [len(pieces(s)) for s in every]
    kept = list(range(len(every)))
    if sum(lengths) > room and (generator is not None or sum(lengths) > 440 - first):
        kept = _kept(row, lengths, room, generator)
    ids += opening
    holds = row["holds"]
    places, marks = [], []
    for n in kept:
        own = pieces(every[n])
        if generator is not None:
            own = [MASK if generator.random() < 0.03 else piece for piece in own]
        start = min(len(ids), most)
        ids += own
        places.append((start, min(len(ids), most)))
        marks.append(-1.0 if holds is None else float(n in holds))
    return [*ids[:most], SEPARATOR], first, places, marks


def _kept(row: Row, lengths: Sequence[int], room: int, generator: random.Random | None) -> list[int]:
    """Sentences that are kept: what holds, then in a random order (else those that share most pieces with the text)."""
    wanted = set(pieces(row["text"]))
    shared = [len(wanted & set(pieces(s))) for s in row["sentences"]]
    near = row["holds"] is None or generator is None or generator.random() < 0.5
    order = sorted(range(len(lengths)), key=lambda n: -shared[n] if near else generator.random())  # type: ignore[union-attr]
    if row["holds"] and generator is not None:
        order = [*row["holds"], *(n for n in order if n not in row["holds"])]
    kept: list[int] = []
    for n in order:
        if lengths[n] <= room or not kept:
            kept.append(n)
            room -= lengths[n]
    return sorted(kept)


def _typed(text: str, generator: random.Random) -> str:
    chance = generator.random()
    if chance < 0.05:
        tokens = text.split()
        at = generator.randrange(len(tokens))
        word = tokens[at]
        if len(word) > 4 and word.isalpha():
            n = generator.randrange(1, len(word) - 2)
            tokens[at] = word[:n] + word[n + 1] + word[n] + word[n + 2 :]
        return " ".join(tokens)
    return text.rstrip("?") if chance < 0.15 else text.lower() if chance < 0.25 else text


def batched(units: Sequence[Sequence[Coded]], generator: random.Random | None) -> list[list[int]]:
    """Numbers of units (a row, or twins) that together fill a step; of like length, in random order."""
    order = list(range(len(units)))
    if generator is not None:
        generator.shuffle(order)
    found = []
    for start in range(0, len(order), 512):
        batch: list[int] = []
        longest = count = 0
        for n in sorted(order[start : start + 512], key=lambda n: max(len(c[0]) for c in units[n])):
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


def stacked(rows: Sequence[Coded]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Ids, kinds, mask (rows, longest), spread (rows, sentences, longest), marks (rows, sentences)."""
    longest, most = max(len(r[0]) for r in rows), max(1, *(len(r[2]) for r in rows))
    ids, kinds = (torch.zeros((len(rows), longest), dtype=torch.long) for _ in range(2))
    mask = torch.zeros((len(rows), longest), dtype=torch.bool)
    spread, marks = torch.zeros((len(rows), most, longest)), torch.full((len(rows), most), -1.0)
    for n, (own, first, places, held) in enumerate(rows):
        ids[n, : len(own)], kinds[n, first : len(own)], mask[n, : len(own)] = torch.tensor(own), 1, True
        for at, (start, end) in enumerate(places):
            if end > start:
                spread[n, at, start:end] = 1 / (end - start)
                marks[n, at] = held[at]
    return ids, kinds, mask, spread, marks


def loss_of(model: Pairs, rows: Sequence[Row], codes: Sequence[Coded]) -> Tensor:
    """The losses above, per row."""
    ids, kinds, mask, spread, marks = stacked(codes)
    logits, evidence = model(ids, kinds, mask, spread)
    total = torch.zeros(())
    for head in HEADS:
        own = [n for n, row in enumerate(rows) if row["head"] == head]
        if not own:
            continue
        logs = functional.log_softmax(logits[head][own], -1)
        may = torch.zeros_like(logs)
        for at, n in enumerate(own):
            may[at, rows[n]["may"]] = 1.0
        weights = torch.tensor([rows[n]["weight"] for n in own])
        right = torch.logsumexp(logs.masked_fill(may == 0, -1e9), -1)
        smooth = (1 - SMOOTHING) * right + SMOOTHING * logs.mean(-1)
        total = total - (weights * smooth).sum() / len(rows)
        places: dict[str, dict[int, int]] = defaultdict(dict)
        for at, n in enumerate(own):
            if rows[n]["twin"]:
                places[rows[n]["twin"]][int(rows[n]["may"] == [0])] = at
        if both := [(p[1], p[0]) for p in places.values() if len(p) == 2]:
            carried = logs[:, 0] - torch.logsumexp(logs[:, 1:], -1)
            pairs = torch.tensor(both)
            total = total + TWIN_WEIGHT * functional.softplus(carried[pairs[:, 1]] - carried[pairs[:, 0]]).sum() / len(rows)
        held, scores = marks[own], evidence[head][own]
        known = held >= 0
        if known.any():
            binary = functional.binary_cross_entropy_with_logits(scores[known], held[known], reduction="sum") / known.sum()
            total = total + BINARY_WEIGHT * binary * len(own) / len(rows)
        listed = (held > 0).any(-1) & ((held >= 0).sum(-1) > 1)
        if listed.any():
            chances = functional.log_softmax(scores[listed].masked_fill(held[listed] < 0, -1e9), -1)
            found = torch.logsumexp(chances.masked_fill(held[listed] <= 0, -1e9), -1)
            total = total - LISTWISE_WEIGHT * found.sum() / len(rows)
    return total


def plan(rows: Sequence[Row], generator: random.Random) -> tuple[list[list[Row]], list[list[Coded]], list[list[int]]]:
    """An epoch: units of rows, their codes, the steps."""
    units: dict[str, list[Row]] = defaultdict(list)
    for n, row in enumerate(rows):
        units[row["twin"] or f"alone {n}"].append(row)
    grouped = list(units.values())
    codes = []
    for unit in grouped:
        seed = generator.random()
        # Twins are cut alike, so that nothing but the fact tells them apart.
        codes.append([coded(row, random.Random(seed)) for row in unit])
    return grouped, codes, batched(codes, generator)


def train(model: Pairs, rows: list[Row], dev: list[Row], args: argparse.Namespace) -> None:
    """All epochs under one schedule; ends with the averaged weights in the model."""
    generator = random.Random(args.seed)
    torch.manual_seed(args.seed)
    own = {name: p for name, p in model.named_parameters() if p.requires_grad}
    heads = [p for name, p in own.items() if name.startswith(("heads", "evidence"))]
    body = [p for name, p in own.items() if not name.startswith(("heads", "evidence"))]
    rates = (args.rate, args.head_rate)
    optimizer = torch.optim.AdamW([{"params": body}, {"params": heads}], weight_decay=0.01)
    mean = {name: p.detach().clone() for name, p in own.items()}
    part = args.to.with_suffix(".part")
    done = 0
    if part.exists():
        kept = torch.load(part, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        mean, done = kept["mean"], kept["done"]
        print(f"going on from step {done}", flush=True)
    steps, at, begun, first, smooth, saved = 0, 0, time.monotonic(), done, 0.0, time.monotonic()
    for epoch in range(args.epochs):
        grouped, codes, batches = plan(rows, generator)
        if epoch == 0:
            steps = len(batches) * args.epochs
        model.train()
        for batch in batches:
            at += 1
            if at <= done or at > steps:
                continue
            factor = min(1.0, at / RISING_STEPS) * max(LEAST_RATE, 1 - at / steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
                loss = loss_of(model, [r for n in batch for r in grouped[n]], [c for n in batch for c in codes[n]])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(own.values(), 1.0)
            optimizer.step()
            keep = min(AVERAGED, at / (at + 10))
            with torch.no_grad():
                for name, p in own.items():
                    mean[name].mul_(keep).add_(p, alpha=1 - keep)
            done = at
            smooth = float(loss.detach()) if not smooth else 0.98 * smooth + 0.02 * float(loss.detach())
            now = time.monotonic()
            if at % 50 == 0:
                rate = (at - first) / (now - begun)
                print(
                    f"{at}/{steps}, loss {smooth:.3f}, {rate * 60:.0f} steps a minute, {(steps - at) / rate / 60:.0f} min left", flush=True
                )
            if now - saved > SAVED_EVERY_S:
                saved = now
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "mean": mean, "done": done}
                torch.save(state, part.with_suffix(".new"))
                part.with_suffix(".new").replace(part)
                # The checkpoint can be tried at once.
                torch.save({**model.state_dict(), **mean}, args.to.with_suffix(".now.pt"))
        if dev and epoch < args.epochs - 1:
            print(f"epoch {epoch + 1}", report(model, dev), flush=True)
    model.load_state_dict({**model.state_dict(), **mean})


@torch.no_grad()
def chances(model: Pairs, rows: Sequence[Row]) -> tuple[list[np.ndarray[Any, Any]], list[list[float]]]:
    """For each row the probabilities of its head's classes, and the evidence of its sentences (those that were read)."""
    model.eval()
    codes = [[coded(row, None)] for row in rows]
    found: list[Any] = [None] * len(rows)
    told: list[Any] = [None] * len(rows)
    for batch in batched(codes, None):
        ids, kinds, mask, spread, _marks = stacked([codes[n][0] for n in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, evidence = model(ids, kinds, mask, spread)
        for at, n in enumerate(batch):
            head = rows[n]["head"]
            found[n] = functional.softmax(logits[head][at].float(), -1).numpy()
            told[n] = evidence[head][at].tolist()
    return found, told


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """How often a value of `higher` is above one of `lower`, ties by half (Hanley and McNeil 1982)."""
    a, b = np.asarray(higher)[:, None], np.asarray(lower)[None, :]
    return float((a > b).mean() + 0.5 * (a == b).mean())


def report(model: Pairs, rows: Sequence[Row]) -> dict[str, Any]:
    """AUROC by source and question asked of the reader, and how often the sentence ranked first is evidence."""
    found, told = chances(model, rows)
    by: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    first: dict[tuple[str, str], list[float]] = defaultdict(list)
    ranked: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    names = {"question": ("answerable", "missing", "contradicted", "unrelated"), "claim": ("carried", "contradicted", "not_said")}
    for row, chance, evidence in zip(rows, found, told, strict=True):
        key = (row["source"], row["head"])
        if len(row["may"]) == 1:
            by[key][names[row["head"]][row["may"][0]]].append(float(chance[0]))
        elif row["head"] == "question":
            by[key]["missing"].append(float(chance[0]))
        if row["twin"]:
            ranked[row["source"]][f"{row['kind'].split(' ')[0]} {row['twin']}"][int(row["may"] == [0])] = float(chance[0])
        if row["holds"] and row["may"] == [0]:
            _ids, _first, places, marks = coded(row, None)
            own = [(e, m) for e, m, (a, b) in zip(evidence, marks, places, strict=False) if b > a]
            if own and 0 < sum(m for _e, m in own) < len(own):
                first[key].append(max(own)[1])
    table = {
        f"{source} {head}": {
            label: round(auroc(values[next(iter(names[head]))], scores), 3)
            for label, scores in values.items()
            if label != names[head][0] and len(scores) > 9
        }
        for (source, head), values in by.items()
        if len(values[names[head][0]]) > 9
    }
    return {
        "auroc": {k: v for k, v in table.items() if v},
        "first": {f"{s} {h}": (round(float(np.mean(v)), 3), len(v)) for (s, h), v in first.items() if len(v) > 9},
        "twins": {s: (round(float(np.mean([p[1] > p[0] for p in t.values() if len(p) == 2])), 3), len(t)) for s, t in ranked.items()},
    }


def main() -> None:
    """Learn, keep, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to start from (the bundled model's where none are named)")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--leave", nargs="*", default=[], help="sources that are not learned from, and reported on")
    parser.add_argument("--only", nargs="*", default=[], help="share of a source's rows that is learned from: SOURCE=0.3")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fp32", dest="bf16", action="store_false")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    shares = {name: float(share) for name, share in (item.split("=") for item in args.only)}
    drawn = random.Random(args.seed)
    learned: list[Row] = []
    dev: list[Row] = []
    lots: dict[str, bool] = {}
    for path in args.rows:
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            row["twin"] = f"{path.stem} {row['twin']}" if row["twin"] else ""
            if row["source"] in args.leave:
                if row["split"] == "dev" or row["source"] in {"squad2", "qasper"}:
                    dev.append(row)
            elif row["split"] == "dev":
                dev.append(row)
            elif row["source"] not in shares or lots.setdefault(row["twin"] or str(len(lots)), drawn.random() < shares[row["source"]]):
                learned.append(row)
    built = [r for r in dev if "twins" in r["source"]]
    dev = [*(r for r in dev if "twins" not in r["source"]), *built[:REPORTED_TWINS]]
    print(f"{len(learned)} rows to learn from, {len(dev)} to report on", flush=True)
    model = Pairs()
    if args.start:
        state = torch.load(args.start, weights_only=True)
        missing = model.load_state_dict({k: v for k, v in state.items() if model.state_dict()[k].shape == v.shape}, strict=False)
        print("fresh:", missing.missing_keys, flush=True)
    train(model, learned, dev, args)
    torch.save(model.state_dict(), args.to)
    args.to.with_suffix(".part").unlink(missing_ok=True)
    found = report(model, dev)
    args.to.with_suffix(".json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps(found, indent=1), flush=True)


if __name__ == "__main__":
    main()
