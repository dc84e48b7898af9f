"""Questions that were asked several times count once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.records import MetricTraits
from rag_eval.stats import by_question, difference_interval, mean_per_question, metric_summary
from rag_eval.stats.repeats import repeat_sd

_M = MetricTraits(name="m")
_values = st.lists(st.floats(0, 1), max_size=4)


def test_values_by_question() -> None:
    """A repetition goes to the question that it repeats."""
    values = {"a": 1.0, "a~2": 0.0, "b": 0.5}
    assert by_question(values, {"a~2": "a"}) == {"a": [1.0, 0.0], "b": [0.5]}
    assert mean_per_question(values, {"a~2": "a"}) == {"a": 0.5, "b": 0.5}


def test_the_own_spread_is_pooled() -> None:
    """Over questions that were repeated; None where none was."""
    assert repeat_sd([[0.0, 1.0], [0.5, 0.5], [0.3]]) == pytest.approx(0.5)
    assert repeat_sd([[0.1], [0.9]]) is None


@given(st.lists(st.tuples(_values, st.integers(0, 3)), min_size=1, max_size=8))
def test_worst_cases_enclose_the_mean(groups: list[tuple[list[float], int]]) -> None:
    """However the failures are spread over the questions."""
    values = [value for group, _ in groups for value in group]
    failures = {"timeout": lost} if (lost := sum(n for _, n in groups)) else {}
    found = metric_summary(_M, values, failures, {}, np.random.default_rng(0), groups)
    assert (found.n, found.failed) == (len(values), lost)
    if found.mean is not None and found.worst_low is not None and found.worst_high is not None:
        assert found.worst_low <= found.mean + 1e-9
        assert found.worst_high >= found.mean - 1e-9


def test_intervals_do_not_narrow_by_repeating() -> None:
    """Ten questions asked five times have the interval of ten, not of fifty."""
    rng = np.random.default_rng(1)
    means = rng.uniform(0, 1, 10)
    once = metric_summary(_M, means.tolist(), {}, {}, np.random.default_rng(0))
    groups = [([float(mean)] * 5, 0) for mean in means]
    values = [value for group, _ in groups for value in group]
    often = metric_summary(_M, values, {}, {}, np.random.default_rng(0), groups)
    assert often.interval == once.interval
    assert often.n == 50
    assert often.repeat_sd == pytest.approx(0)


def test_a_judge_that_wavers_widens_the_interval_by_what_repeating_leaves() -> None:
    """Half-width over 400 questions: 1.96 √((.2² + .3²/k) / 400), be the .3 the system's or the judge's."""
    rng = np.random.default_rng(2)
    true = rng.normal(0.0, 0.2, 400)
    for repeats in (1, 4):
        seen = true[:, None] + rng.normal(0.0, 0.3, (400, repeats))
        values = {f"{q}~{k}": float(seen[q, k]) for q in range(400) for k in range(repeats)}
        means = mean_per_question(values, {key: key.split("~")[0] for key in values})
        interval = difference_interval(list(means.values()), np.random.default_rng(0))
        assert interval is not None
        expected = 2 * 1.96 * ((0.2**2 + 0.3**2 / repeats) / 400) ** 0.5
        assert interval.high - interval.low == pytest.approx(expected, rel=0.1)
