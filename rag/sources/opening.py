"""Files to text: compression by its magic bytes, the encoding by content (`rag.sources.encodings`), lines of bounded length.

Nothing is read whole, so a file may be larger than memory; only workbooks and Parquet files, which are no text, are opened by their
readers. What can't be read becomes a fault of the line where it stands.
"""

from __future__ import annotations

import bz2
import codecs
import dataclasses
import errno
import gzip
import io
import lzma
import re
import stat
import sys
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from rag.errors import SourceError
from rag.sources import encodings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD_BYTES = 1 << 16
MAX_LINE_CHARS = 8 << 20
_MAX_BINARY = 1 << 30

MOST_RATIO = 100
"""A packed file may unpack to as many times its size: text packs to a fifth, and at best, where it repeats itself, to a thirtieth."""

FREE_BYTES = 16 << 20
MOST_BYTES = 64 << 30
"""Unpacked: below the first the ratio is not asked, beyond the second nothing is read."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", "a PDF; export the records as BibTeX, RIS or CSV, or save the abstract as text"),
    (b"SQLite format 3", "a database; export its records as RIS, BibTeX or CSV (a library of Zotero: footnote ingest zotero)"),
    (b"\x1f\x8b", "compressed twice; unpack it once"),
    (b"{\\rtf", "rich text (RTF); export the records as RIS, BibTeX or CSV instead"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
)
_OLE, _ZIP, _PARQUET = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"PAR1"
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BAD_STREAM = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError)
# Some of a Zstandard stream's own errors; the module is loaded for such a file alone.
_BAD_ZSTD = "ZstdError"


class UnreadableFileError(SourceError):
    """A file turns out to be none that can be read, after its kind was told."""


class UnreadableError(Exception):
    """The stream can't be read on; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end, or the `fault` that stands in its place. `number` counts from 1."""

    number: int
    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file whose first bytes were seen: its `name` for `Source`, its encoding and the start of its text.

    `kind` is `text`, or `sheet` or `parquet` for what is no text; `notes` gather what the user should know of how it was read.
    """

    path: Path
    name: str
    encoding: str
    head: str
    whole: bool
    """Whether `head` is all of it."""
    kind: str = "text"
    notes: list[str] = field(default_factory=list)
    legacy: list[str | None] = field(default_factory=list)
    """The encoding of what is no UTF-8, once it was looked for."""

    def lines(self) -> Iterator[Line]:
        """The lines in order. After a fault of the stream as a whole nothing follows."""
        number = 0
        with self._text() as stream:
            while True:
                number += 1
                try:
                    text = _guarded(stream, MAX_LINE_CHARS + 1)
                    if not text:
                        return
                    if len(text) > MAX_LINE_CHARS and not text.endswith("\n"):
                        while (rest := _guarded(stream, MAX_LINE_CHARS)) and not rest.endswith("\n"):
                            pass
                        yield Line(number, "", f"a line of more than {MAX_LINE_CHARS >> 20} million characters")
                        continue
                except UnreadableError as error:
                    yield Line(number, "", str(error))
                    return
                if text.isascii():
                    yield Line(number, text.rstrip("\n"))
                    continue
                text = self._known(text)
                yield Line(number, text.rstrip("\n"), encoding_fault(text, self.encoding))

    def pieces(self) -> Iterator[str]:
        """The text in pieces; raises `UnreadableError`."""
        with self._text() as stream:
            while piece := _guarded(stream, HEAD_BYTES, by_line=False):
                if not piece.isascii() and encodings.UNDECODED.search(piece):
                    piece = "".join(map(self._known, (piece + _guarded(stream, MAX_LINE_CHARS)).splitlines(keepends=True)))
                yield piece

    @contextmanager
    def binary(self) -> Iterator[BinaryIO]:
        """The bytes, unpacked and to be read from any place; for what is no text."""
        with _binary(self.path) as stream:
            yield stream if stream.seekable() and isinstance(stream, io.BufferedReader) else io.BytesIO(stream.read(_MAX_BINARY))

    def _known(self, text: str) -> str:
        """A line whose bytes are no UTF-8 in the encoding that the file's content tells; as it is where none is told."""
        if text.isascii() or not self.encoding.startswith("utf-8") or not encodings.UNDECODED.search(text):
            return text
        if not self.legacy:
            with _binary(self.path) as stream:
                self.legacy.append(encodings.legacy(stream))
            if self.legacy[0]:
                self.notes.append(f"not UTF-8: read as {encodings.shown(self.legacy[0])}, as its content tells")
        return encodings.decoded(text, self.legacy[0]) if self.legacy[0] else text

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        errors = "surrogateescape" if self.encoding.startswith("utf-8") else "replace"
        with _binary(self.path) as stream, io.TextIOWrapper(stream, encoding=self.encoding, errors=errors) as text:
            yield text


def regular_file(path: Path) -> Path:
    """The path of a file; `SourceError` where it is missing, or a pipe, a device or a socket, which may never end or never begin."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise SourceError(error.strerror or "can't be opened", path=str(path)) from error
    if not stat.S_ISREG(mode):
        kind = next((name for told, name in _KINDS if told(mode)), "no file")
        raise SourceError(f"the path is {kind}; save what it gives to a file and name that", path=str(path))
    return path


def open_document(path: Path, name: str) -> Document:
    """Look at the start of a file; `SourceError` where it is missing, empty, or clearly no text."""
    regular_file(path)
    try:
        with _binary(path) as stream:
            head, whole = _first(stream)
    except OSError as error:
        raise SourceError(error.strerror or "can't be opened", path=str(path)) from error
    if not head.strip(b"\x00\r\n\t "):
        raise SourceError("the file is empty", path=str(path))
    if kind := _kind(path, head):
        return Document(path, name, "utf-8", "", whole, kind=kind)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise SourceError(f"the file is {what}", path=str(path))
    if head[257:262] == b"ustar":
        raise SourceError("the file is a tar archive; unpack it first", path=str(path))
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None) or encodings.wide(head) or "utf-8"
    if encoding.startswith("utf-8") and len(_CONTROL.findall(head)) > len(head) // 200:
        raise SourceError("the file is binary, not text", path=str(path))
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = codecs.getincrementaldecoder(encoding)(errors).decode(head, final=False)
    document = Document(path, name, encoding, "", whole)
    text = "".join(map(document._known, re.sub(r"\r\n?", "\n", text).splitlines(keepends=True)))  # noqa: SLF001 - its own module
    return dataclasses.replace(document, head=encodings.UNDECODED.sub("\ufffd", text))


def _kind(path: Path, head: bytes) -> str:
    """`sheet` or `parquet` for what is no text but is read; `SourceError` for what lies in the same kinds of file and is not."""
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_OLE):
        # An old Word file or a message lies in the same container; a workbook names its stream.
        if "Workbook".encode("utf-16-le") in head or "Book".encode("utf-16-le") in head or len(head) == HEAD_BYTES:
            return "sheet"
        raise SourceError("the file is an old Office document; export the records as RIS, BibTeX or CSV", path=str(path))
    if not head.startswith(_ZIP):
        return ""
    names, size = _members(path)
    if any(name.startswith("xl/") for name in names) or (b"opendocument.spreadsheet" in head[:200]):
        if size > _MAX_BINARY:
            raise SourceError(f"the workbook unpacks to {size >> 20} MB; export it as CSV", path=str(path))
        return "sheet"
    what = "a Word document" if any(name.startswith("word/") for name in names) else "a zip archive"
    listed = f" ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})" if names and what == "a zip archive" else ""
    advice = "unpack it first" if what == "a zip archive" else "export the records as RIS, BibTeX or CSV"
    raise SourceError(f"the file is {what}{listed}; {advice}", path=str(path))


def _members(path: Path) -> tuple[list[str], int]:
    """The names in a zip archive, and how much it unpacks to by what it says; nothing for a damaged one."""
    try:
        with _binary(path) as stream:
            packed = stream if stream.seekable() and isinstance(stream, io.BufferedReader) else io.BytesIO(stream.read(_MAX_BINARY))
            with zipfile.ZipFile(packed) as archive:
                return archive.namelist(), sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, *_BAD_STREAM):
        return [], 0


def encoding_fault(text: str, encoding: str) -> str | None:
    """The reason where `text` holds bytes that its encoding doesn't know."""
    if encoding.startswith("utf-8"):
        if text.isascii() or not (found := encodings.UNDECODED.search(text)):
            return None
        return (
            f"not UTF-8 (byte {ord(found[0]) - 0xDC00:#04x} at character {found.start() + 1}); "
            "convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8 FILE"
        )
    return f"not {encoding.upper()}: the file is damaged" if "\ufffd" in text else None


def _guarded(stream: TextIO, limit: int, *, by_line: bool = True) -> str:
    """Read up to `limit` characters; every way a stream can fail becomes `UnreadableError`."""
    try:
        return stream.readline(limit) if by_line else stream.read(limit)
    except _BAD_STREAM as error:
        raise UnreadableError("the compressed file is cut short or damaged; copy or download it again") from error
    except UnicodeError as error:
        raise UnreadableError("the text is cut short or damaged") from error
    except OSError as error:
        raise UnreadableError(error.strerror or "can't be read") from error
    except Exception as error:
        if type(error).__name__ == _BAD_ZSTD:
            raise UnreadableError("the compressed file is cut short or damaged; copy or download it again") from error
        raise


def _first(stream: BinaryIO) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all; of a damaged gzip file, those before the damage."""
    head = b""
    try:
        while len(head) < HEAD_BYTES:
            piece = stream.read(min(4096, HEAD_BYTES - len(head)))
            if not piece:
                return head, True
            head += piece
    except Exception as error:
        if isinstance(error, _BAD_STREAM) or type(error).__name__ == _BAD_ZSTD or (isinstance(error, OSError) and head):
            return head, True
        raise
    return head, False


@contextmanager
def _binary(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it is compressed."""
    with path.open("rb") as raw:
        start = raw.peek(6)[:6]
        opened = next((opener for magic, opener in _PACKED if start.startswith(magic)), None)
        if opened is None:
            yield raw
        else:
            with opened(raw) as unpacked:
                yield cast("BinaryIO", io.BufferedReader(_Unpacking(unpacked, raw)))


def _zstd(raw: BinaryIO) -> Any:
    """By the standard library from 3.14 on, before that by the same module for older ones."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd").ZstdFile(raw)


_PACKED: tuple[tuple[bytes, Callable[[BinaryIO], Any]], ...] = (
    (b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw)),
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ", lzma.LZMAFile),
)


class _Unpacking(io.RawIOBase):
    """What a packed file holds, read as it comes; it stops where that is far more than text would be."""

    def __init__(self, unpacked: Any, packed: BinaryIO) -> None:
        self._unpacked, self._packed, self._given = unpacked, packed, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As ever; OSError beyond the limits."""
        piece = self._unpacked.read(len(buffer))
        buffer[: len(piece)] = piece
        self._given += len(piece)
        if self._given > FREE_BYTES and self._given > MOST_RATIO * self._packed.tell():
            raise OSError(
                errno.EFBIG, f"the packed file unpacks to more than {MOST_RATIO} times its size; unpack it and look what it holds"
            )
        if self._given > MOST_BYTES:
            raise OSError(errno.EFBIG, f"the packed file unpacks to more than {MOST_BYTES >> 30} GiB; unpack it and split it")
        return len(piece)
