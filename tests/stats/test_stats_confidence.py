"""Distributions of where a mean may lie."""

import numpy as np
import pytest
from scipy.stats import beta

from rag_eval.stats.confidence import bounded, demand_within, student, studentised


@pytest.mark.parametrize(("ones", "count"), [(0, 20), (3, 20), (20, 20)])
def test_of_zeros_and_ones_it_is_the_exact_one(ones: int, count: int) -> None:
    """Clopper and Pearson's lower limit (1934)."""
    values = [1.0] * ones + [0.0] * (count - ones)
    confidence = bounded(values, 0.0, np.random.default_rng(0))
    exact = 0.0 if ones == 0 else float(beta(ones, count - ones + 1).ppf(0.05))
    assert float(confidence.ppf(0.05)) == pytest.approx(exact, abs=1e-9)


def test_values_that_are_all_equal_have_no_students_interval() -> None:
    """Nor have too few: nothing is known of how they vary."""
    assert student([0.5] * 10) is None
    assert student([0.1]) is None
    assert studentised([0.5] * 10, np.random.default_rng(0)) is None


def test_the_same_seed_gives_the_same_distribution() -> None:
    """Draws come from the generator that is handed in, and from no other."""
    values = list(np.random.default_rng(1).exponential(size=30))
    first, again = (studentised(values, np.random.default_rng(7)) for _ in range(2))
    assert first is not None
    assert again is not None
    assert float(first.ppf(0.05)) == float(again.ppf(0.05))


def test_a_value_beyond_its_limits_is_refused() -> None:
    """But for what rounding leaves."""
    demand_within(np.array([0.0, 1.0 + 1e-12]), (0.0, 1.0))
    with pytest.raises(ValueError, match=r"1\.5"):
        demand_within(np.array([0.2, 1.5]), (0.0, 1.0))
