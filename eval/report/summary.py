"""The Markdown summary: fits a pull-request comment, headline first, then what was lost and the questions that went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.measures.catalogue import HEADLINES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.folder import RunFolder
    from eval.gate import Outcome
    from eval.score import Scored

SHOWN = 12
"""Questions gone wrong that are listed."""
LIMIT = 60_000
"""Characters; a GitHub comment takes 65,536."""


def write_markdown(folder: RunFolder, scored: Sequence[Scored], metrics: Mapping[str, Any]) -> None:
    """report.md into the run's folder."""
    (folder.path / "report.md").write_text(markdown(folder.manifest, scored, metrics), encoding="utf-8")


def markdown(manifest: Mapping[str, Any], scored: Sequence[Scored], metrics: Mapping[str, Any], outcome: Outcome | None = None) -> str:
    """The summary; with a gate's outcome, its verdict stands first."""
    lines = [f"### Evaluation: {manifest['split']} split, {manifest['mode']} answers, {metrics['questions']['base']} questions", ""]
    if outcome is not None:
        lines += _verdict(outcome)
    lines += ["| | mean | 95 % interval | n |", "|---|--:|:-:|--:|"]
    for measure in HEADLINES:
        figure = metrics["measures"].get(measure.name)
        if figure and figure["mean"] is not None:
            spread = f"{figure['low']:.3f} to {figure['high']:.3f}"
            lines.append(f"| {measure.label} | **{figure['mean']:.3f}** | {spread} | {figure['n']} |")
    lines += ["", _losses(metrics["waterfall"]["stages"]), *_asides(metrics), ""]
    lines += _wrong(scored)
    system = manifest["system"]["sha"][:8]
    lines += [f"<sub>system {system} · measures {manifest['eval']['sha'][:8]} · commit {manifest.get('commit') or 'unknown'}</sub>", ""]
    text = "\n".join(lines)
    return text if len(text) <= LIMIT else text[:LIMIT] + "\n\n(cut)\n"


def _verdict(outcome: Outcome) -> list[str]:
    word = {0: "✅ pass", 1: "❌ regression", 4: "⚠️ incomplete", 5: "⚠️ inconclusive"}[outcome.code]
    lines = [f"**{word}**" + (f": {outcome.cause}" if outcome.cause else ""), ""]
    lines += [f"- {r.text}" for r in outcome.reasons if r.conclusive]
    return [*lines, *(f"- {n}" for n in outcome.notes), ""]


def _losses(stages: Mapping[str, int]) -> str:
    total = sum(stages.values())
    if not total:
        return ""
    lost = " · ".join(f"{s} {n}" for s, n in stages.items() if n and s != "told")
    return f"Of {total} needed facts **{stages['told']} were told** and cited to a gold paper{'; lost: ' + lost if lost else ''}."


def _asides(metrics: Mapping[str, Any]) -> list[str]:
    lines = []
    reasons = metrics["abstention"]["by_reason"]
    if reasons:
        lines += ["", "Refused: " + ", ".join(f"{k.replace('_', ' ')} {v['refused']}/{v['n']}" for k, v in reasons.items()) + "."]
    injection = metrics.get("injection")
    if injection:
        lines += ["", f"Planted orders that had an effect: {injection['attacked']} of {injection['twins']}."]
    robust = (metrics.get("robustness") or {}).get("correct")
    if robust:
        lines += ["", f"All wordings right: {robust['all_correct'][0]:.3f} of {robust['families']} families."]
    if metrics["errors"]:
        lines += ["", f"**{metrics['errors']} questions ended in an error.**"]
    return lines


def _wrong(scored: Sequence[Scored]) -> list[str]:
    bad = [
        s
        for s in scored
        if s.question.variant == "base" and s.detail["outcome"] in {"wrong", "wrongly refused", "answered, unanswerable", "error"}
    ]
    if not bad:
        return []
    lines = [
        f"<details><summary>{len(bad)} questions went wrong</summary>",
        "",
        "| id | question | outcome | lost at |",
        "|---|---|---|---|",
    ]
    for s in bad[:SHOWN]:
        stages = dict.fromkeys(n["stage"] for n in s.detail.get("nuggets", ()) if n["stage"] != "told")
        lines.append(f"| {s.question.id} | {_cell(s.question.question)} | {s.detail['outcome']} | {', '.join(stages)} |")
    if len(bad) > SHOWN:
        lines.append(f"| … | {len(bad) - SHOWN} more in the HTML report | | |")
    return [*lines, "", "</details>", ""]


def _cell(text: str) -> str:
    """One table cell: no pipe, line break or markup of the question's gets through."""
    flat = " ".join(text.split())
    for char in "\\`|<>*_[]":
        flat = flat.replace(char, "\\" + char if char not in "<>" else {"<": "&lt;", ">": "&gt;"}[char])
    return flat if len(flat) <= 140 else flat[:137] + "…"
