"""The draft: what is read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag.drafting import DECISIVE
from rag.reading.reader import PAPERS_READ

if TYPE_CHECKING:
    from rag.assistant import Assistant

METHOD, FIGURE = "How does MathOctopus deal with languages?", "How many languages does the MGSM8KInstruct dataset cover?"
ABSENT = "How many volcanoes erupted on Io in 1979?"


@pytest.mark.parametrize("question", [METHOD, FIGURE, ABSENT])
def test_where_a_model_writes_less_is_read_for_the_same_verdict(assistant: Assistant, question: str) -> None:
    """The decisive papers alone; signals and verdict are those of a full reading."""
    understood, hits = assistant.finder.find(question)
    quoted, written = assistant.drafter.weigh(understood, hits), assistant.drafter.weigh(understood, hits, quoted=False)
    assert (len(quoted.reads), len(written.reads)) == (PAPERS_READ, DECISIVE)
    assert written.signals == quoted.signals
    assert written.verdict == quoted.verdict


def test_what_no_paper_holds_is_refused(assistant: Assistant) -> None:
    """The reader finds it unrelated, and the verdict says so."""
    understood, hits = assistant.finder.find(ABSENT)
    assert assistant.drafter.weigh(understood, hits).verdict.reason == "out_of_corpus"
