"""How a figure is taken and kept: quantiles of repeated calls, a process's memory and writes, the machine it ran on."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
WORK = RESULTS / "work"
"""Libraries that are measured lie here."""


def calls(run: Callable[[Any], object], inputs: Iterable[Any], *, warm: int = 5) -> dict[str, float]:
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


def save(name: str, record: dict[str, Any]) -> None:
    """Keep a result as `bench/results/<name>.json`, with the machine."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({**record, "machine": machine()}, indent=1) + "\n")


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
