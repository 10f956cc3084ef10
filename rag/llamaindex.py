"""Footnote as LlamaIndex parts: a retriever of papers and a query engine whose sentences are cited and checked.

`PaperRetriever` wraps anything that searches (an Assistant, a HybridRetriever, a function); `CitedQueryEngine` answers over it. The
LLM path of the assistant runs through the two as well. Hits go in and come out again: LlamaIndex's nodes carry them in between.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response, StreamingResponse
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.schema import Answer, Filters, Hit, Paper
from rag.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llama_index.core.callbacks import CallbackManager

    from rag.answering.events import Event
    from rag.answering.llm import LLMAnswerer, LLMResult


class Searcher(Protocol):
    """What the retriever asks: an Assistant or a HybridRetriever."""

    def search(self, query: str, *, k: int = ..., filters: Filters | None = ...) -> Sequence[Hit]:
        """The first `k` papers, best first."""


class Asker(Searcher, Protocol):
    """What the engine needs of an Assistant."""

    def stream(self, question: str, *, k: int | None = ..., filters: Filters | None = ...) -> Iterator[Event]:
        """The answer step by step; the last event carries it."""


class PaperNode(TextNode):  # type: ignore[misc] # follow_imports=skip makes it Any
    """A paper's abstract as a LlamaIndex node. Its id is the paper_id, so it is the same in every run."""

    _hit: Hit | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, hit: Hit) -> PaperNode:
        """The node of a hit; metadata holds what LlamaIndex parts may show: paper_id, title, rank and the dates and authors known."""
        paper = hit.paper
        known = {
            "paper_id": paper.paper_id,
            "title": paper.title,
            "rank": hit.rank,
            "authors": ", ".join(paper.authors) or None,
            "published": paper.published,
            "categories": ", ".join(paper.categories) or None,
            "url": paper.url,
        }
        node = cls(
            id_=paper.paper_id,
            text=paper.abstract,
            metadata={name: value for name, value in known.items() if value is not None},
            excluded_llm_metadata_keys=["paper_id", "rank", "url"],
            excluded_embed_metadata_keys=["paper_id", "rank", "url", "published", "authors", "categories"],
        )
        node._hit = hit
        return node

    @property
    def hit(self) -> Hit | None:
        """The hit it was made of; None for a node that came back from storage."""
        return self._hit


def hit_of(found: NodeWithScore, rank: int) -> Hit:
    """The hit behind a node, at its place after any postprocessing (`rank` from 1)."""
    node = found.node
    hit = node.hit if isinstance(node, PaperNode) else None
    if hit is not None:
        return dataclasses.replace(hit, rank=rank)
    paper = Paper(paper_id=str(node.metadata.get("paper_id", node.node_id)), title=str(node.metadata.get("title", "")), abstract=node.text)
    return Hit(paper=paper, rank=rank, score=float(found.score or 0.0))


class PaperRetriever(BaseRetriever):  # type: ignore[misc] # follow_imports=skip makes it Any
    """Papers for a query, as nodes with their fused score in [0, 1], best first."""

    def __init__(
        self,
        source: Searcher | Callable[[str], Sequence[Hit]],
        *,
        k: int = 20,
        filters: Filters | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """`source`: something with `search(query, k=, filters=)`, or a function from a query to hits (`k` cuts, filters are its own)."""
        self._source = source
        self._k = k
        self._filters = filters
        super().__init__(callback_manager=callback_manager)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = query_bundle.query_str
        search = getattr(self._source, "search", None)
        hits = search(query, k=self._k, filters=self._filters) if search is not None else self._source(query)  # type: ignore[operator]
        return [NodeWithScore(node=PaperNode.of(hit), score=hit.score) for hit in hits[: self._k]]


class CitedQueryEngine(BaseQueryEngine):  # type: ignore[misc] # likewise
    """Answers with a citation after every sentence.

    The response's text carries [n]; `source_nodes` are the papers retrieved; `metadata` holds `answer` (the whole record as a dict),
    `references` (paper_ids in the order of [n]) and `citations` (sentence by sentence: text, status, quotes with offsets).
    """

    def __init__(
        self,
        retriever: BaseRetriever,
        respond: Callable[[str, Sequence[Hit]], Iterator[Event]],
        *,
        streaming: bool = False,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """`respond(question, hits)` yields events, the last one `done` with an Answer or an LLMResult."""
        self._retriever = retriever
        self._respond = respond
        self._streaming = streaming
        super().__init__(callback_manager)

    @classmethod
    def over(cls, assistant: Asker, *, k: int = 20, filters: Filters | None = None, streaming: bool = False) -> CitedQueryEngine:
        """An engine for a whole Assistant: its conduct, offline or with a model, as it is configured."""
        retriever = PaperRetriever(assistant, k=k, filters=filters)
        return cls(retriever, lambda question, _hits: assistant.stream(question, k=k, filters=filters), streaming=streaming)

    @classmethod
    def with_model(
        cls,
        retriever: BaseRetriever,
        answerer: LLMAnswerer,
        *,
        fallback: Callable[[], Answer] | None = None,
        streaming: bool = False,
    ) -> CitedQueryEngine:
        """An engine in which `answerer`'s model writes over the retriever's papers."""
        return cls(
            retriever,
            lambda question, hits: answerer.stream(question, [hit.paper for hit in hits], fallback=fallback),
            streaming=streaming,
        )

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The retriever's nodes."""
        nodes: list[NodeWithScore] = self._retriever.retrieve(query_bundle)
        return nodes

    def events(self, question: str) -> Iterator[Event]:
        """Retrieve and answer, event by event; closing the iterator closes the model's stream."""
        nodes = self.retrieve(QueryBundle(question))
        yield from self._respond(question, [hit_of(node, n) for n, node in enumerate(nodes, start=1)])

    def _query(self, query_bundle: QueryBundle) -> Response | StreamingResponse:
        nodes = self.retrieve(query_bundle)
        events = self._respond(query_bundle.query_str, [hit_of(node, n) for n, node in enumerate(nodes, start=1)])
        metadata: dict[str, Any] = {}
        if self._streaming:
            return StreamingResponse(response_gen=_sentences(events, metadata), source_nodes=nodes, metadata=metadata)
        text = ""
        for event in events:
            if event.kind == "done":
                text = event.result.answer
                metadata |= _metadata(event.result)
        return Response(response=text, source_nodes=nodes, metadata=metadata)

    async def _aquery(self, query_bundle: QueryBundle) -> Response | StreamingResponse:
        stop = Stop()

        def run() -> Response | StreamingResponse:
            with stop.watched():
                return self._query(query_bundle)

        try:
            return await asyncio.to_thread(run)
        except asyncio.CancelledError:
            stop.now()  # nobody waits any more; the thread would go on
            raise

    def _get_prompt_modules(self) -> dict[str, Any]:
        """No prompt of this engine can be swapped: the check relies on its form."""
        return {}


def _sentences(events: Iterator[Event], metadata: dict[str, Any]) -> Iterator[str]:
    """Verified sentences as text pieces; `metadata` is filled when the answer is complete. A restart begins a new line."""
    shown = ""
    for event in events:
        if event.kind == "statement" and event.statement is not None:
            marks = "".join(f"[{n}]" for n in event.numbers)
            piece = f"{' ' if shown else ''}{event.statement.text} {marks}".rstrip()
            shown += piece
            yield piece
        elif event.kind == "restart":
            shown = ""
            yield f"\n({event.text})\n"
        elif event.kind == "done":
            metadata |= _metadata(event.result)
            if not shown:
                yield event.result.answer


def _metadata(result: Answer | LLMResult) -> dict[str, Any]:
    record = result.to_dict() if isinstance(result, Answer) else dataclasses.asdict(result)
    citations = [statement.to_dict() for statement in result.statements if statement.status != "withheld"]
    return {"answer": record, "references": list(result.references), "citations": citations}
