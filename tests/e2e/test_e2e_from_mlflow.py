"""What stands in MLflow as traces is replayed from there."""

import json
from pathlib import Path

import pytest
from support.mlflow_store import ready_store
from support.runs import CASES, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app


@pytest.mark.slow
def test_traces_are_read_out_of_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was kept in MLflow is inspected and played again from its traces, with the same scores."""
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{ready_store(tmp_path / 'mlflow.db')}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    said = {"tracking_uri": uri, "experiment": "kept"}
    assert replay(tmp_path, "first", rows(wrong=2), mlflow=said, metrics=["faithfulness"]).exit_code == 0
    looked = CliRunner().invoke(app, ["traces", "inspect", "mlflow:kept", "--json"])
    assert looked.exit_code == 0, looked.output
    assert json.loads(looked.stdout)["exchanges"] == CASES
    target = {"kind": "replay", "path": "mlflow:kept", "match": "question"}
    again = replay(tmp_path, "again", rows(wrong=2), target=target, mlflow={"enabled": False}, metrics=["faithfulness"])
    assert again.exit_code == 0, again.output
    compared = CliRunner().invoke(app, ["compare", "first", "again", "--runs", str(tmp_path / "runs"), "--json"])
    metric = json.loads(compared.stdout)["metrics"][0]
    assert (metric["pairs"], metric["difference"]) == (CASES, 0)
    nothing = CliRunner().invoke(app, ["traces", "inspect", "mlflow:nowhere"])
    assert nothing.exit_code == 2
    assert "has no experiment 'nowhere'" in nothing.stderr
