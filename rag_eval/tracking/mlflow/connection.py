"""How MLflow is reached: with little patience, one process at a time where tables are made, and with our errors."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import alembic.util.exc
import sqlalchemy
import sqlalchemy.exc
import structlog
from filelock import FileLock, Timeout
from packaging.version import InvalidVersion, Version

from rag_eval.errors import UnreachableError
from rag_eval.telemetry import silence
from rag_eval.tracking import store
from rag_eval.tracking.mlflow import causes

silence()  # MLflow reads its switches when it is imported

import mlflow  # noqa: E402
import requests  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.store.db.db_types import DATABASE_ENGINES  # noqa: E402
from mlflow.tracing.client import TracingClient  # noqa: E402
from mlflow.utils.rest_utils import http_request  # noqa: E402

PATIENCE_S = 120.0
"""Seconds that are waited for another process that makes the tables of the same file."""
_UNSAID_S = 1.0
"""Seconds of it that nothing is said of."""
_OK = 200
_LONGEST = 100
LEAST = Version("3.4")
"""The first release of MLflow whose server takes traces with their scores and spans."""
_MOST_EXPERIMENTS, _AT_A_TIME = 1000, 100
"""Experiments on a page of all of them, and those that are searched in one request."""
_REFUSALS = (
    MlflowException,
    requests.RequestException,
    OSError,
    sqlite3.Error,
    sqlalchemy.exc.SQLAlchemyError,
    alembic.util.exc.CommandError,
    NotImplementedError,
    ImportError,
)
"""What a store that is away, full, foreign, locked, of another version or without its driver raises."""

_log = structlog.get_logger()

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
        _demand_database(uri)
        with _first_time_alone(uri):
            client = mlflow.MlflowClient(uri)
        if store.is_server(uri):
            _demand_release(uri)
        yield client
    except _REFUSALS as error:
        shown, reason = store.without_credentials(uri), causes.explained(error, uri)
        raise UnreachableError(f"MLflow at {shown} did not take the run: {reason}") from error


def _demand_database(uri: str) -> None:
    """Raise what a database's driver does where there is none: MLflow asks for it again and again, for two minutes."""
    dialect = uri.partition("://")[0].partition("+")[0]
    if dialect in DATABASE_ENGINES and store.database(uri) is None:
        engine = sqlalchemy.create_engine(uri)
        try:
            engine.connect().close()
        finally:
            engine.dispose()


def _demand_release(uri: str) -> None:
    """Raise `UnreachableError` for a server that is too old or is none, before anything is begun on it."""
    response = http_request(TracingClient(uri).store.get_host_creds(), "/version", "GET")
    if response.status_code != _OK:
        # As MLflow says it of a text; of JSON it leaves the status out.
        message = f"failed with error code {response.status_code} != 200. Response body: '{response.text}'"
        raise MlflowException(f"API request to endpoint /version {message}")
    try:
        release = Version(response.text.strip())
    except InvalidVersion:
        text = " ".join(response.text.split())[:_LONGEST]
        message = f"{store.without_credentials(uri)} does not answer as MLflow does: its /version is {text!r}"
        raise UnreachableError(f"{message}. {causes.ADDRESS}") from None
    if release < LEAST:
        message = f"MLflow at {store.without_credentials(uri)} is {release}, and scores of traces need {LEAST} or later"
        raise UnreachableError(f"{message}. A newer one, or a file: mlflow.tracking_uri: sqlite:///mlflow.db")


@contextmanager
def _first_time_alone(uri: str) -> Iterator[None]:
    """Several processes that create the tables of one new database file at a time break each other's migration."""
    path = store.database(uri)
    if path is None:
        yield
        return
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        lock.acquire(timeout=_UNSAID_S)
    except Timeout:
        _log.warning("waiting for another process that makes MLflow's tables", file=lock.lock_file, seconds=PATIENCE_S)
        _acquire(lock)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock) -> None:
    try:
        lock.acquire(timeout=PATIENCE_S)
    except Timeout as error:
        message = f"{lock.lock_file} has been held by another process for {PATIENCE_S:g} s"
        raise UnreachableError(
            f"MLflow's tables cannot be made: {message}. When it has ended, do the same again"
        ) from error


def experiment_id(client: Any, name: str) -> str:
    """The id of an experiment, made if there is none."""
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        return str(experiment.experiment_id)
    try:
        return str(client.create_experiment(name))
    except MlflowException:  # somebody else was first
        return str(client.get_experiment_by_name(name).experiment_id)


def home(client: Any, name: str, key: str) -> tuple[str, str]:
    """The id and the name of the experiment that has the run with our key; of the one of a name where none has it.

    A run stays where it is when its experiment is renamed: made anew elsewhere, it would take the traces along, whose
    ids come from the key.
    """
    named = client.get_experiment_by_name(name)
    if named is not None and run_of(client, str(named.experiment_id), key) is not None:
        return str(named.experiment_id), name
    others = {str(each.experiment_id): str(each.name) for each in _experiments(client)}
    ids = [*others]
    for start in range(0, len(ids), _AT_A_TIME):
        if runs := _runs_of(client, ids[start : start + _AT_A_TIME], key):
            where = str(runs[0].info.experiment_id)
            return where, others[where]
    return experiment_id(client, name), name


def _experiments(client: Any) -> Iterator[Any]:
    """All that are not deleted, page by page."""
    token: str | None = None
    while True:
        page = client.search_experiments(max_results=_MOST_EXPERIMENTS, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def run_of(client: Any, experiment: str, key: str) -> Any | None:
    """The MLflow run with our key, None if there is none."""
    runs = _runs_of(client, [experiment], key)
    return runs[0] if runs else None


def _runs_of(client: Any, experiments: Sequence[str], key: str) -> Sequence[Any]:
    """The first run with our key in some experiments, if there is one."""
    runs: Sequence[Any] = client.search_runs([*experiments], filter_string=f"tags.`{KEY_TAG}` = '{key}'", max_results=1)
    return runs
