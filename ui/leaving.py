"""Notices when whoever asked has gone, so that nobody's answer is worked on.

A framework looks for that only where it sends; an answer that is still being worked out sends nothing. Here the connection is listened to
for as long as the request is under way. A request carries its `Gone`; where Gradio runs an event apart from the request that started it,
the end of the page's stream counts, by the name of its session or of the event.

A page that has read the last words of its stream closes it. That is no leaving, and Gradio must not hear of it: it would drop whatever the
page has asked for since (6.31).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from ui.security import App, Message, Receive, Scope, Send

_KEY = "footnote.gone"
_AHEAD = 4
END = b'"close_stream"'
"""In the last words of a page's stream."""

_EVENT = re.compile(r"/gradio_api/call/(?:v2/)?[^/]+/([^/]+)/?")


class Gone:
    """What happens when the client of a request hangs up."""

    def __init__(self) -> None:
        """It is still there."""
        self._calls: list[Callable[[], None]] = []
        self._gone = False

    def then(self, call: Callable[[], None]) -> None:
        """Have `call` run when it hangs up; at once where it has."""
        self._calls.append(call)
        if self._gone:
            call()

    def now(self) -> None:
        """It has hung up."""
        self._gone = True
        for call in self._calls:
            call()


def of(scope: MutableMapping[str, Any]) -> Gone:
    """The one of a request; for a request that nobody listens to, one that never happens."""
    found = scope.get(_KEY)
    return found if isinstance(found, Gone) else Gone()


class Leaving:
    """The middleware; pure ASGI, so that streams pass through unbuffered."""

    def __init__(self, app: App, *, left: Callable[[str], None]) -> None:
        """Wrap an app; `left` is told the session, or event, whose stream was cut."""
        self._app, self._left = app, left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Listen while the request is under way."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        gone = scope[_KEY] = Gone()
        for name in _streamed(scope):
            gone.then(lambda name=name: self._left(name))  # type: ignore[misc] # a default that binds
        messages: asyncio.Queue[Message | BaseException] = asyncio.Queue(_AHEAD)
        last: Message | None = None
        complete = last_words = False

        async def listen() -> None:
            while True:
                try:
                    message: Message | BaseException = await receive()
                except Exception as error:  # noqa: BLE001 - raised again where the app reads
                    message = error
                ended = isinstance(message, BaseException) or message["type"] == "http.disconnect"
                if ended and not isinstance(message, BaseException) and not complete:
                    gone.now()
                await messages.put(message)
                if ended:
                    return

        async def receiving() -> Message:
            nonlocal last
            if last is not None:
                return last
            message = await messages.get()
            if isinstance(message, BaseException):
                raise message
            if message["type"] == "http.disconnect":
                if last_words:
                    await asyncio.Event().wait()  # until whoever listens is told to stop, at the end of the reply
                last = message
                messages.put_nowait(message)  # for whoever waits as well
            return message

        async def sending(message: Message) -> None:
            nonlocal complete, last_words
            if message["type"] == "http.response.body":
                last_words = last_words or END in message.get("body", b"")
                complete = complete or last_words or not message.get("more_body")
            await send(message)

        listening = asyncio.create_task(listen())
        try:
            await self._app(scope, receiving, sending)
        finally:
            complete = True
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


def _streamed(scope: Scope) -> list[str]:
    """The session or the event whose results a request streams."""
    path = scope["path"]
    if path.endswith("/queue/data"):
        return parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])[:1]
    found = _EVENT.fullmatch(path)
    return [found[1]] if found and scope["method"] == "GET" else []
