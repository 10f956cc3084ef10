"""Nothing goes on for ever: histories, answers that nobody waits for, servers that never finish. And no key is told."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fakes.openai_server import FakeOpenAI
from llm_kit import bench
from page_kit import serve
from pydantic import SecretStr

from rag.answering.diagnosis import doctor_llm
from rag.answering.provider import LLMConfig, Provider
from rag.assistant import Assistant, Stop, Turn
from rag.batch import run
from rag.config import load
from rag.embedding.openai import OpenAIEmbedder
from rag.errors import AnswerTimeout, ProviderError, ProviderTimeout
from rag.finding import HISTORY_CHARS, HISTORY_TURNS, recent
from rag.llamaindex import CitedQueryEngine
from rag.redaction import know, redacted
from ui.page import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "What is MathOctopus trained on?"
SOON_S = 8.0
"""Far more than it takes, far less than it took; a busy machine is slow."""


# -- histories --------------------------------------------------------------------------------------------------------------------


def test_the_latest_turns_within_the_budget_count() -> None:
    """So many turns and characters, the latest first; one that is too long by itself is cut; what is left out is said."""
    short = [Turn(question=f"Q{n}?") for n in range(HISTORY_TURNS)]
    assert recent(short) == (short, None)
    kept, note = recent([Turn(question="old"), *short])
    assert (kept, "1 turns" in str(note)) == (short, True)
    long = [Turn(question="x" * 4000, answer="y" * 4000) for _ in range(1000)]
    kept, note = recent(long)
    assert sum(len(t.question) + len(t.answer) for t in kept) <= HISTORY_CHARS
    assert f"{1000 - len(kept):,}" in str(note)
    (cut,), note = recent([Turn(question="x" * 10**6, answer="y" * 10**6)])
    assert (len(cut.question), len(cut.answer), note) == (HISTORY_CHARS // 2, HISTORY_CHARS // 2, None)


def test_a_long_history_costs_no_more_than_what_is_read_of_it(assistant: Assistant) -> None:
    """A thousand follow-ups of four thousand characters, each leaning on the one before: a note, and little work."""
    history = [f"and what about it, number {n}? " + "gradient attention retrieval " * 140 for n in range(1000)]
    begun = time.process_time()
    answer = assistant.ask("and how does it do that?", history=history)
    assert time.process_time() - begun < SOON_S
    assert any("left out of account" in note for note in answer.notes)
    assert not assistant.ask("and on GSM8K?", history=[QUESTION]).notes


def test_only_the_chain_of_follow_ups_is_looked_up(assistant: Assistant) -> None:
    """What stood before a question that leans on nothing changes no paper that is kept in view."""
    chain = [QUESTION, "and how well does it do on GSM8K?"]
    alone = assistant.ask("and who wrote it?", history=chain)
    assert assistant.ask("and who wrote it?", history=["Which papers are about protein folding?", *chain]).references == alone.references


# -- the time for an answer -------------------------------------------------------------------------------------------------------


def test_an_answer_that_takes_too_long_is_one_line(bundled: Path) -> None:
    """Offline as well as with a model that says nothing: an error with the setting's name, at about that time."""
    with FakeOpenAI() as fake:
        fake.behave("silent")
        with Assistant.open(load(library=str(bundled), answer_timeout_s=0.001)) as offline, pytest.raises(AnswerTimeout, match=r"0\.001 s"):
            offline.ask(QUESTION)
        settings = load(library=str(bundled), answer_timeout_s=2.0, llm_base_url=fake.url, llm_model=fake.model)
        with Assistant.open(settings) as written:
            for earlier in ([], ["What is BLEU?"]):  # the second one waits for the follow-up to be condensed
                begun = time.monotonic()
                with pytest.raises(AnswerTimeout, match="FOOTNOTE_ANSWER_TIMEOUT_S"):
                    written.ask("And what is MathOctopus trained on?", history=earlier)
                assert time.monotonic() - begun < 2 + SOON_S


def test_a_question_that_takes_too_long_does_not_end_a_batch(bundled: Path, tmp_path: Path) -> None:
    """It is a bad line; it is asked again by the next run."""
    (tmp_path / "questions").write_text(json.dumps({"id": 1, "question": QUESTION}))
    with Assistant.open(load(library=str(bundled), answer_timeout_s=0.001)) as late:
        report = run(late, tmp_path / "questions", tmp_path / "answers")
    assert (report.answered, "FOOTNOTE_ANSWER_TIMEOUT_S" in report.bad[0]) == (0, True)


def test_stopped_work_ends_between_two_steps(assistant: Assistant) -> None:
    """A stop while papers are searched: no event follows."""
    stop = Stop()
    events = assistant.stream(QUESTION, history=["a", "b"], stop=stop)
    next(events)
    stop.now()
    assert list(events) == []


# -- clients that leave -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeOpenAI]]:
    """A server whose model begins and then waits."""
    with FakeOpenAI() as fake:
        server = serve(
            tmp_path_factory.mktemp("left"), library=str(bundled), llm_base_url=fake.url, llm_model=fake.model, answer_timeout_s="60"
        )
        yield server.url, fake
        server.end()


def _ask_fn(url: str) -> int:
    config = httpx.get(f"{url}/config", trust_env=False).json()
    return int(next(d["id"] for d in config["dependencies"] if d["api_name"] == "ask"))


@pytest.mark.parametrize("surface", ["whole", "stream", "api", "direct", "session"])
def test_work_ends_when_the_client_leaves(served: tuple[str, FakeOpenAI], surface: str) -> None:
    """On every surface the model's stream is shut as soon as the client hangs up, though nothing was being sent to it."""
    url, fake = served
    fake.behave("slow")
    fake.started.clear()
    fake.closed.clear()
    asked: dict[str, Any] = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}], "stream": surface == "stream"}
    data = [QUESTION, [], {}]
    with httpx.Client(base_url=url, trust_env=False) as http:
        if surface == "api":
            event = http.post("/gradio_api/call/ask", json={"data": data}).json()["event_id"]
        elif surface == "session":
            http.post("/gradio_api/queue/join", json={"data": data, "fn_index": _ask_fn(url), "session_hash": "abcdef"}).raise_for_status()
    body, path = {
        "whole": (asked, "/v1/chat/completions"),
        "stream": (asked, "/v1/chat/completions"),
        "api": (None, f"/gradio_api/call/ask/{event if surface == 'api' else ''}"),
        "direct": ({"data": data}, "/gradio_api/api/ask"),
        "session": (None, "/gradio_api/queue/data?session_hash=abcdef"),
    }[surface]
    with contextlib.closing(_sent(url, path, body)):
        assert fake.started.wait(60)
        time.sleep(0.1)  # the server has read what came and waits
        assert not fake.closed.is_set()
    assert fake.closed.wait(SOON_S)


def test_a_request_without_a_session_has_no_name() -> None:
    """MCP hands on the connection's own request, which knows no session."""
    from fastapi import Request

    assert names_of(Request({"type": "http", "headers": []})) == ()


def _sent(url: str, path: str, body: dict[str, Any] | None) -> socket.socket:
    """A connection on which a request was sent."""
    host = url.removeprefix("http://")
    content = b"" if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    connection = socket.create_connection((host.split(":")[0], int(host.split(":")[1])))
    connection.sendall(head.encode() + content)
    return connection


def test_a_query_engine_that_is_cancelled_stops_its_work(bundled: Path) -> None:
    """LlamaIndex's asynchronous query, given up: the model's stream is shut."""
    import asyncio

    async def main(engine: CitedQueryEngine, fake: FakeOpenAI) -> None:
        task = asyncio.create_task(engine.aquery(QUESTION))
        await asyncio.to_thread(fake.started.wait, 60)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with FakeOpenAI() as fake:
        fake.behave("slow")
        with Assistant.open(load(library=str(bundled), llm_base_url=fake.url, llm_model=fake.model)) as assistant:
            asyncio.run(main(CitedQueryEngine.over(assistant), fake))
            assert fake.closed.wait(SOON_S)


# -- servers that never finish ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["trickle", "comments", "reasoning", "headers", "silent"])
def test_a_whole_reply_has_a_deadline(behaviour: str) -> None:
    """However busy the line is: streamed or not, the reply ends at its time, with the quoted answer and a note."""
    with bench(config={"timeout_s": 30.0, "total_timeout_s": 1.0, "max_retries": 1}) as desk:
        desk.answer("plain")
        desk.provider.chat("system", "user")  # by now everything is imported
        begun = time.monotonic()
        result = desk.answer(behaviour)
        assert isinstance(result.error, ProviderTimeout)
        assert result.fallback is not None
        with pytest.raises(ProviderTimeout):
            desk.provider.chat("system", "user")
        assert time.monotonic() - begun < 2 + SOON_S
        desk.server.gate.set()


def test_the_deadline_is_a_multiple_of_the_wait_where_none_is_set() -> None:
    """Nothing is without end by default."""
    config = LLMConfig(base_url="http://127.0.0.1:9/v1", model="m", timeout_s=3.0)
    assert config.total_s == 12.0
    assert LLMConfig(base_url="http://127.0.0.1:9/v1", model="m", total_timeout_s=5.0).total_s == 5.0


def test_replies_that_would_break_the_reader_are_errors() -> None:
    """JSON nested without end: the quoted answer, or a ProviderError."""
    with bench() as desk:
        assert desk.answer("deep").error is not None
        with pytest.raises(ProviderError):
            desk.provider.chat("system", "user")


def test_an_embedding_server_has_a_deadline_and_sends_nothing_packed() -> None:
    """A server that drips, and one whose small reply would unpack to a large one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads("{}") or gzip.compress(b'{"data": [' + b" " * 10_000_000 + b"]}")
            packed = self.path.startswith("/packed")
            self.send_response(200)
            if packed:
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                if packed:
                    self.wfile.write(body)
                while not packed and not done.wait(0.02):
                    self.wfile.write(b" ")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Silent."""

    done = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        begun = time.monotonic()
        with pytest.raises(ProviderTimeout):
            OpenAIEmbedder("m", base_url=f"{url}/slow", timeout_s=0.25, max_retries=0).embed(["x"])
        assert time.monotonic() - begun < 1 + SOON_S
        with pytest.raises(ProviderError, match="broke off"):
            OpenAIEmbedder("m", base_url=f"{url}/packed", max_retries=0).embed(["x"])
    finally:
        done.set()
        server.shutdown()
        server.server_close()


# -- keys -------------------------------------------------------------------------------------------------------------------------

KEY = "qz7-Lorem.Ipsum_Dolor/99"
KEYS = (
    "sk-proj-a8Kd93jsLq0xY",
    "sk_live_51H8xyzABC",
    "gsk_9aB8c7D6e5F4g3H2",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "Zm9vYmFyQmF6MTIzNDU2Nzg5MA==",
)
SHAPES = (
    "Incorrect API key provided: {}. You can find yours in the settings.",
    "invalid header 'Authorization: Bearer {}'",
    "GET https://host.example/v1/models?api_key={}&page=2 failed",
    '{{"error": {{"key": "{}"}}}}',
    "no quota for {}",
)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("key", [*KEYS, KEY, KEY[3:18], "cXo3LUxvcmVtLklwc3VtX0RvbG9yLzk5", "qz7-Lorem.Ipsum_Dolor%2F99"])
def test_what_looks_like_a_key_is_not_told(shape: str, key: str) -> None:
    """In the words of an error, a header, an address or JSON; the configured key also in part and encoded."""
    know(KEY)
    said = redacted(shape.format(key))
    assert key not in said
    assert key[:10] not in said
    assert str(ProviderError(shape.format(key))) == said


@pytest.mark.parametrize("short", ["hunter2", "letmein", "abc123"])
@pytest.mark.parametrize("shape", ["Bearer {}", "password={};", "key={}&x=1", '"api_key": "{}"', "token: {}"])
def test_short_keys_are_told_by_the_word_before(short: str, shape: str) -> None:
    """What a name such as `key` introduces is one, however plain it looks."""
    assert short not in redacted(shape.format(short))


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:40213/v1 refused the key (401); check the key and what it may use",
        "http://[::1]:11434/v1 knows no such address or model (404): 'model_not_found no such model'; check the base URL",
        "'meta-llama/Meta-Llama-3.1-405B-Instruct-FP8-Turbo' Qwen2.5-Coder-32B-Instruct-GPTQ-Int8 gpt-4o-mini-2024-07-18",
        "This model's maximum context length is 4096 tokens: the token limit, not the key, is at fault",
        "invalid x-api-key",
        "the Bearer token is missing; please set a password",
    ],
)
def test_other_words_stay(text: str) -> None:
    """Addresses, models and what is said about keys."""
    assert redacted(text) == text


def test_no_surface_tells_a_key(bundled: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An error with keys in it: the answer's notes and record, the doctor, the log."""
    caplog.set_level(logging.INFO)
    said = f"Incorrect API key provided: {KEY}, {KEYS[0]}; header Bearer hunter2, retry with ?key=letmein"
    with FakeOpenAI(says=said) as fake:
        fake.behave("leaks")
        settings = load(library=str(bundled), llm_base_url=fake.url, llm_model=fake.model, llm_api_key=SecretStr(KEY), llm_max_retries=0)
        with Assistant.open(settings) as assistant:
            told = json.dumps(assistant.ask("And what is MathOctopus trained on?", history=["What is BLEU?"]).to_dict())
        told += "\n".join(doctor_llm(settings)) + caplog.text
        fake.model = f"model-{KEYS[6]}"
        told += "\n".join(doctor_llm(settings))
        provider = Provider(LLMConfig.from_settings(settings))
        with contextlib.closing(provider), pytest.raises(ProviderError) as caught:
            provider.chat("s", "u")
    told += str(caught.value)
    assert "***" in told
    assert not [key for key in (KEY, KEYS[0], KEYS[6], "hunter2", "letmein") if key in told]
