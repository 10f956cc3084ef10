"""Files to text: gzip by its magic bytes, Unicode by its byte order mark, lines of bounded length.

Nothing is read whole, so a file may be larger than memory. What can't be read becomes a fault of the line where it stands.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from rag.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD_BYTES = 1 << 16
MAX_LINE_CHARS = 8 << 20

_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", "a PDF; export the records as BibTeX, RIS or CSV, or save the abstract as text"),
    (b"PK\x03\x04", "a zip archive or an Office document; unpack it, or export it as CSV"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard; unpack it first (only gzip is read directly)"),
    (b"BZh", "compressed with bzip2; unpack it first (only gzip is read directly)"),
    (b"\xfd7zXZ", "compressed with xz; unpack it first (only gzip is read directly)"),
    (b"SQLite format 3", "a database; export its records as CSV or JSON lines"),
    (b"\x1f\x8b", "compressed twice; unpack it once"),
)
# What an undecodable byte leaves behind under `surrogateescape`.
_UNDECODED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BAD_STREAM = (EOFError, zlib.error, gzip.BadGzipFile)


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
    """A file whose first bytes were seen: its `name` for `Source`, its encoding and the start of its text."""

    path: Path
    name: str
    encoding: str
    head: str
    whole: bool
    """Whether `head` is all of it."""

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
                yield Line(number, text.rstrip("\n"), encoding_fault(text, self.encoding))

    def pieces(self) -> Iterator[str]:
        """The text in pieces; raises `UnreadableError`."""
        with self._text() as stream:
            while piece := _guarded(stream, HEAD_BYTES, by_line=False):
                yield piece

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        errors = "surrogateescape" if self.encoding.startswith("utf-8") else "replace"
        with _binary(self.path) as stream, io.TextIOWrapper(stream, encoding=self.encoding, errors=errors) as text:
            yield text


def open_document(path: Path, name: str) -> Document:
    """Look at the start of a file; `SourceError` where it is missing, empty, or clearly no text."""
    try:
        with _binary(path) as stream:
            head, whole = _first(stream)
    except OSError as error:
        raise SourceError(error.strerror or "can't be opened", path=str(path)) from error
    if not head.strip(b"\x00\r\n\t "):
        raise SourceError("the file is empty", path=str(path))
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise SourceError(f"the file is {what}", path=str(path))
    if head[257:262] == b"ustar":
        raise SourceError("the file is a tar archive; unpack it first", path=str(path))
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    if encoding.startswith("utf-8") and len(_CONTROL.findall(head)) > len(head) // 200:
        raise SourceError("the file is binary, not text (UTF-16 is read where it begins with a byte order mark)", path=str(path))
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, final=False)
    return Document(path, name, encoding, re.sub(r"\r\n?", "\n", text), whole)


def encoding_fault(text: str, encoding: str) -> str | None:
    """The reason where `text` holds bytes that its encoding doesn't know."""
    if encoding.startswith("utf-8"):
        if text.isascii() or not (found := _UNDECODED.search(text)):
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


def _first(stream: BinaryIO) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all; of a damaged gzip file, those before the damage."""
    head = b""
    try:
        while len(head) < HEAD_BYTES:
            piece = stream.read(min(4096, HEAD_BYTES - len(head)))
            if not piece:
                return head, True
            head += piece
    except _BAD_STREAM:
        return head, True
    return head, False


@contextmanager
def _binary(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it is gzip."""
    with path.open("rb") as raw:
        if raw.peek(2)[:2] == _GZIP:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            yield raw
