"""Runs inside the peer's environment: papers (JSON lines) into a `VectorStoreIndex` on Chroma, then queries. Prints one line of JSON.

usage: peers_llamaindex.py PAPERS QUERIES MODEL_FOLDER STORE_FOLDER
"""

import json
import resource
import sys
import time
from pathlib import Path

import chromadb
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore


def used() -> float:
    """Processor seconds of this process so far."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def index_of(papers: list[dict[str, str]], model: HuggingFaceEmbedding, store: str, name: str) -> VectorStoreIndex:
    """What a user would write."""
    collection = chromadb.PersistentClient(store).get_or_create_collection(name)
    context = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
    documents = [Document(text=f"{p['title']}\n{p['abstract']}") for p in papers]
    return VectorStoreIndex.from_documents(documents, storage_context=context, embed_model=model)


def main() -> None:
    """Warm up on a few papers, then time all of them."""
    papers = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    queries = json.loads(Path(sys.argv[2]).read_text())
    model = HuggingFaceEmbedding(model_name=sys.argv[3], device="cpu")
    index_of(papers[:8], model, sys.argv[4], "warm")
    began, spent = time.perf_counter(), used()
    index = index_of(papers, model, sys.argv[4], "papers")
    wall, cpu = time.perf_counter() - began, used() - spent
    retriever = index.as_retriever(similarity_top_k=20)
    for query in queries[:5]:
        retriever.retrieve(query)
    clock = []
    for query in queries:
        start = time.perf_counter()
        retriever.retrieve(query)
        clock.append((time.perf_counter() - start) * 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"papers": len(papers), "s": wall, "cpu_s": cpu, "query_p50_ms": sorted(clock)[len(clock) // 2], "peak_mb": peak}))


main()
