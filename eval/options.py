"""What the commands have in common: options, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.folder import RunFolder
    from eval.gold import Question

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
RayOption = Annotated[
    str | None, typer.Option("--ray", help="A Ray cluster, host:port or local: a worker for each of its processors.", show_default=False)
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, max=64, help="Questions at a time. More than 1 disturbs the latency figures.")]
RunsOption = Annotated[Path | None, typer.Option("--runs", help="Where runs are kept. Default: eval/runs.")]
DamageOption = Annotated[str | None, typer.Option("--damage", help="Plant a fault in every answer, to see what the gate says of it.")]
RunArgument = Annotated[str, typer.Argument(help="A run: its folder, the start of its name, or `latest`.")]


def base_folder(runs: Path | None) -> Path:
    """Where runs are kept."""
    from eval.folder import runs_folder

    return runs or runs_folder()


def find_run(name: str, runs: Path | None) -> RunFolder:
    """A run by name; RunMissing says what there is."""
    from eval.folder import RunFolder

    return RunFolder.find(name, base_folder(runs))


def chosen_questions(split: str, gold: list[Path] | None, types: str = "", variants: str = "", limit: int | None = None) -> list[Question]:
    """The questions that the options choose; ConfigError where none is left or an option is unknown."""
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


def pairs_of(changes: list[str] | None) -> dict[str, str]:
    """KEY=VALUE texts as a mapping."""
    from rag.errors import ConfigError

    found = {}
    for change in changes or ():
        name, equals, value = change.partition("=")
        if not equals:
            raise ConfigError(f"--set wants KEY=VALUE, not {change!r}")
        found[name.strip()] = value.strip()
    return found
