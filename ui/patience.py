"""How long a request may take to arrive: a client that sends a byte now and then would hold its connection for ever.

The head has `LIMIT_S`, the body as well and on top what an honest slow line needs. uvicorn (0.54) has limits between requests only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

LIMIT_S = 30.0
LEAST_RATE = 10_000
"""Bytes a second of a body: what came is worth so much more time, in which the rest may come."""

LONGEST_HEAD = 65_536
"""Bytes of a head."""

_REPLY = b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Patient(HttpToolsProtocol):
    """uvicorn's protocol, which closes a connection whose request does not get finished."""

    limit_s = LIMIT_S
    _timer: asyncio.TimerHandle | None = None
    _body = False
    _since, _got = 0.0, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is awaited from now on."""
        super().connection_made(transport)
        self._await()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A piece of a request; the first one of the next request starts its time."""
        if self._timer is None:
            self._await()
        self._got += len(data)
        super().data_received(data)
        if self._timer is not None and not self._body and self._got > LONGEST_HEAD:
            self._end(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """One request may end and the next begin in one piece."""
        super().on_message_begin()
        if self._timer is None:
            self._await()

    def on_headers_complete(self) -> None:
        """What comes now is the body."""
        super().on_headers_complete()
        self._body = True

    def on_message_complete(self) -> None:
        """The request is whole: however long its answer takes, nothing is awaited."""
        super().on_message_complete()
        self._rest()

    def _await(self) -> None:
        self._since, self._got, self._body = self.loop.time(), 0, False
        self._timer = self.loop.call_later(self.limit_s, self._look)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Time is up, or would be, had not much of a body come."""
        self._timer = None
        if self.transport.is_closing() or self.transport.get_protocol() is not self:  # a WebSocket's now
            return
        arriving = self._body and not self.cycle.response_complete
        left = self._since + self.limit_s + (self._got / LEAST_RATE if arriving else 0.0) - self.loop.time()
        if arriving and self.flow.read_paused:
            left = self.limit_s  # it is this server that takes its time
        if left > 0.05:
            self._timer = self.loop.call_later(left, self._look)
        else:
            self._end(b"408 Request Timeout" if self._got and not self._body else b"")

    def _end(self, status: bytes) -> None:
        self._rest()
        if status:
            self.transport.write(_REPLY % status)
            self.transport.close()
        else:
            self.transport.abort()
