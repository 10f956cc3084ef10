"""What the evaluation finds on this machine, line by line; the exit code is 0 where a run can be made."""

from __future__ import annotations

import os
from collections import Counter

from eval import console, ledger, setup
from eval.folder import runs_folder
from eval.gate import BASELINES, GOLD_INVALID, USAGE
from eval.gold import GoldError, load
from rag import config
from rag.errors import FootnoteError


def doctor() -> int:
    """Print the findings; the exit code of the worst."""
    say, worst = console.out.print, 0
    for split in ("dev", "test"):
        try:
            questions = load(split)
        except GoldError as error:
            say(f"gold, {split}: {error}")
            worst = max(worst, GOLD_INVALID if split == "dev" else 0)
        else:
            variants = ", ".join(f"{n} {v}" for v, n in Counter(q.variant for q in questions).items())
            say(f"gold, {split}: {len(questions)} questions ({variants})")
    try:
        corpus = setup.bundled_corpus()
        settings = setup.make_settings(corpus, {}, llm=True)
        say(f"corpus: {corpus}")
        embedder = setup.load_embedder(settings)
        say(f"embedder: {embedder.name if embedder is not None else 'none'}")
        say(
            f"model: {settings.llm_model} at {settings.llm_base_url}"
            if settings.llm_enabled
            else "model: none set; answers are quoted, no judge"
        )
    except FootnoteError as error:
        say(f"[red]{error}[/]")
        worst = USAGE
    built = sorted(setup.cache_folder().glob("*/complete.json"))
    say(f"built libraries: {len(built)} in {setup.cache_folder()}")
    say(f"runs: {len(list(runs_folder().glob('*/manifest.json')))} in {runs_folder()}")
    say(f"baselines: {', '.join(p.stem for p in sorted(BASELINES.glob('*.json'))) or 'none'}")
    say(f"systems scored on the test split so far: {len(ledger.entries())}")
    unused = sorted(n for n in os.environ if n.startswith(config.PREFIX) and "_LLM_" not in n)
    if unused:
        say(f"not used here, as figures must not depend on who runs them: {', '.join(unused)}; use --set")
    return worst
