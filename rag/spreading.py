"""Questions spread over the workers of a Ray cluster: each worker opens the library once and answers question after question.

A worker that is lost is started anew and asked again. Every node sees the library's folder under the same path.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from rag.assistant import Assistant
from rag.cluster import connect
from rag.cluster.connecting import Outcome, outcome
from rag.errors import ShardLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag.config import Settings
    from rag.schema import Answer

T = TypeVar("T")


class _Worker:
    """An assistant in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._assistant = Assistant.open(settings)

    def pid(self) -> int:
        return os.getpid()

    def ask(self, question: str, named: dict[str, Any]) -> Outcome:
        return outcome(self._assistant.ask, question, **named)


class Asker:
    """One worker, asked as an assistant is. One question at a time."""

    def __init__(self, ray: Any, settings: Settings) -> None:
        """The worker begins to open the library; a question waits for it."""
        self._ray, self.settings = ray, settings
        # Its library is searched in its own process. It holds no processor: who starts workers knows how many there are.
        self._worker = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy="SPREAD")(_Worker).remote(
            settings.model_copy(update={"ray": None})
        )

    def ask(self, question: str, **named: Any) -> Answer:
        """As `Assistant.ask`; ShardLost where the worker can't be started."""
        try:
            found: Outcome = self._ray.get(self._worker.ask.remote(question, named))
        except self._ray.exceptions.RayActorError as error:
            raise ShardLost(f"no worker can open the library; run the command without --ray to see why ({type(error).__name__})") from error
        answer: Answer = found.get()
        return answer

    def pid(self) -> int:
        """The worker's process."""
        return int(self._ray.get(self._worker.pid.remote()))

    def close(self) -> None:
        """End the worker."""
        self._ray.kill(self._worker)


@contextmanager
def askers(address: str, settings: Settings, most: int | None = None) -> Iterator[Sequence[Asker]]:
    """A worker for each processor of the cluster, `most` at most."""
    ray = connect(address)
    n = max(1, int(ray.cluster_resources().get("CPU", 1)))
    found = [Asker(ray, settings) for _ in range(n if most is None else min(n, most))]
    try:
        yield found
    finally:
        for one in found:
            one.close()


def in_order(askers: Sequence[Asker], work: Callable[[Asker, T], Any], given: Iterable[T]) -> Iterator[Any]:
    """What `work` makes of each of the given with some free asker, in their order; twice as many as there are askers are under way."""
    free = threading.local()
    turn = iter(askers)

    def begin() -> None:
        free.asker = next(turn)

    waiting: deque[Any] = deque()
    with ThreadPoolExecutor(len(askers), thread_name_prefix="asker", initializer=begin) as pool:
        left = iter(given)
        waiting.extend(pool.submit(lambda one: work(free.asker, one), one) for one in itertools.islice(left, 2 * len(askers)))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(lambda one: work(free.asker, one), one) for one in itertools.islice(left, 1))
            yield done
