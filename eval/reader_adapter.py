"""The shipped reader and the shipped decision, as `eval.reader` asks them: the one place that knows how they are built.

The decisions are made as in a library that holds the passages of all rows.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.fingerprint import ROOT, code_sha, digest, files_sha, packages

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rag.checking.verify import Verifier
    from rag.reading.reader import Reader
    from rag.schema import Paper

ANSWERED, PASSED = "answered", "passed"
"""The verdicts that let something through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionScore:
    """Four probabilities that add up to 1, a number a sentence, ANSWERED or why not, and the decision's probability of an answer."""

    answerable: float
    missing: float
    contradicted: float
    unrelated: float
    evidence: tuple[float, ...]
    verdict: str
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimScore:
    """Three probabilities that add up to 1, a number a sentence, PASSED or why not."""

    carried: float
    contradicted: float
    not_said: float
    evidence: tuple[float, ...]
    verdict: str


def reader_digest(passages: Collection[str]) -> str:
    """Changes with whatever may change a score: code, weights, versions, and the passages that make up the library."""
    own = files_sha([ROOT / "eval" / "reader_adapter.py"], base=ROOT)
    return digest({"code": code_sha("rag"), "own": own, "packages": packages(), "passages": sorted(set(passages))})


class Shipped:
    """Reads and decides. Made by `load`; for one thread."""

    def __init__(self, reader: Reader, verifier: Verifier, embedder: Any) -> None:
        """Used by `load`."""
        self._reader, self._verifier, self._embedder = reader, verifier, embedder

    @classmethod
    def load(cls, passages: Collection[str]) -> Shipped:
        """With the bundled weights; ConfigError where they are missing. `passages`: title and sentences of every row."""
        from rag import embedding, reading
        from rag.checking.verify import Verifier
        from rag.errors import ConfigError
        from rag.reading.reader import Reader

        pairs = reading.load()
        if pairs is None:
            raise ConfigError("the weights are not installed; run `make setup`, then `footnote doctor`")
        reader = Reader(pairs=pairs, weigh=_Weights(passages), workers=1)
        embedder = embedding.load()
        return cls(reader, Verifier(embedder, pairs=pairs), embedder)

    def question(self, text: str, title: str, sentences: Sequence[str]) -> QuestionScore:
        """A question against a passage."""
        from rag.deciding import decision, signals
        from rag.schema import Hit

        asked, paper = self._reader.ask(text), _paper(title, sentences)
        near = float(self._embedder.embed_query(f"{title}\n{paper.abstract}") @ self._embedder.embed_query(text))
        hit = Hit(paper=paper, rank=1, score=1.0, dense=near)
        read = self._reader.lay(asked, hit, sentences)
        assert read.reading is not None
        verdict = decision.judge(signals.measure(asked, [hit], [read]), use="paper")
        return QuestionScore(
            answerable=read.reading.answerable,
            missing=read.reading.missing,
            contradicted=read.reading.contradicted,
            unrelated=read.reading.unrelated,
            evidence=tuple(s.evidence for s in read.sentences),
            verdict=verdict.reason or ANSWERED,
            chance=verdict.answerable,
        )

    def claim(self, text: str, title: str, sentences: Sequence[str]) -> ClaimScore:
        """A claim against a passage."""
        assert self._reader.pairs is not None
        found = self._reader.pairs.claim(text, title, sentences)
        fault = self._verifier.against(text, _paper(title, sentences)).fault
        return ClaimScore(
            carried=found.carried,
            contradicted=found.contradicted,
            not_said=found.not_said,
            evidence=found.evidence,
            verdict="unsupported" if fault else PASSED,
        )


class _Weights:
    """How telling stems are among the passages, as the assistant weighs them in a library."""

    def __init__(self, passages: Collection[str]) -> None:
        from rag.text import stems

        own = set(passages)
        self._total = max(2, len(own))
        self._held = Counter(stem for passage in own for stem in set(stems(passage)))

    def __call__(self, stems: Sequence[str]) -> list[float]:
        largest = math.log(1 + (self._total - 0.5) / 1.5)
        held = [self._held[stem] for stem in stems]
        return [math.log(1 + (self._total - n + 0.5) / (n + 0.5)) / largest if n else 1.5 for n in held]


def _paper(title: str, sentences: Sequence[str]) -> Paper:
    from rag.schema import Paper

    abstract = " ".join(sentences)
    return Paper(paper_id=digest([title, abstract])[:16], title=title, abstract=abstract)
