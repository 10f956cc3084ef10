"""What the columns of tables are called, tool by tool, and the roles that they have (`rag.sources.assembly`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.sources import names
from rag.sources.assembly import dotted, record_of, split_words
from rag.sources.spreadsheets import unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Role: the names of its columns, in order of preference where a row fills several. From Zotero, Scopus, Web of Science, IEEE Xplore, ACM,
# Springer, PubMed, Embase, Dimensions, Lens, OpenAlex, Semantic Scholar, Covidence, Rayyan, ASReview, Mendeley, EndNote and people.
_NAMES = {
    "title": "title, article title, document title, paper title, item title, ti, primary title, display name, work title, study title, t1,"
    " title of paper, publication title short, titre, titel, titulo",
    "title2": "book title, booktitle, title2, secondary title",
    "abstract": "abstract, abstract note, abstracts, abstract text, ab, n2, abstract en, abstract english, english abstract, paperabstract,"
    " record abstract, notes abstract, summary, description, text, resume, zusammenfassung",
    "author": "author full names, author full name, authors full names, full author names, authors, author, author s, author names,"
    " au full,"
    " creators, creator, af, au, author list, authors names, authors list, all authors, first authors, primary authors, a1, book authors,"
    " authorships author display name, authorships raw author name, authorships display name, inventors, auteurs, autoren, autores, byline",
    "author2": "book author full names, first author, lead author, corporate authors, group authors",
    "editor": "editors, editor, editor s, book editors, be, ed, editor full names",
    "date": "published, publication date, date, cover date, date of publication, date published, published date,"
    " date published print, pubdate,"
    " online publication date, online date, publication date online, issue date, date issued, fecha, datum",
    "year": "year, publication year, pub year, pubyear, py, published year, year published, year of publication, yr,"
    " publicationyear, jahr, annee,"
    " ano, anio, y1",
    "month": "month, publication month, pub month, pd",
    "day": "day",
    "doi": "doi, di, article doi, item doi, digital object identifier, doi link, doi url, do, ids doi, external ids doi,"
    " externalids doi, doi number",
    "arxiv": "arxiv id, arxiv, arxivid, arxiv identifier, externalids arxiv, eprint",
    "pmid": "pmid, pubmed id, pubmed, pm, ids pmid, medline pmid, externalids pubmed, pub med id, pubmed identifier",
    "pmcid": "pmcid, pmc id, pmc, ids pmcid, externalids pubmedcentral",
    "url": "url, link, links, urls, article url, document url, pdf url, pdf link, source url, permalink, external url,"
    " landing page url, ur,"
    " fulltext url, full text url, source urls, primary location landing page url, best oa location landing page url, web address, uri",
    "venue": "source title, publication title, journal, journal title, publication name, so, journal name, journal book, venue,"
    " publication,"
    " container title, full journal name, publication venue, proceedings title, conference name, jf, jo, t2,"
    " primary location source display name,"
    " host venue display name, publicationvenue name, secondary title journal, book journal title, periodical, series title,"
    " source full title",
    "container-title-short": "abbreviated source title, journal abbreviation, j9, journal iso abbreviation, ji, iso abbreviation, ja, ta",
    "volume": "volume, vl, vol, volume number, journal volume, biblio volume, volumen",
    "issue": "issue, is, issue number, journal issue, number, biblio issue, ip, no",
    "pages": "pages, page range, pagination, page numbers, pp, page s, article number pages, pg",
    "first_page": "page start, start page, bp, first page, beginning page, biblio first page, sp, startpage, page from",
    "last_page": "page end, end page, ep, last page, ending page, biblio last page, endpage, page to",
    "publisher": "publisher, pu, publisher name, pb",
    "publisher-place": "place, publisher location, publisher city, place of publication, pi, cy",
    "isbn": "isbn, isbns, bn, print isbn, electronic isbn, eisbn",
    "issn": "issn, issns, sn, print issn, eissn, e issn, electronic issn, online issn, ei, issn l, serial numbers, issn isbn,"
    " isbn issn, issn print",
    "language": "language, languages, la, language of original document, lang",
    "keywords": "author keywords, keywords, keyword, index keywords, keywords plus, automatic tags, ieee terms, inspec controlled terms,"
    " inspec non controlled terms, mesh terms, mesh, mesh heading, de, id, kw, index terms, subject headings, topics, concepts,"
    " keywords display name,"
    " concepts display name, topics display name, emtree medical index terms major focus, emtree medical index terms,"
    " emtree drug index terms,"
    " emtree drug index terms major focus, ot, mh, author keyword",
    "category": "categories, category, subjects, fields of study, fieldsofstudy, s2fieldsofstudy, primary category",
    "tags": "manual tags, tags, labels, user tags",
    "key": "citation key, citekey, cite key, bibtex key, bib key, entry key, citationkey, bibtexkey",
    "type": "document type, item type, publication type, type, content type, dt, reference type, ref type, source type, pt, ty,"
    " item type name,"
    " type crossref, publicationtypes, entry type, entrytype",
    "retraction": "is retracted, retracted, retraction",
    "code_url": "code url, code, github",
    "edition": "edition, et",
    "collection-title": "series, book series title, collection title, se",
    "author-address": "affiliations, author affiliations, authors with affiliations, addresses, author addresses",
}  # fmt: skip
_ROLE_OF = {name.strip(): (role, rank) for role, names_ in _NAMES.items() for rank, name in enumerate(names_.split(","))}
# Fields of our own export, which is read back field by field.
_OWN = ("paper_id", "title_origin", "authors_truncated", "has_code", "listing_score", "abstract_origin")
_WORDY = frozenset({"keywords", "category", "tags"})
_EACH = {"keywords": "keyword", "tags": "tag"}
_TRUE, _FALSE = {"true", "yes", "1", "y"}, {"false", "no", "0", "n"}
# By these alone a line of words is no header.
_TELLING = {"title", "abstract", "author", "doi", "year", "date", "venue", "keywords"}


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: of each role the columns in order of preference, and those that no role is known for."""

    roles: dict[str, tuple[int, ...]]
    own: dict[str, int]
    rest: dict[str, int]
    width: int


def header_of(cells: Sequence[str], mapping: Mapping[str, str] | None = None) -> Header:
    """What each column is. `mapping` (field to column name) goes before the usual names; case, spaces and signs don't matter."""
    folded = [_folded(cell) for cell in cells]
    given = {_folded(column): field for field, column in (mapping or {}).items()}
    found: dict[str, list[tuple[int, int]]] = {}
    own: dict[str, int] = {}
    rest: dict[str, int] = {}
    for at, (name, cell) in enumerate(zip(folded, cells, strict=True)):
        plain = cell.strip().strip("\ufeff").lower()
        if name in given:
            field = _FIELD_ROLES.get(given[name], given[name])
            found.setdefault(field, []).append((-1, at))
        elif plain in _OWN:
            own[plain] = at
        elif name in _ROLE_OF:
            role, rank = _ROLE_OF[name]
            found.setdefault(role, []).append((rank, at))
        elif name:
            rest.setdefault(cell.strip().strip("\ufeff"), at)
    roles = {role: tuple(at for _, at in sorted(columns)) for role, columns in found.items() if role not in _OWN}
    own |= {field: columns[0][1] for field, columns in found.items() if field in _OWN}
    for role, columns in [*roles.items()]:
        if mapping and any(rank == -1 for rank, _ in found[role]):
            roles[role] = columns[:1]  # the column that was named, and no other
    return Header(roles, own, rest, len(cells))


# Fields that a user may name with `--column`.
_FIELD_ROLES = {
    "authors": "author",
    "published": "date",
    "categories": "category",
    "arxiv_id": "arxiv",
    "citation_key": "key",
    "editors": "editor",
}


def telling(header: Header, mapping: Mapping[str, str] | None = None) -> bool:
    """Whether these are the columns of papers: an abstract or title, and something else about a paper."""
    known = set(header.roles)
    if mapping:
        return "abstract" in known
    return bool(known & {"title", "title2", "abstract"}) and len(known & _TELLING) >= 2


def row_record(header: Header, cells: Sequence[Any]) -> dict[str, Any]:
    """A record from the cells of one row, as texts."""
    cells = [unguarded(cell) if isinstance(cell, str) else cell for cell in cells]
    record = record_of(_pairs(header, cells))
    for field, at in header.own.items():
        value = cells[at].strip()
        if field in {"has_code", "authors_truncated"}:
            record[field] = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}.get(value.lower(), record.get(field))
        elif value:
            record[field] = value
    return {field: value for field, value in record.items() if value is not None}


def _pairs(header: Header, cells: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Roles and values; of several columns of one role the first that is filled, of keywords all."""
    ours = "paper_id" in header.own and "title_origin" in header.own
    for role, columns in header.roles.items():
        filled = [cell for at in columns if (cell := cells[at].strip()) and cell.lower() not in {"nan", "null", "none", "n/a", "na", "[]"}]
        if not filled:
            continue
        value = filled[0]
        if ours and role in {"author", *_WORDY}:
            yield from ((_EACH.get(role, role), part.strip()) for part in value.split(";" if ";" in value else ","))
        elif role in {"author", "author2", "editor"}:
            yield from _people(role, value)
        elif role in _WORDY:
            for text in filled:
                for word in _split_categories(text) if role == "category" else split_words(text):
                    yield _EACH.get(role, role), word
        elif role == "doi":
            yield from ((role, text) for text in filled)
        elif role == "retraction":
            if value.lower() not in _FALSE:
                yield role, "retracted" if value.lower() in _TRUE else value
        elif role in {"isbn", "issn", "url"}:
            yield from (("isn" if role == "issn" else role, text) for text in filled)
        elif role == "pages" and "first_page" not in header.roles and "--" in value:
            yield role, value.replace("--", "-")
        else:
            yield role, value
    for name, at in header.rest.items():
        if cell := cells[at].strip():
            yield name, cell


def _people(role: str, value: str) -> Iterator[tuple[str, Any]]:
    """The names of a cell, without the numbers that Scopus adds in brackets."""
    if "(" in value:
        value = re.sub(r"\s*\(\d{5,}\)", "", value)
    if "|" in value and ";" not in value:
        value = value.replace("|", ";")
    elif not _PARTED.search(value):
        value = ";".join(_unglued(value))
    if ";" in value:
        # In the order of the source, so that the parts can be told.
        yield from ((role, dotted(name)) for name in value.split(";"))
        return
    found, cut = names.people(dotted(value))
    yield from ((role, name) for name in found)
    if cut and role != "editor":
        yield "cut", True


_PARTED = re.compile(r"[,;&]|\band\b")
# Beginnings of one name with a capital inside: McDonald, DeVries, LaTour.
_INNER = frozenset("Mc Mac De Del Della Des Di Da Dos Du La Le Lo Van Von Vander Fitz St San El Al Ben Ibn Abu Bar Ter Ten Ver".split())  # noqa: SIM905


def _unglued(text: str) -> list[str]:
    """The names of a list that was written without anything between them (Springer's): each has two words or more.

    >>> _unglued("Ada LovelaceGrace Hopper"), _unglued("Ronald McDonald Smith"), _unglued("Lea van der MossA. B. Quill")
    (['Ada Lovelace', 'Grace Hopper'], ['Ronald McDonald Smith'], ['Lea van der Moss', 'A. B. Quill'])
    """
    capitals = (at for at in range(1, len(text)) if text[at - 1].islower() and text[at].isupper())
    starts = [at for at in capitals if re.split(r"[\s'’-]", text[:at])[-1] not in _INNER]  # noqa: RUF001
    parts = [text[start:end].strip() for start, end in zip([0, *starts], [*starts, None], strict=True)]
    return parts if all(" " in part for part in parts) else [text]


def _split_categories(text: str) -> list[str]:
    """Categories, which may stand apart by spaces (`cs.LG stat.ML`)."""
    return [part for part in re.split(r"\s*[;,|]\s*|\s+(?=[a-z-]+\.[A-Z]{2}\b)", text) if part]


def _folded(name: str) -> str:
    """A column's name for comparison: letters and digits in lower case, single-spaced."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name.strip("\ufeff \t")) if " " not in name.strip() else name
    folded = " ".join(re.sub(r"[^\w#]|_", " ", spaced).lower().split())
    joined = folded.replace(" ", "")
    return folded if folded in _ROLE_OF or joined not in _ROLE_OF else joined
