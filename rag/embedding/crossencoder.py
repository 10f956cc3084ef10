"""The bundled model taught to read two texts together: a question, or a claim, with an abstract.

Two texts that are read apart (`minilm`) can be near each other and yet say the contrary; read together, each word of the one meets each
word of the other (cross-encoder: Nogueira and Cho 2019, arXiv 1901.04085). The weights are those of the bundled model, and what was
learned stands beside this file: low-rank changes of its matrices (Hu et al. 2021, arXiv 2106.09685), its small vectors and the heads.
They were trained on sentences and questions written for this purpose (`training/`), so nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rag.embedding import weights
from rag.embedding.session import session
from rag.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from rag.embedding.graph import Precision

    Floats = NDArray[np.float32]
    Pieces = list[int]

LEARNED = Path(__file__).with_suffix(".safetensors")

ASKED_PIECES, PIECES = 96, 448
"""Word pieces read of the first text and of both together, special ones included."""

QUESTION_SENTENCES, CLAIM_SENTENCES = 5, 4
"""Sentences of the abstract that a question and a claim are read with: the nearest. All of it was measured no better, at twice the time."""

_GRAPH_VERSION = 1  # equals graph.VERSION, as in minilm
_SEPARATOR = 102
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Reading:
    """A question against an abstract: probabilities that add up to 1, and the chance of each sentence to hold what is asked."""

    answerable: float
    missing: float
    contradicted: float
    unrelated: float
    evidence: tuple[float, ...]


class CrossEncoder:
    """Reads questions and claims with abstracts. Thread-safe; raises ConfigError where the weights are missing or altered."""

    def __init__(self, precision: Precision = "int8", *, cache: Path | None = None) -> None:
        """`cache`: a folder for the built graph (None: only in memory). The graph is loaded when it is first needed."""
        weights.folder()
        self._precision, self._cache = precision, cache
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None
        self._readings: Recent[tuple[str, str, str], Reading] = Recent(_REMEMBERED)
        self._chances: Recent[tuple[str, str, str], float] = Recent(_REMEMBERED)

    def question(self, text: str, title: str, sentences: Sequence[str]) -> Reading:
        """A question with a paper's title and the nearest sentences of its abstract, in order; nothing beyond `PIECES` is read."""
        key = (text, title, "\n".join(sentences))
        found = self._readings.get(key)
        if found is None:
            ids, places = self._pieces(text, title, sentences)
            classes, evidence = self._run("question", ids, places[0][0])
            chances = [float(evidence[a:b].mean()) if b > a else 0.0 for a, b in places[1:]]
            answerable, missing, contradicted, unrelated = (float(c) for c in classes)
            found = Reading(answerable, missing, contradicted, unrelated, tuple(chances))
            self._readings.put(key, found)
        return found

    def claim(self, text: str, title: str, sentences: Sequence[str]) -> float:
        """The chance that the sentences carry the claim; they are its nearest (`CLAIM_SENTENCES`), in the order of the text."""
        key = (text, title, "\n".join(sentences))
        found = self._chances.get(key)
        if found is None:
            ids, places = self._pieces(text, title, sentences)
            found = float(self._run("claim", ids, places[0][0])[0][0])
            self._chances.put(key, found)
        return found

    def _parts(self) -> tuple[Tokenizer, InferenceSession]:
        with self._loading:
            if self._loaded is None:
                name = f"pairs-{self._precision}-{_GRAPH_VERSION}-{weights.MODEL_SHA256[:12]}-{_digest()}.onnx"
                path = self._cache / name if self._cache is not None else None
                self._loaded = weights.tokenizer(), session(path, lambda: _built(self._precision))
            return self._loaded

    def _run(self, head: str, ids: Pieces, first: int) -> tuple[Floats, Floats]:
        kinds = np.zeros(len(ids), dtype=np.int64)
        kinds[first:] = 1
        found = self._parts()[1].run([head, "evidence"], {"ids": np.array(ids, dtype=np.int64), "kinds": kinds})
        return cast("Floats", found[0]), cast("Floats", found[1])

    def _pieces(self, text: str, title: str, sentences: Sequence[str]) -> tuple[Pieces, list[tuple[int, int]]]:
        """The word pieces of both texts, and where the title and each sentence lie among them."""
        tokenizer = self._parts()[0]
        ids: Pieces = tokenizer.encode(text).ids[:ASKED_PIECES]
        places = []
        for part in (f"{title}. ", *sentences):
            own = tokenizer.encode(part, add_special_tokens=False).ids
            start = min(len(ids), PIECES)
            ids = [*ids, *own]
            places.append((start, min(len(ids), PIECES)))
        return [*ids[:PIECES], _SEPARATOR], places


@lru_cache(maxsize=1)
def _digest() -> str:
    return hashlib.sha256(LEARNED.read_bytes()).hexdigest()[:12]


def _built(precision: Precision) -> bytes:
    from rag.embedding import graph

    return graph.build_pairs(merged(), precision)


def merged() -> dict[str, Any]:
    """The bundled model's arrays with what was learned put in, and the heads."""
    from safetensors.numpy import load

    found: dict[str, Any] = dict(weights.model())
    learned = {name: array.astype(np.float32) for name, array in load(LEARNED.read_bytes()).items()}
    for name, array in learned.items():
        matrix, _, part = name.rpartition(".")
        if part == "up":
            found[f"{matrix}.weight"] = found[f"{matrix}.weight"] + array @ learned[f"{matrix}.down"]
        elif part != "down":
            found[name] = array
    return found
