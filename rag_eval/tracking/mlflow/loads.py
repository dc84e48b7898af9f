"""Load tests in MLflow: a run each, in the experiment of the quality runs, with numbers, lines over time, the page."""

from typing import Any

from rag_eval import config
from rag_eval.ports import LoadRun
from rag_eval.tracking import store
from rag_eval.tracking.mlflow import KEY_TAG, experiment_id, first_time_alone, our_errors
from rag_eval.tracking.mlflow.traces import milliseconds

_CHUNK = 900
"""Points of one call; MLflow takes a thousand."""


class MlflowLoads:
    """Writes load tests to an MLflow store; the same one twice changes nothing."""

    def __init__(self, said: config.Mlflow) -> None:
        self._uri = store.uri(said)
        self._experiment = store.experiment(said)

    def push(self, load: LoadRun) -> str:
        """Write a load test; returns its link. Raises `UnreachableError`."""
        import mlflow

        with our_errors(self._uri):
            with first_time_alone(self._uri):
                client = mlflow.MlflowClient(self._uri)
                where = experiment_id(client, self._experiment)
            run_id = _run_id(client, where, load)
            _log(client, run_id, load)
            for file in load.files:
                client.log_artifact(run_id, str(file))
            client.set_terminated(run_id, "FINISHED", end_time=milliseconds(load.ended))
        return f"{store.base(self._uri)}/#/experiments/{where}/runs/{run_id}"


def _run_id(client: Any, where: str, load: LoadRun) -> str:
    found = client.search_runs([where], filter_string=f"tags.`{KEY_TAG}` = '{load.key}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    tags = {KEY_TAG: load.key, **load.tags}
    made = client.create_run(where, start_time=milliseconds(load.started), tags=tags, run_name=load.name)
    return str(made.info.run_id)


def _log(client: Any, run_id: str, load: LoadRun) -> None:
    from mlflow.entities import Metric, Param

    # Times of the test itself, so that pushing again adds no point.
    points = [Metric(name, value, milliseconds(load.ended), 0) for name, value in load.metrics.items()]
    for name, line in load.series.items():
        points += [Metric(name, value, milliseconds(load.started + at), round(at)) for at, value in line]
    params = [Param(name, value) for name, value in load.params.items()]
    client.log_batch(run_id, params=params)
    for start in range(0, len(points), _CHUNK):
        client.log_batch(run_id, metrics=points[start : start + _CHUNK])
