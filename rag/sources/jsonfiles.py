"""JSON: an object a line, or one array (or row) of objects of any layout. Both are streamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rag.sources.entry import Entry
from rag.sources.opening import MAX_LINE_CHARS, Document, UnreadableError, encoding_fault
from rag.sources.records import record_from

if TYPE_CHECKING:
    from collections.abc import Iterator

# Under these keys exports wrap their list of items.
_WRAPPERS = ("items", "papers", "records", "results", "data", "references")


def read_json_lines(document: Document) -> Iterator[Entry]:
    """An object a line; blank lines are nothing."""
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif line.text.strip():
            try:
                found = json.loads(line.text)
            except (ValueError, RecursionError) as error:
                yield Entry(line=line.number, fault=_malformed(error))
            else:
                yield from _unwrapped(found, line.number)


def read_json_values(document: Document) -> Iterator[Entry]:
    """The objects of an array, of an object that wraps one, or that simply follow one another.

    After malformed JSON nothing can be told apart any more: the reading ends with that fault.
    """
    decoder, buffer, line = json.JSONDecoder(), "", 1
    pieces = document.pieces()
    ended = False
    while True:
        stripped = buffer.lstrip(" \t\r\n,[]\ufeff")
        line += buffer.count("\n", 0, len(buffer) - len(stripped))
        buffer = stripped
        try:
            found, end = decoder.raw_decode(buffer) if buffer else (None, 0)
        except (ValueError, RecursionError) as error:
            if ended or len(buffer) > MAX_LINE_CHARS or isinstance(error, RecursionError):
                yield Entry(line=line, fault=_malformed(error))
                return
            found, end = None, 0
        if end:
            fault = encoding_fault(buffer[:end], document.encoding)
            yield from [Entry(line=line, fault=fault)] if fault else _unwrapped(found, line)
            line += buffer.count("\n", 0, end)
            buffer = buffer[end:]
            continue
        if ended:
            return
        try:
            # As much again as there is, so that a long value is not decoded too many times.
            more = ""
            while len(more) <= len(buffer) and (piece := next(pieces, "")):
                more += piece
        except UnreadableError as error:
            yield Entry(line=line, fault=str(error))
            return
        ended = not more
        buffer += more


def _unwrapped(found: Any, line: int) -> Iterator[Entry]:
    """An object, or the objects in the list that it wraps."""
    if isinstance(found, dict) and not any(key in found for key in ("abstract", "title", "text", "summary")):
        inner = next((found[key] for key in _WRAPPERS if isinstance(found.get(key), list)), None)
        if inner is not None:
            yield from (_entry(item, line) for item in inner)
            return
    yield _entry(found, line)


def _entry(found: Any, line: int) -> Entry:
    """A record from an object; any other JSON value is a fault."""
    if not isinstance(found, dict):
        return Entry(line=line, fault="not a JSON object")
    return Entry(line=line, record=record_from(found))


def _malformed(error: Exception) -> str:
    """Why a JSON text can't be read."""
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON, or cut short: {error.msg} at character {error.pos + 1}"
    return "not valid JSON: nested too deeply" if isinstance(error, RecursionError) else f"not valid JSON: {error}"
