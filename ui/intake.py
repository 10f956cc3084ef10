"""What an event of the page may be given: every value is checked against its component before Gradio touches any of them.

Gradio looks through all values for records of files, whatever the component, and copies the files into its upload folder, from where they
are served. So a text is a text here, a file is one that this visit has sent, and a component that is not known takes plain values alone.
All roads lead through `process_api`: the queue, direct calls, and MCP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.uploads import Uploads, visit_of

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_MARKS = frozenset({"path", "url", "meta", "is_stream"})
"""Keys of Gradio's records of files. No JSON that an event takes has any of them."""

MOST_FILES = 1000
DEEPEST = 20

_PLAIN = (str, bool, int, float, type(None))


class Refused(gr.Error):  # type: ignore[misc]
    """A value that its component does not take; nothing of it was read."""

    def __init__(self, what: str) -> None:
        """A line for the page, none for the log: anybody could fill it."""
        super().__init__(f"{what} is not taken here", print_exception=False)


def _text(_block: Any, value: object, _own: Callable[[str], bool]) -> object:
    return _of(value, str, type(None))


def _flag(_block: Any, value: object, _own: Callable[[str], bool]) -> object:
    return _of(value, bool, type(None))


def _plain(_block: Any, value: object, _own: Callable[[str], bool]) -> object:
    return _of(value, *_PLAIN)


def _choice(block: Any, value: object, own: Callable[[str], bool]) -> object:
    if getattr(block, "multiselect", False) and isinstance(value, list):
        return [_plain(block, one, own) for one in value]
    return _plain(block, value, own)


def _dropped(_block: Any, _value: object, _own: Callable[[str], bool]) -> None:
    """The server's own state is used; what a client sends in its place is nothing."""


def _json(block: Any, value: object, _own: Callable[[str], bool]) -> object:
    kinds = _KINDS.get(str(getattr(block, "_api_info", {}).get("type", "")))
    if kinds is not None:
        _of(value, *kinds)
    return _without_files(value, _marked)


def _file(block: Any, value: object, own: Callable[[str], bool]) -> object:
    """The records of this visit's files, written anew: of what was sent, only the path and the file's name remain."""
    if value is None:
        return None
    several = getattr(block, "file_count", "single") != "single"
    given = value if several and isinstance(value, list) else [value]
    if len(given) > MOST_FILES:
        raise Refused("a list of so many files")
    records = [_record(one, own) for one in given]
    return records if several else records[0]


def _record(given: object, own: Callable[[str], bool]) -> dict[str, Any]:
    path = given.get("path") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(path, str) or not own(path):
        raise Refused("a file that this page has not uploaded")
    name = given.get("orig_name")
    return {"path": path, "orig_name": name if isinstance(name, str) else None, "meta": {"_type": "gradio.FileData"}}


_CHECKS: dict[str, Callable[[Any, object, Callable[[str], bool]], object]] = {
    "textbox": _text,
    "checkbox": _flag,
    "dropdown": _choice,
    "radio": _plain,
    "state": _dropped,
    "file": _file,
    "api": _json,
}
_KINDS: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


def _of(value: object, *kinds: type) -> object:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise Refused(f"a value of the kind {type(value).__name__!r}")
    return value


def _marked(record: dict[Any, Any]) -> bool:
    return not FILE_MARKS.isdisjoint(record)


def _is_file(record: dict[Any, Any]) -> bool:
    """As Gradio tells them. Beside the values there are chats that the browser kept, whose papers have addresses."""
    return "path" in record and "meta" in record


def _without_files(value: object, is_file: Callable[[dict[Any, Any]], bool]) -> object:
    """The value, which is JSON; Refused where a record of a file stands in it, at any depth."""
    left = [(value, 0)]
    while left:
        one, depth = left.pop()
        if depth > DEEPEST:
            raise Refused("a value that is nested so deeply")
        if isinstance(one, dict):
            if is_file(one):
                raise Refused("a record of a file")
            left += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, list):
            left += [(inner, depth + 1) for inner in one]
        else:
            _of(one, *_PLAIN)
    return value


class Blocks(gr.Blocks):  # type: ignore[misc]
    """`gr.Blocks` whose events take only what their components are for."""

    uploads: Uploads

    async def process_api(
        self,
        block_fn: Any,
        inputs: list[Any],
        state: Any = None,
        request: Any = None,
        iterator: Any = None,
        session_hash: str | None = None,
        event_id: str | None = None,
        event_data: Any = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Check, then do as Gradio does. A step of an event under way reads no values: there is nothing to check."""
        if not iterator:
            block_fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
            inputs = self.taken(block_fn, inputs, request)
            _without_files(getattr(event_data, "_data", None), _is_file)
        done: dict[str, Any] = await super().process_api(
            block_fn, inputs, state, request, iterator, session_hash, event_id, event_data, **more
        )
        return done

    def taken(self, block_fn: Any, inputs: object, request: Any) -> list[Any]:
        """The values as the event is given them; Refused where one does not fit its component."""
        if not isinstance(inputs, list) or len(inputs) < len(block_fn.inputs) or block_fn.batch:
            raise Refused("that number of values")
        # Gradio makes a list of one request of a call that says it is a batch; our events are none.
        cookies = dict(getattr(request, "cookies", None) or {})
        visit = visit_of(cookies)
        return [
            _CHECKS.get(block.get_block_name(), _plain)(block, value, lambda path: self.uploads.holds(visit, path))
            for block, value in zip(block_fn.inputs, inputs, strict=False)
        ]
