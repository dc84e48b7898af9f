"""Load tests in MLflow."""

from pathlib import Path

import pytest
from support.mlflow_server import MlflowServer

from rag_eval import config, tracking
from rag_eval.ports import LoadRun
from rag_eval.tracking import pages, store


@pytest.mark.slow
def test_a_load_test_stands_apart_from_evaluations(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """In an experiment of its own, called as runs are, with its page; pushed again it is the same."""
    import mlflow

    folder = tmp_path / "20261123-093000-harbour-strong"
    folder.mkdir()
    (folder / "load.json").write_text("{}")
    load = LoadRun(
        key="key-of-a-load-test", name=folder.name, started=1000.0, ended=1060.0,
        metrics={"load_query_p95": 1.5}, series={"load_over_time_users": [(0.0, 1.0), (30.0, 8.0)]},
        params={"load.users": "8"}, tags={"rag_eval.kind": "load"}, folder=folder, files=[folder / "load.json"],
    )  # fmt: skip
    tracker = tracking.connect_loads(config.MlflowConfig(tracking_uri=mlflow_server.url, experiment="harbour"))
    assert tracker is not None
    links = {tracker.push(load) for _ in range(2)}
    tracked = store.read(folder)
    assert tracked is not None
    assert links == {tracked.link}
    assert tracked.link.endswith(f"/runs/{tracked.run_id}")
    client = mlflow.MlflowClient(mlflow_server.url)
    [run] = client.search_runs([client.get_experiment_by_name("harbour-load").experiment_id])
    assert (run.info.run_name, run.info.status) == ("strong · 0930", "FINISHED")
    assert run.data.tags["rag_eval.run"] == folder.name
    assert run.data.metrics["load_query_p95"] == 1.5
    assert len(client.get_metric_history(run.info.run_id, "load_over_time_users")) == 2
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["load.json"]
    page = pages.find(folder)
    assert page is not None
    assert (page.listens, page.link) == (True, tracked.link)
