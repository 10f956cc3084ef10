"""Requests for events that the page does not have, or that don't fit them, are refused here.

Gradio looks an event up and counts its arguments without asking whether they are there: whoever misspells a name gets an empty reply or
a 500, and the server's log a stack trace.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException
from fastapi.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.security import App, Message, Receive, Scope, Send

_CALL = re.compile(r"/gradio_api/(call/v2|call|run|api)/([^/]*)(?:/[^/]*)?/?")
_QUEUE = re.compile(r"/gradio_api/queue/(?:join|data)/?")
_BY_NUMBER = "predict"
"""What Gradio's own client calls every event that is not queued, such as Stop: the body has its number."""

_FAILED = b"event: error"
"""The first word of a stream about an event that nobody knows; the failure itself comes behind it."""

_MISFITS = (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError, AssertionError)


class Events:
    """The middleware, right round Gradio; pure ASGI."""

    def __init__(self, app: App, *, functions: Mapping[int, Any]) -> None:
        """Wrap an app; `functions` are the page's, by number."""
        self._app = app
        served = {number: f for number, f in functions.items() if f.fn is not None}
        counts = {number: {len(f.inputs), sum(not block.skip_api for block in f.inputs)} for number, f in functions.items()}
        self._counts: dict[Any, set[int]] = counts | {f.api_name: counts[n] for n, f in served.items() if f.api_name}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass what fits; a reply begins with its first piece, and a failure is held, so that what fails before has a status of its own."""
        call = _CALL.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if call is None and not (scope["type"] == "http" and _QUEUE.fullmatch(scope["path"])):
            await self._app(scope, receive, send)
            return
        body: bytes | None = None
        if scope["method"] == "POST":
            body = await _whole(receive)
        if refusal := self._misfit(call[2] if call else None, body):
            await JSONResponse({"error": refusal[1]}, refusal[0])(scope, receive, send)
            return
        held: list[Message] = []
        under_way = False

        async def receiving() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            whole, body = body, None
            return {"type": "http.request", "body": whole, "more_body": False}

        async def sending(message: Message) -> None:
            nonlocal under_way
            held.append(message)
            piece = message.get("body", b"")
            under_way = under_way or (held[0].get("status", 0) < 500 and bool(piece) and not piece.startswith(_FAILED))
            while under_way and held:
                await send(held.pop(0))

        try:
            await self._app(scope, receiving, sending)
            for message in held:
                await send(message)
        except _MISFITS as error:
            if under_way and isinstance(error.__cause__, HTTPException):
                await send({"type": "http.response.body", "body": b"", "more_body": False})  # the stream has said so itself
                return
            if under_way:
                raise
            status, reason = (404, "there is no such event") if scope["method"] == "GET" else (400, "the arguments don't fit the event")
            await JSONResponse({"error": reason}, status)(scope, receive, send)

    def _misfit(self, name: str | None, body: bytes | None) -> tuple[int, str] | None:
        """Status and reason where there is no event of this name, or number in the body, or where it takes another number of arguments."""
        if name == _BY_NUMBER:
            name = None
        if name is not None and name not in self._counts:
            return 404, "there is no such event"
        try:
            said = json.loads(body) if body else None
        except (ValueError, RecursionError):
            return 400, "the request is no JSON"
        if not isinstance(said, dict):
            return None
        event = said.get("fn_index") if name is None else name
        if isinstance(event, int) and event not in self._counts:
            return 404, "there is no such event"
        data = said.get("data")
        if isinstance(data, list) and isinstance(event, int | str) and len(data) not in self._counts.get(event, {len(data)}):
            return 400, "the event takes another number of arguments"
        return None


async def _whole(receive: Receive) -> bytes:
    """A request's body, whose length was limited before."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)
