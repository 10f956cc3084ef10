"""From nothing to an answer: `footnote ask` and `footnote --help` as new processes, beside the bare imports that embedders bring."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.measure import ROOT, WORK, save

FOOTNOTE = Path(sys.executable).with_name("footnote")
QUESTION = "Which methods reduce hallucination in large language models?"
COMMANDS = {
    "ask": [str(FOOTNOTE), "ask", QUESTION],
    "help": [str(FOOTNOTE), "--help"],
    "imports": [sys.executable, "-c", "import chromadb, onnxruntime, tokenizers"],
    "python": [sys.executable, "-c", "pass"],
}


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds by the clock and of processor time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment, cwd=WORK)
    clock = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(repeats: int = 7) -> dict[str, Any]:
    """Each command `repeats` times, turn and turn about; files are in the system's cache."""
    WORK.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "FOOTNOTE_LIBRARY": str(WORK / "cold"), "ANONYMIZED_TELEMETRY": "False"}
    subprocess.run(
        [str(FOOTNOTE), "ingest", str(ROOT / "corpus" / "papers.jsonl")], check=True, capture_output=True, env=environment, cwd=WORK
    )
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for n in range(repeats + 1):
        for name, command in COMMANDS.items():
            seconds = once(command, environment)
            if n:  # the first round fills the caches
                taken[name].append(seconds)
    record: dict[str, Any] = {}
    for name, found in taken.items():
        record[name] = {
            "median_s": statistics.median(clock for clock, _ in found),
            "least_s": min(clock for clock, _ in found),
            "cpu_s": statistics.median(cpu for _, cpu in found),
        }
    record["ask_to_imports"] = record["ask"]["median_s"] / record["imports"]["median_s"]
    record["ask_to_imports_cpu"] = record["ask"]["cpu_s"] / record["imports"]["cpu_s"]
    save("cold", record)
    return record
