"""MCP, over standard input and output and over HTTP: what is offered, what comes back, and within how many characters."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from rag.mcp import MAX_CHARS, Tools, serve

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


def test_a_cancelled_call_gives_no_reply(assistant: Assistant) -> None:
    """A cancellation stops the work and the call stays without a reply."""
    begun, gate = threading.Event(), threading.Event()

    class Slow:
        def stream(self, _question: str, *, stop: Any, **_more: Any) -> Any:
            begun.set()
            gate.wait(5)
            yield from assistant.stream(QUESTION, stop=stop)

    tools = Tools(Slow)  # type: ignore[arg-type]
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(tools.handle(call("ask", 7, question=QUESTION))))
    thread.start()
    assert begun.wait(5)
    assert tools.handle({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}) is None
    gate.set()
    thread.join(10)
    assert replies == [None]
