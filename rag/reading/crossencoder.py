"""The reader: the bundled model taught to read two texts together, a question or a claim with the abstract of a paper.

Two texts that are read apart (`rag.embedding.minilm`) can be near each other and yet say the contrary; read together, each word of the
one meets each word of the other (cross-encoder: Nogueira and Cho 2019, arXiv 1901.04085). One run tells what the abstract does with a
question, whether it carries or contradicts a claim, and which of its sentences say so. The weights stand beside this file as whole
numbers of 7 bits, those that the int8 graph multiplies; they were learned from judgements of people, named in `training/README.md`.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

QUESTION_CLASSES = ("answerable", "missing", "contradicted", "unrelated")
CLAIM_CLASSES = ("carried", "contradicted", "not_said")
"""Classes of the two heads, in their order."""

LEARNED = Path(__file__).with_suffix(".safetensors")

ASKED_PIECES, PIECES = 96, 448
"""Word pieces read of the first text, and of both together in one run, special ones included."""

NEAREST = 2
"""Sentences of an abstract that a claim is read with a second time."""

_GRAPH_VERSION = 2  # equals graph.VERSION, as in minilm
_SEPARATOR = 102
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class Reading:
    """A question against an abstract: probabilities that add up to 1, and the chance of each sentence to hold what is asked."""

    answerable: float
    missing: float
    contradicted: float
    unrelated: float
    evidence: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ClaimReading:
    """A claim against an abstract: probabilities that add up to 1, and the chance of each sentence to carry or contradict it."""

    carried: float
    contradicted: float
    not_said: float
    evidence: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """Both heads over one abstract."""

    question: tuple[float, ...]
    claim: tuple[float, ...]
    asked: tuple[float, ...]
    claimed: tuple[float, ...]


class CrossEncoder:
    """Reads questions and claims with abstracts. Thread-safe; raises ConfigError where the weights are missing or altered."""

    def __init__(self, precision: Precision = "int8", *, cache: Path | None = None) -> None:
        """`cache`: a folder for the built graph (None: only in memory). The graph is loaded when it is first needed."""
        weights.folder()
        self._precision, self._cache = precision, cache
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None
        self._remembered: Recent[tuple[str, str, str], _Read] = Recent(_REMEMBERED)

    def question(self, text: str, title: str, sentences: Sequence[str]) -> Reading:
        """A question with a paper's title and all sentences of its abstract, in order.

        What is longer than `PIECES` is read in parts, and the part that answers best counts; `evidence` always has a number a sentence.
        """
        found = self._read(text, title, sentences)
        answerable, missing, contradicted, unrelated = found.question
        return Reading(answerable, missing, contradicted, unrelated, found.asked)

    def claim(self, text: str, title: str, sentences: Sequence[str]) -> ClaimReading:
        """A claim with the same; where it is read in parts, the part that says most about it counts.

        Read once with the whole abstract and once with the `NEAREST` sentences that are most likely its evidence, in their order: the whole
        tells what is not said, the few tell the contrary (docs/decisions/0055). The chances are the geometric mean of both; `evidence` is
        the whole's. Ties go to the earlier sentence.
        """
        whole = self._read(text, title, sentences)
        chances = np.array(whole.claim)
        if len(sentences) > NEAREST:
            near = sorted(sorted(range(len(sentences)), key=lambda n: -whole.claimed[n])[:NEAREST])
            chances = np.sqrt(chances * self._read(text, title, [sentences[n] for n in near]).claim)
            chances /= chances.sum()
        carried, contradicted, not_said = map(float, chances)
        return ClaimReading(carried, contradicted, not_said, whole.claimed)

    def _read(self, text: str, title: str, sentences: Sequence[str]) -> _Read:
        key = (text, title, "\n".join(sentences))
        found = self._remembered.get(key)
        if found is None:
            tokenizer = self._parts()[0]
            asked = tokenizer.encode(text).ids[:ASKED_PIECES]
            opening = tokenizer.encode(f"{title}. ", add_special_tokens=False).ids if title else []
            opening = opening[: (PIECES - len(asked)) // 3]
            own = [tokenizer.encode(s, add_special_tokens=False).ids for s in sentences]
            room = PIECES - len(asked) - len(opening) - 1
            found = _joined([self._run(asked, opening, [s[:room] for s in part]) for part in _parts_of(own, room)])
            self._remembered.put(key, found)
        return found

    def _parts(self) -> tuple[Tokenizer, InferenceSession]:
        with self._loading:
            if self._loaded is None:
                name = f"reader-{self._precision}-{_GRAPH_VERSION}-{weights.MODEL_SHA256[:12]}-{_digest()}.onnx"
                path = self._cache / name if self._cache is not None else None
                self._loaded = weights.tokenizer(), session(path, lambda: _built(self._precision))
            return self._loaded

    def _run(self, asked: Pieces, opening: Pieces, own: Sequence[Pieces]) -> _Read:
        """One run over a part of the abstract: `own` are its sentences."""
        ids = [*asked, *opening, *(piece for s in own for piece in s), _SEPARATOR]
        kinds = np.zeros(len(ids), dtype=np.int64)
        kinds[len(asked) :] = 1
        spread = np.zeros((max(1, len(own)), len(ids)), dtype=np.float32)  # an abstract without sentences: its title alone is read
        at = len(asked) + len(opening)
        for n, sentence in enumerate(own):
            spread[n, at : at + len(sentence)] = 1 / max(1, len(sentence))
            at += len(sentence)
        inputs = {"ids": np.array(ids, dtype=np.int64), "kinds": kinds, "spread": spread}
        found = self._parts()[1].run(["question", "claim", "question_evidence", "claim_evidence"], inputs)
        question, claim, asked_of, claimed_of = (tuple(float(x) for x in np.ravel(f)) for f in found)
        return _Read(question, claim, asked_of[: len(own)], claimed_of[: len(own)])


def _parts_of(own: Sequence[Pieces], room: int) -> list[list[Pieces]]:
    """Runs of whole sentences that fit; at least one, which may be empty. Parts are of like length."""
    total = sum(min(len(s), room) for s in own)
    count = -(-total // room) if total else 1
    parts: list[list[Pieces]] = [[]]
    used = 0
    for sentence in own:
        size = min(len(sentence), room)
        if parts[-1] and (used + size > room or used + size / 2 > total / count):
            parts.append([])
            used = 0
        parts[-1].append(list(sentence))
        used += size
    return parts


def _joined(reads: Sequence[_Read]) -> _Read:
    """Parts of one abstract: the part that answers best, the part that says most about the claim, and all sentences."""
    return _Read(
        max(reads, key=lambda r: (r.question[0], -r.question[3])).question,
        min(reads, key=lambda r: r.claim[2]).claim,
        tuple(e for r in reads for e in r.asked),
        tuple(e for r in reads for e in r.claimed),
    )


@lru_cache(maxsize=1)
def _digest() -> str:
    return hashlib.sha256(LEARNED.read_bytes()).hexdigest()[:12]


def _built(precision: Precision) -> bytes:
    from rag.embedding import graph

    return graph.build_pairs(merged(), precision)


def merged() -> dict[str, Any]:
    """The bundled model's arrays with what was learned put in their place, and the heads; float32."""
    from safetensors.numpy import load

    found: dict[str, Any] = dict(weights.model())
    learned = load(LEARNED.read_bytes())
    for name, array in learned.items():
        matrix, _, part = name.rpartition(".")
        if part == "whole":
            found[matrix] = array.astype(np.float32) * learned[f"{matrix}.scale"][:, None]
        elif part != "scale":
            found[name] = array.astype(np.float32)
    return found
