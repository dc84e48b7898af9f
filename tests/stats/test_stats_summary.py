"""What one metric says of a run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.records import MetricSummary, MetricTraits
from rag_eval.stats import metric_summary

_reasons = st.dictionaries(st.sampled_from(["timeout", "http_status", "no reference"]), st.integers(1, 50), max_size=3)


def _summary(
    values: list[float],
    failures: dict[str, int] | None = None,
    not_applicables: dict[str, int] | None = None,
    *,
    bounded: bool = True,
) -> MetricSummary:
    traits = MetricTraits(name="faithfulness", bounded=bounded, higher_is_better=bounded)
    return metric_summary(traits, values, failures or {}, not_applicables or {}, np.random.default_rng(0))


@given(st.lists(st.floats(0, 1), max_size=20), _reasons, _reasons)
def test_every_case_is_counted_once(
    values: list[float], failures: dict[str, int], not_applicables: dict[str, int]
) -> None:
    """Scored, failed and not applicable add up to the cases, and the bounds hold the mean between them."""
    found = _summary(values, failures, not_applicables)
    cases = len(values) + sum(failures.values()) + sum(not_applicables.values())
    assert found.n + found.failed + found.not_applicable == cases
    assert (found.failures, found.not_applicables) == (failures, not_applicables)
    if found.mean is not None and found.worst_low is not None and found.worst_high is not None:
        assert -1e-12 <= found.worst_low <= found.mean + 1e-12
        assert found.mean - 1e-12 <= found.worst_high <= 1 + 1e-12


def test_failures_enter_no_mean_and_both_bounds() -> None:
    """Three scores of 0.8 and two failures: mean 0.8, and 0.48 to 0.88 had they scored 0 or 1."""
    found = _summary([0.8, 0.8, 0.8], {"timeout": 2}, {"no reference": 7})
    assert found.mean == pytest.approx(0.8)
    assert found.worst_low == pytest.approx(0.48)
    assert found.worst_high == pytest.approx(0.88)
    assert found.coverage == pytest.approx(0.6)


def test_without_failures_the_bounds_are_the_mean() -> None:
    """What does not apply widens nothing."""
    found = _summary([0.2, 0.4], not_applicables={"no reference": 100})
    assert found.worst_low == found.worst_high == pytest.approx(found.mean)


def test_failures_alone_make_no_mean() -> None:
    """Nothing is known, and the bounds say so."""
    found = _summary([], {"timeout": 4})
    assert (found.mean, found.interval, found.quantiles) == (None, None, {})
    assert (found.worst_low, found.worst_high, found.coverage) == (0.0, 1.0, 0.0)


def test_a_metric_that_applies_nowhere_says_nothing() -> None:
    """No mean, no bounds, no coverage: none of them would be true."""
    found = _summary([], {}, {"no reference": 4})
    assert (found.mean, found.worst_low, found.worst_high, found.coverage) == (None, None, None, None)


def test_a_metric_without_bounds_has_no_worst_case() -> None:
    """Nobody knows how long an answer would have taken that never came."""
    found = _summary([1.5, 30.0], {"timeout": 1}, bounded=False)
    assert (found.worst_low, found.worst_high) == (None, None)
    assert (found.bounded, found.higher_is_better) == (False, False)


def test_quantiles_are_those_of_the_values() -> None:
    """The middle, and what one in twenty lies below and above."""
    assert _summary([i / 100 for i in range(101)]).quantiles == pytest.approx({"p05": 0.05, "p50": 0.5, "p95": 0.95})


def test_one_value_has_a_mean_and_no_interval() -> None:
    """Its spread is unknown."""
    found = _summary([0.25])
    assert (found.mean, found.interval, found.n) == (0.25, None, 1)


def test_values_that_are_all_the_same_have_no_interval_and_say_so() -> None:
    """As times of a capture that was written with one."""
    found = _summary([0.75] * 15, bounded=False)
    assert (found.mean, found.interval, found.note) == (0.75, None, "all 15 values are the same")
    assert _summary([0.1, 0.9] * 8, bounded=False).note == ""
