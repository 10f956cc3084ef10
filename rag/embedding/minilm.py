"""The bundled embedder: all-MiniLM-L6-v2 on onnxruntime, without torch, a hub or a network.

One text a run, one single-threaded run a core: faster than any batching that was measured, and a vector can't depend on its
neighbours. The graph is built once (`rag.embedding.graph`) and kept in the user's cache folder; where that can't be written it is
built in memory.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rag.embedding import weights
from rag.embedding.base import unit_rows
from rag.embedding.session import session
from rag.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.embedding.base import Vectors
    from rag.embedding.graph import Precision

    Halves = np.ndarray[Any, np.dtype[np.float16]]

WORD_PIECES = 256
"""Read of a text, [CLS] and [SEP] included. 128 is twice as fast and was measured 0.6 points of nDCG@10 worse."""

_REMEMBERED = 2_048
"""Texts whose reading is kept: some 50 MB of sentences."""

_GRAPH_VERSION = 2  # equals graph.VERSION (a test holds them together): importing that module is not needed for a cached graph


class MiniLM:
    """all-MiniLM-L6-v2 in `int8` or `fp32`. Thread-safe; raises ConfigError where the weights are missing or altered."""

    dimension = 384
    max_tokens = WORD_PIECES - 2

    def __init__(self, precision: Precision = "int8", *, cache: Path | None = None, workers: int | None = None) -> None:
        """`cache`: a folder for the built graph (None: only in memory). `workers`: threads of `embed` (None: one a core)."""
        self.name = f"minilm-{precision}-{WORD_PIECES}"
        self._tokenizer = weights.tokenizer()
        path = cache / f"minilm-{precision}-{_GRAPH_VERSION}-{weights.MODEL_SHA256[:12]}.onnx" if cache is not None else None
        self._session = session(path, lambda: _built(precision))
        self._workers = workers or _cores()
        self._made_of = (precision, cache)
        self._readings: Recent[str, tuple[Vectors, Halves, list[tuple[int, int]]]] = Recent(_REMEMBERED)

    def __reduce__(self) -> tuple[Any, ...]:
        """As another process gets it: made there, once, for one thread."""
        return _elsewhere, self._made_of

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(n, 384)` float32, unit rows."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        if len(texts) == 1 or self._workers == 1:
            return np.stack([self._vector(text) for text in texts])
        with ThreadPoolExecutor(self._workers, thread_name_prefix="minilm") as pool:
            return np.stack(list(pool.map(self._vector, texts)))

    def embed_query(self, text: str) -> Vectors:
        """`(384,)` float32, unit length; queries and documents are embedded alike. Remembered as by `read`, which asks for it next."""
        return self._reading(text)[0]

    def read(self, text: str) -> tuple[Vectors, Vectors, list[tuple[int, int]]]:
        """The text's vector (384,), its tokens' vectors (n, 384), unit rows, and each token's characters (start, end).

        [CLS] and [SEP] are left out; what lies beyond `max_tokens` is not read. The last texts are remembered, their tokens to three
        digits: a sentence is read to choose an answer, and once more to check one.
        """
        vector, halves, offsets = self._reading(text)
        return vector, unit_rows(halves.astype(np.float32)), offsets

    def _reading(self, text: str) -> tuple[Vectors, Halves, list[tuple[int, int]]]:
        found = self._readings.get(text)
        if found is None:
            encoding = self._tokenizer.encode(text)
            ids = self._cut(encoding.ids)
            vector, tokens = self._session.run(["vector", "tokens"], {"ids": ids})
            found = vector, unit_rows(tokens[1:-1]).astype(np.float16), encoding.offsets[1 : len(ids) - 1]
            self._readings.put(text, found)
        return found

    def count(self, text: str) -> int:
        """Word pieces of the text, without [CLS] and [SEP]."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _vector(self, text: str) -> Vectors:
        return cast("Vectors", self._session.run(["vector"], {"ids": self._ids(text)})[0])

    def _ids(self, text: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        return self._cut(self._tokenizer.encode(text).ids)

    @staticmethod
    def _cut(ids: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array(ids if len(ids) <= WORD_PIECES else [*ids[: WORD_PIECES - 1], ids[-1]], dtype=np.int64)


@lru_cache(maxsize=2)
def _elsewhere(precision: Precision, cache: Path | None) -> MiniLM:
    return MiniLM(precision, cache=cache, workers=1)


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def _built(precision: Precision) -> bytes:
    from rag.embedding import graph

    return graph.build(weights.model(), precision)
