"""The way from an experiment to its tracker, and when there is none."""

import sys
from pathlib import Path

import pytest
from support import samples

from rag_eval import config, tracking
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking import connecting
from rag_eval.tracking.store import TrackedRun

_OFF = config.MlflowConfig(enabled=False)
_SERVER = config.MlflowConfig(tracking_uri="http://127.0.0.1:9")


class Follower:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.sent: dict[str, str] = {"tr-1": "digest"}
        self.finished: list[bool] = []

    def tell(self, case: str) -> None:
        """A case is scored."""
        self.told.append(case)

    def tell_rest(self, summary: Summary) -> None:
        """All are."""
        self.told.append(summary.name)

    def end(self, *, finished: bool) -> None:
        """The run is over."""
        self.finished.append(finished)


@pytest.fixture
def follower(monkeypatch: pytest.MonkeyPatch) -> Follower:
    """What follows runs, instead of a server."""
    follower = Follower()

    monkeypatch.setattr("rag_eval.tracking.mlflow.following.Follower", lambda *_: follower)
    return follower


def test_who_wants_no_tracker_has_none() -> None:
    """Unless somebody insists, as who asks for a run to be pushed now."""
    assert tracking.connect(_OFF) is None
    assert tracking.connect_loads(_OFF) is None
    assert type(tracking.connect(_OFF, insist=True)).__name__ == "MlflowTracker"
    assert type(tracking.connect_loads(_OFF, insist=True)).__name__ == "MlflowLoads"


def test_asking_for_none_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow takes seconds to import, and is there only once a run goes to it."""
    heavy = [f"rag_eval.tracking.mlflow.{name}" for name in ("connection", "tracker", "loads", "sending")]
    for name in heavy:
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert tracking.connect(_OFF) is None
    assert tracking.connect_loads(_OFF) is None
    tracking.unmark_baseline(_OFF, "main")
    tracking.needs_ui(_SERVER)
    assert not any(name in sys.modules for name in heavy)


@pytest.mark.parametrize(
    ("mlflow", "cases"),
    [
        (_OFF, 1000),
        (_OFF.model_copy(update={"tracking_uri": "http://127.0.0.1:9"}), 1000),
        (_SERVER, tracking.FEWEST_FOLLOWED - 1),
    ],
)
def test_a_run_that_is_soon_sent_is_not_followed(
    mlflow: config.MlflowConfig, cases: int, follower: Follower, tmp_path: Path
) -> None:
    """Nor one that nobody wants to be sent; whoever tells of its cases need not know."""
    with tracking.following(mlflow, cases, RunFolder(tmp_path), samples.summary) as following:
        following.tell("c1")
        following.tell_rest(samples.summary())
        assert following.sent == {}
    assert (follower.told, follower.finished) == ([], [])


@pytest.mark.parametrize(
    ("mlflow", "told"),
    [(_SERVER, ["c1", "all"]), (config.MlflowConfig(tracking_uri="sqlite:///mlflow.db"), ["all"])],
)
def test_a_long_run_is_followed_to_its_end(
    mlflow: config.MlflowConfig, told: list[str], follower: Follower, tmp_path: Path
) -> None:
    """By a server case by case, by a file once all are scored; what was sent is known afterwards."""
    with tracking.following(mlflow, tracking.FEWEST_FOLLOWED, RunFolder(tmp_path), samples.summary) as following:
        following.tell("c1")
        following.tell_rest(samples.summary(name="all"))
    assert (follower.told, follower.finished, following.sent) == (told, [True], {"tr-1": "digest"})


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x")])
def test_a_run_that_breaks_off_is_not_taken_for_finished(
    follower: Follower, tmp_path: Path, error: BaseException
) -> None:
    """The follower ends in any case, and is told how."""
    with pytest.raises(type(error)), tracking.following(_SERVER, 1000, RunFolder(tmp_path), samples.summary):
        raise error
    assert follower.finished == [False]


def test_a_store_that_is_not_there_is_not_made_to_take_a_name_away(tmp_path: Path) -> None:
    """A baseline that is removed leaves no database behind."""
    tracking.unmark_baseline(config.MlflowConfig(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}"), "main")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "needs"),
    [("sqlite:///mlflow.db", True), ("http://127.0.0.1:9", False), ("https://mlflow.example.com", False), (None, True)],
)
def test_a_file_has_pages_only_while_they_are_served(uri: str | None, *, needs: bool) -> None:
    """A server has its own."""
    assert tracking.needs_ui(config.MlflowConfig(tracking_uri=uri)) is needs


def test_names_and_files_go_to_the_experiment_s_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the run that is meant."""
    calls: list[tuple[object, ...]] = []

    class Tracker:
        def mark_baseline(self, *given: object) -> None:
            calls.append(("mark", *given))

        def unmark_baseline(self, *given: object) -> None:
            calls.append(("unmark", *given))

        def log_comparison(self, *given: object) -> None:
            calls.append(("log", *given))

    def tracker(mlflow: config.MlflowConfig) -> Tracker:
        calls.append((mlflow,))
        return Tracker()

    monkeypatch.setattr(connecting, "_tracker", tracker)
    run = TrackedRun(tracking_uri="u", experiment_id="1", run_id="r")
    tracking.mark_baseline(_SERVER, run, "main")
    tracking.unmark_baseline(_SERVER, "main")
    tracking.log_comparison(_SERVER, run, tmp_path, "a")
    assert calls == [
        (_SERVER,), ("mark", run, "main"), (_SERVER,), ("unmark", "main"), (_SERVER,), ("log", run, tmp_path, "a"),
    ]  # fmt: skip
