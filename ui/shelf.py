"""The libraries that the server has open, and the model that it uses where a visit brings none."""

from __future__ import annotations

import dataclasses
import gc
import logging
import threading
import time
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from rag import config
from rag.assistant import Assistant, LLMOptions, Stop
from rag.errors import ConfigError
from rag.redaction import redacted
from ui import charts
from ui.chat import Chats
from ui.running import Running
from ui.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag.answering.events import Event
    from rag.config import Settings
    from rag.library.overview import Overview
    from rag.schema import Filters
    from ui.charts import Topic

MOST_VISITS, VISIT_S = 1000, 12 * 3600.0
"""Browsers whose choice of a model is remembered, and for how long after the choice."""

MOST_OVERVIEWS = 8
"""Pictures of libraries, each of what some filters let through, that are remembered."""

LOOKED_AT = 300
"""Papers that are looked at to tell what a library's abstracts are."""

_log = logging.getLogger(__name__)


class Shelf:
    """Opens each library once and shares it. Safe for many threads."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet. `llm` is the model set from the page for everybody, `offline` turns the configured one off."""
        self.settings = settings
        self.llm: LLMOptions | None = None
        self.offline = False
        self._guard, self._working_out = threading.Lock(), threading.Lock()
        self._open: dict[str, Assistant] = {}
        self._examples: dict[tuple[str, int], list[str]] = {}
        self._overviews: OrderedDict[tuple[str, int, Filters | None, str | None], tuple[Overview, list[Topic]]] = OrderedDict()
        self._retold: dict[tuple[str, int], bool] = {}
        self.warmed, self._closing = threading.Event(), threading.Event()
        self._running: weakref.WeakSet[Running] = weakref.WeakSet()
        self._asked_by: dict[str, weakref.WeakSet[Running]] = {}
        self.chats = Chats()
        self._visits: OrderedDict[str, tuple[float, str, LLMOptions | None, bool]] = OrderedDict()

    @property
    def default(self) -> str:
        """The configured library."""
        return self.settings.library

    def assistant(self, name: str = "") -> Assistant:
        """The library of that name, which must be one of `names`; the configured one is made where it is missing."""
        name = name or self.default
        with self._guard:
            found = self._open.get(name)
            if found is None:
                if name not in self.names():
                    raise ConfigError(f"there is no library {name!r}; choose one of {', '.join(map(repr, self.names()))}")
                settings = self.settings.model_copy(update={"library": name})
                found = self._open[name] = Assistant.open(settings, create=name == self.default)
            return found

    def names(self) -> list[str]:
        """The configured library, then the others in the user's data folder, by name."""
        folder, own = config.libraries_folder(), Path(config.library_folder(self.default))
        return [self.default, *(n for n in config.libraries() if n != self.default and folder / n != own)]

    def model_of(self, visit: Visit) -> LLMOptions | None:
        """The model that writes this visit's answers; None: they are quoted offline."""
        if visit.llm is not None or visit.offline:
            return visit.llm
        if self.llm is not None or self.offline:
            return self.llm
        settings = self.settings
        if not settings.llm_base_url or not settings.llm_model:
            return None
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
        return LLMOptions(base_url=settings.llm_base_url, model=settings.llm_model, api_key=key)

    def retold(self, name: str = "") -> bool:
        """Whether abstracts of this library are retold in other words, as far as its first papers tell."""
        library = self.assistant(name).library
        key = (name or self.default, library.generation)
        if key not in self._retold:
            found = any(paper.abstract_origin == "rewritten" for paper in library.papers_by_row(range(LOOKED_AT)))
            self._retold = {**{k: v for k, v in self._retold.items() if k[0] != key[0]}, key: found}
        return self._retold[key]

    def overview(self, name: str = "", filters: Filters | None = None, text: str | None = None) -> tuple[Overview, list[Topic]]:
        """The papers of a library that match, in few words and without their vectors, and the topics that they fall into.

        Worked out once for each state of the library; what was looked at last is kept.
        """
        library = self.assistant(name).library
        key = (name or self.default, library.generation, filters, text)
        with self._working_out:
            if key not in self._overviews:
                of = library.overview(filters, text=text)
                self._overviews[key] = dataclasses.replace(of, vectors=of.vectors[:0].copy()), charts.topics(of)
                while len(self._overviews) > MOST_OVERVIEWS:
                    self._overviews.popitem(last=False)
            self._overviews.move_to_end(key)
            return self._overviews[key]

    def known_examples(self, name: str = "") -> list[str]:
        """The examples, where they have been worked out already."""
        return self._examples.get((name or self.default, self.assistant(name).library.generation), [])

    def examples(self, name: str = "") -> list[str]:
        """Questions that this library answers; worked out once for each state of it."""
        from ui.examples import examples

        assistant = self.assistant(name)
        key = (name or self.default, assistant.library.generation)
        with self._working_out:
            if key not in self._examples:
                found = examples(assistant) if assistant.library.count() else []
                self._examples = {**{k: v for k, v in self._examples.items() if k[0] != key[0]}, key: found}
            return self._examples[key]

    def warm(self) -> None:
        """Open the configured library, work out its examples, read ahead: in the background; the first visitor then waits for nothing."""

        def work() -> None:
            if self.model_of(Visit()) is not None:
                self.load_model_packages()
            try:
                self.examples()
            except Exception as error:  # noqa: BLE001 - examples are an offer; without them the page works
                _log.warning("the examples could not be worked out: %s", redacted(repr(error)))
            try:
                self.assistant().read_ahead(self._closing.is_set)
            except Exception as error:  # noqa: BLE001 - the papers are then read when somebody asks
                _log.warning("the papers could not be read ahead: %s", redacted(repr(error)))
            gc.freeze()  # what was loaded by now stays: looking through it again would halt all answers for a quarter of a second
            self.warmed.set()

        threading.Thread(target=work, name="warm", daemon=True).start()

    @staticmethod
    def load_model_packages() -> None:
        """Import what a written answer needs: seconds that the first question would otherwise take longer."""
        import openai.resources.chat  # noqa: F401

        import rag.answering.llm
        import rag.llamaindex  # noqa: F401

    def running(self, start: Callable[[Stop], Iterator[Event]], *asked_by: str | None) -> Running:
        """An answer under way that `halt` can end, and `left` with any of the names of those who asked."""
        made = Running(start, self.settings.answer_timeout_s)
        self._running.add(made)
        for name in filter(None, asked_by):
            self._asked_by.setdefault(name, weakref.WeakSet()).add(made)
        for name in [name for name, held in self._asked_by.items() if not held]:
            del self._asked_by[name]
        return made

    def remember(self, browser: str, visit: Visit) -> None:
        """Which library and model a browser has chosen, for its next page; in memory alone, and not for ever."""
        if not browser:
            return
        with self._guard:
            self._visits[browser] = time.monotonic(), visit.library, visit.llm, visit.offline
            self._visits.move_to_end(browser)
            while len(self._visits) > MOST_VISITS:
                self._visits.popitem(last=False)

    def recall(self, browser: str, visit: Visit) -> None:
        """Give a new page of a browser what an earlier one had chosen."""
        with self._guard:
            since, library, llm, offline = self._visits.get(browser, (0.0, "", None, False))
            if since and time.monotonic() - since > VISIT_S:
                del self._visits[browser]
            elif since:
                visit.library, visit.llm, visit.offline = library, llm, offline

    def forget(self, browser: str) -> None:
        """Forget what a browser has chosen, the key of its model included."""
        with self._guard:
            self._visits.pop(browser, None)

    def left(self, name: str) -> None:
        """End the answers of a session, or of an event: nobody reads them any more. Those of a chat wait a while for who comes back."""
        self.chats.left(name)
        for running in list(self._asked_by.get(name, ())):
            running.stop()

    @property
    def under_way(self) -> int:
        """How many answers are being worked on."""
        return sum(running.busy for running in list(self._running))

    def halt(self) -> None:
        """End all answers under way."""
        self.chats.halt()
        for running in list(self._running):
            running.stop()

    def close(self) -> None:
        """Let go of all libraries."""
        self._closing.set()
        self.halt()
        with self._guard:
            for assistant in self._open.values():
                assistant.close()
            self._open.clear()
