"""Tagged text: RIS, by rispy, and MEDLINE (PubMed's `.nbib`), whose few tags that matter are read here. Both record by record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.sources import dates
from rag.sources.entry import Entry
from rag.sources.names import direct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rag.sources.opening import Document

RIS_START = re.compile(r"\ufeff?TY {1,2}- ?")
_RIS_END = re.compile(r"ER {1,2}-")
MEDLINE_TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)")
# Far longer than any record of either kind.
_MAX_LINES = 20_000


def read_ris(document: Document) -> Iterator[Entry]:
    """The records from `TY` to `ER`; one without an end is a fault, for its file may be cut short."""
    first, texts = 0, list[str]()
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif RIS_START.match(line.text):
            if first:
                yield Entry(line=first, fault="the RIS record has no end (ER)")
            first, texts = line.number, [line.text.lstrip("\ufeff")]
        elif first and _RIS_END.match(line.text):
            yield _ris_entry(first, texts)
            first = 0
        elif first:
            texts.append(line.text)
            if len(texts) > _MAX_LINES:
                yield Entry(line=first, fault="the RIS record has no end (ER)")
                first = 0
    if first:
        yield Entry(line=first, fault="the RIS record has no end (ER); is the file cut short?")


def _ris_entry(first: int, texts: list[str]) -> Entry:
    """The record of the lines from `TY` up to `ER`."""
    import rispy

    try:
        fields = rispy.loads("\n".join([*texts, "ER  - ", ""]), skip_unknown_tags=True)[0]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return Entry(line=first, fault=f"the RIS record can't be read: {type(error).__name__}: {error}")
    dated = [dates.iso(fields.get(name)) for name in ("date", "year", "publication_year")]
    return Entry(
        line=first,
        record={
            "title": fields.get("title") or fields.get("primary_title") or fields.get("translated_title"),
            "abstract": fields.get("abstract") or fields.get("notes_abstract"),
            "authors": [direct(name) for name in fields.get("authors") or fields.get("first_authors") or []],
            "published": max((date for date in dated if date), key=len, default=None),
            "doi": fields.get("doi"),
            "url": next((address for address in fields.get("urls") or [] if address.startswith("http")), None),
            "categories": fields.get("keywords") or [],
        },
    )


def read_medline(document: Document) -> Iterator[Entry]:
    """The records, each from `PMID`; a value goes on in lines that are indented.

    Tags: https://www.nlm.nih.gov/bsd/mms/medlineelements.html
    """
    first, last = 0, ""
    fields: dict[str, list[str]] = {}
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            continue
        tag = MEDLINE_TAG.fullmatch(line.text)
        if tag and tag[1] == "PMID":
            if first:
                yield Entry(line=first, record=_medline_record(fields))
            first, fields, last = line.number, {}, "PMID"
        elif tag:
            last = tag[1]
        if first and tag:
            fields.setdefault(tag[1], []).append(tag[2].strip())
        elif first and line.text[:1].isspace() and last in fields:
            fields[last][-1] += " " + line.text.strip()
    if first:
        yield Entry(line=first, record=_medline_record(fields))


def _medline_record(fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """A record from tags; the full names (FAU) go before the short ones (AU), the PubMed address stands in for none."""
    ids = [*fields.get("LID", []), *fields.get("AID", [])]
    pmid = "".join(fields.get("PMID", []))
    return {
        "title": " ".join(fields.get("TI", [])) or " ".join(fields.get("TT", [])),
        "abstract": " ".join(fields.get("AB", [])),
        "authors": [direct(name) for name in fields["FAU"]] if "FAU" in fields else [_turned(name) for name in fields.get("AU", [])],
        "published": dates.iso(" ".join(fields.get("DP", []))) or dates.iso(" ".join(fields.get("DEP", []))),
        "doi": next((value for value in ids if "[doi]" in value), None),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdigit() else None,
        "categories": fields.get("MH", [])[:200],
    }


def _turned(name: str) -> str:
    """`Smith JD` as `J. D. Smith`."""
    family, _, initials = name.rpartition(" ")
    if not family or not initials.isalpha() or not initials.isupper():
        return name
    return " ".join([*(f"{letter}." for letter in initials), family])
