"""`footnote papers list|show|remove|export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli import options
from rag.schema import Filters

if TYPE_CHECKING:
    from rag.library import Library
    from rag.schema import Paper

FIELDS = (
    "paper_id",
    "title",
    "title_origin",
    "authors",
    "authors_truncated",
    "published",
    "categories",
    "has_code",
    "listing_score",
    "url",
    "doi",
    "arxiv_id",
    "source",
    "abstract",
)

app = typer.Typer(name="papers", help="The papers of a library.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the group."""
    for command in (list_, show, remove, export):
        app.command(command.__name__.rstrip("_"))(command)
    root.add_typer(app)


def _library(name: str | None) -> Library:
    """The library without an embedder: nothing here needs vectors."""
    from rag.library import Library

    settings = options.settings(name)
    return Library.open(settings.library, embedder=None, chroma_url=settings.chroma_url)


def record(paper: Paper) -> dict[str, Any]:
    """The paper under the corpus field names."""
    whole = paper.to_dict()
    return {name: whole[name] for name in FIELDS}


@options.filtered
def list_(
    library: options.LibraryName = None,
    text: Annotated[str | None, typer.Option("--text", help="Text in title, authors or id.", show_default=False)] = None,
    sort: Annotated[str, typer.Option("--sort", help="title, published, added or paper_id.")] = "title",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Most papers to print.", show_default=False)] = None,
    as_json: options.AsJson = False,
    chosen: Filters | None = None,
) -> None:
    """List papers; --json prints one array of objects."""
    from rag.cli import render

    with _library(library) as shelf:
        papers = shelf.list(chosen, text=text, sort=sort, limit=limit)  # type: ignore[arg-type]
    if as_json:
        typer.echo(json.dumps([record(p) for p in papers], ensure_ascii=False, indent=1))
        return
    for paper in papers:
        typer.echo(render.plain(render.reference(paper)))


def show(
    paper_id: Annotated[str, typer.Argument(help="The paper's id, or a key such as doi:10.1000/abc or arxiv:2304.03442.")],
    library: options.LibraryName = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one paper with its abstract."""
    from rag.cli import render

    with _library(library) as shelf:
        paper = shelf.get(paper_id)
    if as_json:
        typer.echo(json.dumps(record(paper), ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{render.wrapped(render.reference(paper))}\n\n{render.wrapped(paper.abstract)}")


def remove(
    paper_ids: Annotated[list[str], typer.Argument(help="The papers' ids.")],
    library: options.LibraryName = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove papers from the library."""
    with _library(library) as shelf:
        titles = [p.title for p in shelf.get_many(paper_ids)]
        if not yes:
            typer.echo("\n".join(titles), err=True)
            if not typer.confirm(f"Remove {len(titles)} papers?", err=True):
                typer.echo("nothing removed", err=True)
                raise typer.Exit(1)
        typer.echo(f"{shelf.remove(paper_ids)} removed")


@options.filtered
def export(
    path: Annotated[Path | None, typer.Argument(help="File to write; none: standard output.")] = None,
    library: options.LibraryName = None,
    form: Annotated[str, typer.Option("--format", "-f", help="jsonl, bibtex, ris, csl, csv or markdown.")] = "jsonl",
    chosen: Filters | None = None,
) -> None:
    """Write papers out in a format that other programs read."""
    from rag.errors import ConfigError
    from rag.sources import FORMATS, write

    if form not in FORMATS:
        raise ConfigError(f"--format is {form!r}; choose one of {', '.join(FORMATS)}")
    with _library(library) as shelf:
        papers = shelf.list(chosen, sort="paper_id")
    text = write(papers, form)
    if path is None:
        for piece in text:
            typer.echo(piece, nl=False)
        return
    with path.open("w", encoding="utf-8") as file:
        file.writelines(text)
    typer.echo(f"{len(papers)} papers written to {path}", err=True)
