"""A conversation on the server: its turns, the answer under way, the questions that wait for it.

It outlives the page that began it. Any number of pages of one browser may look at it; whoever shows its key finds it again, so a reload
loses nothing. What nobody looks at any more is ended after a while, and what is remembered is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from rag.errors import FootnoteError
from ui import live
from ui.turns import Turn, sized

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from rag.assistant import LLMOptions
    from rag.schema import Answer, Filters, Paper
    from ui.running import Running

MOST_TURNS = 100
"""Longest chat; the oldest turns go first."""

MOST_BYTES, MOST_HELD_BYTES = 4 << 20, 128 << 20
"""What the turns of one chat may take, of which the oldest go first; and of all chats, of which the one that was longest idle does."""

MOST_WAITING = 5
"""Questions that may wait for the one that is being answered."""

AWAY_S = 120.0
"""How long an answer goes on that nobody looks at: whoever reloads the page, or loses the line for a moment, comes back within it."""

MOST_AWAY = 20
"""Answers that nobody looks at; of more, the one that was left first is ended."""

MOST_KEPT, KEPT_S = 300, 1800.0
"""Chats that are remembered for whoever comes back, and for how long after they were last looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it was sent: what it is narrowed to, and who is to write. `exact`: search for these words and no others."""

    question: str
    filters: Filters
    model: LLMOptions | None = None
    exact: bool = False


class Answering(Protocol):
    """What a chat needs of the server."""

    def start(self, asked: Asked, chat: Chat) -> Running:
        """Begin an answer."""

    def papers(self, library: str, paper_ids: Sequence[str]) -> Sequence[Paper]:
        """The papers with these ids."""

    def pace_s(self) -> float:
        """Least time between two updates of an answer under way."""


def _bounded(turns: Sequence[Turn]) -> list[Turn]:
    """The newest turns that a chat has room for, the last one in any case."""
    kept: list[Turn] = []
    room = MOST_BYTES
    for turn in list(turns)[: -MOST_TURNS - 1 : -1]:
        room -= turn.size
        if kept and room < 0:
            break
        kept.append(turn)
    return kept[::-1]


class Chat:
    """One conversation. Asking and watching happen on the event loop; the rest may come from any thread."""

    def __init__(self, library: str = "", turns: Sequence[Turn] = ()) -> None:
        """Nothing is under way. The key is known to the browser that holds the chat, and to nobody else."""
        self.key, self.library = secrets.token_urlsafe(18), library
        self.turns: list[Turn] = _bounded(turns)
        self.waiting: list[Asked] = []
        self.now: live.Live | None = None
        self.failed: Asked | None = None
        self.reason = ""
        self.running: Running | None = None
        self.seen = time.monotonic()
        self.readers: set[str] = set()
        self._dropped: set[str] = set()
        self._work: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._ending: asyncio.TimerHandle | None = None
        self.version = 0
        self.rendered: tuple[list[Turn], str, str] | None = None
        """The finished turns as they were last rendered, with their sources."""

    # -- what there is --------------------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether an answer is under way or waited for."""
        return self._work is not None and not self._work.done()

    @property
    def under_way(self) -> str:
        """The answer under way, or the one that failed, and the questions that wait: as HTML."""
        number = len(self.turns) + 1
        shown = ""
        if self.now is not None:
            shown = str(self.now.html(self.key))
        elif self.failed is not None:
            shown = str(live.failed(self.failed.question, number, self.reason))
        waiting = self.waiting if self.now is not None else self.waiting[1:]
        return shown + str(live.waiting([one.question for one in waiting]))

    def tell(self) -> None:
        """Something has changed: all who watch look again."""
        self.version += 1
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody watches any more
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def watch(self) -> AsyncIterator[None]:
        """A step for how it stands, and one whenever that has changed, until nothing is under way."""
        seen = -1
        while True:
            changed = self._changed
            if seen != self.version:
                seen = self.version
                yield
                continue
            if not self.busy:
                return
            await changed.wait()

    # -- asking -----------------------------------------------------------------------------------------------------------------------

    def ask(self, asked: Asked, server: Answering) -> bool:
        """Answer a question after those that wait; False where too many do. On the event loop."""
        if len(self.waiting) >= MOST_WAITING:
            return False
        self._loop = asyncio.get_running_loop()
        self.waiting.append(asked)
        if not self.busy:
            self._work = asyncio.create_task(self._all(server))
        self.tell()
        return True

    async def _all(self, server: Answering) -> None:
        try:
            while self.waiting:
                await self._one(self.waiting.pop(0), server)
        finally:
            self._work, self.now = None, None
            self.tell()

    async def _one(self, asked: Asked, server: Answering) -> None:
        self.failed = None
        now = self.now = live.Live(
            question=asked.question, number=len(self.turns) + 1, filters=asked.filters, written=asked.model is not None
        )
        running = self.running = server.start(asked, self)
        self.tell()
        answer: Answer | None = None
        try:
            async for events in running.batches(server.pace_s):
                for event in events:
                    now.take(event)
                if self.running is not running:
                    return
                if events[-1].kind == "done":
                    answer = events[-1].result
                else:
                    now.find(lambda ids: server.papers(self.library, ids))
                    self.tell()
        except FootnoteError as error:
            if self.running is running:
                self.failed, self.reason, self.now, self.running = asked, str(error), None, None
            return
        if self.running is running:  # else the chat was emptied meanwhile
            now.find(lambda ids: server.papers(self.library, ids))
            self.now = self.running = None
            self.keep(answer or now.cut(), stopped=answer is None)

    def keep(self, answer: Answer, *, stopped: bool = False) -> None:
        """Add an answer at the end."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.turns = _bounded([*self.turns, sized(Turn(answer=answer, at=at, stopped=stopped, name=secrets.token_hex(6)))])
        self.tell()

    # -- changing ---------------------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the answer under way; what there is of it stays, and the next question has its turn."""
        running = self.running
        if running is not None:
            running.stop()

    def drop(self) -> None:
        """End the answer under way and forget it, and whatever waits."""
        running, self.running, self.now, self.failed = self.running, None, None, None
        self.waiting.clear()
        if running is not None:
            running.stop()
        self.tell()

    def withdraw(self, place: int) -> Asked | None:
        """Take a question back that waits."""
        found = self.waiting.pop(place) if 0 <= place < len(self.waiting) else None
        self.tell()
        return found

    def cut(self, place: int) -> None:
        """Forget the turns from a place on."""
        self._dropped |= {turn.name for turn in self.turns[place:]}
        self.turns = self.turns[:place]
        self.tell()

    @property
    def size(self) -> int:
        """What its turns take of memory."""
        return sum(turn.size for turn in self.turns)

    def let_go(self) -> None:
        """Forget all turns, which a browser that kept them can bring back."""
        self.turns, self.rendered = [], None
        self.tell()

    def merge(self, turns: Sequence[Turn]) -> None:
        """Take in turns that another page, or this one before the server was started anew, has kept."""
        known = {turn.name for turn in self.turns} | self._dropped
        if new := [turn for turn in turns if turn.name not in known]:
            self.turns = _bounded(sorted([*self.turns, *new], key=lambda turn: turn.at))
            self.tell()

    # -- who looks --------------------------------------------------------------------------------------------------------------------

    def read_by(self, *names: str) -> None:
        """Somebody looks at it, by the names of the session and the event."""
        self.readers.update(names)
        self.seen = time.monotonic()
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def left_by(self, name: str) -> bool:
        """Somebody has gone; whether nobody is left."""
        self.readers.discard(name)
        self.seen = time.monotonic()
        if not self.readers:
            self.rendered = None
        return not self.readers

    def end_soon(self) -> None:
        """Nobody looks: give whoever comes back a while, then end. On the event loop."""
        if self._ending is None and self.busy and self._loop is not None:
            self._ending = self._loop.call_later(AWAY_S, self.drop_unseen)

    def drop_unseen(self) -> None:
        """End what is under way, as far as it came, unless somebody looks."""
        if not self.readers:
            self.waiting.clear()
            self.stop()


class Chats:
    """All chats of the server, by key. Safe for many threads."""

    def __init__(self) -> None:
        """None yet."""
        self._held: OrderedDict[str, Chat] = OrderedDict()
        self._guard = threading.Lock()

    def hold(self, chat: Chat) -> None:
        """Remember a chat for whoever comes back, within what all may take: those that were idle for longest go, never a busy one.

        A page may still look at one that goes, so its turns are let go of as well.
        """
        chat.seen = time.monotonic()
        with self._guard:
            self._held[chat.key] = chat
            self._held.move_to_end(chat.key)
            idle = sorted((one for one in self._held.values() if not one.busy and one is not chat), key=lambda one: one.seen)
            most, many = sum(one.size for one in self._held.values()), len(self._held)
            for one in idle:
                if most > MOST_HELD_BYTES or many > MOST_KEPT:
                    most, many = most - one.size, many - 1
                    del self._held[one.key]
                    one.let_go()
                elif time.monotonic() - one.seen > KEPT_S and not one.readers:
                    many -= 1
                    most -= one.size
                    del self._held[one.key]
            if (most > MOST_HELD_BYTES or many > MOST_KEPT) and not chat.busy:
                del self._held[chat.key]  # all others are at work
                if most > MOST_HELD_BYTES:
                    chat.let_go()

    def find(self, key: str, library: str) -> Chat | None:
        """The chat with that key, if it is remembered and of this library."""
        with self._guard:
            found = self._held.get(key)
        return found if found is not None and found.library == library else None

    def left(self, name: str) -> None:
        """A session, or an event, is over: what it looked at is ended unless somebody comes back. On the event loop."""
        with self._guard:
            mine = [chat for chat in self._held.values() if name in chat.readers]
        for chat in mine:
            if chat.left_by(name):
                chat.end_soon()
        with self._guard:
            away = [chat for chat in self._held.values() if chat.busy and not chat.readers]
        for chat in sorted(away, key=lambda one: one.seen)[: max(0, len(away) - MOST_AWAY)]:
            chat.drop_unseen()

    def halt(self) -> None:
        """The server ends: nothing that waits is begun any more."""
        with self._guard:
            for chat in self._held.values():
                chat.waiting.clear()
