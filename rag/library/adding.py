"""Papers enter and leave the records: which are new, which are one paper with a stored one, and what is then stored.

Each batch is one transaction; the papers of a source that breaks off are stored up to there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING

from rag import identity
from rag.library import versions
from rag.library.origins import Origin, of_row, put_origins
from rag.library.progress import AddReport, Meter, Progress
from rag.sameness import compare, preprint
from rag.store.records import dump
from rag.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rag.library.parts import Parts
    from rag.sameness import Verdict
    from rag.schema import Paper, Source

BATCH = 500
"""Papers in one transaction."""

# How the dump of a paper without id begins, and ids that need no escaping in it.
_UNNAMED, _SAFE = '{"paper_id":""', re.compile(r"[\w.:+/-]+")

KEYWORD_BATCH = 4000
"""Papers after which the keyword index is committed, so that they are found."""

RETRACTION_WATCH = "retraction-watch"
"""Where a record's `extra` keeps a mark that a list of retractions gave it."""

LIKE = 4
"""A paper that is like more stored ones than this, and surely none of them, has a text that many share: that is no news to tell."""


class Adder:
    """The state of one `add`: counts, and the rows that changed in the open transaction."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is counted yet."""
        self.parts, self.records = parts, parts.records
        self.counts = dict.fromkeys(("added", "merged", "replaced", "unchanged", "skipped", "linked", "possible"), 0)
        self.changed: set[int] = set()
        self.gone: set[int] = set()

    def batch(self, papers: Sequence[Paper]) -> None:
        """Store a batch, whole or not at all; where a server holds the truth, there first."""

        def work() -> None:
            for paper in papers:
                self.one(paper)

        self.whole(work)

    def whole(self, work: Callable[[], None]) -> None:
        """Do some work in one transaction, and hand what it changed to the server."""
        counts = dict(self.counts)
        self.changed.clear()
        self.gone.clear()
        try:
            with self.records.transaction():
                work()
                if self.parts.server is not None:
                    self.parts.server.push(self.records, sorted(self.changed - self.gone), sorted(self.gone))
                if self.changed or self.gone:
                    self.records.bump()
        except BaseException:
            self.counts = counts
            raise

    def one(self, paper: Paper) -> int | None:
        """Find the paper's place and store what is new about it; its row."""
        if not paper.title.strip():
            self.counts["skipped"] += 1
            return None
        text = dump(paper)
        code = code_of(paper, text)
        seen = self.seen(code)
        if seen is not None:
            self.counts["unchanged"] += 1
            return seen
        keys, sketch = identity.keys_for(paper), identity.sketch(paper.abstract)
        found = self.found(paper, keys, sketch)
        same = [row for row, verdict in found.items() if verdict == "same"]
        same = self._agreed(paper, same, keys)
        row = self._merge(paper, same, keys, sketch) if same else self._new(paper, keys, sketch, text)
        self._relate(row, {other: verdict for other, verdict in found.items() if other not in same})
        self.records.db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (code, row))
        return row

    # -- which stored papers it is ----------------------------------------------------------------------------------------------

    def seen(self, code: int) -> int | None:
        """The row of the paper that a record with this code went into, where it was read before."""
        found = self.records.db.execute("SELECT row FROM seen JOIN facts USING (row) WHERE code = ?", (code,)).fetchone()
        return None if found is None else int(found[0])

    def found(self, paper: Paper, keys: Sequence[str], sketch: Sequence[int]) -> dict[int, Verdict]:
        """The verdict on each stored paper that may be this one, by row."""
        rows = self.records.candidates(keys, sketch)
        named = self.records.row_of(paper.paper_id) if paper.paper_id else None
        stored = self.records.papers([*rows, *([named] if named is not None and named not in rows else [])])
        return {row: self._verdict(row, stored[row], paper, named=row == named) for row in sorted(stored)}

    def _verdict(self, row: int, stored: Paper, paper: Paper, *, named: bool) -> Verdict:
        verdict = compare(stored, paper)
        if verdict != "same" and named and _alike(stored, paper):
            return "same"
        if verdict != "same" and any(origin.chosen and compare(origin.paper, paper) == "same" for origin in of_row(self.records, row)):
            return "same"  # somebody said that what it is made of is one paper
        return verdict

    def _agreed(self, paper: Paper, rows: list[int], keys: Sequence[str]) -> list[int]:
        """Of the rows that all seem to be this paper: the one that it is most like, and those that are one paper with that.

        None where two of them can't be one paper and no identifier says which it is.
        """
        if len(rows) < 2:
            return rows
        stored = self.records.papers(rows)
        names = {k for k in keys if k.startswith(identity.NAMED)}

        def likeness(row: int) -> tuple[int, bool, bool, float, int]:
            other = stored[row]
            shared = names & set(identity.keys_for(other))
            text = identity.similarity(other.abstract, paper.abstract)
            return len(shared), other.source == paper.source, normalise(other.title) == normalise(paper.title), text, -row

        best = max(rows, key=likeness)
        settled = versions.settled_apart(self.records, rows)
        if not likeness(best)[0] and any(
            compare(stored[row], stored[best]) == "apart" and frozenset((row, best)) not in settled for row in rows if row != best
        ):
            return []
        kept, merged = [best], identity.merge(stored[best], paper)
        for row in rows:
            apart = any(frozenset((row, other)) in settled for other in kept)
            if row != best and not apart and compare(stored[row], stored[best]) != "apart" and compare(stored[row], merged) == "same":
                kept.append(row)
                merged = identity.merge(merged, stored[row])
        return sorted(kept)

    # -- what is then stored ----------------------------------------------------------------------------------------------------

    def _new(self, paper: Paper, keys: Sequence[str], sketch: Sequence[int], text: str) -> int:
        row = self.put_new(paper, keys, sketch, text)
        self.counts["added"] += 1
        return row

    def put_new(self, paper: Paper, keys: Iterable[str], sketch: Sequence[int], text: str = "") -> int:
        """Store a paper, dumped as `text` where that is known, in a row of its own, under an id that nobody has."""
        wanted = paper.paper_id or identity.paper_id_for(paper)
        paper_id, length = wanted, 6
        while self.records.row_of(paper_id) is not None:
            paper_id = f"{wanted}-{identity.fingerprint(paper.abstract + paper.title)[:length]}"
            length += 4
            if length > 24:
                paper_id = f"{wanted}-{self.records.meta('rows', 0)}"
        stored, seq = paper.renamed(paper_id), self.records.next_seq()
        begins, rest = text[: len(_UNNAMED)], text[len(_UNNAMED) :]
        dumped = f'{{"paper_id":"{paper_id}"{rest}' if begins == _UNNAMED and _SAFE.fullmatch(paper_id) else None
        row = self.records.put(stored, row=None, seq=seq, keys=keys, sketch=sketch, text_changed=True, dumped=dumped)
        self.changed.add(row)
        return row

    def _merge(self, paper: Paper, rows: Sequence[int], keys: Sequence[str], sketch: Sequence[int]) -> int:
        """Merge into the oldest match; further matches turn out to be the same paper too and are folded in."""
        stored = self.records.papers(rows)
        row, others = rows[0], rows[1:]
        old = stored[row]
        merged = identity.merge(old, paper)
        names = {f"id:{paper.paper_id or identity.paper_id_for(paper)}"}
        more_keys, more_codes = {*keys}, {*sketch}
        made_of = of_row(self.records, row) or [Origin(paper=old)]
        for other in others:
            merged = identity.merge(merged, stored[other])
            made_of.append(Origin(paper=stored[other], origins=tuple(of_row(self.records, other))))
            folded_keys, codes = self._fold(other, stored[other], into=row)
            more_keys |= folded_keys
            more_codes |= codes
        names.discard(f"id:{old.paper_id}")
        if all(origin.paper != paper for origin in made_of):
            made_of.append(Origin(paper=paper))
        put_origins(self.records, row, made_of)
        if merged == old:
            self.records.add_keys(row, more_keys | names, more_codes)
            self.counts["unchanged"] += 1
            return row
        self.put_over(row, old, merged, more_keys | names, more_codes)
        self.counts["replaced" if merged.abstract != old.abstract else "merged"] += 1
        return row

    def put_over(self, row: int, old: Paper, new: Paper, keys: Iterable[str], sketch: Iterable[int]) -> None:
        """Store another record in a row."""
        text_changed = (new.title, new.abstract) != (old.title, old.abstract)
        self.records.put(new, row=row, seq=self.records.next_seq(), keys=keys, sketch=sketch, text_changed=text_changed)
        self.changed.add(row)

    def _fold(self, row: int, paper: Paper, *, into: int) -> tuple[set[str], set[int]]:
        """Take a stored paper away that is part of another now; the keys and the sketch that led to it."""
        for table in ("seen", "followed"):
            self.records.db.execute(f"UPDATE {table} SET row = ? WHERE row = ?", (into, row))
        keys = {str(k) for (k,) in self.records.db.execute("SELECT key FROM identity WHERE row = ?", (row,))}
        self.records.delete(row, seq=self.records.next_seq())
        self.changed.discard(row)
        self.gone.add(row)
        return keys | {f"id:{paper.paper_id}"}, set(identity.sketch(paper.abstract))

    def _relate(self, row: int, found: Mapping[int, Verdict]) -> None:
        """Note of which stored papers this one is a version, and of which it may be a duplicate."""
        related = [other for other, verdict in found.items() if verdict == "version" and other != row]
        unsure = [other for other, verdict in found.items() if verdict in {"unsure", "same"} and other != row]
        linked = versions.link(self, row, related) if related else None
        if linked:
            self.counts["linked"] += 1
        elif linked is None:
            unsure += related
        if unsure and len(unsure) <= LIKE and versions.note_possible(self, row, unsure):
            self.counts["possible"] += 1

    # -- what people decide -----------------------------------------------------------------------------------------------------

    def join(self, first: int, second: int) -> None:
        """Make one paper of two rows because somebody says so; what they were is kept."""
        stored = self.records.papers([first, second])
        row, other = sorted((first, second))
        old, twin = stored[row], stored[other]
        merged = identity.merge(old, twin)
        if old.work_id != twin.work_id:
            merged = dataclasses.replace(merged, work_id=old.work_id or twin.work_id)
        made_of = [Origin(paper=p, origins=tuple(of_row(self.records, r)), chosen=True) for r, p in ((row, old), (other, twin))]
        keys, codes = self._fold(other, twin, into=row)
        put_origins(self.records, row, made_of)
        self.put_over(row, old, merged, keys, codes)

    def part(self, row: int, made_of: Sequence[Origin]) -> list[int]:
        """Take a paper apart into the records that it was made of, each as it was; the rows, that of the paper itself first."""
        old = self.records.papers([row])[row]
        self.records.clear_keys(row)
        rows = []
        for n, origin in enumerate(made_of):
            keys, codes = origin.led_by(), identity.sketch(origin.paper.abstract)
            if n == 0:
                self.put_over(row, old, dataclasses.replace(origin.paper, paper_id=old.paper_id), keys, codes)
                rows.append(row)
            else:
                rows.append(self.put_new(origin.paper, keys, codes))
            put_origins(self.records, rows[-1], origin.origins)
        return rows

    def renew(self, row: int, paper: Paper | None, source: Source | None) -> bool:
        """Put a source's present record in the place of the one that it gave before, or take that one out; whether it was there.

        What other records say of the paper stays; so do its id, its work and a mark that it was retracted.
        """
        old = self.records.papers([row]).get(row)
        if old is None:
            return False
        made_of = of_row(self.records, row) or [Origin(paper=old)]
        at = [n for n, origin in enumerate(made_of) if origin.paper.source == source]
        if not at:
            return False
        if paper is not None:
            made_of[at[0]] = Origin(paper=paper)
        rest = [origin for n, origin in enumerate(made_of) if n not in (at if paper is None else at[1:])]
        if not rest:
            self.records.delete(row, seq=self.records.next_seq())
            self.gone.add(row)
            return True
        new = rest[0].paper
        for origin in rest[1:]:
            new = identity.merge(new, origin.paper)
        put_origins(self.records, row, rest if len(rest) > 1 else rest[0].origins)
        new = dataclasses.replace(new, paper_id=old.paper_id, work_id=old.work_id)
        if RETRACTION_WATCH in old.extra:
            new = dataclasses.replace(
                new,
                retraction=new.retraction or str(old.extra[RETRACTION_WATCH]) or None,
                extra={**new.extra, RETRACTION_WATCH: old.extra[RETRACTION_WATCH]},
            )
        if new == old:
            self.counts["unchanged"] += 1
            return True
        aliases = [f"id:{name}" for name, _ in self.records.keys_from("id:", [row])]
        self.records.clear_keys(row)
        keys = [*aliases, *identity.keys_for(new), *(k for origin in rest for k in origin.led_by())]
        self.put_over(row, old, new, keys, identity.sketch(new.abstract))
        self.counts["replaced" if new.abstract != old.abstract else "merged"] += 1
        return True


def code_of(paper: Paper, text: str) -> int:
    """A signed 64-bit number that stands for a record as it was read; `text` is its dump."""
    return int.from_bytes(hashlib.blake2b(f"{paper.paper_id}\n{text}".encode(), digest_size=8).digest(), "big", signed=True)


def _alike(stored: Paper, paper: Paper) -> bool:
    """Whether two records under one id are one paper: an edited record is, a stranger from another collection is not."""
    if compare(stored, paper) == "apart" and preprint(stored) != preprint(paper):
        return False
    keys, others = identity.keys_for(stored), identity.keys_for(paper)
    for kind in identity.NAMED:
        ours, theirs = {k for k in keys if k.startswith(kind)}, {k for k in others if k.startswith(kind)}
        if ours and theirs and not ours & theirs:
            return False
    return normalise(stored.title) == normalise(paper.title) or identity.similarity(stored.abstract, paper.abstract) >= 0.5


def add(parts: Parts, papers: Iterable[Paper], *, progress: Callable[[Progress], None] | None = None) -> AddReport:
    """Store papers and index their words; vectors are made later. Where the iterable raises, what came before it is kept."""
    with parts.writing():
        adder, meter = Adder(parts), Meter("reading", progress)
        done = since_index = 0
        batch: list[Paper] = []
        try:
            for paper in papers:
                batch.append(paper)
                if len(batch) >= BATCH:
                    full, batch = batch, []
                    adder.batch(full)
                    done += len(full)
                    since_index += len(full)
                    meter.tell(done)
                    parts.index_keywords(commit=since_index >= KEYWORD_BATCH)
                    since_index %= KEYWORD_BATCH
        finally:
            adder.batch(batch)
            parts.settle()
        done += len(batch)
        parts.tidy_keywords()
        parts.publish()
        meter.tell(done)
        return AddReport(**adder.counts, pending=parts.records.pending())


def remove(parts: Parts, paper_ids: Iterable[str]) -> int:
    """Remove papers by id or alias; how many there were. Ids that are not known are ignored."""
    with parts.writing():
        with parts.records.transaction():
            rows = sorted({row for row in map(parts.records.row_of, paper_ids) if row is not None})
            for row in rows:
                parts.records.delete(row, seq=parts.records.next_seq())
            if parts.server is not None:
                parts.server.push(parts.records, [], rows)
            if rows:
                parts.records.bump()
        finish(parts)
        return len(rows)


def finish(parts: Parts) -> None:
    """Bring the derived parts up to what was written, and tell the others."""
    parts.settle()
    parts.tidy_keywords()
    parts.publish()
