"""Works that have several versions, pairs that may be duplicates, and what people decided about them.

A preprint and its journal version bear one `work_id` and count as one paper wherever papers are listed, counted or searched: of those
that a filter allows, the published one shows. Decisions live beside the identity keys: `apart:<paper_id>` (two papers, whatever they
have in common), `maybe:<paper_id>` (a possible duplicate, until it is settled).
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from rag import identity
from rag.errors import ConfigError, PaperNotFound
from rag.library.origins import of_row
from rag.sameness import compare, preprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.library.adding import Adder
    from rag.library.columns import Mask
    from rag.library.parts import Parts
    from rag.schema import Paper
    from rag.store.records import Records


@dataclass(frozen=True, slots=True)
class Works:
    """The works with several versions: rows of each, the one to show first."""

    groups: tuple[tuple[int, ...], ...] = ()
    hidden: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def read(cls, records: Records) -> Works:
        """As the records have them now."""
        rows: dict[str, list[int]] = defaultdict(list)
        for work_id, row in records.keys_from("work:"):
            rows[work_id].append(row)
        several = {work_id: found for work_id, found in rows.items() if len(found) > 1}
        if not several:
            return cls()
        papers = records.papers([row for found in several.values() for row in found])
        groups = []
        for found in several.values():
            there = [row for row in found if row in papers]
            groups.append(tuple(sorted(there, key=lambda r: (not papers[r].abstract, preprint(papers[r]), r))))
        return cls(tuple(g for g in groups if len(g) > 1), frozenset(row for g in groups for row in g[1:]))

    def once(self, mask: Mask) -> Mask:
        """The mask with one version of each work."""
        if not self.groups:
            return mask
        mask = mask.copy()
        for group in self.groups:
            shown = [row for row in group if row < len(mask) and mask[row]]
            mask[shown[1:]] = False
        return mask

    def beside(self, row: int) -> tuple[int, ...]:
        """The other versions of the paper in a row."""
        return next((tuple(r for r in group if r != row) for group in self.groups if row in group), ())


def link(adder: Adder, row: int, related: Sequence[int]) -> bool | None:
    """Make one work of a paper and those that it is a version of; whether it was none before.

    None where that would join two published papers, and nothing is done.
    """
    records = adder.records
    settled = settled_apart(records, [row, *related])
    related = [other for other in related if frozenset((row, other)) not in settled]
    if not related:
        return False
    papers = records.papers([row, *related])
    works = {p.work_id for p in papers.values() if p.work_id}
    members = {row, *related, *(r for work_id in works for _, r in _of_work(records, work_id))}
    papers = records.papers(sorted(members))
    for one, other in combinations(papers.values(), 2):
        if not (preprint(one) and preprint(other)) and compare(one, other) in {"apart", "unsure"}:
            return None
    first = min(papers)
    work_id = papers[first].work_id or next(iter(sorted(works)), papers[first].paper_id)
    apart = {member: paper for member, paper in papers.items() if paper.work_id != work_id}
    for member, paper in apart.items():
        put_work(adder, member, paper, work_id)
    return bool(apart)


def put_work(adder: Adder, row: int, paper: Paper, work_id: str | None) -> None:
    """Store that a paper is a version of a work, or of none."""
    new = dataclasses.replace(paper, work_id=work_id)
    adder.records.db.execute("DELETE FROM identity WHERE row = ? AND key >= 'work:' AND key < 'work;'", (row,))
    adder.put_over(row, paper, new, [k for k in identity.keys_for(new) if k.startswith("work:")], ())


def _of_work(records: Records, work_id: str) -> list[tuple[str, int]]:
    return [(k, r) for k, r in records.keys_from("work:") if k == work_id]


# -- possible duplicates ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two papers that may be one."""

    first: Paper
    second: Paper


def note_possible(adder: Adder, row: int, others: Sequence[int]) -> bool:
    """Note of which papers this one may be a duplicate; whether that is news."""
    records = adder.records
    settled = settled_apart(records, [row, *others])
    open_pairs = {other for other in others if frozenset((row, other)) not in settled}
    names = records.paper_ids(sorted(open_pairs))
    own = records.paper_ids([row])[row]
    held = {key for key, _ in records.keys_from("maybe:", [row])} | {
        names[other] for name, other in records.keys_from("maybe:", sorted(open_pairs)) if name == own
    }
    new = {name for name in names.values() if name not in held}
    if new:
        records.add_keys(row, [f"maybe:{name}" for name in new], ())
        touch(adder, row)
    return bool(new)


def touch(adder: Adder, row: int) -> None:
    """Let others see that something about a paper changed that its record does not tell."""
    adder.records.db.execute("UPDATE facts SET seq = ? WHERE row = ?", (adder.records.next_seq(), row))
    adder.changed.add(row)


def settled_apart(records: Records, rows: Sequence[int]) -> set[frozenset[int]]:
    """The pairs among these rows that somebody said are two papers."""
    if len(rows) < 2:
        return set()
    decided = records.keys_from("apart:", rows)
    return {frozenset((row, other)) for name, row in decided if (other := records.row_of(name)) is not None and other in rows}


def possible(records: Records) -> list[Pair]:
    """The pairs that are open, in the order in which their papers came."""
    pairs = set()
    for name, row in records.keys_from("maybe:"):
        other = records.row_of(name)
        if other is not None and other != row:
            pairs.add((min(row, other), max(row, other)))
    rows = sorted({row for pair in pairs for row in pair})
    papers = records.papers(rows)
    apart = set()
    for start in range(0, len(rows), 500):
        apart |= {(name, row) for name, row in records.keys_from("apart:", rows[start : start + 500])}
    found = []
    for a, b in sorted(pairs):
        if a not in papers or b not in papers:
            continue
        first, second = papers[a], papers[b]
        decided = (second.paper_id, a) in apart or (first.paper_id, b) in apart
        if not decided and not (first.work_id and first.work_id == second.work_id):
            found.append(Pair(first=first, second=second))
    return found


# -- what people decide -----------------------------------------------------------------------------------------------------------


def _row(records: Records, paper_id: str) -> int:
    row = records.row_of(paper_id)
    if row is None:
        raise PaperNotFound(f"no paper is called {paper_id!r}; `footnote papers list` shows what there is")
    return row


def merge(parts: Parts, paper_ids: Sequence[str]) -> Paper:
    """Make one paper of several because somebody says so; it keeps the id of the one that came first."""
    from rag.library.adding import Adder, finish

    with parts.writing():
        records, adder = parts.records, Adder(parts)
        rows = sorted({_row(records, p) for p in paper_ids})
        if len(rows) < 2:
            raise ConfigError(f"{', '.join(map(repr, paper_ids))}: that is one paper already; name two")

        def work() -> None:
            names = records.paper_ids(rows)
            for row in rows:
                for other in names.values():
                    records.db.execute("DELETE FROM identity WHERE row = ? AND key IN (?, ?)", (row, f"apart:{other}", f"maybe:{other}"))
            for twin in rows[1:]:
                adder.join(rows[0], twin)

        adder.whole(work)
        finish(parts)
        return records.papers([rows[0]])[rows[0]]


def split(parts: Parts, paper_ids: Sequence[str]) -> list[Paper]:
    """Keep papers apart for good, whatever is read later; those that there are then.

    Several: they are different papers. One: it is taken apart into the records that it was merged from; a version is taken out of its
    work; possible duplicates of it are other papers. ConfigError where there is nothing to take apart.
    """
    from rag.library.adding import Adder, finish

    with parts.writing():
        records, adder = parts.records, Adder(parts)
        rows = sorted({_row(records, p) for p in paper_ids})
        apart: list[int] = []

        def work() -> None:
            nonlocal apart
            if len(rows) > 1:
                apart = rows
                papers = records.papers(rows)
                works = {p.work_id for p in papers.values()}
                if len(works) < len(papers):
                    for row in rows[1:]:
                        if papers[row].work_id:
                            put_work(adder, row, papers[row], None)
            elif origins := of_row(records, rows[0]):
                apart = adder.part(rows[0], origins)
            else:
                apart = _lone(adder, rows[0])
            names = records.paper_ids(apart)
            for one, other in combinations(apart, 2):
                records.add_keys(one, [f"apart:{names[other]}"], ())
                records.add_keys(other, [f"apart:{names[one]}"], ())
            for row in apart:
                touch(adder, row)

        adder.whole(work)
        finish(parts)
        return [records.papers([row])[row] for row in apart]


def _lone(adder: Adder, row: int) -> list[int]:
    """The papers that one which is no merged one is kept apart from: other versions, else possible duplicates."""
    records = adder.records
    paper = records.papers([row])[row]
    if paper.work_id:
        others = [r for _, r in _of_work(records, paper.work_id) if r != row]
        put_work(adder, row, paper, None)
        if others:
            return [row, *others]
    pairs = [p for p in possible(records) if paper.paper_id in {p.first.paper_id, p.second.paper_id}]
    others = [_row(records, q.paper_id) for p in pairs for q in (p.first, p.second) if q.paper_id != paper.paper_id]
    if not others:
        raise ConfigError(
            f"{paper.paper_id!r} was read as one record and is like no other; name two papers to say that they are not the same one"
        )
    return [row, *others]
