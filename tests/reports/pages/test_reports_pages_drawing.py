"""Pictures in the rows of a page: differences, means and shares."""

import re

import pytest
from support import samples

from rag_eval.records import Interval
from rag_eval.reports.pages import drawing


def _circle(svg: str) -> float:
    match = re.search(r'cx="([\d.]+)"', svg)
    assert match
    return float(match[1])


def test_better_is_to_the_right() -> None:
    """Whether more or less of it is better."""
    more = samples.compared(difference=0.1, interval=None)
    less = samples.compared(difference=0.1, interval=None, higher_is_better=False)
    middle = _circle(drawing.forest(samples.compared(difference=0.0, interval=None), 1.0))
    assert _circle(drawing.forest(less, 1.0)) < middle < _circle(drawing.forest(more, 1.0))


def test_an_axis_holds_every_interval() -> None:
    """Of metrics without one, the difference; and never nothing."""
    wide = samples.compared(interval=Interval(low=-0.4, high=0.1, method="t"))
    assert drawing.reach([samples.compared(), wide]) >= 0.4
    assert drawing.reach([samples.compared(difference=0.3, interval=None)]) >= 0.3
    assert drawing.reach([]) > 0


@pytest.mark.parametrize(("verdict", "tone"), [("better", "good"), ("worse", "bad"), ("unclear", "none")])
def test_the_verdict_gives_the_colour(verdict: str, tone: str) -> None:
    """What is not clear has none."""
    assert f'class="p-{tone}"' in drawing.forest(samples.compared(verdict=verdict), 1.0)


def test_what_has_no_number_has_no_picture() -> None:
    """A metric without pairs, one beyond [0, 1], one that a run lacks."""
    assert drawing.forest(samples.compared(difference=None, interval=None), 1.0) == ""
    assert drawing.mean(samples.metric(mean=None)) == ""
    assert drawing.mean(samples.metric(bounded=False)) == ""
    assert drawing.shares(None, "A") == ""


def test_shares_are_said_to_who_hears_the_page() -> None:
    """The bar is no more than its label says, and as wide as all cases are."""
    svg = drawing.shares(
        samples.metric(n=60, failed=10, not_applicable=30, not_applicables={"refused": 20, "reference is missing": 10}),
        "A",
    )
    assert 'aria-label="A: 60 scored, 20 refused, 10 failed, 10 not applicable"' in svg
    assert sum(float(width) for width in re.findall(r'width="([\d.]+)"', svg)) == pytest.approx(70, abs=0.05)
