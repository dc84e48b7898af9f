"""Traces out of an MLflow store, page by page; together with `tracking.mlflow` the only place that imports MLflow.

Named `mlflow:EXPERIMENT`, by name or id, or `mlflow:EXPERIMENT?run_id=RUN`; the store is `MLFLOW_TRACKING_URI`.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from rag_eval.errors import DataError, UnreachableError
from rag_eval.telemetry import silence

PREFIX = "mlflow:"
_PAGE = 100


def is_store(path: str) -> bool:
    """Whether a path names a store and not a file."""
    return path.startswith(PREFIX)


def read(path: str) -> Iterator[dict[str, Any]]:
    """Each trace as MLflow writes it to a file.

    Raises `DataError` if there is no such experiment, `UnreachableError` if the store does not answer.
    """
    silence()
    import mlflow
    from mlflow.exceptions import MlflowException

    name, _, asked = path.removeprefix(PREFIX).partition("?")
    run = parse_qs(asked).get("run_id", [None])[0]
    client = mlflow.MlflowClient()
    try:
        experiment = client.get_experiment_by_name(name) or _by_id(client, name)
        if experiment is None:
            raise DataError(f"{path}: MLflow at {mlflow.get_tracking_uri()} has no experiment {name!r}")
        token: str | None = None
        while True:
            page = client.search_traces(
                locations=[experiment.experiment_id], run_id=run, max_results=_PAGE, page_token=token,
            )  # fmt: skip
            for trace in page:
                yield trace.to_dict()
            token = page.token
            if not token:
                return
    except MlflowException as error:
        raise UnreachableError(f"{path}: MLflow at {mlflow.get_tracking_uri()} did not answer: {error}") from error


def _by_id(client: Any, name: str) -> Any:
    """The experiment whose id a name is; None where there is none."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

    if not (name.isascii() and name.isdecimal()):
        return None
    try:
        return client.get_experiment(name)
    except MlflowException as error:
        if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
            return None
        raise
