"""Values that come in clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from rag_eval.records import Interval
from rag_eval.stats import difference_interval, mean_interval
from rag_eval.stats.clusters import cluster_p, grouped

_RNG = np.random.default_rng


def _clustered(values: list[float], clusters: list[int], level: float = 0.95) -> Interval:
    interval = mean_interval(values, _RNG(0), level, clusters)
    assert interval is not None
    return interval


def test_clusters_of_equal_size_are_a_t_test_of_their_means() -> None:
    """Interval and p are SciPy's for one sample of cluster means."""
    values = _RNG(1).uniform(0.2, 0.7, (9, 4))
    clusters = np.repeat(np.arange(9), 4).tolist()
    reference = ttest_1samp(values.mean(axis=1), 0.0)
    limits = reference.confidence_interval(0.9)
    interval = _clustered(values.ravel().tolist(), clusters, 0.9)
    assert (interval.low, interval.high) == pytest.approx((limits.low, limits.high), abs=1e-9)
    assert interval.method == "t, 9 clusters"
    by_cluster = grouped(values.ravel(), clusters)
    assert by_cluster is not None
    assert cluster_p(by_cluster) == pytest.approx(reference.pvalue, abs=1e-12)


def test_the_error_of_unequal_clusters_is_the_jackknife_by_clusters() -> None:
    """Each cluster is left out once, and the means of the rest compared; they count as fewer than they are."""
    values, clusters = _RNG(2).random(30), [0] * 12 + [1] * 3 + [2] * 9 + [3] * 1 + [4] * 5
    by_cluster = grouped(values, clusters)
    assert by_cluster is not None
    left = np.array([values[np.array(clusters) != cluster].mean() for cluster in range(5)])
    assert by_cluster.error == pytest.approx(np.sqrt(4 / 5 * ((left - values.mean()) ** 2).sum()), abs=1e-12)
    assert by_cluster.effective == pytest.approx(30**2 / (144 + 9 + 81 + 1 + 25))
    half = t.ppf(0.975, by_cluster.effective - 1) * by_cluster.error
    interval = difference_interval((values - 0.5).tolist(), _RNG(0), clusters=clusters)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((values.mean() - 0.5 - half, values.mean() - 0.5 + half))


def test_shares_in_clusters_have_wilsons_interval_over_fewer_values() -> None:
    """As many as would scatter as much; where all are right there are as many as clusters."""
    values, clusters = [1.0] * 40, np.repeat(np.arange(10), 4).tolist()
    times = t.ppf(0.975, 9)
    interval = _clustered(values, clusters)
    assert (interval.low, interval.high) == pytest.approx((10 / (10 + times**2), 1.0))
    assert interval.method == "Wilson, 10 clusters"
    values = [float(cluster < 7) for cluster in clusters]  # whole clusters right or wrong
    share, n = 0.7, 10 - 1  # the variance of cluster means has n - 1 beneath it
    middle = (share + times**2 / (2 * n)) / (1 + times**2 / n)
    half = times * np.sqrt(share * (1 - share) / n + times**2 / (4 * n**2)) / (1 + times**2 / n)
    interval = _clustered(values, clusters)
    assert (interval.low, interval.high) == pytest.approx((middle - half, middle + half), abs=1e-9)


def test_each_value_a_cluster_of_its_own_is_no_clusters() -> None:
    """The same interval to the last digit, for shares, scores and differences."""
    for values in (_RNG(3).random(20), (_RNG(3).random(20) < 0.7).astype(float)):
        assert mean_interval(values.tolist(), _RNG(0), clusters=range(20)) == mean_interval(values.tolist(), _RNG(0))
    signed = (_RNG(3).random(20) - 0.5).tolist()
    assert difference_interval(signed, _RNG(0), clusters=range(20)) == difference_interval(signed, _RNG(0))


def test_two_clusters_tell_nothing_of_others() -> None:
    """Nor do clusters that all have the same mean, but for shares."""
    values = _RNG(3).random(20).tolist()
    assert mean_interval(values, _RNG(0), clusters=[0] * 10 + [1] * 10) is None
    assert difference_interval([0.2, -0.2] * 10, _RNG(0), clusters=np.repeat(np.arange(10), 2).tolist()) is None


def test_there_must_be_a_cluster_for_each_value() -> None:
    """The message has both numbers."""
    with pytest.raises(ValueError, match="3 values have 2 clusters; there must be one for each value"):
        mean_interval([0.1, 0.2, 0.3], _RNG(0), clusters=["a", "b"])


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=8, max_size=30), st.randoms())
def test_neither_order_nor_names_of_clusters_matter(rows: list[tuple[float, int]], shuffler: object) -> None:
    """Only which values belong together does; and an interval lies where scores can."""
    if len({cluster for _, cluster in rows}) == len(rows):
        return
    other = list(reversed(rows))
    interval = mean_interval([v for v, _ in rows], _RNG(0), clusters=[c for _, c in rows])
    again = mean_interval([v for v, _ in other], _RNG(0), clusters=[f"document {c}" for _, c in other])
    if interval is None or again is None:
        assert max(x.high - x.low for x in (interval, again) if x) < 1e-6 if interval or again else True
        return
    assert (interval.low, interval.high) == pytest.approx((again.low, again.high), abs=1e-6)
    assert 0 <= interval.low <= interval.high <= 1


def test_questions_that_are_copies_of_another_tell_no_more() -> None:
    """Ten questions, each in five wordings with the same score, have the interval of Student's t for ten."""
    means = _RNG(4).uniform(0, 1, 10)
    limits = ttest_1samp(means, 0.0).confidence_interval(0.95)
    interval = _clustered(np.repeat(means, 5).tolist(), np.repeat(np.arange(10), 5).tolist())
    assert (interval.low, interval.high) == pytest.approx((limits.low, limits.high), abs=1e-9)
