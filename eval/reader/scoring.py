"""Rows to readings, in one process or several, kept as they come so that a run can be cut off and gone on with.

The file of readings is the checkpoint. Its lines are found again by `key`, which changes with the row's texts and with whatever reads
them. While a run is under way lines are added; at its end the file is written anew: the run's rows, in their order, nothing else.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import threading
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eval.reader_adapter import Shipped, reader_digest
from rag.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from eval.reader.rows import Row
    from eval.reader_adapter import ClaimScore, QuestionScore

    Scored = dict[str, Any]

QUESTION_CLASSES = ("answerable", "missing", "contradicted", "unrelated")
CLAIM_CLASSES = ("carried", "contradicted", "not_said")
PAIR = ("true", "false")

_DIGITS = 9


def score_rows(
    rows: Sequence[Row],
    passages: Collection[str],
    *,
    keep: Path | None = None,
    workers: int = 1,
    begin: Callable[[int, int], None] = lambda _total, _done: None,
    tick: Callable[[Scored], None] = lambda _scored: None,
) -> list[Scored]:
    """A reading a row, in order: the object that is written as its line.

    `keep` names the file of readings; lines that it holds are not made again. `begin` hears how many rows there are and how many of them
    are done, `tick` each further one.
    """
    reader = reader_digest(passages)
    keys = [row.key(reader) for row in rows]
    wanted = set(keys)
    known = {key: line for key, line in kept(keep).items() if key in wanted} if keep is not None else {}
    missing = list({key: row for key, row in zip(keys, rows, strict=True) if key not in known}.items())
    begin(len(rows), sum(key in known for key in keys))
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(keep.open("a", encoding="utf-8")) if keep is not None and missing else None
        readings = stack.enter_context(contextlib.closing(_readings([row for _, row in missing], passages, workers)))
        for (key, row), reading in zip(missing, readings, strict=True):
            _check(row, reading)
            known[key] = {"file": row.file, "line": row.line, **reading, "key": key}
            if file is not None:
                file.write(json.dumps(known[key]) + "\n")
                file.flush()
            tick(known[key])
    found = [{**known[key], "file": row.file, "line": row.line} for key, row in zip(keys, rows, strict=True)]
    if keep is not None:
        _write(keep, "".join(json.dumps(line) + "\n" for line in found))
    return found


def kept(path: Path) -> dict[str, Scored]:
    """The lines of a file of readings by key; a last line that was cut off is taken away. ConfigError where it is another kind of file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name a file for --rows") from error
    whole, _, cut = content.rpartition(b"\n")
    found = {}
    for number, line in enumerate(whole.split(b"\n") if whole else (), 1):
        try:
            record = json.loads(line)
            found[str(record["key"])] = record
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}:{number}: not a line of readings; --rows overwrites only a file that it has written") from error
    if cut:
        if not cut.startswith(b'{"file": ') and not b'{"file": '.startswith(cut):
            raise ConfigError(f"{path}:{len(found) + 1}: not a line of readings; --rows overwrites only a file that it has written")
        _write(path, "".join(json.dumps(line) + "\n" for line in found.values()))
    return found


def _write(path: Path, text: str) -> None:
    """All or nothing."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _readings(rows: Sequence[Row], passages: Collection[str], workers: int) -> Generator[Scored]:
    """The readings of rows in order, as they come. To be closed, which ends the workers."""
    if not rows:
        return
    if workers == 1:
        shipped = Shipped.load(passages)
        for row in rows:
            yield read_row(shipped, row)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(tuple(passages),)
    )
    try:
        yield from pool.map(_read_in_worker, rows, chunksize=4)
    except BrokenProcessPool as error:
        raise ConfigError("a worker was ended from outside; the same command with fewer --workers goes on") from error
    finally:
        pool.shutdown(cancel_futures=True)


def read_row(shipped: Shipped, row: Row) -> Scored:
    """The reading of one row, ready for JSON."""
    if row.form == "questions":
        return _plain(shipped.question(row.texts[0], row.title, row.sentences))
    claims = [_plain(shipped.claim(text, row.title, row.sentences)) for text in row.texts]
    return claims[0] if row.form == "claims" else dict(zip(PAIR, claims, strict=True))


def _plain(score: QuestionScore | ClaimScore) -> Scored:
    found = {name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in asdict(score).items()}
    return {**found, "evidence": [round(float(value), _DIGITS) for value in score.evidence]}


def _check(row: Row, reading: Scored) -> None:
    """Figures may rest on it; SourceError names the row on which the reader failed."""
    for part in [reading] if row.form != "pairs" else [reading[name] for name in PAIR]:
        classes, evidence = [part[name] for name in (CLAIM_CLASSES if row.form != "questions" else QUESTION_CLASSES)], part["evidence"]
        fault = ""
        if not all(map(math.isfinite, [*classes, *evidence])) or min(classes) < 0 or abs(sum(classes) - 1) > 1e-3:
            fault = f"the reader gave no probabilities that add up to 1, and numbers for the sentences: {classes}, {evidence}"
        elif len(evidence) != len(row.sentences):
            fault = f"the reader gave {len(evidence)} numbers for {len(row.sentences)} sentences"
        if fault:
            raise SourceError(fault, path=row.file, line=row.line)


_passages: tuple[str, ...] = ()


def _start_worker(passages: tuple[str, ...]) -> None:
    """A worker leaves interrupts to its parent, and goes when that is gone."""
    import multiprocessing

    global _passages  # noqa: PLW0603 - what a process is started with
    _passages = passages
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_gone_with, args=(parent,), daemon=True).start()


def _gone_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@lru_cache(maxsize=1)
def _in_worker() -> Shipped:
    return Shipped.load(_passages)


def _read_in_worker(row: Row) -> Scored:
    return read_row(_in_worker(), row)
