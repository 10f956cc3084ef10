"""How fast papers go in: searchable by words, and with vectors, against the peer, turn and turn about in one run.

Equal tokens: one vector a paper, of at most 256 word pieces, which is what the peer's model reads. Tails covered: as shipped, where a long
abstract gets as many vectors as it takes. Both sides have loaded their models and libraries before the clock starts.
"""

from __future__ import annotations

import json
import shutil
import statistics
import time
from typing import TYPE_CHECKING, Any

from bench import peers, texts
from bench.measure import WORK, Span, apart, save
from rag import embedding
from rag.library import Library, vectors
from rag.schema import Chunk

if TYPE_CHECKING:
    from pathlib import Path

    from rag.embedding.base import Embedder
    from rag.schema import Paper

FLOP_A_PAIR = 6.04e9
"""Of one text of 256 word pieces (six layers, 384 wide)."""


def whole(paper: Paper, embedder: Embedder) -> list[Chunk]:  # noqa: ARG001  # stands in for the library's own
    """The abstract as one chunk, uncounted: the embedder cuts it where it stops reading."""
    n = len(paper.abstract)
    return [Chunk(chunk_id=f"{paper.paper_id}:0", paper_id=paper.paper_id, ordinal=0, start=0, end=n, text=paper.abstract)]


def ours(folder: Path, n: int, *, tails: bool) -> dict[str, Any]:
    """One ingest of `n` papers into an empty library."""
    shutil.rmtree(folder, ignore_errors=True)
    if not tails:
        vectors.chunks_of = whole
    held = list(texts.papers(n + 8))
    with Library.open(folder, embedder=embedding.load(), create=True) as library:
        library.add(held[n:])
        library.embed_pending()
        with Span() as words:
            library.add(held[:n])
        with Span() as meaning:
            library.embed_pending()
        chunks = int(library.status()["chunks"])
    return {
        "papers": n,
        "chunks": chunks,
        "s": words.s + meaning.s,
        "cpu_s": words.cpu_s + meaning.cpu_s,
        "words_s": words.s,
        "words_cpu_s": words.cpu_s,
    }


def words(folder: Path, n: int) -> dict[str, Any]:
    """How fast `n` papers become searchable by words: by the clock, of all processor time, and of the reading thread's alone.

    Keywords are indexed on a second thread, so with a core for each the slower of the two sets the rate.
    """
    shutil.rmtree(folder, ignore_errors=True)
    held = list(texts.papers(n + 8))
    with Library.open(folder, embedder=None, create=True) as library:
        library.add(held[n:])
        began = time.thread_time()
        with Span() as span:
            library.add(held[:n])
        thread = time.thread_time() - began
    return {"papers": n, "per_s": n / span.s, "per_cpu_s": n / span.cpu_s, "per_thread_s": n / thread}


def run(n: int, *, repeats: int = 2) -> None:
    """All of it; the peer's environment is made when it is missing."""
    WORK.mkdir(parents=True, exist_ok=True)
    folder = WORK / "ingest"
    record: dict[str, Any] = {"papers": n, "not_run": peers.NOT_RUN, "equal": [], "tails": [], "llamaindex": []}
    papers, questions = WORK / "papers.jsonl", WORK / "queries.json"
    papers.write_text("".join(json.dumps({"title": p.title, "abstract": p.abstract}) + "\n" for p in texts.papers(n)))
    questions.write_text(json.dumps(texts.queries(50)))
    try:
        peer = peers.llamaindex()
    except peers.Unavailable as reason:
        peer, record["llamaindex_skipped"] = None, str(reason)
    for _ in range(repeats):
        record["equal"].append(apart("ingest-once", str(folder), str(n), "equal"))
        record["tails"].append(apart("ingest-once", str(folder), str(n), "tails"))
        if peer is not None:
            shutil.rmtree(WORK / "peer", ignore_errors=True)
            found = peer.run("llamaindex", str(papers), str(questions), str(peers.model_folder()), str(WORK / "peer"))
            record["llamaindex"].append(found)
    record["embedding"] = embedding_alone()
    save("ingest", {**record, **ratios(record)})


def ratios(record: dict[str, Any]) -> dict[str, float]:
    """Our rate over the peer's, by the clock and by processor time: medians of the repeats."""
    if not record["llamaindex"]:
        return {}
    found = {}
    for ours_ in ("equal", "tails"):
        for measure in ("s", "cpu_s"):
            theirs = statistics.median(r[measure] for r in record["llamaindex"])
            found[f"{ours_}_ratio_{measure}"] = theirs / statistics.median(r[measure] for r in record[ours_])
    return found


def embedding_alone(n: int = 40) -> dict[str, float]:
    """Processor seconds of one text of 256 word pieces, and the arithmetic rate that makes. Each text is another: none is remembered."""
    embedder = embedding.load()
    long = [" ".join(p.abstract for p in texts.papers(6, start=6 * i)) for i in range(n + 1)]
    assert all(embedder.count(text) >= embedder.max_tokens for text in long)
    embedder.embed(long[:1])
    with Span() as span:
        for text in long[1:]:
            embedder.embed([text])
    return {"text_ms": span.cpu_s / n * 1e3, "gflop_per_s": FLOP_A_PAIR * n / span.cpu_s / 1e9}
