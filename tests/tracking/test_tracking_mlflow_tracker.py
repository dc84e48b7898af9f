"""Runs in MLflow, in a database file: pushed, pushed again, named as baselines, with files beside them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from support import history
from support.history import Past
from support.mlflow_store import ready_store

from rag_eval import config, configfile
from rag_eval.errors import UnreachableError
from rag_eval.ports import RunResult
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking import store
from rag_eval.tracking.mlflow.connection import connected
from rag_eval.tracking.mlflow.tracker import MlflowTracker


def result(folder: RunFolder) -> RunResult:
    """A run that has ended."""
    summary = Summary.model_validate_json(folder.summary.read_bytes())
    summary = summary.model_copy(update={"origin": summary.origin.model_copy(update={"dataset": "f" * 32})})
    folder.html.write_text("<!doctype html>")
    return RunResult(summary, folder.path, configfile.flatten(configfile.load(folder.experiment)))


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[MlflowTracker, list[RunResult], str]:
    """Two runs in a store."""
    root = tmp_path_factory.mktemp("tracked")
    folders = history.make(root / "runs", [Past("20261123-091500-weak", right=5), Past("20261124-091500-strong")])
    uri = f"sqlite:///{ready_store(root / 'mlflow.db')}"
    tracker = MlflowTracker(config.MlflowConfig(tracking_uri=uri, experiment="ferries"))
    with connected(uri) as client:
        client.create_experiment("ferries", artifact_location=(root / "artifacts").as_uri())
    results = [result(folder) for folder in folders]
    for each in results:
        tracker.push(each)
    return tracker, results, uri


def stored(uri: str) -> dict[str, Any]:
    """Experiment's name to the run that MLflow has of it."""
    with connected(uri) as client:
        where = client.get_experiment_by_name("ferries")
        return {
            run.data.tags["rag_eval.run"].rpartition("-")[2]: run for run in client.search_runs([where.experiment_id])
        }


def traces(uri: str, run_id: str) -> list[Any]:
    """The traces of a run."""
    with connected(uri) as client:
        where = client.get_experiment_by_name("ferries").experiment_id
        return list(client.search_traces(locations=[where], run_id=run_id, max_results=100))


def test_a_run_stands_there_with_its_numbers(made: tuple[MlflowTracker, list[RunResult], str]) -> None:
    """A trace for each case, and how it ended; the folder knows where it stands."""
    _, [weak, _], uri = made
    run = stored(uri)["weak"]
    assert run.data.metrics["correctness"] == 0.25
    assert run.info.status == "FINISHED"
    assert len(traces(uri, run.info.run_id)) == history.CASES
    tracked = store.read(weak.folder)
    assert tracked is not None
    assert (tracked.run_id, tracked.tracking_uri) == (run.info.run_id, uri)


def test_a_run_that_is_pushed_again_is_there_once(made: tuple[MlflowTracker, list[RunResult], str]) -> None:
    """With the same link, the same traces, and progress from nought to all of them."""
    tracker, [weak, _], uri = made
    before, told = stored(uri), list[tuple[int, int]]()
    link = tracker.push(weak, lambda done, total: told.append((done, total)))
    after = stored(uri)
    assert link.endswith(f"/runs/{before['weak'].info.run_id}/evaluations")
    assert {name: run.info.run_id for name, run in after.items()} == {n: run.info.run_id for n, run in before.items()}
    assert len(traces(uri, before["weak"].info.run_id)) == history.CASES
    assert (told[0], told[-1]) == ((0, history.CASES), (history.CASES, history.CASES))


def test_a_baseline_s_name_moves(made: tuple[MlflowTracker, list[RunResult], str]) -> None:
    """From the run that had it to the next; other names stay, and taking one away that nobody has is nothing."""
    tracker, results, uri = made
    weak, strong = (store.read(each.folder) for each in results)
    assert weak is not None
    assert strong is not None
    tracker.mark_baseline(weak, "main")
    tracker.mark_baseline(weak, "first")
    assert stored(uri)["weak"].data.tags["baseline"] == "first main"
    tracker.mark_baseline(strong, "main")
    assert stored(uri)["weak"].data.tags["baseline"] == "first"
    assert stored(uri)["strong"].data.tags["baseline"] == "main"
    tracker.unmark_baseline("main")
    tracker.unmark_baseline("nobody")
    assert "baseline" not in stored(uri)["strong"].data.tags
    tracker.unmark_baseline("first")


def test_no_name_is_taken_away_where_there_is_no_experiment(made: tuple[MlflowTracker, list[RunResult], str]) -> None:
    """And none is made for it."""
    _, _, uri = made
    MlflowTracker(config.MlflowConfig(tracking_uri=uri, experiment="nowhere")).unmark_baseline("main")
    with connected(uri) as client:
        assert client.get_experiment_by_name("nowhere") is None


def test_files_of_a_comparison_stand_beside_the_run(
    made: tuple[MlflowTracker, list[RunResult], str], tmp_path: Path
) -> None:
    """In a folder that is called by the other run."""
    tracker, [weak, _], uri = made
    (tmp_path / "compare.md").write_text("better")
    tracked = store.read(weak.folder)
    assert tracked is not None
    tracker.log_comparison(tracked, tmp_path, "run-a")
    with connected(uri) as client:
        paths = [file.path for file in client.list_artifacts(tracked.run_id, "comparisons/run-a")]
    assert paths == ["comparisons/run-a/compare.md"]


def test_a_run_without_its_files_is_told_of(made: tuple[MlflowTracker, list[RunResult], str], tmp_path: Path) -> None:
    """As one that MLflow did not take, and its folder then knows of no place there."""
    tracker, [weak, _], _ = made
    folder = RunFolder(Path(shutil.copytree(weak.folder, tmp_path / weak.folder.name)))
    (folder.path / store.FILE).unlink()
    folder.results.unlink()
    with pytest.raises(UnreachableError, match=r"did not take the run"):
        tracker.push(RunResult(weak.summary, folder.path, weak.params))
    assert store.read(folder.path) is None
