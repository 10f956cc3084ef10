"""Documents to papers: `read` tells a file's format by its content and yields its papers; `write` gives papers out again.

One reader a format, each in a file of its own. They hand on entries (`entry`), which `door` validates and makes plain. Papers come without
an id unless the record carries one: identity is the library's.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.sources.detection import Format, detect
from rag.sources.export import FORMATS, write
from rag.sources.opening import Document, open_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rag.schema import Paper
    from rag.sources.entry import Entry

__all__ = ["FORMATS", "Format", "detect", "read", "write"]

_log = logging.getLogger(__name__)

# Files that describe a folder rather than belong to its papers, whatever they hold.
_ABOUT = ("readme", "license", "licence", "copying", "notice", "changelog", "contributing", "citation", "makefile", "requirements")
_READS = "JSON lines, JSON, BibTeX, RIS, MEDLINE, CSV or TSV with an 'abstract' column, or plain-text abstracts"


def read(
    path: Path,
    *,
    skip_bad: bool = False,
    mapping: Mapping[str, str] | None = None,
    on_bad: Callable[[SourceError], None] | None = None,
) -> Iterator[Paper]:
    """The papers of a file, or of the files of a folder and its subfolders by name, in their order there.

    A bad line raises `SourceError`; with `skip_bad` it goes to `on_bad` and the reading goes on. A file that can't be read at all (missing,
    empty, binary, of no known format) always raises when it was named itself; in a folder, files of no known format are left out.
    `mapping` gives the column of a table for a field (`{"abstract": "Zusammenfassung"}`).
    """
    path = Path(path)

    def bad(error: SourceError) -> None:
        if not skip_bad:
            raise error
        if on_bad is not None:
            on_bad(error)

    if path.is_dir():
        yield from _folder(path, mapping, bad)
        return
    document = open_document(path, path.name)
    found = detect(document.head, whole=document.whole, mapping=mapping)
    if found is None:
        raise SourceError(f"the file's content is none of the formats that are read ({_READS})", path=str(path))
    yield from _papers(document, found, mapping, bad)


def _folder(folder: Path, mapping: Mapping[str, str] | None, bad: Callable[[SourceError], None]) -> Iterator[Paper]:
    """The papers of a folder's files; hidden ones, those about the folder and those of no known format are left out."""
    read_any = False
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            document = open_document(path, name)
        except SourceError as error:
            _log.info("left out: %s", error)
            continue
        found = detect(document.head, whole=document.whole, mapping=mapping)
        if found is None:
            _log.info("left out: %s is of no format that is read", path)
            continue
        read_any = True
        yield from _papers(document, found, mapping, bad)
    if not read_any:
        raise SourceError(f"the folder holds nothing that is read ({_READS})", path=str(folder))


def _files(folder: Path) -> Iterator[Path]:
    """The files below `folder`, sorted by path; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            if not name.startswith((".", "~")) and not name.lower().startswith(_ABOUT):
                yield Path(parent) / name


def _papers(document: Document, found: Format, mapping: Mapping[str, str] | None, bad: Callable[[SourceError], None]) -> Iterator[Paper]:
    """The validated papers of one document. Bad entries count in the position, so that it does not depend on `skip_bad`."""
    from rag.sources.door import paper_from

    position = -1
    for position, entry in enumerate(_entries(document, found, mapping)):
        reason = entry.fault
        if entry.record is not None:
            try:
                yield paper_from(entry.record, document=document.name, position=position)
                continue
            except ValueError as error:
                reason = str(error)
        bad(SourceError(reason or "no record", path=str(document.path), line=entry.line))
    if position < 0:
        bad(SourceError(f"the file holds no record (read as {found})", path=str(document.path)))


def _entries(document: Document, found: Format, mapping: Mapping[str, str] | None) -> Iterator[Entry]:
    """The entries of a document by the reader of its format."""
    from rag.sources import bibtex, jsonfiles, pages, plaintexts, tables, tagged

    if found == "table":
        return tables.read_table(document, mapping)
    return {
        "jsonl": jsonfiles.read_json_lines,
        "json": jsonfiles.read_json_values,
        "bibtex": bibtex.read_bibtex,
        "ris": tagged.read_ris,
        "medline": tagged.read_medline,
        "trending": pages.read_trending,
        "listing": pages.read_listing,
        "labelled": plaintexts.read_abstract_lines,
        "abstracts": plaintexts.read_abstract_lines,
        "text": plaintexts.read_single,
    }[found](document)
