"""Papers to BibTeX and to biblatex: specials escaped, capitals protected, the user's keys kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from rag.schema import Name
from rag.sources import kinds, names
from rag.sources.keys import keyed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.schema import Paper

_SPECIALS = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "`": r"\textasciigrave{}", "<": r"\textless{}", ">": r"\textgreater{}", "*": r"\textasteriskcentered{}",
}  # fmt: skip
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
# CSL's variables of `extra`: what BibTeX and biblatex call them.
_EXTRA = {
    "publisher-place": ("address", "location"), "collection-title": ("series", "series"), "collection-number": ("number", "number"),
    "chapter-number": ("chapter", "chapter"), "accessed": ("urldate", "urldate"), "genre": ("type", "type"),
    "title-short": ("shorttitle",) * 2,
    "container-title-short": ("shortjournal",) * 2, "number-of-pages": ("pagetotal",) * 2, "number-of-volumes": ("volumes",) * 2,
    "event-title": ("eventtitle",) * 2, "event-place": ("venue",) * 2, "event-date": ("eventdate",) * 2, "original-date": ("origdate",) * 2,
}  # fmt: skip
_BOOKISH = frozenset({"paper-conference", "chapter", "entry-encyclopedia", "entry-dictionary"})
_BIBLATEX = {
    "thesis": "thesis", "report": "report", "dataset": "dataset", "software": "software", "webpage": "online", "patent": "patent",
    "article": "online", "entry-encyclopedia": "inreference", "entry-dictionary": "inreference", "post-weblog": "online", "post": "online",
}  # fmt: skip
_VERBATIM = frozenset({"file", "uri", "bdsk-url-1", "bdsk-url-2", "bdsk-file-1", "local-url", "pdf", "urldate", "eprint"})
_NAME = re.compile(r"[a-z][a-z0-9+._/-]*")


def bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """An entry of BibTeX a paper."""
    return (_entry(paper, key, biblatex=False) for key, paper in keyed(papers))


def biblatex(papers: Iterable[Paper]) -> Iterator[str]:
    """An entry of biblatex a paper: its types, `date`, `journaltitle`, `location`."""
    return (_entry(paper, key, biblatex=True) for key, paper in keyed(papers))


def _entry(paper: Paper, key: str, *, biblatex: bool) -> str:
    kind = _kind(paper, biblatex=biblatex)
    extra = {field: value for field, value in paper.extra.items() if field not in {"entry-type", "date", "year"}}
    fields: dict[str, str] = {
        # The inner braces keep the capitals whatever the style does.
        "title": f"{{{escaped(paper.title)}}}",
        "author": _people(names.parts(paper), others=paper.authors_truncated),
        "editor": _people(paper.editors),
        **_dates(paper, biblatex=biblatex),
        _venue(paper, biblatex=biblatex): escaped(paper.venue or ""),
        "volume": escaped(paper.volume or ""),
        "issue" if "number" in extra or "collection-number" in extra else "number": escaped(paper.issue or ""),
        "eid" if extra.pop("eid", None) == paper.pages else "pages": re.sub(r"(?<=\w)-(?=\w)", "--", escaped(paper.pages or "")),
        _publisher(paper, biblatex=biblatex): escaped(paper.publisher or ""),
        "isbn": ", ".join(paper.isbn),
        "issn": ", ".join(paper.issn),
        "pmid": paper.pmid or "",
        "pmcid": paper.pmcid or "",
        "language": escaped(paper.language or ""),
        "keywords": _listed((*paper.keywords, *paper.categories, *paper.tags)),
        "mendeley-tags": _listed(paper.tags),
        "groups": _listed(paper.collections),
        "doi": _address(paper.doi),
        "url": _address(paper.url),
        "eprint": paper.arxiv_id or "",
        "eprinttype" if biblatex else "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "retraction": escaped(paper.retraction or ""),
        "footnote-work": escaped(paper.work_id or ""),
        "abstract": escaped(paper.abstract),
    }
    for field, value in extra.items():
        name = _EXTRA.get(field, (field, field))[biblatex]
        if _NAME.fullmatch(name) and not fields.get(name):
            fields[name] = _value(name, value)
    body = "".join(f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{key},\n{body}}}\n\n"


def _kind(paper: Paper, *, biblatex: bool) -> str:
    """The entry type: the one that the paper came with where it fits, else the usual one for its type."""
    given = str(paper.extra.get("entry-type", ""))
    if _NAME.fullmatch(given) and (kinds.csl(given) == paper.type or paper.type == "article"):
        return given
    if paper.type is None:
        return "article" if paper.doi else "misc"
    if biblatex and paper.type in _BIBLATEX:
        return _BIBLATEX[paper.type]
    if paper.type == "thesis" and re.search(r"(?i)master|diplom|m\.?sc", str(paper.extra.get("genre", ""))):
        return "mastersthesis"
    return kinds.written(paper.type)[0]


def _dates(paper: Paper, *, biblatex: bool) -> dict[str, str]:
    """`date`, or year, month (as a macro) and day; a range or season as the source wrote it."""
    said = str(paper.extra.get("date", ""))
    if biblatex:
        return {"date": escaped(said) or paper.published or str(paper.extra.get("year", ""))}
    year, month, day = (*(paper.published or "").split("-"), "", "")[:3]
    return {
        "year": escaped(str(paper.extra.get("year", ""))) or year,
        "month": _MONTHS[int(month) - 1] if month else "",
        "day": str(int(day)) if day else "",
        "date": escaped(said),
    }


def _venue(paper: Paper, *, biblatex: bool) -> str:
    return "booktitle" if paper.type in _BOOKISH else "journaltitle" if biblatex else "journal"


def _publisher(paper: Paper, *, biblatex: bool) -> str:
    if paper.type == "thesis":
        return "institution" if biblatex else "school"
    return "institution" if paper.type == "report" else "publisher"


def escaped(text: str) -> str:
    """Text in which no character means anything to LaTeX or BibTeX."""
    return "".join(_SPECIALS.get(char, char) for char in text)


def _people(people: Iterable[Name], *, others: bool = False) -> str:
    """Names as BibTeX orders them, parted by `and`."""
    found = [_person(person) for person in people]
    return " and ".join([*found, *(["others"] if found and others else [])])


def _person(person: Name) -> str:
    """`von Last, Jr, First`; braces keep together a group, and a part in which BibTeX would see more than one."""
    if person.literal or not person.family:
        return f"{{{escaped(str(person))}}}"
    # What begins in lower case is a particle to BibTeX.
    family = _kept(person.family, whole=person.family[:1].islower() or any(word[:1].islower() for word in person.family.split()[:-1]))
    last = f"{escaped(person.particle)} {family}" if person.particle else family
    return ", ".join(part for part in (last, _kept(person.suffix), _kept(person.given)) if part) + (
        "" if person.given or person.suffix else ","
    )


def _kept(part: str, *, whole: bool = False) -> str:
    """Part of a name, in braces where a comma or an `and` in it would part it."""
    braced = whole or "," in part or " and " in f" {part.lower()} "
    return f"{{{escaped(part)}}}" if braced and part else escaped(part)


def _listed(words: Iterable[str]) -> str:
    """Words parted by commas, or by semicolons where one holds a comma."""
    each = [escaped(word.replace(";", ",")) for word in dict.fromkeys(words)]
    semicolons = any("," in word for word in each)
    return "; ".join(each) + (";" if len(each) == 1 else "") if semicolons else ", ".join(each)


def _value(name: str, value: Any) -> str:
    """A value of `extra`."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return _people(Name(**{part: str(one[part]) for part in Name.__slots__ if part in one}) for one in value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(map(escaped, value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _address(text) if name in _VERBATIM else escaped(text)


def _address(text: str | None) -> str:
    """An address, whose braces and backslashes would unbalance the entry; the rest is read verbatim."""
    return re.sub(r"[{}\\]", lambda m: f"%{ord(m[0]):02X}", text or "")
