"""A sharded library that is searched by actors: one process a shard and replica, started anew where it is lost.

Meanwhile a call goes to the shard's other replicas; where there are none, the shard is left out, and answers say so. Every node sees the
library's folder under the same path. What is written goes through the shard's first replica; a call that a lost process left undone is
made again, which changes nothing that was done.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from rag import config
from rag.cluster.connecting import Outcome, connect, outcome
from rag.cluster.ingest import embed
from rag.errors import ConfigError, IndexLocked, ShardLost
from rag.library.shard import Shard
from rag.library.sharded import Sharded, asked
from rag.library.shards import shards_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rag.embedding.base import Embedder
    from rag.library import Progress
    from rag.library.sharded import Call

PATIENCE_S = 30.0
"""Longest wait for what a shard has found; a node that says nothing is lost."""

AT_ONCE = 8
"""Calls that a replica answers at the same time."""

_READS = frozenset(
    """count lacking facets listed doc_freqs statistics ranked scored beginning numbered nearest chunk_vectors chunk_spans papers_of named
    names_of overview versions_of possible_duplicates generation pending status manifest stamps""".split()  # noqa: SIM905
)


class _Replica:
    """A shard in a process of its own."""

    def __init__(self, folder: str) -> None:
        self._shard = Shard.open(folder, embedder=None)

    def call(self, method: str, given: tuple[Any, ...], named: dict[str, Any]) -> Outcome:
        last = time.monotonic() + PATIENCE_S
        while True:
            found = outcome(asked, self._shard, method, *given, **named)
            # Another replica that opens the shard holds it for a moment.
            if not isinstance(found.error, IndexLocked) or time.monotonic() > last:
                return found
            time.sleep(0.1)

    def pid(self) -> int:
        return os.getpid()


class Remote:
    """The handle of a shard: its replicas, and which of them are out."""

    def __init__(self, ray: Any, folder: Path, replicas: int) -> None:
        """The replicas are started; `wait` for them."""
        self._ray, self._folder = ray, folder
        options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": 0, "max_concurrency": AT_ONCE, "scheduling_strategy": "SPREAD"}
        self._made = ray.remote(**options)(_Replica)
        self.replicas = [self._made.remote(str(folder)) for _ in range(replicas)]
        self._out: dict[int, Any] = {}
        self._guard, self._turn = threading.Lock(), itertools.count()

    def wait(self) -> None:
        """Until all replicas have opened their shard; ShardLost where one can't."""
        try:
            self._ray.get([one.pid.remote() for one in self.replicas])
        except self._ray.exceptions.RayError as error:
            raise ShardLost(f"shard {str(self._folder)!r} can't be opened by a worker: {_last_line(error)}") from error

    def close(self) -> None:
        """End the replicas."""
        for one in self.replicas:
            self._ray.kill(one)

    def start(self, method: str, *given: Any, **named: Any) -> Call:
        """Begin a call: one that reads goes to any replica, one that writes to the first, which is waited for."""
        if method in _READS:
            return _Reading(self, method, given, named)
        return _Writing(self, self.replicas[0].call.options(max_task_retries=-1).remote(method, given, named))

    # -- replicas ---------------------------------------------------------------------------------------------------------------

    def there(self) -> list[int]:
        """The replicas that can be asked, each in its turn first."""
        with self._guard:
            for at, sign in list(self._out.items()):
                done, _ = self._ray.wait([sign], timeout=0)
                if done:
                    try:
                        self._ray.get(sign)
                        del self._out[at]
                    except self._ray.exceptions.RayError:  # it could not be started again: another takes its place
                        self.replicas[at] = self._made.remote(str(self._folder))
                        self._out[at] = self._sign(at)
            turn, n = next(self._turn), len(self.replicas)
            return [at for at in ((turn + i) % n for i in range(n)) if at not in self._out]

    def lost(self, at: int) -> None:
        """A replica did not answer: until it gives a sign of life it is not asked."""
        with self._guard:
            if at not in self._out:
                self._out[at] = self._sign(at)

    def _sign(self, at: int) -> Any:
        return self.replicas[at].pid.options(max_task_retries=-1).remote()

    def ask(self, at: int, method: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A reference to what a replica will say."""
        return self.replicas[at].call.remote(method, given, named)

    def said(self, reference: Any, limit_s: float | None = PATIENCE_S) -> Any:
        """What it said; ShardLost where it did not."""
        gone = (self._ray.exceptions.RayActorError, self._ray.exceptions.GetTimeoutError, self._ray.exceptions.ObjectLostError)
        try:
            found: Outcome = self._ray.get(reference, timeout=limit_s)
        except gone as error:
            raise ShardLost(f"shard {str(self._folder)!r} can't be reached ({type(error).__name__})") from error
        return found.get()


class _Reading:
    """A call that any replica answers."""

    def __init__(self, shard: Remote, method: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._shard, self._asked = shard, (method, given, named)
        self._at = next(iter(shard.there()), None)
        self._reference = None if self._at is None else shard.ask(self._at, *self._asked)

    def result(self) -> Any:
        while self._at is not None:
            try:
                return self._shard.said(self._reference)
            except ShardLost:
                self._shard.lost(self._at)
            self._at = next(iter(self._shard.there()), None)
            if self._at is not None:
                self._reference = self._shard.ask(self._at, *self._asked)
        raise ShardLost("no replica of a shard can be reached; it is being started again")


class _Writing:
    """A call that is made until it is done."""

    def __init__(self, shard: Remote, reference: Any) -> None:
        self._shard, self._reference = shard, reference

    def result(self) -> Any:
        return self._shard.said(self._reference, None)


class Clustered(Sharded):
    """A sharded library whose shards are searched and written by actors. Made by `on`."""

    @classmethod
    def on(cls, address: str, location: str | Path, *, embedder: Embedder | None, replicas: int = 1) -> Clustered:
        """Start the actors on the cluster at `address`, and wait for them. ConfigError where the library is not sharded."""
        folder = config.library_folder(str(location))
        places = shards_of(folder)
        if not places:
            raise ConfigError(f"library {str(folder)!r} is not sharded; run `footnote library shard {location} TARGET`")
        ray = connect(address)
        shards = [Remote(ray, path, replicas) for path in places]
        try:
            for one in shards:
                one.wait()
            library = cls(folder, shards, embedder=embedder)
            library._address = address
            library._begin()
        except BaseException:
            for one in shards:
                one.close()
            raise
        for one in shards:
            library._opened_with.callback(one.close)
        return library

    _address: str

    def embed_pending(self, *, progress: Callable[[Progress], None] | None = None, limit: int | None = None) -> int:
        """As any library, on the cluster's workers."""
        if self._embedder is None:
            return 0
        with self._written():
            return embed(self._address, self, progress=progress, limit=limit)


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
