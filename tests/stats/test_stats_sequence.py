"""An interval that is valid however often one looks."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.stats import PairedSequence
from rag_eval.stats.sequence import bets, log_capital

_RNG = np.random.default_rng


def _after(differences: np.ndarray, alpha: float = 0.05) -> PairedSequence:
    sequence = PairedSequence(alpha)
    for difference in differences:
        sequence.update(float(difference))
    return sequence


@given(st.lists(st.floats(-1, 1), max_size=30))
def test_it_begins_with_everything_and_never_widens(differences: list[float]) -> None:
    """Each difference leaves as much or takes something away."""
    sequence = PairedSequence()
    intervals = [sequence.interval, *(sequence.update(difference) for difference in differences)]
    assert intervals[0] == (-1.0, 1.0)
    assert all(a[0] <= b[0] <= b[1] <= a[1] for a, b in pairwise(intervals))
    assert sequence.n == len(differences)


@pytest.mark.slow
def test_looked_at_after_each_question_it_seldom_leaves_out_the_truth() -> None:
    """In forty runs of 300 with no difference hardly ever; and it narrows well."""
    x = np.clip(_RNG(1).normal(0, 0.2, (40, 300)), -1, 1)
    low, high = np.array([_after(row).interval for row in x]).T
    assert ((low > 0) | (high < 0)).mean() <= 0.05
    assert (high - low).mean() < 0.1


def test_all_runs_at_a_time_are_the_same_bets() -> None:
    """What the bench adds up for many runs is what a sequence does with one: when 0 is left out, to the question."""
    x = np.clip(_RNG(2).normal(0.1, 0.2, (5, 300)), -1, 1)
    shares = (1 + x) / 2
    capital = np.cumsum(log_capital(shares, bets(shares, 0.05), 0.5), axis=2).max(axis=0)
    for row, gained in zip(x, capital, strict=True):
        sequence = PairedSequence()
        undecided = 0
        while sequence.decided() is None:
            sequence.update(float(row[undecided]))
            undecided += 1
        assert undecided == int((gained >= math.log(2 / 0.05)).argmax()) + 1


def test_a_threshold_is_decided_for_good() -> None:
    """A margin of .05 is kept long before a difference of 0 could be told."""
    x = np.clip(_RNG(3).normal(0.0, 0.1, 400), -1, 1)
    sequence = _after(x)
    assert (sequence.decided(), sequence.decided(-0.05), sequence.decided(0.05)) == (None, "above", "below")


def test_a_smaller_alpha_is_slower() -> None:
    """One seed, one interval; less risk, a wider one."""
    x = np.clip(_RNG(4).normal(0.1, 0.2, 200), -1, 1)
    usual, again, careful = (_after(x, alpha).interval for alpha in (0.05, 0.05, 0.001))
    assert usual == again
    assert careful[0] < usual[0] < usual[1] < careful[1]


def test_a_difference_lies_between_minus_one_and_one() -> None:
    """Another is refused, as nothing is known of what it may be."""
    with pytest.raises(ValueError, match=r"1\.5 does not"):
        PairedSequence().update(1.5)
