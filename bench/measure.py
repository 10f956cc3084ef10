"""How a figure is taken and kept: quantiles of repeated calls, a process's memory and writes, the machine it ran on."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rag.errors import FootnoteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "benchmarks"
"""What was measured, as data: a file a command, each record with its machine, its commit and a calibration of the same run."""

WORK = Path(__file__).resolve().parent / "results" / "work"
"""Libraries that are measured lie here."""

WARM = 5


class Impossible(FootnoteError):
    """A figure that no machine can have made; nothing is kept of its run."""


def calls(run: Callable[[Any], object], inputs: Iterable[Any], *, warm: int = WARM) -> dict[str, float]:
    """Milliseconds of each call, by the clock (`p50`, `p95`) and of processor time of the process (`cpu_p50`).

    On a machine that others use too, processor time tells what a call costs; the clock tells what one waited. The first `warm` inputs
    are run and not counted, and none is run twice: what was asked before may be remembered.
    """
    every = list(inputs)
    begin = min(warm, len(every) // 2)
    first, held = every[:begin], every[begin:]
    for one in first:
        run(one)
    clock, cpu = [], []
    for one in held:
        began, used = time.perf_counter(), time.process_time()
        run(one)
        cpu.append((time.process_time() - used) * 1e3)
        clock.append((time.perf_counter() - began) * 1e3)
    return {
        "p50_ms": float(np.percentile(clock, 50)),
        "p95_ms": float(np.percentile(clock, 95)),
        "cpu_p50_ms": float(np.percentile(cpu, 50)),
        "least_ms": float(min(clock)),
        "n": len(held),
    }


class Span:
    """Seconds by the clock and of processor time between entering and leaving."""

    def __enter__(self) -> Self:
        """Start."""
        self._began, self._used = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.s = time.perf_counter() - self._began
        self.cpu_s = time.process_time() - self._used


def memory_mb() -> dict[str, float]:
    """This process's memory in MB: `peak` (everything, mapped files included), `own` (what is not a mapped file), now."""
    found = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in {"VmHWM", "RssAnon"}:
            found[{"VmHWM": "peak", "RssAnon": "own"}[name]] = int(rest.split()[0]) / 1024
    return found


def written_mb() -> float:
    """What this process has had written to the disk so far, in MB."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1]) / 1e6
    return 0.0


def size_mb(folder: Path) -> dict[str, float]:
    """MB on the disk of each part of a library, and in all."""
    parts: dict[str, float] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            part = path.relative_to(folder).parts[0].split(".")[0].split("-")[0]
            parts[part] = parts.get(part, 0.0) + path.stat().st_blocks * 512 / 1e6
    return {**parts, "all": sum(parts.values())}


def machine() -> dict[str, Any]:
    """What it ran on. `load` is how many processes wanted a core in the last minute: above `cores` the machine was shared."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ""
    )
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cpu": model or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
    }


def calibration() -> dict[str, float]:
    """What this machine does now, one core of it, in processor time: any other figure of the run means something beside these.

    `read_gb_per_s`: summing memory. `product_gflop_per_s`: the best of int8 matrix products of the embedder's kind, on its runtime,
    which nothing that is made of such products can exceed. `embedding_ms`: the median of texts of 256 word pieces.
    """
    from bench import texts
    from rag import embedding

    embedder = embedding.load()
    long = [" ".join(p.abstract for p in texts.papers(6, start=100 * n, seed=3)) for n in range(10)]
    embedder.embed(long[:1])
    taken = []
    for text in long[1:]:
        with Span() as span:
            embedder.embed([text])
        taken.append(span.cpu_s)
    return {
        "read_gb_per_s": read_rate(),
        "product_gflop_per_s": product_rate(),
        "embedding_ms": float(np.median(taken)) * 1e3,
    }


def read_rate(mb: int = 256) -> float:
    """GB/s at which one core sums memory: what bounds a scan. The best of five."""
    block = np.ones(mb * 131_072, dtype=np.int64)
    return block.nbytes / _least(block.sum, 5) / 1e9


def product_rate(rows: int = 1024, width: int = 1536, repeats: int = 20) -> float:
    """GFLOP/s of the best int8 matrix product that onnxruntime makes on one thread."""
    import onnx
    import onnxruntime

    make = onnx.helper
    weight = np.random.default_rng(0).integers(-63, 63, (width, width), dtype=np.int8)
    held = [onnx.numpy_helper.from_array(weight, "w"), onnx.numpy_helper.from_array(np.ones(width, dtype=np.float32), "s")]
    node = make.make_node("DynamicQuantizeMatMul", ["x", "w", "s"], ["y"], domain="com.microsoft")
    kind = onnx.TensorProto.FLOAT
    graph = make.make_graph(
        [node], "product", [make.make_tensor_value_info("x", kind, [rows, width])], [make.make_tensor_value_info("y", kind, None)], held
    )
    opsets = [make.make_opsetid("", 17), make.make_opsetid("com.microsoft", 1)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    content = make.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    runs = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    inputs = {"x": np.random.default_rng(1).standard_normal((rows, width), dtype=np.float32)}
    return 2 * rows * width * width / _least(lambda: runs.run(None, inputs), repeats) / 1e9


def _least(run: Callable[[], object], repeats: int) -> float:
    """Processor seconds of the quickest of several runs."""
    best = math.inf
    for _ in range(repeats):
        with Span() as span:
            run()
        best = min(best, span.cpu_s)
    return best


def save(name: str, record: dict[str, Any], *, row: str | None = None) -> None:
    """Keep a result as `<name>.json` among the results, with machine and calibration.

    With `row`, the record's `rows` take the place of those that were kept and are equal in that field; the others stay as they were
    measured. Impossible where a figure can't be: what was kept before then stays.
    """
    record = {**record, "machine": record.get("machine") or machine(), "calibration": record.get("calibration") or calibration()}
    believed(record)
    path = RESULTS / f"{name}.json"
    if row is not None and path.exists():
        before = json.loads(path.read_text())["rows"]
        new = {r[row] for r in record["rows"]}
        record["rows"] = sorted([r for r in before if r[row] not in new] + record["rows"], key=lambda r: float(r[row]))
    RESULTS.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")


def believed(record: dict[str, Any]) -> None:
    """Impossible where a record holds a time of nothing, a rate of infinity, or more products than the machine made when asked."""
    limit = record["calibration"]["product_gflop_per_s"]
    for name, value in _figures(record):
        key = name.rpartition(".")[2]
        if not math.isfinite(value):
            raise Impossible(f"{name} is {value}, which can't be; nothing of this run is kept")
        if value <= 0 and (key == "s" or key.endswith(("_s", "_ms"))):
            raise Impossible(f"{name} is {value:g}, which nothing takes; nothing of this run is kept")
        if key == "gflop_per_s" and value > limit:
            raise Impossible(
                f"{name} is {value:,.0f} GFLOP/s, and one core made {limit:,.0f} when asked for nothing else; nothing of this run is kept"
            )


def _figures(held: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All numbers of a record with their names."""
    if isinstance(held, dict):
        for key, value in held.items():
            yield from _figures(value, f"{name}.{key}" if name else str(key))
    elif isinstance(held, list):
        for n, value in enumerate(held):
            yield from _figures(value, f"{name}.{n}")
    elif isinstance(held, int | float) and not isinstance(held, bool):
        yield name, float(held)


def results() -> dict[str, Any]:
    """All that has been kept, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}


def apart(*arguments: str, timeout_s: float = 3600) -> dict[str, Any]:
    """Run `python -m bench <arguments>` in a process of its own and read the JSON in its last line: memory starts from nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=timeout_s, check=False
    )
    if done.returncode:
        raise RuntimeError(f"bench {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
