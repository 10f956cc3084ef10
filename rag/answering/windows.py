"""How long a model's window is: as a server's record of it says, else by its name."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FALLBACK_WINDOW_TOKENS = 4096
"""Window assumed for a model that nobody knows: the smallest among models in common use."""

_FIELDS = (
    "context_length",
    "max_model_len",
    "context_window",
    "max_context_length",
    "max_context_tokens",
    "loaded_context_length",
    "n_ctx",
)


@lru_cache(maxsize=1)
def _windows() -> dict[str, int]:
    found: dict[str, int] = json.loads((Path(__file__).parent / "windows.json").read_text(encoding="utf-8"))["windows"]
    return found


def known_window(model: str) -> int | None:
    """The window of a model by its name; None for one that the list does not have.

    >>> known_window("llama3.1:8b-instruct-q4_K_M"), known_window("Qwen/Qwen2.5-7B-Instruct"), known_window("somebody/thing")
    (131072, 32768, None)
    """
    name = model.casefold().rpartition("/")[2].removeprefix("meta-")
    best = max((known for known in _windows() if name.startswith(known)), key=len, default=None)
    if best is not None:
        return _windows()[best]
    stated = re.search(r"(?<![\d.])(\d{1,4})k\b", name)
    return int(stated[1]) * 1024 if stated and int(stated[1]) >= 4 else None


def offers(names: Iterable[Any], model: str) -> bool:
    """Whether a model is among those that a server names: an Ollama adds a tag to a name that has none."""
    return not {model, f"{model}:latest"}.isdisjoint(names)


def window_in(entry: dict[str, Any]) -> int | None:
    """The window that a server's record of a model tells, under whatever name."""
    meta = entry.get("meta")
    for holder in (entry, meta if isinstance(meta, dict) else {}):
        for name in _FIELDS:
            value = holder.get(name)
            if isinstance(value, int) and value >= 512:
                return value
    return None
