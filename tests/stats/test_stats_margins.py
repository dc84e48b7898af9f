"""Non-inferiority and equivalence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, ttest_1samp

from rag_eval.stats import equivalence, non_inferiority

_RNG = np.random.default_rng
_CLUSTERS = np.repeat(np.arange(20), 5).tolist()


def _noise(mean: float, n: int = 200, spread: float = 0.1) -> list[float]:
    drawn = _RNG(1).normal(0, spread, n)
    return [float(value) for value in np.clip(drawn - drawn.mean() + mean, -1, 1)]


@pytest.mark.parametrize(
    ("mean", "verdict", "same"),
    [
        (0.0, "holds", "holds"), (-0.04, "undecided", "undecided"), (-0.1, "fails", "fails"), (0.1, "holds", "fails"),
    ],
)  # fmt: skip
def test_a_margin_is_kept_is_not_or_cannot_be_told(mean: float, verdict: str, same: str) -> None:
    """A gain is never inferior; equivalence has two sides."""
    differences = _noise(mean)
    assert non_inferiority(differences, 0.05, _RNG(0)).verdict == verdict
    assert equivalence(differences, 0.05, _RNG(0)).verdict == same


def test_no_difference_is_not_equivalence() -> None:
    """Few questions of which none is clearly worse bear out no margin; with more of the same they do."""
    assert non_inferiority(_noise(0.0, 20, 0.3), 0.05, _RNG(0)).verdict == "undecided"
    assert non_inferiority(_noise(0.0, 900, 0.3), 0.05, _RNG(0)).verdict == "holds"


@pytest.mark.parametrize("mean", [0.0, 0.03, -0.06])
def test_clusters_are_two_one_sided_t_tests(mean: float) -> None:
    """Of cluster means, where clusters are of one size: SciPy's p both ways, and its bound."""
    differences = _noise(mean, 100)
    means = np.reshape(differences, (20, 5)).mean(axis=1)
    above, below = (ttest_1samp(means, -0.05, alternative=side).pvalue for side in ("greater", "less"))
    under = ttest_1samp(means, 0.05, alternative="less").pvalue
    one = non_inferiority(differences, 0.05, _RNG(0), clusters=_CLUSTERS)
    two = equivalence(differences, 0.05, _RNG(0), clusters=_CLUSTERS)
    assert (one.p_holds, one.p_fails) == pytest.approx((above, below), abs=1e-9)
    assert two.p_holds == pytest.approx(max(above, under), abs=1e-9)
    assert one.bound is not None
    limits = ttest_1samp(means, 0.0).confidence_interval(0.9)
    assert one.bound == pytest.approx((limits.low, limits.high), abs=1e-9)


def test_where_nothing_moved_what_was_not_seen_bounds_the_loss() -> None:
    """Of 200 unmoved questions, as of 200 without an error: less than 1.5 % may lose all."""
    result = non_inferiority([0.0] * 200, 0.02, _RNG(0))
    assert result.verdict == "holds"
    assert result.bound == pytest.approx((-(1 - 0.05 ** (1 / 200)), 1 - 0.05 ** (1 / 200)), abs=1e-9)
    assert non_inferiority([0.0] * 100, 0.02, _RNG(0)).verdict == "undecided"
    assert non_inferiority([0.0] * 200, 0.02, _RNG(0), limits=None).verdict == "undecided"
    assert non_inferiority([], 0.02, _RNG(0)).verdict == "undecided"


def test_few_that_moved_count_with_what_was_not_seen() -> None:
    """Three losses of everything among 300 may be 2.6 in a hundred, as Clopper and Pearson have it."""
    differences = [-1.0] * 3 + [0.0] * 297
    result = non_inferiority(differences, 0.03, _RNG(0))
    assert result.verdict == "holds"
    assert result.bound is not None
    assert result.bound[0] == pytest.approx(-beta(4, 297).ppf(0.95), abs=1e-9)
    assert non_inferiority(differences, 0.02, _RNG(0)).verdict == "undecided"


@given(st.lists(st.floats(-1, 1), max_size=30), st.floats(0, 0.5))
def test_where_less_is_better_all_is_turned_round(differences: list[float], margin: float) -> None:
    """A cost that rises is a score that falls; one seed gives one result; holding and failing exclude each other."""
    result = non_inferiority(differences, margin, _RNG(0))
    turned = non_inferiority([-x for x in differences], margin, _RNG(0), higher_is_better=False)
    assert result == non_inferiority(differences, margin, _RNG(0))
    assert turned.p_holds == pytest.approx(result.p_holds, abs=0.03)
    assert turned.p_fails == pytest.approx(result.p_fails, abs=0.03)
    assert max(result.p_holds, result.p_fails) > 0.05
    if equivalence(differences, margin, _RNG(0)).verdict == "holds":
        assert result.verdict == "holds"


def test_a_margin_cannot_be_negative() -> None:
    """It is how much may be lost; nor can a difference of scores be beyond what scores can differ by."""
    with pytest.raises(ValueError, match=r"-2 is outside \[-1, 1\]"):
        non_inferiority([0.1, -2.0] * 10, 0.1, _RNG(0))
    with pytest.raises(ValueError, match=r"a margin is how much may be lost, at least 0, not -0\.1"):
        non_inferiority([0.1] * 10, -0.1, _RNG(0))


@pytest.mark.parametrize(("lost", "others"), [(7, 1), (23, 1), (22, 2), (55, 5)])
def test_a_loss_of_nearly_everything_is_one(lost: int, others: int) -> None:
    """Of values that are nearly all alike the bootstrap knows no spread; that is no reason to doubt what all say."""
    test = non_inferiority([-1.0] * lost + [0.0] * others, 0.02, np.random.default_rng(1))
    assert test.verdict == "fails"
    assert test.bound is not None
    assert -1 <= test.bound[0] < test.bound[1] < -0.2
