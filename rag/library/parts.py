"""What a library is made of, and how one process writes to it at a time.

The records are the truth; keyword index, vector matrix and Chroma follow, each with a mark in the manifest of how far it has come.
So a writer that was killed leaves nothing to repair but work to repeat, and every such step may be repeated without effect.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from rag import chunking, files
from rag.errors import IndexDamaged, IndexLocked, IndexMismatch, IndexUnwritable
from rag.lexical import ANALYSIS, Entry, KeywordIndex
from rag.library import health
from rag.library.columns import date_span, tags_of
from rag.store import clusters
from rag.store.chroma import ChunkStore
from rag.store.matrix import Matrix
from rag.store.records import PARTS, SCHEMA, Records, is_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag.embedding.base import Embedder
    from rag.store.matrix import View
    from rag.store.server import Server

_PAGE = 2000


class Parts:
    """The parts of one library folder. `server` is set where a Chroma server holds the truth and the folder mirrors it."""

    def __init__(self, folder: Path, *, embedder: Embedder | None, server: Server | None = None, rebuild: bool = False) -> None:
        """Open an existing folder (`found`), or make an empty library.

        IndexDamaged where it is none of ours, or where its manifest can't be worked with, unless `rebuild`: that is then made anew.
        """
        self.folder, self.embedder, self.server = folder, embedder, server
        self._guard = threading.RLock()
        self._depth = 0
        self._begun = False
        self._fed = self._replaced = 0
        """The change number up to which the keyword index was handed work that is not committed yet, and how much that replaced."""
        there = health.look(folder)
        self._obstacle = files.obstacle(folder, folder / "papers.db")
        if not there:
            self._want_writable()
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(str(folder / "write.lock"), thread_local=False)
        self.records = Records(folder / "papers.db", readonly=not self.writable)
        self._keywords: KeywordIndex | None = None
        self._chroma_generation = -1
        self.chunks = ChunkStore(folder=folder / "chroma") if server is None else server.chunks
        try:
            self._begin(rebuild=rebuild)
            self._begun = True
        except BaseException:
            self.close()
            raise

    def _begin(self, *, rebuild: bool) -> None:
        if not self.found:
            with self.locked():
                if not self.found:
                    if health.derived(self.folder):
                        raise self.records.damaged("hold nothing")
                    self.records.prepare()
        if rebuild:
            with self.locked():
                self.records.check_schema(migrate=True)
        else:
            self.records.check_schema(migrate=False)
        fault = self.records.manifest_fault()
        if fault is not None and not rebuild:
            raise self.records.damaged(fault, part="manifest")
        if fault is not None:
            with self.locked():
                names = {kind: health.next_number(self.folder, kind) for kind in ("vectors", "keywords")}
                self.records.remake_manifest(matrix=names["vectors"], keywords=names["keywords"])

    @property
    def found(self) -> bool:
        """Whether the folder holds a library that was made to the end (its tables come all at once)."""
        return self.records.path.exists() and bool(self.records.db.execute("SELECT 1 FROM sqlite_master").fetchone())

    @property
    def writable(self) -> bool:
        """Whether anything can be written: where not (a read-only medium, a full disk), a library is read as it is."""
        return self._obstacle is None

    def _want_writable(self) -> None:
        if self._obstacle is not None:
            raise IndexUnwritable(
                f"library {str(self.folder)!r} can't be written ({self._obstacle}); it can be read, or copied and changed elsewhere"
            )

    def close(self) -> None:
        """Let go of all files."""
        # What closing changes (the log is taken over into the records) is no change by others.
        names = health.tops(self) if self._begun else ()
        ours = self._begun and health.known(self.folder, names)
        self._begun = False
        self.records.close()
        self.chunks.close()
        if ours:
            health.remember(self.folder, names)
        if self.server is not None:
            self.server.close()
        self._keywords = None

    # -- the derived parts ------------------------------------------------------------------------------------------------------

    @property
    def keyword_folder(self) -> Path:
        """The folder of the keyword index that counts; making it anew takes the next number."""
        return self.folder / self._part("keywords", "keywords-0")

    def _part(self, key: str, default: str, manifest: dict[str, Any] | None = None) -> str:
        """A folder's name from the manifest: never anything that leads elsewhere."""
        value = self.records.meta(key, default) if manifest is None else manifest.get(key, default)
        if not is_part(value, PARTS[key]):
            raise self.records.damaged(f"gives {value!r:.60} as {key!r}", part="manifest")
        return str(value)

    @property
    def keywords(self) -> KeywordIndex:
        """The keyword index, reopened when it was made anew. A writer that makes it anew meanwhile takes the old one away: looked again."""
        for _ in range(5):
            folder = self.keyword_folder
            if self._keywords is not None and self._keywords.folder == folder:
                return self._keywords
            if KeywordIndex.exists(folder) or not int(self.records.meta("keywords_seq", 0)):
                self._keywords = KeywordIndex(folder, create=self.writable, readonly=not self.writable)
        if self._keywords is None or self._keywords.folder != self.keyword_folder:
            raise IndexDamaged(
                f"the keyword index of library {str(self.folder)!r} is gone; run `footnote library rebuild keywords`", part="keywords"
            )
        return self._keywords

    @property
    def matrix(self) -> Matrix:
        """The vector matrix, of the manifest's dimension."""
        return self.matrix_and_slots()[0]

    def matrix_and_slots(self, manifest: dict[str, Any] | None = None) -> tuple[Matrix, int]:
        """The matrix that counts and how many of its slots do, from one reading of the manifest, so that they belong together."""
        held = self.records.all_meta() if manifest is None else manifest
        fallback = self.embedder.dimension if self.embedder is not None else 1
        matrix = Matrix(self.folder / self._part("matrix", "vectors-0", held), int(held.get("dimension", fallback)))
        return matrix, int(held.get("slots", 0))

    def view(self) -> View:
        """The vectors as a search reads them now. A writer that tidies up meanwhile may take the files away: then it looks again."""
        for _ in range(5):
            held = self.records.all_meta()
            matrix, slots = self.matrix_and_slots(held)
            with suppress(FileNotFoundError, NotADirectoryError):
                # An earlier version grouped smaller libraries.
                grouped = held.get("clusters") and slots >= clusters.FROM_SLOTS
                return matrix.view(slots, matrix.folder / self._part("clusters", "", held) if grouped else None)
        raise IndexDamaged(f"the vectors of library {str(self.folder)!r} are gone; run `footnote library rebuild`", part="matrix")

    def group_vectors(self) -> None:
        """Sort a large matrix into groups, where that pays and was not done lately."""
        slots, grouped = int(self.records.meta("slots", 0)), int(self.records.meta("grouped", 0))
        if slots < clusters.FROM_SLOTS or slots < grouped * clusters.GROWTH:
            return
        matrix, old = self.matrix, self.records.meta("clusters")
        name = f"clusters-{slots}"
        clusters.make(matrix.view(slots), matrix.folder / name)
        with self.records.transaction():
            self.records.set_meta(clusters=name, grouped=slots)
            self.records.bump()
        if old and old != name:
            files.remove(matrix.folder / self._part("clusters", "", {"clusters": old}))

    # -- writing ----------------------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the library for writing, with everything a killed writer left undone made up for. IndexLocked where another holds it."""
        self._want_writable()
        with self._guard, self.locked():
            self._depth += 1
            try:
                if self._depth == 1:
                    self.records.check_schema(migrate=True)
                    self._enter()
                yield
                if self._depth == 1:
                    if self._keywords is not None:
                        self._keywords.release()
                    health.remember(self.folder, health.tops(self))
            finally:
                self._depth -= 1
                if self._depth == 0:
                    if self._keywords is not None:
                        with suppress(OSError, IndexDamaged):  # released already, unless something worse is on its way
                            self._keywords.release()
                    self._chroma_generation = int(self.records.meta("generation", 0))
                    if self.server is not None:
                        self.server.unlock()

    def _enter(self) -> None:
        self._fed = self._replaced = 0
        for path in health.leftovers(self):
            files.remove(path)
        if self.server is not None:
            self.server.lock(self.folder)
            from rag.library.mirror import pull

            pull(self)
        elif self._chroma_generation != int(self.records.meta("generation", 0)):
            # Another process may have written since this client was opened; it would work on what is gone.
            self.chunks.close()
        self.settle()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Hold the mirror while it follows the server. IndexLocked where this machine already does, or writes."""
        if not self._guard.acquire(blocking=False):
            raise IndexLocked("the mirror is being written")
        try:
            with self.locked():
                if self._depth:
                    raise IndexLocked("the mirror is being written")
                self.records.check_schema(migrate=True)
                yield
                self.index_keywords()
                self.bury(chroma=False)
                self.group_vectors()
                self.tidy_keywords()
                self.keywords.release()
        finally:
            self._guard.release()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The lock on the folder, which the system gives back when its holder dies. What is derived may be behind: see `writing`."""
        self._want_writable()
        holder = self.folder / "write.json"
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            try:
                held = json.loads(holder.read_text())
                who = f"process {held['pid']!r:.20} on {held['host']!s:.80}"
            except (OSError, ValueError, KeyError, TypeError):
                who = "another process"
            raise IndexLocked(f"library {str(self.folder)!r} is being written by {who}; wait for it to end, then run this again") from None
        try:
            if self._lock.lock_counter == 1:
                holder.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
            yield
        finally:
            self._lock.release()

    def publish(self) -> None:
        """Tell the other machines, where there are any, that everything up to now has been written."""
        if self.server is not None:
            self.server.publish(self.records)

    def settle(self) -> None:
        """Bring every derived part up to the records (the caller holds the lock)."""
        self._finish_chroma()
        self.index_keywords()
        self.bury()
        self._mend_matrix()

    def index_keywords(self, *, commit: bool = True) -> None:
        """Index what changed since the keyword index's mark; from the start where the index is missing or of another analysis.

        Without `commit` the work is only handed over, to be done in the background until the next call with it.
        """
        records = self.records
        target, mark, gone, rows = self._unindexed(self._fed)
        if records.meta("analysis", ANALYSIS) != ANALYSIS or (mark > 0 and not KeywordIndex.exists(self.keyword_folder)):
            self.remake_keywords()
            return
        self._replaced += self._fill(self.keywords, rows, gone)
        self._fed = target
        if not commit:
            return
        if target != mark and self.behind():
            self.keywords.commit()
            dead = int(records.meta("keywords_dead", 0)) + self._replaced
            with records.transaction():
                records.set_meta(keywords_seq=target, analysis=ANALYSIS, keywords_dead=dead)
                records.bump()
            self._replaced = 0
        if self.keywords.count != records.count():
            self.remake_keywords()

    def _unindexed(self, fed: int = 0) -> tuple[int, int, list[int], list[int]]:
        """The last change number, the keyword index's mark, and the rows removed and written since (or since `fed`)."""
        records = self.records
        target, mark = int(records.meta("seq", 0)), int(records.meta("keywords_seq", 0))
        since = max(mark, fed)
        gone = [r for (r,) in records.db.execute("SELECT row FROM graves WHERE seq > ?", (since,))]
        # Sorted here: with ORDER BY row SQLite reads the whole table in that order, at every batch and every opening.
        rows = sorted(r for (r,) in records.db.execute("SELECT row FROM facts WHERE seq > ?", (since,)))
        return target, mark, gone, rows

    def behind(self) -> bool:
        """Whether papers were written or removed that the keyword index does not know of."""
        return any(self._unindexed()[2:])

    def catch_up(self) -> None:
        """Lift an older schema and finish what a killed writer left, unless somebody is writing now, or nobody can."""
        if not self.writable:
            return
        db = self.records.db
        left = db.execute("SELECT EXISTS (SELECT 1 FROM dead_slots) OR EXISTS (SELECT 1 FROM graves WHERE held > 0)").fetchone()[0]
        if self.records.meta("analysis", ANALYSIS) != ANALYSIS:
            with self.writing():  # not to be read before
                pass
        elif left or self.behind() or self.records.meta("chroma") or health.leftovers(self) or self.records.meta("schema") != SCHEMA:
            with suppress(IndexLocked), self.writing():
                pass

    def _fill(self, index: KeywordIndex, rows: list[int], gone: list[int]) -> int:
        """Hand rows over to an index; how many entries that replaced."""
        replaced = index.put((), gone) if gone else 0
        for start in range(0, len(rows), _PAGE):
            part = rows[start : start + _PAGE]
            papers = self.records.papers(part)
            marks = ",".join(map(str, part))
            seqs = dict(self.records.db.execute(f"SELECT row, seq FROM facts WHERE row IN ({marks})"))
            replaced += index.put(
                Entry(row, seqs[row], p.title, p.abstract, tags_of(p), *date_span(p.published)) for row, p in sorted(papers.items())
            )
        return replaced

    def remake_keywords(self) -> None:
        """Make the keyword index anew beside the old one, then switch to it; readers are never without."""
        records = self.records
        old = self.keyword_folder
        new = self.folder / f"keywords-{int(old.name.rpartition('-')[2]) + 1}"
        files.remove(new)
        index = KeywordIndex(new, create=True)
        target = int(records.meta("seq", 0))
        self._fill(index, [r for (r,) in records.db.execute("SELECT row FROM facts ORDER BY row")], [])
        index.commit()
        index.release()
        self._fed = self._replaced = 0
        if self._keywords is not None:
            with suppress(IndexDamaged):  # which may be why it is made anew
                self._keywords.release()
        with records.transaction():
            records.set_meta(keywords=new.name, keywords_seq=target, analysis=ANALYSIS, keywords_dead=0)
            records.bump()
        self._keywords = index
        files.remove(old)

    def tidy_keywords(self) -> None:
        """Make the index anew once replaced entries weigh: they still count in BM25's statistics. At once while that is cheap."""
        dead, papers = int(self.records.meta("keywords_dead", 0)), self.records.count()
        if dead and (papers <= 5000 or dead > papers / 10):
            self.remake_keywords()

    def bury(self, *, chroma: bool = True) -> None:
        """Take what removed or changed papers left behind out of the matrix and, where `chroma`, out of Chroma."""
        db = self.records.db
        slots = [(int(s), int(n)) for s, n in db.execute("SELECT slot, n FROM dead_slots")]
        if slots:
            self.matrix.bury(slots)
        if slots:
            with self.records.transaction():
                db.executemany("DELETE FROM dead_slots WHERE slot = ?", [(s,) for s, _ in slots])
                self.records.bump()
        graves = db.execute("SELECT row, paper_id, held FROM graves WHERE held > 0").fetchall() if chroma else []
        if graves:
            if self.server is not None:
                self.chunks.delete_rows([row for row, _, _ in graves])
            else:
                # A paper that came back under the same id owns its chunk ids again.
                names = {p for (p,) in db.execute("SELECT paper_id FROM papers WHERE paper_id IN (SELECT paper_id FROM graves)")}
                self.chunks.delete([f"{p}:{n}" for _, p, held in graves if p not in names for n in range(held)])
            with self.records.transaction():
                for row, paper_id, held in graves:
                    db.execute(
                        "UPDATE facts SET held = max(held, ?) WHERE row = (SELECT row FROM papers WHERE paper_id = ?)", (held, paper_id)
                    )
                    db.execute("UPDATE graves SET held = 0 WHERE row = ?", (row,))

    def reset_chroma(self) -> None:
        """Empty Chroma, as the mark in the manifest says."""
        self.chunks.reset()
        with self.records.transaction():
            self.records.db.execute("UPDATE facts SET held = 0")
            self.records.db.execute("UPDATE graves SET held = 0")
            self.records.set_meta(chroma=None)

    def _finish_chroma(self) -> None:
        """Do what was begun with Chroma as a whole; fill an embedded store that is gone."""
        begun = self.records.meta("chroma")
        gone = self.server is None and int(self.records.meta("slots", 0)) and not (self.folder / "chroma" / "chroma.sqlite3").exists()
        if begun == "reset":
            self.reset_chroma()
        elif begun == "refill" or gone:
            from rag.library.vectors import refill_chroma

            if self.matrix.held() >= int(self.records.meta("slots", 0)):
                refill_chroma(self)

    def _mend_matrix(self) -> None:
        """Make a matrix that lost slots anew, from Chroma."""
        if self.matrix.held() < int(self.records.meta("slots", 0)):
            from rag.library.upkeep import remake_matrix

            remake_matrix(self)

    def check_manifest(self) -> None:
        """IndexMismatch where the library's vectors were made otherwise than they would be made now."""
        if self.embedder is None or not int(self.records.meta("slots", 0)):
            return
        held = self.records.all_meta()
        for key, value in self.manifest().items():
            if held.get(key, value) != value:
                raise IndexMismatch(
                    f"library {str(self.folder)!r} was built with {key} {held[key]!r}, settings ask for {value!r}; "
                    "run `footnote library rebuild`, or set it back"
                )

    def manifest(self) -> dict[str, str | int]:
        """What decides whether vectors fit together, as it is now."""
        assert self.embedder is not None
        return {"embedder": self.embedder.name, "dimension": self.embedder.dimension, "chunking": chunking.NAME}
