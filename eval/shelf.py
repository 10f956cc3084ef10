"""The papers a run needs to be scored and shown: gold, retrieved and cited ones, per library (the clean one, and those with plants).

A run keeps them in papers.jsonl, so that it can be scored again and read without the library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CLEAN = "clean"


@dataclass(slots=True)
class Shelf:
    """Paper records (the public JSON form) by library and paper_id."""

    papers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def put(self, library: str, papers: Iterable[Mapping[str, Any]]) -> None:
        """Add records; a paper put twice stays once."""
        for paper in papers:
            self.papers.setdefault((library, str(paper["paper_id"])), dict(paper))

    def get(self, library: str, paper_id: str) -> dict[str, Any] | None:
        """The record, or None where the library does not hold the paper."""
        return self.papers.get((library, paper_id))

    def write(self, path: Path) -> None:
        """All records as JSON lines, in order of library and id."""
        with path.open("w", encoding="utf-8") as file:
            for (library, _), paper in sorted(self.papers.items()):
                file.write(json.dumps({"library": library, "paper": paper}, ensure_ascii=False, sort_keys=True) + "\n")

    @classmethod
    def read(cls, path: Path) -> Shelf:
        """The shelf that `write` wrote."""
        shelf = cls()
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            shelf.put(row["library"], [row["paper"]])
        return shelf
