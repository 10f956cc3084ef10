"""Words that several patterns share, and words typed short."""

from __future__ import annotations

import re

PAPERS = r"(?:papers?|articles?|works?|stud(?:y|ies)|abstracts?|preprints?|publications?|research)"
"""What a collection holds, as people call it."""

_SHORT = {
    "w/": "with",
    "w/o": "without",
    "abt": "about",
    "smth": "something",
    "u": "you",
    "r": "are",
    "ur": "your",
    "gimme": "give me",
    "diff": "difference",
    "diff btw": "difference between",
    "diff b/w": "difference between",
    "difference btw": "difference between",
} | {whole.replace("'", ""): whole for whole in ("what's", "how's", "who's", "where's", "don't", "doesn't", "isn't")}
_SHORTENED = re.compile(rf"(?<![\w/.-])(?:{'|'.join(sorted(map(re.escape, _SHORT), key=len, reverse=True))})(?![\w/.-])")


def spelled_out(text: str) -> str:
    """The text with words written out that are often typed short, in small letters; names and capitals stay.

    >>> spelled_out("the diff btw R and S w/o code"), spelled_out("papers abt R/S, btw.")
    ('the difference between R and S without code', 'papers about R/S, btw.')
    """
    return _SHORTENED.sub(lambda m: _SHORT[m[0]], text)
