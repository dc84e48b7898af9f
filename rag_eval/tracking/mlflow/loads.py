"""Load tests in MLflow: a run each, with numbers, lines over time, the page.

They have an MLflow experiment of their own: its list of evaluation runs shows every run of an experiment, whatever type
it says it is of.
"""

from typing import Any

from rag_eval import config
from rag_eval.ports import LoadRun
from rag_eval.tracking import names, store
from rag_eval.tracking.mlflow.connection import KEY_TAG, connected, home, run_of
from rag_eval.tracking.mlflow.runs import RUN_TAG
from rag_eval.tracking.mlflow.traces import milliseconds

_CHUNK = 900
"""Points of one call; MLflow takes a thousand."""


class MlflowLoads:
    """Writes load tests to an MLflow store; the same one twice changes nothing."""

    def __init__(self, settings: config.MlflowConfig) -> None:
        self._uri = store.uri(settings)
        self._evaluations = store.experiment(settings)
        self._experiment = f"{self._evaluations}-load"

    def push(self, load: LoadRun) -> str:
        """Write a load test; returns its link. Raises `UnreachableError`."""
        with connected(self._uri) as client:
            where, _ = home(client, self._experiment, load.key)
            run_id = self._run_id(client, where, load)
            _log(client, run_id, load)
            for file in load.files:
                client.log_artifact(run_id, str(file))
            client.set_terminated(run_id, "FINISHED", end_time=milliseconds(load.ended))
        shown = store.without_credentials(self._uri)
        tracked = store.TrackedRun(tracking_uri=shown, experiment_id=where, run_id=run_id, tab="")
        tracked.keep(load.folder)
        return tracked.link

    def _run_id(self, client: Any, where: str, load: LoadRun) -> str:
        earlier = run_of(client, where, load.key)
        if earlier is not None:
            return str(earlier.info.run_id)
        experiment = names.experiment(load.name)
        name = names.name(names.labels({experiment}, self._evaluations)[experiment], load.name, load.started)
        tags = {KEY_TAG: load.key, RUN_TAG: load.name, **load.tags}
        made = client.create_run(where, start_time=milliseconds(load.started), tags=tags, run_name=name)
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
