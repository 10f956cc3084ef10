"""`python -m eval ...`: the commands. Heavy imports wait inside them.

Exit codes: 0 pass, 1 regression or a broken floor, 2 usage, 3 gold invalid, 4 incomplete, 5 inconclusive (with --strict).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.gate import GOLD_INVALID, INCOMPLETE, REGRESSION, USAGE
from rag.errors import FootnoteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.folder import RunFolder
    from eval.gold import Question

app = typer.Typer(help=__doc__.split("\n\n", maxsplit=1)[0] if __doc__ else None, no_args_is_help=True, add_completion=False)
judge_app = typer.Typer(help="A model as judge: label a run, or see how far its labels can be trusted.", no_args_is_help=True)
export_app = typer.Typer(help="A run in other tools' formats.", no_args_is_help=True)
app.add_typer(judge_app, name="judge")
app.add_typer(export_app, name="export")

SplitOption = Annotated[str, typer.Option("--split", help="dev, test or all. Uses of the test split are counted in eval/ledger.jsonl.")]
GoldOption = Annotated[list[Path] | None, typer.Option("--gold", help="Gold files of your own, in place of the bundled ones.")]
CorpusOption = Annotated[
    list[Path] | None, typer.Option("--corpus", "--seeds", help="Files or folders to evaluate on, in place of the bundled corpus.")
]
TypesOption = Annotated[str, typer.Option("--types", help="Types of question, comma-separated.")]
VariantsOption = Annotated[str, typer.Option("--variants", help="base, paraphrase, typo, keyword, injection; comma-separated.")]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="So many families, spread over the set.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="A setting to change, such as fusion=rrf or k=1. May be repeated.")]
ModeOption = Annotated[str, typer.Option("--mode", help="extractive, or llm (the model that FOOTNOTE_LLM_* names).")]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, max=64, help="Questions at a time. More than 1 disturbs the latency figures.")]
RunsOption = Annotated[Path | None, typer.Option("--runs", help="Where runs are kept. Default: eval/runs.")]
DamageOption = Annotated[str | None, typer.Option("--damage", help="Plant a fault in every answer, to see what the gate says of it.")]
RunArgument = Annotated[str, typer.Argument(help="A run: its folder, the start of its name, or `latest`.")]


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


def _base(runs: Path | None) -> Path:
    from eval.folder import runs_folder

    return runs or runs_folder()


def _find(name: str, runs: Path | None) -> RunFolder:
    from eval.folder import RunFolder

    return RunFolder.find(name, _base(runs))


def _questions(split: str, gold: list[Path] | None, types: str = "", variants: str = "", limit: int | None = None) -> list[Question]:
    from eval import gold as questions
    from rag.errors import ConfigError

    if split not in {"dev", "test", "all"}:
        raise ConfigError(f"--split is {split!r}; choose dev, test or all")
    wanted = [t.strip() for t in types.split(",") if t.strip()]
    if unknown := set(wanted) - set(questions.TYPES):
        raise ConfigError(f"--types knows no {min(unknown)!r}; known: {', '.join(questions.TYPES)}")
    chosen = [v.strip() for v in variants.split(",") if v.strip()]
    found = questions.select(questions.load(split, files=gold or ()), types=wanted, variants=chosen, limit=limit)
    if not found:
        raise ConfigError("no question is left with these --types and --variants")
    return found


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
        questions=_questions(split, gold, types, variants, limit),
        corpus=corpus or [setup.bundled_corpus()],
        split=split if not gold else "own",
        changes=_pairs(changes),
        llm=mode == "llm",
        jobs=jobs,
        damage=damage,
        label=label,
    )
    with console.Bar() as bar:
        folder = run(plan, _base(runs), resume=resume, listener=bar)
        bar.stage("scoring")
        metrics = finish(folder)
    if any(q.split == "test" for q in plan.questions) and not gold:
        ledger.note(folder.manifest)
    return folder, metrics


def _pairs(changes: list[str] | None) -> dict[str, str]:
    from rag.errors import ConfigError

    found = {}
    for change in changes or ():
        name, equals, value = change.partition("=")
        if not equals:
            raise ConfigError(f"--set wants KEY=VALUE, not {change!r}")
        found[name.strip()] = value.strip()
    return found


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

    folder = _find(run, runs)
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

    a, b = side_of(_find(before, runs)), side_of(_find(after, runs))
    comparison = compare(a, b, force=force)
    console.differences(comparison)
    if every:
        for measure in ("success@1", "correct", "refused"):
            left, right = a.values.get(measure, {}), b.values.get(measure, {})
            lost = [i for i in left if i in right and right[i] < left[i]]
            won = [i for i in left if i in right and right[i] > left[i]]
            console.out.print(f"{measure}: lost {', '.join(lost) or 'none'}; won {', '.join(won) or 'none'}")


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
) -> None:
    """Pass or fail against the baseline and the floors; what a CI job runs."""
    from eval import console
    from eval.finish import score_all
    from eval.gate import gate
    from eval.report.page import write_html
    from eval.report.summary import markdown

    if run is not None:
        folder = _find(run, runs)
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
    outcome = gate(folder, baseline=baseline, strict=strict, judged=judged)
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

    folder = _find(run, runs)
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

    folder = _find(run, runs)
    if markdown:
        sys.stdout.write((folder.path / "report.md").read_text(encoding="utf-8"))
        return
    scored, _ = score_all(folder)
    console.out.print(str(write_html(folder, scored, folder.read_json("metrics.json"))))


@app.command("show")
def show_command(
    question: Annotated[str, typer.Argument(help="A question's id.")], run: RunArgument = "latest", runs: RunsOption = None
) -> None:
    """One question of a run: what was found, said and missed."""
    from eval.show import show

    show(_find(run, runs), question)


@app.command("lint")
def lint_command(
    split: SplitOption = "all",
    gold: GoldOption = None,
    corpus: CorpusOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> None:
    """Hold the gold questions against the collection: ids, quotes, facts, leakage, unanswerable ones."""
    from eval import console, setup
    from eval.lint import lint

    findings = lint(_questions(split, gold), corpus or [setup.bundled_corpus()])
    for finding in findings:
        colour = "red" if finding.level == "error" else "yellow"
        console.out.print(f"[{colour}]{finding.level}[/] {finding.question}: {finding.text}", markup=True)
    errors = sum(f.level == "error" for f in findings)
    console.out.print(f"{errors} errors, {len(findings) - errors} warnings")
    if errors or (strict and findings):
        raise typer.Exit(GOLD_INVALID)


@app.command("selftest")
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
    findings = selftest(_questions(split, gold, limit=limit), papers)
    for finding in findings:
        if not finding.held or not quiet:
            console.out.print(
                f"{'[green]holds[/]' if finding.held else '[red]fails[/]'} {escape(finding.claim)} [dim]({escape(finding.figures)})[/]"
            )
    failed = sum(not f.held for f in findings)
    console.out.print(f"{len(findings) - failed} of {len(findings)} claims hold")
    if failed:
        raise typer.Exit(REGRESSION)


@app.command("beir")
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

    report_beir(folder, split=split, run=run, json_path=json_path, limit=limit, changes=_pairs(changes))


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

    folder = _find(run, runs)
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

    folder = _find(run, runs)
    target.mkdir(parents=True, exist_ok=True)
    for name in ("run.trec", "qrels.trec"):
        shutil.copyfile(folder.path / name, target / name)


@export_app.command("beir")
def export_beir_command(
    target: Annotated[Path, typer.Argument(help="A folder for the data set.")], run: RunArgument = "latest", runs: RunsOption = None
) -> None:
    """The run's questions and papers as a BEIR data set."""
    from eval.export import write_beir

    write_beir(_find(run, runs), target)


@app.command("doctor")
def doctor_command() -> None:
    """What the evaluation finds here: gold, corpus, embedder, model, caches, baselines."""
    from eval.doctor import doctor

    raise typer.Exit(doctor())
