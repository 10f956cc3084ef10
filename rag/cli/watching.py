"""`footnote ingest --watch`: a folder of exports is followed until Ctrl-C.

Looked through every few seconds, which works on every disk, also one that is shared. A file is read when its size and time have stood
still between two looks, so that one that is half written is left alone; one that can't be read is told once and tried again when it
changes. What was read is noted in the library, so that the next start reads only what has changed since.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from rag.cli.reading import said
from rag.errors import FootnoteError, IndexLocked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rag.assistant import Assistant
    from rag.config import Settings

EVERY_S = 2.0


def follow(
    settings: Settings, folder: Path, *, mapping: Mapping[str, str] | None, embed: bool, keep_without_abstract: bool = False
) -> None:
    """Follow the folder; returns at Ctrl-C."""
    from rag.assistant import Assistant

    with Assistant.open(settings, create=True) as assistant:
        watcher = Watcher(assistant, folder, mapping=mapping, embed=embed, keep_without_abstract=keep_without_abstract, tell=typer.echo)
        typer.echo(f"following {folder}; Ctrl-C ends it", err=True)
        try:
            while True:
                watcher.look()
                time.sleep(EVERY_S)
        except KeyboardInterrupt:
            typer.echo("no longer following; what was read is kept", err=True)


class Watcher:
    """Looks through a folder, time after time."""

    def __init__(
        self,
        assistant: Assistant,
        folder: Path,
        *,
        mapping: Mapping[str, str] | None,
        embed: bool,
        tell: Callable[[str], None],
        keep_without_abstract: bool = False,
    ) -> None:
        """What an earlier one read from the folder is known; where titles are to be kept, what one that skipped them read is read again."""
        self._assistant, self._folder, self._mapping, self._embed, self._tell = assistant, folder, mapping, embed, tell
        self._keep = keep_without_abstract
        self._place = f"folder:{folder.resolve()}"
        self._read = dict(assistant.library.stamps(self._place))
        self._before: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._waiting = False

    def look(self) -> int:
        """Read what is new and stands still; how many files were read."""
        now = self._state()
        ready = [
            name
            for name, stamp in now.items()
            if self._before.get(name) == stamp and stamp not in {self._read.get(name), self._refused.get(name)}
        ]
        self._before = now
        return sum(self._take(name, now[name]) for name in ready)

    def _state(self) -> dict[str, str]:
        """Every file with what changes when it does; empty ones are still to be written."""
        from rag.sources import files

        found = {}
        for path in files(self._folder):
            try:
                state = path.stat()
            except OSError:
                continue
            if state.st_size and not path.name.endswith((".part", ".crdownload", ".tmp", ".download", "~")):
                found[path.relative_to(self._folder).as_posix()] = f"{state.st_size}:{state.st_mtime_ns}{':kept' if self._keep else ''}"
        return found

    def _take(self, name: str, stamp: str) -> bool:
        try:
            report = self._assistant.ingest(
                [self._folder / name], skip_bad=True, mapping=self._mapping, embed=self._embed, keep_without_abstract=self._keep
            )
        except IndexLocked as error:
            if not self._waiting:
                self._tell(f"{name}: {error}")
            self._waiting = True
            return False
        except FootnoteError as error:
            self._refused[name] = stamp
            self._tell(f"not read: {error}")
            return False
        self._waiting = False
        self._assistant.library.note(self._place, name, stamp)
        self._read[name] = stamp
        for line in report.bad:
            self._tell(f"skipped: {line}")
        self._tell(f"{name}: {said(report, self._assistant.library.count(), kept=self._keep)}")
        return True
