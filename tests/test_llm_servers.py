"""Servers as they are: each takes requests in a form of its own, says what it knows in its own place, and ends a reply in its own way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from fakes.openai_server import Asked, FakeOpenAI, faithful
from llm_kit import PAPERS, QUESTION, Bench, bench, extracted

from rag import config
from rag.answering.diagnosis import doctor_llm
from rag.answering.provider import LLMConfig, Provider, Secret
from rag.answering.windows import known_window
from rag.assistant import Assistant, Turn
from rag.schema import Hit
from rag.stopping import Stop, Stopped
from rag.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk() -> Iterator[Bench]:
    """A server and an answerer by words alone."""
    with bench() as made:
        yield made


@pytest.mark.parametrize(
    ("mood", "tries"),
    [
        ("max_completion", 2),
        ("no_limit", 3),
        ("no_stream_options", 2),
        ("no_stream_options_422", 2),
        ("no_system", 2),
        ("alternates", 2),
        ("no_temperature", 2),
        ("strict", 5),
    ],
)
def test_a_field_that_is_refused_is_said_otherwise(desk: Bench, mood: str, tries: int) -> None:
    """Each mood ends in a whole answer, and what was found out is remembered: the next answer takes one request."""
    assert desk.answer(mood).verified == (3, 3)
    assert len(desk.server.requests) == tries
    desk.server.requests.clear()
    assert desk.answer(mood).verified == (3, 3)
    assert len(desk.server.requests) == 1
    desk.provider.chat("Say ready.", "Ready?")
    assert len(desk.server.requests) == 2
    assert desk.provider.quirks.told()


@pytest.mark.parametrize("mood", ["no_finish", "parts"])
def test_replies_in_other_forms_are_kept(desk: Bench, mood: str) -> None:
    """An end without a reason is an end where the server says so; text in parts is text, and the parts that think are not."""
    result = desk.answer(mood)
    assert result.verified == (3, 3)
    assert "Hm." not in result.answer


@pytest.mark.parametrize(
    ("address", "served"),
    [
        ("{root}", "/v1/chat/completions"),
        ("{root}/v1", "/v1/chat/completions"),
        ("{root}/v1/", "/v1/chat/completions"),
        ("{root}/v1/chat/completions", "/v1/chat/completions"),
        ("{root}/api/paas/v4", "/api/paas/v4/chat/completions"),
        ("{root}/openai/deployments/four?api-version=2025-01-01", "/openai/deployments/four/chat/completions"),
        ("{root}?api-version=2025-01-01", "/openai/deployments/fake-model/chat/completions"),
    ],
)
def test_an_address_in_any_form_is_found(address: str, served: str) -> None:
    """With or without `/v1`, with the whole path, and the deployments of Azure, whose version and key go along."""
    with FakeOpenAI(only_path=served) as server:
        root = server.url.removesuffix("/v1")
        provider = Provider(LLMConfig(base_url=address.format(root=root), model="fake-model", api_key=Secret("k"), max_retries=0))
        try:
            assert provider.chat("Say ready.", "Ready?").text is not None
            assert len(server.requests) == 1
            if "api-version" in address:
                assert server.paths[-1].endswith("?api-version=2025-01-01")
                assert server.requests[0].headers["api-key"] == "k"
        finally:
            provider.close()


def test_headers_and_fields_by_setting(desk: Bench) -> None:
    """What the owner sets goes with each request; nothing else is added."""
    settings = config.load(llm_base_url=desk.server.url, llm_model="fake-model", llm_headers='{"X-Team": "a"}', llm_body='{"top_p": 0.5}')
    provider = Provider(LLMConfig.from_settings(settings))
    try:
        provider.chat("Say ready.", "Ready?")
    finally:
        provider.close()
    asked = desk.server.requests[-1]
    assert asked.headers["x-team"] == "a"
    assert asked.body["top_p"] == 0.5


@pytest.mark.parametrize(
    ("told", "window"),
    [({"max_model_len": 20_000}, 20_000), ({"context_length": 30_000}, 30_000), ({"meta": {"n_ctx": 6_000}}, 6_000), ({}, 4096)],
)
def test_the_window_is_what_the_server_says(told: dict[str, object], window: int) -> None:
    """vLLM's, OpenRouter's and llama.cpp's lists tell it; else the smallest is assumed."""
    with bench(config={"context_tokens": None}) as desk:
        desk.server.told = told
        assert desk.provider.window()[0] == window
        assert desk.provider.window()[0] == window
        assert len(desk.server.paths) <= 2  # asked once


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("gpt-4o-mini", 128_000),
        ("llama3.1:8b-instruct-q4_K_M", 131_072),
        ("meta-llama/Meta-Llama-3-8B-Instruct", 8192),
        ("Qwen/Qwen2.5-7B-Instruct-GGUF", 32_768),
        ("qwen3:4b", 40_960),
        ("acme/own-model-32k", 32_768),
        ("acme/own-model", None),
    ],
)
def test_windows_by_name(model: str, window: int | None) -> None:
    """The longest beginning of a name that is listed counts, local spellings too; a length in the name stands in."""
    assert known_window(model) == window


def test_a_larger_window_takes_more_evidence() -> None:
    """The evidence grows with the window, up to a bound."""
    import dataclasses

    many = [
        dataclasses.replace(PAPERS[1], paper_id=f"p{n}", abstract=f"Paper {n} says this. " + PAPERS[1].abstract * 12) for n in range(20)
    ]
    sizes = []
    for window in (8_000, 32_000, 128_000):
        with bench(config={"context_tokens": window}) as desk:
            sizes.append(desk.answerer.prompt(QUESTION, many).tokens)
    assert sizes == sorted(sizes)
    assert sizes[-1] > 2 * sizes[0]


def test_stop_works_while_a_follow_up_is_rewritten(desk: Bench) -> None:
    """A server that says nothing holds nobody: the stop shuts the connection, and the work ends there."""
    desk.server.behave("silent")
    stop = Stop()
    ended: list[str] = []

    def work() -> None:
        try:
            with stop.watched():
                desk.answerer.condense("And Bar?", [("How fast is Foo?", "Fast.")], offline=lambda: "offline")
        except Stopped:
            ended.append("stopped")

    thread = threading.Thread(target=work)
    thread.start()
    while not desk.server.requests:
        thread.join(0.01)
    stop.now()
    thread.join(3)
    assert ended == ["stopped"]


def test_a_model_that_thinks_gets_room(desk: Bench) -> None:
    """A reply cut off amid its thoughts is asked for once more with more room; the thoughts are never shown."""
    desk.server.writer = lambda _asked: ["<think>Foo is 12% more accurate than Bar"]
    desk.server.finish = "length"
    result = desk.answer("plain")
    first, second = desk.server.requests[:2]
    assert second.body["max_tokens"] > first.body["max_tokens"]
    assert "12%" not in result.answer.replace("12% more accurate", "") or result.mode == "extractive"


def test_the_doctor_tries_what_is_used() -> None:
    """Streaming, a rewritten question and a second look are tried, and what was found out of the server is said."""
    with FakeOpenAI(told={"max_model_len": 20_000}, writer=lambda _asked: ["Yes, it is"]) as server:
        server.behave("strict")
        lines = doctor_llm(config.load(llm_base_url=server.url, llm_model="fake-model"))
    text = "\n".join(lines)
    assert "window 20000 tokens" in text
    for said in ("streams", "rewrites a follow-up", "second look", "max_completion_tokens"):
        assert said in text, text


def test_the_model_may_order_and_reword() -> None:
    """Where it is set, the model's order and its further queries decide what is read first; a model that talks changes nothing."""

    def writer(asked: Asked) -> list[str]:
        system = str(asked.body["messages"][0]["content"])
        if "put research papers in order" in system:
            return ["2, 1"]
        if "help to search" in system:
            return ["- rain from radar\n- nowcasting"]
        return faithful(asked)

    with FakeOpenAI(writer=writer) as server:
        settings = config.load(llm_base_url=server.url, llm_model="fake-model", llm_rerank=True, llm_rewrite=True, llm_cache=4)
        writing = Writer(settings, None)
        hits = [Hit(paper=paper, rank=n, score=1 / n) for n, paper in enumerate(PAPERS, start=1)]
        queries, took, notes = writing.further(QUESTION, None)
        assert (queries, notes) == (["rain from radar", "nowcasting"], [])
        assert took is not None
        assert took.completion_tokens > 0
        found, took_for_order, notes = writing.ordered(QUESTION, hits, None)
        assert took_for_order is not None
        assert took_for_order.prompt_tokens > took.prompt_tokens  # the papers were sent as well
        assert [h.paper.paper_id for h in found] == ["baz", "foo", "qux"]
        assert notes == []
        asked = len(server.requests)
        first, second = (
            [e.result for e in writing.stream(QUESTION, hits, None, fallback=extracted, stop=Stop()) if e.result] for _ in "ab"
        )
        assert len(server.requests) == asked + 1
        assert first[0].answer == second[0].answer
        assert second[0].usage is None
        server.writer = lambda _asked: ["I can't say."]
        assert [h.paper.paper_id for h in writing.ordered(QUESTION, hits, None)[0]] == ["foo", "baz", "qux"]
        writing.close()


def test_every_call_for_an_answer_is_counted(bundled: Path) -> None:
    """Rewriting a follow-up, further words, an order and the reply: the answer's tokens are those of all requests."""
    sent: list[int] = []

    def writer(asked: Asked) -> list[str]:
        system = str(asked.body["messages"][0]["content"])
        said = ["2, 1"] if "put research papers in order" in system else faithful(asked) if asked.evidence else ["MathOctopus on GSM8K"]
        sent.append(len(asked.prompt.split()))
        return said

    with FakeOpenAI(writer=writer) as server:
        settings = config.load(library=str(bundled), llm_base_url=server.url, llm_model=server.model, llm_rerank=True, llm_rewrite=True)
        with Assistant.open(settings) as assistant:
            answer = assistant.ask("And how well does it do on GSM8K?", turns=[Turn(question="What is MathOctopus trained on?")])
    assert answer.mode == "llm"
    assert answer.usage is not None
    assert len(sent) == 4
    assert answer.usage.prompt_tokens == sum(sent)
