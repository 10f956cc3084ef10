"""How often the test split was looked at: a line for each system that was ever scored on it. Tuning by peeking shows here.

The same system on the same questions again teaches nothing new and adds no line.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.fingerprint import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = Path(__file__).with_name("ledger.jsonl")


def entries(path: Path = PATH) -> list[dict[str, Any]]:
    """The ledger's lines, oldest first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def note(manifest: Mapping[str, Any], path: Path = PATH) -> bool:
    """Add a line for this run's system and questions, unless it is there; False where it was. An unwritable place is left alone."""
    key = digest([manifest["system"]["sha"], manifest["gold"]["questions"]])[:16]
    if any(e["key"] == key for e in entries(path)):
        return False
    line = {
        "key": key,
        "day": datetime.now(UTC).strftime("%Y-%m-%d"),
        "system": manifest["system"]["sha"][:12],
        "commit": manifest.get("commit"),
        "mode": manifest["mode"],
        "questions": len(manifest["gold"]["questions"]),
        "label": manifest.get("label"),
    }
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")
    except OSError:
        return False
    return True
