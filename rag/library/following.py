"""The library follows what lives elsewhere: a Zotero database, a folder of exports, a list of retractions.

For each item of such a place its stamp is noted, a text that changes with the item, and the row of its paper. So a second run reads
only what changed, whoever ran the first one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rag.library.adding import BATCH, RETRACTION_WATCH, Adder, finish
from rag.library.progress import AddReport, Meter
from rag.schema import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rag.library.parts import Parts
    from rag.library.progress import Progress
    from rag.schema import Notice, Paper
    from rag.store.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(AddReport):
    """What became of the items, and the papers whose items are gone (`removed` of them too)."""

    missing: tuple[str, ...] = ()
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The papers that are marked now, those whose mark was taken away, and how many notices were read."""

    marked: tuple[Paper, ...]
    cleared: int
    notices: int


def stamps(records: Records, place: str) -> dict[str, str]:
    """Item to stamp, as last noted."""
    return dict(records.db.execute("SELECT item, stamp FROM followed WHERE place = ?", (place,)))


def note(parts: Parts, place: str, item: str, stamp: str) -> None:
    """Note a stamp."""
    with parts.writing(), parts.records.transaction():
        parts.records.db.execute("INSERT OR REPLACE INTO followed VALUES (?, ?, ?, NULL, NULL)", (place, item, stamp))


def follow(
    parts: Parts,
    place: str,
    now: Mapping[str, str],
    read: Callable[[Sequence[str]], Iterable[tuple[str, Paper | None]]],
    *,
    remove_missing: bool = False,
    again: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Followed:
    """Take over what changed; see `Library.follow`."""
    with parts.writing():
        records, adder = parts.records, Adder(parts)
        found = records.db.execute("SELECT item, stamp, row, source FROM followed WHERE place = ?", (place,))
        held = {str(item): _Held(str(stamp), row, source) for item, stamp, row, source in found}
        known = {item: noted.stamp for item, noted in held.items() if not again or noted.row is not None}
        changed = [item for item, stamp in now.items() if known.get(item) != stamp]
        gone = [item for item in held if item not in now]
        adder.counts["unchanged"] = len(now) - len(changed)
        missing = records.papers([row for item in gone if (row := held[item].row) is not None])
        removed = 0
        meter = Meter("reading", progress, len(changed))
        for start in range(0, len(changed), BATCH):
            part = changed[start : start + BATCH]
            papers = list(read(part))
            adder.whole(lambda papers=papers: _take(adder, place, now, held, papers))  # type: ignore[misc]
            meter.tell(start + len(part))
            parts.index_keywords(commit=False)
        if gone and remove_missing:

            def work() -> None:
                nonlocal removed
                for item in gone:
                    row = held[item].row
                    if row is not None and adder.renew(row, None, held[item].read()):
                        removed += row in adder.gone
                    records.db.execute("DELETE FROM followed WHERE place = ? AND item = ?", (place, item))

            adder.whole(work)
        if changed or removed:
            finish(parts)
        counts = {name: adder.counts[name] for name in ("added", "merged", "replaced", "unchanged", "skipped", "linked", "possible")}
        titles = tuple(f"{p.title} ({p.paper_id})" for p in missing.values())
        return Followed(**counts, missing=titles, removed=removed, pending=records.pending())


class _Held(NamedTuple):
    """What was noted of an item."""

    stamp: str
    row: int | None
    source: str | None

    def read(self) -> Source | None:
        """Where its record was read."""
        document, _, record = (self.source or "").rpartition("\t")
        return Source(document=document, record=int(record)) if document else None


def _take(adder: Adder, place: str, now: Mapping[str, str], held: Mapping[str, _Held], papers: Iterable[tuple[str, Paper | None]]) -> None:
    """Store the papers of some items, each in the place of the record that its item gave before."""
    for item, paper in papers:
        before = held.get(item)
        row = before.row if before else None
        if paper is None:
            adder.counts["skipped"] += 1
        elif before is None or row is None or not adder.renew(row, paper, before.read()):
            row = adder.one(paper)
        source = None if paper is None or paper.source is None else f"{paper.source.document}\t{paper.source.record}"
        adder.records.db.execute("INSERT OR REPLACE INTO followed VALUES (?, ?, ?, ?, ?)", (place, item, now[item], row, source))


def mark_retracted(parts: Parts, notices: Iterable[Notice]) -> Marked:
    """Mark papers as retracted; of several notices about one paper the last counts."""
    with parts.writing():
        records, adder = parts.records, Adder(parts)
        said: dict[int, str | None] = {}
        read = 0
        for notice in notices:
            read += 1
            keys = [f"doi:{notice.doi}" if notice.doi else "", f"pmid:{notice.pmid}" if notice.pmid else ""]
            for (row,) in records.db.execute("SELECT row FROM identity WHERE key IN (?, ?)", keys):
                said[int(row)] = notice.text
        cleared = 0

        def work() -> None:
            nonlocal cleared
            for row, old in records.papers(sorted(said)).items():
                extra = {k: v for k, v in old.extra.items() if k != RETRACTION_WATCH}
                text = said[row]
                if text is None:
                    cleared += RETRACTION_WATCH in old.extra
                    text = None if RETRACTION_WATCH in old.extra else old.retraction
                else:
                    extra[RETRACTION_WATCH] = text
                new = dataclasses.replace(old, retraction=text, extra=extra)
                if new != old:
                    adder.put_over(row, old, new, (), ())

        adder.whole(work)
        finish(parts)
        papers = records.papers(sorted(said))
        return Marked(marked=tuple(p for row, p in sorted(papers.items()) if said[row]), cleared=cleared, notices=read)
