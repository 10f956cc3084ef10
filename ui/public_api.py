"""What API clients are offered: `ask`, `search` and `paper`, for `gradio_client`, plain REST and, where it is installed, MCP.

Each returns JSON as text: MCP would otherwise hand on Python's own notation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import TypeAdapter, ValidationError

from rag.errors import ConfigError, FootnoteError
from rag.schema import Filters
from ui import leaving
from ui.page import names_of
from ui.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.answering.events import Event
    from rag.assistant import Stop
    from rag.schema import Answer
    from ui.page import Page

MOST_PAPERS = 100
LONGEST = 2000

_FILTERS = TypeAdapter(Filters)


def filters_of(given: dict[str, Any] | None) -> Filters | None:
    """Filters from JSON; ConfigError names what is wrong."""
    if not given:
        return None
    known = set(Filters.__dataclass_fields__)
    if unknown := set(given) - known:
        raise ConfigError(f"there is no filter {min(unknown)!r}; known: {', '.join(sorted(known))}")
    try:
        return _FILTERS.validate_python(given)
    except ValidationError as error:
        raise ConfigError(f"filter {error.errors()[0]['loc'][0]!r}: {error.errors()[0]['msg']}") from error


def build(page: Page) -> None:
    """Register the endpoints."""

    def checked(text: str, name: str) -> str:
        if not text.strip() or len(text) > LONGEST:
            raise gr.Error(f"{name} must hold 1 to {LONGEST} characters", print_exception=False)
        return text.strip()

    async def ask(request: gr.Request, question: str, history: list[str] | None = None, filters: dict[str, Any] | None = None) -> str:  # noqa: D417 - callers never see the request
        """Answer a question from the papers of the library; every sentence is cited.

        Args:
            question: The question, in plain words.
            history: Earlier questions of the same conversation, oldest first.
            filters: Conditions: year_from, year_to, date_from, date_to, category, author, has_code, source, tag, collection, paper_ids.

        Returns:
            The answer record (schema 2) as JSON text: answer with [n], statements with quotes and offsets, references, papers.
        """
        model = page.shelf.model_of(Visit())
        asked, earlier = checked(question, "question"), [str(one) for one in history or []]
        answer: Answer | None = None
        try:
            chosen = filters_of(filters)

            def stream(stop: Stop) -> Iterator[Event]:
                mode = None if model else "extractive"
                return page.shelf.assistant().stream(asked, history=earlier, filters=chosen, llm=model, mode=mode, stop=stop)

            running = page.shelf.running(stream, *names_of(request))
            asking = getattr(request, "request", request)  # MCP hands on the request of the connection itself
            if asking is not None:
                leaving.of(asking.scope).then(running.stop)
            async for event in running.events():
                answer = event.result if event.kind == "done" else answer
        except FootnoteError as error:
            raise gr.Error(str(error), print_exception=False) from error
        if answer is None:
            raise gr.Error("the answer was stopped", print_exception=False)
        return json.dumps(answer.to_dict(), ensure_ascii=False)

    def search(query: str, k: int = 20, filters: dict[str, Any] | None = None) -> str:
        """Find the papers of the library that fit a query best.

        Args:
            query: What to look for.
            k: How many papers, at most 100.
            filters: Conditions, as for ask.

        Returns:
            A JSON array of papers in order, each with rank, score and why it was found.
        """
        try:
            hits = page.shelf.assistant().search(checked(query, "query"), k=max(1, min(int(k), MOST_PAPERS)), filters=filters_of(filters))
        except FootnoteError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return json.dumps(
            [{"rank": h.rank, "score": round(h.score, 6), "why": h.why, **h.paper.to_dict()} for h in hits], ensure_ascii=False
        )

    def paper(paper_id: str) -> str:
        """One paper of the library with its abstract.

        Args:
            paper_id: Its id, or arxiv:<id>, or doi:<doi>.

        Returns:
            The paper's record as JSON text.
        """
        try:
            return json.dumps(page.shelf.assistant().library.get(paper_id).to_dict(), ensure_ascii=False)
        except FootnoteError as error:
            raise gr.Error(str(error), print_exception=False) from error

    # Not queued by itself: MCP would otherwise ask through a client of its own, and nobody would hear that its caller has gone.
    gr.api(ask, api_name="ask", queue=False)
    for function in (search, paper):
        gr.api(function, api_name=function.__name__, concurrency_limit=64)
