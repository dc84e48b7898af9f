"""Tables that stand in a page: groups of metrics, and slices with what may be luck."""

from typing import Any

import pytest
from support import samples

from rag_eval.records import Interval, MetricComparison, SliceComparison, SliceSummary
from rag_eval.reports.pages import tables
from rag_eval.reports.pages.tables import FEWEST, SliceCell, SliceTable

_FELL = {"difference": -0.1, "interval": Interval(low=-0.2, high=-0.01, method="m")}


def part(tag: str, **metric: Any) -> SliceComparison:
    """One metric over the questions with one tag."""
    return SliceComparison(tag=tag, metric=samples.compared(**metric))


def cell(**metric: Any) -> SliceCell:
    """What stands in a table of slices."""
    table = tables.comparison_slices({"faithfulness": [part("a", **metric)]})
    assert table is not None
    return table.rows[0][2][0]


def test_metrics_are_grouped_by_what_they_speak_of() -> None:
    """What has a unit is time or cost, whatever it is called; what nobody knows speaks of the answer."""
    metrics = [
        samples.metric("latency", unit="s"),
        samples.metric("own"),
        samples.metric("recall@5"),
        samples.metric("faithfulness"),
        samples.metric("context_recall"),
        samples.metric("own_dollars", unit="$"),
    ]
    assert {name: [m.name for m in members] for name, members in tables.grouped(metrics).items()} == {
        "answer": ["own", "faithfulness"],
        "retrieval": ["recall@5", "context_recall"],
        "time and cost": ["latency", "own_dollars"],
    }


def test_a_group_without_a_metric_is_no_group() -> None:
    """No heading stands over nothing."""
    assert tables.grouped([samples.metric("recall@5")]).keys() == {"retrieval"}
    assert tables.grouped(list[MetricComparison]()) == {}


def test_every_metric_of_a_comparison_has_a_row() -> None:
    """Also one that the summaries lack, which then has no bars; a metric with a unit does not stretch others' axis."""
    slow = samples.compared("latency", unit="s", difference=50.0, interval=Interval(low=40, high=60, method="m"))
    comparison = samples.comparison(samples.compared(), slow)
    rows = tables.comparison_rows(comparison, samples.summary(), samples.summary())
    alone = tables.comparison_rows(samples.comparison(samples.compared()), samples.summary(), samples.summary())
    assert [row.metric.name for members in rows.values() for row in members] == ["faithfulness", "latency"]
    assert rows["answer"][0].plot == alone["answer"][0].plot
    assert rows["answer"][0].shares
    assert not rows["time and cost"][0].shares


@pytest.mark.parametrize(
    ("verdict", "tone"), [("better", "good"), ("worse", "bad"), ("unclear", "grey"), ("too_few", "grey")]
)
def test_a_row_has_the_colour_of_its_verdict(verdict: str, tone: str) -> None:
    """What is settled alone is coloured."""
    comparison = samples.comparison(samples.compared(verdict=verdict))
    [row] = tables.comparison_rows(comparison, samples.summary(), samples.summary())["answer"]
    assert row.tone == tone


def test_a_run_has_a_row_for_each_metric() -> None:
    """One without a mean has no picture."""
    summary = samples.summary(samples.metric(), samples.metric("correctness", mean=None, interval=None))
    first, second = tables.run_rows(summary)["answer"]
    assert "<svg" in first.plot
    assert not second.plot


@pytest.mark.parametrize("slices", [{}, {"faithfulness": []}, {"faithfulness": (), "correctness": ()}])
def test_without_tags_there_is_no_table(slices: dict[str, list[SliceComparison]]) -> None:
    """An empty one would say that something was looked at."""
    assert tables.comparison_slices(slices) is None
    assert tables.run_slices([]) is None


def test_tags_stand_in_the_order_of_the_first_metric() -> None:
    """With the most pairs that any metric has; what a metric lacks of a tag is a dash."""
    table = tables.comparison_slices(
        {"faithfulness": [part("b", pairs=10), part("a", pairs=7)], "correctness": [part("b", pairs=12)]}
    )
    assert table is not None
    assert table.metrics == ("faithfulness", "correctness")
    assert [(tag, count) for tag, count, _ in table.rows] == [("b", 12), ("a", 7)]
    assert table.rows[1][2][1] == SliceCell("–", "")
    assert table.cells == 3


@pytest.mark.parametrize(
    ("metric", "tone", "mark"),
    [
        ({}, "good", True),
        ({"higher_is_better": False}, "bad", True),
        (_FELL, "bad", True),
        ({**_FELL, "higher_is_better": False}, "good", True),
        ({"adjusted_p": 0.04}, "good", True),
        ({"adjusted_p": 0.06}, "good", False),
        ({"interval": Interval(low=-0.01, high=0.2, method="m")}, "grey", False),
        ({"interval": Interval(low=0.0, high=0.2, method="m")}, "grey", False),
        ({"interval": None}, "grey", False),
        ({"pairs": FEWEST - 1}, "grey", False),
        ({"pairs": FEWEST}, "good", True),
    ],
)  # fmt: skip
def test_only_what_is_clear_is_coloured(metric: dict[str, Any], tone: str, *, mark: bool) -> None:
    """By which way is better; marked where it stays clear among all tags, and never of a handful of questions."""
    found = cell(**metric)
    assert (found.tone, found.mark) == (tone, mark)


def test_a_cell_says_what_it_rests_on() -> None:
    """Its interval where there is one, and how many questions; no pair is no number."""
    assert cell().text == "+0.122"
    assert cell().detail == "[+0.051, +0.153] n 100"
    assert cell(interval=None, pairs=3).detail == "n 3"
    assert cell(difference=None) == cell(pairs=0) == SliceCell("–", "")


def test_means_by_tag() -> None:
    """Those of few questions are grey; where a metric has no mean there is none."""
    metrics = (samples.metric(), samples.metric("few", n=FEWEST - 1, interval=None), samples.metric("no", mean=None))
    table = tables.run_slices([SliceSummary(tag="a", cases=9, metrics=metrics)])
    assert table is not None
    assert table.metrics == ("faithfulness", "few", "no")
    tag, cases, cells = table.rows[0]
    assert (tag, cases) == ("a", 9)
    assert cells == (
        SliceCell("0.888", "[0.812, 0.946] n 100"), SliceCell("0.888", f"n {FEWEST - 1}", "grey"), SliceCell("–", ""),
    )  # fmt: skip


@pytest.mark.parametrize(("cells", "luck"), [(0, 0), (9, 0), (11, 1), (20, 1), (40, 2), (100, 5)])
def test_luck_is_one_cell_in_twenty(cells: int, luck: int) -> None:
    """Of those that hold a number; a dash cannot be clear."""
    row = ("a", 9, (*[SliceCell("0.5", "")] * cells, SliceCell("–", "")))
    assert SliceTable(("m",), (row,)).by_luck == luck
