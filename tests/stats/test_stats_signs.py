"""Signs, sign flips and effect sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, ttest_1samp

from rag_eval.stats import effect_size, outcomes, sign_flip, sign_test
from rag_eval.stats.intervals import MANY
from rag_eval.stats.signs import FLIPS, paired_spread

_RNG = np.random.default_rng


def test_the_sign_test_is_mcnemars_exact_test() -> None:
    """Ten discordant pairs against two: twice the sum of C(12, 0…2) over 2^12; nothing discordant proves nothing."""
    assert sign_test(10, 2) == sign_test(2, 10) == pytest.approx(2 * (1 + 12 + 66) / 4096, abs=1e-12)
    assert sign_test(0, 0) == 1.0


def test_few_differences_are_flipped_in_all_ways() -> None:
    """As SciPy's permutation test of a paired sample does; zeros change nothing."""
    differences = _RNG(1).normal(0.3, 0.5, 9)
    reference = permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip([*differences, 0.0, 0.0], _RNG(0)) == pytest.approx(reference.pvalue, abs=1e-9)


def test_differences_of_one_size_have_the_p_of_their_signs() -> None:
    """However many there are."""
    assert sign_flip([0.5] * 30 + [-0.5] * 14 + [0.0] * 100, _RNG(0)) == pytest.approx(sign_test(30, 14), abs=1e-12)
    assert sign_flip([0.0] * 40, _RNG(0)) == 1.0


@pytest.mark.parametrize("n", [60, MANY])
def test_more_of_them_have_the_p_of_a_t_test(n: int) -> None:
    """Within what random flips are off by, on either side of where the normal limit takes over."""
    differences = _RNG(2).normal(0.02, 0.02 * n**0.5 / 2, n)
    expected = ttest_1samp(differences, 0.0).pvalue
    assert sign_flip(differences, _RNG(0)) == pytest.approx(expected, abs=0.02)


def test_a_clear_gain_has_the_least_p_that_flips_can_give() -> None:
    """Never 0: what was observed is one of the flips."""
    assert sign_flip(_RNG(3).uniform(0.1, 0.3, 60), _RNG(0)) == 1 / (FLIPS + 1)


def test_a_cluster_flips_as_a_whole() -> None:
    """Six documents of which all questions gained are six gains, not sixty."""
    differences = np.repeat([0.1, 0.2, 0.3, 0.1, 0.2, 0.4], 10)
    clusters = np.repeat(np.arange(6), 10).tolist()
    assert sign_flip(differences, _RNG(0), clusters) == pytest.approx(2 / 2**6)
    assert sign_flip(differences, _RNG(0)) < 0.001


@given(st.lists(st.floats(-1, 1), max_size=30))
def test_turned_round_p_and_counts_are_those_of_the_other(differences: list[float]) -> None:
    """And one seed gives one p, within 0 and 1."""
    turned = [-difference for difference in differences]
    p = sign_flip(differences, _RNG(0))
    assert p == sign_flip(differences, _RNG(0)) == pytest.approx(sign_flip(turned, _RNG(0)), abs=1e-9)
    assert 0 < p <= 1
    assert outcomes(differences) == outcomes(turned, higher_is_better=False)
    assert sum(outcomes(differences)) == len(differences)


def test_effects_are_means_in_spreads() -> None:
    """Cohen's d_z; the share won less the share lost; None where there is nothing to divide by."""
    assert effect_size([0.1, 0.3]) == pytest.approx(0.2 / (0.02**0.5), abs=1e-9)
    assert effect_size([0.2] * 4) is None
    assert outcomes([0.2, -0.1, 0.0, 0.3]).lead == pytest.approx(0.25)
    assert outcomes([]).lead is None


def test_the_spread_of_clusters_gives_their_standard_error() -> None:
    """Over the root of the number of pairs; copies of a question do not lessen it."""
    means = _RNG(4).normal(0, 0.2, 10)
    spread = paired_spread(np.repeat(means, 5), np.repeat(np.arange(10), 5).tolist())
    assert spread is not None
    assert spread / 50**0.5 == pytest.approx(means.std(ddof=1) / 10**0.5)
