"""One-sided p-values and bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest, t, ttest_1samp

from rag_eval.stats import mean_bound, p_mean_above, p_mean_below, quantile_p
from rag_eval.stats.confidence import DRAWS

_RNG = np.random.default_rng
_scores = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def _shares(right: int, n: int) -> list[float]:
    return [1.0] * right + [0.0] * (n - right)


@pytest.mark.parametrize(("right", "n"), [(0, 59), (59, 59), (45, 50), (3, 40), (0, 1)])
def test_shares_have_the_exact_binomial_p_and_bound(right: int, n: int) -> None:
    """SciPy's binomial test and its Clopper-Pearson interval, one-sided."""
    values = _shares(right, n)
    for threshold in (0.1, 0.8, 0.95):
        above = binomtest(right, n, threshold, alternative="greater")
        below = binomtest(right, n, threshold, alternative="less")
        if right:
            assert p_mean_above(values, threshold, _RNG(0)) == pytest.approx(above.pvalue, abs=1e-9)
        if right < n:
            assert p_mean_below(values, threshold, _RNG(0)) == pytest.approx(below.pvalue, abs=1e-9)
        low, high = above.proportion_ci(0.95, "exact").low, below.proportion_ci(0.95, "exact").high
        assert mean_bound(values, "lower", 0.05, _RNG(0)) == pytest.approx(low, abs=1e-9)
        assert mean_bound(values, "upper", 0.05, _RNG(0)) == pytest.approx(high, abs=1e-9)


def test_none_wrong_of_59_proves_less_than_one_in_twenty() -> None:
    """And of 300 less than one in a hundred; one fewer does not."""
    for n, share in ((59, 0.05), (300, 0.01)):
        assert p_mean_below([0.0] * n, share, _RNG(0)) <= 0.05
    assert p_mean_below([0.0] * 58, 0.05, _RNG(0)) > 0.05


def test_scores_that_are_all_equal_are_still_not_certain() -> None:
    """What has not been seen may be 0: the bound is the score times that of a share of all."""
    assert mean_bound([0.5] * 20, "lower", 0.05, _RNG(0)) == pytest.approx(0.5 * 0.05 ** (1 / 20), abs=1e-9)
    assert p_mean_above([0.9] * 20, 0.8, _RNG(0)) == pytest.approx((0.8 / 0.9) ** 20, abs=1e-9)
    assert p_mean_above([0.0] * 20, 0.0, _RNG(0)) == 1.0


def test_drawn_weights_agree_with_the_exact_distribution() -> None:
    """A score a hair from 0 or 1 has the p of a share, within the error of so many draws."""
    values = [*_shares(30, 39), 1e-9]
    exact = p_mean_above(_shares(30, 40), 0.65, _RNG(0))
    assert p_mean_above(values, 0.65, _RNG(0)) == pytest.approx(exact, abs=4 * (exact / DRAWS) ** 0.5)


@given(_scores, st.floats(0.01, 0.99))
def test_bound_and_p_agree(values: list[float], threshold: float) -> None:
    """A bound beyond the threshold is a p under alpha, and the reverse; and nothing is borne out both ways."""
    above, below = (p(values, threshold, _RNG(0)) for p in (p_mean_above, p_mean_below))
    low, high = (mean_bound(values, side, 0.05, _RNG(0)) for side in ("lower", "upper"))
    assert low is not None
    assert high is not None
    assert low <= np.mean(values) + 1e-9
    assert high >= np.mean(values) - 1e-9
    if abs(low - threshold) > 1e-9:
        assert (low > threshold) == (above < 0.05) or abs(above - 0.05) < 2 / DRAWS
    if abs(high - threshold) > 1e-9:
        assert (high < threshold) == (below < 0.05) or abs(below - 0.05) < 2 / DRAWS
    assert max(above, below) > 0.05


@given(_scores)
def test_a_higher_threshold_is_harder_to_be_above(values: list[float]) -> None:
    """With one seed the p rises with the threshold."""
    p = [p_mean_above(values, threshold, _RNG(0)) for threshold in (0.0, 0.2, 0.5, 0.8, 1.0)]
    assert p == sorted(p)


def test_turned_round_the_upper_bound_is_the_lower() -> None:
    """To the last digit, with one seed."""
    values = _RNG(5).beta(4, 1, 50)
    turned = mean_bound((1 - values).tolist(), "lower", 0.05, _RNG(0))
    assert turned == pytest.approx(1 - (mean_bound(values.tolist(), "upper", 0.05, _RNG(0)) or 0), abs=1e-12)


@pytest.mark.parametrize("limits", [(0.0, 1.0), None])
def test_one_seed_gives_the_same_p(limits: tuple[float, float] | None) -> None:
    """And another one that is hardly different."""
    values = _RNG(5).beta(4, 1, 50).tolist()
    p, again, other = (p_mean_above(values, 0.75, _RNG(seed), limits=limits) for seed in (0, 0, 1))
    assert p == again != other
    assert p == pytest.approx(other, abs=0.02)


def test_many_scores_are_as_good_as_normal() -> None:
    """Of five thousand the bound is that of the normal distribution, a little to the safe side."""
    values = _RNG(6).beta(4, 1, 5000)
    limit = ttest_1samp(values, 0.0, alternative="greater").confidence_interval(0.95).low
    bound = mean_bound(values.tolist(), "lower", 0.05, _RNG(0))
    assert bound is not None
    assert limit - 0.001 < bound <= limit + 2e-4


def test_times_have_no_limits_and_are_resampled() -> None:
    """The bound reaches further on the side of the long tail than Student's t does."""
    values = _RNG(7).lognormal(0, 1, 60)
    high, low = (mean_bound(values.tolist(), side, 0.05, _RNG(0), limits=None) for side in ("upper", "lower"))
    assert high is not None
    assert low is not None
    half = t.ppf(0.95, 59) * values.std(ddof=1) / 60**0.5
    assert high - values.mean() > half > values.mean() - low > 0
    assert p_mean_below(values.tolist(), high + 0.05, _RNG(0), limits=None) < 0.05
    assert p_mean_below(values.tolist(), high - 0.05, _RNG(0), limits=None) > 0.05


def test_where_nothing_can_be_said_p_is_one() -> None:
    """Without values; without limits also with few, with equal ones, and with two clusters."""
    assert (p_mean_above([], 0.5, _RNG(0)), mean_bound([], "upper", 0.05, _RNG(0))) == (1.0, None)
    for values, clusters in (([3.0] * 20, None), ([1.0, 2.0, 3.0], None), ([1.0, 2.0] * 5, [0, 1] * 5)):
        assert p_mean_below(values, 9.0, _RNG(0), clusters, limits=None) == 1.0
        assert mean_bound(values, "upper", 0.05, _RNG(0), clusters, limits=None) is None


def test_a_value_outside_its_limits_is_an_error() -> None:
    """Which names the value, and what to do with a metric that has none."""
    with pytest.raises(ValueError, match=r"1\.5 is outside \[0, 1\]; for values without limits: limits=None"):
        p_mean_above([0.5, 1.5], 0.5, _RNG(0))
    assert p_mean_above([1 + 1e-12, -1e-12], 0.5, _RNG(0)) > 0.05  # rounding is no error


def test_shares_in_clusters_have_the_bound_of_korn_and_graubard() -> None:
    """Clopper and Pearson over as many values as would scatter as much, fewer for few clusters."""
    clusters = np.repeat(np.arange(12), 5).tolist()
    values = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0] * 6
    spread = 0.3**2 * 12 / 11  # of cluster means, which are .2 and .8
    n = 0.25 / (spread / 12) * (t.ppf(0.95, 59) / t.ppf(0.95, 11)) ** 2
    bound = mean_bound(values, "lower", 0.05, _RNG(0), clusters)
    assert bound == pytest.approx(beta(n / 2, n / 2 + 1).ppf(0.05), abs=1e-9)


def test_clusters_without_an_error_count_as_one_each() -> None:
    """Thirty documents without a wrong answer bear out what thirty questions would; an error that stands alone more."""
    clusters = np.repeat(np.arange(30), 10).tolist()
    n = 30 * (t.ppf(0.95, 299) / t.ppf(0.95, 29)) ** 2
    none, alone, whole = (
        mean_bound([1.0] * wrong + [0.0] * (300 - wrong), "upper", 0.05, _RNG(0), clusters) for wrong in (0, 1, 10)
    )
    assert none == pytest.approx(1 - 0.05 ** (1 / n), abs=1e-9)
    assert (alone or 1) < (none or 0) < (whole or 0)


def test_copies_in_clusters_bear_out_no_more() -> None:
    """As independent values five copies of each would."""
    means = _RNG(8).beta(4, 1, 30)
    values, clusters = np.repeat(means, 5).tolist(), np.repeat(np.arange(30), 5).tolist()
    once = p_mean_above(means.tolist(), 0.75, _RNG(0))
    assert p_mean_above(values, 0.75, _RNG(0), clusters) == pytest.approx(once, abs=0.05)
    assert p_mean_above(values, 0.75, _RNG(0)) < once / 2
    by_t = ttest_1samp(means, 0.75, alternative="greater").pvalue
    assert p_mean_above(values, 0.75, _RNG(0), clusters, limits=None) == pytest.approx(by_t, abs=1e-9)


@pytest.mark.parametrize("within", [90, 97, 100])
def test_a_quantile_is_judged_by_how_many_are_within(within: int) -> None:
    """As SciPy's binomial test; what failed counts as slower than any answer."""
    values = [1.0] * within + [float("inf")] * (100 - within)
    below = binomtest(within, 100, 0.95, alternative="greater").pvalue
    above = binomtest(within, 100, 0.95, alternative="less").pvalue
    assert quantile_p(values, 0.95, 2.0, "below") == pytest.approx(below, abs=1e-9)
    assert quantile_p(values, 0.95, 2.0, "above") == pytest.approx(above, abs=1e-9)
    assert quantile_p([], 0.95, 2.0, "below") == 1.0
