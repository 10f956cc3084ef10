"""The Ask tab: chats and narrowing on the left, the conversation in the middle, the cited papers on the right."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator  # noqa: TC003 - gradio reads the types of handlers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.assistant import Turn as Earlier
from rag.errors import FootnoteError, PaperNotFound
from ui import cards, narrow, render
from ui.chat import Asked, Chat
from ui.guard import guarded, number, sent, texts
from ui.markup import tag
from ui.page import PRIVATE, Page, names_of, on_load
from ui.turns import BadRecord, restore_all
from ui.visit import Visit  # noqa: TC001 - gradio reads the types of handlers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.answering.events import Event
    from rag.assistant import Stop
    from rag.schema import Answer, Filters, Paper
    from ui.running import Running

LONGEST_QUESTION = 4000
"""Characters of a question; the page counts them, and a longer one is not sent."""

PACE_S = 0.1
"""Least time between two updates of an answer under way, while few are under way; with many, each is updated less often."""

FEW = 4
"""Answers under way at once that are updated at full pace."""

MOST_TICKED = 200

Update = dict[Any, Any]
Stage = tuple[str, str, str]
"""An answer under way, the finished turns, their sources: each as HTML."""


@dataclass(slots=True, kw_only=True)
class Ask:
    """The components of the tab that others touch, and what happens in it."""

    page: Page
    question: gr.Textbox
    sent: gr.Textbox
    send: gr.Button
    stop: gr.Button
    fresh: gr.Button
    greeting: gr.HTML
    """Stands where nothing has been asked (the style sheet hides it else). It is no part of the transcript: what is worked out when the
    page opens would overwrite a chat that was reopened meanwhile."""
    transcript: gr.HTML
    live: gr.HTML
    editing: gr.HTML
    chips: gr.HTML
    chats: gr.HTML
    panel: gr.HTML
    controls: dict[str, Any]

    # -- what is shown ------------------------------------------------------------------------------------------------------------

    def shown(self, visit: Visit) -> Update:
        """The conversation and its sources as they stand."""
        return dict(zip((self.live, self.transcript, self.panel), self.stage(visit.chat), strict=True))

    def stage(self, chat: Chat) -> Stage:
        """The answer under way and what waits for it, the finished turns, all their sources. What is finished is rendered once."""
        turns, now = chat.turns, chat.now
        if chat.rendered is None or chat.rendered[0] is not turns:
            chat.rendered = turns, str(render.transcript(turns, chat.key)), str(cards.panel(turns))
        _, finished, panel = chat.rendered
        return chat.under_way, finished, panel + (str(cards.sources(now.cut(), now.number)) if now is not None and now.references else "")

    def welcome(self, visit: Visit) -> str:
        """The first words, with examples of this library as soon as they have been worked out."""
        try:
            papers = self.page.assistant(visit).library.count()
            return render.welcome(papers, self.page.shelf.known_examples(visit.library))
        except FootnoteError as error:
            return tag("div", tag("p", str(error), class_="fn-error", role="alert"), class_="welcome")

    def offer(self, visit: Visit) -> Any:
        """Work out the examples and show them."""
        return str(self.welcome(visit)) if self.page.shelf.examples(visit.library) else gr.skip()

    def chosen(self, visit: Visit, values: tuple[Any, ...]) -> Filters:
        """The filters that are set."""
        return narrow.Narrowing(**dict(zip(narrow.FIELDS, values, strict=True))).filters(visit.only)

    # -- asking -------------------------------------------------------------------------------------------------------------------

    async def asked(self, question: str, visit: Visit, request: gr.Request, *values: Any) -> AsyncIterator[Stage]:
        """Answer a question, sentence by sentence; after those that were asked before."""
        question = (question or "").strip()
        if question:
            if visit.editing is not None:
                visit.chat.drop()
                visit.chat.cut(visit.editing)
                visit.editing = None
            self.put(visit, question, self.chosen(visit, values), request)
        async for stage in self.followed(visit, request):
            yield stage

    async def again(self, visit: Visit, event: gr.EventData, request: gr.Request, *values: Any) -> AsyncIterator[Stage]:
        """Ask the last question once more, or the one that failed; where `exact` is said, for its very words."""
        chat, exact = visit.chat, bool(sent(event, "exact"))
        if chat.failed is not None:
            self.put(visit, chat.failed.question, chat.failed.filters, request)
        elif chat.turns and not chat.busy:
            question = chat.turns[-1].answer.question
            chat.cut(len(chat.turns) - 1)
            self.put(visit, question, self.chosen(visit, values), request, exact=exact)
        async for stage in self.followed(visit, request):
            yield stage

    async def tried(self, visit: Visit, event: gr.EventData, request: gr.Request, *values: Any) -> AsyncIterator[Stage]:
        """Ask an example, or a question that is suggested."""
        async for stage in self.asked(str(sent(event, "text") or ""), visit, request, *values):
            yield stage

    def put(self, visit: Visit, question: str, filters: Filters, request: gr.Request, *, exact: bool = False) -> None:
        """Put a question to the chat."""
        chat = visit.chat
        chat.read_by(*names_of(request))
        if len(question) > LONGEST_QUESTION:
            gr.Warning(f"A question may have {LONGEST_QUESTION:,} characters; this one has {len(question):,}. It was not sent.")
        elif not chat.ask(Asked(question=question, filters=filters, model=self.page.shelf.model_of(visit), exact=exact), self):
            gr.Warning("Several questions wait already: this one was not sent.")
        self.page.shelf.chats.hold(chat)  # busy by now, so that it does not make room for another

    async def followed(self, visit: Visit, request: gr.Request) -> AsyncIterator[Stage]:
        """How the chat stands, and every change, until nothing is under way. One event of a page is enough to show it."""
        chat = visit.chat
        if visit.following is not None:
            yield self.stage(chat)
            return
        mine = visit.following = object()
        chat.read_by(*names_of(request))
        try:
            async for _ in chat.watch():
                if visit.following is not mine:  # another chat is looked at
                    return
                yield self.stage(chat)
        finally:
            if visit.following is mine:
                visit.following = None

    def start(self, asked: Asked, chat: Chat) -> Running:
        """Begin an answer."""
        mode = "extractive" if asked.model is None else None
        turns = [] if asked.exact else chat.turns
        earlier = [Earlier(question=t.answer.question, references=t.answer.references, answer=t.answer.answer) for t in turns]

        def stream(stop: Stop) -> Iterator[Event]:
            assistant = self.page.shelf.assistant(chat.library)
            return assistant.stream(
                asked.question, turns=earlier, filters=asked.filters or None, llm=asked.model, mode=mode, stop=stop, exact=asked.exact
            )

        return self.page.shelf.running(stream)

    def papers(self, library: str, paper_ids: Sequence[str]) -> Sequence[Paper]:
        """The papers with these ids."""
        known = self.page.shelf.assistant(library).library
        found = []
        for paper_id in paper_ids:
            with contextlib.suppress(PaperNotFound):  # removed meanwhile
                found.append(known.get(paper_id))
        return found

    def pace_s(self) -> float:
        """Least time between two updates of an answer under way."""
        return PACE_S * max(1, self.page.shelf.under_way / FEW)

    def add(self, visit: Visit, answer: Answer) -> Update:
        """Put a finished answer (a summary from the library) into the chat."""
        visit.chat.keep(answer)
        return self.shown(visit)

    # -- the rest -----------------------------------------------------------------------------------------------------------------

    def halt(self, visit: Visit) -> None:
        """Stop: what is there stays."""
        visit.chat.stop()

    def look_at(self, visit: Visit, chat: Chat, request: gr.Request) -> None:
        """Turn to another chat. The one before goes on for a while, in case somebody comes back to it."""
        before, names = visit.chat, names_of(request)
        if chat is not before:
            for name in names:
                if before.left_by(name):
                    before.end_soon()
            visit.look_at(chat)
            before.tell()
        visit.only, visit.editing = (), None

    def begin(self, visit: Visit, request: gr.Request) -> Update:
        """A new chat, narrowed to nothing."""
        self.look_at(visit, Chat(visit.library), request)
        return {**self.shown(visit), **self.widened(), self.editing: "", self.chips: ""}

    def widened(self) -> Update:
        """The controls, none set."""
        return {control: False if name == "has_code" else narrow.ANY for name, control in self.controls.items()}

    def withdraw(self, visit: Visit, event: gr.EventData) -> Update:
        """Take a question back that waits; it is in the box again."""
        found = visit.chat.withdraw(number(event, "place"))
        return {self.question: found.question} if found is not None else {self.editing: ""}

    def edit(self, visit: Visit, event: gr.EventData) -> Update:
        """Take a question back into the box."""
        place = number(event, "turn") - 1
        if not 0 <= place < len(visit.turns):
            return {self.editing: ""}
        visit.editing = place
        note = tag(
            "p",
            f"Editing question {place + 1}; it and what follows will be replaced. ",
            tag("button", "Cancel", type="button", data_event="undo", class_="quiet"),
            class_="editing",
            role="status",
        )
        return {self.question: visit.turns[place].answer.question, self.editing: str(note)}

    def leave(self, visit: Visit) -> Update:
        """Leave the question as it was."""
        visit.editing = None
        return {self.question: "", self.editing: ""}

    def reopen(self, visit: Visit, event: gr.EventData, request: gr.Request) -> Update:
        """Open a chat that the browser kept, or find one again that the server still has; what is under way in it goes on."""
        try:
            turns = restore_all(sent(event, "records"))
        except (BadRecord, AttributeError) as error:
            gr.Warning(str(error) if isinstance(error, BadRecord) else "the saved chat can't be read")
            return {self.editing: ""}
        key = sent(event, "key")
        chat = self.page.shelf.chats.find(key, visit.library) if isinstance(key, str) and key else None
        if chat is None:
            chat = Chat(visit.library, turns)
        else:
            chat.merge(turns)
        self.page.shelf.chats.hold(chat)
        self.look_at(visit, chat, request)
        return {self.editing: ""} if sent(event, "sync") is True else {**self.widened(), self.editing: "", self.chips: ""}

    def narrowed(self, visit: Visit, *values: Any) -> str:
        """The chips."""
        filters = self.chosen(visit, values)
        library = self.page.assistant(visit).library
        found = (library.count(filters), library.lacking(filters)) if filters else None
        wrong = [str(self.controls[name].label) for name, value in zip(narrow.FIELDS, values, strict=True) if narrow.wrong(name, value)]
        return str(narrow.chips(filters, visit.only, found=found, wrong=wrong))

    def widen(self, visit: Visit, event: gr.EventData, *values: Any) -> Update:
        """Take one chip off."""
        name = str(sent(event, "field") or "")
        left = dict(zip(narrow.FIELDS, values, strict=True))
        update: Update = {}
        if name == "all":
            visit.only, left, update = (), dict.fromkeys(left), self.widened()
        elif name == "only":
            visit.only = ()
        elif name in left:
            left[name] = None
            update[self.controls[name]] = self.widened()[self.controls[name]]
        return {**update, self.chips: self.narrowed(visit, *left.values())}

    def about(self, visit: Visit, paper_ids: tuple[str, ...], *values: Any) -> Update:
        """Narrow the chat to some papers."""
        visit.only = tuple(self.page.assistant(visit).library.get_many(paper_ids))
        return {self.chips: self.narrowed(visit, *values), self.page.tabs: gr.Tabs(selected="ask")}

    def restrict(self, visit: Visit, event: gr.EventData, *values: Any) -> str:
        """Papers were ticked among the sources: the next question is for these alone."""
        ids = texts(event, "chosen", MOST_TICKED)
        visit.only = tuple(self.page.assistant(visit).library.get_many(ids))
        return self.narrowed(visit, *values)

    def choices(self, visit: Visit) -> Update:
        """What the controls offer in this library."""
        facets = self.page.assistant(visit).library.facets()
        years = sorted(int(year) for year in facets.get("years", {}))
        found: Update = {
            self.controls["year_from"]: gr.Textbox(placeholder=str(years[0]) if years else "no dates"),
            self.controls["year_to"]: gr.Textbox(placeholder=str(years[-1]) if years else "no dates"),
        }
        for name, facet in (("category", "categories"), ("source", "sources"), ("tag", "tags"), ("collection", "collections")):
            offered = [(f"{text} · {n:,} paper{'s' if n != 1 else ''}", text) for text, n in sorted(facets.get(facet, {}).items())]
            found[self.controls[name]] = gr.Dropdown(choices=[("Any", narrow.ANY), *offered], visible=bool(offered) or name == "category")
        return found

    def outputs(self) -> list[Any]:
        """Everything that these handlers write to."""
        return [
            self.question, self.greeting, self.transcript, self.live, self.editing, self.chips, self.panel,
            *self.controls.values(), self.page.tabs,
        ]  # fmt: skip


def build(page: Page) -> Ask:
    """Lay the tab out and wire it."""
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="aside", scale=0, min_width=240):
            fresh = gr.Button("New chat", elem_id="new-chat", size="md")
            chats = gr.HTML(elem_id="chats", js_on_load=on_load("chats"), apply_default_css=False)
            with gr.Column(elem_id="narrow"):
                gr.HTML("<h2>Only some papers</h2>", apply_default_css=False, js_on_load=None)
                with gr.Row(elem_classes="pair"):
                    year_from = _year("Year from")
                    year_to = _year("Year to")
                category = gr.Dropdown([("Any", narrow.ANY)], label="Category", value=narrow.ANY, allow_custom_value=True)
                author = gr.Textbox(label="Author", placeholder="Any part of a name", max_length=200)
                source = gr.Dropdown([("Any", narrow.ANY)], label="Read from", value=narrow.ANY, allow_custom_value=True)
                tag_ = gr.Dropdown([("Any", narrow.ANY)], label="Tag", value=narrow.ANY, allow_custom_value=True, visible=False)
                collection = gr.Dropdown(
                    [("Any", narrow.ANY)], label="Collection", value=narrow.ANY, allow_custom_value=True, visible=False
                )
                has_code = gr.Checkbox(label="Has code", value=False)
        with gr.Column(elem_id="talk", scale=1, min_width=280):
            with gr.Column(elem_id="scroll"):
                greeting = gr.HTML(elem_id="greeting", js_on_load=on_load("delegate"), apply_default_css=False)
                transcript = gr.HTML(elem_id="transcript", js_on_load=on_load("talk"), apply_default_css=False)
                under_way = gr.HTML(elem_id="live", js_on_load=on_load("live"), apply_default_css=False)
            with gr.Column(elem_id="composer"):
                chips = gr.HTML(elem_id="chips", js_on_load=on_load("delegate"), apply_default_css=False)
                editing = gr.HTML(elem_id="editing", js_on_load=on_load("delegate"), apply_default_css=False)
                with gr.Row(elem_id="box"):
                    question = gr.Textbox(
                        label="Ask a question",
                        placeholder="Ask about these papers",
                        elem_id="question",
                        lines=1,
                        max_lines=6,
                        autofocus=True,
                        html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                        scale=1,
                    )
                    sent = gr.Textbox(visible="hidden", label="Sent")
                    send = gr.Button("Send", variant="primary", elem_id="send", scale=0, min_width=80)
                    stop = gr.Button("Stop", variant="stop", elem_id="stop", scale=0, min_width=80)
                page.picker = gr.HTML(elem_id="picker", js_on_load=on_load("picker"), apply_default_css=False)
        with gr.Column(elem_id="sources", scale=0, min_width=320):
            gr.HTML(
                '<div class="head"><h2>Sources</h2><button type="button" data-do="close">Close</button></div>'
                '<p class="hint">Press a number in an answer: the paper opens here, at the sentence that is cited.</p>',
                js_on_load=on_load("delegate"),
                apply_default_css=False,
            )
            panel = gr.HTML(elem_id="panel", js_on_load=on_load("panel"), apply_default_css=False)
    controls = {
        "year_from": year_from, "year_to": year_to, "category": category, "author": author, "has_code": has_code, "source": source,
        "tag": tag_, "collection": collection,
    }  # fmt: skip
    ask = Ask(
        page=page, question=question, sent=sent, send=send, stop=stop, fresh=fresh, greeting=greeting, transcript=transcript,
        live=under_way, editing=editing, chips=chips, chats=chats, panel=panel, controls=controls,
    )  # fmt: skip
    _wire(ask)
    return ask


def _year(label: str) -> gr.Textbox:
    """A box for a year; Gradio's number box shows an empty value as 0."""
    return gr.Textbox(label=label, max_length=4, min_width=80)


def _wire(ask: Ask) -> None:
    visit, values, out = ask.page.visit, [ask.controls[name] for name in narrow.FIELDS], ask.outputs()
    streaming: dict[str, Any] = {
        "outputs": [ask.live, ask.transcript, ask.panel], "concurrency_limit": None, "api_visibility": PRIVATE, "show_progress": "hidden",
        "trigger_mode": "multiple", "preprocess": False, "postprocess": False,
    }  # fmt: skip
    quick: dict[str, Any] = {"concurrency_limit": None, "api_visibility": PRIVATE, "show_progress": "hidden"}
    # The box is emptied in the browser, at once; the answer's own updates leave it alone, since the next question may be in it.
    sent = gr.on(
        [ask.question.submit, ask.send.click],
        None,
        [ask.question, ask.editing],
        [ask.sent, ask.editing],
        js="(question, note) => Footnote.send(question, note)",
        api_visibility=PRIVATE,
        trigger_mode="multiple",
    )
    sent.then(ask.asked, [ask.sent, visit, *values], js="(sent, ...rest) => [Footnote.next(sent), ...rest]", **streaming)
    gr.on([ask.greeting.example_select, ask.transcript.example_select], ask.tried, [visit, *values], **streaming)
    gr.on([ask.transcript.retry, ask.live.retry], ask.again, [visit, *values], **streaming)
    ask.stop.click(ask.halt, visit, None, queue=False, **quick)
    ask.fresh.click(ask.begin, visit, out, **quick)
    ask.fresh.click(None, js="() => Footnote.fresh()", api_visibility=PRIVATE)
    ask.transcript.edit(guarded(ask.edit), visit, out, **quick)
    ask.editing.undo(ask.leave, visit, out, **quick)
    following = {**streaming, "inputs": visit}
    ask.chats.select(ask.reopen, visit, out, **quick).then(ask.followed, **following)
    ask.live.undo(guarded(ask.withdraw), visit, out, **quick).then(ask.followed, **following)
    ask.panel.input(guarded(ask.restrict), [visit, *values], ask.chips, trigger_mode="multiple", **quick)
    ask.chips.clear(guarded(ask.widen), [visit, *values], out, **quick)
    # One event for all of them: the chips of an earlier change must not arrive after those of a later one.
    gr.on([control.change for control in values], ask.narrowed, [visit, *values], ask.chips, trigger_mode="always_last", **quick)
