"""Citation keys: the user's own, else one from first author, year and the first telling word of the title; each once in a file."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rag.sources import names
from rag.text import STOP_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.schema import Paper


def keyed(papers: Iterable[Paper], *, ids: bool = False) -> Iterator[tuple[str, Paper]]:
    """Each paper with its key, numbered on where that is taken: BibTeX does not tell keys apart by case.

    `ids`: the paper's id stands in for a key that the user has not given.
    """
    taken: set[str] = set()
    for paper in papers:
        key = paper.citation_key or (paper.paper_id if ids else "") or made(paper)
        number, unique = 2, key
        while unique.lower() in taken:
            unique, number = f"{key}-{number}", number + 1
        taken.add(unique.lower())
        yield unique, paper


def made(paper: Paper) -> str:
    """`peng2023towards`, in plain ASCII."""
    first = next(iter(names.parts(paper)), None)
    family = (f"{first.particle}{first.family}" or first.literal.split()[-1]) if first else "anonymous"
    telling = next((word for word in words(paper.title) if word not in STOP_WORDS), "untitled")
    raw = f"{family}{(paper.published or '')[:4]}{telling}".lower().translate(_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", raw).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9-]", "", ascii_only) or "paper"


# Letters that don't come apart into a plain one and its accent.
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "\u0131": "i"})
