"""What every test shares: no network beyond the loopback, no trace in the user's folders, and the bundled papers indexed once.

The guard stands from the start of the session, so that fixtures of any scope and imports fall under it too. An attempt raises at once
and, since much code forgives a failed connection, fails the test once more when it ends.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag.assistant import Assistant
    from rag.config import Settings

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus" / "papers.jsonl"
SEEDS = ROOT.parent / "shared" / "seeds"
FOREIGN_KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

_attempts: list[str] = []

pytest_plugins = ("page_kit",)


class NetworkUsed(AssertionError):
    """A test reached for another machine."""


def pytest_configure() -> None:
    """Put the guard up; no deadline for single examples, since the machine may be busy.

    A shell that starts this in the background has it ignore interrupts, which programs that the tests start and interrupt would inherit.
    """
    _guard()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.register_profile("footnote", deadline=None)
    hypothesis.settings.load_profile("footnote")


def _guard() -> None:
    """Replace the ways out: connecting, sending to, and looking up names of other machines."""
    connect, connect_ex, sendto, lookup = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        _refuse(self.family, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse(self.family, address)
        return connect_ex(self, address)

    def checked_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _refuse(self.family, rest[-1])
        return sendto(self, data, *rest)

    def checked_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        _refuse(socket.AF_INET, (host, 0))
        return lookup(host, *rest, **options)

    socket.socket.connect = checked_connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = checked_connect_ex  # type: ignore[method-assign, assignment]
    socket.socket.sendto = checked_sendto  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = checked_lookup


def _refuse(family: int, address: Any) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6} or is_local(address[0]):
        return
    _attempts.append(f"{address[0]}:{address[1]}")
    raise NetworkUsed(f"tests may not leave the machine: {_attempts[-1]}")


def is_local(host: str | bytes | None) -> bool:
    """Whether a host is this machine: the loopback by name or number, or every own address (for listening)."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name in {"localhost", "localhost.localdomain", "0.0.0.0", "::", socket.gethostname()}:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture
def attempts() -> Iterator[list[str]]:
    """What was tried beyond the loopback so far; cleared afterwards, for tests that try it on purpose."""
    yield _attempts
    _attempts.clear()


@pytest.fixture(autouse=True)
def _nothing_left_the_machine() -> Iterator[None]:
    """Fail the test during which something was tried, even where the attempt was forgiven."""
    yield
    tried = list(_attempts)
    _attempts.clear()
    assert not tried, f"tried to reach {', '.join(tried)}"


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that all workers of a session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def _own_folders(shared_tmp: Path) -> Iterator[None]:
    """Data, cache and settings of the session in temporary folders; the embedder's graph is built once for all workers."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("FOOTNOTE_") or n.upper() in FOREIGN_KEYS]:
            patch.delenv(name)
        for name in ("DATA", "CACHE", "CONFIG", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(shared_tmp / "home" / name.lower()))
        patch.setenv("COLUMNS", "100")
        patch.setenv("NO_COLOR", "1")
        yield


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named libraries of a test are its own; a developer's `.env` is not read."""
    from rag.config import Settings

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture(scope="session")
def bundled(shared_tmp: Path, _own_folders: None) -> Path:
    """The library of the bundled papers, built once a session. Only for reading: see `own_library`."""
    from rag.assistant import Assistant
    from rag.config import load

    folder = shared_tmp / "bundled"
    with FileLock(shared_tmp / "bundled.lock"):
        if not (shared_tmp / "bundled.done").exists():
            with Assistant.open(load(library=str(folder)), create=True) as assistant:
                assistant.ingest([CORPUS])
            (shared_tmp / "bundled.done").touch()
    return folder


@pytest.fixture
def own_library(bundled: Path, tmp_path: Path) -> Path:
    """A copy of the bundled library that the test may change."""
    return Path(shutil.copytree(bundled, tmp_path / "own-library"))


@pytest.fixture(scope="session")
def settings(bundled: Path) -> Settings:
    """Settings for the bundled library, all else by default."""
    from rag.config import load

    return load(library=str(bundled))


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Iterator[Assistant]:
    """The assistant over the bundled papers, offline."""
    from rag.assistant import Assistant

    with Assistant.open(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def corpus() -> dict[str, dict[str, Any]]:
    """The bundled records by paper_id, as written in the file."""
    with CORPUS.open(encoding="utf-8") as file:
        return {record["paper_id"]: record for record in map(json.loads, file)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str


@pytest.fixture
def footnote(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run `footnote ARGUMENTS` in this process through its entry point, errors mapped to exit codes as for a user."""
    import sys

    from rag.cli import main

    def run(*arguments: str, stdin: str | None = None) -> Ran:
        import io

        monkeypatch.setattr(sys, "argv", ["footnote", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin or ""))
        capfd.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as leave:
            code = leave.code
        out, err = capfd.readouterr()
        return Ran(code=0 if code is None else int(code), out=out, err=err)

    return run
