"""From values to places in a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.sweep.drawing import Scale, ticks

_numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


@given(st.lists(_numbers, min_size=1, max_size=6))
def test_every_value_has_a_place_inside(values: list[float]) -> None:
    """With some room at both ends, also where all are equal; and larger ones stand further on."""
    scale = Scale.around(values, 10.0, 90.0)
    places = [scale.at(value) for value in sorted(values)]
    assert all(10 < place < 90 for place in places)
    assert places == sorted(places)


def test_a_scale_may_run_backwards() -> None:
    """As heights do, which are counted from above."""
    scale = Scale(0.0, 1.0, 100.0, 0.0)
    assert (scale.at(0.0), scale.at(0.25), scale.at(1.0)) == (100.0, 75.0, 0.0)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.13, 0.27, [0.15, 0.2, 0.25]),
        (3.0, 47.0, [10.0, 20.0, 30.0, 40.0]),
        (-1.0, 1.0, [-1.0, -0.5, 0.0, 0.5, 1.0]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    """Steps of 1, 2 or 5, of whatever power of ten."""
    assert ticks(low, high) == pytest.approx(expected)
