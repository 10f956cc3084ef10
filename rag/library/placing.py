"""On which shard a paper lies: with those that it is one paper or one work with, that it may be one with, or whose id it bears.

So each shard finds duplicates by itself, as any library does, and ids are unique over all. Before papers are stored every shard is asked
what it holds of them. Where that lies on several, it is brought together first. Papers that nobody knows go by a hash of their identity.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from rag import identity
from rag.library.adding import LIKE, code_of
from rag.library.progress import AddReport
from rag.library.shard import Held, Wanted
from rag.store.records import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.library.sharded import Sharded
    from rag.schema import Paper

BATCH = 4000
"""Papers whose places are looked for together."""

_NEAR = ("same", "version", "unsure")


def place_of(keys: Sequence[str], name: str, n: int) -> int:
    """The shard of `n` where a paper goes that no shard knows: by its strongest identity key, else by its id."""
    return int.from_bytes(hashlib.blake2b((keys[0] if keys else f"id:{name}").encode(), digest_size=8).digest(), "big") % n


@dataclass(slots=True)
class Placing:
    """Papers on their way to the shards of one library; `counts` says what became of them."""

    library: Sharded
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((f.name for f in fields(AddReport) if f.name != "pending"), 0))
    _waiting: dict[int, list[Paper]] = field(default_factory=lambda: defaultdict(list))
    _claimed: dict[str | int, int] = field(default_factory=dict)

    def place(self, papers: Sequence[Paper]) -> None:
        """Find each paper's shard and store it there, in an order in which each meets those before it that it may be."""
        sought = [wanted(paper) for paper in papers]
        at, together = 0, BATCH
        while at < len(sought):
            part = sought[at : at + together]
            said = self.library._surely("look_up", part)  # noqa: SLF001  # its own hands
            for n, one in enumerate(part):
                bound, target = self._bound(one, [found[n] for found in said])
                if target is None and n > 0:  # it depends on papers that wait, or others have to be moved for it
                    break
                at += 1
                self._give(one, self._moved(bound) if target is None else target)
                if target is None:  # what was said of the others may be of papers that have moved
                    break
            whole = at == len(sought) or n + 1 == len(part)
            together = min(BATCH, 2 * together) if whole else max(64, together // 4)
            self.flush()

    def _bound(self, one: Wanted, held: Sequence[Held | None]) -> tuple[list[tuple[int, int, int]], int | None]:
        """The stored papers beside which a paper has to lie (how near, row, shard), and its shard; None where they lie on several."""
        there = [(n, own) for n, own in enumerate(held) if own is not None]
        if (seen := next((n for n, own in there if own.seen), None)) is not None:
            return [], seen
        found = [(_NEAR.index(verdict), row, n) for n, own in there for row, verdict in own.found.items()]
        if sum(near == _NEAR.index("unsure") for near, _, _ in found) > LIKE:  # a text that many have: nobody is told of those
            found = [one for one in found if one[0] != _NEAR.index("unsure")]
        found += [(len(_NEAR), own.named, n) for n, own in there if own.named is not None]
        shards = {n for _, _, n in found} | {self._claimed[key] for key in _claims(one) if key in self._claimed}
        home = place_of(one.keys, one.name, len(held))
        return found, None if len(shards) > 1 else next(iter(shards), home)

    def _moved(self, bound: Sequence[tuple[int, int, int]]) -> int:
        """Bring these papers together on the shard of the nearest of them, the oldest first; its number."""
        target, by_shard = min(bound)[2], defaultdict(set)
        for _, row, n in bound:
            by_shard[n].add(row)
        self.library.move({n: sorted(rows) for n, rows in by_shard.items()}, target)
        return target

    def _give(self, one: Wanted, target: int) -> None:
        self._waiting[target].append(one.paper)
        self._claimed.update(dict.fromkeys(_claims(one), target))

    def flush(self) -> None:
        """Store what waits."""
        waiting, self._waiting, self._claimed = self._waiting, defaultdict(list), {}
        shards = self.library.handles
        for call in [shards[n].start("add", own) for n, own in waiting.items()]:
            report: AddReport = call.result()
            for name in self.counts:
                self.counts[name] += getattr(report, name)


def wanted(paper: Paper) -> Wanted:
    """What the shards are asked about a paper."""
    if not paper.title.strip():  # no paper, and counted as such wherever it goes
        return Wanted(paper=paper, code=0, keys=(), sketch=(), name="")
    keys, sketch = identity.keys_for(paper), identity.sketch(paper.abstract)
    name = paper.paper_id or identity.paper_id_for(paper)
    return Wanted(paper=paper, code=code_of(paper, dump(paper)), keys=keys, sketch=sketch, name=name)


def _claims(one: Wanted) -> list[str | int]:
    """What another paper of the same batch may share with it."""
    return [*one.keys, *one.sketch, f"id:{one.name}"] if one.name else []
