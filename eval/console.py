"""How a run looks in a terminal: a progress bar with time left, plain lines where there is no terminal, tables at the end."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from eval.measures.catalogue import HEADLINES
from eval.run import Listener

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from eval.compare import Comparison
    from eval.gate import Outcome

EVERY_S = 5.0
"""Seconds between lines where there is no terminal."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 180)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Bar(Listener):
    """Draws a run on standard error. A context manager."""

    def __init__(self) -> None:
        """Nothing is drawn before it is entered."""
        self._live = err.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=err,
            transient=True,
        )
        self._task: TaskID | None = None
        self._said = self._began = time.monotonic()
        self._errors = self._done = self._total = self._before = 0
        self._spent = 0.0

    def __enter__(self) -> Self:
        """Start drawing."""
        if self._live:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop drawing and leave the cursor where it belongs."""
        if self._live:
            self._progress.stop()

    def stage(self, text: str) -> None:
        """Show the stage's name."""
        if not self._live:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - the plain form of the bar
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(text, total=None, note="")

    def ingest(self, progress: Any) -> None:
        """Show how far the building of a library is."""
        if self._live and self._task is not None:
            self._progress.update(self._task, completed=progress.done, total=progress.total, note=progress.phase)

    def begin(self, total: int, done: int) -> None:
        """Show the count of questions."""
        self._total, self._done, self._before, self._began = total, done, done, time.monotonic()
        if self._live and self._task is not None:
            self._progress.update(self._task, total=total, completed=done)
        elif done:
            print(f"{done} of {total} answered before", file=sys.stderr, flush=True)  # noqa: T201 - likewise

    def answered(self, row: Mapping[str, Any]) -> None:
        """One further; errors and money spent are shown as they come."""
        self._done += 1
        self._errors += "error" in row
        usage = (row.get("answer") or {}).get("usage") or {}
        self._spent += usage.get("cost_usd") or 0.0
        rate = (self._done - self._before) / max(time.monotonic() - self._began, 1e-9)
        told = (f"{rate:.3g}/s", f"{self._errors} errors" if self._errors else "", f"${self._spent:.2f}" if self._spent else "")
        note = ", ".join(filter(None, told))
        if self._live and self._task is not None:
            self._progress.update(self._task, advance=1, note=note)
        elif time.monotonic() - self._said > EVERY_S:
            self._said = time.monotonic()
            left = timedelta(seconds=round((self._total - self._done) / rate))
            print(f"{self._done} of {self._total}, {note}, {left} left", file=sys.stderr, flush=True)  # noqa: T201 - likewise


def headline(metrics: Mapping[str, Any], title: str) -> None:
    """The headline figures as a table, and the losses in a line."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name, justify in (("", "left"), ("mean", "right"), ("95 %", "left"), ("n", "right"), ("tier", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # literals, seen as str
    for measure in HEADLINES:
        figure = metrics["measures"].get(measure.name)
        if figure and figure["mean"] is not None:
            spread = f"{figure['low']:.3f} to {figure['high']:.3f}"
            table.add_row(measure.label, f"[bold]{figure['mean']:.3f}[/]", spread, str(figure["n"]), measure.tier)
    out.print(table)
    stages = metrics["waterfall"]["stages"]
    lost = ", ".join(f"{n} {s}" for s, n in stages.items() if n and s != "told")
    out.print(f"Needed facts: {stages['told']} of {sum(stages.values())} told" + (f"; lost: {lost}" if lost else ""))
    reasons = metrics["abstention"]["by_reason"]
    if reasons:
        out.print("Refused: " + ", ".join(f"{k.replace('_', ' ')} {v['refused']}/{v['n']}" for k, v in reasons.items()))
    if metrics["injection"]:
        out.print(f"Planted orders with an effect: {metrics['injection']['attacked']} of {metrics['injection']['twins']}")
    if metrics["errors"]:
        out.print(f"[red]{metrics['errors']} questions ended in an error[/]")


def differences(comparison: Comparison) -> None:
    """A comparison as a table."""
    title = f"{comparison.b} against {comparison.a}, {comparison.shared} questions"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    columns = ("", "before", "after", "difference", "95 %", "p (Holm)", "won/same/lost", "could see", "")
    for name in columns:
        table.add_column(name, justify="left" if name == "" else "right")
    for d in comparison.differences:
        p = d.paired
        colour = {"better": "green", "worse": "red"}.get(d.verdict, "dim")
        table.add_row(
            d.measure.label,
            f"{d.before:.3f}",
            f"{d.after:.3f}",
            f"{p.delta:+.3f}",
            f"{p.low:+.3f} to {p.high:+.3f}",
            f"{d.p:.4f}",
            f"{p.wins}/{p.ties}/{p.losses}",
            f"{p.mde:.3f}",
            f"[{colour}]{d.verdict}[/]",
        )
    out.print(table)
    moved = [f"{stage} {before} → {after}" for stage, (before, after) in comparison.moved.items() if before != after]
    if moved:
        out.print("Needed facts by step: " + ", ".join(moved))
    if comparison.unpaired:
        out.print(f"{comparison.unpaired} questions are not in both with the same content, and were left out")


def verdict(outcome: Outcome) -> None:
    """A gate's outcome."""
    word = {0: "[green]pass[/]", 1: "[red]regression[/]", 4: "[yellow]incomplete[/]", 5: "[yellow]inconclusive[/]"}[outcome.code]
    out.print(f"[bold]Gate:[/] {word}" + (f". Cause: {outcome.cause}" if outcome.cause else ""))
    for reason in outcome.reasons:
        out.print(f"  {'- ' if reason.conclusive else '? '}{reason.part}: {reason.text}")
    for note in outcome.notes:
        out.print(f"  {note}")


def table_of(rows: Sequence[Sequence[str]], columns: Sequence[str], title: str = "") -> None:
    """A plain table: the first column to the left, others to the right."""
    table = Table(title=title or None, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for n, name in enumerate(columns):
        table.add_column(name, justify="right" if n else "left")
    for row in rows:
        table.add_row(*row)
    out.print(table)
