"""Requests that do not get finished are closed in time, however they drag on; honest ones are not."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from ui import patience
from ui.patience import Patient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ui.security import Receive, Scope, Send

LIMIT_S = 1.0
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Replies with the length of the body, late where asked to; to `/early` before the body has come."""
    size, more = 0, scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    if scope["path"] == "/slow":
        import asyncio

        await asyncio.sleep(LIMIT_S * 2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(str(size))).encode())]})
    await send({"type": "http.response.body", "body": str(size).encode()})


class _Quick(Patient):
    limit_s = LIMIT_S


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with a shorter patience than the real one."""
    app: Any = _echo
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=_Quick, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)


def dragged(port: int, begin: bytes, piece: bytes, every_s: float = 0.1) -> float:
    """Send the beginning, then a piece now and then; after how many seconds the server closed."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        try:
            line.sendall(begin)
            while time.monotonic() - began < 30:
                line.settimeout(every_s)
                try:
                    if not line.recv(1000):
                        break
                except TimeoutError:
                    line.sendall(piece)
        except ConnectionError:
            pass
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"G", b""),
        (HEAD, b"x: y\r\n"),
        (HEAD + b"x: ", b"y"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"z"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b""),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n"),
        (HEAD.replace(b"/ ", b"/early ") + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + HEAD, b"x: y\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"G"),
    ],
)
def test_what_drags_on_is_closed(port: int, begin: bytes, piece: bytes) -> None:
    """Nothing, half a head, headers without end, bodies by the byte, on a fresh connection and after a request that was answered."""
    assert dragged(port, begin, piece) < LIMIT_S + 4


def test_a_head_without_end_is_refused_before_its_time_is_up(port: int) -> None:
    """Sent as fast as it goes, it is not collected in memory."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line, contextlib.suppress(ConnectionError):
        line.sendall(HEAD)
        while sent < 1_000_000_000:
            line.sendall(b"x: " + b"y" * 8000 + b"\r\n")
            sent += 8000
    assert sent < 50_000_000


def test_honest_requests_are_left_alone(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes longer, a connection used again, and a large body over a slow line that keeps moving."""
    monkeypatch.setattr(patience, "LEAST_RATE", 2000)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        for _ in range(2):
            line.sendall(HEAD.replace(b"/ ", b"/slow ") + b"Content-Length: 2\r\n\r\nok")
            assert line.recv(1000).endswith(b"2")
        line.sendall(HEAD + b"Content-Length: 12000\r\n\r\n")
        for _ in range(12):
            time.sleep(LIMIT_S / 4)
            line.sendall(b"z" * 1000)
        assert line.recv(1000).endswith(b"12000")


def test_the_real_limit_is_half_a_minute() -> None:
    """As it is promised."""
    assert Patient.limit_s == patience.LIMIT_S == 30
