"""Text to vectors: `load` gives the embedder that a setting names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from rag.embedding.base import Embedder

__all__ = ["load"]

DEFAULT = "minilm-int8"


def load(spec: str = DEFAULT, *, base_url: str | None = None, api_key: str | None = None, cache: Path | None = None) -> Embedder:
    """The embedder for `minilm-int8`, `minilm-fp32`, `openai:<model>` (`base_url`, `api_key`) or `hf:<model>`.

    `cache` is the folder for the bundled model's graph (None: in the user's cache folder). ConfigError for anything else, and where
    the weights or an extra are missing; keyword search then still works without an embedder.
    """
    kind, _, model = spec.strip().partition(":")
    if kind == "openai":
        from rag.embedding.openai import OpenAIEmbedder

        return OpenAIEmbedder(model, base_url=base_url, api_key=api_key)
    if kind == "hf":
        from rag.embedding.hf import HubEmbedder

        return HubEmbedder(model)
    if spec.strip() in {"minilm-int8", "minilm-fp32"}:
        from rag.config import cache_folder
        from rag.embedding.minilm import MiniLM

        return MiniLM("fp32" if spec.strip() == "minilm-fp32" else "int8", cache=cache or cache_folder() / "models")
    raise ConfigError(f"no embedder is called {spec!r}; choose minilm-int8, minilm-fp32, openai:<model> or hf:<model>")
