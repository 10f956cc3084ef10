"""An embedder that remembers no query, so that each costs what a new one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.embedding.base import Embedder, Vectors


class Fresh:
    """Another embedder in everything but `embed_query`."""

    def __init__(self, inner: Embedder) -> None:
        """Wraps `inner`."""
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        """What `inner` has."""
        return getattr(self._inner, name)

    def embed_query(self, text: str) -> Vectors:
        """As of a text that was never asked for before."""
        found: Vectors = self._inner.embed([text])[0]
        return found
