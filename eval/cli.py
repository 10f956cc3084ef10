"""`python -m eval ...`: the commands. Heavy imports wait inside them.

Exit codes: 0 pass, 1 regression or a broken floor, 2 usage, 3 gold invalid, 4 incomplete, 5 inconclusive (with --strict).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.gate import GOLD_INVALID, INCOMPLETE, REGRESSION, USAGE
from eval.options import (
    CorpusOption,
    DamageOption,
    GoldOption,
    JobsOption,
    LimitOption,
    ModeOption,
    RayOption,
    RunArgument,
    RunsOption,
    SetOption,
    SplitOption,
    TypesOption,
    VariantsOption,
    base_folder,
    chosen_questions,
    find_run,
    pairs_of,
)
from eval.tools import register
from rag.errors import FootnoteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.folder import RunFolder

app = typer.Typer(help="Measure retrieval, answers, citations and refusals; say pass or fail.", no_args_is_help=True, add_completion=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code; a FootnoteError is one line on standard error."""
    from eval.gold import GoldError

    try:
        app(args=None if arguments is None else list(arguments), standalone_mode=True)
    except GoldError as error:
        print(f"eval: {error}", file=sys.stderr)  # noqa: T201 - the one place where errors are shown
        raise SystemExit(GOLD_INVALID) from error
    except FootnoteError as error:
        print(f"eval: {error}", file=sys.stderr)  # noqa: T201 - likewise
        raise SystemExit(USAGE) from error


def _answer(
    *,
    split: str,
    gold: list[Path] | None,
    corpus: list[Path] | None,
    types: str,
    variants: str,
    limit: int | None,
    changes: list[str] | None,
    mode: str,
    jobs: int,
    runs: Path | None,
    resume: bool,
    damage: str | None,
    label: str | None = None,
    ray: str | None = None,
) -> tuple[RunFolder, dict[str, Any]]:
    """Run, score and write the reports."""
    from eval import console, ledger, setup
    from eval.finish import finish
    from eval.mutate import DAMAGES
    from eval.run import Plan, run
    from rag.errors import ConfigError

    if mode not in {"extractive", "llm"}:
        raise ConfigError(f"--mode is {mode!r}; choose extractive or llm")
    if damage is not None and damage not in DAMAGES:
        raise ConfigError(f"--damage knows no {damage!r}; known: {', '.join(DAMAGES)}")
    plan = Plan(
        questions=chosen_questions(split, gold, types, variants, limit),
        corpus=corpus or [setup.bundled_corpus()],
        split=split if not gold else "own",
        changes=pairs_of(changes),
        llm=mode == "llm",
        jobs=jobs,
        ray=ray,
        damage=damage,
        label=label,
    )
    with console.Bar() as bar:
        folder = run(plan, base_folder(runs), resume=resume, listener=bar)
        bar.stage("scoring")
        metrics = finish(folder)
    if any(q.split == "test" for q in plan.questions) and not gold:
        ledger.note(folder.manifest)
    return folder, metrics


@app.command("run")
def run_command(
    split: SplitOption = "dev",
    gold: GoldOption = None,
    corpus: CorpusOption = None,
    types: TypesOption = "",
    variants: VariantsOption = "",
    limit: LimitOption = None,
    changes: SetOption = None,
    mode: ModeOption = "extractive",
    jobs: JobsOption = 1,
    ray: RayOption = None,
    runs: RunsOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest unfinished run of the same kind.")] = False,
    damage: DamageOption = None,
    label: Annotated[str | None, typer.Option("--label", help="A name for the report's head.")] = None,
) -> None:
    """Ask the gold questions, score the answers, write the reports."""
    from eval import console
    from eval.finish import COMPLETE

    folder, metrics = _answer(
        split=split,
        gold=gold,
        corpus=corpus,
        types=types,
        variants=variants,
        limit=limit,
        changes=changes,
        mode=mode,
        jobs=jobs,
        runs=runs,
        resume=resume,
        damage=damage,
        label=label,
        ray=ray,
    )
    console.headline(metrics, f"{metrics['questions']['base']} questions, {folder.manifest['split']} split, {mode}")
    console.out.print(f"Report: {folder.path / 'report.html'}")
    if (metrics["coverage"] or 0.0) < COMPLETE:
        raise typer.Exit(INCOMPLETE)


@app.command("rescore")
def rescore_command(run: RunArgument = "latest", runs: RunsOption = None) -> None:
    """Score a run's recorded answers again, without asking."""
    from eval import console
    from eval.finish import finish

    folder = find_run(run, runs)
    metrics = finish(folder, peak_rss=False)
    console.headline(metrics, folder.name)


@app.command("compare")
def compare_command(
    before: Annotated[str, typer.Argument(help="The run to compare with.")],
    after: Annotated[str, typer.Argument(help="The run in question.")] = "latest",
    runs: RunsOption = None,
    force: Annotated[bool, typer.Option("--force", help="Compare although the measures changed between the runs.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every gated measure and the questions that changed.")] = False,
) -> None:
    """Compare two runs question by question."""
    from eval import console
    from eval.compare import compare, side_of

    a, b = side_of(find_run(before, runs)), side_of(find_run(after, runs))
    comparison = compare(a, b, force=force)
    console.differences(comparison)
    if every:
        for measure in ("success@1", "correct", "refused"):
            left, right = a.values.get(measure, {}), b.values.get(measure, {})
            lost = [i for i in left if i in right and right[i] < left[i]]
            won = [i for i in left if i in right and right[i] > left[i]]
            console.out.print(f"{measure}: lost {', '.join(lost) or 'none'}; won {', '.join(won) or 'none'}")


ORIGINALS = Path("../shared/seeds")


@app.command("gate")
def gate_command(
    run: Annotated[str | None, typer.Option("--run", help="Judge this finished run. Default: make a new one.")] = None,
    split: SplitOption = "dev",
    gold: GoldOption = None,
    corpus: CorpusOption = None,
    types: TypesOption = "",
    limit: LimitOption = None,
    changes: SetOption = None,
    mode: ModeOption = "extractive",
    jobs: JobsOption = 1,
    runs: RunsOption = None,
    damage: DamageOption = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="A baseline file. Default: the one in eval/baselines.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 5 where the questions are too few to tell.")] = False,
    judged: Annotated[bool, typer.Option("--judge", help="Let the judge's labels gate too; refused below kappa 0.6.")] = False,
    originals: Annotated[
        Path, typer.Option("--originals", help="The original documents of the bundled papers, for a whole new run offline.")
    ] = ORIGINALS,
) -> None:
    """Pass or fail against the baseline and the floors; what a CI job runs."""
    from eval import asked, console
    from eval.finish import score_all
    from eval.gate import asked_figures, gate
    from eval.report.page import write_html
    from eval.report.summary import markdown

    if run is not None:
        folder = find_run(run, runs)
        metrics = folder.read_json("metrics.json")
    else:
        folder, metrics = _answer(
            split=split,
            gold=gold,
            corpus=corpus,
            types=types,
            variants="",
            limit=limit,
            changes=changes,
            mode=mode,
            jobs=jobs,
            runs=runs,
            resume=False,
            damage=damage,
        )
    if run is None and mode == "extractive" and not (types or limit or corpus or gold or changes or damage):
        with console.Bar() as bar:
            bar.stage("asking over original abstracts")
            bar.begin(len(asked.read()), 0)
            watched = asked_figures(originals, tick=lambda _id: bar.answered({}))
    else:
        watched = [], ["Questions over original abstracts are asked where a whole new run is made offline as it is shipped."]
    outcome = gate(folder, baseline=baseline, strict=strict, judged=judged, watched=watched)
    scored, _ = score_all(folder)
    write_html(folder, scored, metrics, outcome)
    (folder.path / "report.md").write_text(markdown(folder.manifest, scored, metrics, outcome), encoding="utf-8")
    console.headline(metrics, folder.name)
    console.verdict(outcome)
    console.out.print(f"Report: {folder.path / 'report.html'}")
    raise typer.Exit(outcome.code)


@app.command("baseline")
def baseline_command(run: RunArgument = "latest", runs: RunsOption = None) -> None:
    """Make a finished run the baseline that the gate compares with."""
    from eval import console
    from eval.gate import write_baseline
    from rag.errors import ConfigError

    folder = find_run(run, runs)
    manifest = folder.manifest
    if manifest["state"] != "complete" or manifest["system"]["damage"]:
        why = "damaged on purpose" if manifest["system"]["damage"] else manifest["state"]
        raise ConfigError(f"{folder.name} is no baseline: it is {why}")
    console.out.print(f"Wrote {write_baseline(folder)}")


@app.command("report")
def report_command(
    run: RunArgument = "latest",
    runs: RunsOption = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the Markdown summary.")] = False,
) -> None:
    """Write a run's report again and say where it is."""
    from eval import console
    from eval.finish import score_all
    from eval.report.page import write_html

    folder = find_run(run, runs)
    if markdown:
        sys.stdout.write((folder.path / "report.md").read_text(encoding="utf-8"))
        return
    scored, _ = score_all(folder)
    console.out.print(str(write_html(folder, scored, folder.read_json("metrics.json"))))


@app.command("asked")
def asked_command(
    folder: Annotated[Path, typer.Argument(help="The folder with the original documents of the bundled papers.")],
    baseline: Annotated[bool, typer.Option("--baseline", help="Make these figures the baseline that later ones are held against.")] = False,
    further: Annotated[bool, typer.Option("--further", help="Ask the questions that nothing is fitted on; no baseline is kept.")] = False,
) -> None:
    """Questions as people type them, over original abstracts; fails where a figure fell. Skipped where the folder is missing."""
    from eval import asked, console

    if not folder.is_dir():
        console.out.print(f"Skipped: there is no folder {str(folder)!r} with the original documents.")
        return
    with console.Bar() as bar:
        bar.stage("asking")
        questions = asked.FURTHER if further else asked.QUESTIONS
        bar.begin(len(asked.read(questions)), 0)
        figures = asked.measure(folder, questions, tick=lambda _id: bar.answered({}))
    for row in asked.table(figures):
        console.out.print("\t".join(row))
    if further:
        return
    if baseline:
        asked.write(figures, asked.BASELINE)
        console.out.print(f"Wrote {asked.BASELINE}")
    elif asked.BASELINE.is_file() and (lost := asked.fallen(figures, json.loads(asked.BASELINE.read_text(encoding="utf-8")))):
        console.out.print("Worse than the baseline: " + "; ".join(lost))
        raise typer.Exit(REGRESSION)


@app.command("show")
def show_command(
    question: Annotated[str, typer.Argument(help="A question's id.")], run: RunArgument = "latest", runs: RunsOption = None
) -> None:
    """One question of a run: what was found, said and missed."""
    from eval.show import show

    show(find_run(run, runs), question)


register(app)
