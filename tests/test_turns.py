"""Turns at work: so many at once, the urgent first."""

from __future__ import annotations

import contextlib
import threading

from rag.answering.turns import Turns


def test_the_urgent_go_first() -> None:
    """While one works, others queue; when it is done the urgent ones come first, each kind in the order in which it came."""
    turns, order = Turns(1), []
    queued = [("later 1", False), ("first 1", True), ("later 2", False), ("first 2", True)]

    def work(name: str, *, urgent: bool) -> None:
        with turns.take(urgent=urgent):
            order.append(name)

    threads = []
    with turns.take(urgent=False):
        for n, (name, urgent) in enumerate(queued, start=1):
            threads.append(threading.Thread(target=work, args=(name,), kwargs={"urgent": urgent}))
            threads[-1].start()
            while turns.waiting < n:
                threading.Event().wait(0.001)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == ["first 1", "first 2", "later 1", "later 2"]


def test_no_more_than_so_many_at_once() -> None:
    """Two may work, a third waits; an error gives the turn back."""
    turns, most, now, lock = Turns(2), 0, 0, threading.Lock()

    def work() -> None:
        nonlocal most, now
        for _ in range(50):
            with contextlib.suppress(ValueError), turns.take(urgent=True):
                with lock:
                    now += 1
                    most = max(most, now)
                with lock:
                    now -= 1
                raise ValueError

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert 1 <= most <= 2
    assert turns.waiting == 0
