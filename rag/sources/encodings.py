"""Which encoding a text that is no UTF-8 has: as it declares, else as its bytes tell. Nothing is decided by a file's name."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

# What an undecodable byte leaves behind under `surrogateescape`.
UNDECODED = re.compile("[\udc80-\udcff]")
# JabRef, Emacs and XML say what they wrote.
_DECLARED = re.compile(rb"(?i)(?:^|\n)[%\s]*(?:encoding\s*[:=]|-\*-.{0,40}coding:|<\?xml[^>]{0,80}encoding=[\"'])\s*([\w.-]{3,30})")
_SCANNED_BYTES, _SAMPLE_BYTES, _HEAD_BYTES = 64 << 20, 1 << 17, 1 << 12
# What exports are written in; others are told too seldom to be told apart from these.
_CANDIDATES = ["cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "mac_roman", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"]
_SHOWN = {"cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251", "mac_roman": "Mac Roman", "gb18030": "GB 18030"}


def wide(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of a text that is mostly ASCII is zero."""
    sample = head[:4096]
    if len(sample) < 20:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.4 * half and even < 0.02 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.02 * half else None


def legacy(stream: BinaryIO) -> str | None:
    """The encoding of a file's lines that are no UTF-8; None where they look damaged rather than written in another encoding."""
    bad: list[bytes] = []
    good = size = 0
    head = b""
    for line in iter(lambda: stream.readline(_SAMPLE_BYTES), b""):
        if size < _HEAD_BYTES:
            head += line
        size += len(line)
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad.append(line[: _SAMPLE_BYTES // 4])
        if size > _SCANNED_BYTES or sum(map(len, bad)) > _SAMPLE_BYTES:
            break
    sample = b"".join(bad)
    declared = _declared(head)
    if declared and _decodes(sample, declared):
        return declared
    if 2 * sum(len(found[0]) for found in _MULTIBYTE.finditer(sample)) >= len(_HIGH.findall(sample)):
        return None  # mostly UTF-8: damaged
    if good > len(bad):
        return "cp1252" if _decodes(sample, "cp1252") else None  # lines pasted from elsewhere
    from charset_normalizer import from_bytes

    spoken = b"\n".join(re.findall(rb"[^\x00-\x1f]{0,30}[\x80-\xff][^\x00-\x1f]{0,30}", sample))
    for text in (sample, spoken):
        best = from_bytes(text, cp_isolation=_CANDIDATES).best()
        if best is not None:
            # Where Western Europe reads the same, it is meant.
            found = str(best.encoding)
            return "cp1252" if _same(text, found) else found
    return "cp1252" if _decodes(sample, "cp1252") else None


_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


def _declared(head: bytes) -> str | None:
    found = _DECLARED.search(head)
    try:
        name = codecs.lookup(found[1].decode("ascii")).name if found else None
    except LookupError:
        return None
    return None if name in {"utf-8", "ascii", "utf-8-sig"} else "cp1252" if name == "iso8859-1" else name


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _same(sample: bytes, encoding: str) -> bool:
    return _decodes(sample, "cp1252") and sample.decode("cp1252") == sample.decode(encoding, "replace")


@lru_cache(maxsize=16)
def shown(encoding: str) -> str:
    """The name as people write it."""
    return _SHOWN.get(encoding, encoding.replace("_", "-").upper())


def decoded(text: str, encoding: str) -> str:
    """A line that was read as UTF-8 with `surrogateescape`, in its own encoding; as it was where that doesn't fit."""
    try:
        return text.encode("utf-8", "surrogateescape").decode(encoding)
    except UnicodeDecodeError:
        return text
