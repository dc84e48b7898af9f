"""Cases that go to a server while their run goes on."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from support.mlflow_server import MlflowServer
from support.mlflow_store import ready_store
from support.runs import CASES, only, replay, rows

from rag_eval import config, configfile
from rag_eval.ports import RunResult
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking import store
from rag_eval.tracking.mlflow.following import Follower
from rag_eval.tracking.mlflow.tracker import MlflowTracker


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A run that MLflow knows nothing of."""
    folder = tmp_path_factory.mktemp("followed")
    assert replay(folder, "followed", rows(), mlflow={"enabled": False}, metrics=["faithfulness"]).exit_code == 0
    path = only(folder, "followed")
    summary = Summary.model_validate_json((path / "summary.json").read_text())
    return RunResult(summary, path, configfile.flatten(configfile.load(path / "experiment.yaml")))


@pytest.fixture
def run(scored: RunResult) -> RunResult:
    """The same under a key of its own: a run is found wherever a server has it."""
    return replace(scored, summary=scored.summary.model_copy(update={"key": uuid4().hex}))


def _follower(server: MlflowServer, experiment: str, run: RunResult) -> tuple[MlflowTracker, Follower]:
    tracker = MlflowTracker(config.MlflowConfig(tracking_uri=server.url, experiment=experiment))
    return tracker, Follower(server.url, experiment, RunFolder(run.folder), lambda: run.summary)


def _stands(server: MlflowServer, experiment: str) -> tuple[Any, list[str]]:
    """The one MLflow run of an experiment, and the cases of its traces."""
    import mlflow
    from mlflow.tracing.client import TracingClient

    where = mlflow.MlflowClient(server.url).get_experiment_by_name(experiment).experiment_id
    [found] = mlflow.MlflowClient(server.url).search_runs([where])
    traces = TracingClient(server.url).search_traces(locations=[where], run_id=found.info.run_id, max_results=100)
    return found, sorted(str(trace.info.client_request_id) for trace in traces)


def _all_sent(follower: Follower) -> None:
    while len(follower.sent) < CASES:
        time.sleep(0.05)


@pytest.mark.slow
def test_what_was_sent_is_not_sent_again(mlflow_server: MlflowServer, run: RunResult) -> None:
    """The push at the end adds what is missing or has changed, and the numbers; without it the run is unfinished."""
    from mlflow.tracing.client import TracingClient

    tracker, follower = _follower(mlflow_server, "followed", run)
    ids = [f"case-{n}" for n in range(CASES)]
    for case_id in ids:
        follower.tell(case_id)
    _all_sent(follower)
    follower.end(finished=True)
    found, cases = _stands(mlflow_server, "followed")
    assert (found.info.status, cases) == ("RUNNING", ids)
    assert found.data.tags["mlflow.note.content"].startswith("**Unfinished.** `rag-eval run --resume ")
    lost = sorted(follower.sent)[:2]
    TracingClient(mlflow_server.url).delete_traces(found.info.experiment_id, trace_ids=lost)
    follower.sent[lost[0]] = "of what it was before it was retried"
    told: list[tuple[int, int]] = []
    tracker.push(run, lambda *now: told.append(now), follower.sent)
    found, cases = _stands(mlflow_server, "followed")
    assert (found.info.status, len(cases)) == ("FINISHED", CASES - 1)
    assert told == [(0, CASES), (CASES, CASES)]
    tracker.push(run)
    assert _stands(mlflow_server, "followed")[1] == ids


@pytest.mark.slow
def test_what_is_left_is_sent_beside_the_reports(mlflow_server: MlflowServer, run: RunResult) -> None:
    """Also of a run that was resumed, of which nothing was told; the push has but the numbers to add."""
    tracker, follower = _follower(mlflow_server, "beside", run)
    follower.tell_rest(run.summary)
    _all_sent(follower)
    follower.end(finished=True)
    found, cases = _stands(mlflow_server, "beside")
    assert (found.info.status, len(cases), found.data.metrics) == ("RUNNING", CASES, {})
    tracker.push(run, sent=follower.sent)
    found, cases = _stands(mlflow_server, "beside")
    assert (found.info.status, len(cases)) == ("FINISHED", CASES)
    assert found.data.metrics["cases"] == CASES


def test_into_a_file_all_is_sent_beside_the_reports(tmp_path: Path, run: RunResult) -> None:
    """A run that is stopped meanwhile is marked so, and what another push makes of it is whole."""
    uri = f"sqlite:///{ready_store(tmp_path / 'mlflow.db')}"
    settings = config.MlflowConfig(tracking_uri=uri, experiment="file")
    follower = Follower(uri, "file", RunFolder(run.folder), lambda: run.summary)
    follower.tell_rest(run.summary)
    _all_sent(follower)
    follower.end(finished=False)
    assert _in_file(uri) == ("KILLED", CASES)
    MlflowTracker(settings).push(run)
    assert _in_file(uri) == ("FINISHED", CASES)


_KILLED = """
import os, sys, time
from pathlib import Path
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking.mlflow import database
from rag_eval.tracking.mlflow.following import Follower

database.DatabaseWriter.chunk = 2
folder = RunFolder(Path(sys.argv[2]))
summary = Summary.model_validate_json(folder.summary.read_text())
follower = Follower(sys.argv[1], "file", folder, lambda: summary)
follower.tell_rest(summary)
while not follower.sent:
    time.sleep(0.01)
os._exit(9)
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path, scored: RunResult) -> None:
    """What was sent stands there, and a push makes of it what it makes of an empty store."""
    killed, fresh = (f"sqlite:///{ready_store(tmp_path / name / 'mlflow.db')}" for name in _folders(tmp_path))
    done = subprocess.run([sys.executable, "-c", _KILLED, killed, str(scored.folder)], check=False)
    assert done.returncode == 9
    status, there = _in_file(killed)
    assert status == "RUNNING"
    assert there >= 2
    for uri in (killed, fresh):
        MlflowTracker(config.MlflowConfig(tracking_uri=uri, experiment="file")).push(scored)
        assert _in_file(uri) == ("FINISHED", CASES)
    assert _scores(killed) == _scores(fresh)


def _folders(root: Path) -> list[str]:
    """Two folders that are there."""
    names = ["killed", "fresh"]
    for name in names:
        (root / name).mkdir()
    return names


def _scores(uri: str) -> dict[str, list[tuple[str, Any]]]:
    """What is said of each trace."""
    import mlflow

    client = mlflow.MlflowClient(uri)
    where = client.get_experiment_by_name("file").experiment_id
    traces = client.search_traces(locations=[where], max_results=100)
    return {
        trace.info.trace_id: sorted((each.assessment_id, each.feedback.value) for each in trace.info.assessments)
        for trace in traces
    }


def _in_file(uri: str) -> tuple[str, int]:
    import mlflow

    client = mlflow.MlflowClient(uri)
    where = client.get_experiment_by_name("file").experiment_id
    [run] = client.search_runs([where])
    return run.info.status, len(client.search_traces(locations=[where], max_results=100))


@pytest.mark.slow
def test_a_run_that_is_stopped_is_marked_at_once(mlflow_server: MlflowServer, run: RunResult) -> None:
    """So that it does not look as if it went on."""
    _, follower = _follower(mlflow_server, "stopped", run)
    follower.tell("case-0")
    while not follower.sent:
        time.sleep(0.05)
    follower.end(finished=False)
    found, cases = _stands(mlflow_server, "stopped")
    assert (found.info.status, cases) == ("KILLED", ["case-0"])


@pytest.mark.slow
def test_a_server_that_is_away_is_no_matter(run: RunResult) -> None:
    """The push at the end says so."""
    follower = Follower("http://127.0.0.1:9", "away", RunFolder(run.folder), lambda: run.summary)
    follower.tell("case-0")
    follower.end(finished=True)
    assert follower.sent == {}


@pytest.mark.slow
def test_a_long_run_goes_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands there at the end of the command is what one push leaves."""
    uri = f"sqlite:///{ready_store(tmp_path / 'mlflow.db')}"
    monkeypatch.setattr("rag_eval.tracking.connecting.FEWEST_FOLLOWED", 2)
    result = replay(
        tmp_path, "long", rows(wrong=1), mlflow={"tracking_uri": uri, "experiment": "file"}, metrics=["faithfulness"]
    )
    assert result.exit_code == 0, result.output
    assert _in_file(uri) == ("FINISHED", CASES)


@pytest.mark.slow
def test_a_long_run_is_followed(tmp_path: Path, mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the command line, too; what stands there at the end is what it would be without."""
    monkeypatch.setattr("rag_eval.tracking.connecting.FEWEST_FOLLOWED", 2)
    said = {"tracking_uri": mlflow_server.url, "experiment": "long"}
    result = replay(tmp_path, "long", rows(wrong=1), mlflow=said, metrics=["faithfulness"])
    assert result.exit_code == 0, result.output
    tracked = store.read(only(tmp_path, "long"))
    assert tracked is not None
    found, cases = _stands(mlflow_server, "long")
    assert (found.info.run_id, found.info.status) == (tracked.run_id, "FINISHED")
    assert cases == [f"case-{n}" for n in range(CASES)]
    assert found.data.tags["mlflow.note.content"].startswith("# long")
