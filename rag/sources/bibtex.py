"""BibTeX, by bibtexparser: its entries are cut out one by one here, so that a file streams and a bad entry has a line."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.sources import dates, identifiers
from rag.sources.entry import Entry
from rag.sources.names import direct
from rag.sources.opening import MAX_LINE_CHARS
from rag.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rag.sources.opening import Document

START = re.compile(r"\s*@\s*([A-Za-z]+)\s*[{(]")
# Building the parser costs as much as parsing a few entries.
_BATCH = 40
_AND = re.compile(r"\s+and\s+(?![^{]*\})", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class _Block:
    """The source of one `@...{...}` and its first line."""

    line: int
    kind: str
    text: str


def read_bibtex(document: Document) -> Iterator[Entry]:
    """The entries in order, `@string` names resolved; `@comment`, `@preamble` and text between entries are passed over."""
    strings = ""
    batch: list[_Block] = []
    for block in _blocks(document):
        if isinstance(block, Entry):
            yield from _parsed(batch, strings)
            batch = []
            yield block
        elif block.kind == "string":
            yield from _parsed(batch, strings)
            batch = []
            strings += block.text
        elif block.kind not in {"comment", "preamble"}:
            batch.append(block)
            if len(batch) == _BATCH:
                yield from _parsed(batch, strings)
                batch = []
    yield from _parsed(batch, strings)


def _blocks(document: Document) -> Iterator[_Block | Entry]:
    """The source of each entry, from a line that begins one to the next such line; faults of the file pass through."""
    kind, first, texts, size = "", 0, list[str](), 0
    for line in document.lines():
        begins = START.match(line.text)
        if (begins or line.fault) and kind:
            yield _Block(first, kind, "\n".join(texts) + "\n")
            kind = ""
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif begins:
            kind, first, texts, size = begins[1].lower(), line.number, [line.text], 0
        elif kind:
            texts.append(line.text)
            size += len(line.text)
            if size > MAX_LINE_CHARS:
                yield Entry(line=first, fault="the entry has no end")
                kind = ""
    if kind:
        yield _Block(first, kind, "\n".join(texts) + "\n")


def _parsed(batch: list[_Block], strings: str) -> Iterator[Entry]:
    """The records of a batch; where the parser found fewer entries than there are, one by one to tell which is bad."""
    found = _parse(strings + "".join(block.text for block in batch)) if batch else []
    if len(found) == len(batch):
        yield from (Entry(line=block.line, record=_record(fields)) for block, fields in zip(batch, found, strict=True))
        return
    for block in batch:
        alone = _parse(strings + block.text)
        if len(alone) == 1:
            yield Entry(line=block.line, record=_record(alone[0]))
        else:
            yield Entry(line=block.line, fault="the BibTeX entry can't be read: a brace or quotation mark is open, or a comma is missing")


def _parse(text: str) -> list[dict[str, str]]:
    """The entries that bibtexparser finds; it leaves out those that it can't read."""
    from bibtexparser.bparser import BibTexParser

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # it logs each bad entry; ours are reported with their line
    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    try:
        return list(parser.parse(text, partial=True).entries)
    except Exception:  # noqa: BLE001 - the parser raises what its grammar happens to; the caller reports the entry
        return []


def _record(fields: Mapping[str, str]) -> dict[str, Any]:
    """A record from an entry's fields."""
    names = [name for name in _AND.split(fields.get("author", "")) if name.strip()]
    truncated = bool(names) and names[-1].strip().lower() == "others"
    kept = names[:-1] if truncated else names
    eprint, archive = fields.get("eprint"), fields.get("archiveprefix", fields.get("eprinttype", "")).lower()
    arxiv = identifiers.arxiv_id(eprint) if eprint and archive in {"", "arxiv"} else None
    words = fields.get("keywords") or fields.get("keyword") or ""
    return {
        "title": text_of(fields.get("title", "")),
        "abstract": text_of(fields.get("abstract", "")),
        "authors": [text_of(name) if name.strip().startswith("{") else direct(text_of(name)) for name in kept],
        "authors_truncated": truncated,
        "published": _date(fields),
        "doi": _unescaped(fields.get("doi", "")),
        "url": _unescaped(fields.get("url") or fields.get("link") or ""),
        "arxiv_id": arxiv,
        "categories": [text_of(word) for word in re.split(r"[,;]", words) if word.strip()] or [text_of(fields.get("primaryclass", ""))],
    }


def _date(fields: Mapping[str, str]) -> str | None:
    """`date` (biblatex), else year, month and day, as exact as they go."""
    if date := dates.iso(fields.get("date")):
        return date
    year, month = fields.get("year", ""), fields.get("month", "")
    if month.isdigit():
        return dates.iso(f"{year}-{month}") or dates.iso(year)
    return dates.iso(f"{year} {month} {fields.get('day', '')}".strip()) or dates.iso(year)


def text_of(value: str) -> str:
    """Plain text of a BibTeX value: LaTeX resolved, grouping braces gone, meant signs kept."""
    kept = _MEANT.sub(lambda m: _KEPT[_NAMED[m[1]] if m[1] else m[2]], value)
    return plain(kept).translate(_BACK)


def _unescaped(value: str) -> str:
    """An address without the escapes that LaTeX asks for."""
    return re.sub(r"\\([%&_#$~{}])", r"\1", value.replace("\\textasciitilde{}", "~").replace("\\textunderscore{}", "_")).strip("{} ")
