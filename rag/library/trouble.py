"""What SQLite says, in a line of ours: damage, a full disk, too many open files, somebody who writes."""

from __future__ import annotations

import functools
import shutil
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from rag.errors import IndexDamaged, IndexLocked, IndexUnwritable
from rag.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

C = TypeVar("C")

_FULL_BYTES = 1 << 20
"""With less room than this, what can't be read or written is a full disk's doing."""


def line(folder: Path, error: sqlite3.Error) -> Exception:
    """The error to raise in its place."""
    name, code = f"library {str(folder)!r}", getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return IndexLocked(f"{name} is being written by another process; wait for it to end, then run this again")
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _full(folder)):
        return IndexUnwritable(f"no room is left on the disk of {name}; free some, then run this again: what was stored is kept")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return IndexUnwritable(
            f"{name} can't be written (a read-only medium, or no permission); it can be read, or copied and changed elsewhere"
        )
    if code == sqlite3.SQLITE_NOMEM:
        return MemoryError()
    if code == sqlite3.SQLITE_CANTOPEN and not tables.open_files_left():
        return IndexUnwritable(f"{name} can't be opened: this process has too many files open; raise the limit (`ulimit -n`)")
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}:
        return IndexUnwritable(f"{name} can't be read or written ({error}); check the disk, its free space and the folder's permissions")
    cure = "run `footnote library restore BACKUP --overwrite`, or remove the folder and ingest again"
    return IndexDamaged(f"the records of {name} are damaged ({error}); {cure}")


def _full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Raise ours in place of SQLite's errors; a wrong use of SQLite is our own fault and stays as it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.ProgrammingError):
            raise
        raise line(folder, error) from error


def telling(cls: type[C]) -> type[C]:
    """Let every public method and property of a class with a `folder` do the same."""
    for name, found in list(vars(cls).items()):
        if name.startswith("_") or name == "folder":
            continue
        if isinstance(found, property) and found.fget is not None:
            setattr(cls, name, property(_telling(found.fget), doc=found.__doc__))
        elif callable(found):
            setattr(cls, name, _telling(found))
    return cls


def _telling(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapper(self: Any, *given: Any, **named: Any) -> Any:
        try:
            return call(self, *given, **named)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.ProgrammingError):
                raise
            raise line(self.folder, error) from error

    return wrapper
