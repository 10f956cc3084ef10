"""`footnote ingest`, killed without warning, goes on where it was: nothing lost, nothing double."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import FootnoteError
from rag.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]


def at_work(folder: Path) -> bool:
    """Whether papers are stored and some of them still wait for vectors."""
    try:
        with Library.open(folder, embedder=None) as library:
            return library.count() > 0 and library.pending > 0
    except FootnoteError:
        return False


def test_killed_and_run_again(footnote: Callable[..., Any], bundled: Path, tmp_path: Path) -> None:
    """Killed twice between records and vectors, then run to the end: lists and searches equal those of an uninterrupted library."""
    folder = tmp_path / "lib"
    source = str(ROOT / "corpus" / "papers.jsonl")
    command = [str(Path(sys.executable).with_name("footnote")), "ingest", source, "--library", str(folder)]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while process.poll() is None and not at_work(folder):
                try:
                    process.wait(0.02)
                except subprocess.TimeoutExpired:
                    continue
            process.kill()
            process.communicate()
    interrupted = footnote("search", "sharpness-aware minimization", "--json", "--library", str(folder))
    assert interrupted.code == 0
    assert "adasam" in interrupted.out
    assert footnote("ingest", source, "--library", str(folder)).code == 0
    for words in (
        ["papers", "list", "--json"],
        ["search", "sharpness-aware minimization", "--json"],
        ["search", "languages of a translated benchmark", "--json"],
        ["ask", "How does AdaSAM differ from SAM?"],
    ):
        assert footnote(*words, "--library", str(folder)).out == footnote(*words, "--library", str(bundled)).out
    assert "no problems found" in footnote("doctor", "--library", str(folder)).out
