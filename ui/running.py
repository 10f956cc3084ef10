"""A synchronous stream of events, read in a thread and handed to the event loop as it comes; it can be stopped from anywhere at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from rag.assistant import Stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from rag.answering.events import Event


class Running:
    """One answer under way. Iterate `events` once; `stop` ends it, from any thread and more than once."""

    def __init__(self, start: Callable[[Stop], Iterator[Event]]) -> None:
        """Nothing runs before `events` is iterated."""
        self._start = start
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = Stop()

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
            self._stop.now()

    def stop(self) -> None:
        """End it: the reader, the work and the model's stream."""
        self._post(None)
        self._stop.now()

    def _pump(self) -> None:
        try:
            if not self._stop:
                for event in self._start(self._stop):
                    self._post(event)
                    if self._stop:
                        break
        except BaseException as error:  # noqa: BLE001 - it is raised again where the events are read
            self._post(error)
        finally:
            self._post(None)

    def _post(self, item: Event | BaseException | None) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody listens any more
                self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
