"""How many questions it takes, and Holm's adjustment of many tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.records import MOST_NEEDED
from rag_eval.stats import holm, minimum_detectable, needed, pairs_for

_spreads = st.floats(0.01, 1)
_differences = st.floats(0.005, 0.5)


@pytest.mark.parametrize(("sd", "difference", "pairs"), [(0.35, 0.05, 385), (0.35, 0.03, 1069), (0.35, 0.10, 97)])
def test_pairs_to_see_a_difference(sd: float, difference: float, pairs: int) -> None:
    """((1.95996 + 0.84162) sd / difference)², rounded up, for four chances in five."""
    assert pairs_for(sd, difference) == pairs_for(sd, -difference) == pairs
    least = minimum_detectable(sd, pairs)
    assert least is not None
    assert least <= difference < (minimum_detectable(sd, pairs - 1) or 0)


def test_nothing_shows_a_difference_of_nothing() -> None:
    """Nor is there a smallest one without pairs or without spread."""
    with pytest.raises(ValueError, match="no number of pairs"):
        pairs_for(0.3, 0.0)
    assert minimum_detectable(0.3, 0) is minimum_detectable(0.0, 50) is needed(0.3, 0.0, 50) is None


@given(_spreads, _differences, st.integers(6, 2000))
def test_as_many_more_as_are_needed_are_enough(sd: float, difference: float, n: int) -> None:
    """With them the difference is one that can be detected, and with one fewer it is not."""
    more = needed(sd, difference, n)
    assert more is not None
    if more < MOST_NEEDED:
        assert (minimum_detectable(sd, n + more) or 0) <= difference * (1 + 1e-9)
    if more > 0:
        assert (minimum_detectable(sd, n + more - 1) or 0) > difference * (1 - 1e-9)
    assert more == needed(sd, -difference, n)


def test_a_margin_can_decide_too() -> None:
    """Where the difference is 0 the interval comes to lie within the margin; where it is at it, never."""
    assert needed(0.3, 0.0, 100, margin=0.05) == pairs_for(0.3, 0.05) - 100
    assert needed(0.3, 0.01, 100, margin=0.05) == pairs_for(0.3, 0.04) - 100
    assert needed(0.3, 0.04, 100, margin=0.05) == pairs_for(0.3, 0.04) - 100
    assert needed(0.0, 0.1, 10) == 0


@pytest.mark.parametrize("difference", [0.001, 1e-9, 1e-300])
def test_more_than_can_be_asked_is_not_put_into_a_figure(difference: float) -> None:
    """The largest figure stands for all beyond it."""
    assert needed(0.5, difference, 100) == MOST_NEEDED


def test_holm_multiplies_by_how_many_are_left() -> None:
    """R's p.adjust(c(.01, .04, .03, .005), "holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-12)
    assert holm([0.7, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_an_adjusted_p_keeps_order_and_is_no_smaller(p: list[float]) -> None:
    """Nor larger than Bonferroni's; alone it is itself; the order in which tests come changes nothing."""
    adjusted = holm(p)
    assert all(a <= b <= min(1.0, a * len(p)) + 1e-12 for a, b in zip(p, adjusted, strict=True))
    assert [b for _, b in sorted(zip(p, adjusted, strict=True))] == sorted(adjusted)
    assert holm(list(reversed(p))) == pytest.approx(list(reversed(adjusted)))
    assert holm(p[:1]) == p[:1]
