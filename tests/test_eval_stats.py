"""Intervals and tests: known values, order independence, false alarms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.stats import Paired, bca, family_means, holm, interval, paired, sign_flip, verdict, wilson


@pytest.mark.parametrize(("n", "low", "high"), [(15, 0.55, 0.93), (30, 0.63, 0.90), (60, 0.68, 0.88), (210, 0.74, 0.85)])
def test_wilson_against_a_table(n: int, low: float, high: float) -> None:
    """Intervals of a share of 0.8, to two places."""
    assert wilson(0.8 * n, n) == pytest.approx((low, high), abs=0.006)


def test_no_failures_still_leaves_doubt() -> None:
    """Thirty of thirty is not certainty: no resampling sees that, Wilson does."""
    found = interval([1.0] * 30)
    assert found is not None
    assert found.low == pytest.approx(0.886, abs=0.001)
    assert found.high == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=25), st.randoms())
def test_order_does_not_matter(values: list[float], rng: object) -> None:
    """The same values in another order give the same interval, to the bit."""
    shuffled = values[:]
    rng.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' Random
    found = interval(values)
    assert found == interval(shuffled)
    assert found is not None
    assert found.low - 1e-12 <= found.mean <= found.high + 1e-12


def test_interval_covers_the_mean() -> None:
    """Of 120 samples from a known distribution, about 95 % of the intervals hold the true mean."""
    rng = np.random.default_rng(3)
    held = 0
    for n in range(120):
        low, high = bca(np.sort(rng.beta(2, 5, size=40)), seed=n, resamples=600)
        held += low <= 2 / 7 <= high
    assert held >= 106


def test_sign_flip_false_alarms() -> None:
    """Where nothing differs, p falls below 0.05 about once in twenty; it is never 0."""
    rng = np.random.default_rng(5)
    p = [sign_flip(rng.normal(size=30).tolist(), flips=600, seed=n) for n in range(300)]
    assert 0.02 <= np.mean([x < 0.05 for x in p]) <= 0.09
    assert min(p) > 0


def test_variants_are_one_case() -> None:
    """Three wordings that fail together are one failure: values are averaged within a family first."""
    assert family_means([("f", 0.0), ("f", 0.0), ("f", 1.0), ("g", 1.0)]) == {"f": pytest.approx(1 / 3), "g": 1.0}


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(0.0001, 1), max_size=6))
def test_holm_never_lowers_a_p(p: dict[str, float]) -> None:
    """Adjusted values lie between the raw value and its Bonferroni bound, in the same order."""
    found = holm(p)
    assert all(p[name] <= found[name] <= min(1.0, p[name] * len(p)) + 1e-12 for name in p)


def _result(delta: float, low: float, high: float) -> Paired:
    return Paired(delta=delta, low=low, high=high, p=0.5, n=50, wins=5, ties=40, losses=5, mde=0.1)


def test_verdicts_in_words() -> None:
    """Not significant is "no difference" only where the interval is narrow enough to say so."""
    assert verdict(_result(-0.1, -0.15, -0.04), 0.01) == "worse"
    assert verdict(_result(-0.1, -0.15, -0.04), 0.01, better=-1) == "better"
    assert verdict(_result(0.0, -0.02, 0.02), 0.9) == "no difference"
    assert verdict(_result(0.0, -0.2, 0.2), 0.9) == "underpowered"


def test_paired_uses_shared_families() -> None:
    """A family that only one side has is left out; wins, ties and losses count the rest."""
    found = paired({"a": 0.0, "b": 1.0, "c": 1.0, "x": 0.0}, {"a": 1.0, "b": 1.0, "c": 0.0, "y": 1.0})
    assert found is not None
    assert (found.n, found.wins, found.ties, found.losses, found.delta) == (3, 1, 1, 1, 0.0)
    assert paired({"a": 1.0}, {"b": 1.0}) is None
