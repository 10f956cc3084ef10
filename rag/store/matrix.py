"""The exact vector search: every chunk's vector as int8 in one append-only file, scanned whole, the best rescored in int16.

Chroma holds the vectors; this is the form in which a search reads them. A slot is one vector: 384 bytes in `int8.bin`, the same in
`int16.bin` (a row's largest value is the largest number, so that a cosine errs by 2e-6, ten times less than through float16), a
scale for both in `scale.bin`, the paper's row in `rows.bin` (-1 once the vector is no longer any paper's). How many
slots count is the records' business: an append that was cut short lies beyond that number and is overwritten by the next.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.store.clusters import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from rag.store.clusters import Clusters

MARGIN = 0.006
"""Largest error of an int8 score allowed for: some seven standard deviations of it for unit vectors of 384 dimensions."""

GATHER = 0.08
"""Below this share of live slots, copying the wanted vectors together is faster than scanning all."""

_FINE = 32_767
_PART = 64
_CHECKED = 8192
FILES = {"int8.bin": 1, "int16.bin": 2, "scale.bin": 0, "rows.bin": 0}


def quantise(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows as int8 and the factor that brings each back: `vectors ~ int8 * scale[:, None]`."""
    peak = np.abs(vectors).max(axis=1, initial=0.0)
    scale = np.where(peak > 0, peak / 127.0, 1.0).astype(np.float32)
    return np.rint(vectors / scale[:, None]).astype(np.int8), scale


def fine(vectors: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.int16]:
    """Rows as int16, for the scale that `quantise` gave."""
    return np.rint(vectors * (_FINE / (127.0 * scale))[:, None]).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Coded:
    """Vectors as the files hold them: `int8` and `int16` `(n, d)`, `scale` `(n,)`. Coding what was decoded ends in other digits."""

    int8: NDArray[np.int8]
    int16: NDArray[np.int16]
    scale: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Coded:
        """Vectors coded."""
        code, scale = quantise(vectors)
        return cls(code, fine(vectors, scale), scale)

    @classmethod
    def joined(cls, parts: Sequence[Coded]) -> Coded:
        """Several, one behind the other."""
        int8, int16, scale = zip(*((c.int8, c.int16, c.scale) for c in parts), strict=True)
        return cls(np.concatenate(int8), np.concatenate(int16), np.concatenate(scale))

    def __len__(self) -> int:
        """How many."""
        return len(self.scale)

    def vectors(self) -> NDArray[np.float32]:
        """As numbers again, each to 2e-5 of its row's largest."""
        return self.int16.astype(np.float32) * (self.scale * np.float32(127.0 / _FINE))[:, None]


def dots(query: NDArray[np.int8], matrix: NDArray[np.int8]) -> NDArray[np.float32]:
    """Integer dot products of one query with each row, `(n,)` float32."""
    import simsimd

    if not len(matrix):
        return np.zeros(0, dtype=np.float32)
    # A second thread pays from some ten milliseconds of work on.
    threads = 2 if len(matrix) > 400_000 else 1
    found: Any = simsimd.cdist(query[None, :], matrix, metric="dot", out_dtype="float32", threads=threads)
    return np.asarray(found, dtype=np.float32).reshape(-1)


@dataclass(frozen=True, slots=True)
class View:
    """The slots that a reader sees: mapped files, cut at the number that the records gave."""

    int8: NDArray[np.int8]
    int16: NDArray[np.int16]
    scale: NDArray[np.float32]
    rows: NDArray[np.int32]
    clusters: Clusters | None = None

    @property
    def n(self) -> int:
        """Slots in view, dead ones included."""
        return len(self.rows)

    def vectors(self, slots: NDArray[np.int64] | Sequence[int] | slice) -> NDArray[np.float32]:
        """The vectors in these slots, `(n, d)`, each value to 2e-5 of the row's largest."""
        factor = self.scale[slots] * np.float32(127.0 / _FINE)
        return self.int16[slots].astype(np.float32) * factor[:, None]

    def coded(self, slots: NDArray[np.int64] | Sequence[int] | slice) -> Coded:
        """The same as the files hold them."""
        return Coded(self.int8[slots], self.int16[slots], self.scale[slots])

    def search(
        self, query: NDArray[np.float32], *, k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The `k` papers whose best chunk is nearest, among the rows that `mask` (indexed by row) allows: rows and cosines, descending.

        Papers that tie with the last one come along, so more than `k` may be returned: the caller breaks ties by id.
        """
        if k <= 0 or not self.n:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        unit = (query / max(float(np.linalg.norm(query)), 1e-12)).astype(np.float32)
        code, factor = quantise(unit[None, :])
        slots: NDArray[np.int64] | None
        if mask is None and self.clusters is not None:
            slots, approx = self.clusters.candidates(unit, code[0], self)
            alive = self.rows[slots] >= 0
            slots, approx = slots[alive], approx[alive]
        else:
            slots, approx = self._scores(code[0], mask)
        if not len(approx):
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        near = np.flatnonzero(approx >= self._threshold(slots, approx, k, MARGIN / float(factor[0])))
        slots = near if slots is None else slots[near]
        # Not `@`: BLAS sums in another order for another number of rows, and a filter must not change a score.
        exact = np.einsum("ij,j->i", self.vectors(slots), unit)
        order = np.lexsort((slots, -exact))
        rows, first = np.unique(self.rows[slots[order]], return_index=True)
        best = np.argsort(first, kind="stable")
        rows, scores = rows[best], exact[order][first[best]]
        if len(rows) > k:
            rows, scores = rows[scores >= scores[k - 1]], scores[scores >= scores[k - 1]]
        return rows.astype(np.int32), scores.astype(np.float32)

    def _scores(self, code: NDArray[np.int8], mask: NDArray[np.bool_] | None) -> tuple[NDArray[np.int64] | None, NDArray[np.float32]]:
        """Candidate slots (None: all) and their approximate cosines, over the query's factor: all live ones under the mask."""
        rows = np.asarray(self.rows)
        alive = rows >= 0
        whole = mask is None and bool(alive.all())
        if mask is not None:
            alive &= mask[np.minimum(rows, len(mask) - 1)]  # a dead slot's -1 reads the last entry and is ruled out by `alive`
        wanted = None if whole else np.flatnonzero(alive)
        if wanted is not None and len(wanted) < GATHER * self.n:
            return wanted, dots(code, self.int8[wanted]) * self.scale[wanted]
        scores = dots(code, self.int8)
        scores *= self.scale
        return wanted, scores if wanted is None else scores[wanted]

    def _threshold(self, slots: NDArray[np.int64] | None, approx: NDArray[np.float32], k: int, margin: float) -> float:
        """The approximate score below which a slot can't belong to the best `k` papers."""
        take = 2 * k
        while take < len(approx):
            # The best of each of many parts give a first bound, which leaves few to sort.
            parts = len(approx) // _PART
            bound = np.partition(approx[: parts * _PART].reshape(_PART, parts).max(axis=0), -take)[-take] if parts > take else -np.inf
            near = np.flatnonzero(approx >= bound)
            top = near[np.argpartition(approx[near], len(near) - take)[-take:]]
            chosen = top[np.argsort(-approx[top])]
            rows, first = np.unique(self.rows[chosen if slots is None else slots[chosen]], return_index=True)
            if len(rows) >= k:
                return float(approx[chosen[np.sort(first)[k - 1]]]) - 2 * margin
            take *= 4
        return -np.inf


class Matrix:
    """The files of one library, in `folder`. `dimension` is fixed when the first vector comes."""

    def __init__(self, folder: Path, dimension: int) -> None:
        """Nothing is read before `view`."""
        self.folder, self.dimension = folder, dimension

    def view(self, n: int, clusters: Path | None = None) -> View:
        """The first `n` slots, mapped (no copy), with the groups in the folder `clusters` where there are any."""
        if n == 0:
            return View(*_empty(self.dimension))
        return View(
            int8=self._mapped("int8.bin", np.int8, (n, self.dimension)),
            int16=self._mapped("int16.bin", np.int16, (n, self.dimension)),
            scale=self._mapped("scale.bin", np.float32, (n,)),
            rows=self._mapped("rows.bin", np.int32, (n,)),
            clusters=None if clusters is None else load(clusters, self.dimension),
        )

    def _mapped(self, name: str, kind: Any, shape: tuple[int, ...]) -> Any:
        # A bare array over the map: np.memmap's own bookkeeping costs on each slice.
        return np.asarray(np.memmap(self.folder / name, dtype=kind, mode="r", shape=shape))

    def held(self) -> int:
        """How many whole slots the files hold, committed or not."""
        sizes = []
        for name, width in FILES.items():
            path = self.folder / name
            sizes.append(path.stat().st_size // ((self.dimension * width) or 4) if path.is_file() else 0)
        return min(sizes)

    def fault(self, n: int, owners: Sequence[tuple[int, int, int]], dead: Sequence[tuple[int, int]]) -> str | None:
        """What is wrong with the first `n` slots; None where nothing is.

        The three forms of a vector say the same, and it has length 1; each slot is its owner's (`owners`: row, first slot, number) or
        nobody's, but for those of `dead` (first slot, number), which are being given up.
        """
        if self.held() < n:
            return f"holds {self.held()} of {n} vectors"
        view = self.view(n)
        rows = np.full(n, -1, dtype=np.int64)
        for row, slot, count in owners:
            if not 0 <= slot <= slot + count <= n:
                return f"has no slot {slot + count}"
            rows[slot : slot + count] = row
        told = np.asarray(view.rows).copy()
        for slot, count in dead:
            told[slot : slot + count] = rows[slot : slot + count]
        if (told != rows).any():
            return "gives vectors to other papers"
        for start in range(0, n, _CHECKED):
            part = slice(start, min(n, start + _CHECKED))
            whole, scale = np.asarray(view.int16[part], dtype=np.float32), np.asarray(view.scale[part])
            with np.errstate(all="ignore"):
                length = np.sqrt(np.einsum("ij,ij->i", whole, whole)) * (scale * np.float32(127.0 / _FINE))
                near = np.abs(whole * np.float32(127.0 / _FINE) - view.int8[part]).max(axis=1, initial=0.0) <= 1.0
                if not (near & ((np.abs(length - 1) < 0.05) | (length == 0))).all():
                    return "holds vectors that contradict themselves"
        return None

    def append(self, n: int, vectors: NDArray[np.float32] | Coded, rows: Sequence[int]) -> int:
        """Write vectors after the first `n` slots and wait for the disk; the new number of slots. Whatever lay beyond `n` is lost."""
        self.folder.mkdir(parents=True, exist_ok=True)
        coded = vectors if isinstance(vectors, Coded) else Coded.of(vectors)
        parts: dict[str, bytes] = {
            "int8.bin": coded.int8.tobytes(),
            "int16.bin": coded.int16.tobytes(),
            "scale.bin": coded.scale.tobytes(),
            "rows.bin": np.asarray(rows, dtype=np.int32).tobytes(),
        }
        for name, content in parts.items():
            width = (self.dimension * FILES[name]) or 4
            with (self.folder / name).open("r+b" if (self.folder / name).exists() else "w+b") as file:
                file.truncate(n * width)
                file.seek(n * width)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        return n + len(vectors)

    def bury(self, slots: Sequence[tuple[int, int]]) -> None:
        """Mark runs of slots (first, number) as nobody's; doing it twice changes nothing."""
        path = self.folder / "rows.bin"
        if not slots or not path.exists():
            return
        with path.open("r+b") as file:
            for slot, n in slots:
                file.seek(slot * 4)
                file.write(np.full(n, -1, dtype=np.int32).tobytes())
            file.flush()
            os.fsync(file.fileno())


def _empty(dimension: int) -> tuple[Any, Any, Any, Any]:
    return (
        np.zeros((0, dimension), dtype=np.int8),
        np.zeros((0, dimension), dtype=np.int16),
        np.zeros(0, dtype=np.float32),
        np.zeros(0, dtype=np.int32),
    )
