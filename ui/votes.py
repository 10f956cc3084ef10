"""Answers that readers marked, kept as candidates for gold questions: one JSON line each in the user's data folder.

A candidate has the fields of a gold question as far as they are known; a person completes the rest before it joins `eval/gold`.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rag import config
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.schema import Answer

KINDS = ("good", "bad", "citation")
MOST_BYTES = 20_000_000
"""A file longer than this takes no more: a visitor can't fill the disk."""

_guard = threading.Lock()


def path() -> Path:
    """Where the candidates are."""
    return config.libraries_folder().parent / "gold-candidates.jsonl"


def count() -> int:
    """How many there are."""
    file = path()
    return sum(1 for line in file.read_bytes().splitlines() if line.strip()) if file.is_file() else 0


def save(answer: Answer, *, vote: str, history: Sequence[str], library: str) -> None:
    """Append a candidate."""
    now = datetime.now(UTC)
    line = {
        "schema": 1,
        "id": f"reader-{now:%Y%m%d%H%M%S%f}",
        "question": answer.question,
        "history": list(history),
        "standalone": answer.standalone_question,
        "filters": answer.filters.to_dict(),
        "answerable": None,
        "evidence": [],
        "nuggets": [],
        "provenance": {"method": "marked by a reader", "vote": vote, "date": now.date().isoformat(), "library": library},
        "given": {
            "mode": answer.mode,
            "abstained": answer.abstained,
            "answer": answer.answer,
            "statements": [s.to_dict() for s in answer.statements if s.status != "withheld"],
            "references": list(answer.references),
        },
    }
    file = path()
    with _guard:
        if file.is_file() and file.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{file} is full; look through it and begin a new one")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
