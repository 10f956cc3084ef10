"""Teach the bundled model which papers of a first page a query is about.

    python training/relevance.py --pages pages.jsonl --start reader.pt --to relevance.pt [--minutes 50]

A group of `first_pages.py` is read together; the loss is the cross-entropy of each paper that the query is about against those that it is
not about (listwise softmax: Cao et al. 2007). Of an abstract as much is read as fits into the pieces drawn for the group: the title and the
sentences that share most with the query (`rag.retrieval.relevance.shown`). AdamW, a rate that rises and falls, averaged weights and
checkpoints as in `train.py`. Every twentieth group is kept apart and reported on.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from model import WIDTH, Pairs, pieces_of
from torch import Tensor, nn
from torch.nn import functional

from rag.retrieval.relevance import shown

PIECES_A_STEP, RISING_STEPS, LEAST_RATE, AVERAGED = 4096, 60, 0.01, 0.998
MOST = (56, 72, 96, 120)
GROUP = 6
SAVED_EVERY_S = 240
SHARES = {"foolmetwice": 0.3, "selqa": 0.5, "squad2": 0.5, "begin_wow": 0.3, "wice": 0.5}
"""Share of the groups of sources that are no abstracts."""


class Ranker(Pairs):
    """A query read with a paper: one number, higher the more the query is about it. The heads of the reader are not used."""

    def __init__(self, frozen: int) -> None:
        """As the bundled model; the first `frozen` layers stay as they are."""
        super().__init__()
        self.relevance = nn.Linear(2 * WIDTH, 1)
        for part in (self.heads, self.evidence, *self.layers[:frozen]):
            part.requires_grad_(False)

    def scores(self, ids: Tensor, kinds: Tensor, mask: Tensor) -> Tensor:
        """(texts,): the head sees [CLS] and the mean over the query."""
        hidden = self.norm(self.words[ids] + self.places[: ids.shape[1]] + self.kinds[kinds])
        hidden = functional.dropout(hidden, 0.1, self.training)
        shut = torch.zeros(ids.shape[0], 1, 1, ids.shape[1]).masked_fill(~mask[:, None, None, :], -1e9)
        for layer in self.layers:
            hidden = layer(hidden, shut)
        hidden = hidden.float()
        first = (mask & (kinds == 0)).float()[..., None]
        with torch.autocast("cpu", enabled=False):
            return self.relevance(torch.cat([hidden[:, 0], (hidden * first).sum(1) / first.sum(1)], 1)).squeeze(-1)


def stacked(rows: list[tuple[list[int], int]]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, kinds and mask of (pieces, where the second text begins)."""
    longest = max(len(ids) for ids, _ in rows)
    ids, kinds = (torch.zeros((len(rows), longest), dtype=torch.long) for _ in range(2))
    mask = torch.zeros((len(rows), longest), dtype=torch.bool)
    for n, (own, first) in enumerate(rows):
        ids[n, : len(own)], kinds[n, first : len(own)], mask[n, : len(own)] = torch.tensor(own), 1, True
    return ids, kinds, mask


def coded(query: str, paper: dict[str, Any], most: int) -> tuple[list[int], int]:
    """A pair as numbers."""
    return shown(pieces_of(query), pieces_of(paper["title"]), [pieces_of(s) for s in paper["sentences"]], most)


def group_of(row: dict[str, Any], draw: random.Random) -> tuple[list[tuple[list[int], int]], int]:
    """One paper that the query is about, `GROUP - 1` others; some queries without their mark, some papers without title."""
    query, most = row["query"], draw.choice(MOST)
    query = query.rstrip("?") if draw.random() < 0.15 else query.lower() if draw.random() < 0.15 else query
    right = draw.randrange(row["about"])
    others = draw.sample(row["papers"][row["about"] :], min(GROUP - 1, len(row["papers"]) - row["about"]))
    bare = draw.random() < 0.1
    papers = [row["papers"][right], *others]
    return [coded(query, {**p, "title": ""} if bare else p, most) for p in papers], right


def batches(groups: list[list[tuple[list[int], int]]], draw: random.Random) -> list[list[int]]:
    """Groups that fill a step together, of like length, in random order."""
    order = list(range(len(groups)))
    draw.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), 256):
        batch: list[int] = []
        longest = count = 0
        for n in sorted(order[start : start + 256], key=lambda n: max(len(i) for i, _ in groups[n])):
            longest, count = max(longest, *(len(i) for i, _ in groups[n])), count + len(groups[n])
            if batch and longest * count > PIECES_A_STEP:
                found.append(batch)
                batch, longest, count = [], max(len(i) for i, _ in groups[n]), len(groups[n])
            batch.append(n)
        found.append(batch)
    draw.shuffle(found)
    return found


@torch.no_grad()
def report(model: Ranker, rows: list[dict[str, Any]], most: int = 96) -> dict[str, Any]:
    """By source: how often a paper that the query is about stands first of its group, and the mean of 1/rank."""
    model.eval()
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model.scores(*stacked([coded(row["query"], p, most) for p in row["papers"]])).numpy()
        found[row["source"]].append(1 / (1 + float((scores[row["about"] :] >= scores[: row["about"]].max()).sum())))
    model.train()
    return {s: (round(float(np.mean([v == 1 for v in r])), 3), round(float(np.mean(r)), 3), len(r)) for s, r in sorted(found.items())}


def main() -> None:
    """Learn, keep, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights of the reader to start from")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--leave", nargs="*", default=[], help="sources that are not learned from")
    parser.add_argument("--frozen", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    draw = random.Random(1)
    rows = [json.loads(line) for line in args.pages.open(encoding="utf-8")]
    rows = [r for r in rows if len(r["papers"]) > r["about"]]
    apart = [r for r in rows if zlib.crc32(r["query"].encode()) % 20 == 0]
    learned = [r for r in rows if zlib.crc32(r["query"].encode()) % 20 and r["source"] not in args.leave]
    learned = [r for r in learned if draw.random() < SHARES.get(r["source"], 1.0)]
    model = Ranker(args.frozen)
    if args.start:
        state = torch.load(args.start, weights_only=True)
        model.load_state_dict({k: v for k, v in state.items() if k in model.state_dict()}, strict=False)
    own = {name: p for name, p in model.named_parameters() if p.requires_grad}
    mean = {name: p.detach().clone() for name, p in own.items()}
    head = [p for name, p in own.items() if name.startswith("relevance")]
    body = [p for name, p in own.items() if not name.startswith("relevance")]
    optimizer = torch.optim.AdamW([{"params": body}, {"params": head}], weight_decay=0.01)
    part, done = args.to.with_suffix(".part"), 0
    if part.exists():
        kept = torch.load(part, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        mean, done = kept["mean"], kept["done"]
        print(f"going on from step {done}", flush=True)
    steps, at, first, smooth, begun, saved = 0, 0, done, 0.0, time.monotonic(), time.monotonic()
    for epoch in range(args.epochs):
        groups = [group_of(row, draw)[0] for row in learned]
        order = batches(groups, draw)
        if not epoch:
            steps = len(order) * args.epochs
            print(f"{len(learned)} groups, {steps} steps, {len(apart)} to report on", flush=True)
        model.train()
        for batch in order:
            at += 1
            if at <= done or at > steps:
                continue
            factor = min(1.0, at / RISING_STEPS) * max(LEAST_RATE, 1 - at / steps)
            for group, rate in zip(optimizer.param_groups, (args.rate, 10 * args.rate), strict=True):
                group["lr"] = rate * factor
            flat = [pair for n in batch for pair in groups[n]]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = model.scores(*stacked(flat))
            cut = torch.split(scores, [len(groups[n]) for n in batch])
            loss = torch.stack([-functional.log_softmax(s, 0)[0] for s in cut]).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(own.values(), 1.0)
            optimizer.step()
            keep = min(AVERAGED, at / (at + 10))
            with torch.no_grad():
                for name, p in own.items():
                    mean[name].mul_(keep).add_(p, alpha=1 - keep)
            done, now = at, time.monotonic()
            smooth = 0.98 * smooth + 0.02 * float(loss.detach()) if smooth else float(loss.detach())
            if at % 50 == 0:
                rate = (at - first) / (now - begun)
                print(f"{at}/{steps}, loss {smooth:.3f}, {rate * 60:.0f} a minute, {(steps - at) / rate / 60:.0f} min left", flush=True)
            if now - saved > SAVED_EVERY_S:
                saved = now
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "mean": mean, "done": done}, f"{part}.new")
                Path(f"{part}.new").replace(part)
                torch.save({**model.state_dict(), **mean}, args.to.with_suffix(".now.pt"))
    model.load_state_dict({**model.state_dict(), **mean})
    torch.save(model.state_dict(), args.to)
    part.unlink(missing_ok=True)
    found = report(model, apart)
    args.to.with_suffix(".json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
