"""What is asked: a typed question becomes a Question with its kind, the filters it says in words, and a standalone form.

Everything here works without a model: patterns over the words of the question, checked against what the library holds (an author's
name counts only where a stored paper has it). Deliberately absent: retrieval, and any judgement on whether an answer exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.questions.filters import merge_filters, said_filters
from rag.questions.followups import condense, is_follow_up, is_hollow, points_nowhere, refers_back, tidy, without_field_words
from rag.questions.framing import Framed, Order, framed
from rag.questions.kinds import MANY, Kind, asked_field, kind_of
from rag.questions.sides import dated_sides
from rag.questions.slots import asks
from rag.questions.words import spelled_out
from rag.schema import Filters
from rag.text import stems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Kind", "Order", "Question", "is_follow_up", "is_hollow", "merge_filters", "understand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as understood. `topic` is what is searched: the standalone text without words that only ask or state filters.

    `framed` tells what the words beside filters are there for. `sides` are two papers, as the question calls them, whose dates it compares.
    """

    text: str
    core: str
    """The text without what only asks, greets or thanks."""
    standalone: str
    topic: str
    request: str
    """The text of a request for papers, with its verbs, less filters, order and what is left out: what may be looked up word for word."""
    kind: Kind
    filters: Filters = field(default_factory=Filters)
    said: tuple[str, ...] = ()
    asked_field: str | None = None
    follow_up: bool = False
    leans: bool = False
    """Its words refer back; a follow-up without that may as well stand alone."""
    unnamed: bool = False
    """It speaks of a paper that nothing before it names ("limitations of this work?")."""
    carried: tuple[str, ...] = ()
    superlative: Order | None = None
    """The newest, oldest or best of all papers is asked for, or of those that filters allow."""
    framed: Framed = field(default_factory=lambda: Framed(core="", request=""))
    corrected: tuple[tuple[str, str], ...] = ()
    sides: tuple[str, str] | None = None
    dropped: tuple[str, ...] = ()
    """Words that looked like filters and were not meant so."""

    @property
    def by_fields(self) -> bool:
        """Nothing but filters is asked ("which papers were posted in May 2023?")."""
        return bool(self.filters) and not self.follow_up and is_hollow(self.topic)


def understand(
    text: str,
    *,
    history: Sequence[str] = (),
    filters: Filters | None = None,
    knows_author: Callable[[str], bool] = lambda _name: False,
    knows_source: Callable[[str], bool] = lambda _name: True,
) -> Question:
    """Read a question. Given `filters` win over said ones, field by field; `history` holds earlier questions, oldest first.

    `knows_author` and `knows_source` tell whether any stored paper has this author or source; names that they deny stay words of the topic.
    """
    text = re.sub(r"\b(?:e\.\s?g|i\.\s?e|cf|viz)\.,?(?=\s|$)", " ", re.sub(r"\s+", " ", text))
    text = re.sub(r"\s+", " ", text).strip()
    typed, text = text, spelled_out(text)
    said, rest, phrases = said_filters(text, knows_author=knows_author, knows_source=knows_source)
    merged = merge_filters(said, filters)
    whole, own = framed(text), framed(rest)
    if (whole.literature or whole.summary) and _goes_on(text, whole.core):  # a request, and then a question about what is found
        whole = own = Framed(core=text, request=rest)
    kind = kind_of(text, said=bool(said), framed=whole if whole.asks_papers else own)
    core = text if kind in MANY else whole.core
    topic = own.core
    follow_up = bool(history) and is_follow_up(core)
    asked = asked_field(core) if kind not in MANY else None
    if follow_up:
        topic = condense(topic, history)
    hollow = is_hollow(topic)
    if asked is not None:
        topic = without_field_words(topic)
    standalone = condense(core, history) if follow_up else text
    return Question(
        text=typed,
        core=core,
        standalone=standalone,
        topic=tidy(topic) or ("" if (merged and not follow_up) or own.order or own.unstored else core),
        request=condense(own.request, history) if follow_up else own.request,
        kind=kind,
        filters=merged,
        said=tuple(phrases),
        asked_field=asked,
        follow_up=follow_up,
        leans=follow_up and refers_back(core),
        unnamed=not history and kind not in {"list", "count"} and not _chosen(merged) and points_nowhere(core),
        superlative=own.order if hollow else None,
        framed=own,
        sides=dated_sides(core) if not follow_up else None,
    )


def _goes_on(text: str, core: str) -> bool:
    """Whether a question stands behind a request ("is there a paper on gulls? what does it say?"), and no "which ones?"."""
    *before, last = re.split(r"[?:]\s", text.rstrip(" ?"))
    own = not set(stems(last)).isdisjoint(stems(core))
    return bool(before) and own and asks(last.strip()) and not framed(last.strip()).asks_papers


def _chosen(filters: Filters) -> bool:
    """Whether a single paper, or a few, are what the question is about."""
    return filters.paper_ids is not None
