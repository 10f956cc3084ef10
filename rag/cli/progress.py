"""A progress bar with rate and time left; plain lines now and then where standard error is no terminal."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag.library import Progress

_EVERY_S = 5.0


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """A callback that shows progress while the block runs."""
    if sys.stderr.isatty():
        with _bar() as callback:
            yield callback
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(now: Progress) -> None:
            if now.phase not in tasks:
                tasks[now.phase] = bars.add_task(now.phase, total=now.total, rate="")
            bars.update(tasks[now.phase], completed=now.done, total=now.total, rate=f"{now.rate_per_s:,.0f}/s")

        yield tell


def _lines() -> Callable[[Progress], None]:
    last = time.monotonic()

    def tell(now: Progress) -> None:
        nonlocal last
        if time.monotonic() - last < _EVERY_S:
            return
        last = time.monotonic()
        of = f" of {now.total:,}" if now.total is not None else ""
        left = f", {now.eta_s:,.0f} s left" if now.eta_s is not None else ""
        sys.stderr.write(f"{now.phase}: {now.done:,}{of} papers, {now.rate_per_s:,.0f}/s{left}\n")

    return tell
