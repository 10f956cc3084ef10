"""What a long write tells while it runs, and what it tells at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Phase = Literal["reading", "embedding", "answering"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`done` of `total` papers (None: not known yet), papers a second so far, and the seconds left where they can be told."""

    phase: Phase
    done: int
    total: int | None = None
    rate_per_s: float = 0.0
    eta_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """What became of the papers that were read.

    `added` are new; `merged` gave a stored paper more metadata; `replaced` gave it another text (an original for a rewritten
    abstract, a whole one for a part); `unchanged` brought nothing new; `skipped` had neither title nor abstract. `linked` of the new
    ones are versions of a work that was there, `possible` may be duplicates and are kept apart. `pending` papers of the library lack
    vectors.
    """

    added: int = 0
    merged: int = 0
    replaced: int = 0
    unchanged: int = 0
    skipped: int = 0
    linked: int = 0
    possible: int = 0
    pending: int = 0


class Meter:
    """Calls back with Progress; a None callback costs nothing."""

    def __init__(self, phase: Phase, callback: Callable[[Progress], None] | None, total: int | None = None) -> None:
        """The clock starts now."""
        self._phase, self._callback, self._total = phase, callback, total
        self._start = time.monotonic()

    def tell(self, done: int) -> None:
        """Report `done` papers."""
        if self._callback is None:
            return
        rate = done / max(time.monotonic() - self._start, 1e-9)
        eta = None if self._total is None or not rate else max(0.0, (self._total - done) / rate)
        self._callback(Progress(phase=self._phase, done=done, total=self._total, rate_per_s=rate, eta_s=eta))
