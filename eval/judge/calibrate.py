"""How far the judge agrees with labels that are known: planted faults, and SciFact's published ones. Below kappa 0.6 it may not gate.

Cohen's kappa (Educational and Psychological Measurement 20, 1960) over supported or not, with a bootstrap interval.
"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eval import setup
from eval.judge.cache import Cache
from eval.judge.core import Judge
from eval.judge.label import CACHE
from eval.judge.planted import Pair, pairs
from eval.stats import SEED
from rag import sources
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from eval.run import Listener

TRUSTED = 0.6
_FILE = "judge-calibration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement on one set. `confusion[(truth, judged)]`, both whether supported; `faults`: planted fault to (caught, all)."""

    name: str
    n: int
    errors: int
    kappa: float
    low: float
    high: float
    confusion: dict[tuple[bool, bool], int]
    faults: dict[str, tuple[int, int]]

    @property
    def trusted(self) -> bool:
        """Whether the judge's figures may gate."""
        return self.kappa >= TRUSTED


def kappa(truth: Sequence[bool], judged: Sequence[bool]) -> float:
    """Agreement beyond chance; 0 where either side always says the same and they differ, 1 where they agree throughout.

    >>> kappa([True, True, False, False], [True, False, False, False])
    0.5
    """
    n = len(truth)
    agree = sum(t == j for t, j in zip(truth, judged, strict=True)) / n
    yes_truth, yes_judged = sum(truth) / n, sum(judged) / n
    chance = yes_truth * yes_judged + (1 - yes_truth) * (1 - yes_judged)
    if chance == 1:
        return 1.0 if agree == 1 else 0.0
    return (agree - chance) / (1 - chance)


def agreement(name: str, known: Sequence[Pair], judged: Sequence[bool | None], *, seed: int = SEED, resamples: int = 2000) -> Agreement:
    """Compare labels; pairs without a verdict are counted as errors and left out."""
    kept = [(p, j) for p, j in zip(known, judged, strict=True) if j is not None]
    if not kept:
        raise ConfigError(f"the judge gave no usable verdict on {name}; look at the model's replies")
    truth, said = [p.supported for p, _ in kept], [j for _, j in kept]
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(kept), size=(resamples, len(kept)))
    values = sorted(kappa([truth[i] for i in draw], [said[i] for i in draw]) for draw in draws.tolist())
    faults: dict[str, tuple[int, int]] = {}
    for pair, verdict in kept:
        caught, total = faults.get(pair.fault, (0, 0))
        faults[pair.fault] = (caught + (verdict == pair.supported), total + 1)
    return Agreement(
        name=name,
        n=len(kept),
        errors=len(known) - len(kept),
        kappa=kappa(truth, said),
        low=values[int(0.025 * resamples)],
        high=values[int(0.975 * resamples) - 1],
        confusion=dict(Counter(zip(truth, said, strict=True))),
        faults=dict(sorted(faults.items())),
    )


def scifact_pairs(folder: Path, count: int) -> list[Pair]:
    """Claims with abstracts from SciFact: SUPPORT is supported, CONTRADICT is not. Evenly spread over the file."""
    path = folder / "rationale.jsonl"
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; --scifact wants a folder with rationale.jsonl, queries.jsonl and corpus.jsonl")
    claims = {r["_id"]: r["text"] for r in _lines(folder / "queries.jsonl")}
    texts = {r["_id"]: f"{r['title']}\n{r['text']}" for r in _lines(folder / "corpus.jsonl")}
    labels: dict[tuple[str, str], str] = {}
    for row in _lines(path):
        labels[row["query_id"], row["doc_id"]] = row["label"]
    known = [
        Pair(statement=claims[q], evidence=texts[d], supported=label == "SUPPORT", fault=label.lower())
        for (q, d), label in sorted(labels.items())
        if q in claims and d in texts and label in {"SUPPORT", "CONTRADICT"}
    ]
    step = max(1.0, len(known) / count)
    return [known[int(i * step)] for i in range(min(count, len(known)))]


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judge_pairs(judge: Judge, known: Sequence[Pair], jobs: int, listener: Listener) -> list[bool | None]:
    """Whether the judge finds each supported in full; None where it gave no verdict."""

    def one(pair: Pair) -> bool | None:
        found = judge.ask("support", {"Evidence": pair.evidence, "Statement": pair.statement})
        listener.answered({})
        return None if found.label is None else found.label == "full"

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(one, known))


def calibrate_and_keep(*, scifact: Path | None, limit: int, jobs: int, listener: Listener) -> list[Agreement]:
    """Calibrate the configured model on the bundled corpus (and SciFact), and keep the result for the gate."""
    corpus = setup.bundled_corpus()
    settings = setup.make_settings(corpus, {}, llm=True)
    cache = Cache(setup.cache_folder() / CACHE)
    judge = Judge.open(settings, cache)
    try:
        sets: list[tuple[str, list[Pair]]] = [("planted faults", pairs([p.to_dict() for p in sources.read(corpus)], limit))]
        if scifact is not None:
            sets.append(("SciFact labels", scifact_pairs(scifact, limit)))
        listener.stage(f"calibrating {judge.model}")
        listener.begin(sum(len(known) for _, known in sets), 0)
        results = [agreement(name, known, judge_pairs(judge, known, jobs, listener)) for name, known in sets]
        _keep(judge.identity, results)
    finally:
        judge.close()
        cache.close()
    return results


def _keep(identity: str, results: Sequence[Agreement]) -> None:
    path = setup.cache_folder() / _FILE
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    stored[identity] = {r.name: {"kappa": r.kappa, "n": r.n} for r in results}
    path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def require_trusted() -> None:
    """ConfigError where the configured judge was never calibrated with its present prompts, or agrees too little."""
    settings = setup.make_settings(setup.cache_folder(), {}, llm=True)
    cache = Cache(setup.cache_folder() / CACHE)
    try:
        judge = Judge.open(settings, cache)
        identity, model = judge.identity, judge.model
        judge.close()
    finally:
        cache.close()
    path = setup.cache_folder() / _FILE
    stored = json.loads(path.read_text(encoding="utf-8")).get(identity) if path.is_file() else None
    if not stored:
        raise ConfigError(f"the judge {model!r} is not calibrated; run `python -m eval judge calibrate` first")
    for name, figures in stored.items():
        if figures["kappa"] < TRUSTED:
            raise ConfigError(f"the judge {model!r} may not gate: kappa {figures['kappa']:.2f} on {name}, {TRUSTED:g} is needed")


def shown(result: Agreement) -> str:
    """The agreement in a few lines."""
    c = result.confusion
    lines = [
        f"{result.name}: kappa {result.kappa:.3f} ({result.low:.3f} to {result.high:.3f}), n {result.n}, without a verdict {result.errors}",
        f"  supported:     judged supported {c.get((True, True), 0)}, judged not {c.get((True, False), 0)}",
        f"  not supported: judged supported {c.get((False, True), 0)}, judged not {c.get((False, False), 0)}",
    ]
    lines += [f"  {fault}: right on {right} of {total}" for fault, (right, total) in result.faults.items()]
    return "\n".join(lines)
