"""Tokens are counted with tiktoken's own vocabularies, offline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import tokens


@pytest.mark.parametrize(("text", "n"), [("", 0), ("hello world", 2), ("hello", 1), ("tiktoken is great!", 6)])
def test_known_counts(text: str, n: int) -> None:
    """Counts that tiktoken's own documentation and any tokenizer page give for o200k and cl100k alike."""
    assert tokens.count(text, "cl100k_base") == n
    assert tokens.count(text) in {n, n - 1}


def test_marks_of_models_are_plain_text() -> None:
    """A text that holds `<|endoftext|>` neither raises nor counts as one special token."""
    assert tokens.count("<|endoftext|>") > 1


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", ("o200k_base", True)),
        ("gpt-4", ("cl100k_base", True)),
        ("text-embedding-3-small", ("cl100k_base", True)),
        ("davinci", ("o200k_base", False)),
        ("qwen2.5:7b", ("o200k_base", False)),
        ("", ("o200k_base", False)),
    ],
)
def test_the_vocabulary_of_a_model(model: str, expected: tuple[str, bool]) -> None:
    """Known models have their own; for others, and those whose vocabulary is not at hand, the default stands in and is told apart."""
    assert tokens.encoding_for(model) == expected


@given(st.text(max_size=200), st.integers(0, 40))
def test_cutting_keeps_the_beginning(text: str, limit: int) -> None:
    """What is left is a prefix; a text within the limit stays whole; no half character remains."""
    cut = tokens.truncate(text, limit)
    assert text.startswith(cut)
    if tokens.count(text) <= limit:
        assert cut == text


def test_cutting_inside_a_character() -> None:
    """A character of several tokens is kept or dropped as a whole."""
    text = "𒀭" * 5
    for limit in range(tokens.count(text) + 1):
        assert set(tokens.truncate(text, limit)) <= {"𒀭"}


@given(st.text(max_size=100))
def test_counts_do_not_depend_on_the_run(text: str) -> None:
    """Counting is pure, and no longer than the text in bytes."""
    assert tokens.count(text) == tokens.count(text) <= len(text.encode())
