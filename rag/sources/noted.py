"""What an exchange format has no field for travels in it as one note of JSON, and is put back where our own export is read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rag.schema import Paper

MARK = "footnote-record:"
KEY = "footnote"
"""The key of the same in JSON and in tables."""

_FIELDS = frozenset(
    "names type published url pmid arxiv_id keywords categories citation_key retraction tags collections work_id extra has_code"  # noqa: SIM905
    " listing_score title_origin abstract_origin".split()
)
_NOTES = ("note", "notes", "GN", "N1")


def told(paper: Paper, fields: Iterable[str], *, extra: Iterable[str] = ()) -> dict[str, Any]:
    """The named fields of a paper and the named keys of its `extra`, as JSON values; only those that say something."""
    whole = paper.to_dict()
    found = {field: whole[field] for field in fields if whole.get(field) not in (None, [], "")}
    if rest := {key: paper.extra[key] for key in extra if key in paper.extra}:
        found["extra"] = rest
    return found


def note(found: Mapping[str, Any]) -> str:
    """The same as the text of a note; empty where nothing is told."""
    return f"{MARK} {json.dumps(found, ensure_ascii=False)}" if found else ""


def restored(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reader's record with what a note of ours tells; any other as it is."""
    extra = record.get("extra")
    if not isinstance(extra, dict):
        return record
    found, rest = _found(extra)
    if found is None:
        return record
    given = {field: value for field, value in found.items() if field in _FIELDS and field != "extra"}
    more = found.get("extra")
    rest = {key: value for key, value in rest.items() if key not in given} | (more if isinstance(more, dict) else {})
    own = {*_texts(given.get("tags")), *_texts(given.get("categories"))}
    kept = {"keywords": [word for word in _texts(record.get("keywords")) if word not in own]}
    if isinstance(notes := record.get("notes"), list):
        kept["notes"] = [text for text in notes if MARK not in str(text)]
    return {**record, **kept, **given, "extra": rest}


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _found(extra: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """What is told, and `extra` without it."""
    rest = dict(extra)
    custom = rest.get("custom")
    held = rest.pop(KEY, None) or (custom.get(KEY) if isinstance(custom, dict) else None)
    if held is not None:
        if isinstance(custom, dict):
            rest["custom"] = {key: value for key, value in custom.items() if key != KEY}
        return (held if isinstance(held, dict) else _object(str(held))), rest
    for key in _NOTES:
        texts = rest.get(key)
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str) and MARK in text:
                before, _, after = text.partition(MARK)
                others = [other for other in texts if other is not text] if isinstance(texts, list) else []
                left = [*others, *([before.strip()] if before.strip() else [])]
                rest[key] = left[0] if len(left) == 1 else left
                return _object(after), rest
    return None, rest


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object that a text begins with; None where it doesn't."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
