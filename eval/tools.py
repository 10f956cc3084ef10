"""Further commands: checks of the gold and of the evaluation itself, benchmarks, the judge, exports."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from eval.gate import GOLD_INVALID, REGRESSION
from eval.options import (
    CorpusOption,
    GoldOption,
    JobsOption,
    LimitOption,
    RunArgument,
    RunsOption,
    SetOption,
    SplitOption,
    chosen_questions,
    find_run,
    pairs_of,
)

INTERRUPTED = 130
"""As a shell says it of a command ended by Ctrl-C."""

judge_app = typer.Typer(help="A model as judge: label a run, or see how far its labels can be trusted.", no_args_is_help=True)
export_app = typer.Typer(help="A run in other tools' formats.", no_args_is_help=True)


def lint_command(
    split: SplitOption = "all",
    gold: GoldOption = None,
    corpus: CorpusOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> None:
    """Hold the gold questions against the collection: ids, quotes, facts, leakage, unanswerable ones."""
    from eval import console, setup
    from eval.lint import lint

    findings = lint(chosen_questions(split, gold), corpus or [setup.bundled_corpus()])
    for finding in findings:
        colour = "red" if finding.level == "error" else "yellow"
        console.out.print(f"[{colour}]{finding.level}[/] {finding.question}: {finding.text}", markup=True)
    errors = sum(f.level == "error" for f in findings)
    console.out.print(f"{errors} errors, {len(findings) - errors} warnings")
    if errors or (strict and findings):
        raise typer.Exit(GOLD_INVALID)


def selftest_command(
    split: SplitOption = "dev",
    gold: GoldOption = None,
    limit: LimitOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only what did not hold.")] = False,
) -> None:
    """Plant faults in perfect answers and see that the right measures fall; useless systems must come last."""
    from rich.markup import escape

    from eval import console, setup
    from eval.selftest import selftest
    from rag import sources

    papers = [p.to_dict() for p in sources.read(setup.bundled_corpus())]
    findings = selftest(chosen_questions(split, gold, limit=limit), papers)
    for finding in findings:
        if not finding.held or not quiet:
            console.out.print(
                f"{'[green]holds[/]' if finding.held else '[red]fails[/]'} {escape(finding.claim)} [dim]({escape(finding.figures)})[/]"
            )
    failed = sum(not f.held for f in findings)
    console.out.print(f"{len(findings) - failed} of {len(findings)} claims hold")
    if failed:
        raise typer.Exit(REGRESSION)


def beir_command(
    folder: Annotated[Path, typer.Argument(help="A folder in BEIR's layout: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv.")],
    split: Annotated[str, typer.Option("--split", help="The qrels to use.")] = "test",
    run: Annotated[Path | None, typer.Option("--run", help="Write the shipped ranking's top 100 as a TREC run file.")] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many queries, for a quick look.")] = None,
    changes: SetOption = None,
) -> None:
    """Measure the shipped retrieval on an open benchmark, beside BM25, dense and plain RRF made in the same run."""
    from eval.beir import report_beir

    report_beir(folder, split=split, run=run, json_path=json_path, limit=limit, changes=pairs_of(changes))


def reader_command(
    files: Annotated[list[Path], typer.Argument(help="Judged questions, claims or pairs of claims: a JSON object a line.")],
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON.")] = None,
    rows: Annotated[
        Path | None, typer.Option("--rows", help="Write each row's reading; an interrupted run goes on from what stands there.")
    ] = None,
    page: Annotated[Path | None, typer.Option("--html", help="Write the figures with reliability plots as a page.")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Only rows of this split.")] = None,
    sources: Annotated[list[str] | None, typer.Option("--source", help="Only rows of this source. May be repeated.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="So many rows of each file, spread over it.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that read.")] = 1,
    label: Annotated[str | None, typer.Option("--label", help="A name for the column in --table. Default: the name of the JSON.")] = None,
    table: Annotated[bool, typer.Option("--table", help="The files are figures that --json has written: show them side by side.")] = False,
) -> None:
    """Measure the shipped reader and its decision on passages that people have judged."""
    from eval import console
    from eval.reader.command import Stopped, report_reader
    from eval.reader.show import show_beside

    if table:
        show_beside(files)
        return
    try:
        report_reader(
            files,
            json_path=json_path,
            rows_path=rows,
            page_path=page,
            split=split,
            sources=sources or (),
            limit=limit,
            workers=workers,
            label=label,
        )
    except Stopped as stopped:
        console.err.print(f"eval: {stopped}", markup=False)
        raise typer.Exit(INTERRUPTED) from stopped


@judge_app.command("label")
def judge_label_command(
    run: RunArgument = "latest",
    runs: RunsOption = None,
    votes: Annotated[int, typer.Option("--votes", min=1, max=9, help="Calls a borderline label is decided by.")] = 1,
    jobs: JobsOption = 4,
    limit: LimitOption = None,
) -> None:
    """Let the configured model label a run's statements and facts, and score the run again."""
    from eval import console
    from eval.finish import finish
    from eval.judge.label import label_run

    folder = find_run(run, runs)
    with console.Bar() as bar:
        note = label_run(folder, votes=votes, jobs=jobs, limit=limit, listener=bar)
    metrics = finish(folder, peak_rss=False)
    console.out.print(note)
    for name in ("judge_support", "judge_vital"):
        figure = metrics["measures"].get(name)
        if figure and figure["mean"] is not None:
            console.out.print(
                f"{name}: {figure['mean']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}), n {figure['n']}, missing {figure['missing']}"
            )


@judge_app.command("calibrate")
def judge_calibrate_command(
    scifact: Annotated[Path | None, typer.Option("--scifact", help="A SciFact folder with rationale.jsonl, to add its labels.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=10, help="Pairs of each kind.")] = 200,
    jobs: JobsOption = 4,
) -> None:
    """See how far the judge agrees with faults planted by construction and with SciFact's published labels."""
    from eval import console
    from eval.judge.calibrate import calibrate_and_keep, shown

    with console.Bar() as bar:
        results = calibrate_and_keep(scifact=scifact, limit=limit, jobs=jobs, listener=bar)
    for result in results:
        console.out.print(shown(result))
    if any(not r.trusted for r in results):
        console.out.print("[yellow]Agreement is below kappa 0.6: the judge's figures are indicative and can't gate.[/]")


@export_app.command("trec")
def export_trec_command(
    target: Annotated[Path, typer.Argument(help="A folder for run.trec and qrels.trec.")],
    run: RunArgument = "latest",
    runs: RunsOption = None,
) -> None:
    """TREC run and qrels files."""
    import shutil

    folder = find_run(run, runs)
    target.mkdir(parents=True, exist_ok=True)
    for name in ("run.trec", "qrels.trec"):
        shutil.copyfile(folder.path / name, target / name)


@export_app.command("beir")
def export_beir_command(
    target: Annotated[Path, typer.Argument(help="A folder for the data set.")], run: RunArgument = "latest", runs: RunsOption = None
) -> None:
    """The run's questions and papers as a BEIR data set."""
    from eval.export import write_beir

    write_beir(find_run(run, runs), target)


def doctor_command() -> None:
    """What the evaluation finds here: gold, corpus, embedder, model, caches, baselines."""
    from eval.doctor import doctor

    raise typer.Exit(doctor())


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("lint")(lint_command)
    app.command("selftest")(selftest_command)
    app.command("beir")(beir_command)
    app.command("reader")(reader_command)
    app.command("doctor")(doctor_command)
    app.add_typer(judge_app, name="judge")
    app.add_typer(export_app, name="export")
