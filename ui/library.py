"""The Library tab: choose a library; search, sort and page through it; open, summarise, ask about and remove papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.errors import ConfigError
from rag.library.marking import NOTE, Marks
from ui import charts, narrow, papers
from ui.chat import Chat
from ui.guard import guarded, number, sent, texts
from ui.page import NOT_OWNER, PRIVATE, Page, on_load
from ui.uploads import visit_of
from ui.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.schema import Filters, Paper

PAGE = 20
SORTS = {"Title": "title", "Newest first": "published", "As added": "added"}
MOST_SUMMARISED = 12
MOST_CHOSEN = 1000
MOST_ASKED = 200
"""Papers of a topic that the chat is narrowed to, the most typical first."""

LIST, TIMELINE, MAP = "List", "Timeline", "Map"
FILTERS = ("year_from", "year_to", "category", "tag", "collection")

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
    controls: dict[str, Any]
    view: gr.Radio
    chart: gr.HTML
    every: gr.Button
    export: gr.HTML
    mark: gr.Button
    marking: gr.Column
    tags: gr.Textbox
    collections: gr.Textbox
    own: gr.Column
    own_tags: gr.Textbox
    own_collections: gr.Textbox
    own_note: gr.Textbox
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

    def listed(self, visit: Visit, text: str = "", sort: str = "Title", *values: Any) -> Update:
        """The list at the visit's place, and the bar above it."""
        library = self.page.assistant(visit).library
        text, filters = (text or "").strip(), self.narrowed(values)
        order: Any = SORTS.get(sort, "title")
        total: int | None = library.count(filters, text=text or None)
        found = library.list(filters, text=text or None, sort=order, offset=visit.offset, limit=PAGE + 1)
        note = ""
        if text and not total:
            found = [hit.paper for hit in self.page.assistant(visit).search(text, k=PAGE, filters=filters)]
            note = "No title or author holds these words; these are the nearest papers by content." if found else ""
            total = None
        shown = papers.listing(
            found[:PAGE], cleared=visit.cleared, offset=visit.offset, more=len(found) > PAGE, total=total, note=note, chosen=visit.chosen
        )
        names = [(name.rstrip("/").rsplit("/", 1)[-1], name) for name in self.page.shelf.names()]
        own = visit.library or self.page.shelf.default
        drawn = {} if visit.view == LIST or visit.opened else {self.chart: gr.HTML(self.drawn(visit, filters, text), visible=True)}
        return {self.listing: str(shown), self.library: gr.Dropdown(choices=names, value=own), **self.bar(visit), **drawn}

    def narrowed(self, values: tuple[Any, ...]) -> Filters | None:
        """The filters that are set."""
        given = dict(zip(FILTERS, values, strict=False))
        return narrow.Narrowing(**given).filters() or None

    def choices(self, visit: Visit) -> Update:
        """What the filters offer in this library."""
        facets = self.page.assistant(visit).library.facets()
        found: Update = {}
        for name, facet in (("category", "categories"), ("tag", "tags"), ("collection", "collections")):
            offered = [(f"{text} · {n:,}", text) for text, n in sorted(facets.get(facet, {}).items())]
            found[self.controls[name]] = gr.Dropdown(choices=[("Any", narrow.ANY), *offered], visible=bool(offered) or name == "category")
        return found

    def bar(self, visit: Visit) -> Update:
        """What can be done with the chosen papers."""
        count = len(visit.chosen)
        return {
            self.chosen: f'<p class="hint" role="status">{count:,} chosen</p>' if count else "",
            **{button: gr.Button(visible=bool(count)) for button in (self.summarise, self.about, self.mark, self.remove, self.none)},
            self.export: gr.HTML(visible=bool(count)),
            self.confirm: gr.Column(visible=False),
            **({} if count else {self.marking: gr.Column(visible=False)}),
        }

    def charted(self, visit: Visit, view: str, text: str, sort: str, *values: Any) -> Update:
        """The list, the timeline or the map, of what the filters let through."""
        visit.view, visit.opened = view if view in {TIMELINE, MAP} else LIST, ""
        return {**self.listed(visit, text, sort, *values), **self.closed(visit)}

    def drawn(self, visit: Visit, filters: Filters | None, text: str) -> str:
        """The picture of the papers that match."""
        visit.drawn = filters, text or None
        of, found = self.page.shelf.overview(visit.library, *visit.drawn)
        if visit.drawn != (None, None) and not of.paper_ids:
            return str(papers.nothing())
        return str(charts.timeline(of.published) if visit.view == TIMELINE else charts.picture(of, found))

    def picked_topic(self, visit: Visit, event: gr.EventData, *values: Any) -> Update:
        """A mark of a picture: a paper is opened, a topic's papers or a year's are asked."""
        if paper_id := str(sent(event, "id") or ""):
            return self.open(visit, paper_id)
        year = str(sent(event, "year") or "")
        ask = self.page.ask
        if year and visit.drawn == (None, None):
            both: Update = {ask.controls["year_from"]: year, ask.controls["year_to"]: year}
            return {**both, self.page.tabs: gr.Tabs(selected="ask")}
        of, found = self.page.shelf.overview(visit.library, *visit.drawn)
        if year:
            ids = tuple(p for p, date in zip(of.paper_ids, of.published, strict=True) if date.startswith(year))[:MOST_CHOSEN]
            return dict(ask.about(visit, ids, *values))
        place = number(event, "topic")
        if not 0 <= place < len(found):
            raise ConfigError("that topic is no longer there; draw the map again")
        ids = tuple(of.paper_ids[member] for member in found[place].members[:MOST_ASKED])
        return dict(ask.about(visit, ids, *values))

    def first(self, visit: Visit, *at: Any) -> Update:
        """The list from its beginning; a paper that is open makes room for it."""
        visit.offset, opened, visit.opened = 0, visit.opened, ""
        return {**self.listed(visit, *at), **(self.closed(visit) if opened else {})}

    def further(self, visit: Visit, *at: Any) -> Update:
        """The next page."""
        visit.offset += PAGE
        return self.listed(visit, *at)

    def back(self, visit: Visit, *at: Any) -> Update:
        """The page before."""
        visit.offset = max(0, visit.offset - PAGE)
        return self.listed(visit, *at)

    def choose_all(self, visit: Visit, text: str, sort: str, *values: Any) -> Update:
        """Choose every paper that matches, on all pages."""
        order: Any = SORTS.get(sort, "title")
        words = (text or "").strip() or None
        found = self.page.assistant(visit).library.list(self.narrowed(values), text=words, sort=order, limit=MOST_CHOSEN)
        visit.chosen, visit.cleared = tuple(paper.paper_id for paper in found), visit.cleared + 1
        if (
            len(found) == MOST_CHOSEN
            and (total := self.page.assistant(visit).library.count(self.narrowed(values), text=words)) > MOST_CHOSEN
        ):
            gr.Info(f"{total:,} papers match; the first {MOST_CHOSEN:,} are chosen, which is the most that can be")
        return self.listed(visit, text, sort, *values)

    def choose(self, visit: Visit, event: gr.EventData) -> Update:
        """Boxes were ticked or cleared; the event carries all that are chosen, on other pages of the list too."""
        visit.chosen = tuple(dict.fromkeys(texts(event, "chosen", MOST_CHOSEN)))
        return self.bar(visit)

    def unchoose(self, visit: Visit, *at: Any) -> Update:
        """Clear all boxes."""
        visit.unchoose()
        return self.listed(visit, *at)

    # -- one's own words --------------------------------------------------------------------------------------------------------------

    def marked(self, visit: Visit, tags: str, collections: str, request: gr.Request, *at: Any, away: bool = False) -> Update:
        """Give the chosen papers tags and collections, or take them away."""
        names, places = _names(tags), _names(collections)
        given = Marks(not_tags=names, not_collections=places) if away else Marks(tags=names, collections=places)
        count = self._mark(visit, visit.chosen, given, request)
        gr.Info(f"{count} paper{'s' if count != 1 else ''} marked")
        return {**self.listed(visit, *at), self.tags: "", self.collections: "", self.changed: self._state(visit)}

    def unmarked(self, visit: Visit, tags: str, collections: str, request: gr.Request, *at: Any) -> Update:
        """Take tags and collections away from the chosen papers."""
        return self.marked(visit, tags, collections, request, *at, away=True)

    def noted(self, visit: Visit, tags: str, collections: str, note: str, request: gr.Request) -> Update:
        """Keep what was written about the paper that is open."""
        given = Marks(tags=_names(tags), collections=_names(collections), note=note or "", only=True)
        self._mark(visit, (visit.opened,), given, request)
        gr.Info("Kept with the paper")
        return {**self.open(visit, visit.opened), self.changed: self._state(visit)}

    def collected(self, visit: Visit, place: int, request: gr.Request) -> Update:
        """Make a collection of the papers that an answer cites, named after its question."""
        if not 0 <= place < len(visit.turns):
            raise ConfigError("that answer is no longer here")
        answer = visit.turns[place].answer
        name = answer.question.strip().rstrip("?")[:60].replace("/", " ").strip()
        count = len(answer.references)
        self._mark(visit, answer.references, Marks(collections=(name,)), request)
        gr.Info(f"{count} paper{'s are' if count != 1 else ' is'} in the collection “{name}” now")
        return {self.changed: self._state(visit)}

    def _mark(self, visit: Visit, paper_ids: Sequence[str], given: Marks, request: gr.Request) -> int:
        if not self.page.owns(request):
            raise ConfigError(NOT_OWNER)
        return self.page.assistant(visit).library.mark(list(paper_ids), given)

    def _state(self, visit: Visit) -> str:
        return f"marked:{self.page.assistant(visit).library.generation}"

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
        visit.opened, visit.view = "", LIST
        self.page.shelf.remember(visit_of(request.cookies), visit)
        return {
            self.changed: f"{name}:{self.page.assistant(visit).library.generation}",
            self.view: LIST,
            **self.listed(visit),
            **self.closed(visit),
        }

    # -- one paper ----------------------------------------------------------------------------------------------------------------

    def open(self, visit: Visit, paper_id: str) -> Update:
        """Show a paper in the place of the list."""
        assistant = self.page.assistant(visit)
        paper = assistant.library.get(paper_id)
        shown = papers.opened(paper, assistant.summarize(paper.paper_id))
        visit.opened = paper.paper_id
        return {
            self.opened: gr.HTML(str(shown), visible=True), self.listing: gr.HTML(visible=False), self.chart: gr.HTML(visible=False),
            self.own: gr.Column(visible=True), self.own_tags: ", ".join(paper.tags),
            self.own_collections: ", ".join(paper.collections), self.own_note: str(paper.extra.get(NOTE, "")),
        }  # fmt: skip

    def closed(self, visit: Visit) -> Update:
        """No paper is open: the list, or the picture, again."""
        visit.opened = ""
        listed = visit.view == LIST
        return {
            self.opened: gr.HTML("", visible=False), self.own: gr.Column(visible=False), self.listing: gr.HTML(visible=listed),
            **({self.chart: gr.HTML("", visible=False)} if listed else {}),
        }  # fmt: skip

    def back_again(self, visit: Visit, *at: Any) -> Update:
        """Leave the paper that is open; what was before it is shown as it is now."""
        visit.opened = ""
        return {**self.listed(visit, *at), **self.closed(visit)}

    def picked(self, visit: Visit, event: gr.EventData, request: gr.Request, *values: Any) -> Update:
        """A paper's button was pressed, in the list, on a card or under an abstention; or an answer is to become a collection."""
        act, paper_id = sent(event, "act"), str(sent(event, "id") or "")
        if act == "collect":
            return self.collected(visit, number(event, "turn") - 1, request)
        if act == "about":
            return dict(self.page.ask.about(visit, (paper_id,), *values))
        return {**self.open(visit, paper_id), self.page.tabs: gr.Tabs(selected="library")}

    # -- several papers -----------------------------------------------------------------------------------------------------------

    def summarised(self, visit: Visit) -> Update:
        """A cited summary of the chosen papers, in the chat."""
        if len(visit.chosen) > MOST_SUMMARISED:
            gr.Info(f"The first {MOST_SUMMARISED} of the {len(visit.chosen):,} chosen papers are summarised")
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

    def removed(self, visit: Visit, request: gr.Request, *at: Any) -> Update:
        """Remove the chosen papers."""
        if not self.page.owns(request):
            raise ConfigError(NOT_OWNER)
        library = self.page.assistant(visit).library
        count = library.remove(visit.chosen)
        visit.unchoose()
        visit.offset = 0
        gr.Info(f"{count} paper{'s' if count != 1 else ''} removed")
        return {**self.listed(visit, *at), **self.closed(visit), self.changed: f"removed:{library.generation}"}

    def outputs(self) -> list[Any]:
        """Everything that these handlers write to, but for the chat."""
        return [
            self.library, self.chosen, self.summarise, self.about, self.mark, self.remove, self.none, self.export, self.confirm,
            self.question, self.listing, self.opened, self.changed, self.chart, self.view, self.marking, self.tags, self.collections,
            self.own, self.own_tags, self.own_collections, self.own_note, *self.controls.values(),
        ]  # fmt: skip

    @property
    def at(self) -> list[Any]:
        """What the list depends on."""
        return [self.page.visit, self.text, self.sort, *self.controls.values()]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in (text or "").split(",") if (name := part.strip()))


def build(page: Page) -> LibraryTab:
    """Lay the tab out and wire it."""
    with gr.Column(elem_classes="sheet"):
        with gr.Row(elem_classes="tools"):
            text = gr.Textbox(label="Search papers", placeholder="Words of a title, an author, a paper id", scale=3, min_width=220)
            sort = gr.Dropdown(list(SORTS), value="Title", label="Sort by", scale=1, min_width=140)
            library = gr.Dropdown(
                [(page.library_name(Visit()), page.shelf.default)], value=page.shelf.default, label="Library", scale=1, min_width=160
            )
        with gr.Row(elem_classes="tools filters"):
            controls = {
                "year_from": gr.Textbox(label="From year", max_length=4, min_width=90, scale=1),
                "year_to": gr.Textbox(label="To year", max_length=4, min_width=90, scale=1),
                **{
                    name: gr.Dropdown(
                        [("Any", narrow.ANY)],
                        label=label,
                        value=narrow.ANY,
                        allow_custom_value=True,
                        min_width=140,
                        scale=2,
                        visible=name == "category",
                    )
                    for name, label in (("category", "In category"), ("tag", "With tag"), ("collection", "In collection"))
                },
            }
        with gr.Row(elem_classes="tools bar"):
            view = gr.Radio([LIST, TIMELINE, MAP], value=LIST, label="Show as", elem_id="view", scale=0, min_width=0)
            every = gr.Button("Choose all that match", size="sm", scale=0, min_width=0)
            chosen = gr.HTML("", js_on_load=None, apply_default_css=False)
            about, summarise, mark, remove, none = (
                gr.Button(words, size="sm", visible=False, scale=0, min_width=0)
                for words in ("Ask only these", "Summarise chosen", "Tag or collect chosen", "Remove chosen", "Choose none")
            )
            export = gr.HTML(
                str(papers.exports()), elem_id="export", js_on_load=on_load("delegate"), apply_default_css=False, visible=False
            )
        with gr.Column(visible=False, elem_id="marking") as marking, gr.Row(elem_classes="tools"):
            tags = gr.Textbox(label="Tags", placeholder="several with commas", scale=1, min_width=180)
            collections = gr.Textbox(label="Collections", placeholder="such as Thesis/Chapter 2", scale=1, min_width=180)
            give = gr.Button("Add to chosen", size="sm", scale=0, min_width=130)
            take = gr.Button("Take from chosen", size="sm", scale=0, min_width=140)
        with gr.Column(visible=False, elem_id="confirm") as confirm:
            question = gr.HTML("", js_on_load=None, apply_default_css=False)
            with gr.Row(elem_classes="tools"):
                yes = gr.Button("Remove for good", variant="stop", size="sm", scale=0)
                no = gr.Button("Keep them", size="sm", scale=0)
        listing = gr.HTML(elem_id="papers", js_on_load=on_load("papers"), apply_default_css=False)
        opened = gr.HTML("", elem_id="opened", js_on_load=on_load("opened"), apply_default_css=False, visible=False)
        chart = gr.HTML("", elem_id="chart", js_on_load=on_load("chart"), apply_default_css=False, visible=False)
        with gr.Column(visible=False, elem_id="own") as own:
            gr.HTML("<h3>Your own words</h3>", js_on_load=None, apply_default_css=False)
            with gr.Row(elem_classes="tools"):
                own_tags = gr.Textbox(label="Tags of this paper", placeholder="several with commas", min_width=180)
                own_collections = gr.Textbox(label="Collections of this paper", placeholder="such as Thesis/Chapter 2", min_width=180)
            own_note = gr.Textbox(label="Note on this paper", lines=3, max_lines=12)
            keep = gr.Button("Keep", size="sm", scale=0, min_width=100)
        changed = gr.State("")
    made = LibraryTab(
        page=page, library=library, text=text, sort=sort, controls=controls, view=view, chart=chart, every=every, export=export, mark=mark,
        marking=marking, tags=tags, collections=collections, own=own, own_tags=own_tags, own_collections=own_collections,
        own_note=own_note, chosen=chosen, summarise=summarise, about=about, remove=remove, none=none,
        confirm=confirm, question=question, yes=yes, no=no, listing=listing, opened=opened, changed=changed,
    )  # fmt: skip
    _wire(made, give, take, keep)
    return made


def _wire(made: LibraryTab, give: gr.Button, take: gr.Button, keep: gr.Button) -> None:
    page, visit = made.page, made.page.visit
    at, own = made.at, made.outputs()
    ask: Any = page.ask
    values = list(ask.controls.values())
    both = [*own, *ask.outputs()]
    quick: dict[str, Any] = {"concurrency_limit": None, "api_visibility": PRIVATE, "show_progress": "hidden"}
    listing = {**quick, **IN_TURN}
    gr.on(
        [made.text.submit, made.sort.change, *(control.change for control in made.controls.values())],
        guarded(made.first),
        at,
        own,
        trigger_mode="always_last",  # else what is changed while the list is being made would be lost
        **listing,
    )
    made.text.change(guarded(made.first), at, own, trigger_mode="always_last", **listing)
    made.listing.expand(guarded(made.further), at, own, **listing)
    made.listing.undo(guarded(made.back), at, own, **listing)
    # Not "always_last": that would hand the first event's data to the last one.
    made.listing.input(guarded(made.choose), visit, own, trigger_mode="multiple", **listing)
    made.every.click(guarded(made.choose_all), at, own, **listing)
    made.view.input(guarded(made.charted), [visit, made.view, *at[1:]], own, **listing)
    made.chart.select(guarded(made.picked_topic), [visit, *values], both, **quick)
    made.mark.click(lambda: gr.Column(visible=True), None, made.marking, **quick)
    marks = [visit, made.tags, made.collections, *at[1:]]
    give.click(guarded(made.marked), marks, own, **listing)
    take.click(guarded(made.unmarked), marks, own, **listing)
    keep.click(guarded(made.noted), [visit, made.own_tags, made.own_collections, made.own_note], own, **listing)
    made.none.click(guarded(made.unchoose), at, own, **listing)
    made.library.input(guarded(made.switch), [visit, made.library], own, **listing)
    made.opened.collapse(guarded(made.back_again), at, own, **listing)
    pressed = [made.listing.select, made.opened.select, ask.transcript.select, ask.panel.select]
    gr.on(pressed, guarded(made.picked), [visit, *values], both, **quick)
    made.summarise.click(guarded(made.summarised), visit, both, **quick)
    made.about.click(guarded(made.asked), [visit, *values], both, **quick)
    made.remove.click(guarded(made.removing), visit, own, **quick)
    made.no.click(made.kept, None, own, **quick)
    made.yes.click(guarded(made.removed), at, own, **listing)
