"""Replies are cut into sentences with the codes that the prompt offered; [n] are given in order of first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag import thoughts
from rag.citations import CitedSentence, ReplyReader, numbers_of, read_reply, references_of, render, span_citation
from rag.schema import Citation, Paper, Statement

if TYPE_CHECKING:
    import re

KNOWN = ["k3f7", "a9b2", "c4d5"]


def cited(text: str, *codes: str, unknown: tuple[str, ...] = ()) -> CitedSentence:
    """The expected sentence."""
    return CitedSentence(text=text, codes=codes, unknown=unknown)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Foo is fast [k3f7].", [cited("Foo is fast.", "k3f7")]),
        ("Foo is fast. [k3f7] Bar is slow. [a9b2]", [cited("Foo is fast.", "k3f7"), cited("Bar is slow.", "a9b2")]),
        ("[k3f7] Foo is fast. [a9b2] Bar is slow.", [cited("Foo is fast.", "k3f7"), cited("Bar is slow.", "a9b2")]),
        ("Foo is fast [k3f7, a9b2].", [cited("Foo is fast.", "k3f7", "a9b2")]),
        ("Foo is fast [k3f7][a9b2][k3f7].", [cited("Foo is fast.", "k3f7", "a9b2")]),
        ("Foo is fast [k3f7-c4d5].", [cited("Foo is fast.", "k3f7", "a9b2", "c4d5")]),
        ("Foo is fast (k3f7; a9b2).", [cited("Foo is fast.", "k3f7", "a9b2")]),
        ("Foo is fast 【K3F7】.", [cited("Foo is fast.", "k3f7")]),
        ("Foo [k3f7] and Bar [a9b2] are fast.", [cited("Foo and Bar are fast.", "k3f7", "a9b2")]),
        ("Foo is fast [1, 2].", [cited("Foo is fast.", unknown=("1", "2"))]),
        ("Foo is fast [1][99].", [cited("Foo is fast.", unknown=("1", "99"))]),
        ("Foo is fast [2-1] [0].", [cited("Foo is fast.", unknown=("2", "1", "0"))]),
        ("Foo is fast [Smith2020] [k3f7].", [cited("Foo is fast.", "k3f7", unknown=("smith2020",))]),
        ("Foo is fast [k3f7](https://example.org/x).", [cited("Foo is fast.", "k3f7")]),
        ("- **Foo** is fast [k3f7]\n- Bar is `slow` [a9b2]", [cited("Foo is fast", "k3f7"), cited("Bar is slow", "a9b2")]),
        ("1. Foo is fast [k3f7].\n2. Bar is slow.", [cited("Foo is fast.", "k3f7"), cited("Bar is slow.")]),
        ("<think>Maybe [a9b2]. Yes.</think>Foo is fast [k3f7].", [cited("Foo is fast.", "k3f7")]),
        ("<think>never ending [k3f7].", []),
        ("Foo by Li et al. [k3f7] The rest is slow [a9b2].", [cited("Foo by Li et al.", "k3f7"), cited("The rest is slow.", "a9b2")]),
        ("", []),
        (" \n[k3f7]\n ... ", []),
    ],
)
def test_codes_are_found_wherever_they_stand(reply: str, expected: list[CitedSentence]) -> None:
    """Codes before and behind the full stop, in lists, ranges and odd brackets go to their sentence; others are named unknown."""
    assert read_reply(reply, KNOWN) == expected


def test_a_sentence_is_given_as_soon_as_the_next_has_begun() -> None:
    """Nothing is held back longer than it takes to know that the sentence and its codes are complete."""
    reader = ReplyReader(KNOWN)
    assert reader.feed("Foo is fast [k3f7]. The") == []
    assert reader.feed(" next") == [cited("Foo is fast.", "k3f7")]
    assert reader.feed(" is slow [a9") == []
    assert reader.feed("b2].\n") == [cited("The next is slow.", "a9b2")]
    assert reader.finish() == []


PIECES = st.sampled_from(
    [
        "Foo",
        " is",
        " fast",
        " at",
        " 3.5",
        "%",
        ".",
        " ",
        "\n",
        "[k3f7]",
        "[a9b2, 7]",
        " The",
        " et al.",
        " (see",
        ")",
        "?",
        "[",
        "]",
        "- ",
        "**x**",
    ]
)


@example("[. The is]", 1)
@given(st.lists(PIECES, max_size=25).map("".join), st.integers(1, 7))
def test_streaming_cuts_as_the_whole_reply_is_cut(reply: str, step: int) -> None:
    """However the reply is split on its way, no letter of an answer is lost and no code invented."""
    reader = ReplyReader(KNOWN)
    streamed = [s for n in range(0, len(reply), step) for s in reader.feed(reply[n : n + step])] + reader.finish()
    whole = read_reply(reply, KNOWN)
    assert _letters(streamed) == _letters(whole)
    assert {c for s in streamed for c in s.codes} <= set(KNOWN)


@pytest.mark.parametrize("piece", ["Foo reads server logs and ", "[k3f7] ", "\\( a ", "[", "(a ", "word "])
def test_a_line_without_end_is_looked_at_seldom(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked through, all in all, is a small multiple of the line's length, however small the pieces are in which it comes."""
    looked = 0
    search = thoughts._MARK

    class Counting:
        def search(self, text: str) -> re.Match[str] | None:
            nonlocal looked
            looked += len(text)
            return search.search(text)

    take = ReplyReader._take

    def counted(self: ReplyReader, line: str, *, last: bool) -> list[CitedSentence]:
        nonlocal looked
        looked += len(line)
        return take(self, line, last=last)

    monkeypatch.setattr(thoughts, "_MARK", Counting())
    monkeypatch.setattr(ReplyReader, "_take", counted)
    reader, text = ReplyReader(KNOWN), (piece * 40_000)[:40_000]
    for n in range(0, len(text), 4):
        reader.feed(text[n : n + 4])
    reader.finish()
    assert looked < 100 * len(text)


def test_what_can_t_be_seen_is_taken_out_of_a_reply() -> None:
    """A mark that turns the direction of writing would show other words, or figures, than those that are checked."""
    assert (
        read_reply("Foo is \u202e21%\u202c\x1b[31m \u200bfast [k3f7].", KNOWN)[0].text
        == read_reply("Foo is 21%[31m fast [k3f7].", KNOWN)[0].text
    )


def test_numbers_follow_first_use_and_skip_what_is_withheld() -> None:
    """[1..n] in order of first use, without holes; a withheld sentence takes no number and is not rendered."""
    one, two, three = (Citation(paper_id=p, quote="q", start=0, end=1) for p in "abc")
    statements = [
        Statement(text="First.", status="verified", citations=(two,)),
        Statement(text="Hidden.", status="withheld", citations=(three,)),
        Statement(text="Second!", status="reattributed", citations=(one, two)),
        Statement(text="Odd one", status="unsupported"),
    ]
    references = references_of(statements)
    assert references == ("b", "a")
    assert numbers_of(statements[2], references) == (1, 2)
    assert render(statements, references) == "First. [1] Second! [1][2] Odd one (not supported by the abstracts)"


def test_a_citation_quotes_the_stored_text() -> None:
    """The quote is the abstract between its offsets."""
    paper = Paper(paper_id="p", title="t", abstract="One. Two.")
    citation = span_citation(paper, 5, 9)
    assert citation.quote == "Two." == paper.abstract[citation.start : citation.end]


def _letters(found: list[CitedSentence]) -> str:
    return "".join(c for s in found for c in s.text if c.isalnum())
