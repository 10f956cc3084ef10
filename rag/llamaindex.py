"""Footnote as LlamaIndex parts: a retriever of papers and a query engine whose sentences are cited and checked.

`PaperRetriever` wraps anything that searches (an Assistant, a HybridRetriever, a function); `CitedQueryEngine` answers over it. The
LLM path of the assistant runs through the two as well. Hits go in and come out again: LlamaIndex's nodes carry them in between.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.callbacks.schema import CBEventType, EventPayload
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.citations import marked
from rag.schema import Answer, Filters, Hit, Paper
from rag.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.llms import LLM
    from llama_index.core.postprocessor.types import BaseNodePostprocessor
    from llama_index.core.tools import QueryEngineTool

    from rag.answering.events import Event
    from rag.answering.llm import LLMAnswerer, LLMResult
    from rag.checking.verify import Verifier

_T = TypeVar("_T")


class Searcher(Protocol):
    """What the retriever asks: an Assistant or a HybridRetriever."""

    def search(self, query: str, *, k: int = ..., filters: Filters | None = ...) -> Sequence[Hit]:
        """The first `k` papers, best first."""


class Asker(Searcher, Protocol):
    """What the engine needs of an Assistant."""

    def stream(
        self, question: str, *, k: int | None = ..., filters: Filters | None = ..., hits: Sequence[Hit] | None = ...
    ) -> Iterator[Event]:
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

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await _in_thread(lambda: self._retrieve(query_bundle))


class CitedQueryEngine(BaseQueryEngine):  # type: ignore[misc] # likewise
    """Answers with a citation after every sentence.

    The response's text carries [n]; `source_nodes` are the papers retrieved, after any postprocessors; `metadata` holds `answer` (the
    whole record as a dict), `references` (paper_ids in the order of [n]), `citations` (sentence by sentence: text, status, quotes with
    offsets) and `usage` (tokens, None without a model). Where a model's server fails and nothing can be quoted, its error is raised.
    """

    def __init__(
        self,
        retriever: BaseRetriever,
        respond: Callable[[str, Sequence[Hit]], Iterator[Event]],
        *,
        streaming: bool = False,
        node_postprocessors: Sequence[BaseNodePostprocessor] = (),
        sources: bool = False,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """`respond(question, hits)` yields events, the last one `done` with an Answer or an LLMResult.

        `sources`: the cited papers are listed under the text, for those who see nothing else of the response, such as agents.
        """
        self._retriever = retriever
        self._respond = respond
        self._streaming = streaming
        self._postprocessors = list(node_postprocessors)
        self._sources = sources
        super().__init__(callback_manager)

    @classmethod
    def over(cls, assistant: Asker, *, k: int = 20, filters: Filters | None = None, **options: Any) -> CitedQueryEngine:
        """An engine for a whole Assistant: its conduct, offline or with a model, as it is configured, over the nodes that are retrieved."""
        retriever = PaperRetriever(assistant, k=k, filters=filters)
        return cls(retriever, lambda question, hits: assistant.stream(question, k=k, filters=filters, hits=hits), **options)

    @classmethod
    def with_model(
        cls, retriever: BaseRetriever, answerer: LLMAnswerer, *, fallback: Callable[[], Answer] | None = None, **options: Any
    ) -> CitedQueryEngine:
        """An engine in which `answerer`'s model writes over the retriever's papers."""
        return cls(
            retriever,
            lambda question, hits: answerer.stream(question, [hit.paper for hit in hits], fallback=fallback),
            **options,
        )

    @classmethod
    def with_llm(cls, retriever: BaseRetriever, llm: LLM, *, verifier: Verifier | None = None, **options: Any) -> CitedQueryEngine:
        """An engine in which any LlamaIndex LLM writes; each sentence is checked by `verifier`, else by the bundled reader."""
        from rag.answering.llm import LLMAnswerer
        from rag.answering.wrapped import WrappedLLM

        return cls.with_model(retriever, LLMAnswerer(WrappedLLM(llm), verifier or _verifier()), **options)

    def as_tool(
        self, *, name: str = "papers", description: str = "Answers questions from research papers, with citations"
    ) -> QueryEngineTool:
        """The engine as an agent's tool, whose output names the sources."""
        from llama_index.core.tools import QueryEngineTool

        engine = CitedQueryEngine(
            self._retriever,
            self._respond,
            node_postprocessors=self._postprocessors,
            sources=True,
            callback_manager=self.callback_manager,
        )
        return QueryEngineTool.from_defaults(engine, name=name, description=description)

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The retriever's nodes, as the postprocessors leave them."""
        nodes: list[NodeWithScore] = self._retriever.retrieve(query_bundle)
        for one in self._postprocessors:
            nodes = one.postprocess_nodes(nodes, query_bundle=query_bundle)
        return nodes

    async def aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The same, in a thread of its own."""
        return await _in_thread(lambda: self.retrieve(query_bundle))

    def synthesize(
        self, query_bundle: QueryBundle, nodes: list[NodeWithScore], additional_source_nodes: Sequence[NodeWithScore] | None = None
    ) -> Response | StreamingResponse:
        """An answer over these nodes."""
        extra = list(additional_source_nodes or ())
        events = self._events(query_bundle.query_str, nodes)
        metadata: dict[str, Any] = {}
        if self._streaming:
            return StreamingResponse(response_gen=self._pieces(events, metadata), source_nodes=[*nodes, *extra], metadata=metadata)
        text = self._text(events, metadata)
        return Response(response=text, source_nodes=[*nodes, *extra], metadata=metadata)

    async def asynthesize(
        self, query_bundle: QueryBundle, nodes: list[NodeWithScore], additional_source_nodes: Sequence[NodeWithScore] | None = None
    ) -> Response | AsyncStreamingResponse:
        """The same without holding up the loop; streaming, its pieces come from `async_response_gen`."""
        if not self._streaming:
            return await _in_thread(lambda: self.synthesize(query_bundle, nodes, additional_source_nodes))
        metadata: dict[str, Any] = {}
        pieces = _one_by_one(self._pieces(self._events(query_bundle.query_str, nodes), metadata))
        extra = list(additional_source_nodes or ())
        return AsyncStreamingResponse(response_gen=pieces, source_nodes=[*nodes, *extra], metadata=metadata)

    def events(self, question: str) -> Iterator[Event]:
        """Retrieve and answer, event by event; closing the iterator closes the model's stream."""
        yield from self._events(question, self.retrieve(QueryBundle(question)))

    def _events(self, question: str, nodes: Sequence[NodeWithScore]) -> Iterator[Event]:
        yield from self._respond(question, [hit_of(node, n) for n, node in enumerate(nodes, start=1)])

    def _query(self, query_bundle: QueryBundle) -> Response | StreamingResponse:
        return self.synthesize(query_bundle, self.retrieve(query_bundle))

    async def _aquery(self, query_bundle: QueryBundle) -> Response | AsyncStreamingResponse:
        return await self.asynthesize(query_bundle, await self.aretrieve(query_bundle))

    def _text(self, events: Iterator[Event], metadata: dict[str, Any]) -> str:
        text = ""
        for event in events:
            if event.kind == "done":
                text = event.result.answer + self._taken(event.result, metadata)
        return text

    def _pieces(self, events: Iterator[Event], metadata: dict[str, Any]) -> Iterator[str]:
        """Verified sentences as text pieces; `metadata` is filled when the answer is complete."""
        shown = ""
        for event in events:
            if event.kind == "statement" and event.statement is not None:
                piece = ("" if event.statement.before or not shown else " ") + marked(event.statement, event.numbers)
                shown += piece
                yield piece
            elif event.kind == "done":
                under = self._taken(event.result, metadata)
                rest = event.result.answer.removeprefix(shown) if not shown or event.result.answer.startswith(shown) else ""
                if rest + under:
                    yield rest + under

    def _taken(self, result: Answer | LLMResult, metadata: dict[str, Any]) -> str:
        """Fill the metadata, tell listeners of the tokens, and give what stands under the text. Raises where there is no answer."""
        error = getattr(result, "error", None)
        if error is not None and not result.answer:
            raise error
        metadata |= _metadata(result)
        if result.usage is not None:
            self._tell(result)
        if not self._sources or not result.references:
            return ""
        titles = {p.paper_id: p.title for p in getattr(result, "papers", ())}
        return "\n\nSources:\n" + "\n".join(f"[{n}] {titles.get(pid, pid)}" for n, pid in enumerate(result.references, start=1))

    def _tell(self, result: Answer | LLMResult) -> None:
        """The model's tokens to LlamaIndex's listeners, as of one call."""
        usage = result.usage
        assert usage is not None
        said = ChatMessage(role="assistant", content=result.answer)
        tokens = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
        raw = {"model": usage.model, "usage": tokens | {"total_tokens": sum(tokens.values())}}
        payload = {EventPayload.MESSAGES: [said], EventPayload.RESPONSE: ChatResponse(message=said, raw=raw, additional_kwargs=tokens)}
        with self.callback_manager.event(CBEventType.LLM, payload={EventPayload.MESSAGES: [said]}) as event:
            event.on_end(payload=payload)

    def _get_prompt_modules(self) -> dict[str, Any]:
        """No prompt of this engine can be swapped: the check relies on its form."""
        return {}


async def _in_thread(work: Callable[[], _T]) -> _T:
    """`work()` in a thread; where the caller is cancelled, nobody waits any more, and the work ends."""
    stop = Stop()

    def run() -> _T:
        with stop.watched():
            return work()

    try:
        return await asyncio.to_thread(run)
    except asyncio.CancelledError:
        stop.now()
        raise


async def _one_by_one(pieces: Iterator[str]) -> AsyncIterator[str]:
    """An iterator's pieces, each waited for in a thread; it is closed with this one."""
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
    finally:
        await asyncio.shield(asyncio.to_thread(pieces.close))  # type: ignore[attr-defined]


def _verifier() -> Verifier:
    from rag import embedding, reading
    from rag.checking.verify import Verifier

    return Verifier(embedding.load("minilm-int8"), pairs=reading.load())


def _metadata(result: Answer | LLMResult) -> dict[str, Any]:
    record = result.to_dict() if isinstance(result, Answer) else dataclasses.asdict(result)
    citations = [statement.to_dict() for statement in result.statements if statement.status != "withheld"]
    usage = dataclasses.asdict(result.usage) if result.usage is not None else None
    return {"answer": record, "references": list(result.references), "citations": citations, "usage": usage}
