"""Papers out: JSON lines, BibTeX, RIS, CSL-JSON, CSV and Markdown. What `rag.sources.read` reads back holds the same papers.

JSON lines and CSV keep every field that fits; the bibliographic formats keep title, authors, date, categories, addresses and abstract.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Literal, get_args

from rag.errors import ConfigError
from rag.sources.bibtex_export import bibtex
from rag.sources.names import apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rag.schema import Paper

ExportFormat = Literal["jsonl", "bibtex", "ris", "csl", "csv", "markdown"]
FORMATS: tuple[str, ...] = get_args(ExportFormat)

_COLUMNS = tuple(
    "paper_id title title_origin authors authors_truncated published categories has_code listing_score url doi arxiv_id abstract"  # noqa: SIM905
    " abstract_origin".split()
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&])")


def write(papers: Iterable[Paper], format: str) -> Iterator[str]:  # noqa: A002 - the word that users type
    """The papers as pieces of text in their order, line ends included; an unknown format is a `ConfigError`."""
    writers: dict[str, Callable[[Iterable[Paper]], Iterator[str]]] = {
        "jsonl": _jsonl, "bibtex": bibtex, "ris": _ris, "csl": _csl, "csv": _csv, "markdown": _markdown,
    }  # fmt: skip
    if format not in writers:
        raise ConfigError(f"no export format {format!r}; there are {', '.join(FORMATS)}")
    return writers[format](papers)


def _jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    for paper in papers:
        yield json.dumps(paper.to_dict(), ensure_ascii=False) + "\n"


def _ris(papers: Iterable[Paper]) -> Iterator[str]:
    import rispy

    for paper in papers:
        fields: dict[str, Any] = {
            "type_of_reference": "JOUR" if paper.doi else "GEN",
            "title": paper.title,
            "authors": [", ".join(part for part in reversed(apart(name)) if part) for name in paper.authors],
            "year": paper.published[:4] if paper.published else None,
            "date": f"{paper.published.replace('-', '/')}{'/' * (3 - paper.published.count('-'))}"[:11] if paper.published else None,
            "abstract": paper.abstract,
            "keywords": list(paper.categories),
            "doi": paper.doi,
            "urls": [paper.url] if paper.url else [],
        }
        text = rispy.dumps([{key: value for key, value in fields.items() if value}])
        # rispy numbers the records, each from 1 here.
        yield text[text.index("TY  -") :].rstrip("\n") + "\n\n"


def _csl(papers: Iterable[Paper]) -> Iterator[str]:
    yield "["
    for number, paper in enumerate(papers):
        item: dict[str, Any] = {
            "id": paper.paper_id or f"paper-{number + 1}",
            "type": "article-journal" if paper.doi else "article",
            "title": paper.title,
            "author": [_csl_name(name) for name in paper.authors],
            "issued": {"date-parts": [[int(part) for part in paper.published.split("-")]]} if paper.published else None,
            "abstract": paper.abstract,
            "DOI": paper.doi,
            "URL": paper.url,
            "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else None,
            "keyword": ", ".join(paper.categories) or None,
        }
        yield (",\n" if number else "\n") + json.dumps({key: value for key, value in item.items() if value}, ensure_ascii=False)
    yield "\n]\n"


def _csl_name(name: str) -> dict[str, str]:
    given, family = apart(name)
    return {"family": family, "given": given} if given else {"literal": name}


def _csv(papers: Iterable[Paper]) -> Iterator[str]:
    yield _row(_COLUMNS)
    for paper in papers:
        record = paper.to_dict()
        yield _row(_cell(record[column]) for column in _COLUMNS)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        # The last semicolon tells a single name with a comma in it from two.
        return "; ".join(value) + (";" if value and any("," in item for item in value) else "")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _markdown(papers: Iterable[Paper]) -> Iterator[str]:
    for paper in papers:
        facts = [", ".join(paper.authors) + (" et al." if paper.authors and paper.authors_truncated else ""), paper.published or ""]
        facts += [", ".join(paper.categories), f"doi:{paper.doi}" if paper.doi else "", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""]
        line = " · ".join(_escaped(fact) for fact in facts if fact)
        address = f"\n\n<{paper.url}>" if paper.url else ""
        yield f"## {_escaped(paper.title)}\n\n" + (f"{line}{address}\n\n" if line or address else "") + f"{_paragraph(paper.abstract)}\n\n"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _paragraph(text: str) -> str:
    """A paragraph whose first characters can't open a list or a heading."""
    return re.sub(r"^(\d+)([.)])(?=\s)|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", _escaped(text))
