"""MCP, over standard input and output and over HTTP: what is offered, what comes back, and within how many characters."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from rag.mcp import MAX_CHARS, Tools, serve
from rag.stopping import Stop

if TYPE_CHECKING:
    from rag.assistant import Assistant

QUESTION = "How accurate is MathOctopus-13B on the MGSM test set?"


def call(name: str, key: int = 1, **given: Any) -> dict[str, Any]:
    """A call of a tool."""
    return {"jsonrpc": "2.0", "id": key, "method": "tools/call", "params": {"name": name, "arguments": given}}


def said(assistant: Assistant, *messages: Any) -> dict[Any, dict[str, Any]]:
    """The replies to messages, by their id."""
    out = io.StringIO()
    lines = [m if isinstance(m, str) else json.dumps(m) for m in messages]
    serve(Tools(lambda: assistant), io.StringIO("\n".join(lines) + "\n"), out)
    return {reply["id"]: reply for reply in map(json.loads, out.getvalue().splitlines())}


def test_a_session_over_standard_input(assistant: Assistant) -> None:
    """Introduced, asked for its tools, called: each request has one reply, a notification none."""
    replies = said(
        assistant,
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        call("ask", 3, question=QUESTION),
        "no JSON",
    )
    assert set(replies) == {1, 2, 3, None}
    assert replies[1]["result"]["protocolVersion"] == "2025-03-26"
    for tool in replies[2]["result"]["tools"]:
        assert tool["annotations"]["readOnlyHint"] is True
        assert set(tool["outputSchema"]["required"]) <= set(tool["outputSchema"]["properties"])
    found = replies[3]["result"]
    assert "47.6%" in found["structuredContent"]["answer"]
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"]
    assert found["structuredContent"]["statements"][0]["citations"][0]["quote"]


@pytest.mark.parametrize("limit", [2000, MAX_CHARS])
def test_results_stay_within_their_length_and_are_paged(assistant: Assistant, limit: int) -> None:
    """Page by page every paper comes once, in order, and no page is longer than was asked."""
    tools = Tools(lambda: assistant)
    page: int | None = 1
    seen: list[str] = []
    while page is not None:
        reply = tools.handle(call("search", query="language models", k=30, max_chars=limit, page=page))
        assert reply is not None
        text = reply["result"]["content"][0]["text"]
        found = reply["result"]["structuredContent"]
        assert len(text) <= limit or len(found["papers"]) == 1
        seen += [paper["paper_id"] for paper in found["papers"]]
        page = found["next_page"]
    assert seen == [h.paper.paper_id for h in assistant.search("language models", k=30)]


@pytest.mark.parametrize(
    ("message", "part"),
    [
        (call("ask", question=" "), "1 to 2000"),
        (call("ask"), "missing"),
        (call("ask", question=QUESTION, colour="red"), "no 'colour'"),
        (call("ask", question=QUESTION, filters={"year_from": "new"}), "year_from"),
        (call("search", query="x", k=1000), "at most 100"),
        (call("paper", paper_id="nobody"), "nobody"),
        (call("ask", question=None), "missing"),
        (call("search", query="x", filters={"year_from": 10**30}), "year_from"),
        (call("search", query="x", filters={"year_to": -10_000}), "year_to"),
        (call("search", query="x", filters={"author": "a" * 2001}), "author must hold at most 2000"),
        (call("search", query="x", filters={"paper_ids": ["a"] * 1001}), "paper_ids must hold at most 1000"),
        (call("ask", question=QUESTION, history=["a"] * 1001), "history must hold at most 1000"),
        (call("ask", question=QUESTION, history=[None]), "history[0]"),
    ],
)
def test_a_call_that_makes_no_sense_says_why(assistant: Assistant, message: dict[str, Any], part: str) -> None:
    """In one line, as a result that the model can read."""
    reply = Tools(lambda: assistant).handle(message)
    assert reply is not None
    assert reply["result"]["isError"] is True
    assert part in reply["result"]["content"][0]["text"]


@pytest.mark.parametrize(
    ("message", "code"), [([], -32600), ({"jsonrpc": "2.0", "id": 1, "method": "x"}, -32601), (call("delete"), -32602)]
)
def test_what_is_not_offered(assistant: Assistant, message: Any, code: int) -> None:
    """JSON-RPC's own errors for what is no request, no method, no tool."""
    reply = Tools(lambda: assistant).handle(message)
    assert reply is not None
    assert reply["error"]["code"] == code


class Slow:
    """An assistant that begins to answer and goes on when its gate is opened."""

    def __init__(self, assistant: Assistant) -> None:
        """`begun` is set when it is asked."""
        self.begun, self.gate, self._assistant = threading.Event(), threading.Event(), assistant

    def stream(self, _question: str, *, stop: Any, **_more: Any) -> Any:
        """The answer's events, once the gate is open."""
        self.begun.set()
        self.gate.wait(5)
        yield from self._assistant.stream(QUESTION, stop=stop)


def test_a_cancelled_call_gives_no_reply(assistant: Assistant) -> None:
    """A cancellation stops the work and the call stays without a reply."""
    slow = Slow(assistant)
    tools = Tools(lambda: slow)  # type: ignore[arg-type,return-value]
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(tools.handle(call("ask", 7, question=QUESTION))))
    thread.start()
    assert slow.begun.wait(5)
    assert tools.handle({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}) is None
    slow.gate.set()
    thread.join(10)
    assert replies == [None]


PING = '{"jsonrpc": "2.0", "id": %s, "method": "ping"}'
NAMED = '{"jsonrpc": "2.0", "id": 1, "method": %s}'
CANCELLED = '{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": %s}'
CALLED = '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": %s}'


@pytest.mark.parametrize(
    ("line", "code"),
    [
        *((PING % odd, -32700) for odd in ("NaN", "1e999", "-Infinity", r'"\ud800"', "9" * 5000, "[" * 100_000)),
        *((PING % odd, -32600) for odd in ("[1]", "{}", "null", "true")),
        *((CALLED % odd, -32602) for odd in ("[1]", '"x"', "5", "0", "[]", "false", "{}", '{"name": ["ask"]}', '{"name": null}')),
        *((CALLED % f'{{"name": "ask", "arguments": {odd}}}', -32602) for odd in ("[]", "0", '"x"', "[1]")),
        *((NAMED % odd, -32600) for odd in ("[]", "{}", "null", "1")),
        *((odd, -32600) for odd in ("5", "null", "[]", '"x"', "{}", '{"jsonrpc": "2.0"}', '{"jsonrpc": "2.0", "id": 1}')),
        *((odd, -32700) for odd in ("[" * 100_000 + "]" * 100_000, b"\xff\xfe", b'"\xed\xa0\x80"', "nope")),
    ],
)
def test_a_malformed_message_is_answered_and_the_next_one_too(line: str | bytes, code: int) -> None:
    """JSON-RPC's own code for each, in one short line; what comes after is answered as ever."""
    out = io.StringIO()
    lines = [line if isinstance(line, bytes) else line.encode(), (PING % 77).encode()]
    serve(Tools(lambda: pytest.fail("no library is needed")), lines, out)
    replies = [json.loads(reply) for reply in out.getvalue().splitlines()]
    assert sorted(str(reply.get("error", {}).get("code")) for reply in replies) == sorted(["None", str(code)])
    assert {"jsonrpc": "2.0", "id": 77, "result": {}} in replies
    assert max(map(len, out.getvalue().splitlines())) < 300


@pytest.mark.parametrize("params", ["[1]", '"x"', "5", '{"requestId": []}', '{"requestId": {}}', '{"requestId": null}', "null"])
def test_an_odd_notification_is_passed_over(params: str) -> None:
    """It has no reply, and ends nothing."""
    out = io.StringIO()
    lines = [CANCELLED % params, PING % 1]
    serve(Tools(lambda: pytest.fail("no library is needed")), lines, out)
    assert [json.loads(reply)["id"] for reply in out.getvalue().splitlines()] == [1]


def test_a_fault_inside_a_call_is_an_error_of_that_call() -> None:
    """A call whose work fails in a way that nobody foresaw has a reply, without a trace."""

    class Broken:
        def search(self, *_: Any, **_more: Any) -> Any:
            raise KeyError("inside")

    out = io.StringIO()
    serve(Tools(Broken), [json.dumps(call("search", 3, query="x"))], out)  # type: ignore[arg-type]
    assert json.loads(out.getvalue())["error"] == {"code": -32603, "message": "search failed: KeyError"}


def test_unset_filters_count_as_none(assistant: Assistant) -> None:
    """Conditions that are null are no conditions."""
    reply = Tools(lambda: assistant).handle(call("search", query="language models", filters={"paper_ids": None, "year_from": None}))
    assert reply is not None
    assert reply["result"]["structuredContent"]["papers"]


def test_a_search_whose_client_left_ends_without_a_reply(assistant: Assistant) -> None:
    """Nobody waits: nothing is said, nothing raised."""
    stop = Stop()
    stop.now()
    assert Tools(lambda: assistant).handle(call("search", query="language models"), stop=stop) is None


def test_a_call_that_has_its_own_end_is_not_cancelled_by_its_number(assistant: Assistant) -> None:
    """Clients that know nothing of each other use the same numbers: a stranger's cancellation, or call, changes nothing."""
    slow = Slow(assistant)
    tools = Tools(lambda: slow)  # type: ignore[arg-type,return-value]
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(tools.handle(call("ask", 7, question=QUESTION), stop=Stop())))
    thread.start()
    assert slow.begun.wait(5)
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
    tools.handle(cancelled, stop=Stop())
    tools.handle(cancelled)
    slow.gate.set()
    thread.join(20)
    assert "47.6%" in replies[0]["result"]["structuredContent"]["answer"]
