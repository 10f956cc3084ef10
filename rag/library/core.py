"""`Library`: papers in, papers found. The one door to records, keyword index, vectors and Chroma, which it keeps in step."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np

from rag import config, lexical
from rag.errors import ConfigError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing, PaperNotFound
from rag.files import remove
from rag.library import adding, backups, following, health, marking, upkeep, vectors, versions
from rag.library.columns import Columns
from rag.library.overview import Overview
from rag.library.parts import Parts
from rag.library.trouble import telling, told
from rag.store.records import SCHEMA
from rag.text import english

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from rag.embedding.base import Embedder
    from rag.library.columns import Mask
    from rag.library.progress import AddReport, Progress
    from rag.library.upkeep import What
    from rag.schema import Filters, Notice, Paper
    from rag.store.matrix import View
    from rag.store.server import Server

    Scored = list[tuple[int, float]]
    Papers = list[Paper]
    Rows = list[int]
    VectorLists = list[NDArray[np.float32]]

SHARDS = "shards.json"
"""The file that makes a folder a library in shards."""

Sort = Literal["title", "published", "added", "paper_id"]

_ORDER = {
    "title": "f.title COLLATE NOCASE, p.paper_id",
    "published": "f.published IS NULL, f.published DESC, p.paper_id",
    "added": "f.row",
    "paper_id": "p.paper_id",
}


def _may_be_slip(word: str) -> bool:
    """Whether a word that no paper holds may be a slip: no short name, no English word."""
    name = any(c.isdigit() or c.isupper() for c in word[1:])
    return not (name and len(word) < 7) and not english(word)


def is_sharded(location: str | Path) -> bool:
    """Whether the library of that name or in that folder lies in shards."""
    return (config.library_folder(str(location)) / SHARDS).exists()


def _hint(location: str) -> str:
    """A word on a library that lies right here under the name that was looked for elsewhere."""
    here = Path(location)
    found = here.name == location and (here / "papers.db").exists()
    return f"a library of that name lies right here: for it write ./{location}; else " if found else ""


@telling
class Library:
    """A collection of papers in a folder. Made by `open`; a context manager.

    Safe for many threads, and for many processes of which one writes at a time. Every read first looks whether somebody wrote, so
    that answers are never older than the last write.
    """

    def __init__(self, parts: Parts, *, mended: Sequence[str] = ()) -> None:
        """Used by `open`. `mended`: the parts that were damaged and were made anew."""
        self._parts, self.mended = parts, tuple(mended)
        self._guard = threading.RLock()
        self._generation = -1
        self._view: View | None = None
        self._columns = Columns()
        self._columns_generation = -1
        self._counted = (-1, 0)
        self._works = (-1, versions.Works())

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        embedder: Embedder | None,
        chroma_url: str | None = None,
        create: bool = False,
        rebuild: What | None = None,
        thorough: bool = False,
    ) -> Self:
        """Open the library of that name or in that folder; one in shards too (`rag.library.sharded`).

        Derived parts that are damaged are made anew (`mended` says which); IndexDamaged where the records are. What nobody has touched
        since Footnote last saw it is not read through again, unless `thorough`.

        Without an embedder keyword search and everything but vectors work. `chroma_url`: the truth is in that Chroma server, under the
        location's last name, and a mirror in the user's cache folder follows it. `rebuild` makes derived parts anew before the
        manifest is compared. IndexMissing where there is no library and `create` is off; IndexMismatch where its vectors come from
        another embedder or another cut, or its schema is newer.
        """
        folder = config.library_folder(str(location))
        if cls is Library and is_sharded(location):
            from rag.library.sharded import Sharded

            if chroma_url is not None:
                raise ConfigError(f"library {str(folder)!r} is sharded and keeps its own Chroma; unset FOOTNOTE_CHROMA_URL")
            return cast("Self", Sharded.open(folder, embedder=embedder, rebuild=rebuild, thorough=thorough))
        server = None
        if chroma_url is not None:
            from rag.library.mirror import mirror_folder
            from rag.store.server import Server

            server = Server(chroma_url, folder.name)
            if server.manifest() is None:
                if not create:
                    raise IndexMissing(f"the Chroma server at {chroma_url!r} has no library {folder.name!r}; run `footnote ingest` first")
                server.create(SCHEMA)
            folder = mirror_folder(chroma_url, folder.name)
        elif not health.look(folder) and not create:
            raise IndexMissing(f"there is no library in {str(folder)!r}; {_hint(str(location))}run `footnote ingest PATH` first")
        with told(folder):
            try:
                return cls._opened(folder, embedder, server, rebuild, thorough=thorough, create=create)
            except IndexDamaged:
                if server is None:
                    raise
            remove(folder)  # a mirror is made anew from its server
            return cls._opened(folder, embedder, server, rebuild, thorough=thorough, create=create)

    @classmethod
    def _opened(
        cls, folder: Path, embedder: Embedder | None, server: Server | None, rebuild: What | None, *, thorough: bool, create: bool
    ) -> Self:
        parts = Parts(folder, embedder=embedder, server=server, rebuild=rebuild is not None)
        try:
            mended = health.check(parts, thorough=thorough or rebuild is not None)
            if rebuild is not None:
                upkeep.rebuild(parts, rebuild)
            parts.catch_up()
            library = cls(parts, mended=mended)
            library.refresh()
            parts.check_manifest()
            if rebuild is None and embedder is not None and parts.records.meta("lost"):
                library._make_lost(insist=not create)
        except BaseException:
            parts.close()
            raise
        return library

    def _make_lost(self, *, insist: bool) -> None:
        """Make vectors that were lost anew, where it is quickly done; else, where they are needed (`insist`), say how."""
        pending = self.pending
        if pending <= vectors.LOST and self.writable:
            with suppress(IndexLocked):  # who writes makes them
                self.embed_pending()
        elif insist:
            raise IndexDamaged(
                f"the vectors of {pending} papers of library {str(self.folder)!r} were lost; run `footnote library rebuild vectors`",
                part="matrix",
            )

    @classmethod
    def restored(cls, location: str | Path, path: Path, *, chroma_url: str | None = None, overwrite: bool = False) -> int:
        """Make the library of that name or in that folder what a backup holds, even where it can't be opened; how many papers."""
        try:
            with (
                backups.leaving_nothing(None if chroma_url is not None else config.library_folder(str(location))),
                cls.open(location, embedder=None, chroma_url=chroma_url, create=True) as library,
            ):
                return library.restore(path, overwrite=overwrite)
        except (IndexDamaged, IndexMismatch) as error:
            folder = config.library_folder(str(location))
            if chroma_url is not None or (isinstance(error, IndexMismatch) and not str(error).startswith(f"library {str(folder)!r}")):
                raise
            if not overwrite:
                raise ConfigError(f"{str(error).partition(';')[0]}; add --overwrite to put the backup in its place") from error
            with told(folder):
                backups.replace(folder, path)
        with cls.open(location, embedder=None) as library:
            return library.count()

    def __enter__(self) -> Self:
        """The library itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of all files; using the library afterwards is an error."""
        self._view = None
        self._parts.close()

    # -- what is there ----------------------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where the library (or its mirror) lies."""
        return self._parts.folder

    @property
    def embedder(self) -> Embedder | None:
        """What makes the vectors."""
        return self._parts.embedder

    @property
    def writable(self) -> bool:
        """Whether it can be written."""
        return self._parts.writable

    @property
    def generation(self) -> int:
        """Grows with every write of any process."""
        self.refresh()
        return self._generation

    @property
    def pending(self) -> int:
        """Papers without vectors."""
        self.refresh()
        return self._parts.records.pending()

    def refresh(self) -> None:
        """See what any process has written since; cheap when nothing was."""
        parts = self._parts
        if parts.server is not None:
            from rag.library.mirror import follow

            follow(parts)
        generation = int(parts.records.meta("generation", 0))
        if generation == self._generation:
            return
        with self._guard:
            if generation != self._generation:
                parts.keywords.reload()
                self._view = None
                self._generation = generation

    def _matrix_view(self) -> View:
        with self._guard:
            if self._view is None:
                self._view = self._parts.view()
            return self._view

    def _facts(self) -> Columns:
        with self._guard:
            if self._columns_generation != self._generation:
                # A restore may have renumbered everything.
                epoch = self._parts.records.meta("epoch", 0)
                if epoch != self._columns.epoch:
                    self._columns = Columns(epoch)
                self._columns.refresh(self._parts.records, int(self._parts.records.meta("seq", 0)))
                self._columns_generation = self._generation
            return self._columns

    def _mask(self, filters: Filters | None) -> Mask | None:
        """The rows that the filters allow; None for all."""
        if not filters:
            return None
        works = self._versions()
        with self._guard:
            return works.once(self._facts().mask(filters, self._parts.records))

    def _versions(self) -> versions.Works:
        """The works with several versions, of which searches, lists and counts show one."""
        generation, works = self._works
        if generation != self._generation:
            generation, works = self._generation, versions.Works.read(self._parts.records)
            self._works = generation, works
        return works

    def versions_of(self, paper_id: str) -> Papers:
        """The other versions of a paper's work, such as its preprint; PaperNotFound."""
        self.refresh()
        return self.papers_by_row(self._versions().beside(self.rows_of([paper_id])[0]))

    def get(self, paper_id: str) -> Paper:
        """The paper with this id, alias or identity key (`arxiv:2304.03442`, `doi:10...`); PaperNotFound."""
        found = self._parts.records.row_of(paper_id)
        papers = {} if found is None else self._parts.records.papers([found])
        if found is None or found not in papers:
            raise PaperNotFound(f"no paper is called {paper_id!r}; `footnote papers list` shows what there is")
        return papers[found]

    def get_many(self, paper_ids: Iterable[str]) -> Papers:
        """The papers in the order asked; PaperNotFound for the first that is not there."""
        return [self.get(paper_id) for paper_id in paper_ids]

    def papers_by_row(self, rows: Sequence[int]) -> Papers:
        """The papers in these rows, in that order; rows removed meanwhile are left out."""
        found = self._parts.records.papers(rows)
        return [found[row] for row in rows if row in found]

    def rows_of(self, paper_ids: Iterable[str]) -> Rows:
        """The rows of these papers (ids or aliases), in that order; PaperNotFound."""
        rows = []
        for paper_id in paper_ids:
            row = self._parts.records.row_of(paper_id)
            if row is None:
                raise PaperNotFound(f"no paper is called {paper_id!r}; `footnote papers list` shows what there is")
            rows.append(row)
        return rows

    def count(self, filters: Filters | None = None, *, text: str | None = None) -> int:
        """How many papers match (`text`: as in `list`); the versions of a work count once."""
        self.refresh()
        if text:
            return len(self._matching(filters, text))
        mask = self._mask(filters)
        return self._held() if mask is None else int(mask.sum())

    def _held(self) -> int:
        """How many papers there are as of this generation; SQLite counts them one by one."""
        generation, count = self._counted
        if generation != self._generation:
            generation, count = self._generation, self._parts.records.count() - len(self._versions().hidden)
            self._counted = generation, count
        return count

    def lacking(self, filters: Filters) -> dict[str, int]:
        """How many papers lack each field that the filters speak of (`published`, `categories`, `authors`, `has_code`, `source`)."""
        self.refresh()
        with self._guard:
            return self._facts().lacking(filters, self._parts.records)

    def facets(self) -> dict[str, Any]:
        """What can be filtered by, counted: `years`, `categories`, `sources`, `tags`, `collections`; `papers`, `dated`, `with_code`."""
        self.refresh()
        works = self._versions()
        with self._guard:
            return self._facts().facets(self._parts.records, works.hidden)

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
        """Papers in order: by `title`, `published` (newest first, undated last), `added` or `paper_id`; ties by paper_id.

        `text` keeps those with it in title, authors or paper_id, whatever the case. Of a work's versions one is there, unless
        `every_version`.
        """
        self.refresh()
        rows = self._matching(filters, text, sort, every_version=every_version)
        return self.papers_by_row(rows[offset : None if limit is None else offset + limit])

    def _matching(self, filters: Filters | None, text: str | None, sort: Sort = "added", *, every_version: bool = False) -> Sequence[int]:
        """The rows of the papers that `list` would give."""
        if sort not in _ORDER:
            raise ConfigError(f"papers can't be sorted by {sort!r}; choose one of {', '.join(map(repr, _ORDER))}")
        hidden: frozenset[int] = frozenset()
        if every_version:
            with self._guard:
                mask = self._facts().mask(filters, self._parts.records) if filters else None
        else:
            mask = self._mask(filters)
            hidden = frozenset() if filters else self._versions().hidden
        where, bound = "", []
        if text:
            like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            where = "WHERE " + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in ("f.title", "f.authors", "p.paper_id"))
            bound = [like] * 3
        found = self._parts.records.db.execute(
            f"SELECT f.row FROM facts f JOIN papers p USING (row) {where} ORDER BY {_ORDER[sort]}", bound
        )
        return [int(r) for (r,) in found if r not in hidden and (mask is None or (r < len(mask) and mask[r]))]

    # -- searching --------------------------------------------------------------------------------------------------------------

    def terms(self, text: str) -> Sequence[str]:
        """A text's terms as the keyword index knows them: stems without stop words, in order."""
        return lexical.terms(text)

    def doc_freq(self, term: str) -> int:
        """How many papers hold a term (one of `terms`)."""
        return self.doc_freqs([term])[term]

    def doc_freqs(self, terms: Iterable[str]) -> dict[str, int]:
        """The same of several, from one state of the library."""
        self.refresh()
        keywords = self._parts.keywords
        return {term: keywords.doc_freq(term) for term in terms}

    def spelled(self, words: Iterable[str]) -> dict[str, str]:
        """For each word that no paper holds the one it surely is a slip of: an English word or else a common one, in some form stored.

        One edit, from five letters on (names: from seven on), with the same first letter. Nothing for a word that a paper or an English
        word list holds, and where nothing is that near.
        """
        of = {word: found[0] for word in words if len(word) >= 5 and len(found := self.terms(word)) == 1}
        held = self.doc_freqs(of.values())
        near = {word: self._near(word) for word, term in of.items() if not held[term] and _may_be_slip(word)}
        return {w: min(found, key=lambda other: (not english(other), -found[other], other)) for w, found in near.items() if found}

    def _near(self, word: str) -> Mapping[str, int]:
        return self._parts.keywords.near(word)

    def numbered(self, term: str, *, k: int) -> Papers:
        """Papers that hold a term (one of `terms`) with digits right behind it, at most `k`, in no order."""
        self.refresh()
        return self.papers_by_row(self._parts.keywords.numbered(term, k=k))

    def keyword(
        self,
        query: str | Mapping[str, float],
        *,
        k: int,
        filters: Filters | None = None,
        field: Literal["text", "title"] = "text",
        rows: Sequence[int] | None = None,
    ) -> Scored:
        """The `k` papers with the highest BM25: (row, score), descending, ties by paper_id; fewer where fewer share a term.

        `query` is text, or terms (from `terms`) with weights. `field`: title and abstract as one text, or the title alone. Filters
        leave the scores of the remaining papers as they are. `rows`: only these, whatever the filters.
        """
        self.refresh()
        index = self._parts.keywords
        weights = Counter(lexical.terms(query)) if isinstance(query, str) else query
        if rows is not None:
            return self._cut(index.score(weights, rows, field=field), k)
        narrow = self._facts().narrow(filters) if filters else None
        mask = self._mask(filters)
        return self._shown(lambda wanted: index.search(weights, k=wanted, field=field, mask=mask, narrow=narrow), k, filters)

    def dense(self, vector: NDArray[np.float32], *, k: int, filters: Filters | None = None) -> Scored:
        """The `k` papers whose nearest chunk has the highest cosine: (row, cosine), descending, ties by paper_id.

        All chunks are compared, the best once more in int16 (cosines hold to 1e-5). Exact, but for one case: without filters, from
        300,000 chunks on, the nearest groups of chunks are compared (`rag.store.clusters`).
        """
        self.refresh()
        view, mask, sought = self._matrix_view(), self._mask(filters), np.asarray(vector, dtype=np.float32)

        def search(wanted: int) -> Scored:
            rows, scores = view.search(sought, k=wanted, mask=mask)
            return list(zip(rows.tolist(), scores.tolist(), strict=True))

        return self._shown(search, k, filters)

    def _shown(self, search: Callable[[int], Scored], k: int, filters: Filters | None) -> Scored:
        """The first `k` of a ranking; without filters, whose masks see to that, the versions that another stands for are left out."""
        hidden = frozenset() if filters else self._versions().hidden
        wanted = k + min(len(hidden), 16)
        while True:
            found = search(wanted)
            kept = [pair for pair in found if pair[0] not in hidden] if hidden else found
            if len(kept) >= k or len(found) < wanted or wanted >= k + len(hidden):
                return self._cut(kept, k)
            wanted = min(2 * wanted, k + len(hidden))

    def _cut(self, found: Scored, k: int) -> Scored:
        """The first `k`, equal scores in the order of their paper_ids."""
        tied = {row for (a, s), (b, t) in itertools.pairwise(found) if s == t for row in (a, b)}
        if tied:
            names = self._parts.records.paper_ids(sorted(tied))
            found = sorted(found, key=lambda pair: (-pair[1], names.get(pair[0], "")))
        return found[:k]

    def unsearched(self, since: float) -> str | None:
        """A line on the part of the library that could not be reached since that moment (monotonic); None where all could."""
        del since
        return None

    def chunk_vectors(self, rows: Sequence[int]) -> VectorLists:
        """For each row its chunks' vectors in order, `(n_chunks, d)` float32 (through int16); `(0, d)` where there are none yet."""
        while True:
            generation = self.generation
            view, places = self._matrix_view(), self._slots(rows)
            if generation == self.generation:  # else the slots may be those of another matrix
                break
        runs = [places.get(row, (0, 0)) for row in rows]
        slots = np.array([slot for first, n in runs for slot in range(first, first + n)], dtype=np.int64)
        found = view.vectors(slots)  # together: a call for each row takes several times as long
        ends = list(itertools.accumulate(n for _, n in runs))
        return [found[end - n : end] for end, (_, n) in zip(ends, runs, strict=True)]

    def overview(self, filters: Filters | None = None, *, text: str | None = None) -> Overview:
        """Every paper that `list` would give in few words, with its first chunk's vector where it has one. In order of row."""
        self.refresh()
        wanted = set(self._matching(filters, text))
        view = self._matrix_view()
        found = self._parts.records.db.execute(
            "SELECT f.row, p.paper_id, f.title, f.published, f.slot FROM facts f JOIN papers p USING (row) ORDER BY f.row"
        )
        kept = [line for line in found if int(line[0]) in wanted]
        slots = np.array([-1 if slot is None or slot >= view.n else slot for *_, slot in kept], dtype=np.int64)
        return Overview(
            rows=[int(line[0]) for line in kept],
            paper_ids=[str(line[1]) for line in kept],
            titles=[str(line[2]) for line in kept],
            published=[str(line[3] or "") for line in kept],
            placed=np.flatnonzero(slots >= 0),
            vectors=view.vectors(slots[slots >= 0]),
        )

    def chunk_spans(self, rows: Sequence[int]) -> Sequence[Sequence[tuple[int, int]]]:
        """For each row the character spans of its chunks, in the order of `chunk_vectors`."""
        marks = ",".join("?" * len(rows))
        held = dict(self._parts.records.db.execute(f"SELECT row, spans FROM facts WHERE row IN ({marks})", [int(r) for r in rows]))
        return [vectors.unpack(held.get(row)) for row in rows]

    def _slots(self, rows: Sequence[int]) -> dict[int, tuple[int, int]]:
        marks = ",".join("?" * len(rows))
        found = self._parts.records.db.execute(
            f"SELECT row, slot, chunks FROM facts WHERE slot IS NOT NULL AND row IN ({marks})", [int(r) for r in rows]
        )
        return {row: (slot, chunks) for row, slot, chunks in found}

    # -- writing ----------------------------------------------------------------------------------------------------------------

    def add(self, papers: Iterable[Paper], *, progress: Callable[[Progress], None] | None = None) -> AddReport:
        """Store papers and index their words; vectors follow with `embed_pending`.

        Streams; what was stored before costs next to nothing. Where the iterable raises, the papers before are kept and the error goes
        on. IndexLocked where another process writes.
        """
        return adding.add(self._parts, papers, progress=progress)

    def embed_pending(self, *, progress: Callable[[Progress], None] | None = None, limit: int | None = None) -> int:
        """Make missing vectors (of `limit` papers at most); for how many papers. Resumes where a killed run stopped."""
        return vectors.embed_pending(self._parts, progress=progress, limit=limit)

    def without_vectors(self, after: int, limit: int) -> Sequence[tuple[int, Paper]]:
        """Papers that lack vectors, with their rows, in order of row behind `after`: for who makes vectors elsewhere."""
        self.refresh()
        records = self._parts.records
        found = records.db.execute("SELECT row FROM facts WHERE slot IS NULL AND row > ? ORDER BY row LIMIT ?", (after, limit))
        papers = records.papers([int(row) for (row,) in found])
        return sorted(papers.items())

    def put_vectors(self, made: vectors.Made) -> int:
        """Store vectors that were made elsewhere; of how many papers. Those that have vectors by now, or another text, are left out."""
        return vectors.take(self._parts, made)

    def follow(
        self,
        place: str,
        stamps: Mapping[str, str],
        read: Callable[[Sequence[str]], Iterable[tuple[str, Paper | None]]],
        *,
        remove_missing: bool = False,
        again: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> following.Followed:
        """Take over what changed in a collection that lives elsewhere, such as Zotero's.

        `stamps` tells all its items, each with a text that changes with the item; `read` gives the papers of some of them. Papers whose
        items are gone are told, and removed where `remove_missing`. Items that gave no paper before are read once more where `again`.
        """
        return following.follow(self._parts, place, stamps, read, remove_missing=remove_missing, again=again, progress=progress)

    def stamps(self, place: str) -> Mapping[str, str]:
        """What was noted of the items of a place when they were last read."""
        return following.stamps(self._parts.records, place)

    def note(self, place: str, item: str, stamp: str) -> None:
        """Note that an item of a place was read."""
        following.note(self._parts, place, item, stamp)

    def mark_retracted(self, notices: Iterable[Notice]) -> following.Marked:
        """Mark the papers that the notices name by DOI or PMID; a notice of reinstatement takes the mark away."""
        return following.mark_retracted(self._parts, notices)

    def mark(self, paper_ids: Sequence[str], marks: marking.Marks) -> int:
        """Give papers tags, collections or a note of the user's, or take them away; how many changed. PaperNotFound, ConfigError."""
        return marking.mark(self._parts, self.rows_of(paper_ids), marks)

    def merge(self, paper_ids: Sequence[str]) -> Paper:
        """Make one paper of several, whatever speaks against it; `split` undoes it. PaperNotFound, ConfigError where they are one."""
        return versions.merge(self._parts, paper_ids)

    def split(self, paper_ids: Sequence[str]) -> Papers:
        """Keep papers apart for good; a single one is taken apart into the records that it was merged from.

        A version leaves its work, a possible duplicate is none. PaperNotFound, ConfigError where there is nothing to take apart.
        """
        return versions.split(self._parts, paper_ids)

    def possible_duplicates(self) -> Sequence[versions.Pair]:
        """The pairs that may be one paper each and were kept apart, until `merge` or `split` settles them."""
        return versions.possible(self._parts.records)

    def remove(self, paper_ids: Iterable[str]) -> int:
        """Remove papers by id or alias from everywhere; how many there were."""
        return adding.remove(self._parts, paper_ids)

    # -- upkeep -----------------------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Counts, sizes, versions and checks; `problems` is empty for a healthy library."""
        self.refresh()
        return upkeep.status(self._parts)

    def backup(self, path: Path) -> Path:
        """Write everything to a .tar.gz, consistent while others read."""
        return backups.backup(self._parts, Path(path))

    def restore(self, path: Path, *, overwrite: bool = False) -> int:
        """Become what a backup holds; how many papers.

        ConfigError where papers are here and `overwrite` is off; SourceError for a damaged archive, which changes nothing.
        """
        return backups.restore(self._parts, Path(path), overwrite=overwrite)

    def rebuild(self, what: What = "all") -> None:
        """Make derived parts anew: `keywords`, `matrix` (from Chroma), `chroma` (from the matrix), `vectors` or `all`.

        The last two need `embed_pending` afterwards.
        """
        upkeep.rebuild(self._parts, what)
