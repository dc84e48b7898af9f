"""A service that must not be asked twice is not, however a run ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rag_server import RagServer, Request, Response, plain
from typer.testing import CliRunner

from rag_eval.cli import app


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"id": f"c{n}", "question": f"What is the toll of bridge {n}?"} for n in range(6)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))


def experiment(url: str) -> None:
    """Write one that asks two at a time, each question once."""
    target = {"kind": "http", "url": url, "idempotent": False, "concurrency": 2, "retries": 3}
    said = {
        "name": "once", "dataset": "questions.jsonl", "metrics": ["latency"], "mlflow": {"enabled": False},
        "target": target, "min_coverage": 0,
    }  # fmt: skip
    Path("once.yaml").write_text(yaml.safe_dump(said))


def resumed(*more: str) -> dict[str, Any]:
    """Go on with the run; its summary."""
    result = CliRunner().invoke(app, ["run", "--resume", "latest", "-q", "--json", *more])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_what_was_on_its_way_is_not_asked_again(stop: signal.Signals) -> None:
    """It is a failure that says so; what had not gone out is asked; --retry-errors asks what may be asked again."""

    def answer(request: Request) -> Response:
        slow = request.body["query"].endswith(("2?", "3?"))
        return Response(body=plain(request.body["query"]), seconds=3.0 if slow and not request.seen else 0.0)

    with RagServer(answer) as server:
        experiment(server.url)
        argv = [sys.executable, "-m", "rag_eval", "run", "once.yaml", "-q"]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            while server.asked.total() < 4:
                time.sleep(0.02)
            time.sleep(0.2)
            process.send_signal(stop)
            process.communicate()
        said = resumed()
        assert said["target_failures"] == {"maybe_asked": 2}
        assert said["answered"] == 4
        assert set(server.asked.values()) == {1}
        assert len(server.asked) == 6
        again = resumed("--retry-errors")
        assert again["answered"] == 6
        assert sorted(server.asked.values()) == [1, 1, 1, 1, 2, 2]


@pytest.mark.slow
def test_what_was_not_taken_on_is_asked_again() -> None:
    """A 503 says that nothing was done: stopped while it waits to try again, the question is asked on."""

    def answer(request: Request) -> Response:
        if request.seen == 0:
            return Response(503, {"error": "busy"}, {"Retry-After": "30"})
        return Response(body=plain(request.body["query"]))

    with RagServer(answer) as server:
        experiment(server.url)
        argv = [sys.executable, "-m", "rag_eval", "run", "once.yaml", "-q"]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            while server.asked.total() < 2:
                time.sleep(0.02)
            time.sleep(0.3)
            process.kill()
            process.communicate()
        server.answer = lambda request: Response(body=plain(request.body["query"]))
        said = resumed()
    assert said["target_failures"] == {}
    assert said["answered"] == 6
