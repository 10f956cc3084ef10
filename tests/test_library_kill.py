"""A writer that is killed at any moment leaves a library that the next run completes, as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import library_kit
import pytest
from library_kit import HashEmbedder, chroma_server, content

from rag.library import Library

if TYPE_CHECKING:
    from collections.abc import Mapping

KILLS = int(os.environ.get("KILLS", "6"))
"""How many times the writer is killed; more by `KILLS=20 pytest tests/test_library_kill.py`."""


def start(job: dict[str, Any], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """A process of its own that ingests."""
    command = [sys.executable, str(Path(library_kit.__file__)), json.dumps(job)]
    path = os.pathsep.join([str(Path(library_kit.__file__).parent), str(Path(library_kit.__file__).parents[1])])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**environment, "PYTHONPATH": path})


def killed(job: dict[str, Any], environment: Mapping[str, str], *, steps: int, delay_s: float) -> bool:
    """Run the job, kill it `delay_s` after its step number `steps`; whether it was still at work."""
    with start(job, environment) as process:
        assert process.stdout is not None
        for _ in range(steps):
            if process.stdout.readline() in {"", "done\n"}:
                break
        try:
            process.wait(delay_s)
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait(60)
        return process.returncode != 0


@pytest.mark.parametrize("mode", ["embedded", "server"])
def test_killed_anywhere_nothing_is_lost_or_double(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed again and again at random moments, then run to the end: the library equals one that was never interrupted."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        url = stack.enter_context(chroma_server(tmp_path / "server")) if mode == "server" else None
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        jobs: list[dict[str, Any]] = [{"folder": str(tmp_path / name), "n": 130, "seed": 77, "url": url} for name in ("whole", "killed")]
        began = time.monotonic()
        with start(jobs[0], os.environ) as process:
            output = process.communicate(timeout=240)[0].splitlines()
        assert output[-1] == "done"
        step_s = (time.monotonic() - began) / len(output)
        rng = random.Random(KILLS)
        interrupted = 0
        while interrupted < KILLS:
            # Each run starts behind the last one, so the first steps of a run are where new work is.
            if not killed(jobs[1], os.environ, steps=rng.randint(0, 9), delay_s=rng.uniform(0, 2 * step_s)):
                with Library.open(jobs[1]["folder"], embedder=HashEmbedder(), chroma_url=url) as library:
                    library.remove([p.paper_id for p in library.list()[::3]])
            interrupted += 1
        with start(jobs[1], os.environ) as process:
            assert process.communicate(timeout=240)[0].endswith("done\n")
        found = []
        for job in jobs:
            with Library.open(job["folder"], embedder=HashEmbedder(), chroma_url=url) as library:
                found.append(content(library))
        whole, resumed = found
        assert whole["problems"] == []
        assert whole["fits"]
        for part in whole:
            assert resumed[part] == whole[part], part


@pytest.mark.parametrize("lost", ["chroma", "keywords-0", "vectors-0"])
def test_a_lost_part_is_made_anew(tmp_path: Path, lost: str) -> None:
    """A derived folder that disappeared comes back with the next write, from what is left, without embedding."""
    import shutil

    folder = tmp_path / "lib"
    with Library.open(folder, embedder=HashEmbedder(), create=True) as library:
        library.add(library_kit.made_up(25, seed=78))
        library.embed_pending()
        before = content(library)
    shutil.rmtree(folder / lost)
    embedder = HashEmbedder()
    with Library.open(folder, embedder=embedder) as library:
        library.add([])
        assert content(library) == before
        assert embedder.texts == 0
