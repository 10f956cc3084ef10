"""Model servers on this machine: found where they answer, left where they don't, and never waited for beyond a moment."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ui import nearby

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
LISTED = b'{"data": [{"id": "llama"}]}'


class Service:
    """A program on the loopback that takes one connection after another."""

    def __init__(self, said: bytes, *, drip: bytes = b"") -> None:
        """It says `said`, then `drip` again and again until it is closed."""
        self._said, self._drip, self.over = said, drip, threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.reached = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(9999)
                self.reached.set()
                connection.sendall(self._said)
                while self._drip and not self.over.wait(0.2):
                    connection.sendall(self._drip)
            except OSError:
                return

    def close(self) -> None:
        """Whoever still waits is let go."""
        self.over.set()
        self._socket.close()


@pytest.fixture
def dripping() -> Iterator[Service]:
    """A service whose reply never ends, and of which a byte comes within every time-out."""
    service = Service(HEAD + b"content-length: 900000\r\n\r\n", drip=b" ")
    yield service
    service.close()


def test_a_server_that_drips_is_left(dripping: Service) -> None:
    """A byte now and then keeps nobody: the whole reply has a deadline, in the head as well as in the body."""
    head = Service(b"HTTP/1.1 200 OK\r\nx: ", drip=b"x")
    try:
        for service in (dripping, head):
            began = time.monotonic()
            assert nearby.asked(service.port, "odd") is None
            assert time.monotonic() - began < nearby.WHOLE_S + 1.5
    finally:
        head.close()


def test_nobody_waits_for_who_asks(dripping: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one page looks for servers another is told at once what was found before."""
    monkeypatch.setattr(nearby, "PORTS", {dripping.port: "odd"})
    looking = nearby.Nearby(1)
    looking.servers()
    dripping.reached.clear()
    asks = threading.Thread(target=looking.servers, kwargs={"again": True})
    asks.start()
    assert dripping.reached.wait(5)
    began = time.monotonic()
    assert looking.servers() == ()
    assert asks.is_alive()
    assert time.monotonic() - began < nearby.WHOLE_S / 2
    asks.join(10)


def test_what_a_server_lists_is_read_up_to_a_bound() -> None:
    """A short list is taken; a reply of more than 64 KiB is not read to its end."""
    short = Service(HEAD + f"content-length: {len(LISTED)}\r\n\r\n".encode() + LISTED)
    long = LISTED.ljust(nearby.MOST_BYTES + 1)
    longer = Service(HEAD + f"content-length: {len(long)}\r\n\r\n".encode() + long)
    try:
        found = nearby.asked(short.port, "right")
        assert found is not None
        assert found.models == ("llama",)
        assert nearby.asked(longer.port, "too much") is None
    finally:
        short.close()
        longer.close()
