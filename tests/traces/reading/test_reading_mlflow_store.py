"""Traces out of an MLflow store: every page of them, and one clear sentence where there are none."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from support import samples
from support.mlflow_store import ready_store

from rag_eval.errors import DataError, UnreachableError
from rag_eval.journal import Row
from rag_eval.records import Answer, Case
from rag_eval.traces.reading import mlflow_store
from rag_eval.tracking.mlflow import sending
from rag_eval.tracking.mlflow.traces import trace


@pytest.mark.parametrize(
    ("path", "store"),
    [
        ("mlflow:kept", True),
        ("mlflow:7?run_id=a", True),
        ("mlflow.jsonl", False),
        ("./mlflow:kept", False),
        ("", False),
    ],
)
def test_a_store_is_told_from_a_file(path: str, *, store: bool) -> None:
    """By how its name begins."""
    assert mlflow_store.is_store(path) is store


@pytest.fixture(scope="module", name="uri")
def _uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with three traces, of which one belongs to a run."""
    folder = tmp_path_factory.mktemp("store")
    uri = f"sqlite:///{ready_store(folder / 'mlflow.db')}"
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment("kept", artifact_location=folder.as_uri())
    run = client.create_run(experiment).info.run_id
    (folder / "run").write_text(run)
    answer = Answer(response="At noon.", asked_at=5.0)
    rows = [Row(n, Case(id=f"c{n}", user_input=f"Question {n}?"), answer, {}) for n in range(3)]
    made = [trace("another" if row.position else run, samples.summary(), row, row.case.user_input) for row in rows]
    sending.writer_of(uri, experiment).write(made)
    return uri


@pytest.fixture(autouse=True)
def _store(uri: str) -> Iterator[None]:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    yield
    mlflow.set_tracking_uri(before)


def run_id(uri: str) -> str:
    """Of the run with one trace."""
    return Path(uri.removeprefix("sqlite:///")).with_name("run").read_text()


def test_every_trace_is_read_however_many_pages_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, as MLflow writes it to a file."""
    monkeypatch.setattr(mlflow_store, "_PAGE", 1)
    traces = list(mlflow_store.read("mlflow:kept"))
    assert len({trace["info"]["trace_id"] for trace in traces}) == len(traces) == 3
    assert all(trace["data"]["spans"] for trace in traces)


def test_an_experiment_is_known_by_its_id_too() -> None:
    """As MLflow's pages show it."""
    experiment = mlflow.MlflowClient().get_experiment_by_name("kept")
    assert experiment is not None
    assert len(list(mlflow_store.read(f"mlflow:{experiment.experiment_id}"))) == 3


def test_the_traces_of_one_run_are_read_alone(uri: str) -> None:
    """Where one is named."""
    assert len(list(mlflow_store.read(f"mlflow:kept?run_id={run_id(uri)}"))) == 1


@pytest.mark.parametrize("name", ["nowhere", "999999", "٣", ""])
def test_an_experiment_that_is_not_there_is_named(name: str, uri: str) -> None:
    """Also one that is named by a number: the store did answer."""
    with pytest.raises(DataError) as raised:
        next(mlflow_store.read(f"mlflow:{name}"))
    assert str(raised.value) == f"mlflow:{name}: MLflow at {uri} has no experiment {name!r}"


def test_a_store_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"^mlflow:kept: MLflow at http://127\.0\.0\.1:9 did not answer: "):
        next(mlflow_store.read("mlflow:kept"))
