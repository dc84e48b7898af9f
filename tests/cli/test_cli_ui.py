"""`rag-eval ui`."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.mlflow_store import ready_store
from support.runs import only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.tracking import pages


@pytest.mark.slow
def test_nothing_is_left_when_it_ends(tmp_path: Path) -> None:
    """Neither the server nor what it had started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "rag_eval", "ui", "--port", str(port)]
    uri = f"sqlite:///{ready_store(tmp_path / 'canary-store.db')}"
    environ = os.environ | {"MLFLOW_TRACKING_URI": uri}
    with subprocess.Popen(argv, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ui:
        assert ui.stdout is not None
        assert ui.stderr is not None
        opened = ui.stdout.readline().decode()
        assert opened.startswith(f"open     http://127.0.0.1:{port}/#/"), "said when it is there, and not before"
        assert pages.answers(port)
        assert pages.serves(uri) == f"http://127.0.0.1:{port}"
        again = CliRunner().invoke(app, ["ui"], env={"MLFLOW_TRACKING_URI": uri})
        assert (again.exit_code, "is open already" in again.output) == (0, True)
        ui.send_signal(signal.SIGTERM)
        assert ui.wait() == 130
        said = ui.stderr.read().decode().splitlines()
    assert said == [f"store    {uri}", "error: interrupted"], "what MLflow says of itself is kept back"
    assert pages.serves(uri) is None
    while [entry for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _is_ours(entry)]:
        time.sleep(0.05)


def test_a_server_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the end of what it had to say, here by a program that stands for Python with MLflow in it."""
    failing = tmp_path / "python"
    failing.write_text("#!/bin/sh\necho beginning\necho 'sqlite3.DatabaseError: file is not a database' >&2\nexit 7\n")
    failing.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(failing))
    broken = tmp_path / "broken.db"
    broken.write_text("no database")
    result = CliRunner().invoke(app, ["ui"], env={"MLFLOW_TRACKING_URI": f"sqlite:///{broken}"})
    assert result.exit_code == 7
    assert "MLflow ended with 7" in result.output
    assert "file is not a database" in result.output


def test_runs_that_have_no_page_are_refused(tmp_path: Path) -> None:
    """One that was never pushed, and more than MLflow shows side by side."""
    assert replay(tmp_path, "never", rows(2), mlflow={"enabled": False}, metrics=["latency"]).exit_code == 0
    run = str(only(tmp_path, "never"))
    refused = CliRunner().invoke(app, ["ui", run])
    assert (refused.exit_code, f"rag-eval sync {run}" in refused.output.replace("\n", "")) == (2, True)
    assert CliRunner().invoke(app, ["ui", run, run, run]).exit_code == 2


def _is_ours(process: Path) -> bool:
    try:
        return b"canary-store.db" in (process / "environ").read_bytes()
    except OSError:
        return False
