"""What a user adds to papers: tags, collections, a note. It is part of the record, so that filters, exports and backups have it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import ConfigError
from rag.library.adding import Adder, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.library.parts import Parts
    from rag.schema import Paper

NOTE = "annote"
"""Where a note stands among what a record says besides: CSL's name for it."""

LONGEST_NAME, LONGEST_NOTE, MOST_NAMES = 100, 5000, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What to change: names to add and to take away, and the note, which None leaves and an empty text takes away.

    `only`: the names to add are all that there shall be.
    """

    tags: Sequence[str] = ()
    collections: Sequence[str] = ()
    not_tags: Sequence[str] = ()
    not_collections: Sequence[str] = ()
    note: str | None = None
    only: bool = False

    def applied(self, paper: Paper) -> Paper:
        """The paper with its marks; ConfigError where they are too long or too many."""
        tags = _joined(() if self.only else paper.tags, self.tags, self.not_tags)
        collections = _joined(() if self.only else paper.collections, self.collections, self.not_collections)
        extra = dict(paper.extra)
        if self.note is not None:
            note = self.note.strip()
            if len(note) > LONGEST_NOTE:
                raise ConfigError(f"a note may have {LONGEST_NOTE:,} characters; this one has {len(note):,}")
            extra.pop(NOTE, None)
            extra |= {NOTE: note} if note else {}
        return dataclasses.replace(paper, tags=tags, collections=collections, extra=extra)


def _joined(had: Sequence[str], new: Sequence[str], gone: Sequence[str]) -> tuple[str, ...]:
    names = [" ".join(name.split()) for name in new]
    if long := next((name for name in names if len(name) > LONGEST_NAME), None):
        raise ConfigError(f"a name may have {LONGEST_NAME} characters; {long[:30]!r} … has {len(long)}")
    away = {name.casefold() for name in gone}
    found = {name.casefold(): name for name in (*names, *had) if name and name.casefold() not in away}
    if len(found) > MOST_NAMES:
        raise ConfigError(f"a paper may have {MOST_NAMES} tags and as many collections, not {len(found)}")
    order = {name.casefold(): n for n, name in enumerate((*had, *names))}
    return tuple(sorted(found.values(), key=lambda name: order[name.casefold()]))


def mark(parts: Parts, rows: Sequence[int], marks: Marks) -> int:
    """Mark the papers in these rows, all or none; how many changed."""
    with parts.writing():
        records, adder = parts.records, Adder(parts)
        changed = 0

        def work() -> None:
            nonlocal changed
            for row, old in records.papers(sorted(set(rows))).items():
                new = marks.applied(old)
                if new != old:
                    changed += 1
                    adder.put_over(row, old, new, (), ())

        adder.whole(work)
        finish(parts)
        return changed
