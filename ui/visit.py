"""What belongs to one open page and to nobody else: its chat, its model, its narrowing, the answer under way.

Gradio copies the initial state for each page that is opened; a copy of a `Visit` is a fresh one, so nothing can be shared by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rag.assistant import LLMOptions
    from rag.schema import Paper
    from ui.running import Running
    from ui.turns import Turn

MOST_TURNS = 100
"""Longest chat; the oldest turns go first."""


@dataclass(slots=True, repr=False)
class Visit:
    """The state of one open page, on the server; `live` is the HTML of the answer under way. It has no repr, since `llm` holds a key.

    `cleared` counts how often the chosen papers were let go of.
    """

    library: str = ""
    turns: list[Turn] = field(default_factory=list)
    llm: LLMOptions | None = None
    offline: bool = False
    only: tuple[Paper, ...] = ()
    editing: int | None = None
    live: str = ""
    failed: str = ""
    chosen: tuple[str, ...] = ()
    cleared: int = 0
    offset: int = 0
    running: Running | None = None

    def __deepcopy__(self, memo: object) -> Self:
        """A fresh visit."""
        return type(self)(library=self.library)

    def keep(self, turn: Turn) -> None:
        """Add a turn at the end."""
        self.turns = [*self.turns, turn][-MOST_TURNS:]

    def stop(self) -> None:
        """End the answer under way, if there is one; what there is of it stays."""
        if self.running is not None:
            self.running.stop()

    def drop(self) -> None:
        """End the answer under way and forget it."""
        self.stop()
        self.running, self.live = None, ""

    def unchoose(self) -> None:
        """No paper of the list is chosen any more."""
        self.chosen, self.cleared = (), self.cleared + 1

    def clear(self) -> None:
        """A new chat: model and library stay."""
        self.drop()
        self.turns, self.only, self.editing, self.failed = [], (), None, ""
