"""Score a run's recorded answers and write its figures and reports. Asks nothing: `rescore` is this alone."""

from __future__ import annotations

import json
import resource
import sys
from typing import TYPE_CHECKING, Any

from eval import export
from eval.aggregate import aggregate
from eval.fingerprint import eval_fingerprint
from eval.measures.cost import total_cost
from eval.measures.latency import percentile
from eval.recorded import Row
from eval.score import Scored, score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eval.folder import RunFolder

COMPLETE = 0.98
"""Share of the questions that must have been answered for the figures to count."""


def score_all(folder: RunFolder) -> tuple[list[Scored], dict[str, Row]]:
    """Every question of the run scored, in its order; one without an answer is an error."""
    questions, rows, shelf = folder.questions, folder.rows, folder.shelf
    for question in questions:
        rows.setdefault(question.id, Row(id=question.id, error="not asked"))
    return [score(q, rows[q.id], shelf) for q in questions], rows


def finish(folder: RunFolder, *, peak_rss: bool = True) -> dict[str, Any]:
    """Write scores.jsonl, metrics.json, operations.json, run.trec, qrels.trec, junit.xml and both reports; return the figures."""
    from eval.report.page import write_html
    from eval.report.summary import write_markdown

    scored, rows = score_all(folder)
    scored = _with_judgements(folder, scored)
    metrics = aggregate(scored, rows)
    (folder.path / "scores.jsonl").write_text(
        "".join(json.dumps(s.to_dict(), ensure_ascii=False, sort_keys=True) + "\n" for s in scored), encoding="utf-8"
    )
    folder.write_json("metrics.json", metrics)
    folder.write_json("operations.json", operations(rows.values(), peak_rss=peak_rss))
    export.write_trec(folder, [s.question for s in scored], rows)
    (folder.path / "junit.xml").write_text(export.junit(scored), encoding="utf-8")
    manifest = folder.manifest
    state = "complete" if (metrics["coverage"] or 0) >= COMPLETE else "incomplete"
    folder.write_json("manifest.json", {**manifest, "eval": eval_fingerprint(), "state": state})
    write_markdown(folder, scored, metrics)
    write_html(folder, scored, metrics)
    return metrics


def _with_judgements(folder: RunFolder, scored: list[Scored]) -> list[Scored]:
    """Add what a judge has labelled (judgements.jsonl), where one has."""
    path = folder.path / "judgements.jsonl"
    if not path.is_file():
        return scored
    from eval.judge.label import add_scores

    return add_scores(scored, path)


def operations(rows: Iterable[Row], *, peak_rss: bool) -> dict[str, Any]:
    """Time, tokens and cost. Kept apart from the figures, as no two runs take the same time."""
    answered = [(r, r.answer) for r in rows if r.answer is not None]
    warm = [r.wall_s for r, _ in answered if r.wall_s is not None and not r.cold]
    cold = [r.wall_s for r, _ in answered if r.wall_s is not None and r.cold]
    parts: dict[str, list[float]] = {}
    for row, answer in answered:
        for name, seconds in answer.timing_s.items():
            if not row.cold:
                parts.setdefault(name, []).append(seconds)
    used = [a.usage for _, a in answered if a.usage is not None]
    cost, unknown = total_cost([u.cost_usd for u in used])
    return {
        "warm_s": _spread(warm),
        "cold_s": _spread(cold),
        "parts_s": {name: _spread(values) for name, values in sorted(parts.items())},
        "tokens": {
            "prompt": sum(u.prompt_tokens for u in used),
            "completion": sum(u.completion_tokens for u in used),
            "calls_estimated": sum(u.estimated for u in used),
        },
        "cost_usd": cost,
        "cost_unknown": unknown,
        "peak_rss_mb": _peak_rss_mb() if peak_rss else None,
    }


def _spread(times: Sequence[float]) -> Mapping[str, float | int | None]:
    return {"n": len(times), "p50": percentile(times, 0.5), "p95": percentile(times, 0.95), "max": max(times, default=None)}


def _peak_rss_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)
