"""A conversation on the server: one answer at a time, ended when nobody comes back, merged by turn, and bounded."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from rag.answering.events import Event
from rag.schema import Answer, Filters
from ui import chat as chats
from ui.chat import Asked, Chat, Chats
from ui.running import Running
from ui.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from rag.assistant import Stop
    from rag.schema import Paper


def _answer(question: str) -> Answer:
    return Answer(question=question, standalone_question=question, answer="It is so.")


class Server:
    """Answers that wait until they are let go, or are stopped."""

    def __init__(self, *, held: bool = False) -> None:
        """`held`: an answer does not end by itself."""
        self.held = held
        self.begun: list[str] = []
        self.started, self.stopped = threading.Semaphore(0), threading.Semaphore(0)

    def start(self, asked: Asked, chat: Chat) -> Running:
        """Begin."""
        del chat

        def stream(stop: Stop) -> Iterator[Event]:
            self.begun.append(asked.question)
            self.started.release()
            yield Event(kind="step", text="writing")
            if self.held:
                over = threading.Event()
                stop.on_stop(over.set)
                over.wait(20)
                self.stopped.release()
                return
            yield Event(kind="done", result=_answer(asked.question))

        return Running(stream)

    def papers(self, library: str, paper_ids: Sequence[str]) -> Sequence[Paper]:
        """None."""
        del library, paper_ids
        return []

    def pace_s(self) -> float:
        """No pause."""
        return 0.0


def _ask(text: str) -> Asked:
    return Asked(question=text, filters=Filters())


async def _idle(chat: Chat) -> None:
    async for _ in chat.watch():
        pass


def test_questions_are_answered_one_after_the_other() -> None:
    """In the order they were asked, each once; more than a few that wait are not taken."""

    async def run() -> None:
        chat, server = Chat(), Server()
        taken = [chat.ask(_ask(f"q{n}"), server) for n in range(chats.MOST_WAITING + 2)]
        assert taken == [True] * chats.MOST_WAITING + [False] * 2
        await _idle(chat)
        assert server.begun == [turn.answer.question for turn in chat.turns] == [f"q{n}" for n in range(chats.MOST_WAITING)]

    asyncio.run(run())


def test_an_answer_goes_on_while_somebody_may_come_back_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page leaves: nothing ends at once; whoever comes back keeps it going; nobody does, and it is stopped, what waits forgotten."""

    async def run() -> None:
        monkeypatch.setattr(chats, "AWAY_S", 0.2)
        held, chat, server = Chats(), Chat(), Server(held=True)
        held.hold(chat)
        chat.read_by("page1")
        chat.ask(_ask("first"), server)
        chat.ask(_ask("second"), server)
        await asyncio.to_thread(server.started.acquire, timeout=20)
        held.left("page1")
        chat.read_by("page2")
        await asyncio.sleep(0.5)
        assert chat.busy
        held.left("page2")
        await asyncio.wait_for(_idle(chat), 10)
        assert await asyncio.to_thread(server.stopped.acquire, timeout=20)
        assert server.begun == ["first"]
        assert chat.turns[0].stopped

    asyncio.run(run())


def test_only_so_many_answers_wait_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more, the one that was left first is ended."""

    async def run() -> None:
        monkeypatch.setattr(chats, "MOST_AWAY", 1)
        held, server = Chats(), Server(held=True)
        both = [Chat(), Chat()]
        for n, chat in enumerate(both):
            held.hold(chat)
            chat.read_by(f"page{n}")
            chat.ask(_ask(f"q{n}"), server)
        for _ in both:
            await asyncio.to_thread(server.started.acquire, timeout=20)
        held.left("page0")
        held.left("page1")
        await asyncio.wait_for(_idle(both[0]), 10)
        assert both[1].busy
        both[1].drop()
        await asyncio.wait_for(_idle(both[1]), 10)

    asyncio.run(run())


def test_chats_are_found_by_their_key_alone_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of another library, or one that was never given, finds nothing; beyond the bound the oldest are forgotten."""
    monkeypatch.setattr(chats, "MOST_KEPT", 2)
    held, made = Chats(), [Chat("a"), Chat("a"), Chat("b")]
    for chat in made:
        held.hold(chat)
    assert [held.find(chat.key, chat.library) for chat in made] == [None, made[1], made[2]]
    assert held.find(made[2].key, "a") is None
    assert held.find("", "a") is None
    assert len({chat.key for chat in made}) == 3


def _turn(name: str, size: int) -> Turn:
    return Turn(answer=_answer(name), at=f"2026-01-01T{name}", name=name, size=size)


def test_a_chat_holds_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest turns go first, however they come in; the last one stays whatever it takes; what a server keeps has a size."""
    monkeypatch.setattr(chats, "MOST_BYTES", 10)
    chat = Chat("", [_turn(f"{n}", 4) for n in range(5)])
    assert [turn.name for turn in chat.turns] == ["3", "4"]
    chat.merge([_turn("5", 50)])
    assert [turn.name for turn in chat.turns] == ["5"]
    chat.keep(_answer("a new one"))
    assert [turn.answer.question for turn in chat.turns] == ["a new one"]
    assert chat.size > len("a new one")


def test_all_chats_hold_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chat that was idle for longest goes, with its turns; one that is answered stays, even if it is the oldest."""

    async def run() -> None:
        monkeypatch.setattr(chats, "MOST_HELD_BYTES", 10)
        server, held = Server(held=True), Chats()
        busy, *idle = (Chat("", [_turn("x", 4)]) for _ in range(4))
        held.hold(busy)
        busy.ask(_ask("q"), server)
        await asyncio.to_thread(server.started.acquire, timeout=20)
        for chat in idle:
            held.hold(chat)
        assert [held.find(chat.key, "") for chat in (busy, *idle)] == [busy, None, None, idle[2]]
        assert [len(chat.turns) for chat in (busy, *idle)] == [1, 0, 0, 1]
        busy.drop()
        await asyncio.wait_for(_idle(busy), 10)

    asyncio.run(run())


def test_a_busy_chat_is_kept_before_an_idle_newcomer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all that are remembered are being answered, a new idle one is not remembered."""

    async def run() -> None:
        monkeypatch.setattr(chats, "MOST_KEPT", 1)
        server, held, busy, idle = Server(held=True), Chats(), Chat(), Chat()
        held.hold(busy)
        busy.ask(_ask("q"), server)
        await asyncio.to_thread(server.started.acquire, timeout=20)
        held.hold(idle)
        assert held.find(busy.key, "") is busy
        assert held.find(idle.key, "") is None
        busy.drop()
        await asyncio.wait_for(_idle(busy), 10)

    asyncio.run(run())


def test_turns_merge_by_name() -> None:
    """What another page kept comes in at its time, once; what was taken away by an edit stays away."""
    turns = [Turn(answer=_answer(f"q{n}"), at=f"2026-01-0{n + 1}", name=f"t{n}") for n in range(4)]
    chat = Chat("", [turns[0], turns[2]])
    chat.merge([turns[0], turns[1]])
    assert [turn.name for turn in chat.turns] == ["t0", "t1", "t2"]
    chat.cut(1)
    chat.merge(turns)
    assert [turn.name for turn in chat.turns] == ["t0", "t3"]
