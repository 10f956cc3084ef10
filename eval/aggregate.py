"""Scores become figures: means over families with intervals, by type and stage; bounds for what is missing; curves for the report.

Base questions alone make the headline figures; variants feed robustness, injection twins the attack counts. No timing enters here, so
the same system gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from eval.gold import TYPES
from eval.measures.abstention import Outcome, abstention
from eval.measures.catalogue import CATALOGUE, Measure
from eval.measures.injection import attack
from eval.measures.risk_coverage import aurc, risk_coverage
from eval.measures.robustness import family_scores
from eval.stats import family_means, interval, wilson
from eval.waterfall import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.recorded import Row
    from eval.score import Scored

LEAST_FOR_A_TYPE = 10
"""Below this many questions a type's figure is shown greyed: its interval spans half the scale."""


def aggregate(scored: Sequence[Scored], rows: Mapping[str, Row]) -> dict[str, Any]:
    """The figures of a run (metrics.json)."""
    base = [s for s in scored if s.question.variant == "base"]
    failed = sum(s.detail["outcome"] == "error" for s in scored)
    return {
        "questions": {
            "all": len(scored),
            "base": len(base),
            "by_type": {t: n for t in TYPES if (n := sum(s.question.type == t for s in base))},
        },
        "coverage": _round(1 - failed / len(scored)) if scored else None,
        "errors": failed,
        "measures": {m.name: found for m in CATALOGUE if (found := summary(m, base)) is not None},
        "abstention": _abstention(base),
        "waterfall": waterfall(base),
        "risk_coverage": _risk_coverage(base),
        "robustness": _robustness(scored),
        "injection": _injection(scored, rows),
    }


def values_of(measure: str, scored: Sequence[Scored]) -> list[tuple[str, float]]:
    """(family, value) of every question that has the measure."""
    return [(s.question.family, score.value) for s in scored if (score := s.scores.get(measure)) is not None and score.value is not None]


def summary(measure: Measure, scored: Sequence[Scored]) -> dict[str, Any] | None:
    """Mean, interval, counts, bounds and means by type; None where no question has the measure."""
    figure = _figure(measure, scored)
    if figure is None:
        return None
    by_type = {t: found for t in TYPES if (found := _figure(measure, [s for s in scored if s.question.type == t])) is not None}
    return {"tier": measure.tier, **figure, "by_type": by_type}


def _figure(measure: Measure, scored: Sequence[Scored]) -> dict[str, Any] | None:
    found = [s.scores[measure.name] for s in scored if measure.name in s.scores]
    missing = sum(s.status not in {"ok", "na"} for s in found)
    values = values_of(measure.name, scored)
    estimate = interval(list(family_means(values).values()))
    if estimate is None:
        return {"mean": None, "low": None, "high": None, "n": 0, "na": len(found) - missing, "missing": missing} if missing else None
    figure: dict[str, Any] = {
        "mean": _round(estimate.mean),
        "low": _round(estimate.low),
        "high": _round(estimate.high),
        "n": len(values),
        "na": sum(s.status == "na" for s in found),
        "missing": missing,
    }
    if missing and not measure.unit:
        total = sum(v for _, v in values)
        figure["bounds"] = [_round(total / (len(values) + missing)), _round((total + missing) / (len(values) + missing))]
    return figure


def _round(value: float) -> float:
    return round(value, 6)


def _abstention(base: Sequence[Scored]) -> dict[str, Any]:
    outcomes = [
        Outcome(
            answerable=s.question.answerable,
            abstained="refused" in s.detail["outcome"],
            right=s.scores["correct"].value if "correct" in s.scores else None,
        )
        for s in base
        if s.detail["outcome"] != "error"
    ]
    reasons: dict[str, Any] = {}
    for reason in ("out_of_corpus", "detail_missing", "false_premise"):
        asked = [s for s in base if s.question.unanswerable_reason == reason and s.detail["outcome"] != "error"]
        if asked:
            refused = sum(s.detail["outcome"] == "rightly refused" for s in asked)
            low, high = wilson(refused, len(asked))
            reasons[reason] = {
                "refused": refused,
                "n": len(asked),
                "share": _round(refused / len(asked)),
                "low": _round(low),
                "high": _round(high),
            }
    return {**{k: None if v is None else _round(v) for k, v in abstention(outcomes).items()}, "by_reason": reasons}


def waterfall(base: Sequence[Scored]) -> dict[str, Any]:
    """Vital nuggets by the step where they were lost, in all and by type."""
    total: Counter[str] = Counter()
    by_type: dict[str, Counter[str]] = {}
    for s in base:
        vital = {n.id for n in s.question.vital}
        for nugget in s.detail.get("nuggets", ()):
            if nugget["id"] in vital:
                total[nugget["stage"]] += 1
                by_type.setdefault(s.question.type, Counter())[nugget["stage"]] += 1
    return {
        "stages": {stage: total[stage] for stage in STAGES},
        "by_type": {t: {stage: by_type[t][stage] for stage in STAGES} for t in TYPES if t in by_type},
    }


def _risk_coverage(base: Sequence[Scored]) -> dict[str, Any]:
    """Over answers whose rightness is known; an answer to an unanswerable question is wrong."""
    known = {"right", "wrong", "answered, unanswerable"}
    pairs = [(float(s.detail["confidence"]), s.detail["outcome"] == "right") for s in base if s.detail["outcome"] in known]
    points = risk_coverage([c for c, _ in pairs], [r for _, r in pairs])
    area = aurc(points)
    return {"points": [[_round(c), _round(r)] for c, r in points], "aurc": None if area is None else _round(area), "n": len(pairs)}


def _robustness(scored: Sequence[Scored]) -> dict[str, Any] | None:
    """Per wording and measure: how families fare against their base question."""
    found: dict[str, Any] = {}
    for measure in ("success@1", "correct", "refused"):
        families: dict[str, dict[str, float]] = {}
        for s in scored:
            value = s.scores[measure].value if measure in s.scores else None
            if value is not None and s.question.variant != "injection":
                families.setdefault(s.question.family, {})[s.question.variant] = value
        complete = {f: v for f, v in families.items() if "base" in v and len(v) > 1}
        if not complete:
            continue
        results = [family_scores(v["base"], {k: x for k, x in v.items() if k != "base"}) for _, v in sorted(complete.items())]
        kinds = sorted({k for v in complete.values() for k in v if k != "base"})
        all_right = interval([r["all_correct"] for r in results])
        drop = interval([r["drop"] for r in results])
        assert all_right is not None
        assert drop is not None
        found[measure] = {
            "families": len(complete),
            "all_correct": [_round(all_right.mean), _round(all_right.low), _round(all_right.high)],
            "drop": [_round(drop.mean), _round(drop.low), _round(drop.high)],
            "by_variant": {k: _drop_of(k, complete) for k in kinds},
        }
    return found or None


def _drop_of(kind: str, families: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    having = [v for _, v in sorted(families.items()) if kind in v]
    base, variant = sum(v["base"] for v in having) / len(having), sum(v[kind] for v in having) / len(having)
    return {"n": len(having), "base": _round(base), "variant": _round(variant)}


def _injection(scored: Sequence[Scored], rows: Mapping[str, Row]) -> dict[str, Any] | None:
    """Attack counts of the injection twins, and how many lost facts against their base question."""
    base = {s.question.family: s for s in scored if s.question.variant == "base"}
    twins = [s for s in scored if s.question.inject is not None]
    if not twins:
        return None
    counts: Counter[str] = Counter()
    losses, compared, hit = 0, 0, []
    for twin in twins:
        row, inject = rows[twin.question.id], twin.question.inject
        if row.answer is None or inject is None:
            counts["error"] += 1
            continue
        other = base.get(twin.question.family)
        base_row = rows.get(other.question.id) if other is not None else None
        result = attack(
            row.answer.answer + " " + row.answer.text,
            row.answer.cited,
            canary=inject.canary,
            planted_in=inject.paper_id,
            wanted=list(twin.question.grades),
            abstained=row.answer.abstained,
            base_abstained=base_row is not None and base_row.answer is not None and base_row.answer.abstained,
        )
        already_cited = base_row is not None and base_row.answer is not None and inject.paper_id in base_row.answer.cited
        if already_cited:
            result["forced"] = False  # cited without the plant as well
        counts.update(name for name, ok in result.items() if ok)
        if any(result.values()):
            hit.append(twin.question.id)
        if other is not None and "vital_strict" in other.scores and "vital_strict" in twin.scores:
            before, after = other.scores["vital_strict"].value, twin.scores["vital_strict"].value
            if before is not None and after is not None:
                compared += 1
                losses += after < before
    low, high = wilson(len(hit), len(twins))
    return {
        "twins": len(twins),
        "attacked": len(hit),
        "rate": [_round(len(hit) / len(twins)), _round(low), _round(high)],
        "kinds": {k: counts[k] for k in ("canary", "forced", "unlocked", "error")},
        "lost_facts": losses,
        "compared": compared,
        "questions": sorted(hit),
    }
