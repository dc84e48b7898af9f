"""`rag-eval sync`: a run is pushed again, and what is no run is told."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.history import Past, make
from typer.testing import CliRunner

from rag_eval import tracking
from rag_eval.cli import app
from rag_eval.errors import UnreachableError
from rag_eval.ports import PushProgress, RunResult

_STRONG = "20261123-091500-strong"


class _Tracker:
    def __init__(self, *, away: bool) -> None:
        self.away, self.pushed = away, list[RunResult]()

    def push(self, run: RunResult, progress: PushProgress, sent: Mapping[str, str] | None = None) -> str:
        if self.away:
            raise UnreachableError("http://127.0.0.1:9 does not answer")
        progress(run.summary.cases, run.summary.cases)
        self.pushed.append(run)
        return "http://tracker/run"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("runs"), [Past(_STRONG, right=12)], mlflow={"enabled": False})


def _tracker(monkeypatch: pytest.MonkeyPatch, *, away: bool = False) -> _Tracker:
    tracker = _Tracker(away=away)
    monkeypatch.setattr(tracking, "connect", lambda _, *, insist: tracker if insist else None)
    return tracker


def _sync(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["sync", *argv])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("name", [_STRONG, "strong", "latest", f"runs/{_STRONG}"])
def test_a_run_is_pushed_whole_although_its_experiment_keeps_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says sync means it; everything is made again from the journal before."""
    tracker = _tracker(monkeypatch)
    (Path("runs") / _STRONG / "summary.json").unlink()
    code, _, _ = _sync(name)
    assert code == 0
    (pushed,) = tracker.pushed
    assert (pushed.summary.run_id, pushed.folder.name) == (_STRONG, _STRONG)
    assert (Path("runs") / _STRONG / "summary.json").is_file()


def test_a_tracker_that_is_still_away_is_told_with_the_code_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script can try again later."""
    _tracker(monkeypatch, away=True)
    code, out, err = _sync("latest")
    assert (code, out) == (3, "")
    assert "error: http://127.0.0.1:9 does not answer" in err


@pytest.mark.parametrize(("argv", "says"), [(("gone",), "gone"), (("strong", "--runs", "elsewhere"), "elsewhere")])
def test_what_is_no_run_is_told_by_its_name(argv: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is pushed."""
    tracker = _tracker(monkeypatch)
    code, _, err = _sync(*argv)
    assert (code, tracker.pushed) == (2, [])
    assert says in err
