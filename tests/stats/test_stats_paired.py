"""Whether B is better than A, question by question."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import samples

from rag_eval.records import Answer, Case, MetricComparison, Score
from rag_eval.stats import compare_metric, compare_runs
from rag_eval.stats.paired import MOVED, TIE

_runs = st.dictionaries(st.sampled_from([f"case-{i}" for i in range(15)]), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
_OPPOSITE = {"better": "worse", "worse": "better", "unclear": "unclear"}


def _compare(a: dict[str, float], b: dict[str, float], *, higher_is_better: bool = True) -> MetricComparison:
    rng = np.random.default_rng(0)
    return compare_metric("m", a, b, lambda key: f"{key}?", rng, higher_is_better=higher_is_better)


def _numbered(values: list[float]) -> dict[str, float]:
    return {f"case-{i}": value for i, value in enumerate(values)}


@settings(max_examples=80, deadline=None)
@given(_runs, _runs, st.booleans())
def test_a_comparison_is_what_counting_by_hand_gives(
    a: dict[str, float],
    b: dict[str, float],
    higher: bool,  # noqa: FBT001 - hypothesis passes it by place
) -> None:
    """Pairs, wins, ties, losses, means and the difference, over the cases that both scored."""
    found = _compare(a, b, higher_is_better=higher)
    both = sorted(set(a) & set(b))
    up, down = sum(b[k] > a[k] for k in both), sum(b[k] < a[k] for k in both)
    assert (found.win, found.loss) == ((up, down) if higher else (down, up))
    assert found.win + found.tie + found.loss == found.pairs == len(both)
    assert (found.only_a, found.only_b) == (len(set(a) - set(b)), len(set(b) - set(a)))
    if not both:
        assert (found.mean_a, found.mean_b, found.difference, found.interval) == (None, None, None, None)
        return
    assert found.mean_a == pytest.approx(sum(a[k] for k in both) / len(both))
    assert found.mean_b == pytest.approx(sum(b[k] for k in both) / len(both))
    assert found.difference == pytest.approx(sum(b[k] - a[k] for k in both) / len(both))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30))
def test_turned_round_a_comparison_says_the_opposite(pairs: list[tuple[float, float]]) -> None:
    """B against A has the same numbers with the other sign, and the same cases moved."""
    a, b = _numbered([one for one, _ in pairs]), _numbered([other for _, other in pairs])
    there, back = _compare(a, b), _compare(b, a)
    assert (there.win, there.tie, there.loss) == (back.loss, back.tie, back.win)
    assert there.difference == pytest.approx(-(back.difference or 0))
    assert [(m.case_id, m.a, m.b) for m in there.moved] == [(m.case_id, m.b, m.a) for m in back.moved]
    assert there.interval is not None
    assert back.interval is not None
    width = there.interval.high - there.interval.low
    assert there.interval.low == pytest.approx(-back.interval.high, abs=0.1 * width + 1e-9)
    assert there.interval.high == pytest.approx(-back.interval.low, abs=0.1 * width + 1e-9)


def test_a_clear_gain_is_better_and_its_reverse_worse() -> None:
    """And for a metric of which less is better it is the other way round."""
    rng = np.random.default_rng(3)
    low = _numbered((0.3 + 0.1 * rng.random(40)).tolist())
    high = _numbered((0.6 + 0.1 * rng.random(40)).tolist())
    for higher, verdict in ((True, "better"), (False, "worse")):
        assert _compare(low, high, higher_is_better=higher).verdict == verdict
        assert _compare(high, low, higher_is_better=higher).verdict == _OPPOSITE[verdict]
        assert _compare(low, low, higher_is_better=higher).verdict == "unclear"
    assert _compare(low, high, higher_is_better=False).loss == 40


def test_two_draws_of_one_system_are_seldom_told_apart() -> None:
    """No more than about one comparison in twenty calls noise a change."""
    rng = np.random.default_rng(20261123)
    runs = ((_numbered(rng.random(40).tolist()), _numbered(rng.random(40).tolist())) for _ in range(200))
    assert np.mean([_compare(a, b).verdict != "unclear" for a, b in runs]) <= 0.09


def test_what_rounding_leaves_is_a_tie() -> None:
    """Also where it leaves the same in every pair, which would otherwise be a certain gain."""
    a = _numbered([0.1, 0.2, 0.3])
    b = {key: value + TIE / 2 for key, value in a.items()}
    found = _compare(a, b)
    assert (found.win, found.tie, found.loss, found.moved, found.verdict) == (0, 3, 0, (), "unclear")


def test_no_shared_case_is_no_comparison() -> None:
    """Nothing is made up where nothing can be said."""
    found = _compare({"a": 1.0}, {"b": 0.0, "c": 0.5})
    assert (found.pairs, found.only_a, found.only_b) == (0, 1, 2)
    assert (found.mean_a, found.difference, found.interval, found.moved) == (None, None, None, ())
    assert found.verdict == "unclear"


def test_those_that_moved_most_come_first() -> None:
    """The largest change first, whichever its direction, ties left out, and no more than are worth reading."""
    a = _numbered([0.5] * 20)
    b = _numbered([0.5 + (i - 10) / 50 for i in range(20)])
    moved = _compare(a, b).moved
    assert len(moved) == MOVED
    sizes = [abs(m.difference) for m in moved]
    assert sizes == sorted(sizes, reverse=True)
    assert (moved[0].case_id, moved[0].user_input) == ("case-0", "case-0?")
    assert _compare({"x": 0.0, "y": 1.0}, {"x": 0.0, "y": 0.0}).moved[0].case_id == "y"
    assert len(_compare({"x": 0.0, "y": 1.0}, {"x": 0.0, "y": 0.0}).moved) == 1


def test_the_order_of_cases_changes_no_number() -> None:
    """Only what both runs said of a case counts, not when."""
    a, b = _numbered([0.1, 0.5, 0.9, 0.3]), _numbered([0.2, 0.4, 0.9, 0.8])
    turned = dict(reversed(b.items()))
    assert _compare(a, turned) == _compare(a, b)


def test_runs_are_compared_on_every_metric_that_both_have(tmp_path: Path) -> None:
    """With the cases that only one of them asked counted, and the origin's differences carried along."""
    case = [Case(id=f"case-{i}", user_input=f"Question {i}?") for i in range(4)]

    def row(i: int, **values: float) -> tuple[Case, Answer, dict[str, Score]]:
        return case[i], Answer(), {name: Score(value=value) for name, value in values.items()}

    def folder(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name / "journal.db"

    a_rows = [row(i, one=0.1 * i, two=0.5) for i in range(3)]
    b_rows = [row(i, one=0.2 * i, three=0.5) for i in range(1, 4)]
    with (
        samples.journal(folder("a"), a_rows, ("one", "two"), name="weak") as a,
        samples.journal(folder("b"), b_rows, ("one", "three"), name="strong") as b,
    ):
        found = compare_runs(("id-a", a), ("id-b", b), ["judges differ"], 0)
        assert found == compare_runs(("id-a", a), ("id-b", b), ["judges differ"], 0)
    assert (found.a, found.b, found.name_a, found.name_b) == ("id-a", "id-b", "weak", "strong")
    assert (found.only_in_a, found.only_in_b, found.differences) == (1, 1, ("judges differ",))
    assert found.embedded_judge
    (metric,) = found.metrics
    assert (metric.name, metric.pairs, metric.win) == ("one", 2, 2)
    assert metric.difference == pytest.approx(0.15)
    assert metric.moved[0].user_input == "Question 2?"


def test_a_handful_of_pairs_decides_nothing() -> None:
    """Five gains of five are luck one time in sixteen; from six on the interval speaks."""
    rng = np.random.default_rng(0)
    for pairs, said in ((5, "unclear"), (6, "better")):
        a = {str(n): 0.0 for n in range(pairs)}
        b = {str(n): 1.0 for n in range(pairs)}
        assert compare_metric("m", a, b, str, rng).verdict == said
