"""`footnote library list|backup|restore|rebuild|shard|join|status` and `footnote doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli import options

app = typer.Typer(name="library", help="Libraries as a whole.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the group and the command."""
    for command in (list_, backup, restore, rebuild, shard, join, status):
        app.command(command.__name__.rstrip("_"))(command)
    root.add_typer(app)
    root.command()(doctor)


def list_() -> None:
    """Name the libraries in the user's data folder."""
    from rag.config import libraries, libraries_folder

    typer.echo("\n".join(libraries()) or f"no library in {libraries_folder()} yet; run `footnote ingest PATH`")


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


def shard(
    source: Annotated[str, typer.Argument(help="The library to take the papers of: a name or a folder.")],
    target: Annotated[str, typer.Argument(help="The library to make.")],
    shards: Annotated[int, typer.Option("--shards", min=1, max=4096, help="How many shards.")] = 4,
) -> None:
    """Make a library in shards of an ordinary one, which stays as it is. Nothing is embedded again."""
    from rag.cli.progress import shown
    from rag.library.shards import split_up

    with shown() as tell:
        papers = split_up(source, target, shards, progress=tell)
    typer.echo(f"{papers} papers in {shards} shards")


def join(
    source: Annotated[str, typer.Argument(help="The library in shards: a name or a folder.")],
    target: Annotated[str, typer.Argument(help="The library to make.")],
) -> None:
    """Make an ordinary library of one in shards, which stays as it is. Nothing is embedded again."""
    from rag.cli.progress import shown
    from rag.library import shards

    with shown() as tell:
        papers = shards.join(source, target, progress=tell)
    typer.echo(f"{papers} papers in one library")


def status(library: options.LibraryName = None, as_json: options.AsJson = False) -> None:
    """Papers, chunks, vectors and health of a library, and of each of its shards."""
    from rag.library import Library

    settings = options.settings(library)
    with Library.open(settings.library, embedder=None, chroma_url=settings.chroma_url) as shelf:
        facts = shelf.status()
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join([_line("whole", facts), *(_line(f"shard {n}", one) for n, one in enumerate(facts.get("shards", ())))]))
    if facts["problems"]:
        raise typer.Exit(2)


def _line(name: str, facts: dict[str, Any]) -> str:
    """A library in a line."""
    counts = [
        f"{facts[key]:,} {word}"
        for key, word in (("papers", "papers"), ("chunks", "chunks"), ("pending", "waiting for vectors"))
        if key in facts
    ]
    size = [f"{facts['bytes'] / 1e6:.1f} MB"] if "bytes" in facts else []
    return f"{name}: {', '.join([*counts, *size, *(facts['problems'] or ['healthy'])])}"


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
