"""XML of many services, streamed element by element: PubMed, JATS, arXiv's Atom, EndNote, DBLP, MODS, Europe PMC, ACL Anthology, OAI.

Nothing is fetched and nothing expanded: entities of a document are not resolved (an entity bomb stays a name), only those of HTML are,
which DBLP uses; addresses of DTDs are never opened.
"""

from __future__ import annotations

import html
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rag.sources import dates
from rag.sources.assembly import record_of, structured
from rag.sources.entry import Entry
from rag.sources.names import of_parts
from rag.sources.opening import UnreadableError
from rag.sources.tagnames import turned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rag.schema import Name
    from rag.sources.opening import Document

Element = Any
Pairs = "Iterator[tuple[str, Any]]"
_DEEP = 200


def kind_of(head: str) -> str | None:
    """Which XML begins so, by the names of its elements; None where it is none that is read."""
    names = {name.rpartition(":")[2] for name in re.findall(r"<([A-Za-z][\w:.-]*)", head)}
    if "METS" in names or "mets" in names:
        return None  # a digitised volume with a record for each of its parts
    for kind, telling in _TELLING.items():
        if telling <= names:
            return kind
    return None


# What tells a kind: elements that it alone has. In this order, for some stand within others.
_TELLING: dict[str, set[str]] = {
    "pubmed": {"PubmedArticle"}, "pubmed-book": {"PubmedBookArticle"}, "medline": {"MedlineCitation"}, "dblp": {"dblp"},
    "dblp-hits": {"hits", "hit", "info"}, "endnote": {"xml", "records", "record"}, "europepmc": {"resultList", "result"},
    "mods": {"mods"}, "modscollection": {"modsCollection"}, "anthology": {"collection", "volume", "paper"}, "atom": {"feed", "entry"},
    "atom-entry": {"entry", "title"}, "arxiv": {"arXiv", "abstract"}, "oai": {"dc", "title"}, "datacite": {"resource", "creators"},
    "jats": {"article", "article-meta"},
    "jats-front": {"front", "article-meta"}, "marc": {"datafield", "subfield"}, "crossref": {"crossref_result"},
    "crossref2": {"doi_records"}, "crossref3": {"doi_batch"},
}  # fmt: skip


def read_xml(document: Document) -> Iterator[Entry]:
    """A record for each element that stands for a paper."""
    from lxml import etree

    parser: Any = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        recover=True, remove_pis=True, remove_comments=True,
    )  # fmt: skip
    kind = kind_of(document.head) or ""
    wanted = _WANTED.get(kind, {})
    fault = ""
    depth = inside = 0
    try:
        for piece in _mended(document.pieces()):
            parser.feed(piece)
            for event, element in parser.read_events():
                name = _local(element)
                if event == "start":
                    depth += 1
                    if depth > _DEEP:
                        raise UnreadableError("the XML nests too deeply")  # noqa: TRY301
                    inside += name in wanted
                    continue
                depth -= 1
                if name not in wanted:
                    if not inside and depth > 1 and kind != "anthology":
                        _forget(element)
                    continue
                inside -= 1
                if not inside:
                    if record := record_of(wanted[name](element)):
                        yield Entry(line=element.sourceline or 0, record=record)
                    element.clear() if kind == "anthology" else _forget(element)
        with suppress(etree.XMLSyntaxError):
            parser.close()
        # A prefix that nobody declared is no damage.
        damage = [found for found in parser.feed_error_log if found.level_name == "FATAL" and not found.type_name.startswith("NS_")]
        if damage:
            fault, line = f"the XML is damaged or cut short: {damage[0].message}", damage[0].line
    except etree.XMLSyntaxError as error:
        fault, line = f"the XML is damaged or cut short: {str(error).partition(', line')[0]}", error.lineno or 0
    except UnreadableError as error:
        fault, line = str(error), 0
    if fault:
        yield Entry(line=line, fault=fault)


_BARE = re.compile(r"&(?!#?\w{1,32};)")


def _mended(pieces: Iterable[str]) -> Iterator[str]:
    """The text without its declaration, whose encoding is no longer that of the text, and with each bare `&` escaped."""
    first, left = True, ""
    for piece in pieces:
        text = left + (re.sub(r"^\s*<\?xml[^>]*\?>", "", piece.lstrip("\ufeff")) if first else piece)
        first = False
        at = text.rfind("&", len(text) - 40)
        left = text[at:] if at >= 0 else ""  # perhaps the beginning of an entity
        yield _BARE.sub("&amp;", text[: len(text) - len(left)])
    yield _BARE.sub("&amp;", left)


def _forget(element: Element) -> None:
    """Free an element that was read, and those before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _local(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _each(element: Element, *path: str) -> Iterator[Element]:
    """The elements at a path of local names; `*` is any depth."""
    if not path:
        yield element
    elif path[0] == "*":
        for below in element.iter():
            if _local(below) == path[1]:
                yield from _each(below, *path[2:])
    else:
        for child in element:
            if _local(child) == path[0]:
                yield from _each(child, *path[1:])


def _one(element: Element, *path: str) -> Element:
    return next(_each(element, *path), None)


def _text(element: Element | None) -> str:
    """The text of an element with those below it; entities of HTML are resolved, scripts keep their tags for the door."""
    if element is None:
        return ""
    return " ".join(html.unescape("".join(_pieces(element, whole=True))).split())


# Elements within a text that are handed on as tags, since they mean something there; all others are their text.
_MARKS = {"sup": "sup", "sub": "sub", "superscript": "sup", "subscript": "sub", "inf": "sub", "p": "p", "title": "title",
"list-item": "li", "sec": "sec",
          "AbstractText": "p", "h4": "h4", "para": "p"}  # fmt: skip
_MUTE = {"xref", "fn", "graphic", "object-id"}


def _pieces(element: Element, *, whole: bool = False) -> Iterator[str]:
    """The text of an element in order, as markup that `rag.tags` knows; `whole`: the element itself is no part of a text."""
    if isinstance(element.tag, str):
        name = _local(element)
        if name.startswith("m") and element.tag.startswith("{http://www.w3.org/1998/Math"):
            yield _markup(element)
            return
        if name == "style" and element.get("face") in {"superscript", "subscript"}:
            mark: str | None = element.get("face")[:3]
        else:
            mark = None if whole else _MARKS.get(name)
        text = html.escape(element.text, quote=False) if element.text else ""
        yield f"<{mark}>{text}" if mark else text
        for child in element:
            if isinstance(child.tag, str) and _local(child) == "tex-math":
                yield html.escape("".join(child.itertext()), quote=False)
            elif not (isinstance(child.tag, str) and _local(child) in _MUTE):
                yield from _pieces(child)
            if child.tail:
                yield html.escape(child.tail, quote=False)
        if mark:
            yield f"</{mark}>"
    elif element.text:
        # An entity that was not resolved: HTML's has a sign, any other its name.
        yield html.unescape(element.text) if element.text.startswith("&") else f"&{element.text};"


def _markup(element: Element) -> str:
    """MathML as it stands, without namespaces."""
    inner = "".join(
        [
            html.escape(element.text or "", quote=False),
            *(_markup(c) + html.escape(c.tail or "", quote=False) for c in element if isinstance(c.tag, str)),
        ]
    )
    return f"<{_local(element)}>{inner}</{_local(element)}>"


def _named(family: str, given: str = "", suffix: str = "") -> Name:
    """A name whose particles stand in either part."""
    return of_parts(family, given, suffix)


def _plain(element: Element | None) -> str:
    """The text of an element that holds no marks: names, numbers, addresses."""
    return " ".join(html.unescape("".join(element.itertext())).split()) if element is not None else ""


def _date(element: Element | None, year: str = "Year", month: str = "Month", day: str = "Day") -> str | None:
    """A date whose parts are elements."""
    if element is None:
        return None
    parts = [_plain(_one(element, name)) for name in (year, month, day)]
    if parts[1].isdigit():
        return dates.iso("-".join(part.zfill(2) for part in parts if part)) or dates.iso(parts[0])
    return dates.iso(" ".join(part for part in parts if part)) or dates.iso(parts[0])


# -- PubMed ------------------------------------------------------------------------------------------------------------------------


def _pubmed(article: Element) -> Iterator[tuple[str, Any]]:
    """https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html; books have the same elements in other places."""
    body = _one(article, "MedlineCitation", "Article")
    if body is None:
        body = _one(article, "Article")
    if body is None:
        body = _one(article, "BookDocument")
    if body is None:
        body = article
    yield "title", _text(_one(body, "ArticleTitle"))
    yield "title", _text(_one(body, "VernacularTitle"))
    sections = [(part.get("Label"), _text(part)) for part in _each(body, "Abstract", "AbstractText")]
    yield "abstract", structured(sections)
    yield "copyright", _text(_one(body, "Abstract", "CopyrightInformation"))
    yield "abstract2", structured((part.get("Label"), _text(part)) for part in _each(article, "*", "OtherAbstract", "AbstractText"))
    for people in (*_each(body, "AuthorList"), *_each(body, "Book", "AuthorList")):
        role = "editor" if people.get("Type") == "editors" else "author"
        yield from _pubmed_people(people, role)
        if people.get("CompleteYN") == "N":
            yield "cut", True
    journal = _one(body, "Journal")
    if journal is not None:
        issue = _one(journal, "JournalIssue")
        yield "venue", _text(_one(journal, "Title"))
        yield "container-title-short", _plain(_one(journal, "ISOAbbreviation"))
        yield from (("issn", _plain(number)) for number in _each(journal, "ISSN"))
        if issue is not None:
            yield "volume", _plain(_one(issue, "Volume"))
            yield "issue", _plain(_one(issue, "Issue"))
            dated = _one(issue, "PubDate")
            yield "date", _date(dated) or dates.iso(_plain(_one(dated, "MedlineDate")) if dated is not None else "")
    book = _one(body, "Book")
    if book is not None:
        yield "title2", _text(_one(book, "BookTitle"))
        yield "publisher", _plain(_one(book, "Publisher", "PublisherName"))
        yield "date", _date(_one(book, "PubDate"))
        yield "type", "chapter"
        yield from (("isbn", _plain(number)) for number in _each(book, "Isbn"))
    yield "date2", _date(_one(body, "ArticleDate"))
    pages = _plain(_one(body, "Pagination", "MedlinePgn"))
    yield "pages", pages
    yield from (("language", _plain(language)) for language in _each(body, "Language"))
    kinds = [_plain(kind) for kind in _each(body, "PublicationTypeList", "PublicationType")] + [
        _plain(kind) for kind in _each(body, "PublicationType")
    ]
    yield from (("type", kind) for kind in kinds)
    for identifier in (
        *_each(article, "PubmedData", "ArticleIdList", "ArticleId"),
        *_each(article, "*", "BookDocument", "ArticleIdList", "ArticleId"),
    ):
        if number_role := {"doi": "doi", "pmc": "pmcid", "pubmed": "pmid"}.get(identifier.get("IdType", "")):
            yield number_role, _plain(identifier)
    yield from (("doi", _plain(place)) for place in _each(body, "ELocationID") if place.get("EIdType") == "doi")
    pmid = _plain(_one(article, "MedlineCitation", "PMID")) or _plain(_one(body, "PMID")) or _plain(_one(article, "PMID"))
    yield "pmid", pmid
    if pmid:
        yield "url", f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    for word in (*_each(article, "*", "MeshHeading", "DescriptorName"), *_each(article, "*", "KeywordList", "Keyword")):
        yield "keyword", _plain(word)
    for notice in _each(article, "*", "CommentsCorrections"):
        if notice.get("RefType") == "RetractionIn":
            yield "retraction", f"retracted: {_plain(_one(notice, 'RefSource'))}"
    if any("Retracted" in kind for kind in kinds):
        yield "retraction", "retracted"
    grants = [
        " ".join(filter(None, (_plain(_one(grant, "GrantID")), _plain(_one(grant, "Agency")))))
        for grant in _each(body, "GrantList", "Grant")
    ]
    yield "funding", "; ".join(grants)


def _pubmed_people(people: Element, role: str) -> Iterator[tuple[str, Any]]:
    for author in _each(people, "Author"):
        family, group = _plain(_one(author, "LastName")), _plain(_one(author, "CollectiveName"))
        given = _plain(_one(author, "ForeName")) or _plain(_one(author, "Initials"))
        if family:
            yield role, _named(family=family, given=given, suffix=_plain(_one(author, "Suffix")))
        elif group:
            yield role if role == "editor" else "group", group


# -- JATS --------------------------------------------------------------------------------------------------------------------------


def _jats(article: Element) -> Iterator[tuple[str, Any]]:
    """https://jats.nlm.nih.gov: the front of an article. What cites, answers or follows it is no part of it."""
    meta = next(_each(article, "front", "article-meta"), None)
    if meta is None:
        meta = article if _local(article) == "article-meta" else next(_each(article, "*", "article-meta"), None)
    if meta is None:
        return
    title = _one(meta, "title-group", "article-title")
    subtitle = _text(_one(meta, "title-group", "subtitle"))
    yield "title", _text(title) + (f": {subtitle}" if subtitle else "")
    for abstract in _each(meta, "abstract"):
        if abstract.get("abstract-type") in {None, "section", "summary", "structured", "normal"}:
            yield "abstract", _jats_abstract(abstract)
        else:
            yield "abstract2", _jats_abstract(abstract)
    yield from (("abstract2", _jats_abstract(abstract)) for abstract in _each(meta, "trans-abstract"))
    for group in _each(meta, "contrib-group"):
        for person in (*_each(group, "contrib"), *_each(group, "collab")):
            kind = person.get("contrib-type") or group.get("content-type") or "author"
            role = "editor" if "editor" in kind else "author" if "author" in kind or kind in {"contrib", "person"} else kind
            names = [_one(person, "name"), _one(person, "name-alternatives", "name"), _one(person, "string-name")]
            name = next((found for found in names if found is not None), None)
            collab = _one(person, "collab") if _local(person) == "contrib" else person
            if name is not None:
                made = _named(
                    family=_plain(_one(name, "surname")), given=_plain(_one(name, "given-names")), suffix=_plain(_one(name, "suffix"))
                )
                yield role, made if made.family else _plain(name)
            elif collab is not None:
                yield "group" if role == "author" else role, " ".join(_plain_head(collab).split())
    for number in _each(meta, "article-id"):
        role = {"doi": "doi", "pmid": "pmid", "pmc": "pmcid", "pmcid": "pmcid", "arxiv": "arxiv"}.get(number.get("pub-id-type", ""))
        if role:
            yield role, _plain(number) if role != "pmcid" or _plain(number).startswith("PMC") else f"PMC{_plain(number)}"
    journal = next(_each(article, "front", "journal-meta"), None)
    if journal is not None:
        yield "venue", _text(_one(journal, "journal-title-group", "journal-title")) or _text(_one(journal, "journal-title"))
        yield "container-title-short", _plain(_one(journal, "journal-title-group", "abbrev-journal-title"))
        yield "publisher", _plain(_one(journal, "publisher", "publisher-name"))
        yield "publisher-place", _plain(_one(journal, "publisher", "publisher-loc"))
        yield from (("issn", _plain(number)) for number in _each(journal, "issn"))
    published = sorted(_each(meta, "pub-date"), key=lambda found: _JATS_DATES.get(found.get("pub-type") or found.get("date-type") or "", 1))
    if published:
        yield "date", _date(published[0], "year", "month", "day")
    for role, name in (
        ("volume", "volume"),
        ("issue", "issue"),
        ("first_page", "fpage"),
        ("last_page", "lpage"),
        ("number", "elocation-id"),
    ):
        yield role, _plain(_one(meta, name))
    if _one(meta, "fpage") is None:
        yield "pages", _plain(_one(meta, "elocation-id"))
    for group in _each(meta, "kwd-group"):
        yield from (("keyword", _plain(word)) for word in _each(group, "*", "kwd"))
    yield (
        "type",
        {"research-article": "research article", "review-article": "review article"}.get(
            article.get("article-type", ""), article.get("article-type") or "article-journal"
        ),
    )
    yield "language", article.get("{http://www.w3.org/XML/1998/namespace}lang")
    yield "copyright", _plain(_one(meta, "permissions", "copyright-statement"))
    for related in _each(meta, "related-article"):
        if "retract" in (related.get("related-article-type") or ""):
            yield ("retraction" if related.get("related-article-type") != "retracted-article" else "retraction-of"), "retracted"


_JATS_DATES = {"ppub": 0, "pub": 0, "collection": 2, "epub": 1, "preprint": 1}


def _plain_head(element: Element) -> str:
    """The text of a group's element without the members that are listed in it."""
    return "".join(
        [
            element.text or "",
            *(
                "".join(child.itertext()) + (child.tail or "")
                for child in element
                if isinstance(child.tag, str) and _local(child) not in {"contrib-group", "xref", "fn", "email", "aff"}
            ),
        ]
    )


def _jats_abstract(abstract: Element) -> str:
    """Sections with their headings, else paragraphs."""
    sections = list(_each(abstract, "sec"))
    if not sections:
        return " ".join(
            _text(child)
            for child in abstract
            if isinstance(child.tag, str) and not (_local(child) == "title" and _text(child) and len(_plain(child)) < 25)
        ) or _text(abstract)
    above = " ".join(_text(child) for child in abstract if isinstance(child.tag, str) and _local(child) == "p")
    texts = [
        (_plain(_one(sec, "title")), " ".join(_text(child) for child in sec if isinstance(child.tag, str) and _local(child) != "title"))
        for sec in sections
    ]
    return " ".join(filter(None, (above, structured(texts))))


# -- Atom (arXiv), arXiv's OAI, Dublin Core -------------------------------------------------------------------------------------------


def _atom(entry: Element) -> Iterator[tuple[str, Any]]:
    """An entry of arXiv's feed, or of another one."""
    yield "title", _text(_one(entry, "title"))
    yield "abstract", _text(_one(entry, "summary")) or _text(_one(entry, "content"))
    yield from (("author", _plain(_one(author, "name"))) for author in _each(entry, "author"))
    yield "date", _plain(_one(entry, "published")) or _plain(_one(entry, "updated"))
    identifier = _plain(_one(entry, "id"))
    yield "doi", _plain(_one(entry, "doi"))
    if "arxiv" in identifier.lower():
        yield "arxiv", identifier
        yield "type", "article"
        yield "url", identifier
    links = sorted(_each(entry, "link"), key=lambda link: link.get("rel") != "alternate")
    yield from (("url", link.get("href")) for link in links if link.get("rel") in {None, "alternate"})
    yield from (("category", category.get("term")) for category in _each(entry, "category"))
    yield "note", _plain(_one(entry, "comment"))
    yield "journal-ref", _plain(_one(entry, "journal_ref"))


def _oai_arxiv(record: Element) -> Iterator[tuple[str, Any]]:
    """The form of arXiv itself in OAI-PMH."""
    identifier = _plain(_one(record, "id"))
    yield "title", _text(_one(record, "title"))
    yield "abstract", _text(_one(record, "abstract"))
    for author in _each(record, "authors", "author"):
        family = _plain(_one(author, "keyname"))
        yield "author", _named(family=family, given=_plain(_one(author, "forenames")), suffix=_plain(_one(author, "suffix")))
    yield "date", _plain(_one(record, "created"))
    yield "arxiv", identifier
    yield "url", f"https://arxiv.org/abs/{identifier}"
    yield "doi", _plain(_one(record, "doi"))
    yield "journal-ref", _plain(_one(record, "journal-ref"))
    yield "note", _plain(_one(record, "comments"))
    yield from (("category", word) for word in _plain(_one(record, "categories")).split())


def _dublin(record: Element) -> Iterator[tuple[str, Any]]:
    """Dublin Core."""
    roles = {"title": "title", "creator": "author", "contributor": "contributor", "description": "abstract", "date": "date",
    "subject": "keyword",
             "publisher": "publisher", "type": "type", "language": "language", "source": "venue", "rights": "copyright"}  # fmt: skip
    for child in record:
        name, text = _local(child), _text(child)
        if name == "identifier":
            yield ("url" if text.startswith("http") else "maybe_doi"), text
            yield "maybe_doi", text
        elif name in roles:
            yield roles[name], text


# -- EndNote -----------------------------------------------------------------------------------------------------------------------


def _endnote(record: Element) -> Iterator[tuple[str, Any]]:
    """EndNote's XML: texts stand in `style` elements."""
    kind = _one(record, "ref-type")
    yield "type", (kind.get("name") if kind is not None else None) or _plain(kind)
    roles = {
        "title": ("titles", "title"), "title2": ("titles", "secondary-title"), "venue": ("periodical", "full-title"),
        "collection-title": ("titles", "tertiary-title"), "title-short": ("titles", "short-title"), "year": ("dates", "year"),
        "date2": ("dates", "pub-dates", "date"), "volume": ("volume",), "issue": ("number",), "pages": ("pages",),
        "publisher": ("publisher",),
        "publisher-place": ("pub-location",), "isn": ("isbn",), "doi": ("electronic-resource-num",), "abstract": ("abstract",),
        "language": ("language",),
        "edition": ("edition",), "note": ("notes",), "accession": ("accession-num",), "key": ("label",),
        "database": ("remote-database-name",),
        "author-address": ("auth-address",), "call-number": ("call-num",), "genre": ("work-type",), "section": ("section",),
        "number": ("num-vols",),
        "container-title-short": ("periodical", "abbr-1"), "custom1": ("custom1",), "custom2": ("custom2",), "custom3": ("custom3",),
        "custom7": ("custom7",),
        "pmcid": ("pmcid",),
    }  # fmt: skip
    for role, path in roles.items():
        yield from ((role, _text(found)) for found in _each(record, *path))
    if _one(record, "dates", "year") is None and (found := _one(record, "dates")) is not None and found.get("year"):
        yield "year", found.get("year")
    month_day = _plain(_one(record, "dates", "pub-dates", "date"))
    if re.match(r"[A-Za-z]{3,}", month_day):
        yield "month", month_day
    for role, name in (
        ("author", "authors"),
        ("editor", "secondary-authors"),
        ("translator", "subsidiary-authors"),
        ("tertiary-author", "tertiary-authors"),
    ):
        yield from ((role, _plain(author)) for author in _each(record, "contributors", name, "author"))
    for word in _each(record, "keywords", "keyword"):
        yield from (("keyword", part) for part in re.split(r"\s*;\s*|\n", _plain(word)))
    for kind_of_url in ("related-urls", "pdf-urls", "web-urls", "text-urls"):
        yield from (("url", _plain(address)) for address in _each(record, "urls", kind_of_url, "url"))


# -- DBLP, ACL Anthology ---------------------------------------------------------------------------------------------------------------

_DBLP = {"article": "article-journal", "inproceedings": "paper-conference", "proceedings": "book", "book": "book",
"incollection": "chapter",
         "phdthesis": "thesis", "mastersthesis": "thesis", "data": "dataset"}  # fmt: skip


def _dblp(record: Element) -> Iterator[tuple[str, Any]]:
    """DBLP's records (https://dblp.org/faq/16154937.html). It gives no abstracts."""
    yield "type", _DBLP[_local(record)]
    if record.get("publtype"):
        yield "genre", record.get("publtype")
    if record.get("publtype") == "informal" or _plain(_one(record, "journal")) == "CoRR":
        yield "type", "article"
    yield "dblp-key", record.get("key")
    roles = {"title": "title", "journal": "venue", "booktitle": "title2", "year": "year", "month": "month", "volume": "volume",
    "number": "issue",
             "pages": "pages", "publisher": "publisher", "school": "publisher", "isbn": "isbn", "series": "collection-title",
             "ee": "url", "url": "dblp-url",
             "note": "note", "editor": "editor", "author": "author"}  # fmt: skip
    for child in record:
        name, text = _local(child), _text(child)
        if name in {"author", "editor"}:
            text = re.sub(r"\s+\d{4}$", "", text)  # namesakes are numbered
        if name == "title":
            text = text.removesuffix(".")
        if name in roles:
            yield roles[name], text
        if name in {"volume", "ee"} and ("abs/" in text or "arxiv" in text.lower()):
            yield "arxiv", text


def _dblp_hit(info: Element) -> Iterator[tuple[str, Any]]:
    """A hit of DBLP's search."""
    yield from (("author", re.sub(r"\s+\d{4}$", "", _plain(author))) for author in _each(info, "authors", "author"))
    roles = {"title": "title", "venue": "venue", "year": "year", "volume": "volume", "number": "issue", "pages": "pages", "doi": "doi",
    "ee": "url",
             "publisher": "publisher"}  # fmt: skip
    yield "type", _plain(_one(info, "type")).partition(" and ")[0]
    yield "dblp-key", _plain(_one(info, "key"))
    for child in info:
        if _local(child) in roles:
            yield roles[_local(child)], _text(child).removesuffix(".") if _local(child) == "title" else _text(child)


def _anthology(paper: Element) -> Iterator[tuple[str, Any]]:
    """A paper of the ACL Anthology's data; volume and collection stand above it."""
    yield "title", _text(_one(paper, "title"))
    yield "abstract", _text(_one(paper, "abstract"))
    for role in ("author", "editor"):
        for person in _each(paper, role):
            yield (
                role,
                _named(family=_plain(_one(person, "last")), given=_plain(_one(person, "first")), suffix=_plain(_one(person, "suffix"))),
            )
    for role, name in (("doi", "doi"), ("pages", "pages"), ("language", "language"), ("key", "bibkey"), ("award", "award")):
        yield role, _plain(_one(paper, name))
    address = _plain(_one(paper, "url"))
    if address:
        yield "url", address if address.startswith("http") else f"https://aclanthology.org/{address}"
    for notice in _each(paper, "retracted"):
        yield "retraction", f"retracted {notice.get('date') or ''}: {_plain(notice)}"
    volume = paper.getparent()
    meta = _one(volume, "meta") if volume is not None else None
    if meta is not None:
        yield "venue", _text(_one(meta, "booktitle"))
        yield "publisher", _plain(_one(meta, "publisher"))
        yield "publisher-place", _plain(_one(meta, "address"))
        yield "isbn", _plain(_one(meta, "isbn"))
        yield "year", _plain(_one(meta, "year"))
        yield "month", _plain(_one(meta, "month"))
        yield "volume", _plain(_one(meta, "journal-volume"))
        yield "issue", _plain(_one(meta, "journal-issue"))
        yield "venue", _text(_one(meta, "journal-title"))
    yield "type", "article-journal" if volume is not None and volume.get("type") == "journal" else "paper-conference"


# -- MODS, Europe PMC, DataCite, MARC, Crossref -------------------------------------------------------------------------------------------


_MODS_NUMBERS = {"doi": "doi", "isbn": "isbn", "issn": "issn", "citekey": "key", "pmid": "pmid", "arxiv": "arxiv", "uri": "url"}


def _mods(record: Element) -> Iterator[tuple[str, Any]]:
    """https://www.loc.gov/standards/mods/; `bibutils` and the ACL Anthology write it."""
    yield "key", record.get("ID")
    main = [info for info in _each(record, "titleInfo") if info.get("type") is None] or list(_each(record, "titleInfo"))
    for info in main[:1]:
        parts = [_text(_one(info, "nonSort")), _text(_one(info, "title"))]
        subtitle = _text(_one(info, "subTitle"))
        yield "title", " ".join(filter(None, parts)) + (f": {subtitle}" if subtitle else "")
    yield from (("abstract", _text(abstract)) for abstract in _each(record, "abstract"))
    for person in _each(record, "name"):
        terms = {_plain(term).lower() for term in _each(person, "role", "roleTerm")}
        role = "editor" if terms & {"editor", "edt"} else "author" if not terms or terms & {"author", "aut", "creator", "cre"} else ""
        parts_of = {part.get("type", ""): _plain(part) for part in reversed(list(_each(person, "namePart")))}
        given = " ".join(_plain(part) for part in _each(person, "namePart") if part.get("type") == "given")
        if not role:
            continue
        if parts_of.get("family"):
            yield role, _named(family=parts_of["family"], given=given, suffix=parts_of.get("termsOfAddress", ""))
        elif person.get("type") in {"corporate", "conference"}:
            yield "group" if role == "author" else role, parts_of.get("", "")
        else:
            yield role, parts_of.get("", "")
    host = next((item for item in _each(record, "relatedItem") if item.get("type") in {"host", "series"}), None)
    for place, own in ((record, True), (host, False)):
        if place is None:
            continue
        for origin in _each(place, "originInfo"):
            issued = [*_each(origin, "dateIssued"), *_each(origin, "copyrightDate"), *_each(origin, "dateCreated")]
            yield from (("date" if own else "date2", _plain(date)) for date in issued[:1])
            yield "publisher", _plain(_one(origin, "publisher"))
            yield "publisher-place", _plain(_one(origin, "place", "placeTerm"))
            yield "edition", _plain(_one(origin, "edition"))
        for number in _each(place, "identifier"):
            number_role = _MODS_NUMBERS.get(number.get("type") or "")
            if number_role and (own or number_role in {"isbn", "issn"}):
                yield number_role, _plain(number)
        for part in _each(place, "part"):
            for detail in _each(part, "detail"):
                kind = detail.get("type") or ""
                yield {"number": "issue"}.get(kind, kind or "part"), _plain(_one(detail, "number"))
            for extent in _each(part, "extent"):
                yield "first_page", _plain(_one(extent, "start"))
                yield "last_page", _plain(_one(extent, "end"))
                yield "pages", _plain(_one(extent, "list"))
            yield "date2" if not own else "date", _plain(_one(part, "date"))
    if host is not None:
        yield "venue", _text(_one(host, "titleInfo", "title"))
        for person in _each(host, "name"):
            parts_of = {part.get("type", ""): _plain(part) for part in _each(person, "namePart")}
            yield (
                "editor",
                _named(family=parts_of["family"], given=parts_of.get("given", "")) if parts_of.get("family") else parts_of.get("", ""),
            )
    kinds = [_plain(genre) for genre in (*_each(record, "genre"), *(_each(host, "genre") if host is not None else ()))]
    yield from (
        (
            "type",
            {"academic journal": "article-journal", "periodical": "article-journal", "conference publication": "paper-conference"}.get(
                kind, kind
            ),
        )
        for kind in kinds
    )
    yield from (("keyword", _plain(topic)) for topic in _each(record, "subject", "topic"))
    yield "language", _plain(_one(record, "language", "languageTerm"))
    yield "url", _plain(_one(record, "location", "url"))
    yield from (("note", _plain(note)) for note in _each(record, "note"))


def _europepmc(result: Element) -> Iterator[tuple[str, Any]]:
    """A result of Europe PMC's search."""
    yield "title", _text(_one(result, "title"))
    yield "abstract", _text(_one(result, "abstractText"))
    listed = list(_each(result, "authorList", "author"))
    for author in listed:
        family = _plain(_one(author, "lastName"))
        given = _plain(_one(author, "firstName")) or " ".join(f"{letter}." for letter in _plain(_one(author, "initials")))
        group = _plain(_one(author, "collectiveName"))
        if family:
            yield "author", _named(family=family, given=given)
        elif group:
            yield "group", group
    if not listed:
        yield from (
            ("author", turned(name.strip())) for name in _plain(_one(result, "authorString")).rstrip(".").split(",") if name.strip()
        )
    roles = {"pmid": "pmid", "pmcid": "pmcid", "doi": "doi", "pubYear": "year", "firstPublicationDate": "date2", "pageInfo": "pages",
    "language": "language",
             "journalTitle": "venue", "journalVolume": "volume", "issue": "issue", "journalIssn": "issn",
             "source": "source-database"}  # fmt: skip
    for child in result:
        if _local(child) in roles:
            yield roles[_local(child)], _plain(child)
    for role, path in (
        ("venue", ("journalInfo", "journal", "title")), ("volume", ("journalInfo", "volume")), ("issue", ("journalInfo", "issue")),
        ("date", ("journalInfo", "printPublicationDate")), ("issn", ("journalInfo", "journal", "ISSN")), ("type", ("pubTypeList",
        "pubType")),
        ("keyword", ("keywordList", "keyword")), ("keyword", ("meshHeadingList", "meshHeading", "descriptorName")),
    ):  # fmt: skip
        yield from ((role, _plain(found)) for found in _each(result, *path))


def _datacite(resource: Element) -> Iterator[tuple[str, Any]]:
    """DataCite's metadata."""
    for title in _each(resource, "titles", "title"):
        if title.get("titleType") is None:
            yield "title", _text(title)
    for text in _each(resource, "descriptions", "description"):
        yield ("abstract" if text.get("descriptionType") in {None, "Abstract"} else "note"), _text(text)
    for creator in _each(resource, "creators", "creator"):
        family, whole = _plain(_one(creator, "familyName")), _plain(_one(creator, "creatorName"))
        yield "author", _named(family=family, given=_plain(_one(creator, "givenName"))) if family else whole
    yield "doi", next((_plain(number) for number in _each(resource, "identifier") if number.get("identifierType") == "DOI"), None)
    yield "year", _plain(_one(resource, "publicationYear"))
    yield "publisher", _plain(_one(resource, "publisher"))
    yield "language", _plain(_one(resource, "language"))
    kind = _one(resource, "resourceType")
    yield "type", kind.get("resourceTypeGeneral") if kind is not None else None
    yield from (("keyword", _plain(word)) for word in _each(resource, "subjects", "subject"))


def _marc(record: Element) -> Iterator[tuple[str, Any]]:
    """MARC 21 in XML, the fields that say what others say."""

    def fields(tag: str, *codes: str) -> Iterator[str]:
        for field in _each(record, "datafield"):
            if field.get("tag") == tag:
                text = " ".join(_plain(part) for part in _each(field, "subfield") if part.get("code") in codes)
                if text:
                    yield text.rstrip(" /:;,.")

    yield from (("title", text) for text in fields("245", "a", "b"))
    yield from (("abstract", text) for text in fields("520", "a", "b"))
    for tag in ("100", "700"):
        yield from (("author", text) for text in fields(tag, "a"))
    yield from (("group", text) for tag in ("110", "710") for text in fields(tag, "a"))
    yield from (("publisher", text) for tag in ("260", "264") for text in fields(tag, "b"))
    yield from (("date", text) for tag in ("260", "264") for text in fields(tag, "c"))
    yield from (("venue", text) for text in fields("773", "t"))
    yield from (("isbn", text) for text in fields("020", "a"))
    yield from (("issn", text) for text in fields("022", "a"))
    yield from (("keyword", text) for tag in ("650", "653") for text in fields(tag, "a"))
    yield from (("maybe_doi", text) for text in fields("024", "a"))
    yield from (("url", text) for text in fields("856", "u"))


def _crossref(record: Element) -> Iterator[tuple[str, Any]]:
    """Crossref's deposits (UNIXREF): the paper is the innermost of journal article, conference paper and the like."""
    names = ("journal_article", "conference_paper", "content_item", "posted_content", "dissertation", "peer_review",
    "report-paper_metadata",
             "book_metadata", "book_series_metadata", "book_set_metadata", "standard_metadata", "database_metadata", "dataset")  # fmt: skip
    paper = next((found for name in names for found in _each(record, "*", name)), None)
    if paper is None:
        return
    kind = {"journal_article": "article-journal", "conference_paper": "paper-conference", "content_item": "chapter",
    "posted_content": "article",
            "dissertation": "thesis"}.get(_local(paper), "book")  # fmt: skip
    yield "type", kind
    subtitle, title = _text(_one(paper, "titles", "subtitle")), _text(_one(paper, "titles", "title"))
    yield "title", f"{title.rstrip(': ')}: {subtitle}" if title and subtitle else title
    yield "abstract", " ".join(_jats_abstract(found) for found in _each(paper, "abstract"))
    for person in (*_each(paper, "contributors", "person_name"), *_each(paper, "person_name")):
        role = "editor" if person.get("contributor_role") == "editor" else "author"
        yield (
            role,
            _named(family=_plain(_one(person, "surname")), given=_plain(_one(person, "given_name")), suffix=_plain(_one(person, "suffix"))),
        )
    yield from (("group", _plain(group)) for group in _each(paper, "contributors", "organization"))
    yield "doi", _plain(_one(paper, "doi_data", "doi"))
    yield "url", _plain(_one(paper, "doi_data", "resource"))
    own = [found for name in ("publication_date", "posted_date", "approval_date", "review_date") for found in _each(paper, name)]
    printed = sorted(own or [*_each(record, "*", "publication_date")], key=lambda found: found.get("media_type") != "print")
    yield from (("date", _date(found, "year", "month", "day")) for found in printed[:1])
    for name in (("publisher", "publisher_name"), ("institution", "institution_name")):
        yield "publisher", _plain(next(_each(record, "*", *name), None))
    yield from (("venue", _text(found)) for name in ("full_title", "proceedings_title") for found in _each(record, "*", name))
    yield from (("issn", _plain(found)) for found in _each(record, "*", "issn"))
    yield from (("isbn", _plain(found)) for found in _each(record, "*", "isbn"))
    yield from (("volume", _plain(found)) for found in _each(record, "*", "journal_volume", "volume"))
    yield from (("issue", _plain(found)) for found in _each(record, "*", "journal_issue", "issue"))
    yield "first_page", _plain(_one(paper, "pages", "first_page"))
    yield "last_page", _plain(_one(paper, "pages", "last_page"))


_JATS: dict[str, Callable[[Element], Iterator[tuple[str, Any]]]] = {"article": _jats, "front": _jats}
# The elements that stand for papers, by kind.
_WANTED: dict[str, dict[str, Callable[[Element], Iterator[tuple[str, Any]]]]] = {
    "pubmed": {"PubmedArticle": _pubmed, "PubmedBookArticle": _pubmed}, "pubmed-book": {"PubmedBookArticle": _pubmed,
    "PubmedArticle": _pubmed},
    "medline": {"MedlineCitation": _pubmed}, "dblp": dict.fromkeys(_DBLP, _dblp), "dblp-hits": {"info": _dblp_hit},
    "endnote": {"record": _endnote},
    "europepmc": {"result": _europepmc}, "mods": {"mods": _mods}, "modscollection": {"mods": _mods}, "anthology": {"paper": _anthology,
    "frontmatter": _anthology},
    "atom": {"entry": _atom}, "atom-entry": {"entry": _atom}, "arxiv": {"arXiv": _oai_arxiv, "arXivRaw": _oai_arxiv},
    "oai": {"dc": _dublin},
    "datacite": {"resource": _datacite}, "jats": _JATS, "jats-front": _JATS, "marc": {"record": _marc},
    "crossref": {"crossref": _crossref}, "crossref2": {"doi_record": _crossref}, "crossref3": {"doi_record": _crossref},
}  # fmt: skip
