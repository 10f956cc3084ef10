"""Papers and queries to measure with: as many as wanted, deterministic, of real sentences.

A made paper has as many sentences as some real computer-science abstract, each drawn from all abstracts of three open sets
(`../shared/bench`; where they are absent, the bundled corpus), a title of two halves of real titles with a coined name, so that no
two papers are one, and fields whose shares are known, so that a filter keeps a known part. Sentences recur among a million papers
far more often than in life, and the vocabulary stops growing: both make the keyword index's work harder, not easier.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.schema import Filters, Paper, Source
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
OPEN_SETS = ROOT.parent / "shared" / "bench"
SETS = ("scifact", "scitldr", "pubmedqa")

SHARES = (("half", 0.5), ("fifth", 0.2), ("twentyfifth", 0.04), ("hundredth", 0.01), ("thousandth", 0.001))
"""A category (`bench.half`) and the share of all papers that are in it, each independent of the others."""


@dataclass(frozen=True, slots=True)
class Material:
    """What papers are made of: titles, sentences, and the numbers of sentences that abstracts have."""

    origin: str
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    lengths: tuple[int, ...]
    queries: tuple[str, ...]


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


@cache
def material() -> Material:
    """The open sets' texts, or the bundled corpus where they are absent."""
    if all((OPEN_SETS / name / "corpus.jsonl").is_file() for name in SETS):
        origin = "open sets: " + ", ".join(SETS)
        records = [(r["title"], r["text"]) for name in SETS for r in _lines(OPEN_SETS / name / "corpus.jsonl")]
        counted = [r["text"] for r in _lines(OPEN_SETS / "scitldr" / "corpus.jsonl")]
        queries = [r["text"] for name in SETS for r in _lines(OPEN_SETS / name / "queries.jsonl")]
    else:
        origin = "bundled corpus"
        held = list(_lines(ROOT / "corpus" / "papers.jsonl"))
        records = [(r["title"], r["abstract"]) for r in held]
        counted = [r["abstract"] for r in held]
        queries = [r["title"] for r in held] + [r["question"] for r in _lines(ROOT / "eval" / "gold" / "threshold.jsonl")]
    pool = [text[span.start : span.end] for _, text in records for span in sentences(text)]
    lengths = [n for n in map(len, map(sentences, counted)) if n]
    titles = tuple(title for title, _ in records if title)
    return Material(origin=origin, titles=titles, sentences=tuple(pool), lengths=tuple(lengths), queries=tuple(queries))


def papers(n: int, *, start: int = 0, seed: int = 7) -> Iterator[Paper]:
    """Papers `start` to `start + n`; the i-th is the same however many are asked for."""
    held = material()
    for i in range(start, start + n):
        rng = random.Random(f"{seed}:{i}")
        first, second = rng.choice(held.titles).split(), rng.choice(held.titles).split()
        name = "".join(rng.choice(pair) for pair in ("bdfgklmnprstvz", "aeiou") * 3).capitalize()
        body = " ".join(rng.choices(held.sentences, k=rng.choice(held.lengths)))
        kept = tuple(f"bench.{name}" for name, share in SHARES if rng.random() < share)
        yield Paper(
            paper_id="",
            title=f"{name}-{i}: {' '.join([*first[: len(first) // 2 + 1], *second[len(second) // 2 :]])}",
            authors=(f"{rng.choice('ABCDEFGH')}. {rng.choice(held.titles).split()[0]}",),
            published=f"{rng.randint(2000, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            categories=kept,
            has_code=rng.choice((None, True, False)),
            source=Source(document=f"file-{i // 1000}.jsonl", record=i % 1000),
            abstract=body,
        )


def queries(n: int, *, seed: int = 7) -> list[str]:
    """`n` different real queries: claims, one-sentence summaries and questions."""
    held = sorted(set(material().queries))
    return random.Random(seed).sample(held, min(n, len(held)))


def share_filter(name: str) -> Filters:
    """The filter that keeps the papers of one of SHARES."""
    return Filters(category=f"bench.{name}")
