"""Any sentence-transformers model from a hub or a folder (extra `hf`, which brings torch)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rag.embedding.base import unit_rows
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.embedding.base import Vectors


class HubEmbedder:
    """`model`: a hub's name or a folder. Queries get the model's query prompt where it has one."""

    def __init__(self, model: str) -> None:
        """Loads the model at once; ConfigError where the extra is missing or the model can't be had."""
        if not model:
            raise ConfigError("'hf:' names no model; set FOOTNOTE_EMBEDDER=hf:<model>")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ConfigError(f"'hf:{model}' needs the extra `hf`; run `pip install 'footnote[hf]'`") from error
        try:
            self._model = SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise ConfigError(f"the embedder 'hf:{model}' can't be loaded: {str(error).splitlines()[0]}; check the name") from error
        self.name = f"hf:{model}"
        self.dimension = int(self._model.get_sentence_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512) - 2

    def __reduce__(self) -> tuple[Any, ...]:
        """As another process gets it: loaded there, once."""
        return _elsewhere, (self.name.removeprefix("hf:"),)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(n, dimension)` float32, unit rows."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self._rows(self._model.encode_document(list(texts), show_progress_bar=False))

    def embed_query(self, text: str) -> Vectors:
        """`(dimension,)` float32, unit length."""
        return cast("Vectors", self._rows(self._model.encode_query([text], show_progress_bar=False))[0])

    def count(self, text: str) -> int:
        """Tokens of the model's own vocabulary."""
        return len(self._model.tokenizer.encode(text, add_special_tokens=False, truncation=False))

    @staticmethod
    def _rows(matrix: Vectors) -> Vectors:
        return unit_rows(np.asarray(matrix, dtype=np.float32))


@lru_cache(maxsize=1)
def _elsewhere(model: str) -> HubEmbedder:
    return HubEmbedder(model)
