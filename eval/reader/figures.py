"""Rows and their readings to figures: by source, their plain mean over sources, and over all rows together.

Names of figures: `auroc:LABEL` and `caught:LABEL` (good rows against those of a label), `first_evidence`, `ece` (the reader's
probability), `decision.ece` (the decision's, where it has one), `sure` (share that is so where the reader gives SURE and more),
`let_through:LABEL` (what the decision answers or passes), `higher` (pairs whose true claim scores higher) and `told_apart` (pairs whose
true claim passes and whose false one does not).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.reader.calibration import ece, reliability
from eval.reader.clusters import Clusters, Estimate, mean_over
from eval.reader.evidence import first_right
from eval.reader.ranking import auroc, caught
from eval.reader.rows import CLAIM_LABELS, FORMS, QUESTION_LABELS, Form, Row
from eval.reader_adapter import ANSWERED, PASSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Scored = Mapping[str, Any]
    Statistic = Callable[[Floats], Floats]

FEW = 10
"""A figure that rests on fewer rows than this of either label is marked, and left out of means over sources."""

SURE = 0.9
"""What a probability must reach to be taken at its word."""

GOOD: dict[Form, str] = {"questions": "answerable", "claims": "carried"}
LABELS: dict[Form, tuple[str, ...]] = {"questions": QUESTION_LABELS, "claims": CLAIM_LABELS, "pairs": ()}
AGAINST: dict[Form, dict[str, tuple[str, ...]]] = {
    "questions": {label: (label,) for label in QUESTION_LABELS[1:]},
    "claims": {**{label: (label,) for label in CLAIM_LABELS[1:]}, "both": ("contradicted", "not_carried")},
}
"""What the good rows are told from; `partly` is neither carried nor not, and stands alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An estimate, and the rows that it rests on: good and bad ones, or all."""

    estimate: Estimate
    n: tuple[int, ...]

    @property
    def few(self) -> bool:
        """Too few to go by."""
        return min(self.n) < FEW

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        e = self.estimate
        low, high = (None if end is None else round(end, 5) for end in (e.low, e.high))
        return {"value": round(e.value, 5), "low": low, "high": high, "n": list(self.n), "few": self.few}


def figures_of(rows: Sequence[Row], scored: Sequence[Scored]) -> dict[str, Any]:
    """Form -> {"sources": {source: group}, "macro": figures, "pooled": group}, a group being its labels, documents and figures."""
    found: dict[str, Any] = {}
    for form in FORMS:
        own = [(row, line) for row, line in zip(rows, scored, strict=True) if row.form == form]
        if not own:
            continue
        groups = {s: _Group(form, [o for o in own if o[0].source == s], seed=s) for s in sorted({row.source for row, _ in own})}
        figures = {source: group.figures() for source, group in groups.items()}
        pooled = _Group(form, own, seed="")
        found[form] = {
            "sources": {source: group.described(figures[source]) for source, group in groups.items()},
            "macro": _macro(list(figures.values())),
            "pooled": pooled.described(pooled.figures()),
        }
    return found


def _macro(groups: Sequence[Mapping[str, Figure]]) -> dict[str, Any]:
    """The mean of each figure over the sources where it rests on enough rows; `n` counts those sources."""
    found = {}
    for name in dict.fromkeys(name for group in groups for name in group):
        enough = [group[name].estimate for group in groups if name in group and not group[name].few]
        mean = mean_over(enough)
        if mean is not None:
            found[name] = {**Figure(estimate=mean, n=(len(enough),)).to_dict(), "few": False}
    return found


class _Group:
    """The rows of one form that are measured together."""

    def __init__(self, form: Form, own: Sequence[tuple[Row, Scored]], *, seed: str) -> None:
        self._form, self._rows, self._scored = form, [row for row, _ in own], [line for _, line in own]
        self._clusters = Clusters([row.document for row in self._rows], seed=seed)
        self._labels = np.array([row.label or "" for row in self._rows])

    def described(self, figures: Mapping[str, Figure]) -> dict[str, Any]:
        counts = Counter(self._labels.tolist())
        found: dict[str, Any] = {
            "rows": len(self._rows),
            "documents": len({row.document for row in self._rows}),
            "labels": {label: counts[label] for label in LABELS[self._form] if counts[label]},
            "figures": {name: figure.to_dict() for name, figure in figures.items()},
        }
        if self._form in GOOD:
            found["reliability"] = [_rounded(asdict(b)) for b in reliability(*self._said(self._probabilities()))]
        return found

    def figures(self) -> dict[str, Figure]:
        return dict(self._pairs() if self._form == "pairs" else self._judged())

    def _judged(self) -> Iterator[tuple[str, Figure]]:
        """Figures of questions or claims."""
        good = GOOD[self._form]
        p, labels = self._probabilities(), self._labels
        for name, bad in AGAINST[self._form].items():
            at = np.flatnonzero((labels == good) | np.isin(labels, bad))
            goods = labels[at] == good
            n = (int(goods.sum()), int((~goods).sum()))
            for measure, function in (("auroc", auroc), ("caught", caught)):
                yield from self._figure(f"{measure}:{name}", at, n, lambda w, f=function, a=at, g=goods: f(p[a], g, w))  # type: ignore[misc]
        right = np.array([np.nan if v is None else v for v in map(_first_right, self._rows, self._scored)])
        yield from self._mean("first_evidence", np.flatnonzero(~np.isnan(right)), right)
        yield from self._calibrated("ece", p)
        if self._form == "questions":
            yield from self._calibrated("decision.ece", np.array([line["chance"] for line in self._scored]))
        known = self._known()
        yield from self._mean("sure", known[p[known] >= SURE], labels == good)
        passed = np.array([line["verdict"] in {ANSWERED, PASSED} for line in self._scored])
        for label in LABELS[self._form]:
            yield from self._mean(f"let_through:{label}", np.flatnonzero(labels == label), passed)

    def _pairs(self) -> Iterator[tuple[str, Figure]]:
        """Figures of pairs of claims; a tie counts half."""
        true, false = (np.array([line[side]["carried"] for line in self._scored]) for side in ("true", "false"))
        passed, failed = (np.array([line[side]["verdict"] == PASSED for line in self._scored]) for side in ("true", "false"))
        every = np.arange(len(self._rows))
        yield from self._mean("higher", every, (true > false) + (true == false) / 2)
        yield from self._mean("told_apart", every, passed & ~failed)

    def _probabilities(self) -> Floats:
        return np.array([line[GOOD[self._form]] for line in self._scored], dtype=np.float64)

    def _known(self) -> NDArray[np.intp]:
        """Rows that are either good or not: labelled, and not `partly`."""
        return np.flatnonzero((self._labels != "") & (self._labels != "partly"))

    def _said(self, p: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        at = self._known()
        return p[at], self._labels[at] == GOOD[self._form]

    def _calibrated(self, name: str, p: Floats) -> Iterator[tuple[str, Figure]]:
        said, so = self._said(p)
        n = (int(so.sum()), int((~so).sum()))
        return self._figure(name, self._known(), n, lambda w: ece(said, so, w), centred=True)

    def _mean(self, name: str, at: NDArray[np.intp], values: NDArray[Any]) -> Iterator[tuple[str, Figure]]:
        with np.errstate(invalid="ignore"):
            yield from self._figure(name, at, (len(at),), lambda w: np.asarray(_mean(w, values[at].astype(np.float64))))

    def _figure(
        self, name: str, at: NDArray[np.intp], n: tuple[int, ...], statistic: Statistic, *, centred: bool = False
    ) -> Iterator[tuple[str, Figure]]:
        found = self._clusters.estimate(statistic, at.tolist(), centred=centred)
        if found is not None:
            yield name, Figure(estimate=found, n=n)


def _mean(weights: Floats, values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ values) / weights.sum(axis=1))


def _first_right(row: Row, line: Scored) -> float | None:
    return first_right(line["evidence"], row.holds) if row.form != "pairs" else None


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in values.items()}
