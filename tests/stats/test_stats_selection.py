"""The best of several variants looks better than it is, and the corrected number does not."""

import numpy as np
import pytest

from rag_eval import stats
from rag_eval.stats.selection import HALVINGS

VARIANTS, QUESTIONS, TRIALS = 8, 60, 120


def _alike(rng: np.random.Generator, lead: float = 0.0) -> np.ndarray:
    """Scores of variants that are worth 0.6 each; the first is ahead by `lead`."""
    common, own = rng.standard_normal((QUESTIONS, 1)), rng.standard_normal((QUESTIONS, VARIANTS))
    scores: np.ndarray = 0.6 + 0.2 * common + 0.2 * own
    scores[:, 0] += lead
    return scores


def test_the_seen_mean_of_the_best_is_too_high_and_the_corrected_one_is_not() -> None:
    """Of variants that are all worth the same: by 1.3 standard errors of a mean, and by a tenth of that."""
    rng = np.random.default_rng(5)
    found = [stats.cross_fitted(_alike(rng), rng) for _ in range(TRIALS)]
    naive = np.array([each.naive for each in found if each])
    value = np.array([each.value for each in found if each])
    assert len(naive) == TRIALS
    assert naive.mean() - 0.6 > 0.025
    assert abs(value.mean() - 0.6) < 0.01
    assert (value <= naive + 1e-12).all()
    covered = [each.interval.low <= 0.6 <= each.interval.high for each in found if each and each.interval]
    assert len(covered) == TRIALS
    assert np.mean(covered) >= 0.92


def test_where_one_is_clearly_best_nothing_is_taken_off() -> None:
    """Every half chooses it, and both halves together are all questions."""
    rng = np.random.default_rng(1)
    found = stats.cross_fitted(_alike(rng, lead=0.5), rng)
    assert found is not None
    assert found.best == 0
    assert found.shares == (1.0, *[0.0] * (VARIANTS - 1))
    assert found.value == pytest.approx(found.naive)


def test_less_is_better_where_the_metric_says_so() -> None:
    """Turned round it is the same choice."""
    scores = _alike(np.random.default_rng(2))
    up = stats.cross_fitted(scores, np.random.default_rng(0))
    down = stats.cross_fitted(-scores, np.random.default_rng(0), higher_is_better=False)
    assert up is not None
    assert down is not None
    assert up.interval is not None
    assert down.interval is not None
    assert (down.best, down.shares) == (up.best, up.shares)
    assert (down.naive, down.value) == pytest.approx((-up.naive, -up.value))
    assert (down.interval.low, down.interval.high) == pytest.approx((-up.interval.high, -up.interval.low))
    turned = stats.p_best(-scores, np.random.default_rng(0), higher_is_better=False)
    assert turned == stats.p_best(scores, np.random.default_rng(0))


def test_a_gain_is_chosen_by_the_same_halves() -> None:
    """Differences to one variant are largest where scores are: what choosing gains is what it is worth less that."""
    scores = _alike(np.random.default_rng(3))
    worth = stats.cross_fitted(scores, np.random.default_rng(0))
    gain = stats.cross_fitted(scores - scores[:, [4]], np.random.default_rng(0))
    assert worth is not None
    assert gain is not None
    assert gain.shares == worth.shares
    assert gain.value == pytest.approx(worth.value - scores[:, 4].mean())


def test_clusters_stay_whole() -> None:
    """Questions that share their luck widen the interval; one cluster for each question is none."""
    rng = np.random.default_rng(4)
    scores = np.repeat(_alike(rng)[:15], 4, axis=0)
    apart = stats.cross_fitted(scores, np.random.default_rng(0))
    together = stats.cross_fitted(scores, np.random.default_rng(0), np.repeat(np.arange(15), 4).tolist())
    single = stats.cross_fitted(scores, np.random.default_rng(0), list(range(60)))
    assert apart is not None
    assert together is not None
    assert single == apart
    widths = [each.interval.high - each.interval.low for each in (apart, together) if each.interval]
    assert widths[1] > 1.4 * widths[0]


def test_one_huge_cluster_leaves_no_half_empty() -> None:
    """However it is drawn, both halves have questions; there is no interval over what is one cluster in effect."""
    scores = _alike(np.random.default_rng(6))
    found = stats.cross_fitted(scores, np.random.default_rng(0), [*["big"] * 51, *range(9)])
    assert found is not None
    assert np.isfinite(found.value)
    assert found.interval is None


def test_with_too_few_questions_or_no_difference_there_is_nothing_to_say() -> None:
    """Eleven questions are not halved; scores that are all equal have no interval."""
    assert stats.cross_fitted(np.ones((stats.FEWEST_TO_HALVE - 1, 3)), np.random.default_rng(0)) is None
    found = stats.cross_fitted(np.ones((stats.FEWEST_TO_HALVE, 3)), np.random.default_rng(0))
    assert found is not None
    assert (found.value, found.interval, found.shares[0]) == (1.0, None, 1.0)
    assert stats.p_best(np.ones((12, 3)), np.random.default_rng(0)) == [1.0, 1.0, 1.0]


def test_the_set_of_the_best_holds_the_best_and_leaves_out_what_is_worse() -> None:
    """The truly best is left out in few draws; a variant far behind is out, one hardly behind is in."""
    rng = np.random.default_rng(7)
    kept = []
    for _ in range(40):
        scores = _alike(rng)
        scores[:, 1] -= 0.3
        p = stats.p_best(scores, rng)
        kept.append(p[0] > 0.05)
        assert p[1] < 0.05
    assert np.mean(kept) >= 0.87


def test_the_same_seed_gives_the_same_numbers() -> None:
    """And there are as many halvings as it says."""
    scores = _alike(np.random.default_rng(8))
    one, other = (stats.cross_fitted(scores, np.random.default_rng(3)) for _ in range(2))
    assert one == other
    assert one is not None
    assert one.interval is not None
    assert str(HALVINGS) in one.interval.method
