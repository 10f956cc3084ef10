"""Whoever leaves in the middle is noticed; a page that closes its stream after its last words has not left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.responses import StreamingResponse

from ui.leaving import END, Leaving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping

LAST = b'data: {"msg":' + END + b"}\n\n"
assert END in LAST


async def _told(body: bytes) -> tuple[list[str], list[str]]:
    """What a stream whose client hangs up on `body` comes to: the sessions said to have left, and how the work on it ended."""
    left: list[str] = []
    ends: list[str] = []
    hung_up = asyncio.Event()

    async def words() -> AsyncIterator[bytes]:
        try:
            yield body
            for _ in range(20):  # the server is busy; by now the disconnection has been heard of
                await asyncio.sleep(0)
            ends.append("finished")
        except asyncio.CancelledError:
            ends.append("cut")
            raise

    async def receive() -> dict[str, Any]:
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message.get("body") == body:
            hung_up.set()

    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": "/gradio_api/queue/data", "query_string": b"session_hash=abc",
        "headers": [], "asgi": {"version": "3.0", "spec_version": "2.3"},
    }  # fmt: skip
    response = StreamingResponse(words(), media_type="text/event-stream")
    await asyncio.wait_for(Leaving(response, left=left.append)(scope, receive, send), 20)
    return left, ends


@pytest.mark.parametrize(
    ("body", "left", "ends"), [(LAST, [], ["finished"]), (b'data: {"msg": "process_starts"}\n\n', ["abc"], ["cut"])], ids=["last", "middle"]
)
def test_only_a_stream_that_is_cut_has_been_left(body: bytes, left: list[str], ends: list[str]) -> None:
    """After the last words hanging up ends nothing, so that what the page asks for next is not dropped; in the middle it ends the work."""
    assert asyncio.run(_told(body)) == (left, ends)
