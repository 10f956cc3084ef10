"""The Ask tab: chats and narrowing on the left, the conversation in the middle, the cited papers on the right."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003 - gradio reads the types of handlers
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.assistant import Turn as Earlier
from rag.errors import FootnoteError
from ui import cards, live, narrow, render
from ui.markup import tag
from ui.page import PRIVATE, Page, names_of, on_load
from ui.turns import BadRecord, Turn, restore_all
from ui.visit import Visit  # noqa: TC001 - gradio reads the types of handlers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.answering.events import Event
    from rag.assistant import Stop
    from rag.schema import Answer, Filters

LONGEST_QUESTION = 2000
"""Characters of a question; more is cut by the box itself."""

PACE_S = 0.1
"""Least time between two updates of an answer under way, while few are under way; with many, each is updated less often."""

FEW = 4
"""Answers under way at once that are updated at full pace."""

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
        return dict(zip((self.live, self.transcript, self.panel), (visit.live, *self.finished(visit)), strict=True))

    def finished(self, visit: Visit) -> tuple[str, str]:
        """The finished turns and their sources."""
        return str(render.transcript(visit.turns)), str(cards.panel(visit.turns))

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
        """Answer a question, sentence by sentence."""
        question = (question or "").strip()[:LONGEST_QUESTION]
        if not question:
            yield visit.live, *self.finished(visit)
            return
        if visit.editing is not None:
            visit.turns = visit.turns[: visit.editing]
            visit.editing = None
        async for stage in self._answered(question, visit, values, names_of(request)):
            yield stage

    async def again(self, visit: Visit, event: gr.EventData, request: gr.Request, *values: Any) -> AsyncIterator[Stage]:
        """Ask the last question once more, or the one that failed."""
        del event
        question = visit.failed
        if not question and visit.turns:
            question = visit.turns[-1].answer.question
            visit.turns = visit.turns[:-1]
        async for stage in self.asked(question, visit, request, *values):
            yield stage

    async def tried(self, visit: Visit, event: gr.EventData, request: gr.Request, *values: Any) -> AsyncIterator[Stage]:
        """Ask an example."""
        async for stage in self.asked(str(event.text), visit, request, *values):
            yield stage

    async def _answered(self, question: str, visit: Visit, values: tuple[Any, ...], asked_by: tuple[str, ...]) -> AsyncIterator[Stage]:
        """The stage at every step. Each holds everything: for an output that is left out Gradio makes a component anew."""
        visit.drop()
        visit.failed = ""
        filters = self.chosen(visit, values)
        number = len(visit.turns) + 1
        now = live.Live(question=question, number=number, filters=filters)
        running = visit.running = self.page.shelf.running(lambda stop: self._stream(question, visit, filters, stop), *asked_by)
        before = str(render.transcript(visit.turns)), str(cards.panel(visit.turns))
        visit.live = str(now.html())
        yield visit.live, *before
        answer: Answer | None = None
        try:
            async for events in running.batches(lambda: PACE_S * max(1, self.page.shelf.under_way / FEW)):
                for event in events:
                    now.take(event)
                if events[-1].kind == "done":
                    answer = events[-1].result
                elif visit.running is running:
                    visit.live = str(now.html())
                    yield visit.live, *before
        except FootnoteError as error:
            if visit.running is running:
                visit.running, visit.failed = None, question
                visit.live = str(live.failed(question, number, str(error)))
                yield visit.live, *before
                return
        if visit.running is running:  # else a new chat was begun, or something else asked meanwhile
            visit.running, visit.live = None, ""
            visit.keep(_turn(answer or now.cut(), stopped=answer is None))
        yield visit.live, *self.finished(visit)

    def _stream(self, question: str, visit: Visit, filters: Filters, stop: Stop) -> Iterator[Event]:
        model = self.page.shelf.model_of(visit)
        earlier = [Earlier(question=t.answer.question, references=t.answer.references, answer=t.answer.answer) for t in visit.turns]
        mode = "extractive" if model is None else None
        return self.page.assistant(visit).stream(question, turns=earlier, filters=filters or None, llm=model, mode=mode, stop=stop)

    def add(self, visit: Visit, answer: Answer) -> Update:
        """Put a finished answer (a summary from the library) into the chat."""
        visit.drop()
        visit.keep(_turn(answer))
        return self.shown(visit)

    # -- the rest -----------------------------------------------------------------------------------------------------------------

    def halt(self, visit: Visit) -> None:
        """Stop: what is there stays."""
        visit.stop()

    def begin(self, visit: Visit) -> Update:
        """A new chat."""
        visit.clear()
        return {**self.shown(visit), self.editing: "", self.question: "", self.chips: ""}

    def edit(self, visit: Visit, event: gr.EventData) -> Update:
        """Take a question back into the box."""
        place = int(event.turn) - 1
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

    def reopen(self, visit: Visit, event: gr.EventData) -> Update:
        """Open a chat that the browser kept."""
        try:
            turns = restore_all(event.records)
        except (BadRecord, AttributeError) as error:
            gr.Warning(str(error) if isinstance(error, BadRecord) else "the saved chat can't be read")
            return {self.editing: ""}
        visit.clear()
        visit.turns = turns
        return {**self.shown(visit), self.editing: "", self.chips: ""}

    def narrowed(self, visit: Visit, *values: Any) -> str:
        """The chips."""
        return str(narrow.chips(self.chosen(visit, values), visit.only))

    def widen(self, visit: Visit, event: gr.EventData, *values: Any) -> Update:
        """Take one chip off."""
        name = str(event.field)
        left = dict(zip(narrow.FIELDS, values, strict=True))
        update: Update = {}
        if name == "only":
            visit.only = ()
        elif name in left:
            left[name] = None
            update[self.controls[name]] = False if name == "has_code" else ""
        return {**update, self.chips: self.narrowed(visit, *left.values())}

    def about(self, visit: Visit, paper_ids: tuple[str, ...], *values: Any) -> Update:
        """Narrow the chat to some papers."""
        visit.only = tuple(self.page.assistant(visit).library.get_many(paper_ids))
        return {self.chips: self.narrowed(visit, *values), self.page.tabs: gr.Tabs(selected="ask")}

    def choices(self, visit: Visit) -> Update:
        """What the controls offer in this library."""
        facets = self.page.assistant(visit).library.facets()
        categories = [(f"{name} ({count})", name) for name, count in sorted(facets.get("categories", {}).items())]
        sources = [(f"{name} ({count})", name) for name, count in sorted(facets.get("sources", {}).items())]
        years = sorted(int(year) for year in facets.get("years", {}))
        return {
            self.controls["category"]: gr.Dropdown(choices=[("Any", narrow.ANY), *categories]),
            self.controls["source"]: gr.Dropdown(choices=[("Any", narrow.ANY), *sources]),
            self.controls["year_from"]: gr.Textbox(placeholder=str(years[0]) if years else "no dates"),
            self.controls["year_to"]: gr.Textbox(placeholder=str(years[-1]) if years else "no dates"),
        }

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
                gr.HTML("<h2>Narrow</h2>", apply_default_css=False, js_on_load=None)
                with gr.Row(elem_classes="pair"):
                    year_from = _year("Year from")
                    year_to = _year("Year to")
                category = gr.Dropdown([("Any", narrow.ANY)], label="Category", value=narrow.ANY, allow_custom_value=True)
                author = gr.Textbox(label="Author", placeholder="Any part of a name", max_length=200)
                source = gr.Dropdown([("Any", narrow.ANY)], label="Source", value=narrow.ANY, allow_custom_value=True)
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
                        max_length=LONGEST_QUESTION,
                        scale=1,
                    )
                    sent = gr.Textbox(visible="hidden", label="Sent")
                    send = gr.Button("Send", variant="primary", elem_id="send", scale=0, min_width=80)
                    stop = gr.Button("Stop", variant="stop", elem_id="stop", scale=0, min_width=80)
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
    }  # fmt: skip
    ask = Ask(
        page=page, question=question, sent=sent, send=send, stop=stop, fresh=fresh, greeting=greeting, transcript=transcript,
        live=under_way, editing=editing, chips=chips, chats=chats, panel=panel, controls=controls,
    )  # fmt: skip
    _wire(ask)
    return ask


def _turn(answer: Answer, *, stopped: bool = False) -> Turn:
    return Turn(answer=answer, at=datetime.now(UTC).isoformat(timespec="seconds"), stopped=stopped)


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
        ask.question,
        [ask.question, ask.sent, ask.editing],
        js="(question) => ['', question, '']",
        api_visibility=PRIVATE,
    )
    sent.then(ask.asked, [ask.sent, visit, *values], **streaming)
    ask.greeting.example_select(ask.tried, [visit, *values], **streaming)
    gr.on([ask.transcript.retry, ask.live.retry], ask.again, [visit, *values], **streaming)
    ask.stop.click(ask.halt, visit, None, queue=False, **quick)
    ask.fresh.click(ask.begin, visit, out, **quick)
    ask.fresh.click(None, js="() => Footnote.fresh()", api_visibility=PRIVATE)
    ask.transcript.edit(ask.edit, visit, out, **quick)
    ask.editing.undo(ask.leave, visit, out, **quick)
    ask.chats.select(ask.reopen, visit, out, **quick)
    ask.chips.clear(ask.widen, [visit, *values], out, **quick)
    # One event for all of them: the chips of an earlier change must not arrive after those of a later one.
    gr.on([control.change for control in values], ask.narrowed, [visit, *values], ask.chips, trigger_mode="always_last", **quick)
