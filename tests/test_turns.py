"""Turns at work: so many at once, the urgent first."""

from __future__ import annotations

import contextlib
import threading

from rag.answering.turns import Turns, Urgency


def test_the_urgent_go_first() -> None:
    """While one works, others queue; when it is done they come by urgency, each kind in the order in which it came."""
    turns, order = Turns(1), []
    kinds = {"further": Urgency.FURTHER, "asked": Urgency.ASKED, "first": Urgency.FIRST_SENTENCE}
    queued = [(f"{kind} {n}", urgency) for n in (1, 2) for kind, urgency in kinds.items()]

    def work(name: str, urgency: Urgency) -> None:
        with turns.take(urgency):
            order.append(name)

    threads = []
    with turns.take(Urgency.FURTHER):
        for n, (name, urgency) in enumerate(queued, start=1):
            threads.append(threading.Thread(target=work, args=(name, urgency)))
            threads[-1].start()
            while turns.waiting < n:
                threading.Event().wait(0.001)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == ["first 1", "first 2", "asked 1", "asked 2", "further 1", "further 2"]


def test_no_more_than_so_many_at_once() -> None:
    """Two may work, a third waits; an error gives the turn back."""
    turns, most, now, lock = Turns(2), 0, 0, threading.Lock()

    def work() -> None:
        nonlocal most, now
        for _ in range(50):
            with contextlib.suppress(ValueError), turns.take(Urgency.ASKED):
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
