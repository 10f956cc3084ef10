"""A paper as an item of CSL-JSON: what citation processors, Zotero and Pandoc read.

https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html, https://github.com/citation-style-language/schema
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.sources import names, noted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag.schema import Name, Paper

# Variables of CSL that a record may hold in `extra`.
TEXTS = frozenset(
    "annote archive archive-place archive_location authority call-number chapter-number citation-label collection-number collection-title"  # noqa: SIM905
    " container-title-short dimensions division edition event-place event-title genre jurisdiction medium note number number-of-pages"
    " number-of-volumes original-publisher original-publisher-place original-title part-number part-title printing-number publisher-place"
    " references reviewed-genre reviewed-title scale section source status supplement-number title-short version volume-title".split()
)
DATES = frozenset({"accessed", "available-date", "event-date", "original-date", "submitted"})
PEOPLE = frozenset(
    "chair collection-editor compiler composer container-author contributor curator director editorial-director guest host"  # noqa: SIM905
    " illustrator interviewer narrator organizer original-author performer producer recipient reviewed-author script-writer series-creator"
    " translator".split()
)
_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


def item(paper: Paper, key: str) -> dict[str, Any]:
    """The item under this key, with no empty values. What CSL has no variable for stands in `custom`."""
    extra = dict(paper.extra)
    authors = [name(author) for author in names.parts(paper)]
    if authors and paper.authors_truncated:
        authors.append({"literal": "others"})
    found: dict[str, Any] = {
        "id": key,
        "citation-key": paper.citation_key,
        "type": paper.type or ("article-journal" if paper.doi else "article"),
        "title": paper.title,
        "author": authors,
        "editor": [name(editor) for editor in paper.editors],
        "issued": date(paper.published),
        "container-title": paper.venue,
        "volume": paper.volume,
        "issue": paper.issue,
        "page": paper.pages,
        "publisher": paper.publisher,
        "abstract": paper.abstract,
        "DOI": paper.doi,
        "URL": paper.url,
        "ISBN": " ".join(paper.isbn),
        "ISSN": " ".join(paper.issn),
        "PMID": paper.pmid,
        "PMCID": paper.pmcid,
        "language": paper.language,
        "keyword": ", ".join(dict.fromkeys((*paper.keywords, *paper.categories))),
        "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id and paper.type in {None, "article"} else None,
    }
    for variable in TEXTS & extra.keys():
        if not found.get(variable):
            found[variable] = str(extra.pop(variable))
    for variable in DATES & extra.keys():
        found[variable] = date(str(extra.pop(variable)))
    for variable in PEOPLE & extra.keys():
        if isinstance(extra[variable], list):
            found[variable] = [name_in(person) for person in extra.pop(variable)]
    told = noted.told(
        paper,
        ("retraction", "tags", "collections", "arxiv_id", "categories", "keywords", "names", "work_id", "citation_key"),
        extra=paper.extra,
    )
    found["custom"] = {noted.KEY: told} if told else None
    return {variable: value for variable, value in found.items() if value}


def name(author: Name) -> dict[str, str]:
    """A name under CSL's variables."""
    if author.literal:
        return {"literal": author.literal}
    found = {"family": author.family, "given": author.given, "non-dropping-particle": author.particle, "suffix": author.suffix}
    return {part: value for part, value in found.items() if value}


def name_in(person: Any) -> dict[str, str]:
    """A name of `extra`: in our parts, in CSL's, or as text."""
    if not isinstance(person, dict):
        return name(names.parse(str(person)))
    found = {("non-dropping-particle" if part == "particle" else part): str(value) for part, value in person.items()}
    return found if found.keys() & {"family", "literal"} else {"literal": " ".join(found.values())}


def date(text: str | None) -> Mapping[str, Any] | None:
    """CSL's date: parts of an ISO date or of a range, else the text."""
    if not text:
        return None
    ends = text.split("/")
    if len(ends) <= 2 and all(map(_ISO.fullmatch, ends)):
        return {"date-parts": [[int(part) for part in end.split("-")] for end in ends]}
    return {"raw": text}
