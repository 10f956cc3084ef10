"""Model servers on this machine: the usual ports of the loopback are asked for their models. Nothing else is called, and no key is sent."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from rag.network import limited, watch

PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8000: "vLLM"}
"""Where the programs listen that people use, unless told otherwise."""

WAIT_S, WHOLE_S, FRESH_S = 0.8, 1.5, 20.0
"""How long a server may take over one byte, and over all of its reply; and how long what was found counts."""

MOST_BYTES, MOST_MODELS = 64 << 10, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A program that serves models: what it most likely is, its address, and the models that it offers."""

    name: str
    base_url: str
    models: tuple[str, ...]


class Nearby:
    """Looks, and remembers for a moment what was found. Safe for many threads."""

    def __init__(self, own_port: int) -> None:
        """`own_port` is Footnote's, which offers itself as a model."""
        self._ports = {port: name for port, name in PORTS.items() if port != own_port}
        self._guard = threading.Lock()
        self._found: tuple[Server, ...] = ()
        self._at = 0.0

    def servers(self, *, again: bool = False) -> tuple[Server, ...]:
        """The servers that answer, in the order of `PORTS`."""
        with self._guard:
            if not again and self._at and time.monotonic() - self._at <= FRESH_S:
                return self._found
        with ThreadPoolExecutor(len(self._ports)) as pool:  # nobody waits for who asks, which takes WHOLE_S at most
            found = tuple(server for server in pool.map(lambda one: asked(*one), self._ports.items()) if server is not None)
        with self._guard:
            self._found, self._at = found, time.monotonic()
        return found


def asked(port: int, name: str) -> Server | None:
    """The server on a port, if one lists models there."""
    base_url = f"http://127.0.0.1:{port}/v1"
    try:
        with (
            limited(time.monotonic() + WHOLE_S),
            watch(httpx.Client(trust_env=False, timeout=WAIT_S)) as http,
            http.stream("GET", f"{base_url}/models") as reply,
        ):
            body = b""
            for piece in reply.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    return None
            if reply.status_code != 200:
                return None
            listed = httpx.Response(200, content=body).json()["data"]
            models = tuple(str(one["id"])[:200] for one in listed)[:MOST_MODELS]
    except (httpx.HTTPError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Server(name=name, base_url=base_url, models=models) if models and "footnote" not in models else None
