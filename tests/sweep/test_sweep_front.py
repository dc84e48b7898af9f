"""Which variants are beaten by no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.sweep import front
from rag_eval.sweep.front import Point
from rag_eval.sweep.result import Axis


def _points(*pairs: tuple[float, float]) -> list[Point]:
    return [Point({"quality": quality, "latency": latency}) for quality, latency in pairs]


@pytest.mark.parametrize(
    ("pairs", "on_front"),
    [
        (((0.5, 1.0), (0.7, 2.0), (0.6, 3.0)), (True, True, False)),
        (((0.5, 1.0), (0.505, 1.04)), (True, True)),
        (((0.5, 1.0), (0.5, 1.2)), (True, False)),
        (((0.5, 1.0), (0.5, 1.0)), (True, True)),
        (((0.5, 0.010), (0.6, 0.040)), (False, True)),
        (((0.5, 0.010), (0.6, 0.070)), (True, True)),
        (((0.5, 10.0), (0.6, 10.8)), (False, True)),
    ],
    ids=["beaten in both", "equal in what matters", "slower", "the same", "30 ms are none", "60 ms are some", "8 %"],
)
def test_what_differs_by_less_than_matters_counts_as_equal(
    pairs: tuple[tuple[float, float], ...], on_front: tuple[bool, ...]
) -> None:
    """0.01 of quality, 50 ms or a tenth of time."""
    assert tuple(front.front(_points(*pairs), 0.01)) == on_front


def test_a_third_axis_saves_what_two_would_beat() -> None:
    """The cheap one stays, although it is worse and slower; by less than a tenth it does not."""
    for cost, stays in ((0.5, True), (0.95, False)):
        points = [
            Point({"quality": 0.7, "latency": 1.0, "cost": 1.0}),
            Point({"quality": 0.6, "latency": 2.0, "cost": cost}),
        ]
        assert front.front(points, 0.01) == [True, stays]


@given(
    st.lists(st.tuples(*[st.floats(0, 1), st.floats(0, 9), st.floats(0, 9)]), min_size=1, max_size=12),
    st.sampled_from([0.0, 0.01, 0.3]),
)
def test_there_is_always_a_front(values: list[tuple[float, float, float]], smallest: float) -> None:
    """Also where small steps lead round in a ring."""
    points = [Point({"quality": q, "latency": t, "tokens": n}) for q, t, n in values]
    assert any(front.front(points, smallest))


def test_a_ring_is_decided_by_the_plain_rule() -> None:
    """Each of three is beaten by another; then every difference counts, and the fastest stays."""
    ring = [(0.5, 0.00, 100.0), (0.5, 0.04, 95.0), (0.5, 0.08, 90.0)]
    points = [Point({"quality": q, "latency": t, "tokens": n}) for q, t, n in ring]
    assert front.front(points, 0.01) == [True, True, True]
    beaten = [Point({"quality": q, "latency": t, "tokens": n}) for q, t, n in [(0.5, 0.0, 96.0), (0.5, 0.06, 100.0)]]
    assert front.front(beaten, 0.01) == [True, False]


def test_axes_are_what_is_known_of_every_variant() -> None:
    """Tokens only where no price is known; nothing of no variant."""
    both: dict[Axis, float | None] = {"quality": 0.5, "latency": 1.0, "cost": 0.1, "tokens": 10.0}
    without: dict[Axis, float | None] = {**both, "cost": None}
    assert front.axes([both, both]) == ("quality", "latency", "cost")
    assert front.axes([both, without]) == ("quality", "latency", "tokens")
    assert front.axes([{**both, "latency": None}]) == ("quality", "cost")
    assert front.axes([]) == ()
