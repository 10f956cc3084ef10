"""Papers enter and leave the records: which are new, which are one paper with a stored one, and what is then stored.

Each batch is one transaction; the papers of a source that breaks off are stored up to there.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from rag import identity
from rag.library.progress import AddReport, Meter, Progress
from rag.store.records import dump
from rag.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rag.library.parts import Parts
    from rag.schema import Paper

BATCH = 500
"""Papers in one transaction."""

KEYWORD_BATCH = 4000
"""Papers after which the keyword index is committed, so that they are found."""


class _Adder:
    """The state of one `add`: counts, and the rows that changed in the open transaction."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.records = parts, parts.records
        self.counts = dict.fromkeys(("added", "merged", "replaced", "unchanged", "skipped"), 0)
        self.changed: set[int] = set()
        self.gone: set[int] = set()

    def batch(self, papers: Sequence[Paper]) -> None:
        """Store a batch, whole or not at all; where a server holds the truth, there first."""
        counts = dict(self.counts)
        self.changed.clear()
        self.gone.clear()
        try:
            with self.records.transaction():
                for paper in papers:
                    self.one(paper)
                if self.parts.server is not None:
                    self.parts.server.push(self.records, sorted(self.changed - self.gone), sorted(self.gone))
                if self.changed or self.gone:
                    self.records.bump()
        except BaseException:
            self.counts = counts
            raise

    def one(self, paper: Paper) -> None:
        """Find the paper's place and store what is new about it."""
        if not (paper.abstract.strip() and paper.title.strip()):
            self.counts["skipped"] += 1
            return
        code = int.from_bytes(hashlib.blake2b(f"{paper.paper_id}\n{dump(paper)}".encode(), digest_size=8).digest(), "big", signed=True)
        seen = self.records.db.execute("SELECT 1 FROM seen JOIN facts USING (row) WHERE code = ?", (code,)).fetchone()
        if seen:
            self.counts["unchanged"] += 1
            return
        keys, sketch = identity.keys_for(paper), identity.sketch(paper.abstract)
        rows = self._matches(paper, keys, sketch)
        row = self._merge(paper, rows, keys, sketch) if rows else self._new(paper, keys, sketch)
        self.records.db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (code, row))

    def _matches(self, paper: Paper, keys: Sequence[str], sketch: Sequence[int]) -> list[int]:
        """Rows of stored papers that are this paper, ascending."""
        rows = self.records.candidates(keys, sketch)
        named = self.records.row_of(paper.paper_id) if paper.paper_id else None
        found = self.records.papers([*rows, *([named] if named is not None and named not in rows else [])])
        return sorted(row for row, other in found.items() if identity.same_paper(other, paper) or (row == named and _alike(other, paper)))

    def _new(self, paper: Paper, keys: Sequence[str], sketch: Sequence[int]) -> int:
        wanted = paper.paper_id or identity.paper_id_for(paper)
        paper_id, length = wanted, 6
        while self.records.row_of(paper_id) is not None:
            paper_id = f"{wanted}-{identity.fingerprint(paper.abstract + paper.title)[:length]}"
            length += 4
        stored = dataclasses.replace(paper, paper_id=paper_id)
        row = self.records.put(stored, row=None, seq=self.records.next_seq(), keys=keys, sketch=sketch, text_changed=True)
        self.changed.add(row)
        self.counts["added"] += 1
        return row

    def _merge(self, paper: Paper, rows: Sequence[int], keys: Sequence[str], sketch: Sequence[int]) -> int:
        """Merge into the oldest match; further matches turn out to be the same paper too and are folded in."""
        stored = self.records.papers(rows)
        row, others = rows[0], rows[1:]
        old = stored[row]
        merged = identity.merge(old, paper)
        names = {f"id:{paper.paper_id or identity.paper_id_for(paper)}"}
        more_keys, more_codes = {*keys}, {*sketch}
        for other in others:
            twin = stored[other]
            merged = identity.merge(merged, twin)
            names.add(f"id:{twin.paper_id}")
            more_keys.update(k for (k,) in self.records.db.execute("SELECT key FROM identity WHERE row = ?", (other,)))
            more_codes.update(identity.sketch(twin.abstract))
            self.records.delete(other, seq=self.records.next_seq())
            self.changed.discard(other)
            self.gone.add(other)
        names.discard(f"id:{old.paper_id}")
        text_changed = (merged.title, merged.abstract) != (old.title, old.abstract)
        if merged == old:
            self.records.add_keys(row, more_keys | names, more_codes)
            self.counts["unchanged"] += 1
            return row
        self.records.put(merged, row=row, seq=self.records.next_seq(), keys=more_keys | names, sketch=more_codes, text_changed=text_changed)
        self.changed.add(row)
        self.counts["replaced" if merged.abstract != old.abstract else "merged"] += 1
        return row


def _alike(stored: Paper, paper: Paper) -> bool:
    """Whether two records under one id are one paper: an edited record is, a stranger from another collection is not."""
    if identity.conflict(stored, paper):
        return False
    return normalise(stored.title) == normalise(paper.title) or identity.similarity(stored.abstract, paper.abstract) >= 0.5


def add(parts: Parts, papers: Iterable[Paper], *, progress: Callable[[Progress], None] | None = None) -> AddReport:
    """Store papers and index their words; vectors are made later. Where the iterable raises, what came before it is kept."""
    with parts.writing():
        adder, meter = _Adder(parts), Meter("reading", progress)
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
        parts.settle()
        parts.tidy_keywords()
        parts.publish()
        return len(rows)
