"""A library in several shards, each an ordinary library in a folder of its own: one for as many papers as a machine can't hold.

What a single library does with all papers is done here with what the shards say of theirs. Searches rank as in a single library:
document frequencies, paper counts and mean lengths are those of all shards together. A paper lies on one shard, with all that it is a
version of or may be one with; before a paper is placed, every shard is asked for those that it may be.

The rows that leave here are those of a shard, numbered on: `row * shards + shard`.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, Protocol

from filelock import FileLock, Timeout

from rag import config, files, lexical
from rag.chunking import NAME as CHUNKING
from rag.errors import ConfigError, IndexLocked, IndexMismatch, PaperNotFound, ShardLost
from rag.library.core import Library
from rag.library.following import Marked
from rag.library.placing import BATCH, Placing
from rag.library.progress import AddReport, Meter, Progress
from rag.library.shard import Shard
from rag.library.shards import shards_of, write_whole
from rag.recent import Recent

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from rag.embedding.base import Embedder
    from rag.lexical import Statistics
    from rag.library import following, marking, versions
    from rag.library.core import Papers, Rows, Scored, Sort, VectorLists
    from rag.library.overview import Overview
    from rag.library.shard import Named
    from rag.library.upkeep import What
    from rag.schema import Filters, Notice, Paper

_MOVES = "moves.json"

_REMEMBERED = 256
"""Queries whose statistics are kept while nobody writes: a search asks for them twice."""


class Call(Protocol):
    """A call under way."""

    def result(self) -> Any:
        """What came of it, waited for. ShardLost where the shard can't be reached."""


class Handle(Protocol):
    """A shard, here or elsewhere."""

    def start(self, method: str, *given: Any, **named: Any) -> Call:
        """Begin to call a method of `Shard`, or to read a property."""


def asked(library: Library, method: str, *given: Any, **named: Any) -> Any:
    """What a library's method says, or its property."""
    found = getattr(library, method)
    return found(*given, **named) if callable(found) else found


class _Local:
    """A shard in this process."""

    def __init__(self, library: Shard, pool: ThreadPoolExecutor) -> None:
        self.library, self._pool = library, pool

    def start(self, method: str, *given: Any, **named: Any) -> Call:
        return self._pool.submit(asked, self.library, method, *given, **named)


class Sharded(Library):
    """A library in shards. Made by `open`; offers what a `Library` does.

    A shard that can't be reached is left out of what is read, and `unsearched` tells so; writing needs all shards.
    """

    def __init__(self, folder: Path, shards: Sequence[Handle], *, embedder: Embedder | None, mended: Sequence[str] = ()) -> None:
        """Used by `open`."""
        self._folder, self._shards, self._embedder, self.mended = folder, list(shards), embedder, tuple(mended)
        self._lock = FileLock(str(folder / "write.lock"), thread_local=False)
        self._writing = threading.RLock()
        self._missed: dict[int, float] = {}
        self._papers: dict[int, int] = {}
        self._generations: dict[int, int] = {}
        self._statistics: Recent[tuple[tuple[str, ...], str], tuple[dict[int, int], Statistics]] = Recent(_REMEMBERED)
        self._opened_with = contextlib.ExitStack()

    @classmethod
    def open(  # type: ignore[override]
        cls,
        location: str | Path,
        *,
        embedder: Embedder | None,
        rebuild: What | None = None,
        thorough: bool = False,
    ) -> Sharded:
        """Open the shards in a folder in this process, as `Library.open` opens each."""
        folder = config.library_folder(str(location))
        pool = ThreadPoolExecutor(max(2, min(8, os.cpu_count() or 2)), thread_name_prefix="shard")
        with contextlib.ExitStack() as opened:
            opened.callback(pool.shutdown, wait=False)
            places = shards_of(folder)
            found = [opened.enter_context(Shard.open(path, embedder=embedder, rebuild=rebuild, thorough=thorough)) for path in places]
            mended = [f"shard {n}: {part}" for n, one in enumerate(found) for part in one.mended]
            library = cls(folder, [_Local(one, pool) for one in found], embedder=embedder, mended=mended)
            library._begin()
            library._opened_with = opened.pop_all()
        return library

    def _begin(self) -> None:
        """Look at all shards once, and check that vectors fit."""
        self.count()
        embedder = self._embedder
        if embedder is None:
            return
        wanted = {"embedder": embedder.name, "dimension": embedder.dimension, "chunking": CHUNKING}
        for _, held in self._each("manifest"):
            for key, value in held.items():
                if wanted[key] != value:
                    raise IndexMismatch(
                        f"library {str(self._folder)!r} was built with {key} {value!r}, settings ask for {wanted[key]!r}; "
                        "run `footnote library rebuild`, or set it back"
                    )

    def close(self) -> None:
        """Let go of all shards."""
        self._opened_with.close()

    # -- asking the shards ------------------------------------------------------------------------------------------------------

    def _each(self, method: str, *given: Any, **named: Any) -> list[tuple[int, Any]]:
        """What every shard that can be reached says, with its number. ShardLost where none can."""
        return self._all(dict.fromkeys(range(len(self._shards)), (given, named)), method)

    def _all(self, asked: Mapping[int, tuple[tuple[Any, ...], dict[str, Any]]], method: str) -> list[tuple[int, Any]]:
        """The same of some shards, each asked in its own way."""
        calls = [(n, self._shards[n].start(method, *given, **named)) for n, (given, named) in asked.items()]
        found, lost = [], None
        for n, call in calls:
            try:
                found.append((n, call.result()))
            except ShardLost as error:
                self._missed[n], lost = time.monotonic(), error
        if not found and lost is not None:
            raise lost
        return found

    def _surely(self, method: str, *given: Any, **named: Any) -> list[Any]:
        """What all shards say; ShardLost where one can't be reached."""
        calls = [one.start(method, *given, **named) for one in self._shards]
        return [call.result() for call in calls]

    def _at(self, n: int, method: str, *given: Any, **named: Any) -> Any:
        return self._shards[n].start(method, *given, **named).result()

    def _split(self, rows: Iterable[int]) -> dict[int, Rows]:
        """Rows by shard, as they are there, in order."""
        found: dict[int, Rows] = defaultdict(list)
        for row in rows:
            found[int(row) % len(self._shards)].append(int(row) // len(self._shards))
        return found

    def _row(self, n: int, row: int) -> int:
        return int(row) * len(self._shards) + n

    def _by_row(self, method: str, rows: Sequence[int]) -> dict[int, Any]:
        """What a method that takes rows says of each."""
        asked = self._split(rows)
        return {
            self._row(n, row): value
            for n, found in self._all({n: ((own,), {}) for n, own in asked.items()}, method)
            for row, value in zip(asked[n], found, strict=True)
        }

    def unsearched(self, since: float) -> str | None:
        """A line on the shards that could not be reached since that moment (monotonic); None where all could."""
        lost = sorted(n for n, when in self._missed.items() if when >= since)
        if not lost:
            return None
        total, out = sum(self._papers.values()), sum(self._papers.get(n, 0) for n in lost)
        share = f", {100 * (total - out) / total:.0f} % of the papers" if total else ""
        return (
            f"{len(self._shards) - len(lost)} of {len(self._shards)} shards of the library were searched{share}; "
            "the rest can't be reached at the moment."
        )

    # -- what is there ----------------------------------------------------------------------------------------------------------

    @property
    def handles(self) -> Sequence[Handle]:
        """The shards, in order."""
        return self._shards

    @property
    def folder(self) -> Path:
        """Where the shards lie."""
        return self._folder

    @property
    def embedder(self) -> Embedder | None:
        """What makes the vectors."""
        return self._embedder

    @property
    def writable(self) -> bool:
        """Whether all shards can be written."""
        return all(files.obstacle(path, path / "papers.db") is None for path in shards_of(self._folder))

    @property
    def generation(self) -> int:
        """Grows with every write of any process."""
        self._generations.update(self._each("generation"))
        return sum(self._generations.values())

    @property
    def pending(self) -> int:
        """Papers without vectors."""
        return sum(n for _, n in self._each("pending"))

    def refresh(self) -> None:
        """Nothing: each shard looks for itself."""

    def versions_of(self, paper_id: str) -> Papers:
        """As a single library."""
        n, _ = self._found(paper_id)
        found: Papers = self._at(n, "versions_of", paper_id)
        return found

    def _found(self, paper_id: str) -> tuple[int, int]:
        """The shard and the row there of an id, alias or key; PaperNotFound. An id goes before an alias."""
        return self._places([paper_id])[0]

    def _places(self, paper_ids: Sequence[str]) -> list[tuple[int, int]]:
        began = time.monotonic()
        said = self._each("named", list(paper_ids))
        places = []
        for at, paper_id in enumerate(paper_ids):
            known = [(not found[at][0], n, found[at][1]) for n, found in said if found[at] is not None]
            if not known:
                missed = self.unsearched(began)
                if missed:
                    raise ShardLost(f"no paper called {paper_id!r} was found; {missed[0].lower()}{missed[1:]}")
                raise PaperNotFound(f"no paper is called {paper_id!r}; `footnote papers list` shows what there is")
            places.append(min(known)[1:])
        return places

    def get(self, paper_id: str) -> Paper:
        """As a single library."""
        return self.get_many([paper_id])[0]

    def get_many(self, paper_ids: Iterable[str]) -> Papers:
        """As a single library."""
        wanted = list(paper_ids)
        papers = self.papers_by_row(self.rows_of(wanted))
        if len(papers) != len(wanted):
            raise PaperNotFound(f"one of {', '.join(map(repr, wanted[:5]))} has just gone; `footnote papers list` shows what there is")
        return papers

    def papers_by_row(self, rows: Sequence[int]) -> Papers:
        """As a single library."""
        asked = self._split(rows)
        found: dict[int, Paper] = {}
        for n, papers in self._all({n: ((own,), {}) for n, own in asked.items()}, "papers_of"):
            found.update((self._row(n, row), paper) for row, paper in papers.items())
        return [found[row] for row in rows if row in found]

    def rows_of(self, paper_ids: Iterable[str]) -> Rows:
        """As a single library."""
        return [self._row(n, row) for n, row in self._places(list(paper_ids))]

    def count(self, filters: Filters | None = None, *, text: str | None = None) -> int:
        """As a single library."""
        said = dict(self._each("count", filters, text=text))
        if not filters and not text:
            self._papers.update(said)
        return sum(said.values())

    def lacking(self, filters: Filters) -> dict[str, int]:
        """As a single library."""
        found: dict[str, int] = {}
        for _, counts in self._each("lacking", filters):
            found = {name: found.get(name, 0) + n for name, n in counts.items()}
        return found

    def facets(self) -> dict[str, Any]:
        """As a single library."""
        said = [facets for _, facets in self._each("facets")]
        found: dict[str, Any] = {}
        for name, first in said[0].items():
            if not isinstance(first, dict):
                found[name] = sum(facets[name] for facets in said)
                continue
            counts: Counter[Any] = Counter()
            for facets in said:
                counts.update(facets[name])
            by_name = name in {"years", "sources"}
            found[name] = dict(sorted(counts.items(), key=lambda item: item[0] if by_name else (-item[1], item[0])))
        return found

    def list(
        self,
        filters: Filters | None = None,
        *,
        text: str | None = None,
        sort: Sort = "title",
        offset: int = 0,
        limit: int | None = None,
        every_version: bool = False,
    ) -> Papers:
        """As a single library; `added` is the order within each shard, all shards in turn."""
        last = None if limit is None else offset + limit
        said = self._each("listed", filters, text=text, sort=sort, limit=last, every_version=every_version)
        found = [(self._row(n, row), paper) for n, (rows, papers) in said for row, paper in zip(rows, papers, strict=True)]
        found.sort(key=lambda pair: pair[0] if sort == "added" else pair[1].paper_id)
        if sort == "title":
            found.sort(key=lambda pair: pair[1].title.translate(_NOCASE))
        elif sort == "published":
            found.sort(key=lambda pair: pair[1].published or "", reverse=True)
        return [paper for _, paper in found[offset:last]]

    # -- searching --------------------------------------------------------------------------------------------------------------

    def doc_freqs(self, terms: Iterable[str]) -> dict[str, int]:
        """As a single library."""
        wanted = list(terms)
        found = dict.fromkeys(wanted, 0)
        for _, held in self._each("doc_freqs", wanted) if wanted else ():
            for term, n in held.items():
                found[term] += n
        return found

    def _near(self, word: str) -> Mapping[str, int]:
        return lexical.near(word, self.doc_freqs, self._beginning)

    def _beginning(self, start: str) -> builtins.list[tuple[str, int]]:
        counts: Counter[str] = Counter()
        for _, found in self._each("beginning", start):
            counts.update(dict(found))
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def numbered(self, term: str, *, k: int) -> Papers:
        """As a single library."""
        return [paper for _, papers in self._each("numbered", term, k=k) for paper in papers][:k]

    def keyword(
        self,
        query: str | Mapping[str, float],
        *,
        k: int,
        filters: Filters | None = None,
        field: Literal["text", "title"] = "text",
        rows: Sequence[int] | None = None,
    ) -> Scored:
        """As a single library. Scores are equal but for the order in which terms are added up, which moves the seventh digit.

        Each shard ranks by its own mean length, with weights that make up for its own frequencies, and tells how far its scores may
        lie from the right ones. Those that may be among the first are then scored with the statistics of the whole.
        """
        weights = Counter(lexical.terms(query)) if isinstance(query, str) else query
        if not weights or k <= 0:
            return []
        terms = (tuple(sorted(weights)), field)
        while True:
            generations, among = self._statistics.get(terms) or self._new_statistics(terms)
            try:
                near = self._split(rows) if rows is not None else self._near_first(weights, k, filters, field, among, generations)
                asked = {n: ((weights, own), {"field": field, "among": among}) for n, own in near.items() if own}
                said = self._all(asked, "scored")
                _same(generations, ((n, generation) for n, (generation, _) in said))
            except _Written:  # somebody has written since: the statistics are no longer right
                self._new_statistics(terms)
                continue
            return self._first([(n, scored) for n, (_, scored) in said], k)

    def _new_statistics(self, terms: tuple[tuple[str, ...], str]) -> tuple[dict[int, int], Statistics]:
        """The generations of the shards, and their statistics together; kept for the next search with the same terms."""
        said = dict(self._each("statistics", *terms))
        found = ({n: generation for n, (generation, _) in said.items()}, sum((own for _, own in said.values()), lexical.Statistics()))
        self._statistics.put(terms, found)
        return found

    def _near_first(
        self,
        weights: Mapping[str, float],
        k: int,
        filters: Filters | None,
        field: Literal["text", "title"],
        among: Statistics,
        generations: Mapping[int, int],
    ) -> dict[int, Rows]:
        """The rows of each shard that may be among the first `k`."""
        depths = dict.fromkeys(range(len(self._shards)), k)
        ranked: dict[int, tuple[Scored, float, float]] = {}
        while depths:
            asked = {n: ((weights,), {"k": depth, "filters": filters, "field": field, "among": among}) for n, depth in depths.items()}
            said = self._all(asked, "ranked")
            _same(generations, ((n, found[0]) for n, found in said))
            ranked.update((n, found[1:]) for n, found in said)
            sure = sorted((score * least for scored, least, _ in ranked.values() for _, score in scored), reverse=True)
            bound = sure[k - 1] if len(sure) >= k else 0.0
            # A shard of which the last paper may still be among the first has more of them, unless it has told all.
            depths = {
                n: 2 * depth
                for n, depth in depths.items()
                if n in ranked and len(ranked[n][0]) >= depth and ranked[n][0][-1][1] * ranked[n][2] >= bound
            }
        return {n: [row for row, score in scored if score * most >= bound] for n, (scored, _, most) in ranked.items()}

    def dense(self, vector: NDArray[np.float32], *, k: int, filters: Filters | None = None) -> Scored:
        """As a single library; each shard for itself compares groups from as many chunks on as a single one does."""
        return self._first(self._each("nearest", vector, k=k, filters=filters), k)

    def _first(self, said: Iterable[tuple[int, Named]], k: int) -> Scored:
        """The first `k` of what the shards found, equal scores in the order of their paper_ids."""
        found = [(-score, name, self._row(n, row)) for n, own in said for row, score, name in own]
        return [(row, -score) for score, _, row in sorted(found)[:k]]

    def chunk_vectors(self, rows: Sequence[int]) -> VectorLists:
        """As a single library."""
        found = self._by_row("chunk_vectors", rows)
        return [found[row] if row in found else _none(self._embedder) for row in rows]

    def chunk_spans(self, rows: Sequence[int]) -> Sequence[Sequence[tuple[int, int]]]:
        """As a single library."""
        found = self._by_row("chunk_spans", rows)
        return [found.get(row, ()) for row in rows]

    def overview(self, filters: Filters | None = None, *, text: str | None = None) -> Overview:
        """As a single library."""
        import numpy as np

        from rag.library.overview import Overview

        said = self._each("overview", filters, text=text)
        lines = [
            (self._row(n, row), of.paper_ids[at], of.titles[at], of.published[at], vectors.get(at))
            for n, of in said
            for vectors in [dict(zip(of.placed.tolist(), of.vectors, strict=True))]
            for at, row in enumerate(of.rows)
        ]
        lines.sort(key=lambda line: line[0])
        placed = [at for at, line in enumerate(lines) if line[4] is not None]
        width = max((of.vectors.shape[1] for _, of in said), default=0)
        return Overview(
            rows=[line[0] for line in lines],
            paper_ids=[line[1] for line in lines],
            titles=[line[2] for line in lines],
            published=[line[3] for line in lines],
            placed=np.array(placed, dtype=np.int64),
            vectors=np.array([lines[at][4] for at in placed], dtype=np.float32).reshape(len(placed), width),
        )

    # -- writing ----------------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        """Hold all shards for writing, with a move that was broken off brought to its end. IndexLocked where another holds them."""
        with self._writing:
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise IndexLocked(
                    f"library {str(self._folder)!r} is being written by another process; wait for it to end, then run this again"
                ) from None
            try:
                if self._lock.lock_counter == 1:
                    self._end_move()
                yield
            finally:
                self._lock.release()

    def add(self, papers: Iterable[Paper], *, progress: Callable[[Progress], None] | None = None) -> AddReport:
        """As a single library; ShardLost where a shard can't be reached."""
        with self._written():
            placing, meter = Placing(self), Meter("reading", progress)
            batch: list[Paper] = []
            done = 0
            try:
                for paper in papers:
                    batch.append(paper)
                    if len(batch) >= BATCH:
                        full, batch = batch, []
                        placing.place(full)
                        done += len(full)
                        meter.tell(done)
            finally:
                placing.place(batch)
            meter.tell(done + len(batch))
            return AddReport(**placing.counts, pending=self.pending)

    def move(self, rows: Mapping[int, Sequence[int]], target: int) -> None:
        """Bring papers (shard to rows there), with all that have to stay with them, to one shard."""
        manifest: dict[str, Any] = next((held for held in self._surely("manifest") if held), {})
        for n, own in rows.items():
            if n == target or not own:
                continue
            bound = self._at(n, "family", own)
            names = self._at(n, "names_of", bound)
            # A paper that lies on both shards when a kill comes in between is taken from the first by the next writer.
            write_whole(self._folder / _MOVES, {"from": n, "to": target, "paper_ids": sorted(names.values())})
            self._at(target, "put", self._at(n, "lift", bound), manifest)
            self._at(n, "drop", bound)
            files.remove(self._folder / _MOVES)

    def _end_move(self) -> None:
        path = self._folder / _MOVES
        if not path.is_file():
            return
        with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
            begun = json.loads(path.read_text(encoding="utf-8"))
            there = self._at(begun["to"], "named", begun["paper_ids"])
            here = self._at(begun["from"], "named", begun["paper_ids"])
            both = [own[1] for own, other in zip(here, there, strict=True) if own and own[0] and other and other[0]]
            if both:
                self._at(begun["from"], "drop", both)
        files.remove(path)

    def _together(self, paper_ids: Sequence[str]) -> int:
        """Bring these papers to the shard of the first; its number. PaperNotFound."""
        places = self._places(paper_ids)
        by_shard: dict[int, Rows] = defaultdict(list)
        for n, row in places:
            by_shard[n].append(row)
        self.move(by_shard, places[0][0])
        return places[0][0]

    def embed_pending(self, *, progress: Callable[[Progress], None] | None = None, limit: int | None = None) -> int:
        """As a single library, shard by shard."""
        if self._embedder is None:
            return 0
        with self._written():
            total, done = self.pending, 0
            meter = Meter("embedding", progress, total if limit is None else min(limit, total))
            for n in range(len(self._shards)):
                before = done
                left = None if limit is None else limit - done
                if left is None or left > 0:
                    done += self._at(n, "embed_pending", progress=lambda p, before=before: meter.tell(before + p.done), limit=left)
            return done

    def follow(self, *_: Any, **__: Any) -> following.Followed:
        """ConfigError: what a place's items became is known to a single library alone."""
        raise ConfigError("a sharded library does not follow Zotero; export from there and ingest the file")

    def stamps(self, place: str) -> Mapping[str, str]:
        """As a single library: the first shard keeps them."""
        found: Mapping[str, str] = self._at(0, "stamps", place)
        return found

    def note(self, place: str, item: str, stamp: str) -> None:
        """As a single library."""
        with self._written():
            self._at(0, "note", place, item, stamp)

    def mark_retracted(self, notices: Iterable[Notice]) -> Marked:
        """As a single library."""
        read = list(notices)
        with self._written():
            said = self._surely("mark_retracted", read)
        return Marked(marked=tuple(p for m in said for p in m.marked), cleared=sum(m.cleared for m in said), notices=len(read))

    def mark(self, paper_ids: Sequence[str], marks: marking.Marks) -> int:
        """As a single library."""
        with self._written():
            named: dict[int, list[str]] = defaultdict(list)
            for paper_id, (n, _) in zip(paper_ids, self._places(paper_ids), strict=True):
                named[n].append(paper_id)
            return sum(self._at(n, "mark", own, marks) for n, own in named.items())

    def merge(self, paper_ids: Sequence[str]) -> Paper:
        """As a single library."""
        with self._written():
            merged: Paper = self._at(self._together(paper_ids), "merge", paper_ids)
            return merged

    def split(self, paper_ids: Sequence[str]) -> Papers:
        """As a single library."""
        with self._written():
            papers: Papers = self._at(self._together(paper_ids), "split", paper_ids)
            return papers

    def possible_duplicates(self) -> Sequence[versions.Pair]:
        """As a single library, shard by shard: such papers lie on one."""
        return [pair for _, pairs in self._each("possible_duplicates") for pair in pairs]

    def remove(self, paper_ids: Iterable[str]) -> int:
        """As a single library."""
        with self._written():
            return sum(self._surely("remove", list(paper_ids)))

    # -- upkeep -----------------------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """As a single library, for all shards together, with the status of each under `shards`; one that is lost is a problem."""
        said = dict(self._each("status"))
        shards = [said.get(n, {"problems": ["can't be reached"]}) for n in range(len(self._shards))]
        there = [one for one in shards if "papers" in one]
        first = next((one for one in there if one["embedder"]), there[0])
        total = {key: sum(one[key] for one in there) for key in ("papers", "pending", "chunks", "generation", "dead_slots", "bytes")}
        return {
            "library": str(self._folder),
            **{key: first[key] for key in ("chroma", "schema", "embedder", "dimension", "chunking")},
            **total,
            "writable": all(one["writable"] for one in there),
            "problems": [f"shard {n}: {problem}" for n, one in enumerate(shards) for problem in one["problems"]],
            "shards": shards,
        }

    def backup(self, path: Path) -> Path:
        """ConfigError: each shard is a library and has its backups."""
        raise ConfigError(f"a sharded library is put aside shard by shard: `footnote library backup {path.name} --library SHARD_FOLDER`")

    def restore(self, path: Path, *, overwrite: bool = False) -> int:
        """ConfigError, as `backup`."""
        del overwrite
        raise ConfigError(f"a sharded library is restored shard by shard: `footnote library restore {path.name} --library SHARD_FOLDER`")

    def rebuild(self, what: What = "all") -> None:
        """As a single library, each shard."""
        with self._written():
            self._surely("rebuild", what)


class _Written(Exception):
    """A shard has been written since it was asked before."""


def _same(generations: Mapping[int, int], now: Iterable[tuple[int, int]]) -> None:
    """Raise `_Written` where a shard is of another generation."""
    for n, generation in now:
        if generations.get(n) != generation:
            raise _Written


def _none(embedder: Embedder | None) -> NDArray[np.float32]:
    import numpy as np

    return np.zeros((0, embedder.dimension if embedder is not None else 1), dtype=np.float32)


# SQLite's NOCASE knows the letters of ASCII alone.
_NOCASE = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
