"""Names: whether a text holds one, laid against writing out every run of its words."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from rag.reading.names import Named, key_of, missing

WORDS = st.lists(st.sampled_from(["GPT", "4", "gpt4", "a", "ab", "b", "PaLM", "540B", "Seg", "Former"]), min_size=1, max_size=12)


@given(WORDS, st.integers(0, 11), st.integers(1, 6))
def test_runs_of_up_to_four_words_are_held(words: list[str], start: int, size: int) -> None:
    """What the words give when up to four of them are written as one is held, and nothing else is."""
    held = Named(" ".join(words))
    keys = [key_of(word) for word in words]
    every = {"".join(keys[n : n + k]) for n, k in itertools.product(range(len(keys)), range(1, 5)) if n + k <= len(keys)}
    asked = "".join(keys[start : start + size])
    assert held.has(asked) == (asked in every)
    assert all(held.has(key) for key in every)
    assert not held.has("")
    assert not held.has(f"{asked}x")
    assert held.has_end("540b") == ("540B" in words)


def test_names_however_they_are_written() -> None:
    """Hyphens, spaces and case do not matter; an abbreviation stands for its words."""
    text = "GPT-4 and the Segment Former are compared by reinforcement learning."
    assert missing("GPT4 beats SegmentFormer with RL.", text) == []
    assert missing("GPT-3 beats SegFormer with RL.", text) == ["GPT-3", "SegFormer"]
