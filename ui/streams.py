"""Keeps Gradio's page from waiting for an answer that was sent to nobody.

Gradio's server ends a page's stream of results when nothing is left to send, and says so in the stream; its client opens a new one at the
next event, unless it believes the old one to be open still. An event that is on its way while those last words are on theirs is taken
by a server without a stream and told to a client that reads none: the page waits for ever. So the reply to an event that comes just
after the end of a stream is held back until the client must have read that end. On a busy machine one of sixty clicks that followed at
once on the end of another event was lost, and none since. Seen in gradio 6.31; to be deleted when its client looks for events without
an end where it closes a stream.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from ui.leaving import END

if TYPE_CHECKING:
    from ui.security import App, Message, Receive, Scope, Send

PAUSE_S = 0.3
"""How long after the end of a stream replies wait: many times what a message takes to a browser near by."""

_MOST = 1000
_TAIL = 200
_SESSION = re.compile(rb'"session_hash"\s*:\s*"([0-9a-z]{1,40})"')


class StreamOrder:
    """The middleware; pure ASGI, so that streams pass through unbuffered."""

    def __init__(self, app: App) -> None:
        """Wrap an app."""
        self._app = app
        self._ended: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the ends of streams; hold replies to events back."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.endswith("/queue/data"):
            await self._app(scope, receive, self._noting(scope, send))
        elif path.endswith("/queue/join"):
            await self._app(scope, *self._holding(receive, send))
        else:
            await self._app(scope, receive, send)

    def _noting(self, scope: Scope, send: Send) -> Send:
        session = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]

        async def noting(message: Message) -> None:
            if END in message.get("body", b""):
                for old in list(self._ended)[: -_MOST + 1]:
                    del self._ended[old]
                self._ended.pop(session, None)  # the one that ended last stands last, however often it did
                self._ended[session] = asyncio.get_running_loop().time()
            await send(message)

        return noting

    def _holding(self, receive: Receive, send: Send) -> tuple[Receive, Send]:
        tail = b""

        async def reading() -> Message:
            nonlocal tail
            message = await receive()
            tail = (tail + message.get("body", b"")[-_TAIL:])[-_TAIL:]
            return message

        async def holding(message: Message) -> None:
            if message["type"] == "http.response.start":
                sessions = _SESSION.findall(tail)  # the last field that Gradio's client writes
                ended = self._ended.get(sessions[-1].decode()) if sessions else None  # several may follow on one end
                if ended is not None:
                    await asyncio.sleep(ended + PAUSE_S - asyncio.get_running_loop().time())
            await send(message)

        return reading, holding
