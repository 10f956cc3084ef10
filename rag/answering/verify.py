"""Whether an abstract supports a sentence: shared words with the cited paper, sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.citations import span_citation
from rag.schema import Citation, Paper
from rag.text import Span, sentences, stems


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A paper that was read. `codes` name spans of its abstract; without any, the whole abstract was read."""

    paper: Paper
    codes: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    status: Literal["verified", "reattributed", "unsupported"]
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    score: float = 0.0


class Verifier:
    def __init__(self, embedder: Any = None, *, judge: Callable[..., Any] | None = None) -> None:
        pass

    def check(self, sentence: str, evidence: Sequence[Evidence], cited: Sequence[str]) -> Verdict:
        s = set(stems(sentence))
        for e in evidence:
            if not (set(cited) & (set(e.codes) | {e.paper.paper_id})):
                continue
            for sp in sentences(e.paper.abstract):
                t = set(stems(e.paper.abstract[sp.start : sp.end]))
                if s and len(s & t) / len(s) > 0.8:
                    return Verdict(status="verified", citations=(span_citation(e.paper, sp.start, sp.end),), score=1)
        return Verdict(status="unsupported", reason="x")
