"""Turns at work that keeps a core busy: so many at a time, by urgency, then first come, first served."""

from __future__ import annotations

import contextlib
import heapq
import os
import threading
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Urgency(IntEnum):
    """Who goes first: whoever is about to see a first sentence, then whoever has just asked, then whoever reads already.

    Were it first come, first served up to there, all who ask at once would wait for the last one's papers to be found.
    """

    FIRST_SENTENCE = 0
    ASKED = 1
    FURTHER = 2


class Turns:
    """`with turns.take(Urgency.ASKED): ...`. Thread-safe."""

    def __init__(self, at_once: int) -> None:
        """`at_once` may work at the same time."""
        self._free = at_once
        self._lock = threading.Lock()
        self._waiting: list[tuple[Urgency, int, threading.Event]] = []
        self._came = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._waiting)

    @contextlib.contextmanager
    def take(self, urgency: Urgency) -> Iterator[None]:
        """Wait for a turn and hold it."""
        mine: threading.Event | None = None
        with self._lock:
            if self._free:
                self._free -= 1
            else:
                mine = threading.Event()
                self._came += 1
                heapq.heappush(self._waiting, (urgency, self._came, mine))
        if mine is not None:
            mine.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    heapq.heappop(self._waiting)[2].set()
                else:
                    self._free += 1


TURNS = Turns(max(2, os.cpu_count() or 2))
"""The process's: finding and reading papers, building prompts and checking sentences take turns."""
