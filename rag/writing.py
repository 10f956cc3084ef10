"""The model's part of the road: follow-ups condensed, answers written and checked, through LlamaIndex.

`CitedQueryEngine` over `PaperRetriever` runs each answer; the retriever hands on the papers that were found already. One client a
model is kept. Imports the LLM packages only when a model is set.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag.answering.events import Event
    from rag.answering.llm import LLMAnswerer
    from rag.answering.reach import Reach
    from rag.config import Settings
    from rag.embedding.base import Embedder
    from rag.finding import Turn
    from rag.reading.crossencoder import CrossEncoder
    from rag.schema import Answer, Hit, Usage
    from rag.stopping import Stop

_KEPT_MODELS = 8
KEPT_NOTE = "the same question over the same papers was answered before; that answer is shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMOptions:
    """A model for one visit, in place of the configured one. `api_key` does not show in its repr; `reach`: where it may be."""

    base_url: str
    model: str
    api_key: str | None = None
    reach: Reach | None = None

    def __repr__(self) -> str:
        """Without the key."""
        return f"LLMOptions(base_url={self.base_url!r}, model={self.model!r})"


class Writer:
    """Writes with the configured model, or with one for a visit. Thread-safe; `close` when done."""

    def __init__(self, settings: Settings, embedder: Embedder | None, pairs: CrossEncoder | None = None) -> None:
        """No client is made before it is needed."""
        self._settings, self._embedder, self._pairs = settings, embedder, pairs
        self._answerers: OrderedDict[LLMOptions | None, LLMAnswerer] = OrderedDict()
        self._lock = threading.Lock()
        self._verifier: Any = None
        self._kept: Recent[Any, list[Event]] = Recent(max(1, settings.llm_cache))
        self._keeps = settings.llm_cache > 0

    def condense(
        self, question: str, turns: Sequence[Turn], options: LLMOptions | None, *, offline: Callable[[], str]
    ) -> tuple[str, Usage | None, str | None]:
        """The standalone form of a follow-up, what it took, and a note where the offline way stood in."""
        return self._answerer(options).condense(question, [(t.question, t.answer) for t in turns], offline=offline)

    def stream(
        self,
        question: str,
        hits: Sequence[Hit],
        options: LLMOptions | None,
        *,
        fallback: Callable[[], Answer],
        stop: Stop,
        slots: Sequence[str] = (),
    ) -> Iterator[Event]:
        """Checked sentences as they come; the last event is `done` with an LLMResult. `slots`: what is asked for, where several."""
        from rag.llamaindex import CitedQueryEngine, PaperRetriever

        answerer = self._answerer(options)
        key = (options, question, tuple(slots), tuple((h.paper.paper_id, hash(h.paper.abstract)) for h in hits))
        if self._keeps and (kept := self._kept.get(key)) is not None:
            yield from kept
            return

        def respond(text: str, found: Sequence[Hit]) -> Iterator[Event]:
            return answerer.stream(text, [h.paper for h in found], slots=slots, fallback=fallback, stop=stop)

        engine = CitedQueryEngine(PaperRetriever(lambda _query: hits, k=max(1, len(hits))), respond)
        told = []
        for event in engine.events(question):
            told.append(event)
            yield event
        done = told[-1].result if told and told[-1].kind == "done" else None
        if done is not None and done.mode == "llm" and done.error is None and not stop and self._keeps:
            again = dataclasses.replace(done, usage=None, notes=(*done.notes, KEPT_NOTE))
            self._kept.put(key, [*told[:-1], dataclasses.replace(told[-1], result=again)])

    def further(self, question: str, options: LLMOptions | None) -> tuple[list[str], Usage | None, list[str]]:
        """The question in further words, what it took, and notes; nothing where the setting is off."""
        if not self._settings.llm_rewrite:
            return [], None, []
        from rag.answering import searching

        answerer = self._answerer(options)
        found, call, note = searching.further(answerer.provider, question)
        return found, answerer.taken(*call) if call else None, [note] if note else []

    def ordered(self, question: str, hits: Sequence[Hit], options: LLMOptions | None) -> tuple[list[Hit], Usage | None, list[str]]:
        """The hits, the first of them in the model's order where the setting is on, what it took, and notes."""
        if not self._settings.llm_rerank:
            return list(hits), None, []
        from rag.answering import searching

        answerer = self._answerer(options)
        order, call, note = searching.ordered(answerer.provider, question, [h.paper for h in hits])
        found = [dataclasses.replace(hits[n], rank=rank) for rank, n in enumerate(order, start=1)]
        return found, answerer.taken(*call) if call else None, [note] if note else []

    def close(self) -> None:
        """Close every client."""
        with self._lock:
            answerers = list(self._answerers.values())
            self._answerers.clear()
        for answerer in answerers:
            answerer.stop()
            answerer.provider.close()

    def _answerer(self, options: LLMOptions | None) -> LLMAnswerer:
        from rag.answering import prices
        from rag.answering.llm import LLMAnswerer
        from rag.answering.provider import LLMConfig, Provider
        from rag.checking.verify import Verifier

        settings = self._settings
        with self._lock:
            if options in self._answerers:
                self._answerers.move_to_end(options)
                return self._answerers[options]
            if self._verifier is None:
                self._verifier = Verifier(self._embedder, pairs=self._pairs)
            chosen = settings
            if options is not None:
                from pydantic import SecretStr

                key = SecretStr(options.api_key) if options.api_key else None
                chosen = settings.model_copy(update={"llm_base_url": options.base_url, "llm_model": options.model, "llm_api_key": key})
            answerer = LLMAnswerer(
                Provider(LLMConfig.from_settings(chosen, reach=options.reach if options else None)),
                self._verifier,
                unsupported=settings.unsupported,
                judge=settings.llm_judge,
                repair=settings.llm_repair,
                prices=prices.load(settings.llm_price_file),
                answer_words=settings.answer_words,
            )
            self._answerers[options] = answerer
            dropped = [self._answerers.popitem(last=False)[1] for _ in range(len(self._answerers) - _KEPT_MODELS)]
        for old in dropped:
            old.provider.close()
        return answerer
