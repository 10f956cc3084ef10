"""The library of papers: records, identity, keyword index and vectors behind one class."""

from rag.library.core import Library, Sort, is_sharded
from rag.library.progress import AddReport, Progress

__all__ = ["AddReport", "Library", "Progress", "Sort", "is_sharded"]
