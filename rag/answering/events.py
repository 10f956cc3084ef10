"""What an answer under way tells its listeners: one record per thing that happened, in order.

A surface shows `statement` events as they come and clears what it has shown on `restart`; `done` comes last, once, and carries the
whole result. Nothing else carries text of a model, so a listener can't show an unchecked sentence by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rag.schema import Statement

EventKind = Literal["step", "statement", "withheld", "note", "restart", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    `step`: `text` says what is being done. `statement`: a sentence that may be shown, with the `numbers` [n] of its references and
    their paper_ids so far. `withheld`: a sentence failed the check (`text` is why, never the sentence). `note`: `text` belongs under
    the answer. `restart`: forget the statements so far, others follow; `text` is why. `done`: `result` holds everything.
    """

    kind: EventKind
    text: str = ""
    statement: Statement | None = None
    numbers: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    result: Any = None
