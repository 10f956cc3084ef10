"""report.html: one offline file. Figures and plots are in the markup; the questions travel as JSON and unfold in the page.

Untrusted text (abstracts, answers, questions) enters as JSON with `<` escaped and is put into the page as text, never as markup.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.measures.catalogue import BY_NAME, CATALOGUE, HEADLINES
from eval.measures.latency import ecdf
from eval.reader.page import kept
from eval.report import plots
from eval.waterfall import BLAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.compare import Comparison
    from eval.folder import RunFolder
    from eval.gate import Outcome
    from eval.recorded import Row
    from eval.score import Scored
    from eval.shelf import Shelf

HERE = Path(__file__).parent
HEAT = ("success@1", "all_evidence@5", "evidence@20", "gold_citation_recall", "vital_strict", "correct", "answered", "refused")
RANKED_SHOWN = 10


def write_html(folder: RunFolder, scored: Sequence[Scored], metrics: Mapping[str, Any], outcome: Outcome | None = None) -> Path:
    """Write report.html into the run's folder, with the gate's verdict where there is one."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    rows = folder.rows
    comparison = outcome.comparison if outcome is not None else _against_baseline(folder)
    path = folder.path / "report.html"
    path.write_text(
        environment.get_template("report.html.j2").render(
            run=folder.name,
            manifest=folder.manifest,
            metrics=metrics,
            operations=folder.read_json("operations.json"),
            headlines=[(m, metrics["measures"][m.name]) for m in HEADLINES if _has(metrics, m.name)],
            measures=[(m, metrics["measures"][m.name]) for m in CATALOGUE if _has(metrics, m.name)],
            heat=[BY_NAME[n] for n in HEAT if _has(metrics, n)],
            types=metrics["questions"]["by_type"],
            outcome=outcome,
            comparison=comparison,
            blame=BLAME,
            plots=plots,
            latency=_latency(rows),
            **kept(),
            questions=[_row(s, rows.get(s.question.id)) for s in scored],
            payload=_payload(scored, rows, folder.shelf),
        ),
        encoding="utf-8",
    )
    return path


def _has(metrics: Mapping[str, Any], name: str) -> bool:
    return name in metrics["measures"] and metrics["measures"][name]["mean"] is not None


def _against_baseline(folder: RunFolder) -> Comparison | None:
    """The comparison with the stored baseline, where one fits."""
    from eval.compare import NotComparable, compare, side_from, side_of
    from eval.gate import baseline_path, corpus_name

    manifest = folder.manifest
    path = baseline_path(manifest["split"], manifest["mode"], corpus_name(manifest))
    if not path.is_file():
        return None
    try:
        return compare(side_from(json.loads(path.read_text(encoding="utf-8"))), side_of(folder), force=True)
    except NotComparable:
        return None


def _latency(rows: Mapping[str, Row]) -> dict[str, list[tuple[float, float]]]:
    warm = [(r, r.answer) for r in rows.values() if r.answer is not None and not r.cold]
    series = {"whole answer": [r.wall_s for r, _ in warm if r.wall_s is not None]}
    for name in ("retrieve", "answer"):
        series[name] = [a.timing_s[name] for _, a in warm if name in a.timing_s]
    return {name: ecdf(values) for name, values in series.items() if values}


def _row(s: Scored, row: Row | None) -> dict[str, Any]:
    """A line of the questions' table."""
    q = s.question
    value = s.scores.get("vital_strict")
    return {
        "id": q.id,
        "type": q.type,
        "variant": q.variant,
        "question": q.question,
        "outcome": s.detail["outcome"],
        "rank": s.detail.get("first_rank"),
        "facts": value.value if value is not None else None,
        "lost": next((n["stage"] for n in s.detail.get("nuggets", ()) if n["stage"] != "told"), ""),
        "ms": None if row is None or row.wall_s is None else round(row.wall_s * 1000),
    }


def _payload(scored: Sequence[Scored], rows: Mapping[str, Row], shelf: Shelf) -> str:
    """Everything the drill-down shows, as JSON that is safe inside a script element."""
    papers: dict[str, dict[str, Any]] = {}
    details = {}
    for s in scored:
        row = rows.get(s.question.id)
        library = row.library if row is not None else "clean"
        detail = _detail(s, row, library, shelf)
        details[s.question.id] = detail
        for paper_id in (
            {r["p"] for r in detail["ranked"]} | {c["p"] for t in detail["statements"] for c in t["cites"]} | set(s.question.grades)
        ):
            paper = shelf.get(library, paper_id) or shelf.get("clean", paper_id)
            if paper is not None:
                papers[f"{library}|{paper_id}"] = {
                    "title": paper["title"],
                    "abstract": paper["abstract"],
                    "published": paper.get("published"),
                    "url": paper.get("url") if str(paper.get("url") or "").startswith(("http://", "https://")) else None,
                }
    text = json.dumps({"papers": papers, "questions": details}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _detail(s: Scored, row: Row | None, library: str, shelf: Shelf) -> dict[str, Any]:
    q, answer = s.question, row.answer if row is not None else None
    valid, supported = s.detail.get("valid", []), s.detail.get("supported", [])
    statements = []
    for n, said in enumerate(answer.statements if answer is not None else []):
        cites = [
            {"p": c.paper_id, "s": c.start, "e": c.end, "f": c.field, "v": c.value, "ok": valid[n][i] if n < len(valid) else False}
            for i, c in enumerate(said.citations)
        ]
        statements.append({"t": said.text, "st": said.status, "cites": cites, "ok": supported[n] if n < len(supported) else None})
    stages = {n["id"]: n for n in s.detail.get("nuggets", ())}
    scores = {k: round(v.value, 3) for k, v in s.scores.items() if v.value is not None}
    ranked = answer.retrieved if answer is not None else []
    gold = [{"g": e.group, "any": [{"p": a.paper_id, "s": a.start, "e": a.end} for a in e.any_of if a.grade > 0]} for e in q.evidence]
    return {
        "lib": library,
        "hist": q.history,
        "alone": (answer.standalone_question if answer is not None else "") or q.standalone,
        "filters": q.filters,
        "answerable": q.answerable,
        "reason": q.unanswerable_reason,
        "said": None
        if answer is None
        else {"abstained": answer.abstained, "reason": answer.abstain_reason, "text": answer.answer, "notes": answer.notes},
        "error": row.error if row is not None else "not asked",
        "statements": statements,
        "nuggets": [
            {
                "t": n.text,
                "imp": n.importance,
                "pr": stages[n.id]["presence"],
                "miss": stages[n.id]["missing"],
                "stage": stages[n.id]["stage"],
            }
            for n in q.nuggets
            if n.id in stages
        ],
        "forbidden": s.detail.get("forbidden", []),
        "ranked": [{"p": r.paper_id, "sc": round(r.score, 3), "g": q.grades.get(r.paper_id, 0)} for r in ranked[:RANKED_SHOWN]],
        "gold": gold,
        "missing_gold": sorted(p for p in q.grades if shelf.get(library, p) is None and shelf.get("clean", p) is None),
        "scores": scores,
        "ref": q.answer_ref,
        "inject": None if q.inject is None else {"p": q.inject.paper_id, "t": q.inject.text, "c": q.inject.canary},
    }
