"""A graph built once, kept in the user's cache folder and run on one thread; where the folder can't be written it is built in memory."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rag import memory

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnxruntime


def session(path: Path | None, build: Callable[[], bytes]) -> onnxruntime.InferenceSession:
    """A session on the graph at `path`; built, and kept for the next time, where there is none or it can't be read."""
    memory.require(memory.RUNTIME_BYTES)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3  # errors only: a warning on stderr would stand among answers

    def started(graph: bytes | str) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    if path is not None and path.is_file():
        with contextlib.suppress(Exception):  # onnxruntime has its own exception for each kind of damage: build again
            return started(str(path))
    built = build()
    if path is not None:
        _keep(path, built)
    return started(built)


def _keep(path: Path, content: bytes) -> None:
    """Write beside the target and rename: another process sees all or nothing. A folder that can't be written costs only time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
