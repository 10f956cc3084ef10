"""Many visitors at once: so many open pages ask at the same moment, with a model on the loopback; how long to the first checked sentence?

Speaks to the page as a browser does (its queue and its event stream), each visitor in a session of its own. Prints one line of figures;
exit status 1 where a chat failed.

    python scripts/load.py --visitors 50
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
CHECKED = re.compile(r'class=\\?"st (?:verified|quoted|reattributed)')
_MODEL = """import sys
sys.path.insert(0, "tests")
from fakes.openai_server import FakeOpenAI
with FakeOpenAI() as fake:
    print(fake.url, flush=True)
    input()
"""
_SERVE = "from rag.config import load; from ui.server import run; run(load(), open_browser=False)"


@dataclass
class Chat:
    """What one visitor saw, in seconds after asking; `first` None where no checked sentence came."""

    first: float | None = None
    total: float = 0.0
    error: str = ""


async def call(client: httpx.AsyncClient, event: dict[str, Any], name: str, *values: Any) -> Chat:
    """Run an event of the page in a visitor's session, through the queue, and follow the stream to its end."""
    seen, began = Chat(), time.perf_counter()
    data = [*values, *(False if kind == "checkbox" else "" for kind in event["kinds"][len(values) :])]
    body = {"data": data, "event_data": None, "fn_index": event["id"], "trigger_id": None, "session_hash": name}
    try:
        joined = await client.post("/gradio_api/queue/join", json=body)
        joined.raise_for_status()
        async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": name}) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                if seen.first is None and CHECKED.search(line):
                    seen.first = time.perf_counter() - began
                event = json.loads(line[5:])
                if event["msg"] == "process_completed":
                    seen.error = "" if event["success"] else line[:200]
                    break
    except httpx.HTTPError as error:
        seen.error = f"{type(error).__name__}: {error}"
    seen.total = time.perf_counter() - began
    return seen


def cpu_s(pid: int) -> float:
    """CPU time that a process has used (Linux); 0 elsewhere."""
    stat = Path(f"/proc/{pid}/stat")
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split() if stat.exists() else ["0"] * 13
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def storm(url: str, questions: Sequence[str], pid: int) -> tuple[list[Chat], float]:
    """All questions at once, each in a session of its own; and the server's CPU time for it."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits, trust_env=False) as client:
        config = (await client.get("/config")).json()
        kinds = {component["id"]: component["type"] for component in config["components"]}
        events = {d["api_name"]: {**d, "kinds": [kinds[one] for one in d["inputs"]]} for d in config["dependencies"]}
        while not (await client.get("/healthz")).json()["warm"]:  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.2)
        await call(client, events["asked"], "warm", questions[0], None)
        for n in range(len(questions)):  # their pages are open before they ask
            await call(client, events["arrive"], f"visitor{n}", None)
        before = cpu_s(pid)
        seen = await asyncio.gather(*(call(client, events["asked"], f"visitor{n}", q, None) for n, q in enumerate(questions)))
        return seen, cpu_s(pid) - before


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))]


def main() -> int:
    """Start model and server, ask, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--library", default=None, help="an ingested library; default: the bundled papers, indexed first")
    parser.add_argument("--offline", action="store_true", help="without a model")
    chosen = parser.parse_args()
    lines = (ROOT / "eval" / "gold" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    pool = [q["question"] for q in map(json.loads, lines) if q["answerable"] and not q.get("history")]
    questions = [pool[n % len(pool)] for n in range(chosen.visitors)]
    with tempfile.TemporaryDirectory() as folder:
        library = chosen.library or f"{folder}/papers"
        env = os.environ | {"FOOTNOTE_LIBRARY": library, "FOOTNOTE_PORT": "0", "XDG_DATA_HOME": folder}
        if not chosen.library:
            corpus = str(ROOT / "corpus" / "papers.jsonl")
            subprocess.run([sys.executable, "-c", "from rag.cli import main; main()", "ingest", corpus], env=env, check=True)  # noqa: S603
        model = subprocess.Popen([sys.executable, "-c", _MODEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
        assert model.stdout is not None
        if not chosen.offline:
            env |= {"FOOTNOTE_LLM_BASE_URL": model.stdout.readline().strip(), "FOOTNOTE_LLM_MODEL": "fake-model"}
        server = subprocess.Popen([sys.executable, "-c", _SERVE], stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT)  # noqa: S603
        assert server.stdout is not None
        url = server.stdout.readline().split()[3]
        try:
            seen, spent = asyncio.run(storm(url, questions, server.pid))
        finally:
            began = time.perf_counter()
            server.terminate()
            server.wait(30)
            ended = time.perf_counter() - began
            model.kill()
    errors = [c.error for c in seen if c.error]
    firsts = [c.first for c in seen if c.first is not None]
    totals = [c.total for c in seen]
    sys.stdout.write(
        f"{len(seen)} chats, {len(errors)} errors, {len(firsts)} with a checked sentence; first sentence median "
        f"{statistics.median(firsts):.2f} s, p95 {percentile(firsts, 0.95):.2f} s; whole answer p95 {percentile(totals, 0.95):.2f} s; "
        f"server {1000 * spent / len(seen):.0f} ms CPU a chat; shutdown {ended:.1f} s; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
    )
    for error in errors[:5]:
        sys.stdout.write(f"  {error}\n")
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
