"""A deadline for a whole exchange with a server, beside the client's own, which only knows the time between two bytes.

A server that sends a byte now and then, comments alone, or thoughts without end would never be late otherwise. Works on the reads of
the thread at hand: the client's connections are shared.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_BYTES = 64 << 20
"""Longest reply of a server."""

_here = threading.local()


class _Limit:
    """What one exchange may take."""

    def __init__(self, ends_at: float | None, opened: Callable[[Any], None] | None) -> None:
        self.ends_at, self.opened, self.left_bytes = ends_at, opened, MOST_BYTES


@contextlib.contextmanager
def limited(ends_at: float | None, opened: Callable[[Any], None] | None = None) -> Iterator[None]:
    """Within, reads and writes of this thread fail with a time-out at `ends_at` (monotonic), and as broken off beyond `MOST_BYTES`.

    `opened` is told the socket as soon as something is sent on it.
    """
    before = getattr(_here, "limit", None)
    _here.limit = _Limit(ends_at, opened)
    try:
        yield
    finally:
        _here.limit = before


def watch(client: httpx.Client) -> httpx.Client:
    """The client, its connections made so that `limited` holds for them. httpx has no public place for that."""
    for transport in {client._transport, *client._mounts.values()}:  # noqa: SLF001
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001
    client.headers["accept-encoding"] = "identity"
    client.event_hooks = {**client.event_hooks, "response": [_plain, *client.event_hooks["response"]]}
    return client


def _plain(response: httpx.Response) -> None:
    """Nothing packed was asked for, and what it would unpack to can't be told."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise httpx.DecodingError("a packed reply, which was not asked for", request=response.request)


class _Backend:
    """httpcore's way to connections."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **more: Any) -> _Stream:
        return _Stream(self._inner.connect_tcp(host, port, timeout=_left(timeout), **more))

    def connect_unix_socket(self, path: str, timeout: float | None = None, **more: Any) -> _Stream:
        return _Stream(self._inner.connect_unix_socket(path, timeout=_left(timeout), **more))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
    """A connection."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        limit: _Limit | None = getattr(_here, "limit", None)
        found: bytes = self._inner.read(max_bytes, timeout=_left(timeout))
        if limit is not None:
            limit.left_bytes -= len(found)
            if limit.left_bytes < 0:
                raise httpx.ReadError(f"a reply of more than {MOST_BYTES >> 20} MiB")
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        limit: _Limit | None = getattr(_here, "limit", None)
        if limit is not None and limit.opened is not None:
            opened, limit.opened = limit.opened, None
            opened(self._inner.get_extra_info("socket"))
        self._inner.write(buffer, timeout=_left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout=_left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    """The time-out of the next step: the client's, or what is left of the whole."""
    limit: _Limit | None = getattr(_here, "limit", None)
    if limit is None or limit.ends_at is None:
        return timeout
    left = limit.ends_at - time.monotonic()
    if left <= 0:
        raise httpx.ReadTimeout("the time for the whole exchange is up")
    return left if timeout is None else min(timeout, left)
