"""What the server holds in memory: started as a user starts it, asked over HTTP, then looked at from outside."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import texts
from bench.cold import FOOTNOTE

if TYPE_CHECKING:
    from collections.abc import Iterator


def measured(folder: Path, *, n_questions: int = 30) -> dict[str, Any]:
    """Peak and present memory of `footnote serve` over a library, in MB, after questions through its API.

    `peak` counts the pages of mapped files (the vectors, the keyword index, the records), which the system takes back when it needs
    them; `own` doesn't.
    """
    with served(folder) as (port, pid):
        started = memory_of(pid)
        for question in texts.queries(n_questions):
            ask(port, question)
        return {"questions": n_questions, "started": started, **memory_of(pid)}


def memory_of(pid: int) -> dict[str, float]:
    """`peak` and `own` of a process, in MB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return {"peak": int(fields["VmHWM"].split()[0]) / 1024, "own": int(fields["RssAnon"].split()[0]) / 1024}


def ask(port: int, question: str) -> None:
    """One question over the OpenAI-compatible route."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = json.dumps({"model": "footnote", "messages": [{"role": "user", "content": question}]})
    connection.request("POST", "/v1/chat/completions", body=body, headers={"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the server answered {answer.status}: {text[:200]!r}")


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """`footnote serve` over a library: its port and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "FOOTNOTE_LIBRARY": str(folder), "GRADIO_ANALYTICS_ENABLED": "False"}
    command = [str(FOOTNOTE), "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment) as server:
        try:
            last = time.monotonic() + 120
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > last:
                        raise
                    time.sleep(0.1)
            yield port, server.pid
        finally:
            server.terminate()
            server.wait(60)
