"""Which format a document has, from the beginning of its text and never from its name; and of what is none, what it looks like."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, cast

from rag.sources import tagged, xmlfiles
from rag.sources.bibtex import START as BIBTEX_START
from rag.sources.headings import split_heading
from rag.sources.pages import LISTING, abstract_like
from rag.sources.plaintexts import FIELD, LABEL, SECTION
from rag.sources.tables import find_header

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal[
    "jsonl", "json", "yaml", "xml", "bibtex", "ris", "medline", "wos", "refer", "refworks", "ovid", "colon", "worded", "pubmed",
    "table", "sheet", "parquet",
    "trending", "listing", "labelled", "abstracts", "text",
]  # fmt: skip

# How many lines of a head are weighed.
_LINES = 60
_YAML = re.compile(
    r"(?:---[ \t]*\n(?:(?!---)[^\n]*\n)*?)?(?:references|bibliography|items):[ \t]*\n[ \t]*-\s"
    r"|(?:---[ \t]*\n)?-\s+(?:[\w-]+:.*\n\s+)*?(?:id|title|type|DOI|author|abstract):"
)
_MARKUP = re.compile(r"(?i)<(?:!doctype|html|\?xml|!--|[a-z][\w:.-]*(?:[\s>/]|$))")


def detect(head: bytes | str, *, whole: bool = True, mapping: Mapping[str, str] | None = None) -> Format | None:
    """The format of a document that begins with `head`; None where it looks like none that is read (`unknown` says like what).

    `whole` says that nothing follows, else the last line may be cut. `mapping` makes tables with other column names known.
    """
    text, lines = _lines(head, whole)
    if not lines:
        return None
    stripped = [line.strip() for line in lines]
    if text.lstrip()[:1] in {"{", "["} and (found := _json(stripped, cut=not whole and "\n" not in text.strip())):
        return found
    if _MARKUP.match(stripped[0]):
        return "xml" if xmlfiles.kind_of(text) else None
    if _YAML.match(text.lstrip()):
        return "yaml"
    if find_header(lines, mapping):
        return "table"
    if BIBTEX_START.match(stripped[0]):
        return "bibtex"
    if (tags := tagged.dialect(lines[:400])) is not None:
        return cast("Format", tags)
    if any(BIBTEX_START.match(line) for line in lines) and not abstract_like(stripped[0]):
        return "bibtex"
    return None if unknown(head, whole=whole) else _prose(stripped)


def _lines(head: bytes | str, whole: bool) -> tuple[str, list[str]]:
    """The text and its lines that are not blank, without the last where that may be cut."""
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    text = text.lstrip("\ufeff")
    cut = text if whole or "\n" not in text else text[: text.rindex("\n")]
    return text, [line.rstrip() for line in cut.split("\n") if line.strip()]


def _json(lines: list[str], *, cut: bool) -> Format | None:
    """JSON lines, or values over several lines; None for text that only begins with a bracket. `cut`: the first line is not whole."""
    if lines[0].startswith("["):
        return (
            "json" if re.match(r"\[\s*(?:[{\]]|$)", lines[0]) and (len(lines[0]) > 1 or lines[1:2] == [] or lines[1][0] in "{]") else None
        )
    if cut:
        return "json" if re.match(r"\{\s*\"", lines[0]) else None
    try:
        json.loads(lines[0])
    except (ValueError, RecursionError):
        if len(lines) > 1 and not lines[1].startswith("{"):
            return "json" if re.match(r"\{\s*(?:$|\")", lines[0]) else None
        return "jsonl" if re.match(r"\{\s*\"", lines[0]) else None
    return "jsonl"


def _prose(lines: list[str]) -> Format | None:
    """The plain-text formats, by how short and long lines follow one another."""
    weighed = lines[:_LINES]
    if all(LABEL.match(line) and len(line) > 40 for line in weighed):
        return "labelled"
    long = [abstract_like(line) for line in weighed]
    listed = any(LISTING.fullmatch(line) for line in weighed)
    alternating = sum(not before and after for before, after in pairwise(long))
    if listed and any(long):
        return "listing"
    if alternating and not _single(weighed, long):
        headings = [line for line, after in zip(weighed, long[1:], strict=False) if after]
        glued = sum(bool((parts := split_heading(line)).authors) and (parts.truncated or len(parts.authors) > 1) for line in headings)
        return "listing" if glued * 2 > alternating else "trending"
    if all(long):
        return "abstracts" if len(weighed) > 1 else "text"
    return "text" if _readable(weighed) else None


def _single(lines: list[str], long: list[bool]) -> bool:
    """One paper's text rather than a page: a title, a few fields, and paragraphs that follow, or sections with their headings."""
    headed = sum(bool(SECTION.fullmatch(line)) for line in lines)
    if headed > 1 and headed * 2 >= sum(not paragraph for paragraph in long):
        return True
    return (sum(long) == 1 and long.index(True) <= 3) or any(LABEL.match(line) for line in lines[:12]) or any(map(all, pairwise(long)))


def _readable(lines: list[str]) -> bool:
    """Whether the lines are sentences: enough words in letters, and neither program text, markup nor a table."""
    text = "\n".join(lines)
    words = text.split()
    lettered = sum(word.strip(".,;:!?()\"'").replace("-", "").replace("'", "").isalpha() for word in words)
    odd = sum(bool(_ODD.match(line)) for line in lines)
    assigned = sum(
        bool(re.match(r"[\w.\"'-]+\s*[=:]\s*\S", line) and not (FIELD.match(line) or LABEL.match(line)))
        or line.endswith(("{", "}", ";", "\\"))
        for line in lines
    )
    ended = re.search(r"[.!?。][\"')\]]?(?:\s|$)", text)
    return len(words) >= 12 and lettered >= 0.6 * len(words) and odd + assigned <= 0.3 * len(lines) and ended is not None


_ODD = re.compile(r"(?:[#|>]|```|[-*+] |\d+\. |(?:import|from|def|class|return|const|let|var)\b|//|/\*|\[[\w.-]+\]$)")

# Lines that begin with a tag of any kind: `AU  - `, `%A `, `Au: `, `TI Title`, `*Title:`, `<Title>`.
_TAGGED = re.compile(
    r"(?:([A-Z][A-Z0-9]{1,4})\s{0,3}[-:=]\s?(?=\S|$)|(%[A-Za-z0-9@])\s|([A-Z][A-Z0-9])\s{1,3}(?=\S)|([*#:][A-Za-z]\w{0,15}:?)\s+\S|(--[A-Z]{2}--)|(<\w{1,15}>)"
    r"|([A-Z][a-z]{1,15}(?:[- ][A-Za-z]+)?)\s*:\s)"
)


def unknown(head: bytes | str, *, whole: bool = True) -> str | None:
    """What a text that is none of the formats looks like, and what to export instead; None where it may be prose."""
    text, lines = _lines(head, whole)
    if not lines:
        return None
    stripped = [line.strip() for line in lines]
    export = "export the records as RIS, BibTeX or CSV instead"
    first = stripped[0]
    if re.match(r"(?i)<!doctype (?:html|netscape)|<html|<head|<body|<meta", first) or re.search(r"(?i)<html[\s>]", text[:2000]):
        return f"a web page (HTML); {export}"
    if _MARKUP.match(first):
        root = re.search(r"<([A-Za-z][\w:.-]*)", re.sub(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>", "", text, flags=re.DOTALL))
        return (
            f"XML with the root <{root[1] if root else '?'}>, which is not known; read are PubMed, JATS, Atom, EndNote, DBLP, MODS, MARC, "
            f"Europe PMC, DataCite, Crossref and the ACL Anthology; else {export}"
        )
    if text.lstrip()[:1] in {"{", "["} and re.match(r"[\[{]\s*[\"{\[\d\]}]", text.lstrip()):
        return f"JSON that is cut or of no usual form; {export}"
    if re.match(r"\\(?:documentclass|begin|usepackage|bibitem|section)", first) or sum(line.startswith("\\") for line in stripped[:40]) > 8:
        return "LaTeX source; give the .bib file that belongs to it"
    weighed = stripped[: 2 * _LINES]
    tags = [found[0].strip() for line in weighed if (found := _TAGGED.match(line)) and not (FIELD.match(line) or LABEL.match(line))]
    if len(tags) >= 4 and len(tags) >= 0.25 * len(weighed) and len(set(tags)) >= 3 and _repeated_form(tags):
        shown = ", ".join(list(dict.fromkeys(tag.strip(" -:=") for tag in tags))[:6])
        return f"tagged text of no kind that is known (tags {shown}); {export}"
    for delimiter, called in (("\t", "tabs"), (";", "semicolons"), (",", "commas"), ("|", "bars")):
        counts = [line.count(delimiter) for line in weighed[:20]]
        if len(counts) > 1 and counts[0] >= 2 and sum(count >= counts[0] for count in counts) > 0.8 * len(counts) and len(first) < 400:
            columns = [cell.strip('" ') for cell in first.split(delimiter)]
            if all(len(cell) < 40 for cell in columns):
                return (
                    f"a table (parted by {called}) whose columns are not known: {', '.join(columns[:8])}"
                    f"{', ...' if len(columns) > 8 else ''}; "
                    "name them: --column title=COLUMN --column abstract=COLUMN"
                )
    return None


def _repeated_form(tags: list[str]) -> bool:
    """Whether tags are those of a format rather than words that begin lines: in capitals, or with a sign."""
    formal = sum(bool(re.match(r"[%*#:<-]|[A-Z][A-Z0-9]{1,4}\b", tag)) for tag in tags)
    return formal >= 0.6 * len(tags) or (len(tags) >= 8 and len(set(tags)) <= len(tags) / 1.5)
