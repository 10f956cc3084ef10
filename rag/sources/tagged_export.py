"""Papers to tagged text: RIS and PubMed's format (NBIB). What these have no tag for stands in a note (`noted`)."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from rag.schema import Name
from rag.sources import kinds, names, noted
from rag.sources.keys import keyed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.schema import Paper

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
# CSL's variables of `extra` that have a tag.
_RIS_EXTRA = {
    "publisher-place": "CY", "collection-title": "T3", "title-short": "ST", "container-title-short": "J2", "edition": "ET", "number": "M1",
    "genre": "M3", "call-number": "CN", "section": "SE", "author-address": "AD", "accessed": "Y2", "translator": "A4",
    "collection-editor": "A3", "database": "DB",
}  # fmt: skip
_MEDLINE_EXTRA = {
    "publisher-place": "PL", "container-title-short": "TA", "collection-title": "CTI", "edition": "EN", "author-address": "AD",
}  # fmt: skip
_RIS_LACKS = ("type", "arxiv_id", "categories", "tags", "collections", "retraction", "pmid", "work_id", "names")
_MEDLINE_LACKS = (*_RIS_LACKS, "url", "published")


def ris(papers: Iterable[Paper]) -> Iterator[str]:
    """A record of RIS a paper."""
    for key, paper in keyed(papers):
        date = (paper.published or "").split("-")
        kept_type = str(paper.extra.get("ris-type", ""))
        rows: list[tuple[str, Any]] = [
            (
                "TY",
                kept_type
                if re.fullmatch(r"[A-Z]{2,6}", kept_type)
                else kinds.written(paper.type or ("article-journal" if paper.doi else None))[1],
            ),
            ("ID", key),
            ("TI", paper.title),
            *(("AU", inverted(author)) for author in names.parts(paper)),
            ("AU", "et al." if paper.authors and paper.authors_truncated else ""),
            *(("ED", inverted(editor)) for editor in paper.editors),
            ("PY", date[0]),
            ("DA", f"{'/'.join(date)}{'/' * (3 - len(date))}" if paper.published else ""),
            ("T2", paper.venue),
            ("VL", paper.volume),
            ("IS", paper.issue),
            *_pages(paper.pages),
            ("PB", paper.publisher),
            *(("SN", number) for number in (*paper.isbn, *paper.issn)),
            ("DO", paper.doi),
            ("UR", paper.url),
            ("UR", f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id and paper.arxiv_id not in (paper.url or "") else ""),
            ("LA", paper.language),
            ("AN", paper.pmid),
            ("C2", paper.pmcid),
            *(("KW", word) for word in dict.fromkeys((*paper.keywords, *paper.categories, *paper.tags))),
            *_more(paper, _RIS_EXTRA, "N1"),
            ("N1", noted.note(noted.told(paper, _RIS_LACKS, extra=_left(paper, _RIS_EXTRA)))),
            ("AB", paper.abstract),
        ]
        yield "".join(f"{tag}  - {_line(value)}\n" for tag, value in rows if tag and value) + "ER  - \n\n"


def _kind(paper: Paper) -> tuple[str, str, str]:
    return kinds.written(paper.type or ("article-journal" if paper.doi else None))


def _pages(pages: str | None) -> list[tuple[str, str]]:
    first, _, last = (pages or "").partition("-")
    return [("SP", pages or "")] if "," in (pages or "") or "-" in last else [("SP", first), ("EP", last)]


def medline(papers: Iterable[Paper]) -> Iterator[str]:
    """A record of PubMed's format a paper; its key stands in a note, for the format has no tag for one."""
    for key, paper in keyed(papers):
        date = [*(paper.published or "").split("-"), "", ""][:3]
        printed = " ".join(
            part for part in (date[0], MONTHS[int(date[1]) - 1] if date[1] else "", str(int(date[2])) if date[2] else "") if part
        )
        rows: list[tuple[str, Any]] = [
            ("TI", paper.title),
            ("PG", paper.pages),
            ("LID", f"{paper.doi} [doi]" if paper.doi else ""),
            ("AB", paper.abstract),
            *(row for author in names.parts(paper) for row in _medline_author(author)),
            ("FAU", "et al." if paper.authors and paper.authors_truncated else ""),
            *(("FED", inverted(editor)) for editor in paper.editors),
            ("LA", paper.language),
            ("PT", _kind(paper)[2]),
            ("PB", paper.publisher),
            ("DP", printed),
            ("JT", paper.venue),
            ("VI", paper.volume),
            ("IP", paper.issue),
            *(("IS", number) for number in paper.issn),
            *(("ISBN", number) for number in paper.isbn),
            *(("OT", word) for word in dict.fromkeys((*paper.keywords, *paper.categories, *paper.tags))),
            ("PMC", paper.pmcid),
            *_more(paper, _MEDLINE_EXTRA, "GN"),
            ("GN", noted.note(noted.told(paper, _MEDLINE_LACKS, extra=_left(paper, _MEDLINE_EXTRA)) | {"citation_key": key})),
        ]
        # The record begins with the number, which may be unknown.
        yield f"PMID- {paper.pmid or ''}\n" + "".join(_wrapped(tag, _line(value)) for tag, value in rows if tag and value) + "\n"


def _medline_author(author: Name) -> list[tuple[str, str]]:
    """The full name and the short one; a group."""
    if author.literal or not author.family:
        return [("CN", str(author))]
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", author.given))
    last = f"{author.particle} {author.family}".strip()
    return [("FAU", inverted(author)), ("AU", " ".join(part for part in (last, initials, author.suffix.rstrip(".")) if part))]


def inverted(name: Name) -> str:
    """`von Last, First, Jr`."""
    if name.literal or not name.family:
        return str(name)
    last = f"{name.particle} {name.family}".strip()
    # The comma says that it is a person's name even where nothing follows.
    return ", ".join(part for part in (last, name.given, name.suffix) if part) + ("" if name.given or name.suffix else ",")


def _more(paper: Paper, tags: dict[str, str], note: str) -> Iterator[tuple[str, str]]:
    """What else a source said, under its tag where there is one; notes as notes."""
    for name, value in paper.extra.items():
        tag = tags.get(name) or (note if name == "note" else "")
        for one in value if isinstance(value, list) else [value]:
            yield tag, inverted(name_from(one)) if isinstance(one, dict) else str(one)


def _left(paper: Paper, tags: dict[str, str]) -> list[str]:
    """The names in `extra` that have no tag, or whose values a tag does not hold whole."""
    return [name for name, value in paper.extra.items() if (name not in tags or isinstance(value, list)) and name != "note"]


def name_from(parts: dict[str, Any]) -> Name:
    """A name of `extra`."""
    return Name(**{part: str(parts[part]) for part in Name.__slots__ if part in parts})


def _line(value: Any) -> str:
    """A value on one line."""
    return " ".join(str(value).split())


def _wrapped(tag: str, value: str) -> str:
    """A field in lines of at most 88 characters, indented after the first; addresses are not parted."""
    lines = textwrap.wrap(value, 82, break_long_words=False, break_on_hyphens=False) or [""]
    return f"{tag:<4}- " + "\n      ".join(lines) + "\n"
