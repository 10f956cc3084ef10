"""The figures as one offline page, and the part of it that the evaluation's report shows too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = Path(__file__).parents[1] / "report"
KEPT = Path(__file__).parents[1] / "baselines" / "reader.json"
"""Figures of the shipped reader, written by --json, that the evaluation's report shows; it has no such part without them."""


def page(figures: Mapping[str, Any]) -> str:
    """The page's HTML; labels are escaped by the template."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("reader.html.j2").render(**shown(figures))


def shown(figures: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the template's part needs; `reader` is None where there are no figures."""
    from eval.reader import show
    from eval.report import plots

    if figures is None:
        return {"reader": None}
    forms = []
    for form, found in figures["forms"].items():
        lines = show.lines_of(found)
        columns = show.columns_of(form, lines)
        labels = tuple(found["pooled"]["labels"])
        forms.append(
            {
                "title": show.heading(form),
                "columns": list(columns.values()),
                "lines": [(name, show.cells(group, columns)) for name, group in lines],
                "passed": show.PASSED.get(form),
                "labels": [label.replace("_", " ") for label in labels],
                "decided": [(name, show.decided(form, group, labels)) for name, group in lines] if form in show.PASSED else [],
                "plot": plots.reliability(found["pooled"].get("reliability", [])),
                "good": {"questions": "answerable", "claims": "carried"}.get(form),
                "with_decision": form == "questions",
            }
        )
    return {"reader": {**figures, "shown": forms, "legend": show.LEGEND}}


def kept() -> dict[str, Any]:
    """The part for the evaluation's report."""
    return shown(json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else None)
