"""An external reranker: off by default, since its model comes from a hub and takes far longer than all the rest of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Reranker(Protocol):
    """Scores texts against a query, each for itself."""

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """One number a text, higher is better, in any unit."""


class HubReranker:
    """A cross-encoder from a hub or a folder (extra `hf`)."""

    def __init__(self, model: str) -> None:
        """Loads the model at once; ConfigError where the extra is missing or the model can't be had."""
        try:
            from sentence_transformers import CrossEncoder
        except ImportError as error:
            raise ConfigError(f"the reranker 'hf:{model}' needs the extra `hf`; run `pip install 'footnote[hf]'`") from error
        try:
            self._model = CrossEncoder(model)
        except (OSError, ValueError) as error:
            raise ConfigError(f"the reranker 'hf:{model}' can't be loaded: {str(error).splitlines()[0]}; check the name") from error

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """The model's own scores."""
        return [float(score) for score in self._model.predict([(query, text) for text in texts], show_progress_bar=False)]


def load_reranker(spec: str | None) -> Reranker | None:
    """The reranker that a setting names: `hf:<cross-encoder>`, or None for none. ConfigError for anything else."""
    if spec is None or spec.strip() in {"", "none"}:
        return None
    kind, _, model = spec.strip().partition(":")
    if kind != "hf" or not model:
        raise ConfigError(f"no reranker is called {spec!r}; choose hf:<cross-encoder>, or unset FOOTNOTE_RERANKER")
    return HubReranker(model)
