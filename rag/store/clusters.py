"""For large libraries: the matrix once more, sorted by neighbourhood, so that a search reads a part of it instead of all.

An inverted file over the int8 vectors (Sivic and Zisserman 2003): slots are grouped by their nearest of a few hundred centroids, and a
query reads the groups whose centroids are nearest. Derived, made anew now and then; slots written since are searched one by one. Used
where no filter is set: with one, the exact scan is what loses no hit.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from rag.store.matrix import View

FROM_SLOTS = 300_000
"""Below this many all are compared: in one go that is as fast as memory is read, and 178 groups apart took longer at 150,000."""

GROWTH = 1.25
"""Groups are made anew when the matrix has grown by this factor since: what came since is compared whole. At a million that takes 17 s, a
fiftieth of the time that it takes to add a quarter of a million."""

READ_SLOTS = 90_000
"""Slots that a query reads at FROM_SLOTS, about; beyond more, with the square root of the size.

Of the twenty nearest among 300,000 drawn vectors 60,000 found 98.3 %, 78,000 99.0 %, 96,000 99.9 % (of a million 99.4, 99.6 and 99.8 %), at
3.6, 4.5 and 5.5 ms (6.5, 7.6 and 9.2): a miss costs more than two milliseconds.
"""

_SAMPLE_PER_GROUP = 64
_ROUNDS = 6
_PAGE = 16_384


@dataclass(frozen=True, slots=True)
class Clusters:
    """`n` slots in groups: `slots[offsets[g]:offsets[g+1]]` are those of centroid `g`, their vectors and scales in that order."""

    n: int
    centroids: NDArray[np.float32]
    offsets: NDArray[np.int64]
    slots: NDArray[np.int32]
    int8: NDArray[np.int8]
    scale: NDArray[np.float32]

    def candidates(self, unit: NDArray[np.float32], code: NDArray[np.int8], view: View) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Slots worth a closer look and their dot products with the integers `code`: the nearest groups', and all slots written since."""
        from rag.store.matrix import dots

        wanted = READ_SLOTS * math.sqrt(max(1.0, self.n / FROM_SLOTS))
        read = max(8, math.ceil(len(self.centroids) * wanted / max(self.n, 1)))
        nearest = np.argsort(-(self.centroids @ unit))[:read]
        runs = [(int(self.offsets[g]), int(self.offsets[g + 1])) for g in sorted(nearest.tolist())]
        slots = [self.slots[a:b] for a, b in runs] + [np.arange(self.n, view.n, dtype=np.int32)]
        scores = [dots(code, self.int8[a:b]) * self.scale[a:b] for a, b in runs]
        scores.append(dots(code, view.int8[self.n :]) * view.scale[self.n :])
        return np.concatenate(slots).astype(np.int64), np.concatenate(scores)


def load(folder: Path, dimension: int) -> Clusters:
    """What `make` wrote, mapped."""
    slots = np.load(folder / "slots.npy", mmap_mode="r")
    offsets = np.asarray(np.load(folder / "offsets.npy", mmap_mode="r"))
    int8 = np.memmap(folder / "int8.bin", dtype=np.int8, mode="r", shape=(len(slots), dimension))
    centroids, scale = np.asarray(np.load(folder / "centroids.npy", mmap_mode="r")), np.load(folder / "scale.npy", mmap_mode="r")
    return Clusters(int((folder / "n").read_text()), centroids, offsets, np.asarray(slots), np.asarray(int8), np.asarray(scale))


def fault(folder: Path, view: View) -> str | None:
    """What is wrong with the groups of `view`; None where they are whole."""
    try:
        held = load(folder, view.int8.shape[1])
    except (ValueError, EOFError, FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        return f"can't be read ({type(error).__name__})"
    n, bounds = len(held.slots), held.offsets
    shapes = held.slots.ndim == bounds.ndim == held.scale.ndim == 1 and held.centroids.shape == (len(bounds) - 1, view.int8.shape[1])
    if not shapes or len(held.scale) != n or not 0 <= held.n <= view.n:
        return "don't fit together"
    if bounds[0] != 0 or bounds[-1] != n or (np.diff(bounds) < 0).any() or (n and not 0 <= held.slots.min() <= held.slots.max() < held.n):
        return "don't fit together"
    if not (np.abs(np.linalg.norm(held.centroids, axis=1) - 1) < 0.05).all():
        return "hold no centres"
    for start in range(0, n, _PAGE):
        part = slice(start, start + _PAGE)
        slots = held.slots[part]
        if not (np.array_equal(held.int8[part], view.int8[slots]) and np.array_equal(held.scale[part], view.scale[slots])):
            return "hold other vectors than the matrix"
    return None


def make(view: View, folder: Path) -> None:
    """Group all live slots of `view` by spherical k-means (a sample, six rounds, seeded) and write the files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    live = np.flatnonzero(np.asarray(view.rows) >= 0)
    groups = max(16, round(math.sqrt(len(live))))
    rng = np.random.default_rng(0)
    sample = view.vectors(np.sort(rng.choice(live, size=min(len(live), groups * _SAMPLE_PER_GROUP), replace=False)))
    centroids = sample[np.sort(rng.choice(len(sample), size=min(groups, len(sample)), replace=False))]
    for _ in range(_ROUNDS):
        nearest = _nearest(sample, centroids)
        order = np.argsort(nearest, kind="stable")
        firsts = np.searchsorted(nearest[order], np.arange(len(centroids)))
        filled = np.flatnonzero(np.diff(np.append(firsts, len(sample))) > 0)
        # An empty group keeps its centroid.
        centroids[filled] = np.add.reduceat(sample[order], firsts[filled], axis=0)
        centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    owner = np.concatenate([_nearest(view.int8[live[a : a + _PAGE]].astype(np.float32), centroids) for a in range(0, len(live), _PAGE)])
    order = np.argsort(owner, kind="stable")
    slots = live[order].astype(np.int32)
    with (folder / "int8.bin").open("wb") as file:
        for start in range(0, len(slots), _PAGE):
            file.write(view.int8[slots[start : start + _PAGE]].tobytes())
    np.save(folder / "slots.npy", slots)
    np.save(folder / "scale.npy", view.scale[slots])
    np.save(folder / "offsets.npy", np.searchsorted(owner[order], np.arange(len(centroids) + 1)))
    np.save(folder / "centroids.npy", centroids)
    (folder / "n").write_text(str(view.n))


def _nearest(vectors: NDArray[np.float32], centroids: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each vector the centroid with the largest dot product; a vector's length does not matter."""
    pages = [np.argmax(vectors[a : a + _PAGE] @ centroids.T, axis=1) for a in range(0, len(vectors), _PAGE)]
    return np.concatenate(pages) if pages else np.zeros(0, dtype=np.int64)
