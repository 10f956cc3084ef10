"""Query to ranked hits: candidates from keywords and vectors, fused, optionally reranked."""

from rag.retrieval.hybrid import HybridRetriever
from rag.retrieval.rerank import Reranker, load_reranker

__all__ = ["HybridRetriever", "Reranker", "load_reranker"]
