"""The peers, each in a virtual environment of its own, which is made on first use and kept in the user's cache folder.

What can't be installed or can't run without a network is skipped with the reason, which goes into the table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.config import cache_folder
from rag.embedding import weights

if TYPE_CHECKING:
    from collections.abc import Sequence

LLAMAINDEX = (
    "torch==2.13.0",
    "llama-index-core>=0.14.25,<0.15",
    "llama-index-vector-stores-chroma",
    "llama-index-embeddings-huggingface",
    "chromadb>=1.5.9,<1.6",
)
NOT_RUN = {
    "paper-qa": "not run: reading a document asks a language model for its citation and for a summary of every passage, "
    "so that without one there is nothing to time",
    "kotaemon": "not run: installs from its own repository with a document-parsing stack, and its indexing is the same LlamaIndex "
    "road (splitter, embedder, Chroma) that the first peer measures",
}
INSTALL_S = 1500


class Unavailable(Exception):
    """The peer can't be run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An environment with the peer in it."""

    python: Path

    def run(self, script: str, *arguments: str, timeout_s: float = 1200) -> dict[str, Any]:
        """The JSON that `bench/peers_<script>.py` prints last. Unavailable where it fails."""
        path = Path(__file__).with_name(f"peers_{script}.py")
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "TOKENIZERS_PARALLELISM": "false"}
        done = subprocess.run(
            [str(self.python), str(path), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, **offline},
        )
        if done.returncode:
            raise Unavailable(f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:200]}")
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return found


def llamaindex() -> Peer:
    """LlamaIndex's `VectorStoreIndex` on Chroma with sentence-transformers MiniLM, torch on the CPU. Unavailable with the reason."""
    return made("llamaindex", LLAMAINDEX)


def model_folder() -> Path:
    """The weights that both sides run, as sentence-transformers reads them."""
    return weights.folder()


def made(name: str, packages: Sequence[str]) -> Peer:
    """An environment with these packages, the first of them installed alone before the others. Unavailable with the reason."""
    folder = cache_folder() / "bench-peers" / name
    python, mark = folder / "bin" / "python", folder / "installed.json"
    if mark.exists() and json.loads(mark.read_text()) == list(packages):
        return Peer(python)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True, timeout=120)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # torch alone first: a solver that sees it among the rest may prefer a build for graphics cards.
        for part in ([packages[0]], list(packages)):
            subprocess.run([*install, *part], check=True, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"can't be installed: {str(error.stderr).strip().splitlines()[-1][:200]}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"can't be installed within {error.timeout:.0f} s") from error
    mark.write_text(json.dumps(list(packages)))
    return Peer(python)
