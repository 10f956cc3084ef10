"""All papers of a library in few words and numbers, for pictures of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Papers in order of row (`rows`).

    `placed` are the places of those with a vector, which `vectors` `(len(placed), d)` holds in that order.
    """

    rows: Sequence[int]
    paper_ids: Sequence[str]
    titles: Sequence[str]
    published: Sequence[str]
    placed: NDArray[np.int64]
    vectors: NDArray[np.float32]
