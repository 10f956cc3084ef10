"""An answer to take along: as Markdown or HTML with its quotes, or its cited papers alone as BibTeX, RIS or CSL-JSON. No gradio here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag import citations, sources
from rag.errors import ConfigError
from rag.sources import citing
from ui import cards, layout
from ui import turns as keeping
from ui.markup import join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.library import Library
    from rag.schema import Answer, Paper, Statement

KINDS = {
    "markdown": ("md", "text/markdown"),
    "html": ("html", "text/html"),
    "bibtex": ("bib", "application/x-bibtex"),
    "ris": ("ris", "application/x-research-info-systems"),
    "csl": ("json", "application/vnd.citationstyles.csl+json"),
}
PAPERS = {"bibtex": "bib", "ris": "ris", "csl": "json", "csv": "csv", "markdown": "md", "jsonl": "jsonl"}
"""What papers of the library are exported as, and the endings."""

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
    text = _text(kind, [answer], cited)
    return File(name=f"{_slug(answer.question)}.{ending}", media_type=media_type, text=text)


def chat(answers: Sequence[Answer], kind: str) -> File:
    """A whole chat in one of `KINDS`: every question and answer, or all papers that any of them cites, each once."""
    if kind not in KINDS:
        raise ConfigError(f"a chat can't be exported as {kind!r}; choose one of {', '.join(KINDS)}")
    if not answers:
        raise ConfigError("the chat is empty")
    ending, media_type = KINDS[kind]
    cited = {p.paper_id: p for answer in answers for p in keeping.cited_papers(answer) if p is not None}
    return File(name=f"{_slug(answers[0].question)}.{ending}", media_type=media_type, text=_text(kind, answers, list(cited.values())))


def _text(kind: str, answers: Sequence[Answer], cited: Sequence[Paper]) -> str:
    if kind == "markdown":
        return "\n".join(markdown(answer) for answer in answers)
    if kind == "html":
        body = join([tag("h1", answers[0].question) if len(answers) > 1 else None, *(html(answer) for answer in answers)])
        head = tag("head", tag("meta", charset="utf-8"), tag("title", answers[0].question), tag("style", _STYLE))
        return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"
    return "".join(sources.write(cited, kind))


_STYLE = (
    "body{font:16px/1.6 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem}sup{line-height:0}"
    "blockquote{color:#555;margin:.3rem 0 .6rem 1rem}"
)


def html(answer: Answer) -> Markup:
    """Question, answer with raised numbers, and the references with what was quoted from each: for a word processor or a browser."""
    said = [layout.formed(answer.statements, _numbered(answer))] if layout.has_form(answer.statements) else _lines(answer)
    rows = []
    for paper_id, paper in zip(answer.references, keeping.cited_papers(answer), strict=True):
        quotes = dict.fromkeys(c.quote for s in answer.statements for c in s.citations if c.paper_id == paper_id and c.quote)
        rows.append(tag("li", cards.plain(paper) if paper else paper_id, *(tag("blockquote", text) for text in quotes)))
    return join([tag("h2", answer.question), *said, tag("h3", "References") if rows else None, tag("ol", *rows) if rows else None])


def _lines(answer: Answer) -> list[Markup]:
    """The answer's lines, each a paragraph, with raised numbers."""
    pieces, end = list[str](), 0
    for match in _marks(answer):
        pieces += [answer.answer[end : match.start()], match[1]]
        end = match.end()
    pieces.append(answer.answer[end:])
    lines: list[list[Any]] = [[]]
    for n, piece in enumerate(pieces):
        if n % 2:
            lines[-1].append(tag("sup", piece))
            continue
        first, *others = piece.split("\n")
        lines[-1].append(first)
        lines += [[text] for text in others]
    return [tag("p", *line) for line in lines if any(str(part).strip() for part in line)]


def _marks(answer: Answer) -> list[re.Match[str]]:
    """The [n] of the answer's text. What a sentence itself has in brackets is its authors' own and counts none of the papers below."""
    own, end = list[range](), 0
    for statement in answer.statements:
        said = statement.text.rstrip(".!?")
        if said and statement.status != "withheld" and (place := answer.answer.find(said, end)) >= 0:
            end = place + len(said)
            own.append(range(place, end))
    known = range(1, len(answer.references) + 1)
    found = re.finditer(r"\[(\d{1,6})\]", answer.answer)
    return [m for m in found if int(m[1]) in known and not any(m.start() in span for span in own)]


def _numbered(answer: Answer) -> layout.Run:
    """Statements with raised numbers; what is withheld leaves nothing."""

    def run(found: Sequence[tuple[int, Statement]]) -> Markup:
        shown = [s for _, s in found if s.status != "withheld"]
        numbers = [citations.numbers_of(s, answer.references) for s in shown]
        said = zip(shown, numbers, strict=True)
        return join((join([layout.inline(s.styled or s.text), *(tag("sup", n) for n in own)], " ") for s, own in said), " ")

    return run


def papers(library: Library, paper_ids: Sequence[str], kind: str) -> str:
    """Papers of a library in one of `PAPERS`; ConfigError for another kind, PaperNotFound."""
    if kind not in PAPERS:
        raise ConfigError(f"papers can't be exported as {kind!r}; choose one of {', '.join(PAPERS)}")
    return "".join(sources.write(library.get_many(paper_ids), kind))


def references(answer: Answer, style: str) -> dict[str, str]:
    """The cited papers in a style of journals, as text and as HTML; ConfigError for a style that is not known."""
    cited = [p for p in keeping.cited_papers(answer) if p is not None]
    lines = citing.references(cited, style)
    return {"text": "\n".join(lines) + "\n", "html": str(join(tag("p", line) for line in lines))}


def markdown(answer: Answer) -> str:
    """Question, answer with [n], and the references with what was quoted from each. Marks of Markdown in the texts are escaped."""
    said = [_formed(answer), ""] if layout.has_form(answer.statements) else _paragraphs(answer.answer)
    lines = [f"# {_escaped(answer.question)}", "", *said]
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
    how = "without a model" if answer.mode == "extractive" else f"{answer.verified[0]} of {answer.verified[1]} sentences verified"
    return "\n".join([*lines, f"*Footnote, {how}.*", ""])


def _reference(paper: Paper) -> str:
    return _escaped(cards.plain(paper))


_CODE = re.compile(r"(?sm)(^```[^`\n]*\n.*?^```$|(?<![\\`])`[^`\n]+`(?!`))")
_LIVE = re.compile(r"(\\*)([\[\]<&`])")


def _formed(answer: Answer) -> str:
    """A written answer as the Markdown that it is; what would be a link or an element is text, in formulas by a blank, which TeX ignores.

    A mark of code that opens none is text as well: a reader of Markdown would close it elsewhere, and what stands between would be let in.
    """
    pieces = _CODE.split(citations.render(answer.statements, answer.references))
    return "".join(piece if n % 2 else _no_code(piece) for n, piece in enumerate(pieces))


def _no_code(text: str) -> str:
    def formula(match: re.Match[str]) -> str:
        return re.sub(r"(<|!(?=\[)|\](?=[(\[:]))", r"\1 ", match[0]).replace("`", "'")

    def escaped(said: str) -> str:
        return _LIVE.sub(lambda m: f"{m[1]}{'' if len(m[1]) % 2 else chr(92)}{m[2]}", said)

    found: list[str] = []
    end = 0
    for match in citations.FORMULA.finditer(text):
        found += [escaped(text[end : match.start()]), formula(match)]
        end = match.end()
    return "".join([*found, escaped(text[end:])])


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
