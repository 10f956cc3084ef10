"""Compare two runs question by question: differences with intervals, a paired test per measure, and where the losses moved.

Only questions that are the same in both runs (by content) are paired. Runs scored by different code are not compared without `force`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.measures.catalogue import GATED, JUDGED, Measure
from eval.stats import Paired, Verdict, family_means, holm, paired, verdict
from eval.waterfall import BLAME, STAGES
from rag.errors import FootnoteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.folder import RunFolder

MARGIN = 0.05


class NotComparable(FootnoteError):
    """The runs were scored by different code, or share no question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What of a run is compared; a baseline file holds the same."""

    name: str
    eval_sha: str
    questions: dict[str, str]
    families: dict[str, str]
    values: dict[str, dict[str, float]]
    stages: dict[str, list[str]]

    def to_dict(self) -> dict[str, Any]:
        """JSON for a baseline file."""
        return {
            "name": self.name,
            "eval_sha": self.eval_sha,
            "questions": self.questions,
            "families": self.families,
            "values": self.values,
            "stages": self.stages,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One measure: means over the shared questions, the paired result, Holm-adjusted p over the gated measures, the verdict."""

    measure: Measure
    before: float
    after: float
    paired: Paired
    p: float
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """B against A. `moved`: vital facts by the step where they were lost, before and after."""

    a: str
    b: str
    shared: int
    unpaired: int
    differences: list[Difference]
    moved: dict[str, tuple[int, int]]

    @property
    def blame(self) -> list[tuple[str, int]]:
        """Parts of the system by how many more facts they lose, worst first: retrieval, answer, citation, abstention, indexing."""
        found: dict[str, int] = {}
        for stage, (before, after) in self.moved.items():
            if stage in BLAME:
                found[BLAME[stage]] = found.get(BLAME[stage], 0) + after - before
        return sorted(((part, n) for part, n in found.items() if n > 0), key=lambda item: (-item[1], item[0]))


def side_of(folder: RunFolder) -> Side:
    """What a finished run brings to a comparison: its base questions."""
    manifest = folder.manifest
    scored = [json.loads(line) for line in (folder.path / "scores.jsonl").read_text(encoding="utf-8").splitlines()]
    base = [s for s in scored if s["variant"] == "base"]
    vital = {q.id: {n.id for n in q.vital} for q in folder.questions}
    measures = [m.name for m in (*GATED, *JUDGED)]
    return Side(
        name=folder.name,
        eval_sha=manifest["eval"]["sha"],
        questions={s["id"]: manifest["gold"]["questions"][s["id"]] for s in base},
        families={s["id"]: s["family"] for s in base},
        values={m: {s["id"]: s["scores"][m] for s in base if m in s["scores"]} for m in measures},
        stages={s["id"]: [n["stage"] for n in s["detail"].get("nuggets", ()) if n["id"] in vital[s["id"]]] for s in base},
    )


def side_from(stored: Mapping[str, Any]) -> Side:
    """A baseline file's content."""
    return Side(**{k: stored[k] for k in ("name", "eval_sha", "questions", "families", "values", "stages")})


def compare(a: Side, b: Side, *, force: bool = False, measures: Sequence[Measure] = GATED) -> Comparison:
    """B against A over the questions they share. NotComparable where another scoring made the figures, or nothing is shared."""
    if a.eval_sha != b.eval_sha and not force:
        raise NotComparable(
            f"{a.name} and {b.name} were scored by different code; run `python -m eval rescore` on the older one, or add --force"
        )
    shared = [i for i, sha in a.questions.items() if b.questions.get(i) == sha]
    if not shared:
        raise NotComparable(f"{a.name} and {b.name} share no question")
    raw: list[tuple[Measure, float, float, Paired]] = []
    for measure in measures:
        left, right = _families(a, measure.name, shared), _families(b, measure.name, shared)
        result = paired(left, right)
        if result is not None:
            both = sorted(set(left) & set(right))
            raw.append((measure, sum(left[f] for f in both) / len(both), sum(right[f] for f in both) / len(both), result))
    adjusted = holm({m.name: r.p for m, _, _, r in raw})
    moved: dict[str, tuple[int, int]] = {
        stage: (
            sum(s == stage for i in shared for s in a.stages.get(i, ())),
            sum(s == stage for i in shared for s in b.stages.get(i, ())),
        )
        for stage in STAGES
    }
    return Comparison(
        a=a.name,
        b=b.name,
        shared=len(shared),
        unpaired=len(set(a.questions) | set(b.questions)) - len(shared),
        differences=[
            Difference(
                measure=m,
                before=before,
                after=after,
                paired=r,
                p=adjusted[m.name],
                verdict=verdict(r, adjusted[m.name], better=m.better or 1, margin=MARGIN),
            )
            for m, before, after, r in raw
        ],
        moved=moved,
    )


def _families(side: Side, measure: str, shared: Sequence[str]) -> dict[str, float]:
    values = side.values.get(measure, {})
    return family_means((side.families[i], values[i]) for i in shared if i in values)
