"""Whose a file in the upload folder is: each is bound to the browser that sent it, by a cookie that says nothing else.

Gradio asks only that a path lies in the upload folder, which holds everybody's files.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COOKIE = "footnote_visit"
MOST = 10_000
"""Files that are remembered; the oldest are forgotten first, and then are nobody's."""

_VISIT = re.compile(r"[\w-]{32}", re.ASCII)


def new_visit() -> str:
    """A name that nobody guesses, for a browser that has none yet."""
    return secrets.token_urlsafe(24)


def visit_of(cookies: Mapping[str, str]) -> str:
    """The name that a browser shows; empty where it shows none."""
    shown = cookies.get(COOKIE, "")
    return shown if _VISIT.fullmatch(shown) else ""


class Uploads:
    """Which visits have sent which file. Safe for many threads."""

    def __init__(self) -> None:
        """Nobody has sent anything."""
        self._senders: OrderedDict[str, set[str]] = OrderedDict()
        self._guard = threading.Lock()

    def keep(self, visit: str, paths: Iterable[str]) -> None:
        """These files come from this visit. The same bytes under the same name lie at the same path: they may have several senders."""
        with self._guard:
            for path in paths:
                self._senders.setdefault(path, set()).add(visit)
                self._senders.move_to_end(path)
            while len(self._senders) > MOST:
                self._senders.popitem(last=False)

    def holds(self, visit: str, path: str) -> bool:
        """Whether this visit sent the file at exactly this path, and a plain file is still there."""
        with self._guard:
            if not visit or visit not in self._senders.get(path, ()):
                return False
        try:
            return stat.S_ISREG(os.lstat(path).st_mode)
        except OSError:
            return False
