"""The files of a keyword index, as tantivy writes them: whether they are whole, and what its errors mean."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import uuid
import zlib
from pathlib import Path

from rag.errors import IndexDamaged

_ROOM = 1 << 20
"""With less free disk than this, a writer that gave up did so for want of it."""

_KINDS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_OURS = re.compile(rf"[0-9a-f]{{32}}\.(?:{'|'.join(_KINDS)}|\d+\.del)|meta\.json")
_MAGIC = 1337


def fault(folder: Path) -> str | None:
    """What is wrong with an index's files, each read whole and compared with the checksum at its end; None where nothing is."""
    try:
        meta = json.loads((folder / "meta.json").read_bytes())
        managed = json.loads((folder / ".managed.json").read_bytes()) if (folder / ".managed.json").exists() else []
        names = []
        for segment in meta["segments"]:
            stem = uuid.UUID(segment["segment_id"]).hex
            names += [f"{stem}.{kind}" for kind in _KINDS]
            if segment["deletes"] is not None:
                names.append(f"{stem}.{int(segment['deletes']['opstamp'])}.del")
        # tantivy removes the files named here that no segment needs.
        foreign = [name for name in managed if not (isinstance(name, str) and _OURS.fullmatch(name))]
        if foreign:
            return f"names {str(foreign[0])!r:.60}, which is no file of its own"
        broken = next((name for name in names if not _whole(folder / name)), None)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        return f"lacks the file {Path(str(error.filename)).name!r}"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "has a list of its files that can't be read"
    return None if broken is None else f"is damaged in {broken!r}"


def _whole(path: Path) -> bool:
    """Whether a file of tantivy's ends as it must: a footer with the CRC-32 of what stands before it."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        end = file.read(8)
        length = int.from_bytes(end[:4], "little")
        if len(end) < 8 or int.from_bytes(end[4:], "little") != _MAGIC or length > min(size - 8, 4096):
            return False
        file.seek(size - 8 - length)
        expected = json.loads(file.read(length))["crc"]
        file.seek(0)
        found, left = 0, size - 8 - length
        while left:
            block = file.read(min(left, 1 << 20))
            found, left = zlib.crc32(block, found), left - len(block)
        return bool(found == expected)


def linked(folder: Path) -> Path:
    """A folder of links to the files of an index that stands where nothing can be written; the caller removes it."""
    place = Path(tempfile.mkdtemp(prefix="footnote-"))
    for path in folder.iterdir() if folder.is_dir() else ():
        if _OURS.fullmatch(path.name):
            (place / path.name).symlink_to(path.resolve())
    return place


def trouble(folder: Path, error: BaseException) -> Exception:
    """What to raise in place of an error of tantivy's: the system's (a full disk, too many files), or damage."""
    number = re.search(r"\bcode: (\d+)|\bos error (\d+)", str(error))
    code = int(number[1] or number[2]) if number else error.errno if isinstance(error, OSError) else None
    if code is not None and code not in {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EINVAL}:
        return OSError(code, os.strerror(code), str(folder))
    if "killed" in str(error) and shutil.disk_usage(folder).free < _ROOM:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    what = " ".join(str(error).split())[:120]
    line = f"the keyword index in {str(folder)!r} can't be used ({what}); run `footnote library rebuild keywords`"
    return IndexDamaged(line, part="keywords")
