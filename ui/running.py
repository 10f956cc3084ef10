"""A synchronous stream of events, read in a thread and handed to the event loop as it comes; it can be stopped from anywhere at once."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
from typing import TYPE_CHECKING

from rag.answering.turns import TURNS, Urgency
from rag.assistant import Stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from rag.answering.events import Event

WRITING = "writing"
"""The step after which a stream waits for a model more than it computes."""


class Running:
    """One answer under way. Iterate `events` or `batches` once; `stop` ends it, from any thread and more than once."""

    def __init__(self, start: Callable[[Stop], Iterator[Event]], limit_s: float | None = None) -> None:
        """Nothing runs before it is iterated; `limit_s` seconds from now on AnswerTimeout is raised."""
        self._start = start
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = Stop(limit_s)
        self.busy = False

    async def batches(self, pause_s: Callable[[], float]) -> AsyncIterator[list[Event]]:
        """The events in order; those that come within `pause_s()` come together, so that a step does not go out just before a sentence.

        The first statement and the end wait for nothing.
        """
        loop = asyncio.get_running_loop()
        stated = False
        async for event in self.events():
            found, came = [event], loop.time()
            while not self._pressing(found[-1], stated=stated) and (rest := came + pause_s() - loop.time()) > 0:
                try:
                    item = await asyncio.wait_for(self._queue.get(), rest)
                except TimeoutError:
                    break
                if item is None or isinstance(item, BaseException):
                    self._queue.put_nowait(item)
                    break
                found.append(item)
            while found[-1].kind != "done" and not self._queue.empty():
                item = self._queue.get_nowait()
                if item is None or isinstance(item, BaseException):
                    self._queue.put_nowait(item)
                    break
                found.append(item)
            stated = stated or any(e.kind == "statement" for e in found)
            yield found
            if found[-1].kind == "done":
                return

    async def events(self) -> AsyncIterator[Event]:
        """The events in order; errors of the stream are raised here. Ends early after `stop`."""
        self._loop = asyncio.get_running_loop()
        # Ends with the process: a model that does not answer must not keep the server from ending. `Thread.start` would halt the loop until
        # the new thread gets its turn.
        _thread.start_new_thread(self._pump, ())
        left_s = self._stop.left_s
        # The thread may be waiting for its turn, or in the middle of a step: it ends behind this.
        late = None if left_s is None else self._loop.call_later(max(0.0, left_s), self._queue.put_nowait, self._stop.too_late())
        try:
            while (item := await self._queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
                if item.kind == "done":
                    return
        finally:
            if late is not None:
                late.cancel()
            self._stop.now()

    @staticmethod
    def _pressing(event: Event, *, stated: bool) -> bool:
        return event.kind == "done" or (event.kind == "statement" and not stated)

    def stop(self) -> None:
        """End it: the reader, the work and the model's stream."""
        self._post(None)
        self._stop.now()

    def _pump(self) -> None:
        self.busy = True
        try:
            for event in self._worked():
                self._post(event)
                if self._stop:
                    break
        except BaseException as error:  # noqa: BLE001 - it is raised again where the events are read
            self._post(error)
        finally:
            self.busy = False
            self._post(None)

    def _worked(self) -> Iterator[Event]:
        """The events of the stream. Searching and reading keep a core busy: in turn they end sooner than all at once."""
        if self._stop:
            return
        stream = self._start(self._stop)
        with TURNS.take(Urgency.ASKED):
            if self._stop:
                return
            for event in stream:
                yield event
                if event.kind != "step" or event.text == WRITING:
                    break
        yield from stream

    def _post(self, item: Event | BaseException | None) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody listens any more
                self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
