"""Footnote as a model: `/v1/models` and `/v1/chat/completions`, so that any chat client can use it.

The last user message is the question, earlier ones are the conversation; system messages are ignored, since nothing may loosen the
check of sentences. The sources stand in the content, because clients drop fields they do not know; `footnote` carries the whole record.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator  # noqa: TC003 - FastAPI reads the types of routes
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from rag.errors import (
    AnswerTimeout,
    AuthRejected,
    ConfigError,
    FootnoteError,
    IndexDamaged,
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    IndexUnwritable,
    ProviderTimeout,
    RateLimited,
)
from ui import cards, leaving
from ui import turns as keeping
from ui.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.schema import Answer, Statement
    from ui.running import Running
    from ui.shelf import Shelf

MODEL = "footnote"
LONGEST = 4000
_STATUS: dict[type[FootnoteError], int] = {
    RateLimited: 429,
    AuthRejected: 502,
    ProviderTimeout: 504,
    AnswerTimeout: 504,
    **dict.fromkeys((IndexMissing, IndexDamaged, IndexMismatch, IndexLocked, IndexUnwritable), 503),
    ConfigError: 400,
}


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="ignore")
    type: str = "text"
    text: str = ""


class Message(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="ignore")
    role: str
    content: str | list[Part] | None = None

    @property
    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()


class StreamOptions(BaseModel):
    """What a stream is to carry beside the text."""

    model_config = ConfigDict(extra="ignore")
    include_usage: bool = False


class ChatRequest(BaseModel):
    """The fields of a chat request that mean something here; others (temperature, tools, ...) are ignored."""

    model_config = ConfigDict(extra="ignore")
    model: str = MODEL
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int = 1


def router(shelf: Shelf) -> APIRouter:
    """The two routes."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/models")
    def models() -> dict[str, Any]:
        entry = {"id": MODEL, "object": "model", "created": 0, "owned_by": "footnote"}
        return {"object": "list", "data": [entry]}

    @routes.get("/models/{name}")
    def model(name: str) -> Response:
        if name != MODEL:
            return _error(404, f"there is no model {name!r}; there is {MODEL!r}", "model_not_found")
        return JSONResponse({"id": MODEL, "object": "model", "created": 0, "owned_by": "footnote"})

    @routes.post("/chat/completions")
    async def chat(request: ChatRequest, connection: Request) -> Response:
        if request.model != MODEL:
            return _error(404, f"there is no model {request.model!r}; there is {MODEL!r}", "model_not_found")
        asked = [m.words for m in request.messages if m.role == "user" and m.words]
        if not asked or request.messages[-1].role != "user" or not request.messages[-1].words:
            return _error(400, "the last message must be a question of the user")
        if len(asked[-1]) > LONGEST:
            return _error(400, f"the question is longer than {LONGEST} characters")
        if request.n != 1:
            return _error(400, "n must be 1")
        running = _running(shelf, asked[-1], asked[:-1])
        leaving.of(connection.scope).then(running.stop)
        if request.stream:
            usage = bool(request.stream_options and request.stream_options.include_usage)
            return StreamingResponse(_streamed(running, usage=usage), media_type="text/event-stream", headers={"cache-control": "no-store"})
        try:
            answer = None
            async for event in running.events():
                if event.kind == "done":
                    answer = event.result
        except FootnoteError as error:
            return _failure(error)
        if answer is None:
            return _error(503, "the server is shutting down")
        content = answer.answer + references(answer)
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        body = {"id": _name(), "object": "chat.completion", "created": int(time.time()), "model": MODEL, "choices": [choice]}
        return JSONResponse({**body, "usage": _usage(answer), "footnote": answer.to_dict()})

    return routes


def _running(shelf: Shelf, question: str, history: Sequence[str]) -> Running:
    model = shelf.model_of(Visit())
    mode = None if model else "extractive"
    return shelf.running(lambda stop: shelf.assistant().stream(question, history=history, llm=model, mode=mode, stop=stop))


def references(answer: Answer) -> str:
    """The sources as they stand under the answer; nothing where nothing is cited."""
    rows = []
    for n, (paper_id, paper) in enumerate(zip(answer.references, keeping.cited_papers(answer), strict=True)):
        rows.append(f"[{n + 1}] {cards.plain(paper) if paper else paper_id}")
    notes = "".join(f"\n\n({note})" for note in answer.notes)
    return notes + ("\n\nSources:\n" + "\n".join(rows) if rows else "")


async def _streamed(running: Running, *, usage: bool) -> AsyncIterator[str]:
    """Server-sent events: a chunk a sentence, then what the text holds beside them, then the sources."""
    base: dict[str, Any] = {"id": _name(), "object": "chat.completion.chunk", "created": int(time.time()), "model": MODEL}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        return _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})

    yield chunk({"role": "assistant", "content": ""})
    said = 0
    try:
        async for event in running.events():
            if event.kind == "statement" and event.statement is not None:
                yield chunk({"content": (" " if said else "") + _said(event.statement, event.numbers)})
                said += 1
            elif event.kind == "restart":
                yield chunk({"content": "\n\n(The answer begins anew: " + event.text + ")\n\n"})
                said = 0
            elif event.kind == "done":
                answer: Answer = event.result
                yield chunk({"content": ("" if said else answer.answer) + references(answer)})
                yield chunk({}, "stop", footnote=answer.to_dict())
                if usage:
                    yield _event({**base, "choices": [], "usage": _usage(answer)})
    except FootnoteError as error:
        yield _event({"error": {"message": str(error), "type": type(error).__name__, "code": _status(error)}})
    yield "data: [DONE]\n\n"


def _said(statement: Statement, numbers: Sequence[int]) -> str:
    marks = "".join(f"[{n}]" for n in numbers)
    return f"{statement.text} {marks}".rstrip()


def _usage(answer: Answer) -> dict[str, int]:
    """Tokens of the model behind; zero where none was called."""
    sent, received = (answer.usage.prompt_tokens, answer.usage.completion_tokens) if answer.usage else (0, 0)
    return {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}


def _name() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _event(record: dict[str, Any]) -> str:
    return f"data: {json.dumps(record, ensure_ascii=False)}\n\n"


def _status(error: FootnoteError) -> int:
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 502)


def _failure(error: FootnoteError) -> JSONResponse:
    return _error(_status(error), str(error), type(error).__name__)


def _error(status: int, message: str, code: str | None = None) -> JSONResponse:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": code}}, status_code=status)
