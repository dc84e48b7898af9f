"""Where nothing can be kept a run ends with a sentence and 3, never with a traceback or the 1 of a gate."""

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from support.runs import replay, rows
from typer.testing import CliRunner, Result

from rag_eval import tracking
from rag_eval.cli import app

_NO_TRACKER = {"mlflow": {"enabled": False}}
_CASES = 24


@contextmanager
def _room(size: int) -> Iterator[None]:
    """No file may become larger, which the disk's end looks like from within."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _ended(result: Result, code: int = 3) -> str:
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.stderr


def _numbers(folder: Path) -> Any:
    [run] = (path for path in (folder / "runs").iterdir() if not path.name.startswith("."))
    summary = json.loads((run / "summary.json").read_text())
    return [(metric["name"], metric["mean"], metric["n"]) for metric in summary["metrics"]], summary["cases"]


@pytest.mark.slow
@pytest.mark.parametrize("size", [4_000, 40_000, 90_000])
def test_a_full_disk(tmp_path: Path, size: int) -> None:
    """A run whose disk is full, early or late, says so; when there is room it is resumed to the same numbers."""
    whole = replay(tmp_path / "whole", "full", rows(_CASES), metrics=["latency", "recall@5"], **_NO_TRACKER)
    assert whole.exit_code == 0, whole.output
    command = ["run", str(tmp_path / "whole" / "full.yaml"), "-q", "-o", str(tmp_path / "full" / "runs")]
    with _room(size):
        told = _ended(CliRunner().invoke(app, command))
    assert "no run can be kept there" in told or "the disk" in told or "could not be written" in told
    started = [*(tmp_path / "full" / "runs").iterdir()]
    if started:
        assert f"rag-eval run --resume {started[0]}" in told
        command = ["run", "--resume", str(started[0]), "-q"]
    _ended(CliRunner().invoke(app, command), 0)
    assert _numbers(tmp_path / "full") == _numbers(tmp_path / "whole")


def test_a_runs_folder_below_a_file(tmp_path: Path) -> None:
    """A runs folder that cannot be made is told of before anything is asked."""
    (tmp_path / "file").write_text("")
    result = replay(tmp_path, "x", rows(2), metrics=["latency"], runs=str(tmp_path / "file" / "runs"), **_NO_TRACKER)
    assert "cannot be written to: Not a directory" in _ended(result, 2)


def test_reports_that_cannot_be_written(tmp_path: Path) -> None:
    """What a run comes to is printed first; then why its reports are not there."""
    first = replay(tmp_path, "x", rows(4), metrics=["latency"], **_NO_TRACKER)
    assert first.exit_code == 0, first.output
    [run] = (tmp_path / "runs").iterdir()
    (run / "report.html").unlink()
    (run / "report.html").mkdir()
    again = CliRunner().invoke(app, ["run", "--resume", str(run), "-q"])
    told = _ended(again)
    assert "latency" in again.stdout
    assert f"the reports of {run} could not be written" in told


def _store(path: Path, kind: str) -> None:
    db = sqlite3.connect(path)
    if kind == "foreign":
        db.execute("CREATE TABLE experiments (a TEXT)")
    elif kind == "old":
        db.execute("CREATE TABLE alembic_version (version_num TEXT)")
        db.execute("INSERT INTO alembic_version VALUES ('0123456789ab')")
    db.commit()
    db.close()
    if kind == "no database":
        path.write_bytes(b"no database at all " * 400)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["foreign", "old", "no database"])
def test_a_store_that_is_none(tmp_path: Path, kind: str) -> None:
    """A tracker's file that is somebody else's, of another version or no database: the summary, then why, and 3."""
    _store(tmp_path / "mlflow.db", kind)
    result = replay(
        tmp_path, "x", rows(2), metrics=["latency"], mlflow={"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db"}
    )
    told = _ended(result)
    assert "latency" in result.stdout
    assert "did not take the run" in told
    assert "rag-eval sync" in told


@pytest.mark.slow
def test_a_store_that_another_process_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that holds the lock of a store's tables is waited for with a word, and not for ever."""
    from rag_eval.tracking.mlflow import connection

    monkeypatch.setattr(connection, "PATIENCE_S", 0.01)
    monkeypatch.setattr(connection, "_UNSAID_S", 0.01)
    with FileLock(tmp_path / "mlflow.db.lock"):
        result = replay(
            tmp_path, "x", rows(2), metrics=["latency"], mlflow={"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db"}
        )
    told = _ended(result)
    assert "latency" in result.stdout
    assert "waiting for another process" in told
    assert "has been held by another process" in told


def test_a_tracked_run_that_cannot_be_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full when the tracker has been told is no reason to keep the summary back."""

    class Full:
        def push(self, *_: object) -> str:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tracking, "connect", lambda *_, **__: Full())
    result = replay(tmp_path, "x", rows(2), metrics=["latency"])
    assert "No space left on device" in _ended(result)
    assert "latency" in result.stdout


@pytest.mark.slow
def test_the_password_of_a_tracker_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in no message, and in no file of the run."""
    monkeypatch.setenv("CANARY_TRACKER", "canary/tr4cker")
    result = replay(
        tmp_path, "x", rows(2), metrics=["latency"], mlflow={"tracking_uri": "http://ada:${CANARY_TRACKER}@127.0.0.1:9"}
    )
    assert "did not take the run" in _ended(result)
    assert "canary" not in result.output.replace("CANARY_TRACKER", "")
    assert not [path for path in (tmp_path / "runs").rglob("*") if path.is_file() and b"canary/" in path.read_bytes()]
