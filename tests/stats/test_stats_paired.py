"""Whether B is better than A, question by question."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.records import MetricComparison, MetricTraits
from rag_eval.stats import Side, compare_metric
from rag_eval.stats.intervals import FEW_MOVED, FEWEST
from rag_eval.stats.paired import MOVED, TIE

_runs = st.dictionaries(st.sampled_from([f"case-{i}" for i in range(15)]), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
_OPPOSITE = {"better": "worse", "worse": "better"}


def _compare(a: dict[str, float] | Side, b: dict[str, float] | Side, **traits: Any) -> MetricComparison:
    one, other = (side if isinstance(side, Side) else Side(side) for side in (a, b))
    made = MetricTraits.model_validate({"name": "m", **traits})
    return compare_metric(made, one, other, lambda key: f"{key}?", np.random.default_rng(0))


def _numbered(values: list[float]) -> dict[str, float]:
    return {f"case-{i}": value for i, value in enumerate(values)}


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


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30))
def test_turned_round_a_comparison_says_the_opposite(pairs: list[tuple[float, float]]) -> None:
    """B against A has the same numbers with the other sign, and the same cases moved."""
    a, b = _numbered([one for one, _ in pairs]), _numbered([other for _, other in pairs])
    there, back = _compare(a, b), _compare(b, a)
    assert (there.win, there.tie, there.loss) == (back.loss, back.tie, back.win)
    assert there.difference == pytest.approx(-(back.difference or 0))
    assert [(m.case_id, m.a, m.b) for m in there.lost] == [(m.case_id, m.b, m.a) for m in back.gained]
    assert there.verdict == _OPPOSITE.get(back.verdict, back.verdict)
    if there.interval is None or back.interval is None:
        assert there.interval is back.interval is None
        assert there.note
        return
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
        assert _compare(low, low, higher_is_better=higher).verdict == "unmoved"
    assert _compare(low, high, higher_is_better=False).loss == 40


@pytest.mark.slow
def test_two_draws_of_one_system_are_seldom_told_apart() -> None:
    """No more than about one comparison in twenty calls noise a change."""
    rng = np.random.default_rng(20261123)
    runs = ((_numbered(rng.random(40).tolist()), _numbered(rng.random(40).tolist())) for _ in range(200))
    assert np.mean([_compare(a, b).verdict in _OPPOSITE for a, b in runs]) <= 0.09


def test_what_rounding_leaves_is_a_tie() -> None:
    """Also where it leaves the same in every pair, which would otherwise be a certain gain."""
    a = _numbered([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    b = {key: value + TIE / 2 for key, value in a.items()}
    found = _compare(a, b)
    assert (found.win, found.tie, found.loss, found.moved, found.verdict) == (0, 7, 0, (), "unmoved")


def test_no_shared_case_is_no_comparison() -> None:
    """Nothing is made up where nothing can be said."""
    found = _compare({"a": 1.0}, {"b": 0.0, "c": 0.5})
    assert (found.pairs, found.only_a, found.only_b) == (0, 1, 2)
    assert (found.mean_a, found.difference, found.interval, found.moved) == (None, None, None, ())
    assert (found.verdict, found.note) == ("too_few", "0 pairs are too few to tell; it takes 6")


def test_those_that_moved_most_come_first() -> None:
    """Losses first, the largest of each direction first, ties left out, and no more than are worth reading."""
    a = _numbered([0.5] * 20)
    b = _numbered([0.5 + (i - 12) / 50 for i in range(20)])
    found = _compare(a, b)
    assert (len(found.lost), len(found.gained)) == (MOVED, 7)
    for moved in (found.lost, found.gained):
        sizes = [abs(m.difference) for m in moved]
        assert sizes == sorted(sizes, reverse=True)
    assert (found.moved[0].case_id, found.moved[0].user_input) == ("case-0", "case-0?")
    assert _compare({"x": 0.0, "y": 1.0}, {"x": 0.0, "y": 0.0}).moved[0].case_id == "y"
    assert len(_compare({"x": 0.0, "y": 1.0}, {"x": 0.0, "y": 0.0}).moved) == 1


def test_the_order_of_cases_changes_no_number() -> None:
    """Only what both runs said of a case counts, not when."""
    a, b = _numbered([0.1, 0.5, 0.9, 0.3]), _numbered([0.2, 0.4, 0.9, 0.8])
    turned = dict(reversed(b.items()))
    assert _compare(a, turned) == _compare(a, b)


@pytest.mark.parametrize(("pairs", "verdict"), [(FEWEST - 1, "too_few"), (FEWEST, "better")])
def test_a_handful_of_pairs_decides_nothing(pairs: int, verdict: str) -> None:
    """Five gains of five are luck one time in sixteen, and there is no interval but a sentence."""
    found = _compare(_numbered([0.0] * pairs), _numbered([1.0] * pairs))
    assert (found.verdict, found.interval) == (verdict, None)
    assert found.note


@pytest.mark.parametrize("moved", range(1, FEW_MOVED + 1))
def test_where_few_questions_moved_their_signs_are_counted(moved: int) -> None:
    """No interval is drawn from them: the exact sign test stands in for it, and cannot reject with so few."""
    found = _compare(_numbered([0.0] * 40), _numbered([1.0] * moved + [0.0] * (40 - moved)))
    assert (found.verdict, found.interval) == ("unclear", None)
    assert found.p_value == pytest.approx(min(1.0, 2 * 0.5**moved))
    assert f"of 40 moved, {moved} up and 0 down" in found.note


@pytest.mark.parametrize(
    ("gain", "spread", "smallest", "verdict"),
    [
        (0.3, 0.1, 0.01, "better"),
        (-0.3, 0.1, 0.01, "worse"),
        (0.008, 0.001, 0.01, "negligible"),
        (0.0, 0.01, 0.02, "negligible"),
        (0.0, 0.3, 0.02, "unclear"),
    ],
)
def test_a_difference_that_does_not_matter_is_none(gain: float, spread: float, smallest: float, verdict: str) -> None:
    """Clear but smaller than what matters, or surely smaller than it: neither is better nor worse."""
    noise = np.random.default_rng(1).normal(0, spread, 200)
    gains = noise - noise.mean() + gain
    a = _numbered([0.5] * 200)
    b = _numbered((0.5 + gains).tolist())
    assert _compare(a, b, smallest=smallest).verdict == verdict


def test_the_smallest_difference_of_a_time_grows_with_it() -> None:
    """A tenth of a slow service, 50 ms of a fast one."""
    noise = np.random.default_rng(1).normal(0, 0.001, 100)
    time = {"bounded": False, "higher_is_better": False, "smallest": 0.05, "smallest_share": 0.1}
    for before, after, verdict in ((0.02, 0.05, "negligible"), (2.0, 2.15, "negligible"), (2.0, 2.3, "worse")):
        a, b = _numbered((before + noise).tolist()), _numbered((after - noise).tolist())
        assert _compare(a, b, **time).verdict == verdict


def test_what_the_judge_failed_is_nobodys_loss() -> None:
    """It is no pair; where its score could turn what is concluded, that cannot be told."""
    a = _numbered([0.4 + 0.01 * (i % 3) for i in range(40)])
    b = {key: value + 0.1 + 0.001 * (len(key) % 2) for key, value in a.items()}
    for lost, verdict in ((1, "better"), (12, "cannot_tell")):
        gone = frozenset(list(b)[:lost])
        rest = {key: value for key, value in b.items() if key not in gone}
        found = _compare(a, Side(rest, unjudged=gone))
        assert (found.verdict, found.pairs, found.unjudged) == (verdict, 40 - lost, lost)
        assert found.difference is not None
        assert found.bounds is not None
        assert found.difference == pytest.approx(0.1, abs=0.002)
        assert found.bounds[0] < found.difference < found.bounds[1]
    assert "the judge failed on 12 questions" in found.note


def test_what_got_no_answer_counts_and_stands_apart_too() -> None:
    """Its zero is in both means; beside them stand the means over what both answered."""
    a = _numbered([0.8] * 25 + [0.6] * 15)
    lost = frozenset(list(a)[25:])
    b = {key: 0.0 if key in lost else value for key, value in a.items()}
    found = _compare(Side(a), Side(b, unanswered=lost))
    assert (found.verdict, found.pairs, found.unanswered_a, found.unanswered_b) == ("worse", 40, 0, 15)
    assert found.mean_a == pytest.approx(0.725)
    assert found.mean_b == pytest.approx(0.5)
    assert found.survivors is not None
    assert (found.survivors.pairs, found.survivors.mean_a, found.survivors.mean_b) == pytest.approx((25, 0.8, 0.8))


def test_one_lucky_document_is_no_gain() -> None:
    """Forty questions of four documents, of which one gained, are clear as questions and unclear as documents."""
    noise = np.random.default_rng(1).normal(0, 0.02, 40)
    a = _numbered([0.5] * 40)
    b = _numbered((0.5 + noise + 0.3 * (np.arange(40) < 10)).tolist())
    documents = {f"case-{i}": i // 10 for i in range(40)}
    traits = MetricTraits(name="m")
    alone = _compare(a, b)
    grouped = compare_metric(traits, Side(a), Side(b), str, np.random.default_rng(0), documents)
    assert (alone.verdict, grouped.verdict) == ("better", "unclear")
    assert grouped.interval is not None
    assert grouped.interval.method == "t, 4 clusters"
    assert grouped.difference == alone.difference
    assert (grouped.p_value or 0) > 0.05 > (alone.p_value or 1)
    assert (grouped.needed or 0) > (alone.needed or 0)
    few = compare_metric(
        traits, Side(a), Side(b), str, np.random.default_rng(0), {k: v // 2 for k, v in documents.items()}
    )
    assert (few.verdict, few.note) == ("too_few", "2 clusters are too few to tell; it takes 3")


def test_a_question_without_a_cluster_is_one_of_its_own() -> None:
    """So clusters that know none of the questions change nothing."""
    rng = np.random.default_rng(5)
    a, b = _numbered(rng.random(20).tolist()), _numbered(rng.random(20).tolist())
    found = compare_metric(
        MetricTraits(name="m"), Side(a), Side(b), lambda key: f"{key}?", np.random.default_rng(0), {}
    )
    assert found == _compare(a, b)


def test_an_unclear_difference_says_how_much_it_would_take() -> None:
    """Its effect, the smallest difference that so many pairs see, and how many more would decide."""
    noise = np.random.default_rng(1).normal(0, 0.3, 100)
    differences = (noise - noise.mean()) / noise.std(ddof=1) * 0.3 + 0.03
    found = _compare(_numbered([0.5] * 100), _numbered((0.5 + differences).tolist()))
    assert found.verdict == "unclear"
    assert found.effect == pytest.approx(0.1)
    assert found.detectable == pytest.approx(2.801585218 * 0.03, abs=1e-9)
    assert found.needed == 785 - 100
    same = _compare(_numbered([0.5] * 10), _numbered([0.5] * 10))
    assert (same.effect, same.detectable, same.needed) == (None, None, None)


def test_all_moved_alike_is_said_and_no_interval() -> None:
    """As of a replay whose answers all took the same time; also where sums leave a last digit apart, with its unit."""
    a = _numbered([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    b = {key: value + 0.1 for key, value in a.items()}
    found = _compare(a, b, unit="s", higher_is_better=False, bounded=False)
    assert found.interval is None
    assert found.note == "all 7 questions moved by +0.1 s"
    assert found.verdict == "worse"
