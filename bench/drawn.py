"""An embedder that costs nothing, for libraries larger than could be embedded: vectors drawn around real ones.

A few thousand made papers are embedded once, and kept. The vector of a further text is one of theirs, chosen by the text's digest,
with noise added until its cosine to the real one is about 0.85, near that of two papers on one subject. Queries are embedded in
earnest, so that a search does all of its work.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from bench import texts
from bench.measure import WORK
from rag import embedding
from rag.chunking import embedding_text
from rag.embedding.base import unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.embedding.base import Vectors

REAL = 2000
COSINE = 0.85


class Drawn:
    """Behaves as the bundled embedder, but for `embed`."""

    def __init__(self, real: int = REAL) -> None:
        """Embeds `real` papers the first time; afterwards they are read from the folder of the measured libraries."""
        self._inner = embedding.load()
        self.name, self.dimension, self.max_tokens = self._inner.name, self._inner.dimension, self._inner.max_tokens
        path = WORK / f"anchors-{real}.npy"
        if not path.exists():
            held = [embedding_text(p.title, p.abstract) for p in texts.papers(real, seed=11)]
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, self._inner.embed(held).astype(np.float16))
        self._anchors = unit_rows(np.load(path).astype(np.float32))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(n, d)` float32, unit rows."""
        seeds = [int.from_bytes(hashlib.blake2b(t.encode(), digest_size=8).digest(), "big") for t in texts]
        if not seeds:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self._noisy(self._anchors[[s % len(self._anchors) for s in seeds]], seeds[0])

    def around(self, n: int, *, seed: int) -> Vectors:
        """`n` vectors without texts."""
        return self._noisy(self._anchors[np.random.default_rng(seed).integers(0, len(self._anchors), n)], seed)

    def _noisy(self, anchors: Vectors, seed: int) -> Vectors:
        noise = np.random.default_rng([seed, 1]).standard_normal(anchors.shape, dtype=np.float32)
        noise *= np.sqrt(1 / COSINE**2 - 1) / np.sqrt(self.dimension)
        return unit_rows(anchors + noise)

    def embed_query(self, text: str) -> Vectors:
        """The real one."""
        return self._inner.embed_query(text)

    def count(self, text: str) -> int:
        """The real one."""
        return self._inner.count(text)
