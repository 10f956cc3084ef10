"""The draft: what is read for it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from rag.answering import relevance, verdicts
from rag.cli import render
from rag.drafting import CLEAR, DECISIVE
from rag.reading.reader import PAPERS_READ
from rag.schema import Filters

if TYPE_CHECKING:
    from rag.assistant import Assistant

METHOD, FIGURE = "How does MathOctopus deal with languages?", "How many languages does the MGSM8KInstruct dataset cover?"
ABSENT = "How many volcanoes erupted on Io in 1979?"


@pytest.mark.parametrize("question", [METHOD, FIGURE, ABSENT])
def test_where_a_model_writes_less_is_read_for_the_same_verdict(assistant: Assistant, question: str) -> None:
    """The decisive papers alone, as where one of them answers anyway; signals and verdict are those of a full reading."""
    understood, hits = assistant.finder.find(question)
    quoted, written = assistant.drafter.weigh(understood, hits), assistant.drafter.weigh(understood, hits, quoted=False)
    clear = max(read.chance for read in written.reads) >= CLEAR
    assert (len(quoted.reads), len(written.reads)) == (DECISIVE if clear else PAPERS_READ, DECISIVE)
    assert clear or question == ABSENT
    assert written.signals == quoted.signals
    assert written.verdict == quoted.verdict


def test_what_no_paper_holds_is_refused(assistant: Assistant) -> None:
    """The reader finds it unrelated, and the verdict says so."""
    understood, hits = assistant.finder.find(ABSENT)
    assert assistant.drafter.weigh(understood, hits).verdict.reason == "out_of_corpus"


# --- nothing asked of papers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("hi", "Hello."),
        ("thanks a lot!", "You're welcome."),
        ("what can you do?", "I answer questions"),
        ("???", "What would you like to know"),
        ("limitations of this work?", "Which paper do you mean?"),
        ("who wrote it?", "Which paper do you mean?"),
    ],
)
def test_small_talk_gets_a_line(assistant: Assistant, text: str, begins: str) -> None:
    """A helpful line or a question back, no paper, and no claim to have answered."""
    found = assistant.ask(text)
    assert found.answer.startswith(begins)
    assert (found.statements, found.retrieved, found.nearest, found.voice) == ((), (), (), "refusal")


def test_a_chosen_paper_is_the_work_that_is_meant(assistant: Assistant) -> None:
    """Where one is chosen, "this work" is no riddle."""
    paper = assistant.library.list(limit=1)[0]
    found = assistant.ask("What is the main result of this work?", filters=Filters(paper_ids=(paper.paper_id,)))
    assert not found.answer.startswith("Which paper")


# --- comparisons -------------------------------------------------------------------------------------------------------------------


def test_a_comparison_has_a_row_for_each_side(assistant: Assistant) -> None:
    """Sides by attributes; each cell is a statement of a paper that holds the side's name."""
    found = assistant.ask("Compare DyLoRA and AdaLoRA: rank and speed")
    assert found.table is not None
    assert (found.table.rows, found.table.columns) == (("DyLoRA", "AdaLoRA"), ("rank", "speed"))
    for side, cells in zip(found.table.rows, found.table.cells, strict=True):
        for cell in cells:
            if cell is not None:
                papers = {p.paper_id: p for p in found.papers}
                (paper,) = {papers[c.paper_id] for c in found.statements[cell].citations}
                assert side.casefold() in f"{paper.title} {paper.abstract}".casefold()


def test_a_table_says_what_is_not_stated(assistant: Assistant) -> None:
    """On the command line a cell names its reference, and an empty one says so."""
    found = assistant.ask("Compare DyLoRA and AdaLoRA: rank and speed")
    assert found.table is not None
    empty = dataclasses.replace(found, table=dataclasses.replace(found.table, cells=((0, None), (None, None))))
    lines = render.table(empty)
    assert lines[0] == "|  | rank | speed |"
    assert lines[2].startswith("| DyLoRA | ")
    assert lines[2].endswith("[1] | not stated |")
    assert lines[3] == "| AdaLoRA | not stated | not stated |"


def test_one_side_alone_is_no_comparison(assistant: Assistant) -> None:
    """A side that no paper knows is said, and the answer is not firm."""
    found = assistant.ask("What is the difference between DyLoRA and Zorbinet?")
    assert found.voice != "answer"
    assert found.abstained


# --- yes, no, and what is taken for granted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "sentence", "said"),
    [
        ("Does the drug improve survival?", "The drug improved survival by 12 months.", {"yes"}),
        ("Does the drug improve survival?", "The drug did not improve survival.", {"no"}),
        ("Does the network need labels?", "The network works without labels.", {"no", None}),
        (
            "Is excessive depth good for trees?",
            "Depth helps networks, in contrast to trees, where excessive depth is harmful.",
            {"no", None},
        ),
    ],
)
def test_a_verdict_never_says_the_contrary(assistant: Assistant, question: str, sentence: str, said: set[str | None]) -> None:
    """A sentence that carries the question is never taken for a no, one that denies it never for a yes."""
    reader = assistant.drafter.reader
    assert reader.pairs is not None
    hit = assistant.drafter.search(question, assistant.finder.find(question)[0])[0]
    ranked = relevance.rank([reader.lay(reader.ask(question), hit, [sentence])], "verdict")
    assert verdicts.said(question, ranked, reader.pairs) in said


def test_a_denied_premise_is_noticed(assistant: Assistant) -> None:
    """It is noticed in "how does it help?" against "it does not help", and not against a sentence that helps."""
    pairs = assistant.drafter.reader.pairs
    assert pairs is not None
    assert verdicts.speaks_against("How does the drug improve survival?", "The drug does not improve survival.", pairs)
    assert not verdicts.speaks_against("How does the drug improve survival?", "The drug improves survival by slowing growth.", pairs)


# --- filters in words ----------------------------------------------------------------------------------------------------------------


def test_words_that_cut_off_the_answer_are_no_filter(assistant: Assistant) -> None:
    """A date that leaves papers, but not the one that answers, is searched as words, and that is said."""
    found = assistant.ask("In papers since 2022, how many languages does the MGSM8KInstruct dataset cover?")
    assert found.voice == "answer"
    assert any("searched as words" in note for note in found.notes)


# --- requests ----------------------------------------------------------------------------------------------------------------------


def test_the_newest_so_many_stand_in_order(assistant: Assistant) -> None:
    """By date, newest first, as many as were asked for; that others carry no date is said."""
    found = assistant.ask("newest 3 papers on translation")
    dates = [next(c.value for c in s.citations if c.field == "published") for s in found.statements]
    assert len(dates) == 3
    assert dates == sorted(dates, key=str, reverse=True)
    assert any("without a date" in note for note in found.notes)


def test_an_order_that_is_not_stored_is_said(assistant: Assistant) -> None:
    """Papers on the topic are listed all the same; without a topic nothing can be answered."""
    found = assistant.ask("most cited papers on knowledge distillation?")
    assert found.voice == "answer"
    assert found.notes[0].startswith("What is “most cited” can't be told")
    bare = assistant.ask("which paper has the most citations?")
    assert (bare.statements, bare.abstain_reason) == ((), "none_found")
    assert "no citations" in bare.answer


def test_what_is_left_out_is_not_listed(assistant: Assistant) -> None:
    """Papers that name it are left out, and a note says so."""
    every, some = (assistant.ask(f"papers on knowledge distillation{without}") for without in ("", ", but not on language models"))
    left = set(every.references) - set(some.references)
    assert left
    assert all("language" in f"{p.title} {p.abstract}".lower() for p in every.papers if p.paper_id in left)
    assert "Left out: papers with “language models” in the title or in a sentence." in some.notes


@pytest.mark.parametrize(
    "question", ["anything on perovskite solar cells pls?", "need papers abt crop rotation", "count of papers on measles"]
)
def test_a_request_for_what_no_paper_is_about_is_refused(assistant: Assistant, question: str) -> None:
    """However it is worded."""
    assert assistant.ask(question).voice == "refusal"


def test_words_that_ask_carry_no_weight(assistant: Assistant) -> None:
    """A question leads to the same answer with and without its frame."""
    bare, framed = assistant.ask(FIGURE), assistant.ask(f"Hi! Quick question: {FIGURE[0].lower()}{FIGURE[1:]} Thanks in advance")
    assert [s.text for s in bare.statements] == [s.text for s in framed.statements]
    assert framed.question.startswith("Hi!")
