"""JSON: an object a line, or one array (or row) of objects of any layout. Both are streamed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from rag.sources.entry import Entry
from rag.sources.opening import MAX_LINE_CHARS, Document, UnreadableError, encoding_fault
from rag.sources.records import folded, holds_paper, record_from
from rag.sources.zotero_json import is_item, is_paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Under these keys exports wrap their list of items, at any depth; the first that is found is taken.
_WRAPPERS = ("items", "papers", "records", "results", "result", "data", "references", "notes", "collection", "docs", "hits", "hit",
"entries",
             "entry", "articles", "works", "publications", "documents", "recommendedpapers", "message", "response", "searchresults",
             "resultlist",
             "feed", "list", "rows", "bibliography", "library", "bibjson", "citations", "matches", "payload")  # fmt: skip
# Where such a list begins, in a text too long to be read as one value.
_LIST = re.compile(rf'"(?:{"|".join(_WRAPPERS)}|search-results|resultList|recommendedPapers)"\s*:\s*\[\s*(?=\{{)', re.IGNORECASE)
_BETWEEN, _INSIDE = re.compile(r"[ \t\r\n,\[\]\ufeff]*"), re.compile(r"[ \t\r\n,\ufeff]*")
_WHOLE_CHARS = 1 << 20
_DEPTH = 5


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
    decoder, buffer, at, line = json.JSONDecoder(), "", 0, 1
    pieces = document.pieces()
    ended = inner = False
    while True:
        begins = (_INSIDE if inner else _BETWEEN).match(buffer, at).end()  # type: ignore[union-attr] # it matches nothing, too
        line += buffer.count("\n", at, begins)
        at = begins
        if inner and buffer.startswith("]", at):
            return
        try:
            found, end = decoder.raw_decode(buffer, at) if at < len(buffer) else (None, 0)
        except (ValueError, RecursionError) as error:
            left = len(buffer) - at
            if not inner and left > _WHOLE_CHARS and (begun := _LIST.search(buffer, at, at + _WHOLE_CHARS)):
                # A wrapped list too long for one piece: its items are read one by one, and what stands after it is not needed.
                line += buffer.count("\n", at, begun.end())
                at, inner = begun.end(), True
                continue
            if ended or left > MAX_LINE_CHARS or isinstance(error, RecursionError):
                yield Entry(line=line, fault=_malformed(error, at))
                return
            found, end = None, 0
        if end:
            fault = encoding_fault(buffer[at:end], document.encoding)
            yield from [Entry(line=line, fault=fault)] if fault else _unwrapped(found, line)
            line += buffer.count("\n", at, end)
            at = end
            continue
        if ended:
            return
        # What was read is cut off here alone: cut off after each value, it would be copied as often as there are values.
        buffer, at = buffer[at:], 0
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
    items = _items(found) if isinstance(found, dict) and not holds_paper(found) and not is_item(found) else None
    yield from (entry for item in ([found] if items is None else items) for entry in _entries(item, line))


def _items(found: Mapping[str, Any], depth: int = _DEPTH) -> list[Any] | None:
    """The list that an object wraps, under a usual name, or as its values (`{"key1": {...}, "key2": {...}}`)."""
    named = {folded(key): value for key, value in found.items()}
    inner = [named[name] for name in _WRAPPERS if isinstance(named.get(name), dict | list)]
    lists = [value for value in inner if isinstance(value, list) and any(isinstance(item, dict) for item in value)]
    if lists:
        return lists[0]
    for value in inner:
        if isinstance(value, dict) and depth and (below := _items(value, depth - 1)) is not None:
            return below
    whole = [value for value in found.values() if isinstance(value, dict) and (holds_paper(value) or is_item(value))]
    if whole:
        return whole
    return [] if any(isinstance(value, list) and not value for value in inner) else None


def _entries(found: Any, line: int) -> Iterator[Entry]:
    """A record from an object; any other JSON value is a fault. What belongs to an item without being one is passed over."""
    if not isinstance(found, dict):
        yield Entry(line=line, fault="not a JSON object")
    elif is_item(found) and not is_paper(found):
        return
    elif not holds_paper(found) and not is_item(found) and (below := _items(found)) is not None:
        yield from (entry for item in below for entry in _entries(item, line))
    else:
        yield Entry(line=line, record=record_from(found))


def _malformed(error: Exception, at: int = 0) -> str:
    """Why a JSON text, which begins at `at`, can't be read."""
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON, or cut short: {error.msg} at character {error.pos - at + 1}"
    return "not valid JSON: nested too deeply" if isinstance(error, RecursionError) else f"not valid JSON: {error}"
