"""Shared by the tests of written answers: three small papers, the server, and an answerer that never really waits."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.openai_server import FakeOpenAI

from rag.answering.llm import LLMAnswerer, LLMResult
from rag.answering.provider import LLMConfig, Provider, Secret
from rag.checking.verify import Verifier
from rag.schema import Answer, Citation, Paper, Statement

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

FOO = Paper(
    paper_id="foo",
    title="Foo: a parser of server logs",
    abstract=(
        "Foo is a parser of server logs. Foo is 12% more accurate than Bar on LogBench. On one CPU core, Foo reads 3 million lines "
        "a minute. Training needs no labelled logs."
    ),
)
BAZ = Paper(
    paper_id="baz",
    title="Baz shrinks language models",
    abstract="Baz compresses language models. Baz makes a 7B model up to 4 times smaller. Accuracy on MMLU falls by 1.5 points.",
)
QUX = Paper(
    paper_id="qux",
    title="Qux: weather from radar images",
    abstract="Qux forecasts rain from radar images. Forecasts for two hours take 40 seconds on a single GPU.",
)
PAPERS = (FOO, BAZ, QUX)
QUESTION = "How accurate is Foo, the parser of server logs, compared with Bar?"


def extracted() -> Answer:
    """The extractive answer that stands in: one quoted sentence."""
    quote = FOO.abstract[:31]
    citation = Citation(paper_id="foo", quote=quote, start=0, end=31)
    statement = Statement(text=quote, status="quoted", citations=(citation,))
    return Answer(
        question="q", standalone_question="q", answer=f"{quote} [1]", statements=(statement,), references=("foo",), verified=(1, 1)
    )


@dataclass
class Bench:
    """A server with an answerer in front of it. `pauses` are the waits between tries that were asked for, in seconds."""

    server: FakeOpenAI
    provider: Provider
    answerer: LLMAnswerer
    pauses: list[float] = field(default_factory=list)

    def answer(self, *behaviours: str, papers: tuple[Paper, ...] = PAPERS, question: str = QUESTION) -> LLMResult:
        """The result of a question met with these behaviours."""
        self.server.behave(*behaviours)
        return self.answerer.answer(question, papers, fallback=extracted)


@contextlib.contextmanager
def bench(
    *,
    key: str | None = None,
    verifier: Verifier | None = None,
    config: dict[str, Any] | None = None,
    of: FakeOpenAI | None = None,
    **options: Any,
) -> Iterator[Bench]:
    """A running server (`of`, where it is no plain one) and a client for it; `config` changes LLMConfig, `options` go to LLMAnswerer."""
    pauses: list[float] = []

    def pause(stopped: threading.Event, seconds: float) -> bool:
        pauses.append(seconds)
        return stopped.is_set()

    with of or FakeOpenAI() as server:
        values: dict[str, Any] = {"base_url": server.url, "model": server.model, "timeout_s": 5.0, "context_tokens": 8000}
        provider = Provider(LLMConfig(**values | {"api_key": Secret(key or "")} | (config or {})), pause=pause)
        try:
            yield Bench(server, provider, LLMAnswerer(provider, verifier or Verifier(), **options), pauses)
        finally:
            provider.close()
