"""A library whose truth lives in a Chroma server: records in one collection, chunks in another, a lock in a third.

Every application process keeps a mirror of it on its own disk (`rag.library.mirror`) and needs nothing but the address. A paper is
one entry of `<name>-papers` with its record as JSON, its identity keys and the number of its last change; that collection's own
metadata are the manifest. A removed paper leaves an entry that says so, for the mirrors that still hold it.
"""

from __future__ import annotations

import hashlib
import re
import socket
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import IndexLocked, IndexMismatch
from rag.store.chroma import BATCH, ChunkStore, connect, disconnect, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag.store.records import Records

STALE_S = 300.0
"""A lock whose holder has not been heard of for so long belongs to nobody; clocks may differ by less than that."""

BEAT_S = 30.0
_PAGE = 500
_MANIFEST = ("schema", "embedder", "dimension", "chunking", "epoch", "seq", "rows")


def base_name(library: str) -> str:
    """The start of the collections' names: `footnote-<library>`, with a digest where Chroma would refuse a letter."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", library)
    mark = "" if plain == library else "-" + hashlib.sha256(library.encode()).hexdigest()[:8]
    return f"footnote-{plain}{mark}"


class Server:
    """One library on the server at `url`."""

    def __init__(self, url: str, library: str) -> None:
        """Nothing is asked yet."""
        self.url, self.library = url, library
        base = base_name(library)
        self.chunks = ChunkStore(folder=None, url=url, name=f"{base}-chunks")
        self._papers_name, self._lock_prefix = f"{base}-papers", f"{base}-lock-"
        self._client: Any = None
        self._papers: Any = None
        self._lock: Any = None
        self._beat = 0.0
        self.asked = 0.0
        """When a reader last asked for the generation (monotonic seconds)."""

    @property
    def client(self) -> Any:
        """The connection, made when first needed."""
        if self._client is None:
            self._client = connect(None, self.url)
        return self._client

    def close(self) -> None:
        """Let go of the connections."""
        self.chunks.close()
        if self._client is not None:
            disconnect(self._client)
        self._client = self._papers = None

    def manifest(self) -> dict[str, Any] | None:
        """The manifest as it is on the server now; None where there is no such library."""
        import chromadb.errors

        with reachable(self.url):
            try:
                found = self.client.get_collection(self._papers_name, embedding_function=None)
            except chromadb.errors.NotFoundError:
                self._papers = None
                return None
        self._papers = found
        return dict(found.metadata or {})

    def create(self, schema: int) -> None:
        """Make an empty library, unless somebody has."""
        with reachable(self.url):
            self._papers = self.client.get_or_create_collection(
                self._papers_name,
                embedding_function=None,
                metadata={"schema": schema, "generation": 0, "seq": 0, "rows": 0, "epoch": 0},
                # The entries' vectors say nothing: Chroma wants one for each.
                configuration={"hnsw": {"space": "l2", "max_neighbors": 4, "ef_construction": 8}},
            )

    # -- records ----------------------------------------------------------------------------------------------------------------

    def push(self, records: Records, changed: Sequence[int], gone: Sequence[int]) -> None:
        """Write papers and removals from the open transaction of `records`, before it commits."""
        self.beat()
        for start in range(0, len(changed), _PAGE):
            part = changed[start : start + _PAGE]
            marks = ",".join(map(str, part))
            keys: dict[int, list[str]] = {row: [] for row in part}
            for key, row in records.db.execute(f"SELECT key, row FROM identity WHERE row IN ({marks})"):
                keys[row].append(key)
            found = records.db.execute(
                f"SELECT f.row, f.seq, f.text_seq, p.paper_id, p.record, coalesce(o.made_of, '') FROM facts f JOIN papers p USING (row) "
                f"LEFT JOIN origins o USING (row) WHERE f.row IN ({marks})"
            )
            self._upsert(
                [
                    {"row": row, "seq": seq, "text_seq": text_seq, "paper_id": name, "record": record, "keys": "\n".join(sorted(keys[row]))}
                    | ({"made_of": made_of} if made_of else {})
                    for row, seq, text_seq, name, record, made_of in found
                ]
            )
        if gone:
            marks = ",".join(map(str, gone))
            found = records.db.execute(f"SELECT row, seq, paper_id FROM graves WHERE row IN ({marks})")
            self._upsert([{"row": row, "seq": seq, "paper_id": name, "record": ""} for row, seq, name in found])

    def _upsert(self, entries: Sequence[dict[str, Any]]) -> None:
        if not entries:
            return
        vectors = np.array([[entry["row"] / 1000, 1.0] for entry in entries], dtype=np.float32)
        with reachable(self.url):
            self._papers.upsert(ids=[str(entry["row"]) for entry in entries], embeddings=vectors, metadatas=list(entries))

    def changes(self, since: int) -> Iterator[list[dict[str, Any]]]:
        """Entries written after change number `since`, in pages."""
        offset = 0
        while True:
            with reachable(self.url):
                page = self._papers.get(where={"seq": {"$gt": since}}, limit=BATCH, offset=offset, include=["metadatas"])
            if not page["ids"]:
                return
            yield [dict(m) for m in page["metadatas"]]
            offset += len(page["ids"])

    def publish(self, records: Records) -> None:
        """Raise the generation, with the manifest of `records`, so that mirrors look for what is new."""
        self.beat()
        held = self.manifest() or {}
        fresh = {key: records.meta(key) for key in _MANIFEST}
        fresh["generation"] = int(held.get("generation", 0)) + 1
        with reachable(self.url):
            self._papers.modify(metadata={key: value for key, value in fresh.items() if value is not None})
        with records.transaction():
            records.set_meta(remote_generation=fresh["generation"], remote_seq=records.meta("seq"))

    def replace(self, records: Records) -> None:
        """Make the server's papers those of `records`, all of them (after a restore, whose epoch tells mirrors to begin anew)."""
        import chromadb.errors

        with reachable(self.url), suppress(chromadb.errors.NotFoundError):
            self.client.delete_collection(self._papers_name)
        self.create(int(records.meta("schema")))
        self.push(records, [row for (row,) in records.db.execute("SELECT row FROM facts ORDER BY row")], [])

    # -- the lock ---------------------------------------------------------------------------------------------------------------

    def lock(self, folder: Path) -> None:
        """Become the only writer of all machines. IndexLocked where another is.

        Making a collection is the one step that a Chroma server does for a single client only, so `<name>-lock-<n>` is the lock. A
        stale one is outbid by number n + 1, which again only one client can make. A lock that names this machine and this mirror
        `folder` is a dead process's: the caller holds the folder's own lock.
        """
        import chromadb.errors

        held = self._locks()
        number = max(held, default=0)
        if held:
            try:
                with reachable(self.url):
                    holder = dict(self.client.get_collection(f"{self._lock_prefix}{number}", embedding_function=None).metadata or {})
            except chromadb.errors.NotFoundError:
                holder = {}
            ours = holder.get("host") == socket.gethostname() and holder.get("folder") == str(folder)
            if holder and not ours and time.time() - float(holder.get("at", 0)) < STALE_S:
                raise IndexLocked(
                    f"library {self.library!r} on {self.url!r} is being written by a process on {holder.get('host')!r}; "
                    "wait for it to end, then run this again"
                )
        mine = number + 1
        try:
            with reachable(self.url):
                self._lock = self.client.create_collection(
                    f"{self._lock_prefix}{mine}", embedding_function=None, metadata=self._holder(folder)
                )
        except (chromadb.errors.UniqueConstraintError, chromadb.errors.InternalError) as error:
            raise IndexLocked(f"library {self.library!r} on {self.url!r} is being written by another process") from error
        self._beat = time.monotonic()
        if max(self._locks()) > mine:
            self.unlock()
            raise IndexLocked(f"library {self.library!r} on {self.url!r} is being written by another process")
        for number in held:
            with reachable(self.url), suppress(chromadb.errors.NotFoundError):
                self.client.delete_collection(f"{self._lock_prefix}{number}")

    def _holder(self, folder: Path) -> dict[str, Any]:
        return {"holder": uuid.uuid4().hex, "host": socket.gethostname(), "folder": str(folder), "at": time.time()}

    def _locks(self) -> list[int]:
        with reachable(self.url):
            names = [c.name for c in self.client.list_collections()]
        return sorted(int(n.removeprefix(self._lock_prefix)) for n in names if re.fullmatch(re.escape(self._lock_prefix) + r"\d+", n))

    def beat(self) -> None:
        """Say that the holder lives; IndexLocked where the lock was taken meanwhile."""
        import chromadb.errors

        if self._lock is None or time.monotonic() - self._beat < BEAT_S:
            return
        try:
            with reachable(self.url):
                self._lock.modify(metadata={**(self._lock.metadata or {}), "at": time.time()})
        except chromadb.errors.NotFoundError as error:
            raise IndexLocked(f"another process took over library {self.library!r} on {self.url!r}; run this again") from error
        self._beat = time.monotonic()

    def unlock(self) -> None:
        """Give the lock back."""
        import chromadb.errors

        if self._lock is not None:
            with reachable(self.url), suppress(chromadb.errors.NotFoundError):
                self.client.delete_collection(self._lock.name)
            self._lock = None

    def check_schema(self, found: object, oldest: int, ours: int) -> None:
        """IndexMismatch where the server's library is of a version that isn't read."""
        if not isinstance(found, int) or not oldest <= found <= ours:
            raise IndexMismatch(
                f"library {self.library!r} on {self.url!r} has schema {found!r}, this version reads {ours!r}; use the version that wrote it"
            )
