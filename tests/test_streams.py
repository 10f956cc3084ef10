"""The reply to an event waits until the end of the stream before it must have been read; all other replies go out at once."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ui.streams import PAUSE_S, StreamOrder

if TYPE_CHECKING:
    from ui.security import Message, Receive, Scope, Send


async def _server(scope: Scope, receive: Receive, send: Send) -> None:
    """Gradio as far as it matters here: a stream with two messages, and replies to events."""
    if scope["path"].endswith("/data"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for kind in ("process_completed", "close_stream"):
            await send({"type": "http.response.body", "body": b"data: " + json.dumps({"msg": kind}).encode().replace(b": ", b":")})
    else:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _called(app: StreamOrder, path: str, session: str) -> float:
    """Call the app; when its reply began, on the loop's clock."""
    loop, began = asyncio.get_running_loop(), []
    said = json.dumps({"data": ["x" * 500, '"session_hash": "other"'], "session_hash": session}).encode()
    parts: list[Message] = [
        {"type": "http.request", "body": said[:300], "more_body": True},
        {"type": "http.request", "body": said[300:], "more_body": False},
    ]

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            began.append(loop.time())

    scope: dict[str, Any] = {"type": "http", "path": path, "query_string": f"session_hash={session}".encode()}
    await app(scope, receive, send)
    return began[0]


def test_an_event_just_after_the_end_of_a_stream_is_answered_later() -> None:
    """All events that follow at once wait, those of other pages and later ones don't."""

    async def main() -> None:
        app = StreamOrder(_server)
        ended = await _called(app, "/gradio_api/queue/data", "abc")
        other, first, second = await asyncio.gather(*(_called(app, "/gradio_api/queue/join", one) for one in ("xyz", "abc", "abc")))
        assert other < ended + PAUSE_S <= min(first, second) + 0.01
        later = await _called(app, "/gradio_api/queue/join", "abc")
        assert later < max(first, second) + PAUSE_S

    asyncio.run(main())
