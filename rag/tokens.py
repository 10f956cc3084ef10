"""The only caller of tiktoken: counts and cuts text in tokens, offline.

tiktoken downloads a vocabulary on first use; llama-index-core carries `cl100k_base` and `o200k_base` in its wheel, so the cache
folder is pointed there and no request leaves the machine.
"""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

DEFAULT_ENCODING = "o200k_base"

_SHORT = 2_500
"""Characters of a text whose count is remembered: the instructions to a model, and every sentence."""


@lru_cache(maxsize=4)
def encoding(name: str = DEFAULT_ENCODING) -> tiktoken.Encoding:
    """The vocabulary `name` (`o200k_base` or `cl100k_base`), read from the installed llama-index-core."""
    spec = importlib.util.find_spec("llama_index.core")
    if spec is not None and spec.origin is not None:
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(Path(spec.origin).parent / "_static" / "tiktoken_cache"))
    import tiktoken

    return tiktoken.get_encoding(name)


def encoding_for(model: str) -> tuple[str, bool]:
    """The encoding's name for an LLM and whether the model is known to tiktoken (else the default stands in)."""
    import tiktoken

    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return DEFAULT_ENCODING, False
    return (name, True) if name in {"o200k_base", "cl100k_base"} else (DEFAULT_ENCODING, False)


def count(text: str, name: str = DEFAULT_ENCODING) -> int:
    """How many tokens `text` has; special-token look-alikes count as plain text."""
    return _counted(text, name) if len(text) <= _SHORT else len(encoding(name).encode_ordinary(text))


@lru_cache(maxsize=8192)
def _counted(text: str, name: str) -> int:
    """Remembered: the sentences of one abstract are offered to a model for many questions."""
    return len(encoding(name).encode_ordinary(text))


def truncate(text: str, limit_tokens: int, name: str = DEFAULT_ENCODING) -> str:
    """The longest prefix of `text` within `limit_tokens` tokens, cut at a character."""
    tokens = encoding(name).encode_ordinary(text)
    if len(tokens) <= limit_tokens:
        return text
    return encoding(name).decode(tokens[:limit_tokens]).rstrip("\ufffd")
