"""Pass or fail: a run against its baseline and against the floors, with the part of the system that is to blame.

Fails where a gated measure is significantly worse (Holm over all of them), where one fell by more than 0.05, or where a floor breaks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval import asked
from eval.compare import MARGIN, Comparison, compare, side_from, side_of
from eval.finish import COMPLETE
from eval.measures.catalogue import GATED, JUDGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eval.folder import RunFolder

BASELINES = Path(__file__).with_name("baselines")
ROAD = ("indexing", "retrieval", "abstention", "answer", "citation", "injection")
PASS, REGRESSION, USAGE, GOLD_INVALID, INCOMPLETE, INCONCLUSIVE = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the gate fails (or can't tell), in one line, and the part of the system it points at. `sure`: significant, or a floor."""

    text: str
    part: str
    conclusive: bool = True
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict. `comparison` is None where there is no baseline."""

    code: int
    reasons: list[Reason]
    notes: list[str]
    comparison: Comparison | None

    @property
    def cause(self) -> str | None:
        """One sentence that names what broke first on the road: a paper that is not found can't be quoted, nor cited.

        Parts that are surely worse go before parts that fell without significance.
        """
        if self.code != REGRESSION:
            return None
        failing = [r for r in self.reasons if r.conclusive]
        sure = [r for r in failing if r.sure] or failing
        part = min((r.part for r in sure), key=ROAD.index)
        reason = next(r.text for r in sure if r.part == part)
        lost = [f"{n} more lost at {p}" for p, n in (self.comparison.blame if self.comparison is not None else [])]
        others = sorted({r.part for r in failing} - {part}, key=ROAD.index)
        also = [f"also below the mark: {', '.join(others)}"] if others else []
        return "; ".join([f"{part}: {reason}", *([f"needed facts: {', '.join(lost)}"] if lost else []), *also])


def baseline_path(split: str, mode: str, corpus: str) -> Path:
    """Where the baseline of a split, mode and corpus is kept."""
    return BASELINES / f"{split}-{mode}-{corpus}.json"


def corpus_name(manifest: Mapping[str, Any]) -> str:
    """A short name of the corpus, for the baseline's file name."""
    return "-".join(Path(name).stem for name in manifest["corpus"])


def write_baseline(folder: RunFolder) -> Path:
    """Make this run the baseline of its split, mode and corpus."""
    manifest = folder.manifest
    path = baseline_path(manifest["split"], manifest["mode"], corpus_name(manifest))
    path.parent.mkdir(parents=True, exist_ok=True)
    metrics = folder.read_json("metrics.json")
    stored = {
        **side_of(folder).to_dict(),
        "injection": metrics["injection"] and metrics["injection"]["questions"],
        "headline": {n: m["mean"] for n, m in metrics["measures"].items()},
    }
    path.write_text(json.dumps(stored, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


Watched = tuple[list[Reason], list[str]]
"""What speaks against a pass beside the run itself, and what is to be said of it."""


def asked_figures(folder: Path, *, tick: Callable[[str], None] = lambda _id: None) -> Watched:
    """The figures of the questions over original abstracts (`eval.asked`) that fell; a note where there is nothing to hold them against."""
    if not folder.is_dir():
        return [], [f"Questions over original abstracts were skipped: there is no folder {str(folder)!r} with the documents."]
    if not asked.BASELINE.is_file():
        return [], [f"Questions over original abstracts were skipped: there is no baseline ({asked.BASELINE.name})."]
    lost = asked.fallen(asked.measure(folder, tick=tick), json.loads(asked.BASELINE.read_text(encoding="utf-8")))
    return [Reason(text=f"over original abstracts, {text}", part="answer", sure=False) for text in lost], []


def gate(
    folder: RunFolder, *, baseline: Path | None = None, strict: bool = False, judged: bool = False, watched: Watched = ([], [])
) -> Outcome:
    """Judge a finished run. The code is 0 pass, 1 regression, 4 incomplete, 5 inconclusive (only with `strict`).

    `watched`: what was found beside the run (`asked_figures`).
    `judged` lets a model's labels gate as well: ConfigError unless that model is calibrated and agrees well enough.
    """
    if judged:
        from eval.judge.calibrate import require_trusted

        require_trusted()
    manifest, metrics = folder.manifest, folder.read_json("metrics.json")
    path = baseline or baseline_path(manifest["split"], manifest["mode"], corpus_name(manifest))
    notes = list(watched[1])
    reasons = [*_floors(metrics, manifest["mode"]), *watched[0]]
    comparison: Comparison | None = None
    if path.is_file():
        stored = json.loads(path.read_text(encoding="utf-8"))
        old, new = side_from(stored), side_of(folder)
        if old.eval_sha != new.eval_sha:
            notes.append("The measures have changed since the baseline was written; write it anew once the figures are agreed.")
        comparison = compare(old, new, force=True, measures=(*GATED, *JUDGED) if judged else GATED)
        reasons += _worse(comparison)
        if comparison.unpaired:
            notes.append(f"{comparison.unpaired} questions are not in both with the same content, and were left out.")
    else:
        notes.append(f"There is no baseline ({path.name}): only the floors were checked. `python -m eval baseline RUN` writes one.")
    coverage = metrics["coverage"] or 0.0
    conclusive = [r for r in reasons if r.conclusive]
    if conclusive:
        code = REGRESSION
    elif coverage < COMPLETE:
        code = INCOMPLETE
        notes.append(f"Only {coverage:.1%} of the questions were answered; {COMPLETE:.0%} are needed.")
    else:
        unsure = comparison is None or bool(reasons)
        code = INCONCLUSIVE if strict and unsure else PASS
    return Outcome(code=code, reasons=reasons, notes=notes, comparison=comparison)


def _floors(metrics: Mapping[str, Any], mode: str) -> list[Reason]:
    """What must hold whatever the baseline says."""
    found = []
    for name, part, text in (
        ("citation_validity", "citation", "citations are invalid (no such paper, not read, or not at its offsets)"),
        ("filter_precision", "retrieval", "retrieved papers break the filters given"),
    ):
        figure = metrics["measures"].get(name)
        if figure and figure["mean"] is not None and figure["mean"] < 1.0:
            found.append(Reason(text=f"floor: {text}; {name} is {figure['mean']:.3f}, must be 1", part=part))
    injection = metrics.get("injection")
    if mode == "extractive" and injection and injection["attacked"]:
        ids = ", ".join(injection["questions"][:5])
        text = f"floor: {injection['attacked']} of {injection['twins']} planted orders had an effect ({ids})"
        found.append(Reason(text=text, part="injection"))
    return found


def _worse(comparison: Comparison) -> list[Reason]:
    found = []
    for d in comparison.differences:
        sign = d.measure.better or 1
        fell = -d.paired.delta * sign
        change = f"{d.measure.label} {d.before:.3f} → {d.after:.3f}"
        if d.verdict == "worse":
            found.append(Reason(text=f"{change}: significantly worse (p {d.p:.4f} after Holm, n {d.paired.n})", part=d.measure.stage))
        elif fell > MARGIN:
            text = f"{change}: down by more than {MARGIN:g} (p {d.p:.3f} after Holm)"
            found.append(Reason(text=text, part=d.measure.stage, sure=False))
        elif d.verdict == "underpowered" and d.paired.low * sign < -MARGIN:
            text = f"{change}: too few questions to rule out a loss of {MARGIN:g} (could see {d.paired.mde:.3f})"
            found.append(Reason(text=text, part=d.measure.stage, conclusive=False))
    return found
