"""Ending work early: a handle that any thread can pull, with a deadline, and a look at it from deep inside the work.

Searching and reading are chains of short steps. Between them `check` looks whether anybody still waits; the handle is not handed through
every function for that, but stands in the context of the thread.
"""

from __future__ import annotations

import contextlib
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

from rag.errors import AnswerTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CURRENT: ContextVar[Stop | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """Nobody waits for the work any more."""


class Stop:
    """A handle that ends an answer under way from any thread; true once it was pulled. At `ends_at` (monotonic) the time is up."""

    def __init__(self, limit_s: float | None = None) -> None:
        """Not stopped; `limit_s` seconds from now on, or as many as there are."""
        self._stopped = threading.Event()
        self._calls: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._limit_s = limit_s or 0.0
        self.ends_at = None if limit_s is None else time.monotonic() + limit_s

    def __bool__(self) -> bool:
        """Whether it was stopped."""
        return self._stopped.is_set()

    def limit(self, limit_s: float) -> None:
        """Set the deadline, where there is none yet."""
        if self.ends_at is None:
            self._limit_s, self.ends_at = limit_s, time.monotonic() + limit_s

    def child(self) -> Stop:
        """A handle of its own that is pulled with this one, and has its deadline."""
        made = Stop()
        made._limit_s, made.ends_at = self._limit_s, self.ends_at
        self.on_stop(made.now)
        return made

    @property
    def left_s(self) -> float | None:
        """Seconds until the deadline."""
        return None if self.ends_at is None else self.ends_at - time.monotonic()

    def on_stop(self, call: Callable[[], None]) -> None:
        """Have `call` run when stopped; at once where that has happened."""
        with self._lock:
            self._calls.append(call)
            if not self._stopped.is_set():
                return
        call()

    def now(self) -> None:
        """Stop."""
        with self._lock:
            self._stopped.set()
            calls = list(self._calls)
        for call in calls:
            call()

    def check(self) -> None:
        """Stopped where it was stopped, AnswerTimeout where the time is up."""
        if self._stopped.is_set():
            raise Stopped
        if self.ends_at is not None and time.monotonic() >= self.ends_at:
            raise self.too_late()

    def too_late(self) -> AnswerTimeout:
        """What is said at the deadline."""
        return AnswerTimeout(f"the answer took longer than {self._limit_s:g} s; ask for less, or raise FOOTNOTE_ANSWER_TIMEOUT_S")

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Within, `check` looks at this handle. Looks at it once before and once after."""
        token = _CURRENT.set(self)
        try:
            self.check()
            yield
            self.check()
        finally:
            _CURRENT.reset(token)


def current() -> Stop | None:
    """The handle of the work at hand."""
    return _CURRENT.get()


def check() -> None:
    """Look whether the work at hand is still wanted; where nobody watches it, it is."""
    stop = _CURRENT.get()
    if stop is not None:
        stop.check()
