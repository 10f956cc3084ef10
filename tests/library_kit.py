"""Made-up papers, a small embedder and a Chroma server for tests of the library; run as a program it is the writer that gets killed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.library import Library, adding, vectors
from rag.library.vectors import part_of
from rag.schema import Paper, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_WORDS = [
    "sensor",
    "lattice",
    "tensor",
    "reactor",
    "plasma",
    "glacier",
    "enzyme",
    "neuron",
    "corpus",
    "parser",
    "cipher",
    "router",
    "beacon",
    "turbine",
    "membrane",
    "catalyst",
    "quasar",
    "orbit",
    "sediment",
    "genome",
    "protein",
    "vaccine",
    "cortex",
    "gradient",
    "kernel",
    "manifold",
    "polymer",
    "alloy",
    "spectrum",
    "photon",
    "crystal",
    "battery",
    "anode",
    "pipeline",
    "compiler",
    "scheduler",
    "replica",
    "quorum",
    "ledger",
    "auction",
    "voter",
    "tariff",
    "subsidy",
    "pension",
    "migration",
    "harvest",
    "irrigation",
    "pollen",
    "habitat",
    "coral",
    "reef",
    "monsoon",
    "aquifer",
    "seismic",
    "volcano",
    "mantle",
    "isotope",
    "comet",
    "nebula",
    "dialect",
    "syntax",
    "phoneme",
    "lexicon",
    "summary",
    "retrieval",
    "ranking",
    "query",
    "index",
    "token",
    "passage",
    "citation",
    "abstract",
    "benchmark",
    "ablation",
    "dataset",
    "annotator",
    "crowd",
    "survey",
    "cohort",
    "placebo",
    "dosage",
    "tumour",
    "biopsy",
]


class HashEmbedder:
    """Counts words into `dimension` boxes: texts that share words are near. Deterministic everywhere."""

    max_tokens = 120

    def __init__(self, name: str = "boxes-48", dimension: int = 48) -> None:
        """Any name and size."""
        self.name, self.dimension = name, dimension
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows."""
        self.texts += len(texts)
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(len(texts), self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector."""
        found = np.full(self.dimension, 0.01, dtype=np.float32)
        for word in text.lower().split():
            digest = hashlib.blake2b(word.strip(".,").encode(), digest_size=4, person=self.name.encode()[:16]).digest()
            found[int.from_bytes(digest, "big") % self.dimension] += 1
        return np.asarray(found / np.linalg.norm(found), dtype=np.float32)

    def count(self, text: str) -> int:
        """Words."""
        return len(text.split())


def made_up(n: int, *, seed: int = 0, **fields: Any) -> list[Paper]:
    """`n` different papers with dates, categories, authors and code flags, some of them unknown."""
    rng = random.Random(seed)
    papers = []
    for i in range(n):
        sentences = [" ".join(rng.sample(_WORDS, rng.randint(9, 16))).capitalize() + "." for _ in range(rng.randint(2, 14))]
        month = rng.randint(1, 12)
        papers.append(
            Paper(
                paper_id="",
                title=" ".join(rng.sample(_WORDS, 6)).capitalize(),
                abstract=" ".join(sentences),
                authors=tuple(
                    f"{rng.choice('ABCDE')}. {rng.choice(['José Núñez', 'Ann Lee', 'Bo Chen', 'Ida Holm'])}" for _ in range(i % 3)
                ),
                published=[None, f"{rng.randint(2015, 2024)}", f"2023-{month:02}", f"2022-{month:02}-{rng.randint(1, 28):02}"][i % 4],
                categories=[(), ("cs.CL",), ("cs.CV", "stat.ML"), ("q-bio.NC",)][rng.randint(0, 3)],
                has_code=[None, True, False][rng.randint(0, 2)],
                source=Source(document=f"Doc{i % 5}.txt", record=i) if i % 7 else None,
            )
        )
    return [dataclasses.replace(paper, **fields) for paper in papers]


def content(library: Library) -> dict[str, Any]:
    """All that a user could see of a library, apart from row numbers: papers, chunks and vectors in Chroma, search results."""
    papers, embedder = library.list(sort="paper_id"), library.embedder
    assert embedder is not None
    found = library._parts.chunks.collection.get(include=["embeddings", "metadatas"])
    chunks = {}
    for chunk_id, meta, vector in zip(found["ids"], found["metadatas"], found["embeddings"], strict=True):
        part = part_of(meta)
        paper = library.get(chunk_id.rpartition(":")[0])
        expected = embedder.embed_query(f"{paper.title}\n{paper.abstract[part.start : part.end]}")
        # Vectors that came through the matrix are rounded, so they are compared here and not later.
        chunks[chunk_id] = (part, bool(np.allclose(vector, expected, atol=1e-4)))
    queries = ["turbine membrane", "query index token", "coral reef", "sensor"]
    names = {row: p.paper_id for p, row in zip(papers, library.rows_of([p.paper_id for p in papers]), strict=True)}
    dense = [library.dense(embedder.embed_query(q), k=7) for q in queries]
    return {
        "papers": {p.paper_id: p.to_dict() for p in papers},
        "chunks": chunks,
        "keyword": [[(names[r], round(s, 4)) for r, s in library.keyword(q, k=9)] for q in queries],
        "dense": [[(names[r], round(s, 3)) for r, s in run] for run in dense],
        "fits": all(fits for _, fits in chunks.values()),
        "problems": library.status()["problems"],
    }


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """A Chroma server of its own on the loopback; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url, last = f"http://127.0.0.1:{port}", time.monotonic() + 60
            while True:
                try:
                    with urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=5):
                        break
                except OSError:
                    if server.poll() is not None or time.monotonic() > last:
                        raise
            yield url
        finally:
            server.terminate()
            server.wait(30)


class SlowEmbedder(HashEmbedder):
    """Tells the parent process of each text before it embeds it."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows."""
        sys.stdout.write("embed\n")
        sys.stdout.flush()
        return super().embed(texts)


def main() -> None:
    """Add the papers of a JSON job to a library in small steps, each told on stdout, until done or killed."""
    job = json.loads(sys.argv[1])
    adding.BATCH, adding.KEYWORD_BATCH, vectors.BATCH = 20, 60, 12
    papers = crowded(job["n"], seed=job["seed"])

    def tell(_: object) -> None:
        sys.stdout.write("step\n")
        sys.stdout.flush()

    with Library.open(job["folder"], embedder=SlowEmbedder(), chroma_url=job.get("url"), create=True) as library:
        library.add(papers, progress=tell)
        library.embed_pending(progress=tell)
    sys.stdout.write("done\n")


def crowded(n: int, *, seed: int) -> list[Paper]:
    """Papers among which some stand twice: the second time with a DOI, or as the original of a rewritten abstract."""
    papers = made_up(n, seed=seed)
    again = [dataclasses.replace(p, doi=f"10.5555/{seed}.{i}", authors=()) for i, p in enumerate(papers[::9])]
    rewritten = [
        dataclasses.replace(p, abstract=" ".join(reversed(p.abstract.split())), abstract_origin="rewritten", arxiv_id=f"2301.{i:05}")
        for i, p in enumerate(papers[4::11])
    ]
    originals = [dataclasses.replace(p, arxiv_id=f"2301.{i:05}v2") for i, p in enumerate(papers[4::11])]
    first = [p for i, p in enumerate(papers) if i % 11 != 4]
    return [*rewritten, *first, *again, *originals]


if __name__ == "__main__":
    main()
