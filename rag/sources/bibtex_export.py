"""Papers to BibTeX: specials escaped, capitals protected, keys readable and unique."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rag.sources.names import apart
from rag.text import STOP_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.schema import Paper

_SPECIALS = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "`": r"\textasciigrave{}", "<": r"\textless{}", ">": r"\textgreater{}", "*": r"\textasteriskcentered{}",
}  # fmt: skip


def bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """An entry a paper, its key from first author, year and first telling word of the title, numbered on where taken."""
    taken: set[str] = set()
    for paper in papers:
        key = _key(paper)
        number = 2
        unique = key
        while unique in taken:
            unique, number = f"{key}-{number}", number + 1
        taken.add(unique)
        yield _entry(paper, unique)


def _entry(paper: Paper, key: str) -> str:
    fields = {
        # The inner braces keep the capitals whatever the style does.
        "title": f"{{{escaped(paper.title)}}}",
        "author": " and ".join([*map(_author, paper.authors), *(["others"] if paper.authors and paper.authors_truncated else [])]),
        "year": paper.published[:4] if paper.published else "",
        "date": paper.published or "",
        "abstract": escaped(paper.abstract),
        "keywords": ", ".join(map(escaped, paper.categories)),
        "doi": _address(paper.doi),
        "url": _address(paper.url),
        "eprint": paper.arxiv_id or "",
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{'article' if paper.doi else 'misc'}{{{key},\n{body}}}\n\n"


def escaped(text: str) -> str:
    """Text in which no character means anything to LaTeX or BibTeX."""
    return "".join(_SPECIALS.get(char, char) for char in text)


def _author(name: str) -> str:
    """`Last, First`; a name of one word, or with "and" in it, is kept together by braces."""
    given, family = apart(name)
    if not given or " and " in f" {name.lower()} " or "," in name:
        return f"{{{escaped(name)}}}"
    return f"{escaped(family)}, {escaped(given)}"


def _address(text: str | None) -> str:
    """An address, whose braces and backslashes would unbalance the entry; the rest is read verbatim."""
    return re.sub(r"[{}\\]", lambda m: f"%{ord(m[0]):02X}", text or "")


def _key(paper: Paper) -> str:
    """`peng2023towards`, in plain ASCII."""
    family = apart(paper.authors[0])[1] if paper.authors else "anonymous"
    telling = next((word for word in words(paper.title) if word not in STOP_WORDS), "untitled")
    raw = f"{family}{(paper.published or '')[:4]}{telling}".lower()
    ascii_only = unicodedata.normalize("NFKD", raw).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9-]", "", ascii_only) or "paper"
