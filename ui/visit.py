"""What belongs to one open page and to nobody else: which chat it looks at, its model, its narrowing.

Gradio copies the initial state for each page that is opened; a copy of a `Visit` is a fresh one, so nothing can be shared by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ui.chat import Chat

if TYPE_CHECKING:
    from rag.assistant import LLMOptions
    from rag.schema import Filters, Paper
    from ui.nearby import Server
    from ui.turns import Turn


@dataclass(slots=True, repr=False)
class Visit:
    """The state of one open page, on the server. It has no repr, since `llm` holds a key.

    `cleared` counts how often the chosen papers were let go of; `following` stands for the event that shows what comes of the chat; one
    is enough. `view` is what the library is shown as, `drawn` what the picture of it was narrowed to.
    """

    library: str = ""
    llm: LLMOptions | None = None
    offline: bool = False
    only: tuple[Paper, ...] = ()
    editing: int | None = None
    chosen: tuple[str, ...] = ()
    cleared: int = 0
    offset: int = 0
    opened: str = ""
    view: str = "List"
    drawn: tuple[Filters | None, str | None] = (None, None)
    following: object = None
    servers: tuple[Server, ...] = ()
    chat: Chat = field(default_factory=Chat)

    def __deepcopy__(self, memo: object) -> Self:
        """A fresh visit."""
        return type(self)(library=self.library, chat=Chat(self.library))

    @property
    def turns(self) -> list[Turn]:
        """The finished turns of the chat that is looked at."""
        return self.chat.turns

    def unchoose(self) -> None:
        """No paper of the list is chosen any more."""
        self.chosen, self.cleared = (), self.cleared + 1

    def look_at(self, chat: Chat) -> None:
        """Another chat: model and library stay. An answer under way in the one before goes on for a while."""
        self.chat, self.following = chat, None
