"""The page: an `Assistant` as `gr.Blocks`. Each tab is a file of its own; this one puts them together."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")

if find_spec("matplotlib") is None:
    # Gradio tries to import it twice at every step of every answer; a missing package is looked for anew each time, this entry is not.
    sys.modules.setdefault("matplotlib", None)  # type: ignore[arg-type]

import gradio as gr

from rag.errors import FootnoteError
from ui import adding, ask, evaluation, library, model, public_api
from ui.guard import guarded
from ui.intake import Blocks
from ui.page import PRIVATE, Page, on_load
from ui.theme import theme
from ui.uploads import visit_of
from ui.visit import Visit

if TYPE_CHECKING:
    from rag.config import Settings
    from ui.access import Access
    from ui.shelf import Shelf
    from ui.uploads import Uploads

STATIC = Path(__file__).with_name("static")

_PARTS = ("footnote", "adding", "basics", "chats", "papers", "routes", "sources", "talk")
HEAD = "".join(
    [
        '<script src="page/streams.js"></script>',
        '<link rel="stylesheet" href="page/footnote.css"><link rel="icon" href="page/footnote.svg">',
        *(f'<link rel="modulepreload" href="page/{name}.js">' for name in _PARTS),
    ]
)
TOP = """
<header class="top">
  <button type="button" class="menu-button" data-do="aside" aria-label="Chats and filters">☰</button>
  <h1>Footnote<sup aria-hidden="true">1</sup></h1>
  ${value}
  <button type="button" data-do="theme" class="quiet" aria-label="Switch between light and dark">◐</button>
</header>
"""


def build(settings: Settings, shelf: Shelf, access: Access, uploads: Uploads) -> Blocks:
    """The page, to be mounted by `ui.server`."""
    blocks = Blocks(title="Footnote", analytics_enabled=False, fill_width=True, fill_height=True)
    blocks.uploads = uploads
    with blocks:
        visit = gr.State(Visit())
        top = gr.HTML("", html_template=TOP, elem_id="top", js_on_load=on_load("delegate"), apply_default_css=False)
        with gr.Tabs(elem_id="tabs", selected="ask") as tabs:
            page = Page(settings=settings, shelf=shelf, access=access, visit=visit, tabs=tabs, top=top, blocks=blocks)
            with gr.Tab("Ask", id="ask", elem_id="tab-ask"):
                page.ask = ask.build(page)
            with gr.Tab("Library", id="library"):
                shown = library.build(page)
            with gr.Tab("Add papers", id="add"):
                added = adding.build(page)
            with gr.Tab("Model", id="model"):
                model.build(page)
            with gr.Tab("Evaluation", id="evaluation"):
                evaluation.build(page)
        _wire(page, shown, added)
        public_api.build(page)
    return blocks


def _wire(page: Page, shown: Any, added: Any) -> None:
    """What crosses the tabs."""
    own: Any = page.ask
    out = [*own.outputs(), page.top, *shown.outputs()]

    def arrive(visit: Visit, request: gr.Request) -> dict[Any, Any]:
        """A page was opened; `?q=` puts a question into the box."""
        page.shelf.recall(visit_of(request.cookies), visit)
        try:
            found = {
                own.greeting: str(own.welcome(visit)),
                **own.choices(visit),
                page.top: str(page.banner(visit)),
                **shown.choices(visit),
                **shown.listed(visit),
            }
        except FootnoteError as error:
            gr.Warning(str(error))
            return {own.greeting: str(own.welcome(visit))}
        question = str(request.query_params.get("q", ""))[: ask.LONGEST_QUESTION]
        return {**found, own.question: question} if question else found

    def changed(visit: Visit, *at: Any) -> dict[Any, Any]:
        """The library is another, or holds other papers."""
        found = {own.greeting: str(own.welcome(visit)), **own.choices(visit), page.top: str(page.banner(visit))}
        return {**found, **shown.choices(visit), **shown.listed(visit, *at)}

    page_events: dict[str, Any] = {"concurrency_limit": None, "api_visibility": PRIVATE, "show_progress": "hidden"}
    loaded = page.blocks.load(arrive, page.visit, out, **page_events)
    loaded.then(guarded(own.offer), page.visit, own.greeting, **page_events)
    found, written = page.looked
    loaded.then(found, page.visit, written, **page_events)
    for done in (added.changed, shown.changed):
        done.change(changed, shown.at, out, **page_events | library.IN_TURN)


__all__ = ["HEAD", "STATIC", "build", "theme"]
