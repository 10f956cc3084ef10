"""Footnote for programs that speak MCP: `ask`, `search` and `paper`, over standard input and output or over one HTTP route.

The protocol is small enough to be spoken without a package (JSON-RPC 2.0, https://modelcontextprotocol.io/specification/2025-06-18):
Footnote offers tools and nothing else, keeps no state between calls, and answers each request with one message. Results stay within
`max_chars` and are paged. Nothing here prints but `serve`, on the stream that it is given.
"""

from __future__ import annotations

import json
import logging
import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag import __version__
from rag.errors import ConfigError, FootnoteError
from rag.schema import Filters
from rag.stopping import Stop, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from rag.assistant import Assistant
    from rag.schema import Answer, Hit, Paper

VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")
MAX_CHARS, LEAST_CHARS, MOST_CHARS = 10_000, 1000, 200_000
LONGEST, MOST_PAPERS, MOST_ITEMS, MOST_PAGES, LAST_YEAR = 2000, 100, 1000, 1_000_000, 9999

_PARSE, _REQUEST, _METHOD, _PARAMS, _INTERNAL = -32700, -32600, -32601, -32602, -32603

_log = logging.getLogger(__name__)

_PAGE = {
    "max_chars": {"type": "integer", "minimum": LEAST_CHARS, "maximum": MOST_CHARS, "default": MAX_CHARS, "description": "Longest result"},
    "page": {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1, "description": "Which part of a longer result, from 1"},
}
_SAID = {"type": "string", "maxLength": LONGEST}
_SAID_SEVERAL = {"type": "array", "items": _SAID, "maxItems": MOST_ITEMS}
_FILTERS = {
    "type": "object",
    "description": "Conditions, all of which must hold",
    "properties": {
        **{name: {"type": "integer", "minimum": -LAST_YEAR, "maximum": LAST_YEAR} for name in ("year_from", "year_to")},
        **dict.fromkeys(("date_from", "date_to", "category", "author", "source", "tag", "collection"), _SAID),
        "has_code": {"type": "boolean"},
        "paper_ids": _SAID_SEVERAL,
    },
    "additionalProperties": False,
}
_TEXT, _TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
_PAGED = {"page": {"type": "integer"}, "next_page": {"type": ["integer", "null"]}}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


_CITATION = _object({"paper_id": _TEXT, "quote": _TEXT, "field": _TEXT, "value": _TEXT}, "paper_id")
_STATEMENT = _object(
    {
        "text": _TEXT,
        "status": _TEXT,
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "citations": {"type": "array", "items": _CITATION},
    },
    "text",
    "status",
    "numbers",
    "citations",
)
_SOURCE = _object(
    {"number": {"type": "integer"}, "paper_id": _TEXT, "title": _TEXT, "published": _TEXT, "url": _TEXT}, "number", "paper_id", "title"
)
_FOUND = _object(
    {
        "paper_id": _TEXT,
        "title": _TEXT,
        "rank": {"type": "integer"},
        "score": {"type": "number"},
        "why": _TEXT,
        "authors": _TEXTS,
        "published": _TEXT,
        "url": _TEXT,
        "abstract": _TEXT,
    },
    "paper_id",
    "title",
    "rank",
    "score",
)
_READ_ONLY = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}

TOOLS: tuple[dict[str, Any], ...] = (
    {
        "name": "ask",
        "title": "Ask the papers",
        "description": "Answer a question from the papers of the library, each sentence cited and quoted, or say that they do not.",
        "inputSchema": _object(
            {
                "question": _SAID,
                "history": {**_SAID_SEVERAL, "description": "Earlier questions, oldest first"},
                "filters": _FILTERS,
                **_PAGE,
            },
            "question",
        ),
        "outputSchema": _object(
            {
                "answer": _TEXT,
                "answered": {"type": "boolean"},
                "statements": {"type": "array", "items": _STATEMENT},
                "sources": {"type": "array", "items": _SOURCE},
                "nearest": _TEXTS,
                "notes": _TEXTS,
                **_PAGED,
            },
            *("answer", "answered", "statements", "sources", "notes", "page", "next_page"),
        ),
        "annotations": {"title": "Ask the papers", **_READ_ONLY},
    },
    {
        "name": "search",
        "title": "Search the papers",
        "description": "Find the papers of the library that fit a query best, with why each was found.",
        "inputSchema": _object(
            {
                "query": _SAID,
                "k": {"type": "integer", "minimum": 1, "maximum": MOST_PAPERS, "default": 20},
                "filters": _FILTERS,
                **_PAGE,
            },
            "query",
        ),
        "outputSchema": _object({"papers": {"type": "array", "items": _FOUND}, **_PAGED}, "papers", "page", "next_page"),
        "annotations": {"title": "Search the papers", **_READ_ONLY},
    },
    {
        "name": "paper",
        "title": "Read a paper's record",
        "description": "The record of one paper: title, authors, date, identifiers and its abstract.",
        "inputSchema": _object({"paper_id": _SAID, **_PAGE}, "paper_id"),
        "outputSchema": _object({"paper": {"type": "object"}, **_PAGED}, "paper", "page", "next_page"),
        "annotations": {"title": "Read a paper's record", **_READ_ONLY},
    },
)


@dataclass(slots=True)
class Tools:
    """Answers the protocol's messages. Thread-safe: each call is by itself."""

    assistant: Callable[[], Assistant]
    options: Callable[[], dict[str, Any]] = dict
    """What `Assistant.stream` is given beside the question (a model, a mode)."""
    _running: dict[Any, Stop] = field(default_factory=dict)

    def handle(self, message: Any, *, stop: Stop | None = None) -> dict[str, Any] | None:
        """The reply to one message; None where none is due (notifications, replies, cancelled calls).

        A call with a `stop` of its own ends by that alone. Others can be cancelled by their number: all who may do so are one client.
        """
        if (wrong := _malformed(message)) is not None:
            return wrong
        name, key, params = message.get("method"), message.get("id"), message.get("params")
        if name is None:
            return None
        if "id" not in message:
            if name == "notifications/cancelled" and stop is None and isinstance(params, dict):
                asked = params.get("requestId")
                if _is_key(asked) and (running := self._running.get(asked)) is not None:
                    running.now()
            return None
        params = {} if params is None else params
        if not isinstance(params, dict):
            return _failed(key, _PARAMS, "params must be an object")
        if name == "initialize":
            asked = params.get("protocolVersion")
            return _result(
                key,
                {
                    "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
                    "capabilities": {"tools": {"listChanged": False}},
                    "serverInfo": {"name": "footnote", "title": "Footnote", "version": __version__},
                    "instructions": "Questions over a library of research papers; every sentence of an answer carries its sources.",
                },
            )
        if name == "ping":
            return _result(key, {})
        if name == "tools/list":
            return _result(key, {"tools": list(TOOLS)})
        if name != "tools/call":
            return _failed(key, _METHOD, f"there is no method {_short(name)}")
        called, given = params.get("name"), params.get("arguments")
        tool = next((t for t in TOOLS if t["name"] == called), None)
        if tool is None:
            return _failed(key, _PARAMS, f"there is no tool {_short(called)}; there are ask, search and paper")
        given = {} if given is None else given
        if not isinstance(given, dict):
            return _failed(key, _PARAMS, "arguments must be an object")
        if stop is not None:
            return self._called(key, tool, given, stop)
        stop = self._running[key] = Stop()
        try:
            return self._called(key, tool, given, stop)
        finally:
            if self._running.get(key) is stop:
                del self._running[key]

    def end(self) -> None:
        """Stop every call that could be cancelled."""
        for stop in list(self._running.values()):
            stop.now()

    def _called(self, key: Any, tool: dict[str, Any], given: dict[str, Any], stop: Stop) -> dict[str, Any] | None:
        try:
            _fits(tool["inputSchema"], given)
            found = getattr(self, f"_{tool['name']}")(given, stop)
        except FootnoteError as error:
            return None if stop else _result(key, {"content": [{"type": "text", "text": str(error)}], "isError": True})
        except Stopped:
            return None
        except Exception as error:  # noqa: BLE001 - one call's fault ends neither the others nor the loop
            _log.error("%s failed: %s", tool["name"], type(error).__name__)
            return _failed(key, _INTERNAL, f"{tool['name']} failed: {type(error).__name__}")
        if found is None or stop:
            return None
        text = json.dumps(found, ensure_ascii=False)
        return _result(key, {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": False})

    def _ask(self, given: dict[str, Any], stop: Stop) -> dict[str, Any] | None:
        answer: Answer | None = None
        question, filters = _words(given["question"], "question"), _filters(given)
        for event in self.assistant().stream(question, history=given.get("history") or (), filters=filters, stop=stop, **self.options()):
            answer = event.result if event.kind == "done" else answer
        if answer is None:
            return None
        papers = {p.paper_id: p for p in answer.papers}
        statements = [
            {
                "text": s.text,
                "status": s.status,
                "numbers": sorted({answer.references.index(c.paper_id) + 1 for c in s.citations}),
                "citations": [{k: v for k, v in c.to_dict().items() if v is not None and k not in {"start", "end"}} for c in s.citations],
            }
            for s in answer.statements
            if s.status != "withheld"
        ]
        sources = [{"number": n, **_named(papers.get(pid), pid)} for n, pid in enumerate(answer.references, start=1)]
        whole = {
            "answer": answer.answer,
            "answered": not answer.abstained,
            "sources": sources,
            "nearest": list(answer.nearest),
            "notes": list(answer.notes),
        }
        return _paged(whole, "statements", statements, given)

    def _search(self, given: dict[str, Any], stop: Stop) -> dict[str, Any]:
        with stop.watched():
            hits = self.assistant().search(_words(given["query"], "query"), k=given.get("k") or 20, filters=_filters(given))
        return _paged({}, "papers", [_found(hit) for hit in hits], given)

    def _paper(self, given: dict[str, Any], _stop: Stop) -> dict[str, Any]:
        record = self.assistant().library.get(given["paper_id"]).to_dict()
        abstract = record.pop("abstract")
        room = max(LEAST_CHARS // 2, (given.get("max_chars") or MAX_CHARS) - len(json.dumps(record, ensure_ascii=False)) - 100)
        page = given.get("page") or 1
        part = abstract[(page - 1) * room : page * room]
        return {"paper": record | {"abstract": part}, "page": page, "next_page": page + 1 if len(abstract) > page * room else None}


def read(text: str | bytes) -> Any:
    """What a message says; ValueError, in a line, where it is no JSON, is nested too deeply, or holds what JSON has no sign for."""
    try:
        message = json.loads(text, parse_constant=_no_number)
        json.dumps(message, ensure_ascii=False, allow_nan=False).encode()  # no half characters, no 1e999
    except (ValueError, RecursionError) as error:
        raise ValueError("this is no JSON" if isinstance(error, ValueError) else "this is nested too deeply") from error
    return message


def refused(error: ValueError) -> dict[str, Any]:
    """The reply to what `read` could not read."""
    return _failed(None, _PARSE, str(error))


def _no_number(text: str) -> None:
    raise ValueError(text)


def serve(tools: Tools, lines: Iterable[str | bytes], out: TextIO) -> None:
    """Messages from `lines`, one a line, answered on `out` until the input ends. Calls run beside each other: one can be cancelled."""
    writing = threading.Lock()
    threads: list[threading.Thread] = []

    def say(reply: dict[str, Any] | None) -> None:
        if reply is not None:
            try:
                with writing:
                    out.write(json.dumps(reply) + "\n")
                    out.flush()
            except OSError:  # nobody reads any more
                tools.end()

    for line in lines:
        if not line.strip():
            continue
        try:
            message = read(line)
        except ValueError as error:
            say(refused(error))
            continue
        if isinstance(message, dict) and message.get("method") == "tools/call":
            thread = threading.Thread(target=lambda m=message: say(tools.handle(m)), daemon=True)
            threads = [t for t in threads if t.is_alive()] + [thread]
            thread.start()
        else:
            say(tools.handle(message))
    for thread in threads:
        thread.join()


def _paged(whole: dict[str, Any], name: str, items: Sequence[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """The page of `items` that is asked for; what belongs to all of them stands on the first."""
    room, page = given.get("max_chars") or MAX_CHARS, given.get("page") or 1
    pages: list[list[dict[str, Any]]] = [[]]
    left = room - _size(whole) - 100
    for item in items:
        if pages[-1] and _size(item) > left:
            pages.append([])
            left = room - 200
        pages[-1].append(item)
        left -= _size(item)
    bare: dict[str, Any] = {key: [] if isinstance(value, list) else "" if isinstance(value, str) else value for key, value in whole.items()}
    own = pages[page - 1] if page <= len(pages) else []
    return {**(whole if page == 1 else bare), name: own, "page": page, "next_page": page + 1 if page < len(pages) else None}


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False)) + 2


def _named(paper: Paper | None, paper_id: str) -> dict[str, Any]:
    if paper is None:
        return {"paper_id": paper_id, "title": paper_id}
    known = {"paper_id": paper_id, "title": paper.title, "published": paper.published, "url": paper.url}
    return {key: value for key, value in known.items() if value is not None}


def _found(hit: Hit) -> dict[str, Any]:
    paper = hit.paper
    return {
        **_named(paper, paper.paper_id),
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "why": hit.why,
        "authors": list(paper.authors),
        "abstract": paper.abstract,
    }


def _words(text: str, name: str) -> str:
    if not text.strip() or len(text) > LONGEST:
        raise ConfigError(f"{name} must hold 1 to {LONGEST} characters")
    return text.strip()


def _filters(given: dict[str, Any]) -> Filters | None:
    values = {key: value for key, value in (given.get("filters") or {}).items() if value is not None}
    if "paper_ids" in values:
        values["paper_ids"] = tuple(values["paper_ids"])
    return Filters(**values) if values else None


_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "number": (int, float),
}


def _fits(schema: dict[str, Any], value: Any, name: str = "the arguments") -> None:
    """ConfigError where a value is not what its schema asks for."""
    kind = schema.get("type")
    if isinstance(kind, str) and (not isinstance(value, _KINDS[kind]) or (kind in {"integer", "number"} and isinstance(value, bool))):
        raise ConfigError(f"{name} must be of type {kind}")
    if "minimum" in schema and not schema["minimum"] <= value <= schema.get("maximum", value):
        raise ConfigError(f"{name} must be {schema['minimum']} or more" + (f", at most {schema['maximum']}" if "maximum" in schema else ""))
    if len(value if kind in {"string", "array"} else ()) > schema.get("maxLength", schema.get("maxItems", math.inf)):
        raise ConfigError(
            f"{name} must hold at most {schema['maxLength']} characters"
            if kind == "string"
            else f"{name} must hold at most {schema['maxItems']} entries"
        )
    if kind == "array":
        for n, item in enumerate(value):
            _fits(schema.get("items", {}), item, f"{name}[{n}]")
    if kind == "object" and "properties" in schema:
        if lacking := [key for key in schema.get("required", ()) if value.get(key) is None]:
            raise ConfigError(f"{lacking[0]!r} is missing")
        if unknown := [key for key in value if key not in schema["properties"]]:
            raise ConfigError(f"there is no {_short(unknown[0])}; known: {', '.join(schema['properties'])}")
        for key, item in value.items():
            if item is not None:
                _fits(schema["properties"][key], item, key)


def _malformed(message: Any) -> dict[str, Any] | None:
    """The refusal of what is no JSON-RPC message."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return _failed(None, _REQUEST, "this is no JSON-RPC 2.0 message")
    if "method" not in message and ("result" in message or "error" in message):
        return None
    if "id" in message and not _is_key(message["id"]):
        return _failed(None, _REQUEST, "id must be a string or a number")
    if not isinstance(message.get("method"), str):
        return _failed(message.get("id"), _REQUEST, "method must be a string")
    return None


def _is_key(key: Any) -> bool:
    return isinstance(key, str | int | float) and not isinstance(key, bool)


def _short(value: Any) -> str:
    return repr(value[:60]) if isinstance(value, str) else f"of type {type(value).__name__}"


def _result(key: Any, result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": key, "result": result}


def _failed(key: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": key, "error": {"code": code, "message": message}}
