"""The seam between Footnote and whatever turns text into vectors.

Two families stand behind it: the bundled model, which runs in this process, and servers that speak the OpenAI protocol.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Text in, unit vectors out. The same text gives the same vector whatever stands beside it in the batch (servers: nearly).

    `name` is recorded in a library's manifest: vectors of two embedders with one name may be mixed. `max_tokens` is the largest
    `count` of a text that is read whole; more is cut off at the end.
    """

    @property
    def name(self) -> str:
        """Identifies model, precision and length, such as `minilm-int8-256`."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """The embedder's own tokens that it reads of a text, special ones not counted."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(n, dimension)` float32, unit rows in the order of `texts`; `(0, dimension)` for no texts."""

    def embed_query(self, text: str) -> Vectors:
        """`(dimension,)` float32, unit length."""

    def count(self, text: str) -> int:
        """How many of its own tokens the text has, special ones not counted, without any cut."""


def directions(tokens: Vectors | None, offsets: Sequence[tuple[int, int]], words: Sequence[tuple[int, int]]) -> list[Vectors | None]:
    """Unit vectors of words, each the mean of its tokens'; None for a word without any.

    `tokens` (n, d) and the characters of each, `offsets`, in the order of the text; `words` by the characters where they begin and end.
    """
    begins = [begin for begin, _end in offsets]
    pieces = [
        [n for n in range(bisect_left(begins, start), bisect_left(begins, end)) if offsets[n][0] < offsets[n][1] <= end]
        for start, end in words
    ]
    if tokens is None or not any(pieces):
        return [None] * len(words)
    found = iter(unit_rows(np.stack([tokens[own].sum(axis=0) for own in pieces if own])))
    return [next(found) if own else None for own in pieces]


def unit_rows(matrix: Vectors) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays zero.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    norms = np.linalg.norm(matrix, axis=-1, keepdims=True)
    scaled: Vectors = (matrix / np.maximum(norms, np.float32(1e-12))).astype(np.float32, copy=False)
    return scaled
