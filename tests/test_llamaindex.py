"""The retriever and the engine, used the way LlamaIndex users use theirs."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.base_selector import BaseSelector, SelectorResult, SingleSelection
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import QueryEngineTool
from llm_kit import PAPERS, QUESTION, bench

from rag.checking.verify import Verifier
from rag.errors import ProviderUnreachable
from rag.llamaindex import CitedQueryEngine, PaperRetriever, hit_of
from rag.schema import Filters, Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.assistant import Assistant

HITS = [Hit(paper=paper, rank=n, score=1 / n, why="test") for n, paper in enumerate(PAPERS, start=1)]


class Searching:
    """Records what it was asked."""

    def __init__(self) -> None:
        """Nothing asked yet."""
        self.asked: list[tuple[str, int, Filters | None]] = []

    def search(self, query: str, *, k: int = 20, filters: Filters | None = None) -> Sequence[Hit]:
        """The three hits, whatever is asked."""
        self.asked.append((query, k, filters))
        return HITS[:k]


def test_nodes_are_papers_with_stable_ids() -> None:
    """Id = paper_id, text = abstract, score = fused score; filters and k go to the search."""
    source = Searching()
    nodes = PaperRetriever(source, k=2, filters=Filters(year_from=2023)).retrieve("parsers")
    assert source.asked == [("parsers", 2, Filters(year_from=2023))]
    assert [(n.node.node_id, n.node.get_content(), n.score) for n in nodes] == [
        (h.paper.paper_id, h.paper.abstract, h.score) for h in HITS[:2]
    ]
    assert nodes[0].node.metadata["title"] == PAPERS[0].title
    assert [hit_of(n, r) for r, n in enumerate(nodes, start=1)] == HITS[:2]


def test_a_foreign_node_becomes_a_hit() -> None:
    """A node that came back from storage, or from elsewhere, still makes a paper."""
    hit = hit_of(NodeWithScore(node=TextNode(id_="x", text="Some text.", metadata={"title": "T"}), score=0.5), 3)
    assert (hit.paper.paper_id, hit.paper.title, hit.paper.abstract, hit.rank, hit.score) == ("x", "T", "Some text.", 3, 0.5)


def test_the_retriever_serves_other_engines() -> None:
    """LlamaIndex's own engine, a postprocessor and a mock model run over it."""
    engine = RetrieverQueryEngine.from_args(
        PaperRetriever(lambda _query: HITS), llm=MockLLM(max_tokens=8), node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.4)]
    )
    assert [n.node.node_id for n in engine.query("parsers").source_nodes] == ["foo", "baz"]


def test_the_engine_answers_with_a_model() -> None:
    """Text with [n], the papers as source nodes, the whole record and the citations as metadata."""
    with bench() as desk:
        engine = CitedQueryEngine.with_model(PaperRetriever(lambda _query: HITS), desk.answerer)
        response = engine.query(QUESTION)
        assert "Foo is 12% more accurate than Bar on LogBench. [1]" in str(response)
        assert [n.node.node_id for n in response.source_nodes] == ["foo", "baz", "qux"]
        assert response.metadata["references"][0] == "foo"
        assert response.metadata["answer"]["verified"] == (3, 3)
        first = response.metadata["citations"][0]
        assert first["status"] == "verified"
        assert first["citations"][0]["quote"] in PAPERS[0].abstract
        assert str(asyncio.run(engine.aquery(QUESTION))) == str(response)


def test_the_engine_streams_sentences() -> None:
    """The pieces of a streaming response are verified sentences; its metadata is complete at the end."""
    with bench() as desk:
        engine = CitedQueryEngine.with_model(PaperRetriever(lambda _query: HITS), desk.answerer, streaming=True)
        response = engine.query(QUESTION)
        pieces = list(response.response_gen)
        assert len(pieces) == 3
        assert all(piece.rstrip().endswith("]") for piece in pieces)
        assert response.metadata["references"][0] == "foo"


def test_the_engine_over_the_assistant(assistant: Assistant) -> None:
    """Offline, over the bundled papers: an answer whose every citation quotes its abstract."""
    response = CitedQueryEngine.over(assistant, k=5).query("How accurate is MathOctopus-13B on the MGSM test set?")
    assert "47.6%" in str(response)
    assert len(response.source_nodes) == 5
    texts = {p["paper_id"]: p["abstract"] for p in response.metadata["answer"]["papers"]}
    for citation in (c for s in response.metadata["citations"] for c in s["citations"]):
        assert citation["quote"] == texts[citation["paper_id"]][citation["start"] : citation["end"]]


@pytest.mark.parametrize("choice", [0, 1])
def test_the_engine_is_a_tool_of_a_router(assistant: Assistant, choice: int) -> None:
    """Two engines behind a router: the chosen one answers, with its source nodes."""
    papers = QueryEngineTool.from_defaults(CitedQueryEngine.over(assistant, k=3), name="papers", description="research papers")
    with bench() as desk:
        logs = QueryEngineTool.from_defaults(
            CitedQueryEngine.with_model(PaperRetriever(lambda _query: HITS), desk.answerer), name="logs", description="log parsers"
        )
        router = RouterQueryEngine(selector=_Chosen(choice), query_engine_tools=[papers, logs], llm=MockLLM())
        response = router.query("Which benchmark does MathOctopus use?" if choice == 0 else QUESTION)
        assert (response.source_nodes[0].node.node_id == "foo") == (choice == 1)
        assert "answer" in response.metadata


def test_a_tool_call_gives_the_cited_text(assistant: Assistant) -> None:
    """As an agent's tool: called with a question, it returns the answer with its [n]."""
    tool = QueryEngineTool.from_defaults(CitedQueryEngine.over(assistant), name="papers", description="research papers")
    output = tool.call("How accurate is MathOctopus-13B on the MGSM test set?")
    assert "[1]" in output.content
    assert not output.is_error


def test_async_all_the_way() -> None:
    """Retrieving and answering leave the loop free; a stream's pieces come from `async_response_gen`, the metadata with the last."""

    async def talk(engine: CitedQueryEngine) -> tuple[list[str], int, dict[str, Any]]:
        nodes = await engine.aretrieve(QueryBundle(QUESTION))
        response = await engine.aquery(QUESTION)
        return [piece async for piece in response.async_response_gen()], len(nodes), response.metadata

    with bench() as desk:
        engine = CitedQueryEngine.with_model(PaperRetriever(lambda _query: HITS), desk.answerer, streaming=True)
        pieces, nodes, metadata = asyncio.run(talk(engine))
        assert nodes == 3
        assert len(pieces) == 3
        assert "".join(pieces) == metadata["answer"]["answer"]


def test_synthesis_over_given_nodes_and_postprocessors(assistant: Assistant) -> None:
    """`synthesize` answers over the nodes it is given, and the engine over what its postprocessors leave."""
    with bench() as desk:
        engine = CitedQueryEngine.with_model(
            PaperRetriever(lambda _query: HITS), desk.answerer, node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.4)]
        )
        assert [n.node.node_id for n in engine.query(QUESTION).source_nodes] == ["foo", "baz"]
        nodes = [node for node in engine.retrieve(QueryBundle(QUESTION)) if node.node.node_id == "baz"]
        response = engine.synthesize(QueryBundle(QUESTION), nodes)
        assert response.metadata["references"] == ["baz"]
    whole = CitedQueryEngine.over(assistant, k=5)
    nodes = whole.retrieve(QueryBundle("How accurate is MathOctopus-13B on the MGSM test set?"))[1:2]
    given = whole.synthesize(QueryBundle("How accurate is MathOctopus-13B on the MGSM test set?"), nodes)
    assert {p["paper_id"] for p in given.metadata["answer"]["retrieved"]} == {nodes[0].node.node_id}


def test_tokens_are_told_to_listeners() -> None:
    """LlamaIndex's own counter sees the tokens that the server reported."""
    counter = TokenCountingHandler()
    with bench() as desk:
        engine = CitedQueryEngine.with_model(
            PaperRetriever(lambda _query: HITS), desk.answerer, callback_manager=CallbackManager([counter])
        )
        usage = engine.query(QUESTION).metadata["usage"]
    assert (counter.prompt_llm_token_count, counter.completion_llm_token_count) == (usage["prompt_tokens"], usage["completion_tokens"])


def test_any_llm_may_write() -> None:
    """A LlamaIndex LLM in the place of settings: its sentences are checked like any other's."""

    class Says(MockLLM):  # type: ignore[misc] # follow_imports=skip makes it Any
        def stream_chat(self, messages: Any, **kwargs: Any) -> Any:  # noqa: ARG002
            code = re.search(r"\[(\w+)\] Foo is 12%", str(messages[-1].content))
            assert code is not None
            text = f"Foo is 12% more accurate than Bar on LogBench [{code[1]}]. Foo is 99% faster [{code[1]}]."
            yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=text)

    engine = CitedQueryEngine.with_llm(PaperRetriever(lambda _query: HITS), Says(), verifier=Verifier())
    text = str(engine.query(QUESTION))
    assert "12%" in text
    assert "99%" not in text


def test_a_server_that_is_down_raises() -> None:
    """Without anything to quote there is no answer, and an empty one would hide why."""
    with bench(config={"max_retries": 0}) as desk:
        desk.provider.close()
    with bench(config={"base_url": desk.server.url, "max_retries": 0}) as other:
        engine = CitedQueryEngine.with_model(PaperRetriever(lambda _query: HITS), other.answerer)
        with pytest.raises(ProviderUnreachable):
            engine.query(QUESTION)


def test_a_tool_names_its_sources(assistant: Assistant) -> None:
    """An agent sees the text alone: the papers stand under it."""
    output = CitedQueryEngine.over(assistant).as_tool().call("How accurate is MathOctopus-13B on the MGSM test set?")
    assert "Sources:\n[1] " in output.content


class _Chosen(BaseSelector):  # type: ignore[misc] # follow_imports=skip makes it Any
    """A selector that has made up its mind."""

    def __init__(self, choice: int) -> None:
        self._choice = choice

    def _select(self, choices: object, query: QueryBundle) -> SelectorResult:  # noqa: ARG002
        return SelectorResult(selections=[SingleSelection(index=self._choice, reason="test")])

    async def _aselect(self, choices: object, query: QueryBundle) -> SelectorResult:
        return self._select(choices, query)

    def _get_prompts(self) -> dict[str, object]:
        return {}

    def _update_prompts(self, prompts: dict[str, object]) -> None:
        """There are none."""
