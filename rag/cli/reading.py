"""`footnote ingest`: documents, a Zotero library or a folder that is followed, into the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli import options


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ingest)


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files or folders: BibTeX, RIS, JSON, CSV, Excel, PubMed, EndNote, XML, text, .gz. `zotero`: your Zotero library, "
            "with a folder behind it where it is not found."
        ),
    ],
    library: options.LibraryName = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Go on after bad records, and count them.")] = False,
    no_abstract: Annotated[str, typer.Option("--no-abstract", help="Records without abstract: skip, or keep them by title.")] = "skip",
    column: Annotated[list[str] | None, typer.Option("--column", help="For tables: FIELD=COLUMN, such as abstract=Summary.")] = None,
    embed: Annotated[bool, typer.Option("--embed/--no-embed", help="Make vectors now; keyword search works without them.")] = True,
    watch: Annotated[bool, typer.Option("--watch", help="Follow a folder: read files as they come and change, until Ctrl-C.")] = False,
    remove_missing: Annotated[bool, typer.Option("--remove-missing", help="Remove papers that are gone from Zotero.")] = False,
    ray: options.Ray = None,
    as_json: options.AsJson = False,
) -> None:
    """Read papers, find duplicates, store, index and embed them. Papers stored before cost nothing; a stopped run resumes."""
    import dataclasses
    import json

    from rag.assistant import Assistant
    from rag.cli.progress import shown
    from rag.errors import ConfigError, SourceError

    zotero = _zotero(paths)
    for path in paths if zotero is None else ():
        if not path.exists():
            raise SourceError("there is no such file or folder; check the path", path=str(path))
    if no_abstract not in {"skip", "keep"}:
        raise ConfigError(f"--no-abstract is {no_abstract!r}; write skip or keep")
    mapping = {}
    for pair in column or []:
        name, sep, value = pair.partition("=")
        if not sep or not name or not value:
            raise ConfigError(f"--column is {pair!r}; write FIELD=COLUMN, such as abstract=Summary")
        mapping[name.strip()] = value.strip()
    if watch:
        from rag.cli.watching import follow

        if zotero is not None or len(paths) != 1 or not paths[0].is_dir():
            raise ConfigError(f"--watch follows one folder, not {' '.join(map(str, paths))!r}; name a folder of exports")
        follow(
            options.settings(library, ray=ray), paths[0], mapping=mapping or None, embed=embed, keep_without_abstract=no_abstract == "keep"
        )
        return
    if remove_missing and zotero is None:
        raise ConfigError("--remove-missing goes with `footnote ingest zotero`; leave it out")
    with Assistant.open(options.settings(library, ray=ray), create=True) as assistant, shown() as tell:
        if zotero is not None:
            report = assistant.ingest_zotero(
                zotero[0], remove_missing=remove_missing, progress=tell, embed=embed, keep_without_abstract=no_abstract == "keep"
            )
        else:
            report = assistant.ingest(
                paths, skip_bad=skip_bad, mapping=mapping or None, progress=tell, embed=embed, keep_without_abstract=no_abstract == "keep"
            )
        total = assistant.library.count()
    if as_json:
        typer.echo(json.dumps({**dataclasses.asdict(report), "papers": total}))
        return
    for word, lines in (("skipped", report.bad), ("left out", report.left_out), ("note", report.notes)):
        for line in lines:
            typer.echo(f"{word}: {line}", err=True)
    for line in report.missing:
        typer.echo(f"{'removed' if report.removed else 'no longer in Zotero'}: {line}", err=True)
    typer.echo(said(report, total, kept=no_abstract == "keep"))


def _zotero(paths: list[Path]) -> tuple[Path | None] | None:
    """The place of a Zotero library where one is meant, None in it for the usual place; None where files are meant."""
    from rag.sources.zotero import FILE

    if str(paths[0]) == "zotero" and len(paths) <= 2:
        return (paths[1] if len(paths) == 2 else None,)
    if len(paths) == 1 and (paths[0].name == FILE or (paths[0].is_dir() and (paths[0] / FILE).is_file())):
        return (paths[0],)
    return None


def said(report: object, total: int, *, kept: bool = False) -> str:
    """What became of the papers, in a line; `kept`: those without an abstract were kept."""
    parts = [f"{n} {word}" for n, word in _counts(report) if n]
    if lacking := report.without_abstract:  # type: ignore[attr-defined]
        done = "kept by title" if kept else "skipped (`--no-abstract keep` keeps them by title)"
        parts.append(f"{lacking} without abstract, {done}")
    return f"{', '.join(parts) or 'nothing new'}; the library holds {total} papers" + _pending(report.pending)  # type: ignore[attr-defined]


def _counts(report: object) -> list[tuple[int, str]]:
    return [
        *((getattr(report, name), name) for name in ("added", "merged", "replaced", "unchanged")),
        (report.linked, "linked to another version"),  # type: ignore[attr-defined]
        (report.possible, "possible duplicates (see `footnote papers duplicates`)"),  # type: ignore[attr-defined]
        (len(report.bad), "bad"),  # type: ignore[attr-defined]
        (len(report.missing), "no longer in Zotero"),  # type: ignore[attr-defined]
        (report.removed, "removed"),  # type: ignore[attr-defined]
    ]


def _pending(pending: int) -> str:
    return f"; {pending} wait for vectors (keyword search finds them; run the command again to embed)" if pending else ""
