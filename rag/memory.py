"""Whether this process has memory left under a limit that was set for it (`ulimit -v`).

Libraries that are written in Rust or C++ end the process where they get none, or raise whatever they happen to be doing.
"""

from __future__ import annotations

import re
from pathlib import Path

CHROMA_BYTES, WRITER_BYTES, RUNTIME_BYTES = 1 << 30, 256 << 20, 160 << 20
"""Address space that embedded Chroma, the keyword index's writer and the embedder's runtime take with their threads."""


def limit() -> int | None:
    """The most address space that this process may take, in bytes; None where nothing was set, or can't be known."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    found = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if found == resource.RLIM_INFINITY else found


def require(n: int) -> None:
    """MemoryError where fewer than `n` bytes are left."""
    most = limit()
    if most is not None and most - _held("VmSize") < n:
        raise MemoryError


def was_short() -> bool:
    """Whether the limit has been come near: then an odd error is most likely for want of memory."""
    most = limit()
    return most is not None and _held("VmPeak") > most / 2


def _held(name: str) -> int:
    try:
        found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
