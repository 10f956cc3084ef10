"""What the parts of the page share: the server's libraries, who may do what, and the components that more than one part touches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ui import banner
from ui.nearby import Nearby

if TYPE_CHECKING:
    import gradio as gr
    from markupsafe import Markup

    from rag.assistant import Assistant
    from rag.config import Settings
    from ui.access import Access
    from ui.shelf import Shelf
    from ui.visit import Visit

PRIVATE = "private"
"""Visibility of the page's own events: only `ui.public_api` is offered to API clients."""

NOT_OWNER = "Only the owner of this server can do that here: unlock with the owner's key on the Model tab."


def on_load(part: str) -> str:
    """The script that brings a part of the page to life: a function of `static/footnote.js`, imported first."""
    call = f"Footnote.{part}(element, trigger, watch)"
    return f"import(new URL('page/footnote.js', document.baseURI).href).then(() => {call})"


def names_of(request: gr.Request) -> tuple[str, ...]:
    """By which names the end of a stream of results tells who has gone: its session, or the event where it has none."""
    from gradio.context import LocalContext

    return tuple(filter(None, (getattr(request, "session_hash", None), LocalContext.event_id.get(None))))


@dataclass(slots=True, kw_only=True)
class Page:
    """Made by `ui.app`; the tabs fill in what they make."""

    settings: Settings
    shelf: Shelf
    access: Access
    visit: gr.State
    tabs: gr.Tabs
    top: gr.HTML
    blocks: gr.Blocks
    ask: Any = None
    picker: Any = None
    looked: Any = None
    """What finds the servers of this machine, and what it writes to."""
    nearby: Nearby = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is looked for yet."""
        self.nearby = Nearby(self.settings.port)

    def assistant(self, visit: Visit) -> Assistant:
        """The library of this visit, opened."""
        return self.shelf.assistant(visit.library)

    def library_name(self, visit: Visit) -> str:
        """Its name as shown; a folder's last part."""
        return (visit.library or self.shelf.default).rstrip("/").rsplit("/", 1)[-1]

    def banner(self, visit: Visit) -> Markup:
        """The line at the top."""
        papers = self.assistant(visit).library.count()
        retold = self.shelf.retold(visit.library)
        return banner.banner(self.settings, self.shelf.model_of(visit), self.library_name(visit), papers, retold=retold)

    def owns(self, request: gr.Request) -> bool:
        """Whether this request comes from the owner."""
        return self.access.is_owner(dict(request.cookies))
