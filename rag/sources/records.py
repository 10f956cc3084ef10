"""JSON objects of many services to records. Each object is told by its own keys, so a file may mix them.

Our own lines, CSL, Zotero and Better BibTeX, arXiv's snapshot, OpenAlex, Crossref, DataCite, Europe PMC, bioRxiv, OpenReview, Semantic
Scholar (old and new, S2ORC), Hugging Face, DBLP, Lens, CORE, Springer, IEEE, Scopus, ADS, INSPIRE, BEIR: what they share are names for
the same few things, in any case and spelling, at one level or another (`_KEYS`); what is special to one has a function of its own.
"""

# ruff: noqa: SIM905 - lists of words read best as running text

from __future__ import annotations

import datetime as dt
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rag.schema import Name
from rag.sources import dates, identifiers, names
from rag.sources.assembly import record_of, split_words
from rag.sources.tagnames import turned
from rag.sources.zotero_json import is_item, pairs_of_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Role: keys in order of preference, folded (lower case, letters and digits alone).
_NAMES = {
    "title": "title titles displayname dctitle articletitle papertitle documenttitle titlemain",
    "abstract": "abstract abstractnote abstracttext paperabstract summary abstracts dcdescription descriptions description abstracten text",
    "author": "authors author authorlist creators authorships creator authornames authorstring authorslist authornamelist dccreator"
    " contributors",
    "editor": "editors editor",
    "date": "published publicationdate publishedonline publishedat firstpublicationdate coverdate prismcoverdate datepublished date pubdate"
    " issueddate created publishedprint preprintdate submitteddate",
    "year": "year publicationyear pubyear yearpublished publishyear",
    "month": "month",
    "doi": "doi dois prismdoi identifierdoi",
    "arxiv": "arxivid arxiv arxiveprints eprint",
    "pmid": "pmid pubmedid medlineid pubmed",
    "pmcid": "pmcid pmc pmcidentifier pubmedcentral",
    "url": "url link landingpageurl ee pdfurl s2url urls sourceurl abstracturl htmlurl absurl openaccesspdf pdfurls downloadurl",
    "code_url": "codeurl githubrepo github code",
    "venue": "containertitle journal venue journaltitle publicationtitle journalname publicationname prismpublicationname"
    " fulljournalname pub"
    " sourcetitle hostvenue primarylocation journalinfo publicationvenue publicationinfo booktitle source journals conference",
    "container-title-short": "containertitleshort journalabbreviation isoabbreviation shortcontainertitle",
    "volume": "volume journalvolume prismvolume",
    "issue": "issue prismissueidentifier journalissue number",
    "pages": "page pages pageinfo pagination journalpages prismpagerange biblio",
    "first_page": "firstpage startingpage startpage pagestart",
    "last_page": "lastpage endingpage endpage pageend",
    "publisher": "publisher publishername",
    "isbn": "isbn isbns prismisbn isbn13",
    "issn": "issn issns eissn prismissn issnl",
    "language": "language lang languages",
    "keywords": "keywords keyword authkeywords subject subjects topics concepts keywordlist meshterms meshheadinglist mesh aikeywords tags",
    "category": "categories category fieldsofstudy s2fieldsofstudy primarycategory",
    "key": "citationkey citekey bibtexkey",
    "type": "type publicationtype publicationtypes pubtype itemtype subtype subtypedescription types documenttype contenttype"
    " pubtypelist doctype",
    "publisher-place": "publisherplace publisherlocation",
    "collection-title": "collectiontitle",
    "event-title": "eventtitle event",
}
_KEYS = {key: (role, rank) for role, keys in _NAMES.items() for rank, key in enumerate(keys.split())}
_TEXTS = frozenset(key for role in ("title", "abstract") for key in _NAMES[role].split())
_ABSTRACTS = frozenset(_NAMES["abstract"].split())
# Objects that stand for another one level below them.
_INNER = ("paper", "data", "attributes", "metadata", "content", "info", "source", "fields", "bibjson", "message", "item", "document",
"article",
          "publication", "record", "work", "citingpaper", "citedpaper", "bibliographic", "csl", "csljson", "medlinecitation",
          "entry")  # fmt: skip
# Counts, lists of references and full texts say nothing of the paper itself.
_LEFT = frozenset(
    "reference references subtitle referencedworks relatedworks citations incitations outcitations citedbyapiurl countsbyyear bodytext"
    " fulltext license abstractinvertedindex authorsparsed versions embedding indexed assertion updatepolicy relation contentdomain"
    " deposited tldr entities sections bibentries refentries backmatter ngramsurl annotations details directreplies".split()
)
_PARTS = {
    "family": "family lastname last surname familyname",
    "given": "given firstname first givenname givennames forename forenames",
    "middle": "middle middlename",
    "particle": "nondroppingparticle particle",
    "suffix": "suffix",
    "literal": "literal name fullname displayname rawauthorname text value authname creator collectivename authorname preferredname"
    " full author",
    "initials": "initials",
}
_PART_OF = {key: part for part, keys in _PARTS.items() for key in keys.split()}


@lru_cache(maxsize=4096)
def folded(key: str) -> str:
    """A key for comparison: `paperAbstract`, `Paper Abstract` and `paper_abstract` are one."""
    return re.sub(r"[^a-z0-9]", "", key.lower())


def holds_paper(found: Mapping[str, Any]) -> bool:
    """Whether an object says a title or an abstract itself, or in the object that it stands for."""
    if "title" in found or "abstract" in found:
        return True
    named = {folded(key) for key in found}
    return bool(named & _TEXTS) or "abstractinvertedindex" in named or {"corpusid", "content"} <= named or _within(found) is not None


def record_from(found: Mapping[str, Any]) -> dict[str, Any]:
    """A record for `rag.sources.door`; values of a wrong type are left for it to refuse."""
    if "paper_id" in found and ("title_origin" in found or "abstract_origin" in found):
        return _ours(found)
    if "abstract" in found and ("authors_parsed" in found or "update_date" in found or "submitter" in found):
        return _arxiv(found)
    if is_item(found):
        return record_of(pairs_of_item(found))
    if "_id" in found and "text" in found:
        return _beir(found)
    pairs = list(_pairs(found))
    record = record_of(pairs)
    for field in ("paper_id", "title_origin", "has_code", "listing_score", "authors_truncated", "abstract_origin", "keys", "source"):
        # Of other services these words mean something else.
        if field in found and (field not in {"source", "paper_id"} or _is_ours(field, found)):
            record[field] = found[field]
    if "published" not in record and isinstance(found.get("published"), str):
        record["published"] = found["published"]
    return record


def _is_ours(field: str, found: Mapping[str, Any]) -> bool:
    """Whether a place or an id is one of this library's."""
    value = found[field]
    if field == "source":
        return isinstance(value, dict) and set(value) == {"document", "record"}
    return isinstance(value, str) and not value.isdigit() and not {"metadata", "body_text", "s2_url", "mag_id"} & set(found)


def _ours(found: Mapping[str, Any]) -> dict[str, Any]:
    """A line that this library wrote: its keys are the record's."""
    return dict(found)


def _within(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object that this one stands for, as `{"paper": {...}}` does."""
    if not any(isinstance(value, dict) for value in found.values()):
        return None
    inside = {folded(key): value for key, value in found.items() if isinstance(value, dict)}
    for name in _INNER:
        inner = inside.get(name)
        if (
            inner is not None
            and not isinstance(inner.get("annotations"), dict)
            and (any(folded(key) in _TEXTS for key in inner) or _within(inner) is not None)
        ):
            return inner
    return None


def _pairs(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Roles and values of one object, by the names of its keys."""
    inner = _within(found)
    if inner is not None and not ({"title", "titles"} & (own := {folded(key) for key in found}) and own & _ABSTRACTS):
        outer = {
            key: value
            for key, value in found.items()
            if value is not inner and key not in inner and (folded(key) in _ABSTRACTS or not isinstance(value, dict | list))
        }
        found = {**inner, **outer}
    known: dict[str, list[tuple[int, Any, str]]] = {}
    for key, value in found.items():
        if value is None or value == "":
            continue
        name = folded(key)
        if name in _KEYS:
            role, rank = _KEYS[name]
            known.setdefault(role, []).append((rank, value, name))
        elif name in _SPECIAL:
            yield from _SPECIAL[name](value)
        elif name == "id" and isinstance(value, str) and re.fullmatch(r"\d{4}\.\d{4,5}(?:v\d+)?", value):
            yield "arxiv", value
        elif name not in _LEFT:
            yield key, _plain_value(value)
    place = " ".join(
        str(found.get(key) or "") for key in ("number", "publisher", "archive", "archive_location", "repository", "DOI", "container-title")
    )
    if "arxiv" not in known and "arxiv" in place.lower():
        yield "arxiv", place
    for role, values in known.items():
        yield from _of_role(role, sorted(values, key=lambda item: item[0]), found)


def _of_role(role: str, values: list[tuple[int, Any, str]], found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of one role, in order of preference; where one is enough, the first that says something."""
    if role in {"author", "editor"}:
        for _, value, _ in values:
            people = list(_people(role, value))
            if people:
                yield from people
                return
    elif role in {"keywords", "category", "isbn", "issn"}:
        for _, value, name in values:
            if role == "keywords" and name == "subject" and isinstance(value, str) and len(value) > 300:
                continue
            for text in _texts(value):
                words = text.split() if role == "category" and re.fullmatch(r"[a-z-]+(?:\.[A-Za-z-]+)?(?: [a-z-]+(?:\.[A-Za-z-]+)?)+",
                text) else (
                    split_words(text) if isinstance(value, str) else [text]
                )  # fmt: skip
                yield from (("keyword" if role == "keywords" else role, word) for word in words)
    elif role in {"date", "year"}:
        for _, value, name in values:
            if date := _date(value):
                # What is called so may be the day of a deposit or a download.
                yield ("date2" if name in {"created", "date", "publishedat"} and role == "date" and len(values) > 1 else role), date
    elif role == "abstract":
        for _, value, _ in values:
            text = _abstract(value)
            if text is not None:
                yield role, text
                return
    elif role == "title":
        for _, value, _ in values:
            texts: list[Any] = _texts(value) if not isinstance(value, int | float) else [value]
            if texts:
                subtitles = [text for key, sub in found.items() if folded(key) == "subtitle" for text in _texts(sub)]
                subtitles += (
                    [text for item in value if isinstance(item, dict) and item.get("titleType") == "Subtitle" for text in _texts(item)]
                    if isinstance(value, list)
                    else []
                )
                more = subtitles[0] if isinstance(value, list) and subtitles and subtitles[0] not in texts[0] else ""
                text = texts[0].removesuffix(".") if isinstance(texts[0], str) and "ee" in found and "venue" in found else texts[0]
                yield role, f"{text}: {more}" if more else text
                return
    elif role in {"venue", "pages"}:
        for _, value, name in values:
            if isinstance(value, dict):
                yield from _of_journal(value)
            elif name == "biblio" or (name == "publicationinfo" and isinstance(value, list)):
                for inner in value if isinstance(value, list) else [value]:
                    yield from _of_journal(inner)
            elif not (name == "source" and ("containertitle" in {folded(key) for key in found} or "issued" in found)):
                yield from ((role, text) for text in _texts(value)[:1])
            else:
                yield "source", value
    elif role == "type":
        for _, value, _ in values:
            # OpenAlex means a journal's article where CSL means one that stands alone.
            journal = "authorships" in found
            yield from ((role, "article-journal" if journal and text == "article" else text) for text in _texts(value))
    else:
        for _, value, _ in values:
            yield from ((role, text) for text in ((value,) if type(value) is str else _texts(value)))


def _of_journal(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an object for the journal says: its name, and volume, issue and pages."""
    for key, inner in value.items():
        name = folded(key)
        if name in {"name", "title", "displayname", "journaltitle", "text", "source", "journal", "raw", "prismpublicationname"}:
            if isinstance(inner, dict):
                yield from _of_journal(inner)
            else:
                yield from (("venue", text) for text in _texts(inner)[:1])
        elif name in {"volume", "journalvolume"}:
            yield from (("volume", text) for text in _texts(inner)[:1])
        elif name in {"issue", "journalissue", "number"}:
            yield from (("issue", text) for text in _texts(inner)[:1])
        elif name in {"pages", "page", "pagerange"}:
            yield from (("pages", text) for text in _texts(inner)[:1])
        elif name in {"firstpage", "pagestart"}:
            yield from (("first_page", text) for text in _texts(inner)[:1])
        elif name in {"lastpage", "pageend"}:
            yield from (("last_page", text) for text in _texts(inner)[:1])
        elif name in {"issn", "issnl", "eissn", "essn"}:
            yield from (("issn", text) for text in _texts(inner))
        elif name in {"hostorganizationname", "publisher"}:
            yield from (("publisher", text) for text in _texts(inner)[:1])
        elif name == "landingpageurl":
            yield from (("url", text) for text in _texts(inner)[:1])
        elif name in {"dateofpublication", "yearofpublication"}:
            yield from (("date2", date) for date in [_date(inner)] if date)


def _people(role: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Names from one text, or from a list of texts or objects of any service."""
    if isinstance(value, str):
        value = value.strip()
        found, cut = names.people(value)
        if ";" not in value and re.fullmatch(r"(?:[^\d,;]+ [A-Z]{1,4},\s*)*[^\d,;]+ [A-Z]{1,4}\.?", value):
            found = [turned(name) for name in value.rstrip(".").split(",")]  # Europe PMC: "Fern O, Reed I."
        yield from ((role, name) for name in found)
        if cut and role == "author":
            yield "cut", True
        return
    if isinstance(value, dict):
        inner = next((item for item in value.values() if isinstance(item, list)), None)
        value = inner if inner is not None else [value]
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            if role == "author" and folded(str(item.get("contributorType") or item.get("role") or "author")) == "editor":
                yield "editor", _person(item)
            elif (person := _person(item)) is not None:
                yield role, person
        else:
            yield role, re.sub(r"\s+\d{4}$", "", item) if isinstance(item, str) else item


def _person(item: Mapping[str, Any]) -> Name | str | None:
    """The name in an object: its parts where it has them, else the whole."""
    said: dict[str, str] = {}
    for key, value in item.items():
        part = _PART_OF.get(folded(key))
        if part and isinstance(value, str) and value.strip() and part not in said:
            said[part] = value.strip()
        elif part == "literal" and isinstance(value, dict) and (inner := _person(value)) is not None:
            return inner
    if "middle" not in said and isinstance(item.get("middle"), list):
        said["middle"] = " ".join(map(str, item["middle"]))
    dropping = item.get("dropping-particle")
    if said.get("family"):
        given = " ".join(part for part in (said.get("given") or said.get("initials"), said.get("middle"), dropping) if part)
        if said.get("literal") and not given:
            return names.direct(said["literal"])
        found = names.of_parts(said["family"], given, said.get("suffix", ""))
        return found if "particle" not in said else Name(family=said["family"], given=given, particle=said["particle"], suffix=found.suffix)
    whole = re.sub(r"\s+\d{4}$", "", said.get("literal", ""))  # DBLP numbers namesakes
    if not whole:
        return " ".join(said.values()) or None
    if item.get("literal") or item.get("collectiveName"):
        return Name(literal=whole)
    return turned(whole) if "," not in whole else names.direct(whole)


def _texts(value: Any) -> list[str]:
    """The texts in a value: a text, a number, a list of them, or objects that hold one under a usual key."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int | float):
        return [str(int(value)) if float(value).is_integer() else str(value)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        for name in ("value", "text", "title", "name", "displayname", "p", "term", "keyword", "subject", "category", "tag", "content",
        "descriptor",
                     "descriptorname", "abstract", "description", "url", "resourcetypegeneral", "doi", "t", "full", "label"):  # fmt: skip
            inner = next((item for key, item in value.items() if folded(key).lstrip("_") == name), None)
            if inner is not None:
                return _texts(inner)
        if len(value) == 1:
            return _texts(next(iter(value.values())))
    return []


def _abstract(value: Any) -> Any:
    """The abstract in a value: a text, paragraphs, sections with headings, an inverted index, or a list of descriptions."""
    if isinstance(value, str):
        stripped = value.strip()
        if stripped.startswith("{") and stripped.endswith("}"):
            try:
                return _inverted(json.loads(stripped)) or value
            except (ValueError, RecursionError):
                return value
        return value if stripped else None
    if isinstance(value, dict):
        if value and all(isinstance(at, list) for at in value.values()):
            return _inverted(value)
        return " ".join(_texts(value)) or None
    if isinstance(value, list):
        typed = [item for item in value if isinstance(item, dict) and "abstract" in str(item.get("descriptionType", "")).lower()]
        parts = []
        for item in typed or value:
            texts = _texts(item)
            heading = (
                next((str(item[key]) for key in ("section", "label", "heading") if item.get(key)), "") if isinstance(item, dict) else ""
            )
            if texts:
                parts.append(
                    f"{heading.rstrip(':')}: {texts[0]}" if heading and heading.lower() not in {"abstract", texts[0].lower()} else texts[0]
                )
        return " ".join(parts) or None
    return value


def _inverted(index: Any) -> str | None:
    """The text of OpenAlex's inverted index: each word with its places."""
    if isinstance(index, str):
        try:
            index = json.loads(index)
        except (ValueError, RecursionError):
            return None
    if isinstance(index, dict) and isinstance(index.get("InvertedIndex"), dict):
        index = index["InvertedIndex"]
    if not isinstance(index, dict):
        return None
    placed = [(at, word) for word, places in index.items() if isinstance(places, list) for at in places if isinstance(at, int)]
    return " ".join(word for _, word in sorted(placed)[:50_000]) or None


def _date(value: Any) -> str | None:
    """A date in any form that services use: text, CSL's parts, a number of seconds or milliseconds."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    if isinstance(value, int | float):
        if value > 10**8:
            seconds = value / 1000 if value > 10**11 else value
            try:
                return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d}"
            except (OverflowError, ValueError, OSError):
                return None
        return dates.iso(str(int(value)))
    if isinstance(value, dict):
        parts = value.get("date-parts", value.get("dateParts"))
        if isinstance(parts, list) and parts and isinstance(parts[0], list):
            try:
                return dates.ymd(*(int(part) for part in parts[0][:3] if part not in (None, "")))
            except (TypeError, ValueError):
                return None
        text = next(
            (str(value[key]) for key in ("raw", "literal", "date", "dateTime", "date-time", "value", "year", "$date") if value.get(key)), ""
        )
        return dates.iso(text)
    if isinstance(value, list):
        return next((date for item in value if (date := _date(item))), None)
    return dates.iso(str(value))


def _plain_value(value: Any) -> Any:
    """A value for `extra`; dates as texts."""
    return value.isoformat() if isinstance(value, dt.datetime | dt.date) else value


def _of_ids(value: Any) -> Iterator[tuple[str, Any]]:
    """Identifiers, as an object or as a list of `{type, value}`."""
    if isinstance(value, list):
        listed = [item for item in value if isinstance(item, dict)]
        value = {
            str(item.get("type") or item.get("idtype") or item.get("identifierType") or ""): item.get("value") or item.get("identifier")
            for item in listed
        }
    if not isinstance(value, dict):
        return
    roles = {"doi": "doi", "arxiv": "arxiv", "arxivid": "arxiv", "pubmed": "pmid", "pmid": "pmid", "pubmedcentral": "pmcid",
    "pmcid": "pmcid",
             "pmc": "pmcid"}  # fmt: skip
    for key, inner in value.items():
        texts = _texts(inner)
        if texts:
            role = roles.get(folded(key))
            yield (role or f"id-{key}"), texts[0] if role != "pmcid" or texts[0].upper().startswith("PMC") else f"PMC{texts[0]}"


def _of_retraction(value: Any) -> Iterator[tuple[str, Any]]:
    if value is True or (isinstance(value, str) and value.lower() in {"true", "yes", "y"}):
        yield "retraction", "retracted"


def _of_updates(value: Any) -> Iterator[tuple[str, Any]]:
    """Crossref's `updated-by`: a retraction among them."""
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and "retract" in str(item.get("type", "")).lower():
            yield "retraction", " ".join(part for part in ("retracted", _date(item.get("updated")), str(item.get("DOI") or "")) if part)


def _of_s2orc(value: Any) -> Iterator[tuple[str, Any]]:
    """S2ORC's full text with marks: title, authors and abstract are spans of it."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return
    marks = value.get("annotations")
    if isinstance(marks, dict):
        for role in ("title", "abstract", "author"):
            spans = marks.get(role)
            try:
                spans = json.loads(spans) if isinstance(spans, str) else spans
            except (ValueError, RecursionError):
                continue
            for span in spans if isinstance(spans, list) else []:
                try:
                    yield role, value["text"][int(span["start"]) : int(span["end"])]
                except (KeyError, TypeError, ValueError):
                    continue


def _of_dates(value: Any) -> Iterator[tuple[str, Any]]:
    """DataCite's dates: when it was issued."""
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and item.get("dateType") == "Issued" and (date := _date(item.get("date"))):
            yield "date", date


def _of_related(value: Any) -> Iterator[tuple[str, Any]]:
    """DataCite's related items: what the paper was published in."""
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and item.get("relationType") == "IsPublishedIn":
            yield from (("venue", text) for text in _texts(item.get("titles"))[:1])
            for role, key in (("volume", "volume"), ("issue", "issue"), ("first_page", "firstPage"), ("last_page", "lastPage")):
                yield from ((role, text) for text in _texts(item.get(key))[:1])


_SPECIAL: dict[str, Any] = {
    "abstractinvertedindex": lambda value: [("abstract", text)] if (text := _inverted(value)) else [],
    "indexedabstract": lambda value: [("abstract", text)] if (text := _inverted(value)) else [],
    "externalids": _of_ids, "ids": _of_ids, "articleids": _of_ids, "identifiers": _of_ids, "externalidentifiers": _of_ids,
    "openaccessinfo": lambda value: _of_ids(value.get("externalids")) if isinstance(value, dict) else [],
    "isretracted": _of_retraction, "retracted": _of_retraction, "updatedby": _of_updates,
    "content": _of_s2orc, "server": lambda value: [("venue3", value), ("type2", "article")],
    "issued": lambda value: [("date", date)] if (date := _date(value)) else [],
    "dates": _of_dates, "container": lambda value: _of_journal(value) if isinstance(value, dict) else [], "relateditems": _of_related,
    "cdate": lambda value: [("date2", date)] if (date := _date(value)) else [],
    "pdate": lambda value: [("date", date)] if (date := _date(value)) else [],
}  # fmt: skip


def _arxiv(found: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the arXiv metadata snapshot; the date is that of the first version."""
    identifier = str(found.get("id") or "")
    versions = found.get("versions")
    first = versions[0] if isinstance(versions, list) and versions and isinstance(versions[0], dict) else {}
    extra = {
        "journal-ref": found.get("journal-ref"),
        "report-no": found.get("report-no"),
        "note": found.get("comments"),
        "license": found.get("license"),
    }
    record: dict[str, Any] = {
        "title": found.get("title"),
        "abstract": found.get("abstract"),
        "doi": found.get("doi"),
        "arxiv_id": identifiers.arxiv_id(identifier),
        "url": f"https://arxiv.org/abs/{identifier}" if identifier else None,
        "published": dates.iso(str(first.get("created") or found.get("update_date") or "")),
        "categories": found["categories"].split() if isinstance(found.get("categories"), str) else found.get("categories"),
        "extra": {key: value for key, value in extra.items() if value},
    }
    parsed = found.get("authors_parsed")
    if isinstance(parsed, list) and parsed and all(isinstance(name, list) and name for name in parsed):
        record["authors"] = [" ".join(str(part) for part in (*name[1:2], name[0], *name[2:3]) if part) for name in parsed]
    else:
        people = list(_people("author", found.get("authors")))
        record["authors"] = [name for role, name in people if role == "author"]
        record["authors_truncated"] = ("cut", True) in people
    return record


def _beir(found: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a retrieval benchmark's corpus. Its `_id` is unique within that benchmark only, so it becomes no paper_id."""
    more = found.get("metadata")
    inner = {**more, **found} if isinstance(more, dict) else found
    record = record_of(_pairs({key: value for key, value in inner.items() if key not in {"_id", "metadata", "text"}}))
    return {**record, "abstract": found["text"]}
