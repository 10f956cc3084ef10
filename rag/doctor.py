"""`footnote doctor`: versions, health, what is offline and what would leave the machine; nothing leaves it for the report itself."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

from rag import __version__
from rag.errors import FootnoteError

if TYPE_CHECKING:
    from rag.config import Settings

PACKAGES = ("chromadb", "llama-index-core", "openai", "gradio", "tiktoken", "tantivy", "onnxruntime", "tokenizers", "numpy")


def report(settings: Settings, *, try_llm: bool = False) -> tuple[list[str], dict[str, Any], bool]:
    """Lines to print, the same as facts, and whether all is well."""
    facts: dict[str, Any] = {"footnote": __version__, "python": platform.python_version(), "system": platform.platform()}
    facts["packages"] = {name: _version(name) for name in PACKAGES}
    problems: list[str] = []
    facts["embedder"], facts["library"] = _library(settings, problems)
    facts["leaves_the_machine"] = leaving(settings)
    if try_llm:
        from rag.answering.diagnosis import doctor_llm

        tried = doctor_llm(settings)
        facts["llm"] = tried
        problems += [line.removeprefix("problem: ") for line in tried if line.startswith("problem: ")]
    facts["problems"] = problems
    return _lines(facts), facts, not problems


def leaving(settings: Settings) -> list[str]:
    """What would leave the machine with these settings, a line each; empty where nothing would."""
    found = []
    if settings.llm_enabled:
        found.append(f"questions, earlier questions and evidence sentences, to {settings.llm_base_url} (model {settings.llm_model})")
    if settings.embedder.startswith("openai:"):
        found.append(f"abstracts and questions, to {settings.embedder_base_url or 'the embedding server'} (for vectors)")
    if settings.ray and not settings.ray.startswith("local"):
        found.append(f"papers, vectors and questions, to the workers of the Ray cluster at {settings.ray}")
    if settings.chroma_url:
        found.append(f"papers, chunks and vectors, to the Chroma server at {settings.chroma_url}")
    return found


def _library(settings: Settings, problems: list[str]) -> tuple[str, dict[str, Any]]:
    from rag.assistant import load_embedder
    from rag.errors import IndexMissing
    from rag.library import Library

    name = settings.embedder
    try:
        embedder, notes = load_embedder(settings)
        problems += notes if settings.embedder != "none" else []
        name = embedder.name if embedder is not None else "none (keyword search alone)"
        with Library.open(settings.library, embedder=embedder, chroma_url=settings.chroma_url, thorough=True) as library:
            status = library.status() | {"mended": list(library.mended)}
    except IndexMissing as error:
        if settings.library != type(settings).model_fields["library"].default or settings.chroma_url is not None:
            problems.append(str(error))
        return name, {"library": str(error)}
    except FootnoteError as error:
        problems.append(str(error))
        return name, {"library": settings.library}
    except OSError as error:
        problems.append(f"{error.strerror or error}{f' {error.filename!r}' if error.filename else ''}")
        return name, {"library": settings.library}
    problems += status.get("problems", [])
    return name, status


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _lines(facts: dict[str, Any]) -> list[str]:
    status = facts["library"]
    lines = [f"footnote {facts['footnote']}, Python {facts['python']}, {facts['system']}"]
    lines.append(", ".join(f"{n} {v}" for n, v in facts["packages"].items()))
    lines.append(f"library: {status.get('library')}")
    if "papers" in status:
        lines.append(
            f"  {status['papers']} papers, {status['chunks']} chunks, {status['pending']} waiting for vectors, "
            f"{status['bytes'] / 1e6:.1f} MB, Chroma {status['chroma']}"
        )
    lines += [f"  was damaged, made anew: {part}" for part in status.get("mended", [])]
    lines += ["  read-only: Chroma was not asked"] if not status.get("writable", True) else []
    lines.append(f"embedder: {facts['embedder']}")
    lines.append("leaves the machine: " + ("; ".join(facts["leaves_the_machine"]) or "nothing"))
    if "llm" in facts:
        lines += [f"model: {line}" for line in facts["llm"]]
    lines += [f"problem: {p}" for p in facts["problems"]] or ["no problems found"]
    return lines
