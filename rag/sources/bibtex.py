"""BibTeX and biblatex: entries (`bibtex_syntax`) become records, with what they inherit and with LaTeX made text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.schema import Name
from rag.sources import categories, dates, identifiers, kinds, names
from rag.sources.bibtex_syntax import START, entries
from rag.sources.entry import Entry
from rag.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rag.sources.bibtex_syntax import Raw
    from rag.sources.opening import Document

__all__ = ["START", "read_bibtex", "text_of"]

# Signs that are meant as such, in the two ways to write them; they are kept apart from those that are LaTeX by private characters.
_NAMED = {
    "textbackslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textasciigrave": "`",
    "textless": "<",
    "textgreater": ">",
    "textasteriskcentered": "*",
    "textbar": "|",
    "textunderscore": "_",
    "textdollar": "$",
}
_MEANT = re.compile(rf"\\(?:({'|'.join(_NAMED)})(?:\{{\}}|(?![a-zA-Z])\s?)|([{{}}$&%#_]))")
_SIGNS = "\\{}~^`<>*|_$&%#"
_KEPT = {sign: chr(0xE000 + number) for number, sign in enumerate(_SIGNS)}
_BACK = str.maketrans({kept: sign for sign, kept in _KEPT.items()} | {"{": "", "}": ""})
# What `plain` would not take for LaTeX, for it also reads text that only looks so; in BibTeX it is. A switch goes with its group.
_SWITCH = re.compile(
    r"\\(?:(?:it|bf|rm|sf|tt|sc|sl|up|md)(?:shape|series|family)|em|it|bf|rm|sf|tt|sc|sl|normalfont|selectfont|upshape|mdseries)(?![a-zA-Z])\s*"
)
_ACCENT = re.compile(
    r"\\([`'^\"~=.])\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z])(?![a-zA-Z]*\{))|\\([cvuHkrdbtC])\s*(?:\{\s*\\?([A-Za-z])\s*\}|\s\\?([A-Za-z]))"
)
_DOTLESS = re.compile(r"\{?\\([ij])(?:\{\}|(?![a-zA-Z])\s?)\}?")
_TIE = re.compile(r"(?<!\\)~")
_CONTROL = re.compile(r"\\(?:,|;|:|!|/|@|-|thinspace|space|nobreakspace|newline|par)(?![a-zA-Z])(?:\{\})?")
_MARKS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307", "u": "\u0306",
    "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361", "C": "\u030f",
}  # fmt: skip

# What a child takes over from its `crossref`, under the names that it has there for it. Addresses and texts are the parent's own.
_UNDER = {"title": "booktitle", "subtitle": "booksubtitle", "titleaddon": "booktitleaddon"}
_OWN = frozenset(
    "title subtitle titleaddon abstract keywords doi url eprint eprinttype archiveprefix primaryclass pages file note annote annotation"  # noqa: SIM905
    " crossref xref xdata ids key label options related pmid pmcid urldate shorthand sortkey shorttitle language".split()
)
_MOST_PARENTS = 50
_HOLDERS = frozenset("proceedings mvproceedings collection mvcollection book mvbook periodical reference mvreference".split())  # noqa: SIM905
_BOOKS = frozenset({"book", "mvbook"})
"""Of these, what people read and cite as a whole, too."""
_REFERS = re.compile(r"(?:crossref|xdata)\s*=\s*[{\"]?\s*([^{}\"\n]+)", re.IGNORECASE)
_DATED = frozenset({"date", "year", "month", "day"})


def read_bibtex(document: Document) -> Iterator[Entry]:
    """The entries in order, each with what it inherits. What others only inherit from (`@xdata`, a volume without abstract) is no paper."""
    parents: dict[str, Raw] | None = None
    passed = 0
    for raw in entries(document):
        if raw.fields is None:
            yield Entry(line=raw.line, fault=raw.fault)
            continue
        if "crossref" in raw.fields or "xdata" in raw.fields or raw.kind in _HOLDERS:
            parents = _parents(document) if parents is None else parents
        if raw.kind in {"xdata", "set"}:
            continue
        if parents and raw.kind in _HOLDERS - _BOOKS and raw.key.lower() in parents and "abstract" not in raw.fields:
            passed += 1
            continue
        fields = _whole(raw, parents) if parents else raw.fields
        yield Entry(line=raw.line, record=_record(raw.kind, raw.key, fields))
    if passed:
        document.notes.append(f"{passed} volumes that entries refer to are taken for no papers of their own")


def _parents(document: Document) -> dict[str, Raw]:
    """The entries that others refer to, by key. They may stand behind these, so the document is read again."""
    wanted = {key.strip().lower() for line in document.lines() for found in _REFERS.findall(line.text) for key in found.split(",")}
    return {raw.key.lower(): raw for raw in entries(document) if raw.fields and raw.key.lower() in wanted} if wanted else {}


def _whole(raw: Raw, parents: Mapping[str, Raw], seen: set[str] | None = None) -> dict[str, str]:
    """An entry's fields with those of its `xdata` and its `crossref`, whose own come first; each parent (`seen`) gives once."""
    fields = dict(raw.fields or {})
    seen = {raw.key.lower()} if seen is None else seen
    for relation in ("xdata", "crossref"):
        for key in fields.get(relation, "").lower().split(","):
            parent = parents.get(key.strip())
            if parent is None or key.strip() in seen or len(seen) > _MOST_PARENTS:
                continue
            seen.add(key.strip())
            held = _whole(parent, parents, seen)
            dated = bool(_DATED & fields.keys())
            for name, value in held.items():
                if relation == "crossref":
                    if name in _UNDER and parent.kind in _HOLDERS | {"book"}:
                        fields.setdefault("journaltitle" if parent.kind == "periodical" and name == "title" else _UNDER[name], value)
                    if name in _OWN:
                        continue
                if name not in {"xdata", "ids"} and not (dated and name in _DATED):
                    fields.setdefault(name, value)
    return fields


# Fields that become fields of the record, in the order of preference; and those that CSL knows by another name.
_VENUES = ("journal", "journaltitle", "booktitle", "maintitle", "shortjournal")
_PUBLISHERS = ("publisher", "school", "institution", "organization")
_PLAIN = {"volume": "volume", "language": "language", "langid": "language", "isbn": "isbn", "issn": "issn", "pmid": "pmid"}
_CSL = {
    "edition": "edition", "address": "publisher-place", "location": "publisher-place", "series": "collection-title",
    "chapter": "chapter-number",
    "note": "note", "urldate": "accessed", "eventtitle": "event-title", "venue": "event-place", "eventdate": "event-date", "type": "genre",
    "shorttitle": "title-short", "shortjournal": "container-title-short", "pagetotal": "number-of-pages", "version": "version",
    "howpublished": "howpublished", "volumes": "number-of-volumes", "origdate": "original-date",
}  # fmt: skip
_PEOPLE = ("translator", "bookauthor", "holder", "commentator", "annotator", "editora", "editorb", "editorc")
_TAKEN = frozenset(
    "title subtitle abstract author editor number issue eid pages doi url link eprint eprinttype archiveprefix primaryclass keywords"  # noqa: SIM905
    " keyword retraction groups mendeley-tags pmcid year month day date ids crossref xdata journalsubtitle booksubtitle key"
    " arxivid arxiv footnote-work".split()
)
_VERBATIM = frozenset({"file", "uri", "bdsk-url-1", "bdsk-url-2", "bdsk-file-1", "local-url", "pdf"})
_SAYS_ARXIV = re.compile(r"arxiv|^\s*corr\b|^\s*abs/", re.IGNORECASE)


def _record(kind: str, key: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """A record from an entry's fields."""
    title = _joined(fields, "title", "subtitle")
    record: dict[str, Any] = {
        "title": title,
        "abstract": text_of(fields.get("abstract", "")),
        "published": _date(fields),
        "doi": fields.get("doi", ""),
        "notes": [fields[name] for name in ("note", "howpublished", "annote", "ee", "eprint", "bdsk-url-1") if name in fields],
        "url": _unescaped(fields.get("url") or fields.get("link") or ""),
        "arxiv_id": _arxiv(fields),
        "citation_key": key or None,
    }
    people, record["authors_truncated"] = _people(fields.get("author", ""))
    record.update(names.fields(people))
    if "editor" in fields:
        record["editors"] = _people(fields["editor"])[0]
    words = [text_of(word) for word in _listed(fields.get("keywords") or fields.get("keyword") or "")]
    record["categories"], record["keywords"] = categories.apart(words)
    record["retraction"] = text_of(fields.get("retraction", "")) or None
    record["work_id"] = text_of(fields.get("footnote-work", "")) or None
    if not record["categories"] and "primaryclass" in fields:
        record["categories"] = [text_of(fields["primaryclass"])]
    for name, field in (("mendeley-tags", "tags"), ("groups", "collections")):
        if name in fields:
            record[field] = [text_of(word) for word in _listed(fields[name])]
    if "tags" in record:
        record["keywords"] = [word for word in record["keywords"] if word not in record["tags"]]
    extra: dict[str, Any] = {}
    _put_publication(record, extra, kind, fields)
    for name, value in fields.items():
        if name in _PEOPLE:
            extra[name] = [person.to_dict() for person in _people(value)[0]]
        elif name in _CSL:
            extra.setdefault(_CSL[name], text_of(value))
        elif name not in _TAKEN and name not in _PLAIN and name not in _VENUES and name not in _PUBLISHERS:
            extra[name] = value.strip() if name in _VERBATIM else text_of(value)
    record["extra"] = extra
    return record


def _put_publication(record: dict[str, Any], extra: dict[str, Any], kind: str, fields: Mapping[str, str]) -> None:
    """Type, venue, number, pages and publisher; what a record has no place for goes to `extra`."""
    of_arxiv = record["arxiv_id"] is not None
    csl = "article" if of_arxiv and kind in {"misc", "online", "unpublished"} else kinds.csl(kind)
    record["type"] = csl or kind
    if kind != kinds.written(csl)[0]:
        extra["entry-type"] = kind
    if venue := next((name for name in _VENUES if name in fields), None):
        record["venue"] = _joined(fields, venue, {"booktitle": "booksubtitle"}.get(venue, "journalsubtitle"))
        for name in _VENUES:
            if name in fields and name not in {venue, "shortjournal"} and fields[name] != fields[venue]:
                extra[name] = text_of(fields[name])
    number = fields.get("number", "")
    if csl in {None, "article-journal", "article-magazine", "article-newspaper", "article", "document"} or "issue" in fields:
        record["issue"] = text_of(fields.get("issue") or number)
        if "issue" in fields and number and number != fields["issue"]:
            extra["number"] = text_of(number)
    elif number:
        extra["collection-number" if "series" in fields else "number"] = text_of(number)
    record["pages"] = text_of(fields.get("pages") or fields.get("eid") or "")
    if "eid" in fields:
        extra["eid"] = text_of(fields["eid"])
    if publisher := next((name for name in _PUBLISHERS if name in fields), None):
        record["publisher"] = text_of(fields[publisher])
        for name in _PUBLISHERS:
            if name in fields and name != publisher:
                extra[name] = text_of(fields[name])
    for name, field in _PLAIN.items():
        if name in fields and field not in record:
            record[field] = text_of(fields[name])
    archive = fields.get("eprinttype", fields.get("archiveprefix", "")).strip().lower()
    if archive in {"pubmed", "pmid"} and "pmid" not in record:
        record["pmid"] = text_of(fields.get("eprint", ""))
    elif fields.get("eprint") and not of_arxiv:
        extra["eprint"], extra["eprinttype"] = _unescaped(fields["eprint"]), archive
    if "pmcid" in fields:
        record["pmcid"] = text_of(fields["pmcid"])
    if kind in {"mastersthesis", "phdthesis"}:
        extra.setdefault("genre", text_of(fields.get("type", "")) or ("Master's thesis" if kind == "mastersthesis" else "PhD thesis"))
    if (date := fields.get("date", "")) and date.strip() != record["published"]:
        extra["date"] = text_of(date)
    elif (year := fields.get("year", "")) and record["published"] and not re.fullmatch(r"[{\s\"]*\d{4}[}\s\"]*", year):
        extra["year"] = text_of(year)


def _listed(words: str) -> list[str]:
    """Words parted by semicolons where there are any, else by commas."""
    return [word for word in words.split(";" if ";" in words else ",") if word.strip()]


def _joined(fields: Mapping[str, str], name: str, more: str) -> str:
    """A title with its subtitle."""
    title, under = text_of(fields.get(name, "")), text_of(fields.get(more, ""))
    if not under or under.lower() in title.lower():
        return title
    return f"{title}{' ' if title.endswith(('?', '!', ':', '.')) else ': '}{under}"


def _people(value: str) -> tuple[list[Name], bool]:
    """The names of an author field, and whether it ends in "and others" or "et al."."""
    texts = [name for name in _split_and(value) if name.strip(" ,")]
    cut = bool(texts) and texts[-1].strip(" {}.").lower() in {"others", "et al", "et. al", "others et al"}
    found: list[Name] = []
    for text in texts[:-1] if cut else texts:
        whole = text.strip()
        if whole.startswith("{") and whole.endswith("}") and _one_group(whole):
            found.append(Name(literal=text_of(whole)))
            continue
        if found_al := re.search(r"(?:,|\s)\s*et\.?\s+al\b\.?$", whole, re.IGNORECASE):
            whole, cut = whole[: found_al.start()], True
        if len(texts) == 1 and (";" in whole or whole.count(",") > 2):
            listed, more = names.people(text_of(whole))
            return [names.parse(name) for name in listed], cut or more
        found.append(_person(whole))
    return [name for name in found if str(name)], cut


def _person(text: str) -> Name:
    """One name, whose braces keep words together."""
    if "{" not in text:
        return names.parse(text_of(text))
    parts = _split(text, ",")
    if len(parts) > 1 and any(part.strip().startswith("{") for part in parts):
        # A family name in braces is one word to BibTeX: `{van der Moss}, Lea`, `{Barnes and Noble}, Inc.`.
        held = [text_of(part) for part in parts]
        if len(held) == 2 and parts[0].strip().startswith("{") and _one_group(parts[0].strip()) and " " in held[0]:
            return Name(family=held[0], given=held[1])
    words = _split(text, " \t\n~")
    if len(parts) == 1 and len(words) > 1 and words[-1].startswith("{") and _one_group(words[-1]) and " " in words[-1]:
        return Name(family=text_of(words[-1]), given=text_of(" ".join(words[:-1])))  # `Gabriel {García Márquez}`
    if len(parts) == 1 and len(words) == 1:
        return Name(literal=text_of(text))
    return names.parse(text_of(text))


def _split_and(value: str) -> list[str]:
    """The names between `and`s outside of braces."""
    if "{" not in value:
        return re.split(r"\s+and\s+|^\s*and\s+|\s+and\s*$", value, flags=re.IGNORECASE)
    found, depth, start = [], 0, 0
    for token in re.finditer(r"[{}]|(?<![^\s}])and(?![^\s{])", value, re.IGNORECASE):
        if token[0] in "{}":
            depth += 1 if token[0] == "{" else -1
        elif depth <= 0:
            found.append(value[start : token.start()])
            start = token.end()
    return [*found, value[start:]]


def _split(value: str, signs: str) -> list[str]:
    """The parts between signs outside of braces; white space gives no empty part."""
    found, depth, start = [], 0, 0
    for at, char in enumerate(value):
        if char in "{}":
            depth += 1 if char == "{" else -1
        elif char in signs and depth <= 0:
            found.append(value[start:at])
            start = at + 1
    return [part for part in (*found, value[start:]) if part.strip()]


def _one_group(text: str) -> bool:
    """Whether the brace that opens a text closes at its end, and is more than the accent of its first letter."""
    depth = 0
    for at, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            return at == len(text) - 1
    return False


def _arxiv(fields: Mapping[str, str]) -> str | None:
    """The arXiv id in the fields that are for it, or that say so."""
    eprint, archive = fields.get("eprint"), fields.get("archiveprefix", fields.get("eprinttype", "")).strip().lower()
    if eprint and archive in {"", "arxiv"} and (found := identifiers.arxiv_id(_unescaped(eprint))):
        return found
    if named := fields.get("arxivid") or fields.get("arxiv"):
        return identifiers.arxiv_id(_unescaped(named))
    for name in ("journal", "journaltitle", "volume", "number", "pages", "note", "howpublished", "publisher"):
        value = fields.get(name, "")
        told = value if _SAYS_ARXIV.search(value) else ""
        if told and (found := identifiers.arxiv_id(_unescaped(told))):
            return found
    return None


def _date(fields: Mapping[str, str]) -> str | None:
    """`date` (biblatex), else year, month and day, as exact as they go."""
    if date := dates.iso(_written(fields.get("date", ""))):
        return date
    year, month, day = (_written(fields.get(name, "")) for name in ("year", "month", "day"))
    told = dates.iso(year) or dates.iso(month)
    if told is None or not month:
        return told
    if month.isdigit():
        return dates.iso(f"{told[:4]}-{month}-{day}" if day.isdigit() else f"{told[:4]}-{month}")
    return max(told, dates.iso(f"{told[:4]} {month} {day}".strip()) or "", dates.iso(f"{month} {told[:4]}") or "", key=len)


def _written(value: str) -> str:
    """A date without braces, ties and dots behind months."""
    return re.sub(r"[{}\"]|(?<=[A-Za-z])\.", "", value.replace("~", " ").replace("--", "-")).strip()


def text_of(value: str) -> str:
    """Plain text of a BibTeX value: LaTeX resolved, grouping braces gone, meant signs kept."""
    if value.isascii() and not _ANY.search(value):
        return " ".join(value.split())
    value = value.replace(r"\%%", r"\%")  # the second is a comment's
    kept = _MEANT.sub(lambda m: _KEPT[_NAMED[m[1]] if m[1] else m[2]], value)
    if "\\" in kept:
        kept = _ACCENT.sub(_accented, _DOTLESS.sub(r"\1", _SWITCH.sub("", _CONTROL.sub(" ", kept))))
    return plain(_TIE.sub(" ", kept)).translate(_BACK)


_ANY = re.compile(r"[\\$~`*_<&{}^\[\]#\x00-\x08\x0e-\x1f\x7f]|''")


def _accented(found: re.Match[str]) -> str:
    """A letter with its accent."""
    mark, letter = (group for group in found.groups() if group)
    return letter + _MARKS[mark]


def _unescaped(value: str) -> str:
    """An address without what LaTeX asks for: escapes, named signs, braces."""
    if "\\" in value or "{" in value or "$" in value:
        value = re.sub(r"\$\s*(<|>|\\langle|\\rangle)\s*\$", lambda m: "<" if m[1] in {"<", "\\langle"} else ">", value)
        value = re.sub(r"\{?\\(url|path)\s*\{([^{}]*)\}\}?", r"\2", value)
        value = re.sub(rf"\\({'|'.join(_NAMED)})(?:\{{\}}|(?![a-zA-Z])\s?)", lambda m: _NAMED[m[1]], value)
        value = re.sub(r"\\([%&_#$~{}])", r"\1", value)
        value = value.replace("{", "").replace("}", "")
    return " ".join(value.split())
