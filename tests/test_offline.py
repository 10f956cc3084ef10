"""With no network at all, the installed program reads the bundled papers and answers.

A network namespace of its own where the system allows one (not even the loopback works there), else every socket but local ones raises.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import answer_kit
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
BLOCK = """
import socket

class Blocked(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise OSError("the network is switched off")
        return super().connect(address)

def no_lookup(*_arguments, **_options):
    raise OSError("the network is switched off")

socket.socket, socket.getaddrinfo = Blocked, no_lookup
"""


def alone(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """The words before a command, and the environment, that take the network away."""
    environment = {**os.environ, "FOOTNOTE_LIBRARY": str(tmp_path / "lib"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for words in (["unshare", "-n"], ["unshare", "-r", "-n"]):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words, environment
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    return [], {**environment, "PYTHONPATH": str(tmp_path / "site")}


def test_ingest_and_ask_without_a_network(tmp_path: Path, corpus: Mapping[str, Mapping[str, Any]]) -> None:
    """A first run with empty data and cache folders: read, embedded, indexed, and a question answered with its citation."""
    before, environment = alone(tmp_path)
    program = str(Path(sys.executable).with_name("footnote"))

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [*before, program, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment, timeout=240
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert "210 added; the library holds 210 papers" in run("ingest", f"{ROOT / 'corpus'}/")
    record = json.loads(run("ask", "How many languages does the MGSM8KInstruct dataset cover?", "--json"))
    answer_kit.check(record, corpus)
    assert record["references"] == ["mathoctopus-e95c89"]
    assert not any("eyword search alone" in note for note in record["notes"])
    assert "leaves the machine: nothing" in run("doctor")


def test_a_test_cannot_leave_the_machine(attempts: list[str]) -> None:
    """The guard over all tests refuses addresses and names of other machines, and lets the loopback through."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mail:
        for call in (
            lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
            lambda: socket.getaddrinfo("example.org", 443),
            lambda: mail.sendto(b"x", ("192.0.2.1", 53)),
        ):
            with pytest.raises(AssertionError, match="may not leave"):
                call()
    assert len(attempts) == 3
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert len(attempts) == 3
