"""The Library tab: choose a library; search, sort and page through it; open, summarise, ask about and remove papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.errors import ConfigError
from ui import papers
from ui.chat import Chat
from ui.guard import guarded
from ui.page import NOT_OWNER, PRIVATE, Page, on_load
from ui.uploads import visit_of
from ui.visit import Visit

if TYPE_CHECKING:
    from rag.schema import Paper

PAGE = 20
SORTS = {"Title": "title", "Newest first": "published", "As added": "added"}
MOST_SUMMARISED = 12
MOST_CHOSEN = 1000

IN_TURN: dict[str, Any] = {"concurrency_id": "listing", "concurrency_limit": 1}
"""For events that show the list or what is chosen in it: one at a time, so that an older state never arrives after a newer one."""

Update = dict[Any, Any]


@dataclass(slots=True, kw_only=True)
class LibraryTab:
    """The components of the tab and what happens in it."""

    page: Page
    library: gr.Dropdown
    text: gr.Textbox
    sort: gr.Dropdown
    chosen: gr.HTML
    summarise: gr.Button
    about: gr.Button
    remove: gr.Button
    none: gr.Button
    confirm: gr.Column
    question: gr.HTML
    yes: gr.Button
    no: gr.Button
    listing: gr.HTML
    opened: gr.HTML
    changed: gr.State

    # -- the list -----------------------------------------------------------------------------------------------------------------

    def listed(self, visit: Visit, text: str = "", sort: str = "Title") -> Update:
        """The list at the visit's place, and the bar above it."""
        library = self.page.assistant(visit).library
        text = (text or "").strip()
        order: Any = SORTS.get(sort, "title")
        total = None if text else library.count()
        found = library.list(text=text or None, sort=order, offset=visit.offset, limit=PAGE + 1)
        note = ""
        if text and not found and not visit.offset:
            found = [hit.paper for hit in self.page.assistant(visit).search(text, k=PAGE)]
            note = "No title or author holds these words; these are the nearest papers by content." if found else ""
        shown = papers.listing(found[:PAGE], cleared=visit.cleared, offset=visit.offset, more=len(found) > PAGE, total=total, note=note)
        names = [(name.rstrip("/").rsplit("/", 1)[-1], name) for name in self.page.shelf.names()]
        own = visit.library or self.page.shelf.default
        return {self.listing: str(shown), self.library: gr.Dropdown(choices=names, value=own), **self.bar(visit)}

    def bar(self, visit: Visit) -> Update:
        """What can be done with the chosen papers."""
        count = len(visit.chosen)
        return {
            self.chosen: f'<p class="hint" role="status">{count} chosen</p>' if count else "",
            self.summarise: gr.Button(visible=bool(count)),
            self.about: gr.Button(visible=bool(count)),
            self.remove: gr.Button(visible=bool(count)),
            self.none: gr.Button(visible=bool(count)),
            self.confirm: gr.Column(visible=False),
        }

    def first(self, visit: Visit, text: str, sort: str) -> Update:
        """The list from its beginning."""
        visit.offset = 0
        return self.listed(visit, text, sort)

    def further(self, visit: Visit, text: str, sort: str) -> Update:
        """The next page."""
        visit.offset += PAGE
        return self.listed(visit, text, sort)

    def back(self, visit: Visit, text: str, sort: str) -> Update:
        """The page before."""
        visit.offset = max(0, visit.offset - PAGE)
        return self.listed(visit, text, sort)

    def choose(self, visit: Visit, event: gr.EventData) -> Update:
        """Boxes were ticked or cleared; the event carries all that are chosen, on other pages of the list too."""
        visit.chosen = tuple(dict.fromkeys(str(p) for p in list(event.chosen)[:MOST_CHOSEN]))
        return self.bar(visit)

    def unchoose(self, visit: Visit, text: str, sort: str) -> Update:
        """Clear all boxes."""
        visit.unchoose()
        return self.listed(visit, text, sort)

    def switch(self, visit: Visit, name: str, request: gr.Request) -> Update:
        """Another library for this visit."""
        if name == (visit.library or self.page.shelf.default):
            return {self.question: ""}
        if not self.page.owns(request):
            raise ConfigError(NOT_OWNER)
        self.page.shelf.assistant(name)
        visit.library, visit.offset = name, 0
        self.page.ask.look_at(visit, Chat(name), request)
        visit.unchoose()
        self.page.shelf.remember(visit_of(request.cookies), visit)
        return {self.changed: f"{name}:{self.page.assistant(visit).library.generation}", **self.listed(visit), **self.closed()}

    # -- one paper ----------------------------------------------------------------------------------------------------------------

    def open(self, visit: Visit, paper_id: str) -> Update:
        """Show a paper in the place of the list."""
        assistant = self.page.assistant(visit)
        paper = assistant.library.get(paper_id)
        shown = papers.opened(paper, assistant.summarize(paper.paper_id))
        return {self.opened: gr.HTML(str(shown), visible=True), self.listing: gr.HTML(visible=False)}

    def closed(self) -> Update:
        """The list again."""
        return {self.opened: gr.HTML("", visible=False), self.listing: gr.HTML(visible=True)}

    def picked(self, visit: Visit, event: gr.EventData, *values: Any) -> Update:
        """A paper's button was pressed, in the list, on a card or under an abstention."""
        if event.act == "about":
            return dict(self.page.ask.about(visit, (str(event.id),), *values))
        return {**self.open(visit, str(event.id)), self.page.tabs: gr.Tabs(selected="library")}

    # -- several papers -----------------------------------------------------------------------------------------------------------

    def summarised(self, visit: Visit) -> Update:
        """A cited summary of the chosen papers, in the chat."""
        answer = self.page.assistant(visit).summarize_many(visit.chosen[:MOST_SUMMARISED])
        return {**self.page.ask.add(visit, answer), self.page.tabs: gr.Tabs(selected="ask")}

    def asked(self, visit: Visit, *values: Any) -> Update:
        """Narrow the chat to the chosen papers."""
        return dict(self.page.ask.about(visit, visit.chosen, *values))

    def removing(self, visit: Visit, request: gr.Request) -> Update:
        """Ask before removing."""
        if not self.page.owns(request):
            raise ConfigError(NOT_OWNER)
        count = len(visit.chosen)
        named: list[Paper] = self.page.assistant(visit).library.get_many(visit.chosen[:3])
        from ui.markup import tag

        rows = [tag("li", p.title) for p in named] + ([tag("li", f"and {count - 3} more")] if count > 3 else [])
        what = tag("div", tag("p", f"Remove {count} paper{'s' if count != 1 else ''} from the library for good?"), tag("ul", *rows))
        return {self.question: str(what), self.confirm: gr.Column(visible=True)}

    def kept(self) -> Update:
        """Do not remove."""
        return {self.confirm: gr.Column(visible=False)}

    def removed(self, visit: Visit, text: str, sort: str, request: gr.Request) -> Update:
        """Remove the chosen papers."""
        if not self.page.owns(request):
            raise ConfigError(NOT_OWNER)
        library = self.page.assistant(visit).library
        count = library.remove(visit.chosen)
        visit.unchoose()
        visit.offset = 0
        gr.Info(f"{count} paper{'s' if count != 1 else ''} removed")
        return {**self.listed(visit, text, sort), **self.closed(), self.changed: f"removed:{library.generation}"}

    def outputs(self) -> list[Any]:
        """Everything that these handlers write to, but for the chat."""
        return [
            self.library, self.chosen, self.summarise, self.about, self.remove, self.none, self.confirm, self.question,
            self.listing, self.opened, self.changed,
        ]  # fmt: skip


def build(page: Page) -> LibraryTab:
    """Lay the tab out and wire it."""
    with gr.Column(elem_classes="sheet"):
        with gr.Row(elem_classes="tools"):
            text = gr.Textbox(label="Search papers", placeholder="Words of a title, an author, a paper id", scale=3, min_width=220)
            sort = gr.Dropdown(list(SORTS), value="Title", label="Sort by", scale=1, min_width=140)
            library = gr.Dropdown(
                [(page.library_name(Visit()), page.shelf.default)], value=page.shelf.default, label="Library", scale=1, min_width=160
            )
        with gr.Row(elem_classes="tools bar"):
            chosen = gr.HTML("", js_on_load=None, apply_default_css=False)
            summarise = gr.Button("Summarise chosen", size="sm", visible=False, scale=0)
            about = gr.Button("Ask about chosen", size="sm", visible=False, scale=0)
            remove = gr.Button("Remove chosen", size="sm", visible=False, scale=0)
            none = gr.Button("Choose none", size="sm", visible=False, scale=0)
        with gr.Column(visible=False, elem_id="confirm") as confirm:
            question = gr.HTML("", js_on_load=None, apply_default_css=False)
            with gr.Row(elem_classes="tools"):
                yes = gr.Button("Remove for good", variant="stop", size="sm", scale=0)
                no = gr.Button("Keep them", size="sm", scale=0)
        listing = gr.HTML(elem_id="papers", js_on_load=on_load("papers"), apply_default_css=False)
        opened = gr.HTML("", elem_id="opened", js_on_load=on_load("opened"), apply_default_css=False, visible=False)
        changed = gr.State("")
    made = LibraryTab(
        page=page, library=library, text=text, sort=sort, chosen=chosen, summarise=summarise, about=about, remove=remove, none=none,
        confirm=confirm, question=question, yes=yes, no=no, listing=listing, opened=opened, changed=changed,
    )  # fmt: skip
    _wire(made)
    return made


def _wire(made: LibraryTab) -> None:
    page, visit = made.page, made.page.visit
    at, own = [visit, made.text, made.sort], made.outputs()
    ask: Any = page.ask
    values = list(ask.controls.values())
    both = [*own, *ask.outputs()]
    quick: dict[str, Any] = {"concurrency_limit": None, "api_visibility": PRIVATE, "show_progress": "hidden"}
    listing = {**quick, **IN_TURN}
    gr.on([made.text.submit, made.sort.change], guarded(made.first), at, own, **listing)
    made.text.change(guarded(made.first), at, own, trigger_mode="always_last", **listing)
    made.listing.expand(guarded(made.further), at, own, **listing)
    made.listing.undo(guarded(made.back), at, own, **listing)
    # Not "always_last": that would hand the first event's data to the last one.
    made.listing.input(guarded(made.choose), visit, own, trigger_mode="multiple", **listing)
    made.none.click(guarded(made.unchoose), at, own, **listing)
    made.library.input(guarded(made.switch), [visit, made.library], own, **listing)
    made.opened.collapse(made.closed, None, own, **quick)
    pressed = [made.listing.select, made.opened.select, ask.transcript.select, ask.panel.select]
    gr.on(pressed, guarded(made.picked), [visit, *values], both, **quick)
    made.summarise.click(guarded(made.summarised), visit, both, **quick)
    made.about.click(guarded(made.asked), [visit, *values], both, **quick)
    made.remove.click(guarded(made.removing), visit, own, **quick)
    made.no.click(made.kept, None, own, **quick)
    made.yes.click(guarded(made.removed), at, own, **listing)
