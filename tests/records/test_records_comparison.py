"""Two runs against each other: what moved which way, and what became of refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import samples

from rag_eval.records import Movement, RefusalChange


def moved(*values: tuple[float, float]) -> tuple[Movement, ...]:
    """Cases that moved from a value to another."""
    return tuple(Movement(case_id=f"c{n}", user_input="Q?", a=a, b=b) for n, (a, b) in enumerate(values))


@pytest.mark.parametrize(
    ("higher_is_better", "lost", "gained"), [(True, ["c0", "c2"], ["c1"]), (False, ["c1"], ["c0", "c2"])]
)
def test_whether_a_case_lost_goes_by_which_way_is_better(
    lost: list[str], gained: list[str], *, higher_is_better: bool
) -> None:
    """Of seconds a larger number is a loss; the order of both stays."""
    metric = samples.compared(moved=moved((1.0, 0.5), (0.5, 1.0), (1.0, 0.9)), higher_is_better=higher_is_better)
    assert [movement.case_id for movement in metric.lost] == lost
    assert [movement.case_id for movement in metric.gained] == gained


@given(
    values=st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)).filter(lambda pair: pair[0] != pair[1])),
    higher_is_better=st.booleans(),
)
def test_what_moved_has_lost_or_gained(values: list[tuple[float, float]], *, higher_is_better: bool) -> None:
    """Each case is one of the two, and none is both."""
    metric = samples.compared(moved=moved(*values), higher_is_better=higher_is_better)
    assert len(metric.lost) + len(metric.gained) == len(values)
    assert not {*(m.case_id for m in metric.lost)} & {*(m.case_id for m in metric.gained)}
    turned = samples.compared(moved=moved(*values), higher_is_better=not higher_is_better)
    assert (turned.lost, turned.gained) == (metric.gained, metric.lost)


def test_a_metric_is_found_by_its_whole_name() -> None:
    """And one that was not compared is not there."""
    comparison = samples.comparison(samples.compared("recall@5"), samples.compared("recall@50"))
    found = comparison.metric("recall@50")
    assert found is not None
    assert found.name == "recall@50"
    assert comparison.metric("recall") is None
    assert comparison.metric("") is None


@given(counts=st.lists(st.integers(0, 1000), min_size=4, max_size=4))
def test_refusals_are_counted_on_both_sides(counts: list[int]) -> None:
    """What both refused counts for each of them, and every question once for all."""
    both_answered, only_a, only_b, both_refused = counts
    change = RefusalChange(
        both_answered=both_answered, only_a_refused=only_a, only_b_refused=only_b, both_refused=both_refused
    )
    assert change.total == sum(counts)
    assert change.refused_a == only_a + both_refused
    assert change.refused_b == only_b + both_refused
    assert change.refused_a - change.refused_b == only_a - only_b


def test_of_no_question_nothing_was_refused() -> None:
    """Nor answered."""
    change = RefusalChange()
    assert (change.total, change.refused_a, change.refused_b) == (0, 0, 0)
