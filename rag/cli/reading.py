"""`footnote ingest`: documents into the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli import options


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ingest)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: JSON lines, BibTeX, RIS, CSL-JSON, CSV, MEDLINE, text, .gz.")],
    library: options.LibraryName = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Go on after bad records, and count them.")] = False,
    column: Annotated[list[str] | None, typer.Option("--column", help="For tables: FIELD=COLUMN, such as abstract=Summary.")] = None,
    embed: Annotated[bool, typer.Option("--embed/--no-embed", help="Make vectors now; keyword search works without them.")] = True,
    as_json: options.AsJson = False,
) -> None:
    """Read papers, find duplicates, store, index and embed them. Papers stored before cost nothing; a stopped run resumes."""
    import dataclasses
    import json

    from rag.assistant import Assistant
    from rag.cli.progress import shown
    from rag.errors import ConfigError, SourceError

    for path in paths:
        if not path.exists():
            raise SourceError("there is no such file or folder; check the path", path=str(path))
    mapping = {}
    for pair in column or []:
        name, sep, value = pair.partition("=")
        if not sep or not name or not value:
            raise ConfigError(f"--column is {pair!r}; write FIELD=COLUMN, such as abstract=Summary")
        mapping[name.strip()] = value.strip()
    with Assistant.open(options.settings(library), create=True) as assistant, shown() as tell:
        report = assistant.ingest(paths, skip_bad=skip_bad, mapping=mapping or None, progress=tell, embed=embed)
        total = assistant.library.count()
    if as_json:
        typer.echo(json.dumps({**dataclasses.asdict(report), "papers": total}))
        return
    for line in report.bad:
        typer.echo(f"skipped: {line}", err=True)
    said = [f"{n} {word}" for n, word in _counts(report) if n]
    typer.echo(f"{', '.join(said) or 'nothing new'}; the library holds {total} papers" + _pending(report.pending))


def _counts(report: object) -> list[tuple[int, str]]:
    return [
        *((getattr(report, name), name) for name in ("added", "merged", "replaced", "unchanged")),
        (len(report.bad), "bad"),  # type: ignore[attr-defined]
    ]


def _pending(pending: int) -> str:
    return f"; {pending} wait for vectors (keyword search finds them; run the command again to embed)" if pending else ""
