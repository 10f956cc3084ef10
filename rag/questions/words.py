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
    "whats": "what's",
    "hows": "how's",
    "whos": "who's",
    "wheres": "where's",
    "dont": "don't",
    "doesnt": "doesn't",
    "isnt": "isn't",
    "diff btw": "difference between",
    "diff b/w": "difference between",
    "difference btw": "difference between",
    "diff": "difference",
}
_SHORTENED = re.compile(rf"(?<![\w/.-])(?:{'|'.join(sorted(map(re.escape, _SHORT), key=len, reverse=True))})(?![\w/.-])")


def spelled_out(text: str) -> str:
    """The text with words written out that are often typed short, in small letters; names and capitals stay.

    >>> spelled_out("whats the diff btw R and S w/o code"), spelled_out("papers abt R/S, btw.")
    ("what's the difference between R and S without code", 'papers about R/S, btw.')
    """
    return _SHORTENED.sub(lambda m: _SHORT[m[0]], text)
