"""Files as they are written and removed: a file that is there stays whole until the new one is, and nothing is followed out of a folder."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8) to write in place of `path`, which keeps what it holds until all is written, and for good where writing fails.

    Written beside it under one name (`.NAME.partial`), so that what a killed writer left is overwritten by the next. What is no plain
    file (a device, a pipe) is written directly; a link stays one.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.partial")
    remove(beside)
    try:
        with beside.open("x", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it; of a link, the link. What is not there, or can't be removed, is left."""
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


def held(path: Path) -> os.stat_result | None:
    """What is at a path now, of a link the link; None where nothing is. One look: what another process removes may go between two."""
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


ROOM = 256 << 10
"""With less free disk than this even reading fails where it needs a file beside: SQLite's, and the keyword index's lock."""


def obstacle(*paths: Path) -> str | None:
    """Why this process can't change files or folders, in words; of one that is not there, the nearest folder that is. None: it can."""
    for path in paths:
        there = next(p for p in (path, *path.parents) if p.exists())
        if not os.access(there, os.W_OK):
            return "a read-only medium, or no permission"
        free = shutil.disk_usage(there).free
        if free < ROOM:
            return f"{free:,} bytes are free on its disk"
    return None
