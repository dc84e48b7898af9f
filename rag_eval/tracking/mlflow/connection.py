"""How MLflow is reached: with little patience, one process at a time where tables are made, and with our errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from filelock import FileLock

from rag_eval.errors import UnreachableError
from rag_eval.telemetry import silence
from rag_eval.tracking import store

silence()  # MLflow reads its switches when it is imported

import mlflow  # noqa: E402
import requests  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

KEY_TAG = "rag_eval.run_key"

# With MLflow's own patience a call to a server that is gone blocks for four minutes.
_IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


@contextmanager
def connected(uri: str) -> Iterator[Any]:
    """A client of a store, whose tables are made where there are none; what it raises becomes `UnreachableError`."""
    for name, value in _IMPATIENT.items():
        os.environ.setdefault(name, value)
    try:
        with _first_time_alone(uri):
            client = mlflow.MlflowClient(uri)
        yield client
    except (MlflowException, requests.RequestException, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UnreachableError(f"MLflow at {store.without_credentials(uri)} did not take the run: {reason}") from error


@contextmanager
def _first_time_alone(uri: str) -> Iterator[None]:
    """Several processes that create the tables of one new database file at a time break each other's migration."""
    path = store.database(uri)
    if path is None:
        yield
        return
    with FileLock(path.with_name(f"{path.name}.lock")):
        yield


def experiment_id(client: Any, name: str) -> str:
    """The id of an experiment, made if there is none."""
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        return str(experiment.experiment_id)
    try:
        return str(client.create_experiment(name))
    except MlflowException:  # somebody else was first
        return str(client.get_experiment_by_name(name).experiment_id)


def run_of(client: Any, experiment: str, key: str) -> Any | None:
    """The MLflow run with our key, None if there is none."""
    runs = client.search_runs([experiment], filter_string=f"tags.`{KEY_TAG}` = '{key}'", max_results=1)
    return runs[0] if runs else None
