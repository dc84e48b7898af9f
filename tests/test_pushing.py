"""A run and its tracker: what is sent, which baselines it is, and what happens where the tracker is away."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from support import samples
from support.history import Past, make

from rag_eval import gates, pushing, tracking
from rag_eval.errors import UnreachableError
from rag_eval.evaluation import engine, results
from rag_eval.ports import PushProgress, RunResult
from rag_eval.records import Case
from rag_eval.runs import RunFolder
from rag_eval.tracking import store

_STRONG = "20261123-091500-strong"


class Kept:
    """A tracker that remembers, or is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.pushed: list[tuple[Path, Mapping[str, str] | None]] = []

    def push(
        self, run: RunResult, progress: PushProgress = lambda _, __: None, sent: Mapping[str, str] | None = None
    ) -> str:
        """Take a run."""
        if self.away:
            raise UnreachableError("http://127.0.0.1:9 does not answer")
        progress(1, 2)
        self.pushed.append((run.folder, sent))
        return "http://tracker/run"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A finished run whose experiment keeps nothing in MLflow."""
    (folder,) = make(
        tmp_path / "runs", [Past(_STRONG)], mlflow={"enabled": False}, baselines=str(tmp_path / "baselines")
    )
    return folder


def _result(run: RunFolder) -> RunResult:
    return RunResult(results.summary_of(run), run.path, {})


def _connected(monkeypatch: pytest.MonkeyPatch, tracker: Kept) -> list[bool]:
    insisted: list[bool] = []

    def connect(_: object, *, insist: bool = False) -> Kept:
        insisted.append(insist)
        return tracker

    monkeypatch.setattr(tracking, "connect", connect)
    return insisted


def test_a_run_that_wants_no_tracker_has_no_link_and_lacks_nothing(run: RunFolder) -> None:
    """It is not told as one that could not be kept."""
    finished = pushing.track(_result(run))
    assert (finished.link, finished.untracked, finished.needs_ui) == (None, None, False)


def test_a_tracker_gets_the_run_with_what_it_was_sent_before(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits is told how far it is, and whether anybody insisted gets to whoever connects."""
    tracker = Kept()
    insisted, steps = _connected(monkeypatch, tracker), list[tuple[int, int]]()
    finished = pushing.track(
        _result(run), insist=True, pushed=lambda done, of: steps.append((done, of)), sent={"case-1": "t-1"}
    )
    assert (finished.link, finished.untracked) == ("http://tracker/run", None)
    assert tracker.pushed == [(run.path, {"case-1": "t-1"})]
    assert (steps, insisted) == ([(1, 2)], [True])


def test_a_tracker_that_is_away_is_told_and_is_no_error(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is whole without it."""
    _connected(monkeypatch, Kept(away=True))
    finished = pushing.track(_result(run))
    assert (finished.link, finished.untracked) == (None, "http://127.0.0.1:9 does not answer")
    assert finished.result.summary.run_id == _STRONG


def test_a_run_that_is_a_baseline_is_marked_as_one(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under every name that it has, and under none of another run's; a baseline that cannot be read is passed over."""
    other, *_ = make(tmp_path / "others", [Past("20261122-091500-weak", right=3)])
    for folder, name in ((run, "main"), (run, "release"), (other, "old"), (other, "torn")):
        gates.keep(folder, results.summary_of(folder), name, tmp_path / "baselines")
    (tmp_path / "baselines" / "torn" / "summary.json").write_text("{")
    _connected(monkeypatch, Kept())
    marked: list[tuple[str, str]] = []
    monkeypatch.setattr(pushing, "tag_baseline", lambda folder, name: marked.append((folder.id, name)))
    assert pushing.track(_result(run)).link == "http://tracker/run"
    assert marked == [(_STRONG, "main"), (_STRONG, "release")]


def test_a_run_that_no_tracker_has_cannot_be_marked_and_that_is_fine(run: RunFolder, tmp_path: Path) -> None:
    """A baseline of it is one all the same."""
    assert pushing.tag_baseline(run, "main") == ""
    kept = gates.keep(run, results.summary_of(run), "main", tmp_path / "baselines")
    assert pushing.untag_baseline(kept) == ""
    assert pushing.log_comparison(run.path, tmp_path, "a") == ""


def test_a_comparison_is_not_logged_where_the_store_is_gone(run: RunFolder, tmp_path: Path) -> None:
    """Nor is an empty one made in its place."""
    gone = tmp_path / "mlflow.db"
    store.TrackedRun(tracking_uri=f"sqlite:///{gone}", experiment_id="1", run_id="r").keep(run.path)
    assert pushing.log_comparison(run.path, tmp_path, "a") == ""
    assert not gone.exists()


@pytest.mark.parametrize("what", ["tag_baseline", "log_comparison", "untag_baseline"])
def test_what_a_tracker_that_is_away_would_have_had_is_told_with_why(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """As a text, since the command that asked has done its work."""
    store.TrackedRun(tracking_uri="http://127.0.0.1:9", experiment_id="1", run_id="r").keep(run.path)
    kept = gates.keep(run, results.summary_of(run), "main", tmp_path / "baselines")

    def away(*_: object) -> None:
        raise UnreachableError("it is away")

    for name in ("mark_baseline", "unmark_baseline", "log_comparison"):
        monkeypatch.setattr(tracking, name, away)
    calls = {
        "tag_baseline": lambda: pushing.tag_baseline(run, "main"),
        "untag_baseline": lambda: pushing.untag_baseline(kept),
        "log_comparison": lambda: pushing.log_comparison(run.path, tmp_path, "a"),
    }
    assert calls[what]() == "it is away"


def test_only_what_is_scored_is_told_to_the_tracker_and_all_of_it_to_the_watcher() -> None:
    """In this order: who watches is not behind the tracker."""
    told: list[str] = []
    following = tracking.Following(tell=lambda case: told.append(f"tracker {case}"))
    watch = pushing.telling(following, lambda event: told.append(f"watcher {event.kind}"))
    case = Case(id="c", user_input="?")
    watch(engine.CaseEvent("answered", case, failed=False))
    watch(engine.CaseEvent("scored", case, failed=False))
    assert told == ["watcher answered", "watcher scored", "tracker c"]


@pytest.mark.parametrize(("enabled", "cases"), [(False, 10_000), (True, 1)])
def test_a_run_that_is_short_or_kept_nowhere_is_not_followed(run: RunFolder, *, enabled: bool, cases: int) -> None:
    """What it was sent is nothing then, and telling does no harm."""
    own = samples.experiment(mlflow={"enabled": enabled, "tracking_uri": "http://127.0.0.1:9"})
    with pushing.followed(run, own, cases) as following:
        following.tell("case-1")
        assert following.sent == {}


def test_a_finished_run_can_be_asked_for_its_tables(run: RunFolder) -> None:
    """As a program holds it."""
    assert pushing.FinishedRun(_result(run), None).run.id == _STRONG
