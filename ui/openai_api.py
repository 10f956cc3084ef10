"""Footnote as a model: `/v1/models` and `/v1/chat/completions`, so that any chat client can use it.

The last user message is the question, earlier turns are the conversation. System prompts are not followed, since nothing may loosen the
check of sentences, and the answer says so. Titles, tags and the like that chat programs ask for are answered without a search
(`ui.chores`). The sources stand in the content, because clients drop fields they do not know; `footnote` carries the whole record.
"""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence  # noqa: TC003 - FastAPI reads the types of routes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from rag import tokens
from rag.citations import marked
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
from rag.finding import Turn
from ui import cards, chores, leaving
from ui import turns as keeping
from ui.visit import Visit

if TYPE_CHECKING:
    from rag.schema import Answer
    from ui.running import Running
    from ui.shelf import Shelf

MODEL = "footnote"
LONGEST = 4000
MESSAGES = 1000
"""Messages that are read, the latest."""

SOURCES = "\n\nSources:\n"
SYSTEM_NOTE = "System prompts are not followed: every sentence rests on the papers alone."
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
    type: str | None = "text"
    text: str | None = ""


class Message(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="ignore")
    role: str
    content: str | list[Part | str | None] | None = None

    @property
    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            parts = [
                part if isinstance(part, str) else part.text
                for part in self.content
                if isinstance(part, str) or (part and part.type in {None, "text"})
            ]
            return "\n".join(part for part in parts if part).strip()
        return (self.content or "").strip()


class StreamOptions(BaseModel):
    """What a stream is to carry beside the text."""

    model_config = ConfigDict(extra="ignore")
    include_usage: bool | None = False


class ResponseFormat(BaseModel):
    """How the text is wanted."""

    model_config = ConfigDict(extra="ignore")
    type: str | None = "text"


class ChatRequest(BaseModel):
    """The fields of a chat request that mean something here; others (temperature, tools, ...) are ignored. Each may be null."""

    model_config = ConfigDict(extra="ignore")
    model: str | None = MODEL
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1
    stop: str | list[str] | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    response_format: ResponseFormat | None = None

    @property
    def stops(self) -> list[str]:
        """Texts before which the reply ends."""
        return [s for s in ([self.stop] if isinstance(self.stop, str) else self.stop or []) if s]

    @property
    def limit_tokens(self) -> int | None:
        """The longest reply."""
        return self.max_completion_tokens or self.max_tokens


@dataclass
class Clipped:
    """Content as the client wants it: up to a stop and within its tokens. `finish` is None as long as there may be more."""

    stops: Sequence[str]
    limit_tokens: int | None
    text: str = ""
    finish: str | None = None
    _given: int = 0

    def take(self, piece: str, *, last: bool = False) -> str:
        """What of the text so far may be given now."""
        if self.finish is not None:
            return ""
        self.text += piece
        ends = [at for stop in self.stops if (at := self.text.find(stop)) >= 0]
        until = min(ends) if ends else len(self.text)
        if not ends and not last:
            until -= max((n for stop in self.stops for n in range(1, len(stop)) if self.text.endswith(stop[:n])), default=0)
        finish = "stop" if ends else None
        if self.limit_tokens is not None and tokens.count(self.text[:until]) > self.limit_tokens:
            until, finish = len(tokens.truncate(self.text[:until], self.limit_tokens)), "length"
        self.finish = finish
        given, self._given = self.text[self._given : until], max(self._given, until)
        return given


class Route(APIRoute):
    """A route whose refusals have OpenAI's shape, those of fields too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with what FastAPI raises before it put in that shape."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
                return _error(400, f"{place}: {first['msg']}", "invalid_value", param=place)

        return handle


def router(shelf: Shelf) -> APIRouter:
    """The two routes."""
    routes = APIRouter(prefix="/v1", route_class=Route)

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
        if request.model not in {MODEL, None}:
            return _error(404, f"there is no model {request.model!r}; there is {MODEL!r}", "model_not_found", param="model")
        messages = request.messages[-MESSAGES:]
        asked = [m.words for m in messages if m.role == "user" and m.words]
        if not asked or messages[-1].role != "user" or not messages[-1].words:
            return _error(400, "the last message must be a question of the user", param="messages")
        if request.n not in {1, None}:
            return _error(400, "n must be 1", param="n")
        if request.response_format is not None and request.response_format.type not in {None, "text"}:
            said = f"response_format {request.response_format.type!r} is not supported: answers are cited text; leave it out"
            return _error(400, said, "unsupported_value", param="response_format")
        clipped = Clipped(request.stops, request.limit_tokens)
        usage = bool(request.stream_options and request.stream_options.include_usage)
        if (done := chores.chore(asked)) is not None:
            return _answered(clipped, done, stream=bool(request.stream), usage=usage)
        if len(asked[-1]) > LONGEST:
            return _error(400, f"the question is longer than {LONGEST} characters", param="messages")
        note = SYSTEM_NOTE if any(m.role in {"system", "developer"} and m.words for m in messages) and len(asked) == 1 else ""
        running = _running(shelf, asked[-1], _turns(messages))
        leaving.of(connection.scope).then(running.stop)
        if request.stream:
            pieces = _streamed(running, clipped, usage=usage, note=note)
            return StreamingResponse(pieces, media_type="text/event-stream", headers={"cache-control": "no-store"})
        try:
            answer = None
            async for event in running.events():
                if event.kind == "done":
                    answer = event.result
        except FootnoteError as error:
            return _failure(error)
        if answer is None:
            return _error(503, "the server is shutting down")
        content = clipped.take(answer.answer + references(answer, note), last=True)
        return JSONResponse({**_whole(content, clipped.finish or "stop"), "usage": _usage(answer), "footnote": answer.to_dict()})

    return routes


def _running(shelf: Shelf, question: str, earlier: Sequence[Turn]) -> Running:
    model = shelf.model_of(Visit())
    mode = None if model else "extractive"
    return shelf.running(lambda stop: shelf.assistant().stream(question, turns=earlier, llm=model, mode=mode, stop=stop))


def _turns(messages: Sequence[Message]) -> list[Turn]:
    """The conversation before the last message: what was asked, each with what was answered, without its list of sources."""
    found: list[Turn] = []
    for message in messages[:-1]:
        if message.role == "user" and message.words:
            found.append(Turn(question=message.words))
        elif message.role == "assistant" and found and message.words:
            found[-1] = dataclasses.replace(found[-1], answer=f"{found[-1].answer} {message.words.partition(SOURCES)[0]}".strip())
    return found


def references(answer: Answer, note: str = "") -> str:
    """The sources as they stand under the answer; nothing where nothing is cited. `note` stands with the answer's own."""
    rows = []
    for n, (paper_id, paper) in enumerate(zip(answer.references, keeping.cited_papers(answer), strict=True)):
        rows.append(f"[{n + 1}] {cards.plain(paper) if paper else paper_id}")
    notes = "".join(f"\n\n({said})" for said in (*answer.notes, note) if said)
    return notes + (SOURCES + "\n".join(rows) if rows else "")


async def _streamed(running: Running, clipped: Clipped, *, usage: bool, note: str) -> AsyncIterator[str]:
    """Server-sent events: a chunk a sentence, then what the text holds beside them, then the sources."""
    chunk = _chunks()
    yield chunk({"role": "assistant", "content": ""})
    said = ""
    try:
        async for event in running.events():
            if event.kind == "statement" and event.statement is not None:
                piece = ("" if event.statement.before or not said else " ") + marked(event.statement, event.numbers)
                said += piece
                if given := clipped.take(piece):
                    yield chunk({"content": given})
            elif event.kind == "done":
                answer: Answer = event.result
                rest = answer.answer.removeprefix(said) if not said or answer.answer.startswith(said) else ""
                if given := clipped.take(rest + references(answer, note), last=True):
                    yield chunk({"content": given})
                yield chunk({}, clipped.finish or "stop", footnote=answer.to_dict())
                if usage:
                    yield chunk(None, usage=_usage(answer))
    except FootnoteError as error:
        yield _event({"error": {"message": str(error), "type": "server_error", "param": None, "code": type(error).__name__}})
    yield "data: [DONE]\n\n"


def _answered(clipped: Clipped, text: str, *, stream: bool, usage: bool) -> Response:
    """A reply that took no search."""
    given = clipped.take(text, last=True)
    none = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    if not stream:
        return JSONResponse({**_whole(given, clipped.finish or "stop"), "usage": none})

    async def said() -> AsyncIterator[str]:
        chunk = _chunks()
        yield chunk({"role": "assistant", "content": given})
        yield chunk({}, clipped.finish or "stop")
        if usage:
            yield chunk(None, usage=none)
        yield "data: [DONE]\n\n"

    return StreamingResponse(said(), media_type="text/event-stream", headers={"cache-control": "no-store"})


def _whole(content: str, finish: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return {"id": _name(), "object": "chat.completion", "created": int(time.time()), "model": MODEL, "choices": [choice]}


def _chunks() -> Callable[..., str]:
    """Makes the chunks of one stream; without a delta, one without choices."""
    base: dict[str, Any] = {"id": _name(), "object": "chat.completion.chunk", "created": int(time.time()), "model": MODEL}

    def chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}] if delta is not None else []
        return _event({**base, "choices": choices, **more})

    return chunk


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


def _error(status: int, message: str, code: str | None = None, *, param: str | None = None) -> JSONResponse:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": param, "code": code}}, status_code=status)
