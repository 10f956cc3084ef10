"""Papers out: for programs (JSON lines, BibTeX, biblatex, RIS, CSL-JSON, CSV, NBIB, EndNote XML) and for people (Markdown, references).

What programs get holds all that is known, under the user's own citation keys; `rag.sources.read` reads it back as the same papers.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Literal, get_args

from rag.errors import ConfigError
from rag.schema import NO_ABSTRACT
from rag.sources import citing, csl, noted
from rag.sources.bibtex_export import biblatex, bibtex
from rag.sources.endnote_export import endnote
from rag.sources.keys import keyed
from rag.sources.spreadsheets import guarded
from rag.sources.tagged_export import inverted, medline, ris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rag.schema import Paper

ExportFormat = Literal["jsonl", "bibtex", "biblatex", "ris", "csl", "csv", "nbib", "endnote", "markdown"]
FORMATS: tuple[str, ...] = get_args(ExportFormat)

_COLUMNS = tuple(
    "paper_id title title_origin authors authors_truncated published categories has_code listing_score url doi arxiv_id"  # noqa: SIM905
    " abstract abstract_origin type venue volume issue pages publisher editors isbn issn pmid pmcid language keywords citation_key"
    " retraction tags collections footnote".split()
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&])")


def write(papers: Iterable[Paper], format: str) -> Iterator[str]:  # noqa: A002 - the word that users type
    """The papers as pieces of text in their order, line ends included; an unknown format is a `ConfigError`.

    A style of references (`rag.sources.citing`) is a format too, whose order is its own.
    """
    writers: dict[str, Callable[[Iterable[Paper]], Iterator[str]]] = {
        "jsonl": _jsonl, "bibtex": bibtex, "biblatex": biblatex, "ris": ris, "csl": _csl, "csv": _csv, "nbib": medline, "endnote": endnote,
        "markdown": _markdown,
    }  # fmt: skip
    if format not in writers and citing.known(format):
        return (f"{line}\n" for line in citing.references(papers, format))
    if format not in writers:
        raise ConfigError(f"no export format {format!r}; there are {', '.join(FORMATS)}, and the styles {', '.join(citing.STYLES)}")
    return writers[format](papers)


def _jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    for paper in papers:
        yield json.dumps(paper.to_dict(), ensure_ascii=False) + "\n"


def _csl(papers: Iterable[Paper]) -> Iterator[str]:
    yield "["
    for number, (key, paper) in enumerate(keyed(papers, ids=True)):
        yield (",\n" if number else "\n") + json.dumps(csl.item(paper, key), ensure_ascii=False)
    yield "\n]\n"


def _csv(papers: Iterable[Paper]) -> Iterator[str]:
    yield _row(_COLUMNS)
    for paper in papers:
        record = paper.to_dict()
        record["editors"] = [inverted(editor) for editor in paper.editors]
        record["footnote"] = noted.told(paper, ("names", "collections", "work_id"), extra=paper.extra)
        yield _row(_cell(record.get(column)) for column in _COLUMNS)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "" if not value else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        # The last semicolon tells a single name with a comma in it from two.
        return "; ".join(value) + (";" if value and any("," in item for item in value) else "")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(guarded, cells))
    return out.getvalue()


def _markdown(papers: Iterable[Paper]) -> Iterator[str]:
    for paper in papers:
        published_in = f"{paper.venue}{f' {paper.volume}' if paper.volume else ''}" if paper.venue else ""
        facts = [
            ", ".join(paper.authors) + (" et al." if paper.authors and paper.authors_truncated else ""),
            paper.published or "",
            published_in,
        ]
        facts += [", ".join(paper.categories), f"doi:{paper.doi}" if paper.doi else "", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""]
        line = " · ".join(_escaped(fact) for fact in facts if fact)
        address = f"\n\n<{paper.url}>" if paper.url else ""
        yield (
            f"## {_escaped(paper.title)}\n\n"
            + (f"{line}{address}\n\n" if line or address else "")
            + f"{_paragraph(paper.abstract or NO_ABSTRACT)}\n\n"
        )


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _paragraph(text: str) -> str:
    """A paragraph whose first characters can't open a list or a heading."""
    return re.sub(r"^(\d+)([.)])(?=\s)|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", _escaped(text))
