"""`footnote ask`, `search`, `summarize` and `batch`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli import options
from rag.cli.bundled import fill_default
from rag.schema import Filters

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rag.assistant import Assistant
    from rag.schema import Answer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (ask, search, summarize, batch):
        app.command()(command)


@options.filtered
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    library: options.LibraryName = None,
    k: options.K = None,
    history: Annotated[list[str] | None, typer.Option("--history", help="An earlier question; repeat, oldest first.")] = None,
    extractive: Annotated[bool, typer.Option("--extractive", help="Quote, even where a model is set.")] = False,
    save: Annotated[Path | None, typer.Option("--save", help="Keep the answer in a file: .ris, .html or .md.", show_default=False)] = None,
    to_zotero: Annotated[bool, typer.Option("--to-zotero", help="Put the answer into the running Zotero, as a note.")] = False,
    as_json: options.AsJson = False,
    chosen: Filters | None = None,
) -> None:
    """Answer a question; every sentence is cited down to the sentence of the abstract."""
    from rag.assistant import Assistant

    settings = options.settings(library)
    fill_default(settings)
    with Assistant.open(settings) as assistant:
        mode = "extractive" if extractive else None
        if as_json:
            record = assistant.ask(question, history=history or [], filters=chosen, k=k, mode=mode)
            typer.echo(json.dumps(record.to_dict(), ensure_ascii=False, indent=2))
        else:
            record = _show(assistant, question, history or [], chosen, k, mode)
    _keep(record, save, to_zotero=to_zotero)


def _keep(answer: Answer, path: Path | None, *, to_zotero: bool) -> None:
    """Put the answer where it was asked for."""
    from rag import keeping

    if path is not None:
        from ui.exports import markdown

        keeping.save(answer, path, markdown(answer))
        typer.echo(f"saved to {path}", err=True)
    if to_zotero:
        typer.echo(f"sent to Zotero, with {keeping.send(answer)} papers that were not there", err=True)


def _show(assistant: Assistant, question: str, history: list[str], filters: Filters | None, k: int | None, mode: str | None) -> Answer:
    """The steps on standard error where it is a terminal, the answer on standard output; the answer."""
    from rag.cli import render

    live = sys.stderr.isatty()
    answer: Answer | None = None
    for event in assistant.stream(question, history=history, filters=filters, k=k, mode=mode):
        if event.kind == "step" and live:
            sys.stderr.write(f"\r\x1b[2K{event.text} …")
            sys.stderr.flush()
        elif event.kind == "done":
            if live:
                sys.stderr.write("\r\x1b[2K")
            answer = event.result
    assert answer is not None
    typer.echo(render.answer(answer))
    return answer


@options.filtered
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    library: options.LibraryName = None,
    k: options.K = 10,
    as_json: options.AsJson = False,
    chosen: Filters | None = None,
) -> None:
    """Rank papers for a query."""
    from rag.assistant import Assistant
    from rag.cli import render

    settings = options.settings(library)
    fill_default(settings)
    with Assistant.open(settings) as assistant:
        begun = time.monotonic()
        found = assistant.search(query, k=k, filters=chosen)
        lost = assistant.library.unsearched(begun)
    if lost is not None:
        typer.echo(f"note: {lost}", err=True)
    if as_json:
        rows = [
            {"paper_id": h.paper.paper_id, "rank": h.rank, "score": round(h.score, 6), "why": h.why, "title": h.paper.title} for h in found
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        typer.echo(render.hits(found) or "no paper matches")


@options.filtered
def summarize(
    papers: Annotated[list[str] | None, typer.Argument(help="Papers (ids); none: all that match the filters.")] = None,
    library: options.LibraryName = None,
    as_json: options.AsJson = False,
    chosen: Filters | None = None,
) -> None:
    """A cited summary: problem, method and findings of a paper, or of several, grouped by what they share."""
    from rag.assistant import Assistant
    from rag.cli import render

    settings = options.settings(library)
    fill_default(settings)
    with Assistant.open(settings) as assistant:
        record: Answer = assistant.summarize_many(papers or None, filters=chosen)
    typer.echo(json.dumps(record.to_dict(), ensure_ascii=False, indent=2) if as_json else render.answer(record))


def batch(
    questions: Annotated[Path, typer.Argument(help="JSON lines: id, question, history, filters.")],
    answers: Annotated[Path, typer.Argument(help="JSON lines: id and the answer; appended to when it exists.")],
    library: options.LibraryName = None,
    k: options.K = None,
    extractive: Annotated[bool, typer.Option("--extractive", help="Quote, even where a model is set.")] = False,
    ray: options.Ray = None,
) -> None:
    """Answer a file of questions. Finished ids are skipped, so a stopped run resumes; bad lines are reported at the end."""
    from rag.assistant import Assistant
    from rag.batch import run
    from rag.cli.progress import shown

    settings = options.settings(library)
    if ray is None:
        opened: AbstractContextManager[Any] = Assistant.open(settings)
    else:
        from rag.spreading import askers

        opened = askers(ray, settings)
    with opened as asked, shown() as tell:
        report = run(asked, questions, answers, k=k, mode="extractive" if extractive else None, progress=tell)
    for line in report.bad:
        typer.echo(f"footnote: {line}", err=True)
    typer.echo(f"{report.answered} answered, {report.skipped} already there, {len(report.bad)} bad lines", err=True)
    if report.bad:
        raise typer.Exit(2)
