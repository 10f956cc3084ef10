"""Documents to papers: `read` tells a file's format by its content and yields its papers; `write` gives papers out again.

One reader a format, each in a file of its own. They hand on entries (`entry`), which `door` validates and makes plain. Papers come without
an id unless the record carries one: identity is the library's.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rag.errors import SourceError
from rag.sources.detection import Format, detect, unknown
from rag.sources.export import FORMATS, write
from rag.sources.opening import UnreadableFileError, open_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rag.schema import Paper
    from rag.sources.entry import Entry
    from rag.sources.opening import Document

__all__ = ["FORMATS", "Account", "Format", "detect", "files", "read", "write"]

# Files that describe a folder rather than belong to its papers, whatever they hold.
_ABOUT = ("readme", "license", "licence", "copying", "notice", "changelog", "contributing", "citation", "makefile", "requirements")
_READS = "JSON, BibTeX, RIS, PubMed, Web of Science, EndNote, XML, CSV, Excel, YAML, or plain-text abstracts"


MOST_BAD = 10_000
"""Bad records that are told one by one."""


@dataclass(slots=True)
class Account:
    """What a reading tells beside its papers.

    `bad` are records that can't be read, the first `MOST_BAD` one by one and the rest counted (`more_bad`), `without_abstract` those with a
    title alone, `left_out` files of a folder with the reason, `notes` what the user should know of how a file was read.
    """

    bad: list[SourceError] = field(default_factory=list)
    more_bad: int = 0
    without_abstract: int = 0
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        """Take over what another reading told."""
        room = max(0, MOST_BAD - len(self.bad))
        self.bad += other.bad[:room]
        self.more_bad += other.more_bad + len(other.bad[room:])
        self.without_abstract += other.without_abstract
        self.left_out += other.left_out
        self.notes += other.notes


def read(
    path: Path,
    *,
    skip_bad: bool = False,
    mapping: Mapping[str, str] | None = None,
    on_bad: Callable[[SourceError], None] | None = None,
    keep_without_abstract: bool = False,
    account: Account | None = None,
    part: tuple[int, int] = (0, 1),
) -> Iterator[Paper]:
    """The papers of a file, or of the files of a folder and its subfolders by name, in their order there.

    A bad line raises `SourceError`; with `skip_bad` it goes to `on_bad` and the reading goes on. A file that can't be read at all (missing,
    empty, binary, of no known format) always raises when it was named itself; in a folder, it is left out, and named in `account`.
    A record without an abstract stops nothing: it is counted, and is a paper only where `keep_without_abstract`. `mapping` gives the
    column of a table for a field (`{"abstract": "Zusammenfassung"}`). `part` (n, of): of a folder's files the n-th and each `of` further.
    """
    path = Path(path)
    told = account or Account()

    def bad(error: SourceError) -> None:
        if not skip_bad:
            raise error
        if len(told.bad) < MOST_BAD:
            told.bad.append(error)
        else:
            told.more_bad += 1
        if on_bad is not None:
            on_bad(error)

    reading = _Reading(mapping, bad, keep_without_abstract, told)
    if path.is_dir():
        yield from reading.folder(path, part)
        return
    document = open_document(path, path.name)
    yield from reading.papers(document, reading.format_of(document))


@dataclass(slots=True)
class _Reading:
    """One call of `read`: what it was asked for, and whom it tells."""

    mapping: Mapping[str, str] | None
    bad: Callable[[SourceError], None]
    keep: bool
    told: Account
    of_folder: bool = False

    def folder(self, folder: Path, part: tuple[int, int]) -> Iterator[Paper]:
        """The papers of a folder's files; each that is left out is named with the reason."""
        self.of_folder = True
        read_any = False
        for path in itertools.islice(_files(folder), part[0], None, part[1]):
            name = path.relative_to(folder).as_posix()
            if _describes(path):
                self.told.left_out.append(f"{name}: describes the folder")
                continue
            try:
                document = open_document(path, name)
                found = self.format_of(document)
            except SourceError as error:
                self.told.left_out.append(f"{name}: {error.reason}")
                continue
            read_any = True
            try:
                yield from self.papers(document, found)
            except UnreadableFileError as error:
                self.told.left_out.append(f"{name}: {error.reason}")
        if not read_any and part[1] == 1:
            reasons = "; ".join(self.told.left_out[:3])
            raise SourceError(f"the folder holds nothing that is read ({_READS})" + (f": {reasons}" if reasons else ""), path=str(folder))

    def format_of(self, document: Document) -> Format:
        """The document's format; `SourceError` with what it looks like where it is none that is read."""
        if document.kind != "text":
            return cast("Format", document.kind)
        found = detect(document.head, whole=document.whole, mapping=self.mapping)
        if found is None:
            looks = unknown(document.head, whole=document.whole)
            raise SourceError(
                f"the file is {looks}" if looks else f"the file's content is none of the formats that are read ({_READS})",
                path=str(document.path),
            )
        return found

    def papers(self, document: Document, found: Format) -> Iterator[Paper]:
        """The validated papers of one document. Bad entries count in the position, so that it does not depend on `skip_bad`."""
        from rag.sources.door import NoAbstractError, paper_from

        position, lacking, trimmed = -1, 0, 0
        for position, entry in enumerate(_entries(document, found, self.mapping)):
            reason = entry.fault
            if entry.record is not None:
                try:
                    paper = paper_from(entry.record, document=document.name, position=position, keep_without_abstract=self.keep)
                except NoAbstractError:
                    lacking += 1
                    continue
                except ValueError as error:
                    reason = str(error)
                else:
                    lacking += not paper.abstract
                    trimmed += "copyright" in paper.extra and "copyright" not in (entry.record.get("extra") or {})
                    yield paper
                    continue
            self.bad(SourceError(reason or "no record", path=str(document.path), line=entry.line))
        self.told.without_abstract += lacking
        notes = list(document.notes)
        if trimmed:
            notes.append(f"lines of rights were taken off the abstracts of {trimmed} records")
        self.told.notes += [f"{document.name}: {note}" for note in notes]
        if position < 0:
            reason = f"the file holds no record (read as {found})"
            if self.of_folder:
                self.told.left_out.append(f"{document.name}: {reason}")
            else:
                self.bad(SourceError(reason, path=str(document.path)))


# Extensions of records, whatever the file is called: `citations.bib` is no description.
_RECORDS = {
    ".bib",
    ".ris",
    ".nbib",
    ".enw",
    ".ciw",
    ".csv",
    ".tsv",
    ".jsonl",
    ".json",
    ".xml",
    ".xlsx",
    ".parquet",
    ".gz",
    ".zst",
    ".yaml",
    ".yml",
}


def files(folder: Path) -> Iterator[Path]:
    """The files below `folder` that may hold papers, sorted by path."""
    return (path for path in _files(folder) if not _describes(path))


def _describes(path: Path) -> bool:
    """Whether a file tells about its folder."""
    return path.name.lower().startswith(_ABOUT) and path.suffix.lower() not in _RECORDS


def _files(folder: Path) -> Iterator[Path]:
    """The files below `folder`, sorted by path; links to folders are not followed, hidden ones left alone."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            if not name.startswith((".", "~")):
                yield Path(parent) / name


def _entries(document: Document, found: Format, mapping: Mapping[str, str] | None) -> Iterator[Entry]:
    """The entries of a document by the reader of its format."""
    from rag.sources import bibtex, jsonfiles, pages, plaintexts, tables, tagged, workbooks, xmlfiles, yamlfiles

    with_mapping = {"table": tables.read_table, "sheet": workbooks.read_sheets, "parquet": workbooks.read_parquet}
    if found in with_mapping:
        return with_mapping[found](document, mapping)
    return {
        "jsonl": jsonfiles.read_json_lines,
        "json": jsonfiles.read_json_values,
        "yaml": yamlfiles.read_yaml,
        "xml": xmlfiles.read_xml,
        "bibtex": bibtex.read_bibtex,
        "ris": tagged.read_ris,
        "medline": tagged.read_medline,
        "wos": tagged.read_wos,
        "refer": tagged.read_refer,
        "colon": tagged.read_colon,
        "ovid": tagged.read_ovid,
        "refworks": tagged.read_refworks,
        "worded": tagged.read_worded,
        "pubmed": tagged.read_pubmed_text,
        "trending": pages.read_trending,
        "listing": pages.read_listing,
        "labelled": plaintexts.read_abstract_lines,
        "abstracts": plaintexts.read_abstract_lines,
        "text": plaintexts.read_single,
    }[found](document)
