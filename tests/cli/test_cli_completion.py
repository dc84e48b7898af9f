"""The names that a shell completes."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import typer

from rag_eval.cli.completion import complete_baseline, complete_run, complete_scores

RUNS = ("20261123-091500-strong", "20261124-091500-weak", "20261125-091500-strong")


@pytest.fixture
def ctx(tmp_path: Path) -> typer.Context:
    """A command line that names its folders of runs and baselines."""
    for run in RUNS:
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "journal.db").touch()
    (tmp_path / "runs" / "no-run").mkdir()
    (tmp_path / "baselines" / "main").mkdir(parents=True)
    (tmp_path / "baselines" / "main" / "scores.parquet").touch()
    params = {"runs_folder": tmp_path / "runs", "baselines": tmp_path / "baselines"}
    return cast("typer.Context", SimpleNamespace(params=params))


def test_every_name_by_which_a_run_is_found_is_offered(ctx: typer.Context) -> None:
    """`latest`, then experiments, then ids, the newest first; what is no run is not."""
    assert [name for name, _ in complete_run(ctx, "")] == ["latest", "strong", "weak", *reversed(RUNS)]
    assert complete_run(ctx, "w") == [("weak", "the newest run of this experiment")]


def test_baselines_stand_before_runs_where_both_may_stand(ctx: typer.Context) -> None:
    """Each with what it is."""
    assert complete_baseline(ctx, "") == [("main", "a baseline")]
    assert [name for name, _ in complete_scores(ctx, "")][:2] == ["main", "latest"]
    assert complete_baseline(ctx, "x") == []


def test_a_folder_without_runs_offers_nothing(tmp_path: Path) -> None:
    """Not even `latest`, which would find none."""
    nothing = cast("typer.Context", SimpleNamespace(params={"runs_folder": tmp_path, "baselines": tmp_path}))
    assert complete_scores(nothing, "") == []
