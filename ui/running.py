"""A synchronous stream of events, read in a thread and handed to the event loop as it comes; it can be stopped from anywhere at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from rag.answering.events import Event


class Running:
    """One answer under way. Iterate `events` once; `stop` ends it, from any thread and more than once."""

    def __init__(self, start: Callable[[], Iterator[Event]]) -> None:
        """Nothing runs before `events` is iterated."""
        self._start = start
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stream: Iterator[Event] | None = None
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called before the last event had come."""
        return self._stopped.is_set()

    async def events(self) -> AsyncIterator[Event]:
        """The events in order; errors of the stream are raised here. Ends early after `stop`."""
        self._loop = asyncio.get_running_loop()
        # A daemon: a model that does not answer must not keep the server from ending.
        threading.Thread(target=self._pump, name="answer", daemon=True).start()
        try:
            while (item := await self._queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
                if item.kind == "done":
                    return
        finally:
            self._cut()

    def stop(self) -> None:
        """End it: the reader at once, the stream as soon as it can be reached."""
        self._stopped.set()
        self._cut()
        self._post(None)

    def _cut(self) -> None:
        """Reach into the stream where it allows that from another thread; a plain generator ends at its next event."""
        self._stopped.set()
        stop = getattr(self._stream, "stop", None)
        if stop is not None:
            stop()

    def _pump(self) -> None:
        try:
            if not self._stopped.is_set():
                self._stream = self._start()
                for event in self._stream:
                    if self._stopped.is_set():
                        break
                    self._post(event)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the events are read
            self._post(error)
        finally:
            close = getattr(self._stream, "close", None)
            if close is not None:
                close()
            self._post(None)

    def _post(self, item: Event | BaseException | None) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody listens any more
                self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
