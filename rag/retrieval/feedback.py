"""What the first papers have in common, as a second query: pseudo-relevance feedback that knows when to keep still.

Rocchio's idea (1971) on dense vectors. Its known harm is drift: where one paper is wanted, its neighbours are lifted beside it. Here
the first papers weigh by the softmax of their fused scores, so that a paper which stands out is followed almost alone, and feedback
then only confirms it; where several stand level, as for topical questions, their centre is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FOLLOWED = 5
"""Papers that are followed; 10 and 20 were measured no better."""

SHARPNESS = 0.3
"""Temperature of the softmax, in standard deviations of the fused score; 0.6 and 1.0 drift."""


def likeness(fused: NDArray[np.float64], vectors: Sequence[NDArray[np.float32]], n_core: int | None = None) -> NDArray[np.float64]:
    """For each paper the cosine-like product of its nearest chunk with the centre of the first papers by `fused`.

    `vectors` are the papers' chunks `(n_chunks, d)`. Papers without any get the lowest product, and only the first `n_core` are followed.
    """
    found = np.zeros(len(fused))
    held = [n for n in range(len(fused)) if len(vectors[n])]
    if not held:
        return found
    first = sorted((n for n in held if n < (n_core or len(fused))), key=lambda n: (-fused[n], n))[:FOLLOWED]
    if not first:
        return found
    weights = np.exp((fused[first] - fused[first[0]]) / SHARPNESS)
    weights /= weights.sum()
    centre = sum(
        weight * mean / max(float(np.linalg.norm(mean)), 1e-9)
        for weight, mean in zip(weights, (vectors[n].mean(axis=0) for n in first), strict=True)
    )
    starts = np.cumsum([0, *(len(vectors[n]) for n in held[:-1])])
    products = np.maximum.reduceat(np.concatenate([vectors[n] for n in held]) @ np.asarray(centre, dtype=np.float32), starts)
    found[:] = products.min()
    found[held] = products
    return found
