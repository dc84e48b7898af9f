"""Runs in a list."""

import pytest

from rag_eval.records import GateOutcome
from rag_eval.reports import runlist
from rag_eval.runs.listing import RunEntry
from rag_eval.runs.outline import State


def _entry(state: State = "finished", gates: GateOutcome | None = None, value: float | None = 0.5) -> RunEntry:
    return RunEntry(
        id="20261123-091500-strong", path="runs/20261123-091500-strong", key="k", name="strong", began=0.0, state=state,
        cases=3, planned=3, progress="3/3", limited="", gates=gates, primary="correctness", value=value, interval=None,
        size=10, tags={}, baselines=(), problem="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "gates", "says"),
    [
        ("finished", None, "finished"),
        ("finished", "passed", "finished"),
        ("finished", "failed", "gates failed"),
        ("stopped", "undecided", "stopped, gates undecided"),
        ("running", None, "running"),
    ],
)
def test_gates_are_told_of_where_they_did_not_all_pass(state: State, gates: GateOutcome | None, says: str) -> None:
    """In place of that it finished, which then goes without saying."""
    assert runlist.state(_entry(state, gates)) == says


@pytest.mark.parametrize(
    ("count", "says"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (123_456, "123.5 kB"), (5e6, "5.0 MB"), (2e12, "2000.0 GB")],
)
def test_bytes_are_said_as_people_say_them(count: float, says: str) -> None:
    """By thousands, as disks are sold."""
    assert runlist.size(count) == says


def test_a_score_without_a_value_is_none() -> None:
    """A number, with the metric's name where a list has several."""
    assert runlist.score(_entry(value=None), named=True) == "–"
    assert runlist.score(_entry(), named=False) == "0.500"
    assert runlist.score(_entry(), named=True) == "correctness 0.500"


def test_one_run_is_not_several() -> None:
    """In English."""
    assert [runlist.plural(count) for count in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
