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
from rag.questions.kinds import Kind, Superlative, asked_field, kind_of, superlative
from rag.questions.sides import dated_sides
from rag.schema import Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Kind", "Question", "Superlative", "is_follow_up", "is_hollow", "merge_filters", "understand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as understood. `topic` is the standalone text without the words that only state filters; it is what is searched.

    `sides` are two papers, as the question calls them, whose dates it compares.
    """

    text: str
    standalone: str
    topic: str
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
    superlative: Superlative | None = None
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
    said, topic, phrases = said_filters(text, knows_author=knows_author, knows_source=knows_source)
    merged = merge_filters(said, filters)
    follow_up = bool(history) and is_follow_up(text)
    standalone = text
    if follow_up:
        standalone = condense(text, history)
        topic = condense(topic, history)
    sides = dated_sides(text) if not follow_up else None
    asked = asked_field(text)
    if asked is not None:
        topic = without_field_words(topic)
    kind = kind_of(text, asked=asked, said=bool(said))
    return Question(
        text=text,
        standalone=standalone,
        topic=tidy(topic) or ("" if merged and not follow_up else standalone),
        kind=kind,
        filters=merged,
        said=tuple(phrases),
        asked_field=asked,
        follow_up=follow_up,
        leans=follow_up and refers_back(text),
        unnamed=not history and kind not in {"list", "count"} and not _chosen(merged) and points_nowhere(text),
        superlative=superlative(text) if is_hollow(topic) else None,
        sides=sides,
    )


def _chosen(filters: Filters) -> bool:
    """Whether a single paper, or a few, are what the question is about."""
    return filters.paper_ids is not None
