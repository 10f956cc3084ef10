"""`footnote papers list|show|remove|export|cite|duplicates|merge|split|retractions`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli import options
from rag.schema import NO_ABSTRACT, Filters

if TYPE_CHECKING:
    from rag.library import Library
    from rag.schema import Paper

_INNER = {"abstract_origin", "keys"}
"""Fields that only tell the library how a record came about."""

_FORMATS = (
    "jsonl, bibtex, biblatex, ris, csl, csv, nbib, endnote or markdown; or a style of references: apa, mla, chicago, ieee, vancouver, "
    "nature or any name of the CSL repository."
)

app = typer.Typer(name="papers", help="The papers of a library.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the group."""
    for command in (list_, show, remove, export, cite, duplicates, merge, split, retractions):
        app.command(command.__name__.rstrip("_"))(command)
    root.add_typer(app)


def _library(name: str | None) -> Library:
    """The library without an embedder: nothing here needs vectors."""
    from rag.library import Library

    settings = options.settings(name)
    return Library.open(settings.library, embedder=None, chroma_url=settings.chroma_url)


def record(paper: Paper) -> dict[str, Any]:
    """The paper under the corpus field names."""
    return {name: value for name, value in paper.to_dict().items() if name not in _INNER}


@options.filtered
def list_(
    library: options.LibraryName = None,
    text: Annotated[str | None, typer.Option("--text", help="Text in title, authors or id.", show_default=False)] = None,
    sort: Annotated[str, typer.Option("--sort", help="title, published, added or paper_id.")] = "title",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Most papers to print.", show_default=False)] = None,
    versions: Annotated[bool, typer.Option("--versions", help="Show every version of a work, not one.")] = False,
    as_json: options.AsJson = False,
    chosen: Filters | None = None,
) -> None:
    """List papers; --json prints one array of objects."""
    from rag.cli import render

    with _library(library) as shelf:
        papers = shelf.list(chosen, text=text, sort=sort, limit=limit, every_version=versions)  # type: ignore[arg-type]
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
        paper, others = shelf.get(paper_id), shelf.versions_of(paper_id)
    if as_json:
        said = {"versions": [other.paper_id for other in others]} if others else {}
        typer.echo(json.dumps(record(paper) | said, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{render.wrapped(render.reference(paper))}\n\n{render.wrapped(paper.abstract or NO_ABSTRACT)}")
        for other in others:
            typer.echo("\n" + render.wrapped(f"Another version: {render.reference(other)}"))


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
    form: Annotated[str, typer.Option("--format", "-f", help=_FORMATS)] = "jsonl",
    chosen: Filters | None = None,
) -> None:
    """Write papers out in a format that other programs read, or as references in a style."""
    from rag.errors import ConfigError
    from rag.files import replacing
    from rag.sources import FORMATS, citing, write

    if form not in FORMATS and not citing.known(form):
        raise ConfigError(f"--format is {form!r}; choose one of {', '.join(FORMATS)}, or a style: {', '.join(citing.STYLES)}")
    with _library(library) as shelf:
        papers = shelf.list(chosen, sort="paper_id", every_version=True)
    text = write(papers, form)
    if path is None:
        for piece in text:
            typer.echo(piece, nl=False)
        return
    with replacing(path) as file:
        file.writelines(text)
    typer.echo(f"{len(papers)} papers written to {path}", err=True)


@options.filtered
def cite(
    paper_ids: Annotated[list[str] | None, typer.Argument(help="The papers' ids; none: all that match.", show_default=False)] = None,
    library: options.LibraryName = None,
    style: Annotated[
        str, typer.Option("--style", "-s", help="apa, mla, chicago, ieee, vancouver, nature or any name of the CSL repository.")
    ] = "apa",
    chosen: Filters | None = None,
) -> None:
    """Print papers as references in a journal's style, in the style's own order."""
    from rag.cli import render
    from rag.sources import citing

    with _library(library) as shelf:
        papers = shelf.get_many(paper_ids) if paper_ids else shelf.list(chosen, sort="paper_id")
    for line in citing.references(papers, style):
        typer.echo(render.plain(line))


def duplicates(library: options.LibraryName = None, as_json: options.AsJson = False) -> None:
    """List pairs that may be one paper each; `merge` and `split` settle them."""
    from rag.cli import render

    with _library(library) as shelf:
        pairs = shelf.possible_duplicates()
    if as_json:
        typer.echo(json.dumps([[record(p.first), record(p.second)] for p in pairs], ensure_ascii=False, indent=1))
        return
    for pair in pairs:
        typer.echo(f"{render.wrapped(render.reference(pair.first))}\n{render.wrapped(render.reference(pair.second), '    ', '  ? ')}\n")
    said = f"{len(pairs)} possible duplicates; settle one with `footnote papers merge ID ID` or `footnote papers split ID ID`"
    typer.echo(said if pairs else "no possible duplicates", err=True)


def merge(
    paper_ids: Annotated[list[str], typer.Argument(help="The papers' ids, two or more.")], library: options.LibraryName = None
) -> None:
    """Make one paper of several; `split` undoes it."""
    from rag.cli import render

    with _embedding(library) as shelf:
        paper = shelf.merge(paper_ids)
        shelf.embed_pending()
    typer.echo(f"one paper: {render.plain(render.reference(paper))}")


def split(
    paper_ids: Annotated[list[str], typer.Argument(help="One paper to take apart, or several that are not the same one.")],
    library: options.LibraryName = None,
) -> None:
    """Take a merged paper or a version apart, or say that papers are different ones; later files respect it."""
    from rag.cli import render

    with _embedding(library) as shelf:
        papers = shelf.split(paper_ids)
        shelf.embed_pending()
    for paper in papers:
        typer.echo(render.plain(render.reference(paper)))


def _embedding(name: str | None) -> Library:
    """The library with its embedder, for what changes texts."""
    from rag.assistant import load_embedder
    from rag.library import Library

    settings = options.settings(name)
    return Library.open(settings.library, embedder=load_embedder(settings)[0], chroma_url=settings.chroma_url)


def retractions(
    path: Annotated[Path, typer.Argument(help="Retraction Watch's CSV, or one with its columns.")], library: options.LibraryName = None
) -> None:
    """Mark the papers that a list of retractions names by DOI or PMID."""
    from rag.cli import render
    from rag.sources.retractions import read_notices

    with _library(library) as shelf:
        found = shelf.mark_retracted(read_notices(path))
    for paper in found.marked:
        typer.echo(render.plain(render.reference(paper)))
    cleared = f", {found.cleared} reinstated" if found.cleared else ""
    typer.echo(f"{found.notices} notices read, {len(found.marked)} papers marked{cleared}", err=True)
