"""What a merged paper was made of: the records as they were read, so that a merge can be undone without a loss.

An origin that was merged itself keeps its own origins. They live in a table beside the papers, and travel with a paper to a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.identity import keys_for, paper_id_for
from rag.store.records import dump, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.schema import Paper
    from rag.store.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One record that went into a paper; `chosen` where a person put it there."""

    paper: Paper
    origins: tuple[Origin, ...] = ()
    chosen: bool = False

    def led_by(self) -> tuple[str, ...]:
        """The identity keys that lead to it."""
        inner = [k for o in self.origins for k in (f"id:{o.paper.paper_id or paper_id_for(o.paper)}", *o.led_by())]
        return tuple(dict.fromkeys((*keys_for(self.paper), *inner)))

    def packed(self) -> list[Any]:
        """As JSON holds it."""
        return [dump(self.paper), [o.packed() for o in self.origins], int(self.chosen)]


def _unpacked(found: list[Any]) -> Origin:
    return Origin(paper=load(found[0]), origins=tuple(map(_unpacked, found[1])), chosen=bool(found[2]))


def of_row(records: Records, row: int) -> list[Origin]:
    """The origins of the paper in a row, oldest first; empty where it is one record as it was read."""
    return list(map(_unpacked, records.origins(row)))


def put_origins(records: Records, row: int, origins: Sequence[Origin]) -> None:
    """Note what the paper in a row is made of."""
    records.put_origins(row, [o.packed() for o in origins])
