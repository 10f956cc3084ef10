"""Footnote: questions over research-paper abstracts, answered with a checkable footnote after every sentence.

The road, one module an arrow: sources -> chunking -> embedding, store, lexical (kept in step by library) -> retrieval ->
answering -> assistant, which shows the whole of it on one screen. Importing `rag` loads no heavy package.
"""

__version__ = "0.1.0"
