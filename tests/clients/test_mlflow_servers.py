"""Runs go to MLflow servers of other releases than the client here, whole and once, whatever happens in between.

A server's code is installed by itself, in a folder of its own, and runs with the libraries that are here: its interface
is what differs. Without a registry the releases that are not here are skipped.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.mlflow_server import MlflowServer
from support.runs import only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.telemetry import silence
from rag_eval.tracking import store

pytestmark = [pytest.mark.slow, pytest.mark.installs, pytest.mark.timeout(900)]

RELEASES = ("3.9.0", "3.14.0")
CASES = 60
NAME = "moved"


@pytest.fixture(scope="module", name="installed")
def _installed(request: pytest.FixtureRequest) -> dict[str, Path | str]:
    """For each release the folder of its code, or why it cannot be had; all at a time."""
    cache = request.config.cache.mkdir("mlflow")
    with ThreadPoolExecutor(len(RELEASES)) as pool:
        return dict(zip(RELEASES, pool.map(lambda release: _install(cache / release, release), RELEASES), strict=True))


def _install(folder: Path, release: str) -> Path | str:
    ready = folder / "ready"
    if ready.exists():
        return folder
    package = f"mlflow-skinny=={release}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--retries", "1", "--upgrade"]
    try:
        subprocess.run(
            [*command, "--target", str(folder), package], capture_output=True, text=True, timeout=120, check=True
        )
    except subprocess.CalledProcessError as error:
        return f"{package} cannot be installed, the registry may be away: {error.stderr.strip()[-200:]}"
    except subprocess.TimeoutExpired:
        return f"{package} cannot be installed in two minutes, the registry may be slow"
    ready.touch()
    return folder


@pytest.mark.parametrize("release", [*RELEASES, "the one that is here"])
def test_a_run_stands_whole_and_once_in_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: dict[str, Path | str], release: str
) -> None:
    """After a push that was killed, one that was not, another, and one after its experiment was renamed."""
    packages = installed.get(release)
    if isinstance(packages, str):
        pytest.skip(packages)
    monkeypatch.chdir(tmp_path)
    done = replay(tmp_path, NAME, rows(CASES), mlflow={"enabled": False, "experiment": NAME})
    assert done.exit_code == 0, done.output
    run = only(tmp_path, NAME)
    (tmp_path / "server").mkdir()
    with MlflowServer(tmp_path / "server", packages=packages) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")  # not a test of a busy machine
        client = _client(server.url)
        _kill_in_the_push(run, client)
        _push(run)
        tracked = store.read(run)
        assert tracked is not None
        whole = _traces(client, tracked.experiment_id)
        assert len(whole) == CASES
        assert all(len(spans) == 2 and len(scores) > 2 for spans, scores in whole.values())
        _push(run)
        client.rename_experiment(tracked.experiment_id, "called otherwise")
        _push(run)
        assert _traces(client, tracked.experiment_id) == whole
        [entry] = [run for where in client.search_experiments() for run in client.search_runs([where.experiment_id])]
        assert (entry.info.run_id, entry.info.status) == (tracked.run_id, "FINISHED")
        assert client.get_experiment_by_name(NAME) is None


def _client(uri: str) -> Any:
    silence()
    import mlflow

    return mlflow.MlflowClient(uri)


def _push(run: Path) -> None:
    pushed = CliRunner().invoke(app, ["sync", str(run)])
    assert pushed.exit_code == 0, pushed.output


def _kill_in_the_push(run: Path, client: Any) -> None:
    """Kill a push once the server has some cases and not all."""
    command = [sys.executable, "-m", "rag_eval", "sync", str(run)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            experiment = client.get_experiment_by_name(NAME)
            if experiment is not None and _sent(client, experiment) >= 5:
                break
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert store.read(run) is None


def _sent(client: Any, experiment: Any) -> int:
    # Without spans, which come last: for those of a trace that has none yet this release asks its server with patience.
    return len(client.search_traces([experiment.experiment_id], max_results=5, include_spans=False))


def _traces(client: Any, experiment_id: str) -> dict[str, tuple[list[str], list[tuple[str, str, str]]]]:
    """Case to its spans and its scores; no case twice."""
    traces = {}
    for trace in _pages(client, experiment_id):
        scores = sorted((each.assessment_id, each.name, str(each.value)) for each in trace.info.assessments)
        assert trace.info.client_request_id not in traces
        traces[trace.info.client_request_id] = (sorted(span.span_id for span in trace.data.spans), scores)
    return traces


def _pages(client: Any, experiment_id: str) -> Iterator[Any]:
    token: str | None = None
    while True:
        page = client.search_traces([experiment_id], max_results=100, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
