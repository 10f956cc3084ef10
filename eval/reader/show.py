"""Figures in the terminal: a table a form with a line a source, and a table a figure over several files of figures."""

from __future__ import annotations

import json
import re
from statistics import fmean
from typing import TYPE_CHECKING, Any

from eval import console
from eval.reader.rows import FORMS, Form
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SCHEMA = 1

TITLES: dict[Form, str] = {"questions": "Questions", "claims": "Claims", "pairs": "Pairs of claims"}
COLUMNS: dict[Form, dict[str, str]] = {
    "questions": {
        "auroc:detail_missing": "detail missing",
        "auroc:contradicted": "contradicted",
        "auroc:unrelated": "unrelated",
        "first_evidence": "first sentence",
        "ece": "calibration error",
    },
    "claims": {
        "auroc:contradicted": "contradicted",
        "auroc:not_carried": "not carried",
        "auroc:both": "both",
        "auroc:partly": "partly",
        "first_evidence": "first sentence",
        "ece": "calibration error",
    },
    "pairs": {"higher": "true one higher", "told_apart": "true one passed, false one not"},
}
"""The figures of a form's table; an area under the curve has what is caught at 5 % lost beside it."""

PASSED: dict[Form, str] = {"questions": "answered", "claims": "passed"}
LEGEND = (
    "AUROC of the good rows against those of the label (95 % interval over documents), the rows of either, and the share of the label "
    "caught at 5 % of the good ones lost. ° fewer than 10 rows of either label: left out of the mean over sources."
)


def show(figures: Mapping[str, Any]) -> None:
    """The tables of one run."""
    for form in FORMS:
        if form in figures["forms"]:
            lines = lines_of(figures["forms"][form])
            columns = columns_of(form, lines)
            console.table_of([[n, *cells(g, columns)] for n, g in lines], ["source", *columns.values()], heading(form))
            if form in PASSED:
                labels = figures["forms"][form]["pooled"]["labels"]
                rows = [[n, *decided(form, g, tuple(labels))] for n, g in lines]
                names = [*labels, *(["calibration error"] if form == "questions" else []), "so where the reader says .9"]
                console.table_of(rows, ["", *names], f"The decision: rows {PASSED[form]}")
    console.out.print(f"[dim]{LEGEND}[/]")


def heading(form: Form) -> str:
    """The title of a form's table."""
    told = {"questions": "answerable against", "claims": "carried against"}
    return f"{TITLES[form]}: {told[form]} ..." if form in told else TITLES[form]


def lines_of(form: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """(name, group): the sources, then their mean and all rows together where there are several."""
    lines: list[tuple[str, Mapping[str, Any]]] = list(form["sources"].items())
    return [*lines, ("mean of sources", {"figures": form["macro"]}), ("all rows", form["pooled"])] if len(lines) > 1 else lines


def columns_of(form: Form, lines: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """The columns that have a figure somewhere."""
    return {name: title for name, title in COLUMNS[form].items() if any(name in group["figures"] for _, group in lines)}


def cells(group: Mapping[str, Any], columns: Mapping[str, str]) -> list[str]:
    """A group's figures as texts, "·" where there is none."""
    found = []
    for name in columns:
        text = figure(group["figures"].get(name))
        kind, _, label = name.partition(":")
        if kind == "auroc" and (beside := group["figures"].get(f"caught:{label}")):
            text += f" {100 * beside['value']:.0f}%"
        found.append(text)
    return found


def decided(form: Form, group: Mapping[str, Any], labels: Sequence[str]) -> list[str]:
    """What of each label was let through, the decision's calibration error where it has one, and what is so where the reader is sure."""
    names = [*(f"let_through:{label}" for label in labels), *(["decision.ece"] if form == "questions" else []), "sure"]
    return [figure(group["figures"].get(name)) for name in names]


def figure(found: Mapping[str, Any] | None) -> str:
    """A figure, its interval, and the rows it rests on, good and bad ones or all.

    >>> figure({"value": 0.8125, "low": 0.75, "high": 1.0, "n": [40, 9], "few": True})
    '.812 (.75-1.00) 40/9°'
    """
    if found is None:
        return "·"
    spread = f"({found['low']:.2f}-{found['high']:.2f}) " if found["low"] is not None else ""
    text = f"{found['value']:.3f} {spread}{'/'.join(map(str, found['n']))}{'°' if found['few'] else ''}"
    return re.sub(r"\b0\.", ".", text)


def show_beside(paths: Sequence[Path]) -> None:
    """Several files of figures beside one another, a column a label; files of one label are taken together.

    So readers that were each taught without one source, and scored on it, make one column.
    """
    by_label: dict[str, dict[Form, dict[str, Any]]] = {}
    for path in paths:
        read = read_figures(path)
        own = by_label.setdefault(read["label"], {})
        for form, found in read["forms"].items():
            if twice := set(own.setdefault(form, {})) & set(found["sources"]):
                raise ConfigError(f"{path}: {min(twice)} stands already in another file with the label {read['label']!r}")
            own[form] |= found["sources"]
    for form in FORMS:
        for name, title in COLUMNS[form].items():
            columns = {
                label: {s: g["figures"][name] for s, g in own.get(form, {}).items() if name in g["figures"]}
                for label, own in by_label.items()
            }
            sources = sorted({source for column in columns.values() for source in column})
            if not sources:
                continue
            rows = [[source, *(figure(column.get(source)) for column in columns.values())] for source in sources]
            enough = [[f["value"] for f in column.values() if not f["few"]] for column in columns.values()]
            rows.append(["mean of sources", *(f"{fmean(own):.3f} {len(own)}" if own else "·" for own in enough)])
            console.table_of(
                rows,
                ["", *columns],
                f"{heading(form).removesuffix(' ...')} {title}" if name.startswith("auroc") else f"{TITLES[form]}: {title}",
            )


def read_figures(path: Path) -> dict[str, Any]:
    """A file that --json wrote; ConfigError where it is another."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["schema"] == SCHEMA and {"label", "forms"} <= set(found):
            return found
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name files that --json has written") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: no figures of a reader; name files that --json has written") from error
    raise ConfigError(f"{path}: no figures of a reader of this version; make it anew with --json")
