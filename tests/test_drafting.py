"""The draft: what is read for it, and when the cross-encoder is asked."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from rag.answering.reading import PAPERS_READ
from rag.drafting import DECISIVE, Drafter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.assistant import Assistant
    from rag.embedding.crossencoder import Reading

METHOD, FIGURE = "How does MathOctopus deal with languages?", "How many languages does the MGSM8KInstruct dataset cover?"
ABSENT = "How many volcanoes erupted on Io in 1979?"


@dataclasses.dataclass
class Counting:
    """The assistant's cross-encoder, and how often it was asked."""

    inner: Any
    asked: int = 0

    def question(self, text: str, title: str, sentences: Sequence[str]) -> Reading:
        """As the real one."""
        self.asked += 1
        found: Reading = self.inner.question(text, title, sentences)
        return found


@pytest.fixture
def counting(assistant: Assistant) -> Counting:
    """Counts from zero."""
    assert assistant.drafter.pairs is not None
    return Counting(assistant.drafter.pairs)


def drafter(assistant: Assistant, counting: Counting, certain: float) -> Drafter:
    """The assistant's, which takes an answer for certain from that probability on."""
    return dataclasses.replace(assistant.drafter, pairs=counting, certain=certain)  # type: ignore[arg-type] # stands in


@pytest.mark.parametrize(
    ("question", "quoted", "certain", "asked"),
    [
        (METHOD, True, 0.0, False),  # nothing hangs on its word
        (METHOD, True, 2.0, True),  # nothing is certain
        (FIGURE, True, 0.0, True),  # it tells which figure is meant
        (FIGURE, False, 0.0, False),  # which the model does where one writes
        ("Which papers are about mathematics in many languages?", True, 2.0, False),  # no paper alone answers a list
    ],
)
def test_the_cross_encoder_is_asked_where_it_can_change_something(
    assistant: Assistant, counting: Counting, question: str, *, quoted: bool, certain: float, asked: bool
) -> None:
    """For the verdict where that is in doubt, and for the figure that is quoted."""
    understood, hits = assistant.finder.find(question)
    drafter(assistant, counting, certain).weigh(understood, hits, quoted=quoted)
    assert (counting.asked > 0) == asked


def test_what_is_in_doubt_is_read_together(assistant: Assistant, counting: Counting) -> None:
    """A question that the papers do not answer is never certain; the verdict carries what the cross-encoder said."""
    understood, hits = assistant.finder.find(ABSENT)
    seen = drafter(assistant, counting, assistant.drafter.certain).weigh(understood, hits)
    assert counting.asked == 2
    assert seen.reads[0].together is not None
    assert seen.signals.together == seen.reads[0].together.answerable
    assert seen.verdict.reason == "out_of_corpus"


@pytest.mark.parametrize("question", [METHOD, FIGURE, ABSENT])
def test_where_a_model_writes_less_is_read_for_the_same_verdict(assistant: Assistant, question: str) -> None:
    """The decisive papers alone; the signals are those of a full reading but for the order of sentences of other papers."""
    understood, hits = assistant.finder.find(question)
    always = dataclasses.replace(assistant.drafter, certain=2.0)
    quoted, written = always.weigh(understood, hits), always.weigh(understood, hits, quoted=False)
    assert (len(quoted.reads), len(written.reads)) == (PAPERS_READ, DECISIVE)
    assert written.signals == quoted.signals
    assert written.verdict == quoted.verdict
