"""`python -m eval reader`: read, measure, show, write what was asked for."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from eval import console
from eval.fingerprint import git_commit
from eval.reader.figures import figures_of
from eval.reader.rows import chosen, read_rows
from eval.reader.scoring import kept, score_rows
from eval.reader.show import SCHEMA, show
from eval.reader_adapter import reader_digest
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Stopped(ConfigError):
    """Interrupted; the message says what is kept."""


def report_reader(
    files: Sequence[Path],
    *,
    json_path: Path | None = None,
    rows_path: Path | None = None,
    page_path: Path | None = None,
    split: str | None = None,
    sources: Sequence[str] = (),
    limit: int | None = None,
    workers: int = 1,
    label: str | None = None,
) -> dict[str, Any]:
    """Everything from the files to the figures. Raises Stopped where it is interrupted."""
    outputs = [p for p in (json_path, rows_path, page_path) if p is not None]
    _writable(outputs, files)
    every = read_rows(files)
    rows = chosen(every, split=split, sources=sources, limit=limit)
    passages = {row.passage for row in every}
    done = 0

    def count(_reading: Mapping[str, Any]) -> None:
        nonlocal done
        done += 1
        bar.answered({})

    with console.Bar() as bar:
        bar.stage(f"reading {len(rows)} rows")
        goes_on = f"{rows_path} keeps them, and the same command goes on from there" if rows_path else "nothing is kept without --rows"
        try:
            scored = score_rows(rows, passages, keep=rows_path, workers=workers, begin=bar.begin, tick=count)
        except KeyboardInterrupt:
            # The file knows: a row may have been written and not yet been counted.
            raise Stopped(f"stopped after {len(kept(rows_path)) if rows_path else done} rows; {goes_on}") from None
        except OSError as error:
            raise ConfigError(f"stopped after {done} rows by {error.strerror!r}; {goes_on}") from error
        bar.stage("measuring")
        forms = figures_of(rows, scored)
    figures = {
        "schema": SCHEMA,
        "label": label or (json_path.stem if json_path else "reader"),
        "files": [{"name": p.name, "sha256": hashlib.sha256(p.read_bytes()).hexdigest()} for p in files],
        "split": split,
        "limit": limit,
        "rows": len(rows),
        "reader": reader_digest(passages),
        "commit": git_commit(),
        "forms": forms,
    }
    show(figures)
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if page_path is not None:
        from eval.reader.page import page

        page_path.write_text(page(figures), encoding="utf-8")
    return figures


def _writable(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Before hours of reading: each output has a folder, and none overwrites another file that is named."""
    named = [p.resolve() for p in (*outputs, *inputs)]
    for path in outputs:
        if named.count(path.resolve()) > 1:
            raise ConfigError(f"{path} is named twice; it would be overwritten")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; name a file that can be written") from error
        if (path.exists() and not path.is_file()) or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise ConfigError(f"{path} is no file that can be written; name one in a folder of yours")
