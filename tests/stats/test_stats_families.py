"""Many comparisons at a time raise no more false alarms than one."""

import pytest
from support import samples

from rag_eval.records import MetricComparison, RunComparison
from rag_eval.stats.families import across, alone


def _metric(name: str, p: float) -> MetricComparison:
    return samples.compared(name, verdict="worse", p_value=p)


def _run(*metrics: MetricComparison) -> RunComparison:
    return samples.comparison(*metrics, primary="m", verdict="worse", regressed=tuple(m.name for m in metrics))


def test_the_best_of_several_runs_is_held_to_more() -> None:
    """What would be clear for one run is not for the best of three; what is very clear stays so."""
    (one,) = across([_run(_metric("m", 0.03))])
    assert one.verdict == "worse"
    assert one.metrics[0].adjusted_p == pytest.approx(0.03)
    found = across([_run(_metric("m", 0.03)), _run(_metric("m", 0.5)), _run(_metric("m", 0.001))])
    assert [run.verdict for run in found] == ["unclear", "unclear", "worse"]
    assert [run.regressed for run in found] == [(), (), ("m",)]
    assert "not among all metrics of all runs" in found[0].metrics[0].note


def test_the_primary_metric_is_no_judge_of_the_others() -> None:
    """It is adjusted for itself in the other runs, the others for each other in all of them."""
    runs = [_run(_metric("m", 0.01), _metric("x", 0.02), _metric("y", 0.04)) for _ in range(2)]
    adjusted = [[m.adjusted_p for m in run.metrics] for run in across(runs)]
    assert adjusted[0] == pytest.approx([0.02, 0.08, 0.08])
    assert adjusted[1] == pytest.approx([0.02, 0.08, 0.08])


def test_slices_are_adjusted_for_each_other() -> None:
    """Of ten slices one looks worse by luck."""
    found = alone([_metric("m", 0.04), *[_metric("m", 0.9)] * 9], "tags")
    assert {m.verdict for m in found} == {"unclear"}
    assert "not among 10 tags" in found[0].note
    assert alone([_metric("m", 0.04)], "tags")[0].verdict == "worse"
