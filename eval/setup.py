"""A library of the evaluation's own, built from what it is told, cached by content in the user's cache folder; never the user's.

Settings come from defaults and `--set`, not from the environment, so that a figure does not depend on who runs it. Only what reaches
a model (`llm_*` and an embedder's address and key) is taken from there.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from pydantic import SecretStr, ValidationError

from eval.fingerprint import ROOT, corpus_sha, digest, library_key
from rag import config
from rag.config import Settings
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rag.embedding.base import Embedder
    from rag.library import Library, Progress
    from rag.schema import Paper

KEPT = 8
"""Cached libraries that stay; the oldest beyond that go."""

_FROM_ENVIRONMENT = ("llm_", "embedder_base_url", "embedder_api_key")
_NOT_A_SETUP = {
    "library", "host", "port", "user", "password", "api_key", "owner_key", "allowed_hosts", "max_upload_mb", "llm_api_key",
    "embedder_api_key", "llm_connect_timeout_s", "llm_timeout_s", "llm_max_retries", "llm_price_file", "chroma_url",
    "ray", "ray_replicas",
}  # fmt: skip


def bundled_corpus() -> Path:
    """The corpus that ships with the project: in a checkout, else in the installed package."""
    for path in (ROOT / "corpus" / "papers.jsonl", ROOT / "rag" / "_corpus" / "papers.jsonl"):
        if path.is_file() and path.stat().st_size:
            return path
    raise ConfigError("the bundled corpus is missing; name what to evaluate on with --corpus")


def make_settings(library: Path, changes: Mapping[str, str], *, llm: bool) -> Settings:
    """Defaults, then the model's settings from the environment (`llm`), then `changes`. ConfigError names a bad one."""
    values: dict[str, Any] = {name: field.get_default() for name, field in Settings.model_fields.items()}
    surrounding = config.load()
    for name in values:
        if name.startswith(_FROM_ENVIRONMENT) and (llm or not name.startswith("llm_")):
            values[name] = getattr(surrounding, name)
    for name, text in changes.items():
        if name not in values or name in {"library", "chroma_url"}:
            known = ", ".join(sorted(set(values) - _NOT_A_SETUP))
            raise ConfigError(f"--set knows no setting {name!r}; known: {known}")
        values[name] = None if text.lower() in {"none", ""} and Settings.model_fields[name].default is None else text
    values["library"] = str(library)
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"--set {first['loc'][0]}: {first['msg']} (got {first['input']!r})") from error


def described(settings: Settings) -> dict[str, Any]:
    """The settings that may change an answer, without secrets, addresses and folders; for the fingerprint and the manifest."""
    found = {}
    for name in sorted(Settings.model_fields):
        value = getattr(settings, name)
        if name in _NOT_A_SETUP or isinstance(value, SecretStr):
            continue
        if name.startswith("llm_") and not settings.llm_enabled:
            continue
        found[name] = str(value) if isinstance(value, Path) else value
    return found


def load_embedder(settings: Settings) -> Embedder | None:
    """The embedder that the settings name; None for `none`."""
    from rag import embedding

    if settings.embedder == "none":
        return None
    key = settings.embedder_api_key
    return embedding.load(settings.embedder, base_url=settings.embedder_base_url, api_key=key.get_secret_value() if key else None)


def cache_folder() -> Path:
    """Where built libraries are kept."""
    return config.cache_folder() / "eval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a library is built from: a fingerprint, and the papers when they are needed."""

    sha: str
    read: Callable[[], Iterable[Paper]]


def from_files(paths: Sequence[Path]) -> Source:
    """The papers of files and folders, as ingest reads them."""
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path} does not exist; name a file or folder with --corpus")

    def read() -> Iterator[Paper]:
        from rag import sources

        for path in paths:
            yield from sources.read(path)

    return Source(sha=corpus_sha(paths), read=read)


def from_papers(papers: Sequence[Paper]) -> Source:
    """These records as they stand."""
    return Source(sha=digest([p.to_dict() for p in papers]), read=lambda: iter(papers))


def build(source: Source, embedder: Embedder | None, *, progress: Callable[[Progress], None] | None = None) -> Path:
    """The folder of a library that holds the papers, from the cache where it was built before.

    A marker is written last: a build that was cut off is thrown away and made anew. Two processes wait for each other.
    """
    from rag.library import Library

    name = library_key(corpus=source.sha, embedder=embedder.name if embedder is not None else "none")[:16]
    folder = cache_folder() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(folder) + ".lock"):
        marker = folder / "complete.json"
        if not marker.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            with Library.open(folder / "library", embedder=embedder, create=True) as library:
                library.add(source.read(), progress=progress)
                library.embed_pending(progress=progress)
                count = library.count()
            marker.write_text(json.dumps({"papers": count, "source": source.sha}), encoding="utf-8")
        marker.touch()
    _prune(keep=name)
    return folder / "library"


@contextmanager
def opened(folder: Path, embedder: Embedder | None) -> Iterator[Library]:
    """A built library, open for reading."""
    from rag.library import Library

    with Library.open(folder, embedder=embedder) as library:
        yield library


def _prune(*, keep: str) -> None:
    """Throw away the least recently used libraries beyond KEPT that nobody is building."""
    marked = [m for m in cache_folder().glob("*/complete.json") if m.parent.name != keep]
    for marker in sorted(marked, key=lambda m: m.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(marker.parent, ignore_errors=True)
        Path(f"{marker.parent}.lock").unlink(missing_ok=True)
