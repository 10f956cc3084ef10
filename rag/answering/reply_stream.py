"""A model's reply as it comes, which can be stopped at once from any thread."""

from __future__ import annotations

import queue
import re
import threading
from typing import TYPE_CHECKING, Any

from rag import network
from rag.answering.provider import shut
from rag.errors import BadReply, ContentRefused, FootnoteError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    import httpx

    from rag.answering.provider import Provider

_THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
"""Fields in which servers hand on thoughts."""

_MARKS = re.compile(r"[.!?。！？:;\n\[\]【】]")  # noqa: RUF001
_JUST_BEHIND, _LONGEST_HELD = 24, 200
"""Characters: behind a mark, and without one."""

_CHARS_PER_TOKEN = 12  # more than any language has: a reply beyond max_output_tokens times this ignores the limit


class ReplyStream:
    """Text as the model writes it, a few words at a time. Iterate once; `stop` ends it from any thread at once and shuts the connection.

    A thread of its own reads, so that a stop never waits for the server. After the end `finish_reason` and the token counts hold what
    the server said (None where it said nothing), `overlong` tells that it wrote on past the limit it was given,
    `thought` that it sent thoughts.
    """

    def __init__(self, provider: Provider, messages: list[tuple[str, str]], *, ends_at: float | None = None) -> None:
        """Nothing is sent before the first `next`. The reply has the provider's time, and that until `ends_at` (monotonic)."""
        self.finish_reason: str | None = None
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self.overlong = False
        self.thought = False
        self._provider = provider
        self._messages = messages
        self._ends_at = ends_at
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None
        self._response: httpx.Response | None = None
        self._queue: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._held, self._behind = "", 0

    def __iter__(self) -> Iterator[str]:
        """Pieces of text in order, until the reply ends or is stopped; raises the ProviderError that ended it."""
        self._provider.meet()  # here: a stop of this thread's work ends the wait
        self._thread = threading.Thread(target=self._read, name="llm-reply", daemon=True)
        self._thread.start()
        limit = self._provider.config.max_output_tokens * _CHARS_PER_TOKEN
        try:
            while not self._stopped.is_set():
                item = self._queue.get()
                if item is None or self._stopped.is_set():
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
                limit -= len(item)
                if limit < 0:
                    self.overlong = True
                    return
        finally:
            self.stop()

    def stop(self) -> None:
        """End it; safe at any time, from any thread, more than once."""
        self._stopped.set()
        self._queue.put(None)
        self._shut()

    def join(self, timeout_s: float) -> bool:
        """Wait for the reading thread; whether it has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return True

    def opened(self, response: httpx.Response) -> None:
        """The response has begun."""
        self._response = response

    def _connected(self, connection: socket.socket) -> None:
        """From now on `stop` shuts it."""
        self._socket = connection
        if self._stopped.is_set():
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            shut(self._socket)

    def _read(self) -> None:
        self._provider.waiting_here(self)
        end: Exception | None = None
        ends_at = self._provider.ends_at() if self._ends_at is None else min(self._ends_at, self._provider.ends_at())
        try:
            with network.limited(ends_at, self._connected):
                pieces, first = self._provider.tried(self._begin, self._stopped, ends_at=ends_at)
                self._pass_on(first)
                for piece in pieces:
                    if self._stopped.is_set():
                        break
                    self._pass_on(piece)
            if self.finish_reason == "content_filter":
                end = ContentRefused(f"{self._provider.server}'s filter refused the content")
            elif self.finish_reason is None:
                end = BadReply(f"{self._provider.server} ended its reply half-way")
        except FootnoteError as error:
            end = error
        except Exception as error:  # noqa: BLE001 - whatever ends this thread has to reach the one that waits
            end = self._provider.translated(error)
        finally:
            self._provider.waiting_here(None)
            if self._response is not None:
                # The client's stream is part of a reference cycle: left to itself, it keeps the connection until a collection.
                self._response.close()
            self._pass_held()
            self._queue.put(end)

    def _begin(self) -> tuple[Iterator[Any], Any]:
        pieces = self._provider.chunks(self._messages)
        try:
            return pieces, next(pieces)
        except StopIteration:
            raise BadReply(f"{self._provider.server} sent an empty reply, or one that is no event stream") from None

    def _pass_on(self, piece: Any) -> None:
        if piece.get("done"):
            self.finish_reason = self.finish_reason or "stop"
            return
        if usage := piece.get("usage"):
            self.prompt_tokens, self.completion_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
        choices = piece.get("choices") or ()
        for choice in choices:
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        said = (choices[0].get("delta") or {}) if choices else {}
        self.thought = self.thought or any(said.get(name) for name in _THOUGHTS)
        delta = text_in(said.get("content"))
        if delta:
            self._held += delta
            # Only where a sentence may end, and just behind, has the waiting thread anything to do; waking it for each token costs more
            # than reading the token.
            self._behind = 0 if _MARKS.search(delta) else self._behind + len(delta)
            if self._behind < _JUST_BEHIND or len(self._held) > _LONGEST_HELD:
                self._pass_held()

    def _pass_held(self) -> None:
        if self._held:
            self._queue.put(self._held)
            self._held = ""


def text_in(content: Any) -> str:
    """The text of a content, which may be in parts of which some are thoughts."""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict) and part.get("type", "text") == "text")
    return content if isinstance(content, str) else ""
