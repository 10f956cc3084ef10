"""Which encoding a text that is no UTF-8 has: as it declares, else as its bytes tell. Nothing is decided by a file's name."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

# What an undecodable byte leaves behind under `surrogateescape`.
UNDECODED = re.compile("[\udc80-\udcff]")
# JabRef, Emacs and XML say what they wrote.
_DECLARED = re.compile(rb"(?i)(?:^|\n)[%\s]*(?:encoding\s*[:=]|-\*-.{0,40}coding:|<\?xml[^>]{0,80}encoding=[\"'])\s*([\w.-]{3,30})")
_SCANNED_BYTES, _SAMPLE_BYTES, _HEAD_BYTES = 64 << 20, 1 << 17, 1 << 12
# What exports are written in; others are told too seldom to be told apart from these.
_LATIN = ["cp1252", "cp1250", "mac_roman", "cp1254"]
_OTHERS = ["cp1251", "koi8_r", "cp1253", "euc_kr", "gb18030", "big5", "shift_jis", "euc_jp"]
_TELLING = 12
"""So many bytes beyond ASCII, and counting letters tells encodings apart."""
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
    if not bad:
        return None
    runs = [len(run) for run in _HIGH.findall(sample)]
    high, latin = sum(runs), sum(size for size in runs if size < 3) > 0.6 * sum(runs)
    if sum(len(found[0]) for found in _MULTIBYTE.finditer(sample)) >= (0.5 if latin or max(runs) < 4 else 0.9) * high:
        return None  # mostly UTF-8: damaged
    if good > len(bad):
        return "cp1252" if _decodes(sample, "cp1252") else None  # lines pasted from elsewhere
    fitting = [name for name in (_LATIN if latin else _OTHERS) if _decodes(sample, name) and not _strange(sample.decode(name))]
    if not latin and fitting:
        usual = {name: _usual(sample.decode(name), name) for name in fitting}
        fitting = [name for name in fitting if usual[name] >= max(usual.values()) - 0.1]
        fitting.sort(key=lambda name: -usual[name])
    if latin and fitting[:2] == ["cp1252", "cp1250"]:
        return _of_europe(sample.decode("cp1252"))
    if latin or len(fitting) < 2 or high < _TELLING:
        # Too little for letters to be counted.
        return fitting[0] if fitting else None
    from charset_normalizer import from_bytes

    spoken = b"\n".join(re.findall(rb"[^\x00-\x1f]{0,30}[\x80-\xff][^\x00-\x1f]{0,30}", sample))
    best = next((best for text in (sample, spoken) if (best := from_bytes(text, cp_isolation=fitting).best()) is not None), None)
    return str(best.encoding) if best is not None else fitting[0]


_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# In Latin script accents stand alone or by two; other scripts have bytes beyond ASCII in long runs.
_HIGH = re.compile(rb"[\x80-\xff]+")
# What stands in the middle of no word: a sign before a letter, a capital behind a small letter.
_STRANGE = re.compile(r"[£¯³¹²¥ªº¼¾¢¤¦§¨¬±´¸÷×†‡‰™˜ˆ](?=[^\W\d_])|(?<=[^\W\d_])[¿¡£¥€¤](?=[^\W\d_])|[\x80-\x9f]")  # noqa: RUF001


def _strange(text: str) -> bool:
    """Whether some words are none, so that a text was read in another encoding than its own."""
    high = re.sub(r"[\x00-\x7f]+", " ", text)
    turned = sum(a.islower() and b.isupper() and not (a.isascii() and b.isascii()) for a, b in pairwise(text))
    return len(_STRANGE.findall(text)) + turned > len(high.replace(" ", "")) // 25


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


_V, _C = "aeiouyáéíóúýäëöüâîôœ", "bcdfghjklmnpqrstvwxzßšžç"
# What speaks for Western Europe where a text is read so, and what for Central Europe: a byte that is a vowel there is mostly a
# consonant here (è and č), so its neighbours tell; others stand at the end of words in the one and inside in the other.
_WEST = re.compile(
    rf"(?<![{_V}])[èøæåïòà](?![{_V}])|(?<=[{_V}])ï(?=[{_C}])|(?<=[{_C}])ê(?=[{_C}])|ã[oe]|õe|(?<=[{_V}])ñ(?=[{_V}])|[ìù]\b|(?<=[{_V}])[ø](?=[{_C}])"
)
_CENTRAL = re.compile(rf"(?<=[{_V}])[èøæåòà](?=[{_V}]|\b)|\bèe|ê\b|iê|ã(?![oe])|õ(?!e)|ñ(?=[{_C}]|\b)|[ìù](?=\w)|(?<=\w\w\w)[¹³]\b")


def _of_europe(text: str) -> str:
    """Windows-1252, -1250 or -1254: which of them a text was written in that can be read as the first."""
    small = text.lower()
    if re.search(r"(?<=\w)þ", small) and not re.search(r"\bþ|ð\b", small):
        return "cp1254"
    return "cp1250" if len(_CENTRAL.findall(small)) > len(_WEST.findall(small)) else "cp1252"


# The first bytes of the characters of every day in encodings of two bytes.
_EVERYDAY = {
    "gb18030": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
    "shift_jis": range(0x88, 0x98),
    "euc_jp": range(0xB0, 0xD0),
}
_LETTERS = re.compile(r"[Ѐ-џΆ-ώ가-힣ぁ-ヿ、-〿！-～“”‘’–—«»№]")  # noqa: RUF001


def _usual(text: str, encoding: str) -> float:
    """The share of a text's signs beyond ASCII that are letters of every day."""
    signs = [sign for sign in text if not sign.isascii()]
    everyday = _EVERYDAY.get(encoding, range(0))
    usual = sum(_LETTERS.match(sign) is not None or ("一" <= sign <= "鿿" and sign.encode(encoding)[0] in everyday) for sign in signs)
    return usual / max(1, len(signs))


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
