"""What a source says beyond the fields of a paper: kept as JSON values, within bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KEYS, MAX_KEY_CHARS, MAX_VALUE_CHARS, MAX_CHARS = 80, 100, 4_000, 20_000
"""Lists of references and full texts, which some services add, stay out."""


def kept(found: Mapping[str, Any]) -> dict[str, Any]:
    """What of `found` is stored: values that say something and that JSON can hold, in their order, until the bounds are reached."""
    held: dict[str, Any] = {}
    left = MAX_CHARS
    for key, value in found.items():
        if value is None or value in ("", [], {}) or not isinstance(key, str) or not 0 < len(key) <= MAX_KEY_CHARS:
            continue
        try:
            text = f'"{value}"' if type(value) is str else json.dumps(value, allow_nan=False, ensure_ascii=False)
            text.encode()  # a lone surrogate can't be stored
        except (TypeError, ValueError, RecursionError):
            continue
        if len(text) <= min(MAX_VALUE_CHARS, left - len(key)) and len(held) < MAX_KEYS:
            held[key] = value if type(value) is str else json.loads(text)
            left -= len(text) + len(key)
    return held
