"""Figures in a text: which words are numbers, and which digits are part of a name.

`12 %`, `175B` and `three` count; the digits of `GPT-4`, `Qwen2.5` and `top-1` do not.
"""

from __future__ import annotations

import re

from rag.text import words

NUMBER_WORDS = {
    w: n
    for n, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
    "thousand": 1000,
    "dozen": 12,
    "twice": 2,
    "half": 0.5,
    "double": 2,
    "triple": 3,
}

NUMBER = re.compile(r"(?<![\w.\-])\d+(?:,\d{3})*(?:\.\d+)?(?=[\s%),.;:?!x×]|[KMBTkmb]\b|-(?:fold|shot|point|bit|way|hour|day|times)|$)")  # noqa: RUF001
_SCALE = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_VALUE = re.compile(r"[$~≈<>+±]*(\d+(?:,\d{3})*(?:\.\d+)?)([kmbt]?)(?:%|x|×|\+)?$")  # noqa: RUF001


def value_of(word: str) -> float | None:
    """The number that a lower-case word stands for, or None.

    >>> value_of("1,200"), value_of("12b"), value_of("three"), value_of("gpt-4")
    (1200.0, 12000000000.0, 3.0, None)
    """
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word])
    match = _VALUE.fullmatch(word)
    return float(match[1].replace(",", "")) * _SCALE.get(match[2], 1.0) if match else None


def has_number(text: str) -> bool:
    """Whether the text holds a figure, in digits or (from two on) in a word."""
    return NUMBER.search(text) is not None or any(NUMBER_WORDS.get(w, 0) >= 2 for w in _split(text))


def numbers(text: str) -> set[float]:
    """The figures of a text, in digits or words; a scale letter is left aside.

    >>> sorted(numbers("four of 1,000 GPT-4 runs gave 3.5 % in a two-stage test"))
    [2.0, 3.5, 4.0, 1000.0]
    """
    found = {float(m.replace(",", "")) for m in NUMBER.findall(text)}
    return found | {float(NUMBER_WORDS[w]) for w in _split(text) if w in NUMBER_WORDS}


def _split(text: str) -> list[str]:
    return [part for word in words(text) for part in word.split("-")]
