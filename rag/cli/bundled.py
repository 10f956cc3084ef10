"""The bundled corpus, so that the first question gets a real answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.config import Settings


def fill(settings: Settings) -> None:
    """Index the bundled corpus where the library does not exist yet or is empty; finish vectors that a stopped run left."""
    from rag.assistant import Assistant
    from rag.cli.progress import shown

    with Assistant.open(settings, create=True) as assistant, shown() as tell:
        if assistant.library.count() == 0:
            report = assistant.ingest([corpus()], progress=tell)
            sys.stderr.write(f"indexed the bundled corpus: {report.added} papers\n")
        elif assistant.library.writable and assistant.library.pending and assistant.library.embedder is not None:
            assistant.library.embed_pending(progress=tell)


def corpus() -> Path:
    """The bundled corpus: in the installed package, or beside it in a checkout."""
    import rag

    package = Path(rag.__file__).parent
    installed = package / "_corpus" / "papers.jsonl"
    return installed if installed.exists() else package.parent / "corpus" / "papers.jsonl"


def fill_default(settings: Settings) -> None:
    """The same for `ask`, `search` and `summarize`, where the default library does not exist yet; a library that was named must exist."""
    from rag.config import Settings as Known
    from rag.config import library_folder

    default = Known.model_fields["library"].default
    if settings.library == default and settings.chroma_url is None and not (library_folder(default) / "papers.db").exists():
        fill(settings)
