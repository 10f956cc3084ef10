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
}
_SHORTENED = re.compile(rf"(?<![\w/.-])(?:{'|'.join(sorted(map(re.escape, _SHORT), key=len, reverse=True))})(?![\w/.-])")

_UNMARKED = re.compile(
    r"(?<![\w/.'\u2019-])(?:(what|who|where|when|why|how|that|there)(s)|(do|does|did|is|are|was|were|has|have|had|ca|could|wo|would|should)(nt))(?![\w/'\u2019-])",
    re.IGNORECASE,
)
"""Question words and auxiliaries with what was joined to them, the apostrophe left out."""


def _marked(match: re.Match[str]) -> str:
    word = match[0]
    return word if word.isupper() else f"{word[:-1]}'{word[-1]}"


def spelled_out(text: str) -> str:
    """The text with words written out that are often typed short, in small letters, and apostrophes set; names and capitals stay.

    >>> spelled_out("the diff btw R and S w/o code"), spelled_out("papers abt R/S, btw.")
    ('the difference between R and S without code', 'papers about R/S, btw.')
    >>> spelled_out("Hows a tern fed?")
    "How's a tern fed?"
    """
    return _UNMARKED.sub(_marked, _SHORTENED.sub(lambda m: _SHORT[m[0]], text))
