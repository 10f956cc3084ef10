"""The only importer of chromadb: the collection that holds every chunk's vector and metadata, embedded or on a server.

A chunk's Chroma id is its `chunk_id`; its metadata say which paper, which characters of the abstract, and which text was embedded
(`text`, a digest). The text itself is not repeated: `abstract[start:end]` of the record is the text, and Chroma's full-text index
of documents would make ingest three times slower. The space is cosine, no embedding function is set, telemetry is off.

chromadb is imported at the first call that needs it: a search reads the matrix and never waits for that import.
"""

from __future__ import annotations

import errno
import os
import threading
import warnings
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from rag import memory
from rag.errors import ConfigError, IndexDamaged, IndexMissing, ProviderUnreachable
from rag.files import remove
from rag.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

BATCH = 5000
"""Records in one call; embedded Chroma refuses more than 5,461."""

TIMEOUT_S = 120.0
"""Longest wait for a Chroma server's answer."""

# The graph is not what a search reads, so it is kept light: with Chroma's own values (16, 100) adding takes three times as long.
_HNSW = {"space": "cosine", "max_neighbors": 12, "ef_construction": 48, "ef_search": 100}


_SYNC_LEAST, _SYNC_SHARE, _SYNC_LOOK = 1000, 200, 20_000
"""At each synchronisation embedded Chroma writes the list of all ids anew (199 MB at 1.6 million), after 1,000 vectors as it comes. Here
after so many, or one in `_SYNC_SHARE` of the collection; looked at after `_SYNC_LOOK` vectors. What came since is indexed once more by the
next writer: four seconds at that size."""


def connect(folder: Path | None, url: str | None) -> Any:
    """A client for the embedded store in `folder`, or for the server at `url`. ProviderUnreachable where nobody answers there."""
    if url is None:
        memory.require(memory.CHROMA_BYTES)
    import chromadb
    from chromadb.config import Settings

    if url is None:
        with _none_half_made(str(folder)):
            return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"Chroma's address is {url!r}; it must look like http://127.0.0.1:8000")
    port = parts.port or (443 if parts.scheme == "https" else 8000)
    with reachable(url):
        client = chromadb.HttpClient(
            host=parts.hostname, port=port, ssl=parts.scheme == "https", settings=Settings(anonymized_telemetry=False)
        )
    for session in _sessions(client):
        session.timeout = TIMEOUT_S  # chromadb waits for ever
    return client


@contextmanager
def _none_half_made(folder: str) -> Iterator[None]:
    """Let chromadb forget a store that could not be opened: 1.5.9 keeps it, half made, and hands it to whoever opens the folder next."""
    from chromadb.api.shared_system_client import SharedSystemClient

    held = SharedSystemClient._identifier_to_system  # noqa: SLF001 - there is no other way
    open_already = folder in held
    try:
        yield
    except BaseException:
        if not open_already:
            held.pop(folder, None)
        raise


def disconnect(client: Any) -> None:
    """Close a client with its connections."""
    sessions = _sessions(client)
    client.close()
    for session in sessions:
        session.close()  # chromadb 1.5.9 leaves them open


def _sessions(client: Any) -> list[Any]:
    """The HTTP sessions behind a client; none for the embedded store."""
    owners = (client, getattr(client, "_admin_client", None))
    found = [getattr(getattr(owner, "_server", None), "_session", None) for owner in owners]
    return [session for session in found if session is not None]


@contextmanager
def reachable(url: str | None) -> Iterator[None]:
    """Turn a lost or refused connection into ProviderUnreachable, and what embedded Chroma says of its files into an error of ours."""
    import httpx

    try:
        with embedded() if url is None else nullcontext():
            yield
    except (httpx.TransportError, ConnectionError) as error:
        raise ProviderUnreachable(f"no answer from the Chroma server at {url!r}; start it, or unset FOOTNOTE_CHROMA_URL") from error
    except ValueError as error:
        # The client's constructor reports a refused connection as a ValueError.
        if "connect" in str(error).lower():
            raise ProviderUnreachable(f"no answer from the Chroma server at {url!r}; start it, or unset FOOTNOTE_CHROMA_URL") from error
        raise


@contextmanager
def embedded() -> Iterator[None]:
    """Tell a full disk, or too many open files, from damage: IndexDamaged for the latter."""
    import chromadb.errors

    try:
        yield
    except chromadb.errors.NotFoundError:
        raise
    except chromadb.errors.InternalError as error:
        raise _trouble(error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # from Rust; no Exception, so that nobody swallows it
            raise
        raise _trouble(error) from error


def _trouble(error: BaseException) -> Exception:
    said = " ".join(str(error).split())
    if "code: 13" in said or "os error 28" in said:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "os error 24" in said or not tables.open_files_left():
        return OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    if "code: 8)" in said or "readonly" in said or "os error 30" in said or "os error 13" in said:
        return OSError(errno.EROFS, os.strerror(errno.EROFS))
    return IndexDamaged(f"Chroma can't be used ({said[:160]}); run `footnote library rebuild chroma`", part="chroma")


class ChunkStore:
    """The chunks of one library. A client that was open while another process wrote may answer with what is gone: `close` it then."""

    def __init__(self, *, folder: Path | None, url: str | None = None, name: str = "chunks") -> None:
        """Nothing is opened yet."""
        self.folder, self.url, self.name = folder, url, name
        self._client: Any = None
        self._collection: Any = None
        self._written = 0
        self._lock = threading.RLock()  # nobody asks a client that another thread is closing

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._lock, reachable(self.url):
            yield

    @property
    def collection(self) -> Any:
        """The Chroma collection, made when it is missing."""
        with self._lock:
            if self._collection is None:
                with reachable(self.url):
                    if self._client is None:
                        self._client = connect(self.folder, self.url)
                    self._collection = self._client.get_or_create_collection(
                        self.name, embedding_function=None, configuration={"hnsw": _HNSW}
                    )
            return self._collection

    def close(self) -> None:
        """Let go of files and connections; the next call opens them anew."""
        with self._lock:
            if self._client is not None:
                disconnect(self._client)
            self._client = self._collection = None

    def wipe(self) -> None:
        """Remove the embedded store, whatever state it is in; the next write makes it anew."""
        with suppress(Exception):  # what a damaged store says when it is closed helps nobody
            self.close()
        self._client = self._collection = None
        assert self.folder is not None
        remove(self.folder)

    def forget(self) -> None:
        """Look the collection up anew at the next call: somebody else may have made another of that name."""
        self._collection = None

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32], metadata: Sequence[Mapping[str, Any]]) -> None:
        """Write chunks; doing it twice changes nothing."""
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            with self._at_work():
                self.collection.upsert(ids=list(ids[part]), embeddings=vectors[part], metadatas=[dict(m) for m in metadata[part]])
        self._written += len(ids)
        if self.url is None and self._written >= _SYNC_LOOK:
            self._synchronise_less()

    def _synchronise_less(self) -> None:
        """Let the synchronisations of a growing collection keep their share of the work."""
        self._written = 0
        wanted = max(_SYNC_LEAST, self.count() // _SYNC_SHARE)
        with self._at_work():
            if wanted > 1.2 * self.collection.configuration_json["hnsw"].get("sync_threshold", _SYNC_LEAST):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # chromadb's, about its own form of a collection without embedder
                    self.collection.modify(configuration={"hnsw": {"sync_threshold": wanted}})
                self.close()  # read when it is opened

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks; ids that are not there are ignored."""
        for start in range(0, len(ids), BATCH):
            with self._at_work():
                self.collection.delete(ids=list(ids[start : start + BATCH]))

    def delete_rows(self, rows: Sequence[int]) -> None:
        """Remove every chunk of these papers, however many there are."""
        for start in range(0, len(rows), 500):
            with self._at_work():
                self.collection.delete(where={"row": {"$in": [int(r) for r in rows[start : start + 500]]}})

    def count(self) -> int:
        """How many chunks Chroma holds."""
        with self._at_work():
            return int(self.collection.count())

    def vectors(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of these chunks in order, `(n, d)`; IndexMissing where one is not there."""
        found: dict[str, Any] = {}
        for start in range(0, len(ids), BATCH):
            with self._at_work():
                answer = self.collection.get(ids=list(ids[start : start + BATCH]), include=["embeddings"])
            found.update(zip(answer["ids"], answer["embeddings"], strict=True))
        missing = [i for i in ids if i not in found]
        if missing:
            raise IndexMissing(f"Chroma lacks chunk {missing[0]!r}; run `footnote library rebuild`")
        return np.array([found[i] for i in ids], dtype=np.float32)

    def changes(self, since: int) -> Iterator[tuple[list[str], NDArray[np.float32], list[dict[str, Any]]]]:
        """Chunks written after change number `since`, in pages of ids, vectors, metadata."""
        offset = 0
        while True:
            with self._at_work():
                page = self.collection.get(where={"seq": {"$gt": since}}, limit=BATCH, offset=offset, include=["embeddings", "metadatas"])
            if not page["ids"]:
                return
            yield list(page["ids"]), np.asarray(page["embeddings"], dtype=np.float32), [dict(m) for m in page["metadatas"]]
            offset += len(page["ids"])

    def reset(self) -> None:
        """Remove the collection; the next write makes it anew (needed for another dimension)."""
        import chromadb.errors

        try:
            _ = self.collection
            with self._at_work(), suppress(chromadb.errors.NotFoundError):
                self._client.delete_collection(self.name)
        except IndexDamaged:
            self.wipe()
        self._collection = None
