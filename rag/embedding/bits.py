"""What a text's tokens mean, at one bit a dimension: small enough to keep, good enough to rerank with.

Late interaction (Khattab and Zaharia, 2020) compares each token of a query with the nearest token of a text. The bundled model's
last hidden states serve for that without training, and the signs of every other dimension rank almost as well: 24 bytes a token. They
fall out of the run that makes the text's vector, so they cost next to no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rag.embedding.base import unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.uint8]

MOST = 96
"""Tokens kept of a text: the rarest. All of them were measured no better."""

STEP = 2
"""Every other dimension of the token states is kept; all of them were measured no better."""

BYTES = 24
"""Of one token: 192 signs."""


def encode(ids: NDArray[np.int64], states: NDArray[np.float32], ignored: NDArray[np.bool_]) -> Codes:
    """`(m, 24)` uint8, m <= 96: the signs of the token states `(n, 384)`, equal tokens averaged, the rarest first.

    `ignored[id]` is true for special tokens, stop words and punctuation. The vocabulary is sorted by frequency, so a high id is rare.
    """
    kept = np.flatnonzero(~ignored[ids])
    if not len(kept):
        return np.zeros((0, BYTES), dtype=np.uint8)
    unique, place = np.unique(ids[kept], return_inverse=True)
    order = np.argsort(place, kind="stable")
    sums = np.add.reduceat(states[kept[order], ::STEP], np.searchsorted(place[order], np.arange(len(unique))), axis=0)
    return np.packbits(sums[::-1][:MOST] >= 0, axis=1)


def similarity(tokens: NDArray[np.float32], weights: NDArray[np.float32], texts: Sequence[Codes]) -> NDArray[np.float32]:
    """For each text the weighted mean, over the query's unit `tokens` (m, 384), of the similarity to its nearest token.

    `weights` (m,) sum to 1. Similarities lie in [-1, 1]; a text without codes gets 0.
    """
    found = np.zeros(len(texts), dtype=np.float32)
    held = [n for n, codes in enumerate(texts) if len(codes)]
    if not held or not len(tokens):
        return found
    starts = np.cumsum([0, *(len(texts[n]) for n in held[:-1])])
    tokens = unit_rows(tokens[:, ::STEP])
    signs = np.unpackbits(np.concatenate([texts[n] for n in held]), axis=1).astype(np.float32)
    # Signs are +1 and -1 where bits are 1 and 0: x.(2b - 1) = 2 x.b - sum(x).
    products = (2.0 * (signs @ tokens.T) - tokens.sum(axis=1)) / np.sqrt(np.float32(tokens.shape[1]))
    found[held] = np.maximum.reduceat(products, starts, axis=0) @ weights
    return found
