"""Confidence intervals of a mean."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.records import Interval
from rag_eval.stats import difference_interval, mean_interval
from rag_eval.stats.intervals import FEWEST, MANY, without_interval

Draw = Callable[[np.random.Generator], np.ndarray]


def _interval(values: list[float], seed: int = 0, level: float = 0.95) -> Interval:
    found = mean_interval(values, np.random.default_rng(seed), level)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        pytest.param(lambda rng: (rng.random(40) < 0.7).astype(float), 0.7, id="right or wrong"),
        pytest.param(lambda rng: rng.beta(5, 1.5, 40), 5 / 6.5, id="mostly good"),
        pytest.param(lambda rng: np.where(rng.random(40) < 0.5, 1.0, rng.random(40)), 0.75, id="half perfect"),
        pytest.param(lambda rng: rng.gamma(4, 0.25, 40), 1.0, id="seconds"),
    ],
)
def test_intervals_hold_the_true_mean_as_often_as_they_say(draw: Draw, mean: float) -> None:
    """Of 150 samples of 40 values, about 95 % of the intervals hold the mean they were drawn with."""
    rng = np.random.default_rng(20261123)
    found = [_interval(draw(rng).tolist(), seed) for seed in range(150)]
    assert 0.91 <= np.mean([interval.low <= mean <= interval.high for interval in found]) <= 0.985


def test_many_values_hold_it_too() -> None:
    """Where resampling gives way to the normal interval."""
    rng = np.random.default_rng(20261123)
    found = [_interval(rng.exponential(1.0, MANY).tolist()) for _ in range(300)]
    assert {interval.method for interval in found} == {"normal"}
    assert 0.91 <= np.mean([interval.low <= 1.0 <= interval.high for interval in found]) <= 0.985


def test_both_methods_agree_where_one_takes_over() -> None:
    """One value more does not make an interval jump."""
    values = np.random.default_rng(1).beta(5, 1.5, MANY).tolist()
    fewer, more = _interval(values[:-1]), _interval(values)
    width = more.high - more.low
    assert "bootstrap" in fewer.method
    assert abs(fewer.low - more.low) < 0.1 * width
    assert abs(fewer.high - more.high) < 0.1 * width


def test_the_same_seed_gives_the_same_interval() -> None:
    """And another seed one that is hardly different."""
    values = np.random.default_rng(1).random(40).tolist()
    one, again, other = _interval(values), _interval(values), _interval(values, seed=1)
    assert one == again
    assert one != other
    assert abs(one.low - other.low) < 0.05 * (one.high - one.low)


@pytest.mark.parametrize("values", [[], [0.5], [0.1, 0.2, 0.3, 0.4, 0.5]])
def test_resampling_needs_some_values(values: list[float]) -> None:
    """With fewer there is no interval rather than a made-up one."""
    assert mean_interval(values, np.random.default_rng(0)) is None
    assert difference_interval(values, np.random.default_rng(0)) is None


@pytest.mark.parametrize("n", [2, 40, MANY])
def test_no_interval_has_no_width(n: int) -> None:
    """Values that are all equal tell nothing of others; a difference of 0 or 1 everywhere does not either."""
    assert mean_interval([0.3] * n, np.random.default_rng(0)) is None
    assert difference_interval([1.0] * n, np.random.default_rng(0)) is None


def test_all_right_is_not_certainty() -> None:
    """Of fifteen hits in fifteen questions Wilson's interval says that four in five would not be a surprise."""
    found = _interval([1.0] * 15)
    assert (found.method, found.high) == ("Wilson", 1.0)
    assert found.low == pytest.approx(15 / (15 + 1.959963984540054**2))
    assert _interval([0.0] * 15).high == pytest.approx(1 - found.low)


@pytest.mark.parametrize("n", [2, 3, 10, 100, 1999, 2000])
def test_one_value_that_differs_still_has_an_interval(n: int) -> None:
    """It is finite, holds the mean, and is not wider than the values."""
    for values in ([1.0] * (n - 1) + [0.0], [0.0] * (n - 1) + [1.0]):
        found = _interval(values)
        assert found.low <= np.mean(values) <= found.high
        assert found.low < found.high
        if "bootstrap" in found.method:
            assert 0 <= found.low < found.high <= 1


def test_a_higher_level_makes_a_wider_interval() -> None:
    """And the interval tells its level."""
    values = np.random.default_rng(1).random(40).tolist()
    narrow, wide = _interval(values, level=0.8), _interval(values, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert (narrow.level, wide.level) == (0.8, 0.99)


def test_more_values_make_a_narrower_interval() -> None:
    """Four times as many, half as wide."""
    values = np.random.default_rng(1).random(400).tolist()
    few, many = _interval(values[:100]), _interval(values)
    assert 1.7 < (few.high - few.low) / (many.high - many.low) < 2.3


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_an_interval_is_finite_and_within_the_values(values: list[float]) -> None:
    """Whatever the values, as every resampled mean lies between the least and the largest."""
    found = mean_interval(values, np.random.default_rng(0))
    if found is None:
        assert len(values) < FEWEST or min(values) == max(values)
        return
    if found.method == "Wilson":
        assert 0 <= found.low < found.high <= 1
        return
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@pytest.mark.parametrize("n", [6, 15, 100])
@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize(
    ("usual", "odd"),
    [(0.9999999999, 1.0), (0.9999999999, 0.99999999995), (1 / 3, 1 / 3 + 1e-16), (0.1 + 0.2, 0.3), (1e-10, 0.0)],
)
def test_what_rounding_leaves_makes_no_interval(usual: float, odd: float, n: int, *, clustered: bool) -> None:
    """Shares that are kept from 0 / 0 are all 1 or all 0, of which Wilson's interval has a width; others are alike."""
    clusters = [place // 2 for place in range(n)] if clustered else None
    values = [odd, *[usual] * (n - 1)]
    interval = mean_interval(values, np.random.default_rng(0), clusters=clusters)
    if round(usual, 6) in (0, 1):
        assert interval is not None
        assert interval.method.startswith("Wilson")
        assert interval.high - interval.low > 0.01
        return
    assert interval is None
    assert without_interval(values, clusters) == f"all {n} values are the same"


def test_why_there_is_no_interval_is_said() -> None:
    """Too few values, too few clusters, or values that are all the same; nothing where there are none at all."""
    assert without_interval([]) == ""
    assert without_interval([0.5]) == "1 value, and it takes 6"
    assert without_interval([0.5] * 9) == "all 9 values are the same"
    two = [0, 0, 0, 1, 1, 1]
    assert without_interval([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], two).startswith("values of 2 documents")
