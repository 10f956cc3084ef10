"""Around the answer: follow-ups, prices, and what `doctor --llm` finds."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.openai_server import Asked, FakeOpenAI
from llm_kit import bench
from pydantic import SecretStr

from rag.answering import prices
from rag.answering.conversation import remembered
from rag.answering.diagnosis import doctor_llm
from rag.answering.provider import LLMConfig, Provider
from rag.answering.reply_stream import ReplyStream
from rag.config import load
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTORY = [("What is Foo?", "Foo is a parser. [1]"), ("Who wrote it?", "")]


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    """A server that wants a key."""
    with FakeOpenAI(key="right") as running:
        yield running


def test_a_follow_up_is_condensed_by_the_model() -> None:
    """The conversation goes along, without [n]; the one line that comes back is the question, and its tokens count."""
    with bench() as desk:
        desk.server.writer = lambda _asked: ["On which data sets is Foo tested?"]
        text, usage, note = desk.answerer.condense("And on which data sets?", HISTORY, offline=lambda: "offline")
        assert (text, note) == ("On which data sets is Foo tested?", None)
        assert usage is not None
        messages = desk.server.requests[0].body["messages"]
        assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
        assert messages[2]["content"] == "Foo is a parser."


def test_without_history_nothing_is_asked() -> None:
    """A first question is its own standalone form."""
    with bench() as desk:
        assert desk.answerer.condense("What is Foo?", [], offline=lambda: "offline") == ("What is Foo?", None, None)
        assert desk.server.requests == []


@pytest.mark.parametrize("reply", ["", "x" * 500, "One line.\nAnd another.", "NOT STATED IN THE EVIDENCE"])
def test_a_condensed_question_that_is_none_is_not_taken(reply: str) -> None:
    """The offline way stands in, and a note says so."""
    with bench() as desk:
        desk.server.writer = lambda _asked: [reply]
        text, _usage, note = desk.answerer.condense("And then?", HISTORY, offline=lambda: "offline")
        assert text == "offline"
        assert note is not None


def test_a_failing_server_leaves_the_offline_way() -> None:
    """No key, no condensing; the question is put together offline."""
    with bench() as desk:
        desk.server.behave("unauthorised")
        text, usage, note = desk.answerer.condense("And then?", HISTORY, offline=lambda: "offline")
        assert (text, usage) == ("offline", None)
        assert "refused the key" in str(note)


def test_long_histories_stay_within_the_budget() -> None:
    """The oldest turns are dropped first, and a monstrous one is cut."""
    with bench(config={"context_tokens": 2000}) as desk:
        long = [(f"Question {n}? " + "word " * 300, "answer " * 300) for n in range(20)]
        kept = remembered(desk.provider, [*long, ("Last?", "Yes.")])
        count = desk.provider.counter()[0]
        assert sum(count(text) for _role, text in kept) <= 500
        assert kept[-2:] == [("user", "Last?"), ("assistant", "Yes.")]


def test_doctor_names_the_first_problem(server: FakeOpenAI) -> None:
    """Address, key, model and reply are tried in turn; each problem is one line."""
    good = {"llm_base_url": server.url, "llm_model": server.model, "llm_api_key": SecretStr("right"), "llm_max_retries": 0}
    assert [line.partition(":")[0] for line in doctor_llm(load(**good))][:2] == ["ok", "ok"]
    assert "FOOTNOTE_LLM_BASE_URL" in doctor_llm(load())[0]
    wrong_key = doctor_llm(load(**good | {"llm_api_key": SecretStr("wrong")}))
    assert wrong_key[-1].startswith("problem:")
    assert "refused the key" in wrong_key[-1]
    wrong_model = doctor_llm(load(**good | {"llm_model": "fake-modle"}))
    assert "'fake-modle'; it offers fake-model" in wrong_model[-1]
    wrong_address = doctor_llm(load(**good | {"llm_base_url": "http://127.0.0.1:9/v1", "llm_connect_timeout_s": 1.0}))
    assert "can't be reached" in wrong_address[-1]
    server.writer = _nothing
    assert any("was empty" in line for line in doctor_llm(load(**good)))


def test_a_model_needs_an_address_and_a_name() -> None:
    """A key alone configures nothing."""
    with pytest.raises(ConfigError, match="FOOTNOTE_LLM_MODEL"):
        LLMConfig.from_settings(load(llm_api_key=SecretStr("k"), llm_base_url="http://127.0.0.1:1/v1"))


def test_the_price_schema_is_the_one_that_is_checked() -> None:
    """`docs/prices.schema.json` is made from the model that reads price files."""
    shipped = json.loads((Path(__file__).parents[1] / "docs" / "prices.schema.json").read_text(encoding="utf-8"))
    assert shipped == prices.Prices.model_json_schema()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "JSON"),
        ('{"models": {"m": {"input_usd_per_million": -1}}}', "input_usd_per_million"),
        ('{"x": 1}', "x"),
    ],
)
def test_a_bad_price_file_is_one_line(tmp_path: Path, content: str, said: str) -> None:
    """The file, the place in it, and where the schema is."""
    path = tmp_path / "prices.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        prices.load(path)
    with pytest.raises(ConfigError, match="can't be read"):
        prices.load(tmp_path / "absent.json")


def test_prices_by_model(tmp_path: Path) -> None:
    """A model without a price costs an unknown amount."""
    path = tmp_path / "prices.json"
    path.write_text(
        '{"as_of": "2026-01-01", "models": {"m": {"input_usd_per_million": 3, "output_usd_per_million": 15}}}', encoding="utf-8"
    )
    assert prices.load(path).cost_usd("m", 1_000_000, 100_000) == pytest.approx(4.5)
    assert prices.load(path).cost_usd("n", 1, 1) is None
    assert prices.load(None).models == {}


def _nothing(_asked: Asked) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("chunks", "text", "finish", "tokens"),
    [
        ([{"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}], "Yes.", "stop", (None, None)),
        (
            [{"choices": [{"delta": {"role": "assistant"}}]}, {"choices": [{"delta": {"content": "No."}}], "usage": None}],
            "No.",
            None,
            (None, None),
        ),
        ([{"choices": None}, {"choices": [{"delta": None, "finish_reason": "length"}]}], "", "length", (None, None)),
        ([{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}], "", None, (7, 2)),
        ([{"usage": {"prompt_tokens": 7}}], "", None, (7, None)),
        ([{"id": "x", "choices": [{"delta": {"content": None, "reasoning_content": "Hm."}}]}], "", None, (None, None)),
    ],
)
def test_chunks_of_all_shapes(chunks: list[dict[str, Any]], text: str, finish: str | None, tokens: tuple[int | None, int | None]) -> None:
    """Servers leave out, or send as null, what has no value in a chunk."""
    with contextlib.closing(Provider(LLMConfig(base_url="http://127.0.0.1:9/v1", model="any"))) as provider:
        stream = ReplyStream(provider, [])
        for chunk in chunks:
            stream._pass_on(chunk)
        stream._pass_held()
    said = [stream._queue.get() for _ in range(stream._queue.qsize())]
    assert said == ([text] if text else [])
    assert (stream.finish_reason, (stream.prompt_tokens, stream.completion_tokens)) == (finish, tokens)
