"""Cells that a spreadsheet would take for a formula: an apostrophe goes before them on the way out and comes off on the way in."""

from __future__ import annotations

import re

# What a program may pass over before it looks for a formula: white space, quotation marks and invisible signs. Full-width signs count too.
_RUN = re.compile(
    r"[\s\x00-\x20\"'`“”„‘’‚«»\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\n＝＋－＠\u2212\ufe62\ufe63\ufe66\ufe6b]"  # noqa: RUF001
)


def guarded(cell: str) -> str:
    """The cell as text for any spreadsheet. What began with an apostrophe gets one more, so that `unguarded` can tell.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("a=1"), unguarded(guarded("'tis"))
    ("'=1+1", "''=1+1", 'a=1', "'tis")
    """
    return f"'{cell}" if cell.startswith("'") or _RUN.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was; in files of others an apostrophe stays where no formula follows."""
    rest = cell[1:]
    return rest if cell.startswith("'") and (rest.startswith("'") or _RUN.match(rest)) else cell
