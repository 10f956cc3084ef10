"""Every measure that a run reports: its name, stage, tier, and what it can and can't tell. The report and the gate read this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tier = Literal["exact", "heuristic", "judge"]
Stage = Literal["retrieval", "citation", "answer", "abstention"]
Scope = Literal["answerable", "unanswerable", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure per question in [0, 1] unless `unit` says otherwise. `better`: 1 higher is better, -1 lower, 0 neither."""

    name: str
    label: str
    stage: Stage
    tier: Tier
    says: str
    scope: Scope = "answerable"
    better: int = 1
    unit: str = ""
    headline: bool = False
    gated: bool = False


CATALOGUE: tuple[Measure, ...] = (
    Measure(
        name="success@1",
        label="Gold paper first",
        stage="retrieval",
        tier="exact",
        headline=True,
        gated=True,
        says="Share of questions whose first paper is a gold paper.",
    ),
    Measure(
        name="all_evidence@5",
        label="All evidence in 5",
        stage="retrieval",
        tier="exact",
        headline=True,
        gated=True,
        says="All needed papers stand among the first five; questions that need more than five are left out.",
    ),
    Measure(
        name="evidence@5",
        label="Evidence recall in 5",
        stage="retrieval",
        tier="exact",
        says="Share of the needed pieces of evidence found among the first five papers.",
    ),
    Measure(
        name="evidence@20",
        label="Evidence recall in 20",
        stage="retrieval",
        tier="exact",
        gated=True,
        says="The same among the first twenty: what no later step can bring back is lost here.",
    ),
    Measure(
        name="ndcg@10",
        label="nDCG@10",
        stage="retrieval",
        tier="exact",
        says="How near the order is to the best one; gold lists positives.",
    ),
    Measure(name="rr@10", label="MRR@10", stage="retrieval", tier="exact", says="One over the rank of the first gold paper."),
    Measure(
        name="recall@20", label="Recall@20", stage="retrieval", tier="exact", says="Gold papers, alternatives included, among the first 20."
    ),
    Measure(
        name="judged@10",
        label="Judged@10",
        stage="retrieval",
        tier="exact",
        better=0,
        says="Share of the first ten that the gold mentions at all: low is normal where one paper answers, and warns for lists.",
    ),
    Measure(
        name="filter_precision",
        label="Filters honoured",
        stage="retrieval",
        tier="exact",
        scope="all",
        says="Retrieved papers that satisfy the conditions given; a promise, so its floor is 1.",
    ),
    Measure(
        name="said_filter_precision",
        label="Spoken filters honoured",
        stage="retrieval",
        tier="exact",
        scope="all",
        says="The same for conditions said in the question, which have to be understood first.",
    ),
    Measure(
        name="citation_validity",
        label="Citations valid",
        stage="citation",
        tier="exact",
        headline=True,
        scope="all",
        says="Emitted citations whose paper exists, was read, and holds the quote at its offsets. Says nothing about relevance.",
    ),
    Measure(
        name="citation_recall",
        label="Statements quoted",
        stage="citation",
        tier="exact",
        scope="all",
        says="Statements that a valid citation says word for word. Only where answers are quoted.",
    ),
    Measure(
        name="citation_precision",
        label="Citations needed",
        stage="citation",
        tier="exact",
        scope="all",
        says="Citations that carry their statement, of all emitted. Only where answers are quoted.",
    ),
    Measure(
        name="shared_terms",
        label="Terms and figures shared",
        stage="citation",
        tier="heuristic",
        scope="all",
        says="Statements whose quotes hold their figures and most of their terms. Finds wrong papers, not contradictions.",
    ),
    Measure(
        name="gold_citation_recall",
        label="Gold papers cited",
        stage="citation",
        tier="exact",
        headline=True,
        gated=True,
        says="Needed pieces of evidence of which a paper is cited; a refusal cites none.",
    ),
    Measure(
        name="gold_citation_precision",
        label="Citations to gold",
        stage="citation",
        tier="exact",
        gated=True,
        says="Cited papers that are gold. A good paper that the gold does not list counts against it.",
    ),
    Measure(
        name="vital_strict",
        label="Needed facts said",
        stage="answer",
        tier="heuristic",
        headline=True,
        gated=True,
        says="Vital nuggets fully in the answer. Sees words, figures and negation, not meaning.",
    ),
    Measure(
        name="vital_strict@150",
        label="… in the first 150 words",
        stage="answer",
        tier="heuristic",
        says="The same over the first 150 words, so that quoting everything can't win.",
    ),
    Measure(
        name="vital_partial",
        label="Needed facts, partly too",
        stage="answer",
        tier="heuristic",
        says="A partly present nugget counts a half.",
    ),
    Measure(name="all_strict", label="All facts said", stage="answer", tier="heuristic", says="Vital and okay nuggets together."),
    Measure(
        name="density",
        label="Facts per 100 words",
        stage="answer",
        tier="heuristic",
        unit="per 100 words",
        says="Facts present for each 100 words of answer.",
    ),
    Measure(
        name="words",
        label="Answer length",
        stage="answer",
        tier="exact",
        better=0,
        unit="words",
        scope="all",
        says="Words of an answer given.",
    ),
    Measure(
        name="correct",
        label="Correct answers",
        stage="answer",
        tier="heuristic",
        headline=True,
        gated=True,
        says="Answered, every vital fact said, nothing forbidden said.",
    ),
    Measure(
        name="shape",
        label="Asked shape given",
        stage="answer",
        tier="heuristic",
        says="A question for a number got one, one for papers a list.",
    ),
    Measure(
        name="ceiling",
        label="Ceiling of quoting",
        stage="answer",
        tier="heuristic",
        better=0,
        says="Vital facts that the gold abstracts, quoted whole, would say: what no quoting can exceed.",
    ),
    Measure(
        name="answered",
        label="Answerable, answered",
        stage="abstention",
        tier="exact",
        headline=True,
        gated=True,
        says="Answerable questions that were not refused.",
    ),
    Measure(
        name="refused",
        label="Unanswerable, refused",
        stage="abstention",
        tier="exact",
        headline=True,
        gated=True,
        scope="unanswerable",
        says="Unanswerable questions that were refused.",
    ),
    Measure(
        name="reason",
        label="Refused for the right reason",
        stage="abstention",
        tier="exact",
        scope="unanswerable",
        says="Of the rightly refused, those whose stated reason is the gold one.",
    ),
    Measure(
        name="judge_support",
        label="Supported (judge)",
        stage="citation",
        tier="judge",
        scope="all",
        says="Statements that the judge finds supported by their quotes (full 1, partly 0.5). Indicative unless calibrated to kappa 0.6.",
    ),
    Measure(
        name="judge_vital",
        label="Needed facts said (judge)",
        stage="answer",
        tier="judge",
        says="Vital nuggets that the judge finds in the answer. Indicative unless calibrated.",
    ),
)

BY_NAME = {m.name: m for m in CATALOGUE}
HEADLINES = tuple(m for m in CATALOGUE if m.headline)
GATED = tuple(m for m in CATALOGUE if m.gated)
JUDGED = tuple(m for m in CATALOGUE if m.tier == "judge")
