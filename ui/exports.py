"""An answer to take along: as Markdown with its quotes, or its cited papers alone as BibTeX, RIS or CSL-JSON. No gradio here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag import sources
from rag.errors import ConfigError
from ui import cards
from ui import turns as keeping

if TYPE_CHECKING:
    from rag.schema import Answer, Paper

KINDS = {
    "markdown": ("md", "text/markdown"),
    "bibtex": ("bib", "application/x-bibtex"),
    "ris": ("ris", "application/x-research-info-systems"),
    "csl": ("json", "application/vnd.citationstyles.csl+json"),
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&])")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be downloaded."""

    name: str
    media_type: str
    text: str


def export(answer: Answer, kind: str) -> File:
    """The answer in one of `KINDS`; ConfigError for another kind."""
    if kind not in KINDS:
        raise ConfigError(f"an answer can't be exported as {kind!r}; choose one of {', '.join(KINDS)}")
    ending, media_type = KINDS[kind]
    cited = [p for p in keeping.cited_papers(answer) if p is not None]
    text = markdown(answer) if kind == "markdown" else "".join(sources.write(cited, kind))
    return File(name=f"{_slug(answer.question)}.{ending}", media_type=media_type, text=text)


def markdown(answer: Answer) -> str:
    """Question, answer with [n], and the references with what was quoted from each. Marks of Markdown in the texts are escaped."""
    lines = [f"# {_escaped(answer.question)}", "", *_paragraphs(answer.answer)]
    papers = keeping.cited_papers(answer)
    if papers:
        lines += ["## References", ""]
    for n, (paper_id, paper) in enumerate(zip(answer.references, papers, strict=True)):
        lines.append(f"\\[{n + 1}\\] {_reference(paper) if paper else _escaped(paper_id)}")
        lines.append("")
        quotes = [c.quote for s in answer.statements for c in s.citations if c.paper_id == paper_id and c.quote]
        for quote in dict.fromkeys(quotes):
            lines += [f"> {_escaped(quote)}", ""]
    if answer.notes:
        lines += [*(f"- {_escaped(note)}" for note in answer.notes), ""]
    how = "quoted offline" if answer.mode == "extractive" else f"{answer.verified[0]} of {answer.verified[1]} sentences verified"
    return "\n".join([*lines, f"*Footnote, {how}.*", ""])


def _reference(paper: Paper) -> str:
    return _escaped(cards.plain(paper))


def _paragraphs(text: str) -> list[str]:
    return [line for part in text.splitlines() if part.strip() for line in (_escaped(part), "")]


def _escaped(text: str) -> str:
    flat = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"^(\d+)([.)])(?=\s)|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", _MARKDOWN.sub(r"\\\1", flat))


def _slug(text: str) -> str:
    """A file name of ASCII letters, digits and hyphens.

    >>> _slug("What is PLBR?"), _slug("???")
    ('what-is-plbr', 'answer')
    """
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words)[:60].strip("-") or "answer"
