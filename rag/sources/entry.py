"""What a reader hands on: a record still to be validated, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TITLE_CHARS = 2_000
MAX_ABSTRACT_CHARS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record at a line (from 1), its keys those of `rag.sources.door.Record`; or a `fault` and no record."""

    line: int
    record: Mapping[str, Any] | None = None
    fault: str | None = None
