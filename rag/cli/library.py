"""`footnote library list|backup|restore|rebuild` and `footnote doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rag.cli import options

app = typer.Typer(name="library", help="Libraries as a whole.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the group and the command."""
    for command in (list_, backup, restore, rebuild):
        app.command(command.__name__.rstrip("_"))(command)
    root.add_typer(app)
    root.command()(doctor)


def list_() -> None:
    """Name the libraries in the user's data folder."""
    from rag.config import libraries_folder

    folder = libraries_folder()
    names = sorted(p.parent.name for p in folder.glob("*/papers.db")) if folder.is_dir() else []
    typer.echo("\n".join(names) or f"no library in {folder} yet; run `footnote ingest PATH`")


def backup(path: Annotated[Path, typer.Argument(help="The .tar.gz to write.")], library: options.LibraryName = None) -> None:
    """Write the whole library to one file, consistent while others read."""
    from rag.library import Library

    settings = options.settings(library)
    with Library.open(settings.library, embedder=None, chroma_url=settings.chroma_url) as shelf:
        typer.echo(f"written to {shelf.backup(path)}")


def restore(
    path: Annotated[Path, typer.Argument(help="The .tar.gz to read.")],
    library: options.LibraryName = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what the library holds.")] = False,
) -> None:
    """Fill a library from a backup."""
    from rag.errors import SourceError
    from rag.library import Library

    if not path.is_file():
        raise SourceError("there is no such file; check the path", path=str(path))
    settings = options.settings(library)
    papers = Library.restored(settings.library, path, chroma_url=settings.chroma_url, overwrite=overwrite)
    typer.echo(f"{papers} papers restored")


def rebuild(
    what: Annotated[str, typer.Argument(help="keywords, matrix, chroma, vectors or all.")] = "all",
    library: options.LibraryName = None,
) -> None:
    """Make derived parts anew, with the embedder that the settings ask for."""
    from rag.assistant import load_embedder
    from rag.cli.progress import shown
    from rag.errors import ConfigError
    from rag.library import Library

    if what not in {"keywords", "matrix", "chroma", "vectors", "all"}:
        raise ConfigError(f"{what!r} can't be rebuilt; choose keywords, matrix, chroma, vectors or all")
    settings = options.settings(library)
    embedder, notes = load_embedder(settings)
    with Library.open(settings.library, embedder=embedder, chroma_url=settings.chroma_url, rebuild=what) as shelf, shown() as tell:  # type: ignore[arg-type]
        if embedder is not None:
            shelf.embed_pending(progress=tell)
        typer.echo(f"{what} rebuilt; the library holds {shelf.count()} papers")
    for note in notes:
        typer.echo(note, err=True)


def doctor(
    library: options.LibraryName = None,
    llm: Annotated[bool, typer.Option("--llm", help="Try the configured model: address, key and name.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Versions, the library's health, what is offline, and what would leave the machine."""
    from rag.doctor import report

    lines, facts, healthy = report(options.settings(library), try_llm=llm)
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else "\n".join(lines))
    if not healthy:
        raise typer.Exit(2)
