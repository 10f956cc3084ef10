"""Do the clients that people use understand our OpenAI-compatible API? openai, LlamaIndex, LangChain and LiteLLM against a real server.

    python scripts/clients.py [--library DIR]

Each client runs in an environment of its own (openai and LlamaIndex in ours), made on first use in the user's cache folder. It asks a
question, asks it again as a stream, goes on with a conversation, names a model that there isn't and sends a wrong key. A line a client
tells what came; the exit code is 1 where one of them failed, 2 where one can't be installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from page_kit import serve

from bench.peers import Unavailable, made
from rag.assistant import Assistant
from rag.config import load

ROOT = Path(__file__).resolve().parents[1]
KEY = "key-of-the-check"

_OPENING = """
import json, os, sys, time
url, key = sys.argv[1], sys.argv[2]
FIRST = "What is MathOctopus trained on?"
TALK = [("user", FIRST), ("assistant", "It is trained on translated data. [1]"), ("user", "And how well does it do on GSM8K?")]
"""
_ENDING = """
def raised(asked):
    try:
        asked()
    except Exception as error:
        return type(error).__name__
    return ""
whole, parts, later = plain([("user", FIRST)], "footnote", key), streamed([("user", FIRST)]), plain(TALK, "footnote", key)
flat = lambda text: " ".join(text.split())
print(json.dumps({
    "whole": "[1]" in whole and "Sources:" in whole,
    "stream": len(parts) > 1 and flat("".join(parts)) == flat(whole),
    "conversation": "MathOctopus" in later,
    "no_model": raised(lambda: plain([("user", FIRST)], "no-such-model", key)),
    "wrong_key": raised(lambda: plain([("user", FIRST)], "footnote", "wrong")),
}))
"""

CLIENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "openai": (
        (),
        """
import openai
def api(key): return openai.OpenAI(base_url=url, api_key=key, max_retries=0)
def said(talk): return [{"role": role, "content": text} for role, text in talk]
def plain(talk, model, key): return api(key).chat.completions.create(model=model, messages=said(talk)).choices[0].message.content
def streamed(talk):
    chunks = api(key).chat.completions.create(model="footnote", messages=said(talk), stream=True)
    return [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
""",
    ),
    "llama-index": (
        (),
        """
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
def api(model, key): return OpenAILike(model=model, api_base=url, api_key=key, is_chat_model=True, max_retries=0, context_window=4096)
def said(talk): return [ChatMessage(role=role, content=text) for role, text in talk]
def plain(talk, model, key): return api(model, key).chat(said(talk)).message.content
def streamed(talk): return [c.delta for c in api("footnote", key).stream_chat(said(talk)) if c.delta]
""",
    ),
    "langchain": (
        ("langchain-openai>=1,<2",),
        """
from langchain_openai import ChatOpenAI
def api(model, key): return ChatOpenAI(model=model, base_url=url, api_key=key, max_retries=0)
def plain(talk, model, key): return api(model, key).invoke(talk).content
def streamed(talk): return [c.content for c in api("footnote", key).stream(talk) if c.content]
""",
    ),
    "litellm": (
        ("litellm>=1.80,<2",),
        """
import litellm
litellm.suppress_debug_info = True
def said(talk): return [{"role": role, "content": text} for role, text in talk]
def asked(talk, model, key, **more):
    return litellm.completion(model=f"openai/{model}", api_base=url, api_key=key, messages=said(talk), num_retries=0, max_retries=0, **more)
def plain(talk, model, key): return asked(talk, model, key).choices[0].message.content
def streamed(talk):
    chunks = asked(talk, "footnote", key, stream=True)
    return [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
""",
    ),
}


def tried(name: str, url: str) -> dict[str, object]:
    """What one client found, by what was asked. Unavailable where it can't be installed or ends with an error."""
    packages, code = CLIENTS[name]
    python = str(made(f"client-{name}", packages).python) if packages else sys.executable
    env = os.environ | {"NO_PROXY": "*", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    program = [python, "-c", _OPENING + code + _ENDING, f"{url}/v1", KEY]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False, env=env)  # noqa: S603 - our own
    if done.returncode:
        raise Unavailable((done.stderr.strip().splitlines() or ["no message"])[-1][:200])
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> int:
    """Serve the bundled papers, let every client ask, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", help="an ingested library; default: the bundled papers, indexed first")
    chosen = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        library = chosen.library or f"{folder}/papers"
        if not chosen.library:
            with Assistant.open(load(library=library), create=True) as assistant:
                assistant.ingest([ROOT / "corpus" / "papers.jsonl"])
        server = serve(Path(folder), library=library, api_key=KEY)
        try:
            for name in CLIENTS:
                try:
                    found = tried(name, server.url)
                except Unavailable as error:
                    sys.stdout.write(f"{name}: {error}\n")
                    worst = max(worst, 2)
                    continue
                sys.stdout.write(
                    f"{name}: " + ", ".join(f"{what} {'yes' if got is True else got or 'NO'}" for what, got in found.items()) + "\n"
                )
                worst = max(worst, 0 if all(found.values()) else 1)
        finally:
            server.end()
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
