"""An answer under way as HTML: the steps so far and the sentences that may be shown. It is replaced by `render.turn` at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.schema import Answer
from ui import render
from ui.markup import tag
from ui.running import WRITING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

    from rag.answering.events import Event
    from rag.schema import Filters, Paper, Statement


@dataclass(slots=True)
class Live:
    """What has come of one answer; `take` events in their order."""

    question: str
    number: int
    filters: Filters
    steps: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    references: tuple[str, ...] = ()
    withheld: int = 0
    notes: list[str] = field(default_factory=list)
    written: bool = False
    """A model writes it, as far as is known."""
    papers: tuple[Paper, ...] = ()

    def find(self, papers: Callable[[Sequence[str]], Sequence[Paper]]) -> None:
        """Look up the papers that are cited by now."""
        if len(self.papers) != len(self.references):
            self.papers = tuple(papers(self.references))

    def take(self, event: Event) -> None:
        """Take an event in; `done` is the caller's."""
        if event.kind == "step":
            self.written = self.written or event.text == WRITING
            self.steps.append(event.text)
        elif event.kind == "statement" and event.statement is not None:
            self.statements.append(event.statement)
            self.references = tuple(dict.fromkeys((*self.references, *event.references)))
        elif event.kind == "withheld":
            self.withheld += 1
        elif event.kind == "note":
            self.notes.append(event.text)
        elif event.kind == "restart":
            self.statements, self.references, self.withheld, self.papers = [], (), 0, ()
            self.steps.append(event.text)

    @property
    def status(self) -> str:
        """One line: what is being done now."""
        now = self.steps[-1] if self.steps else "one moment"
        checked = len(self.statements) + self.withheld
        if checked:
            now += f" · {len(self.statements)} of {checked} sentence{'s' if checked != 1 else ''} passed the check"
        return now

    def html(self, key: str = "") -> Markup:
        """The turn as far as it goes; `key` is the chat's, with which a page that was left comes back to it."""
        numbers = {paper_id: n + 1 for n, paper_id in enumerate(self.references)}
        papers: dict[str, Paper | None] = {paper.paper_id: paper for paper in self.papers}
        said = render.written(self.statements, self.number, numbers, papers) if self.statements else None
        return tag(
            "article",
            render.question(self.question, self.number, edit=False),
            tag(
                "div",
                said,
                tag("p", tag("span", class_="pulse", aria_hidden="true"), tag("span", f"{self.status} …"), class_="steps"),
                class_="said",
            ),
            class_="turn live",
            id=f"turn-{self.number}",
            aria_busy="true",
            data_key=key or None,
            data_asked=self.question,
            data_turn=self.number,
            aria_label=f"Question {self.number}, being answered",
        )

    @property
    def by_model(self) -> bool:
        """Whether the sentences are a model's: not where it failed and the abstracts are quoted instead."""
        return any(s.status != "quoted" for s in self.statements) or (self.written and not self.statements) or self.withheld > 0

    def cut(self) -> Answer:
        """The answer as far as it goes, for one who stopped it."""
        from rag.answering.draft import text_of

        return Answer(
            question=self.question,
            standalone_question=self.question,
            filters=self.filters,
            mode="llm" if self.by_model else "extractive",
            papers=self.papers,
            answer=text_of(self.statements, {}) or "Stopped before the first sentence.",
            statements=tuple(self.statements),
            references=self.references,
            verified=(len(self.statements), len(self.statements) + self.withheld),
            notes=tuple(self.notes),
        )


def failed(question: str, number: int, reason: str) -> Markup:
    """A turn that ended in an error, with a way to try again."""
    return tag(
        "article",
        render.question(question, number, edit=False),
        tag(
            "div",
            tag("p", tag("strong", "That did not work. "), reason, class_="fn-error", role="alert"),
            tag(
                "div",
                tag("button", "Try again", type="button", data_event="retry", data_turn=number, data_text=question),
                class_="acts",
            ),
            class_="said",
        ),
        class_="turn",
        id=f"turn-{number}",
        aria_label=f"Question {number}, failed",
    )


def waiting(questions: Sequence[str]) -> Markup | str:
    """The questions that wait for the answer under way, each with a button to take it back."""
    if not questions:
        return ""
    rows = [
        tag(
            "li",
            tag("span", "Next: ", class_="muted"),
            tag("span", text, class_="text"),
            tag(
                "button", "Take back", type="button", class_="quiet", data_event="undo", data_place=n, aria_label=f"Take back: {text[:80]}"
            ),
        )
        for n, text in enumerate(questions)
    ]
    return tag("ul", *rows, class_="waiting", aria_label="Questions that wait")
