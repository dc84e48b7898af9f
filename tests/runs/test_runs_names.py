"""What a run's name says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag_eval.runs import names


@pytest.mark.parametrize(
    ("run", "time", "experiment", "number"),
    [
        ("20261123-091500-strong", "20261123-091500", "strong", 1),
        ("20261123-091500-strong~2", "20261123-091500", "strong", 2),
        ("strong", None, "strong", 1),
        ("strong~x", None, "strong", 1),
        ("20261123-strong", None, "20261123-strong", 1),
    ],
)
def test_a_name_tells_time_experiment_and_number(run: str, time: str | None, experiment: str, number: int) -> None:
    """Also where it tells less."""
    assert (names.time_of(run), names.experiment_of(run), names.number_of(run)) == (time, experiment, number)


def test_a_name_is_made_of_what_it_tells() -> None:
    """In UTC; a time that cannot be is none."""
    began = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
    assert names.timed(began, "strong") == "20261123-091500-strong"
    assert names.seconds_of("20261123-091500-strong") == began.timestamp()
    assert names.seconds_of("20261399-250000-strong") is None


def test_runs_are_listed_by_time_and_number(tmp_path: Path) -> None:
    """Those that tell no time come first; a folder without a journal is no run."""
    for run in ("20261123-091500-a~10", "20261123-091500-a~2", "20261122-091500-b", "plain"):
        (tmp_path / run).mkdir()
        (tmp_path / run / names.JOURNAL).touch()
    (tmp_path / "empty").mkdir()
    assert names.known(tmp_path) == ["plain", "20261122-091500-b", "20261123-091500-a~2", "20261123-091500-a~10"]
