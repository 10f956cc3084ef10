"""An Ollama is given the window that evidence is planned for: nothing of a prompt is cut, and what can't be set is said."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from typing import TYPE_CHECKING, Any

import pytest
from fakes.ollama_server import FakeOllama
from llm_kit import FOO, PAPERS, QUESTION, Bench, bench, extracted

from rag import config
from rag.answering.diagnosis import doctor_llm
from rag.answering.provider import LLMConfig, Provider
from rag.errors import ProviderUnreachable
from rag.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.answering.llm import LLMResult

MANY = (
    FOO,
    *(
        dataclasses.replace(
            PAPERS[1],
            paper_id=f"p{n}",
            title=f"Parser {n} of server logs",
            abstract=" ".join(f"Parser {n} reads the {m} logs of servers, which nobody had labelled before that." for m in range(60)),
        )
        for n in range(12)
    ),
)
"""More than a window of 4,096 tokens holds, the paper that answers first."""


@contextlib.contextmanager
def ollama(*, tokens: int | None = None, model: str = "fake-model", **server: Any) -> Iterator[tuple[Bench, FakeOllama]]:
    """An Ollama and an answerer; `tokens`: the window that is set."""
    fake = FakeOllama(**server)
    with bench(of=fake, config={"context_tokens": tokens, "model": model}) as desk:
        yield desk, fake


def test_no_evidence_is_cut_off() -> None:
    """A prompt beyond Ollama's own window reaches the model whole, as its own count of tokens shows."""
    with ollama(own_window=2048) as (desk, fake):
        result = desk.answer("plain", papers=MANY)
        assert result.verified[0] == 3
        assert len(desk.server.requests[-1].evidence) == len(result.context)
    assert fake.cut == []
    assert fake.loads == [2048, 16_384]
    assert result.usage is not None
    assert (result.usage.estimated, result.usage.prompt_tokens > 2048) == (False, True)
    assert fake.native[-1]["options"] == {"temperature": 0.0, "num_predict": 700, "num_ctx": 16_384}


@pytest.mark.parametrize(
    ("server", "tokens", "window", "loads"),
    [
        ({}, None, 16_384, [4096, 16_384]),
        ({"own_window": 32_768}, None, 32_768, [32_768]),
        ({"window": 9_000}, None, 16_384, [16_384]),
        ({"window": 40_000}, None, 40_000, []),
        ({"trained": 8_192}, None, 8_192, [4096, 8_192]),
        ({}, 6_000, 6_000, [6_000]),
        ({"trained": 2_048}, 6_000, 2_048, [2_048]),
        ({"tells": False}, None, 16_384, [4096, 16_384]),
    ],
)
def test_the_window_that_is_set(server: dict[str, Any], tokens: int | None, window: int, loads: list[int]) -> None:
    """Enough where nothing is set, a larger one stays, the owner's word goes first, and the model's own limit holds; loaded once."""
    with ollama(tokens=tokens, **server) as (desk, fake):
        assert desk.provider.window() == (window, None)
        desk.answer("plain", papers=MANY)
        desk.provider.chat("Say ready.", "Ready?")
        assert (fake.window, fake.loads, fake.cut) == (window, loads, [])
        assert desk.provider.window() == (window, None)


def test_an_older_one_does_not_exceed_the_model() -> None:
    """Where the server does not tell what it uses, the list of models bounds it."""
    with ollama(tells=False, trained=8192, model="llama3:8b") as (desk, fake):
        fake.model = "llama3:8b"
        assert desk.provider.window() == (8192, None)


def test_a_model_that_is_passed_on_has_its_whole_window() -> None:
    """What an Ollama has run elsewhere is not loaded here: it is asked in OpenAI's form, with the window of its name."""
    with ollama(model="gpt-oss:120b-cloud") as (desk, fake):
        fake.model, fake.own_window = "gpt-oss:120b-cloud", 131_072
        assert desk.provider.window() == (131_072, None)
        assert desk.answer("plain").verified == (3, 3)
        assert fake.native == []


@pytest.mark.parametrize(
    ("server", "tokens", "window"),
    [
        ({"closed_paths": ("/api/chat",)}, None, 4096),
        ({"closed_paths": ("/api/chat", "/api/ps")}, None, 4096),
        ({"closed_paths": ("/api/chat",), "window": 9_000, "own_window": 9_000}, None, 9_000),
        ({"closed_paths": ("/api/chat",)}, 8_000, 8_000),
        ({"memory": 5_000}, None, 4096),
    ],
)
def test_what_can_not_be_set_is_planned_for_and_said(server: dict[str, Any], tokens: int | None, window: int) -> None:
    """A proxy that passes OpenAI's routes alone, or too little memory: the smaller window is planned for, and a note says so."""
    with ollama(tokens=tokens, **{"own_window": tokens or 4096, **server}) as (desk, fake):
        found, note = desk.provider.window()
        assert found == window
        assert "OLLAMA_CONTEXT_LENGTH" in str(note)
        result = desk.answer("plain", papers=MANY)
        assert result.verified[0] == 3
        assert any("OLLAMA_CONTEXT_LENGTH" in said for said in result.notes)
        assert fake.cut == []
        assert desk.server.paths[-1] == "/v1/chat/completions"


def test_a_prompt_beyond_the_window_is_refused_not_cut() -> None:
    """Where the count was wrong, the answer gives way with a word on the window; no half-read evidence is written from."""
    with ollama(tokens=2_048) as (desk, fake):
        assert desk.provider.window() == (2_048, None)
        fake.trained = 300  # as if it had been loaded anew with less
        result = desk.answer("plain")
        assert result.mode == "extractive"
        assert "FOOTNOTE_LLM_CONTEXT_TOKENS" in result.notes[0]
    assert fake.cut == []


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ("cut", "half-way"),
        ("gone", "broke off"),
        ("error_halfway", "broke off with an error"),
        ("nonsense", "Quoted"),
        ("length", "cut at"),
    ],
)
def test_its_replies_fail_as_others_do(mood: str, told: str) -> None:
    """Lines that end early, an error among them, no lines at all, and a reply cut at its longest."""
    with ollama(tokens=8_000) as (desk, _fake):
        result = desk.answer(mood)
        assert any(told in note for note in result.notes), result.notes


def test_thoughts_and_whole_replies() -> None:
    """Thoughts stand in a field of their own and are not shown, streamed or not; the counts are the server's."""
    with ollama(reasoning="Bar is surely 99% better. ", thought_field="thinking") as (desk, _fake):
        result = desk.answer("plain")
        assert result.verified == (3, 3)
        assert "99" not in result.answer
        desk.server.writer = lambda _asked: ["Ready", "indeed"]
        reply = desk.provider.chat("Say ready.", "Ready?")
        assert (reply.text, reply.completion_tokens) == ("Ready indeed", 2)
        stream = desk.provider.stream("Say ready.", "Ready?")
        assert "".join(stream) == "Ready indeed"
        assert (stream.thought, stream.finish_reason) == (True, "stop")


def test_own_fields_become_options() -> None:
    """What the owner adds in OpenAI's words reaches an Ollama in its own; the window can't be lowered behind the plan's back."""
    body = '{"top_p": 0.5, "max_tokens": 90, "reasoning_effort": "none", "keep_alive": "1h", "options": {"seed": 3, "num_ctx": 512}}'
    with FakeOllama() as server:
        settings = config.load(llm_base_url=server.url.removesuffix("/v1"), llm_model="fake-model", llm_body=body)
        with contextlib.closing(Provider(LLMConfig.from_settings(settings))) as provider:
            provider.chat("Say ready.", "Ready?")
    sent = server.native[-1]
    assert sent["options"] == {"temperature": 0.0, "num_predict": 90, "top_p": 0.5, "seed": 3, "num_ctx": 16_384}
    assert (sent["think"], sent["keep_alive"], sent["stream"]) == (False, "1h", False)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ({}, "its window was set, and it uses 16384 tokens"),
        ({"trained": 8192}, "it uses 8192 tokens of 16384 that were asked for"),
        ({"tells": False}, "was set to 16384 tokens, and it does not say what it uses"),
        ({"closed_paths": ("/api/chat",)}, "whose window can't be set (unknown size, as far as known): 4096 tokens are used"),
        ({"closed_paths": ("/api/chat",), "window": 4096}, "whose window can't be set (4096 tokens)"),
    ],
)
def test_the_doctor_tells_the_window(server: dict[str, Any], said: str) -> None:
    """Set or not, and in use or not known."""
    with FakeOllama(writer=lambda _asked: ["Yes, it is"], **server) as fake:
        lines = doctor_llm(config.load(llm_base_url=fake.url, llm_model="fake-model"))
    assert said in "\n".join(lines), lines
    assert not any(line.startswith("problem") for line in lines)


def test_a_stop_does_not_wait_for_the_loading() -> None:
    """Loading a model takes a while; a stop before it is done ends the answer, and the next one is met anew."""
    with ollama() as (desk, fake):
        fake.slow_load = True
        stop = Stop()
        results: list[LLMResult] = []

        def work() -> None:
            stream = desk.answerer.stream(QUESTION, PAPERS, fallback=extracted, stop=stop)
            results.extend(event.result for event in stream if event.result is not None)

        thread = threading.Thread(target=work)
        thread.start()
        assert fake.loading.wait(5)
        stop.now()
        thread.join(5)
        assert not thread.is_alive()
        assert "stopped" in results[0].notes[0]
        fake.slow_load = False
        fake.gate.set()
        assert desk.answer("plain").verified == (3, 3)
        assert fake.window == 16_384


def test_a_server_that_starts_later_is_met_then() -> None:
    """Nobody listens at first, which settles nothing: once an Ollama does, its window is set."""
    with FakeOllama() as gone:
        url = gone.url
    with contextlib.closing(Provider(LLMConfig(base_url=url, model="fake-model", max_retries=0))) as provider:
        with pytest.raises(ProviderUnreachable):
            provider.chat("Say ready.", "Ready?")
        with FakeOllama(port=int(url.rpartition(":")[2].removesuffix("/v1"))):
            assert provider.window() == (16_384, None)
