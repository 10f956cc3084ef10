"""Papers into a library with the help of a cluster: workers read files and make vectors, and one process a shard writes.

What is under way is bounded, so that neither reading nor embedding runs ahead of writing. A worker that is killed leaves nothing
half-done: its task is given to another, and what it may have handed over before is known when it comes again.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import sources
from rag.cluster.connecting import Outcome, connect, outcome
from rag.library.progress import Meter
from rag.library.sharded import Sharded, asked
from rag.library.vectors import BATCH, made_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rag.embedding.base import Embedder
    from rag.library import Library, Progress
    from rag.library.sharded import Call, Handle
    from rag.schema import Paper

PAGE = 500
"""Papers that a reader hands over together."""

AHEAD = 4
"""Pages that a reader may be ahead of who takes them; batches of each worker that may wait for the writers are half as many."""


# -- reading ------------------------------------------------------------------------------------------------------------------------


def read(
    address: str,
    paths: Sequence[Path | str],
    account: sources.Account,
    *,
    skip_bad: bool = False,
    mapping: Mapping[str, str] | None = None,
    keep_without_abstract: bool = False,
) -> Iterator[Paper]:
    """The papers of the paths in order, read on the cluster's workers ahead of time; `account` is told as `rag.sources.read` tells it.

    A folder's files are dealt out to as many readers as the cluster has processors, and come in that order. SourceError where reading
    here would raise one, behind the same papers.
    """
    ray = connect(address)
    workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
    options = {"skip_bad": skip_bad, "mapping": mapping, "keep_without_abstract": keep_without_abstract}
    parts = [(str(path), (n, of)) for path in paths for of in [workers if Path(path).is_dir() else 1] for n in range(of)]
    task = ray.remote(num_returns="streaming", max_retries=-1, num_cpus=1, _generator_backpressure_num_objects=AHEAD)(_pages)
    waiting = iter(parts)
    running = [task.remote(path, part, options) for path, part in itertools.islice(waiting, workers)]
    while running:
        for reference in running.pop(0):
            found = ray.get(reference).get()
            if isinstance(found, sources.Account):
                account.add(found)
            else:
                yield from found
        running += [task.remote(path, part, options) for path, part in itertools.islice(waiting, 1)]


def _pages(path: str, part: tuple[int, int], options: dict[str, Any]) -> Iterator[Outcome]:
    """Pages of papers, then the account; an error comes behind the papers before it."""
    account = sources.Account()
    papers = sources.read(Path(path), account=account, part=part, **options)
    while True:
        page: list[Paper] = []
        came = outcome(page.extend, itertools.islice(papers, PAGE))
        if page:
            yield Outcome(page)
        if came.error is not None:
            yield came
            return
        if len(page) < PAGE:
            yield Outcome(account)
            return


# -- embedding ----------------------------------------------------------------------------------------------------------------------


class _Here:
    """An ordinary library, written by this process, as a shard is asked."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def start(self, method: str, *given: Any, **named: Any) -> Call:
        return _Done(asked(self._library, method, *given, **named))


@dataclass(frozen=True, slots=True)
class _Done:
    value: Any

    def result(self) -> Any:
        return self.value


def embed(address: str, library: Library, *, progress: Callable[[Progress], None] | None = None, limit: int | None = None) -> int:
    """Make a library's missing vectors on the cluster's workers, of `limit` papers at most; for how many papers."""
    embedder = library.embedder
    ray, writers = connect(address), library.handles if isinstance(library, Sharded) else [_Here(library)]
    pending = sum(call.result() for call in [one.start("pending") for one in writers])
    total = pending if limit is None else min(limit, pending)
    if not total or embedder is None:
        return 0
    meter, done = Meter("embedding", progress, total), 0
    workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
    task, by = ray.remote(max_retries=-1, num_cpus=1)(_made), ray.put(embedder)
    batches, left = _batches(writers), total
    running: dict[Any, int] = {}
    writing: dict[int, Any] = {}
    while True:
        while left > 0 and len(running) < workers * AHEAD // 2 and (found := next(batches, None)) is not None:
            n, papers = found
            papers = papers[:left]
            left -= len(papers)
            running[task.remote(by, papers)] = n
        if not running:
            break
        (ready,), _ = ray.wait(list(running), num_returns=1)
        n, made = running.pop(ready), ray.get(ready).get()
        if n in writing:  # one write a shard at a time: who embeds waits for who writes
            done += writing.pop(n).result()
            meter.tell(done)
        writing[n] = writers[n].start("put_vectors", made)
    for call in writing.values():
        done += call.result()
    meter.tell(done)
    return done


def _batches(writers: Sequence[Handle]) -> Iterator[tuple[int, list[tuple[int, Paper]]]]:
    """Papers without vectors, from one shard after another in turn, each once."""
    after = dict.fromkeys(range(len(writers)), 0)
    while after:
        for n in list(after):
            papers = writers[n].start("without_vectors", after[n], BATCH).result()
            if papers:
                after[n] = papers[-1][0]
                yield n, papers
            else:
                del after[n]


def _made(embedder: Embedder, papers: Sequence[tuple[int, Paper]]) -> Outcome:
    """Vectors of papers, by a worker."""
    return outcome(made_of, embedder, papers)
