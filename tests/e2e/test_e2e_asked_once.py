"""A service that must not be asked twice is not, however a run ends."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.forker import Forker
from support.rag_server import RagServer, Request, Response, plain
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.journal import Journal


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


def _stopped(forker: Forker, folder: Path, when: Callable[[], bool], by: int) -> None:
    """Begin the run and send it a signal once something is so; back when it has ended."""
    printed = folder / "printed"
    argv = ("run", "once.yaml", "-q")
    with forker.start(*argv, cwd=folder, env=os.environ, out=printed, error=printed) as process:
        while not when():
            assert process.poll() is None, printed.read_text()
            time.sleep(0.02)
        process.send_signal(by)
        process.wait()


def _journal() -> Journal:
    return runs.find("latest", Path("runs")).open_()


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_what_was_on_its_way_is_not_asked_again(stop: signal.Signals, forker: Forker, tmp_path: Path) -> None:
    """It is a failure that says so; what had not gone out is asked; --retry-errors asks what may be asked again."""
    has_ended = threading.Event()

    def answer(request: Request) -> Response:
        if request.body["query"].endswith(("2?", "3?")) and not request.seen:
            has_ended.wait()
        return Response(body=plain(request.body["query"]))

    def are_on_their_way() -> bool:
        if server.asked.total() < 4:
            return False
        with _journal() as journal:
            return journal.reply("c0") is not None and journal.reply("c1") is not None

    with RagServer(answer) as server:
        experiment(server.url)
        try:
            _stopped(forker, tmp_path, are_on_their_way, stop)
        finally:
            has_ended.set()
        summary = resumed()
        assert summary["target_failures"] == {"maybe_asked": 2}
        assert summary["answered"] == 4
        assert set(server.asked.values()) == {1}
        assert len(server.asked) == 6
        again = resumed("--retry-errors")
        assert again["answered"] == 6
        assert sorted(server.asked.values()) == [1, 1, 1, 1, 2, 2]


@pytest.mark.slow
def test_what_was_not_taken_on_is_asked_again(forker: Forker, tmp_path: Path) -> None:
    """A 503 says that nothing was done: stopped while it waits to try again, the question is asked on."""

    def answer(request: Request) -> Response:
        if request.seen == 0:
            return Response(503, {"error": "busy"}, {"Retry-After": "60"})
        return Response(body=plain(request.body["query"]))

    def were_refused() -> bool:
        if not server.asked:
            return False
        with _journal() as journal:
            return not journal.was_sent("c0")

    with RagServer(answer) as server:
        experiment(server.url)
        _stopped(forker, tmp_path, were_refused, signal.SIGKILL)
        server.answer = lambda request: Response(body=plain(request.body["query"]))
        summary = resumed()
    assert summary["target_failures"] == {}
    assert summary["answered"] == 6
