"""What one of many questions is worth among the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.stats.multiplicity import holm

_p_values = st.lists(st.floats(0, 1), max_size=12)


def test_an_example_of_the_textbooks() -> None:
    """The smallest is taken times the number of tests, the next times one less, and none is below one before it."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_test_alone_is_what_it_is() -> None:
    """Nothing is paid for where nothing else was asked; no test is no number."""
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


@given(_p_values)
def test_nothing_gets_smaller_nor_larger_than_one(p_values: list[float]) -> None:
    """Adjusted values are values of the same kind, and at least those they were made of."""
    for before, after in zip(p_values, holm(p_values), strict=True):
        assert before <= after <= 1


@given(_p_values)
def test_the_order_stays(p_values: list[float]) -> None:
    """What was more surprising is so afterwards, too."""
    adjusted = holm(p_values)
    ranked = sorted(range(len(p_values)), key=lambda place: p_values[place])
    assert [adjusted[place] for place in ranked] == sorted(adjusted)
