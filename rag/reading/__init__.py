"""Reading: a question or a claim laid against the abstract of a paper. `load` gives the cross-encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from rag.reading.crossencoder import CrossEncoder

__all__ = ["load"]


def load(*, cache: Path | None = None) -> CrossEncoder | None:
    """The bundled cross-encoder; None where the weights are not installed. `cache`: a folder for its graph (None: the user's)."""
    from rag.config import cache_folder
    from rag.reading.crossencoder import CrossEncoder

    try:
        return CrossEncoder(cache=cache or cache_folder() / "models")
    except ConfigError:
        return None
