"""The way from an experiment to its tracker: MLflow, imported only once a run goes there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval import config
from rag_eval.ports import Tracker
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.telemetry import silence
from rag_eval.tracking import store

if TYPE_CHECKING:
    from rag_eval.tracking.mlflow.loads import MlflowLoads
    from rag_eval.tracking.mlflow.tracker import MlflowTracker

FEWEST_FOLLOWED = 200
"""Cases of a run from which on it is worth while to send them before its end."""


@dataclass(frozen=True)
class Following:
    """A run that may be sent while it goes on."""

    tell: Callable[[str], None] = lambda _: None
    """A case is scored."""
    tell_rest: Callable[[Summary], None] = lambda _: None
    """Everything is scored, and adds up to this."""
    sent: Mapping[str, str] = field(default_factory=dict)
    """What has been sent; of use once the run has ended."""


def connect(mlflow: config.MlflowConfig, *, insist: bool = False) -> Tracker | None:
    """The tracker of an experiment, None if it wants none and nobody insists."""
    if not mlflow.enabled and not insist:
        return None
    return _tracker(mlflow)


@contextmanager
def following(
    mlflow: config.MlflowConfig, cases: int, folder: RunFolder, summarise: Callable[[], Summary]
) -> Iterator[Following]:
    """Send a run to its store beside the work on it, from its first score on or from its last; nothing of a short one.

    A server has it while it goes on. A database file takes what is left within seconds, which more than anything are
    work of this process: while questions are asked they would be waited for, and times are measured.
    `summarise` is called from another thread once something is scored.
    """
    if not mlflow.enabled or cases < FEWEST_FOLLOWED:
        yield Following()
        return
    from rag_eval.tracking.mlflow.following import Follower

    uri = store.uri(mlflow)
    follower = Follower(uri, store.experiment(mlflow), folder, summarise)
    finished = False
    try:
        yield Following(follower.tell if store.is_server(uri) else lambda _: None, follower.tell_rest, follower.sent)
        finished = True
    finally:
        follower.end(finished=finished)


def mark_baseline(mlflow: config.MlflowConfig, tracked: store.TrackedRun, name: str) -> None:
    """Move a baseline's name to a run that stands in the tracker; raises `UnreachableError`."""
    _tracker(mlflow).mark_baseline(tracked, name)


def unmark_baseline(mlflow: config.MlflowConfig, name: str) -> None:
    """Take a baseline's name from the run that has it, if there is one; raises `UnreachableError`."""
    if not mlflow.enabled or not store.is_there(store.uri(mlflow)):
        return
    _tracker(mlflow).unmark_baseline(name)


def log_comparison(mlflow: config.MlflowConfig, tracked: store.TrackedRun, files: Path, name: str) -> None:
    """Put a folder's files beside those of run B, as `comparisons/NAME`, where NAME is the id of run A.

    Again is the same. Raises `UnreachableError`.
    """
    _tracker(mlflow).log_comparison(tracked, files, name)


def connect_loads(mlflow: config.MlflowConfig, *, insist: bool = False) -> "MlflowLoads | None":
    """The tracker of load tests of an experiment, None if it wants none and nobody insists."""
    if not mlflow.enabled and not insist:
        return None
    silence()
    from rag_eval.tracking.mlflow.loads import MlflowLoads

    return MlflowLoads(mlflow)


def needs_ui(mlflow: config.MlflowConfig) -> bool:
    """Whether the store is a file, whose pages are there only while `rag-eval ui` serves them."""
    return not store.is_server(store.uri(mlflow))


def _tracker(mlflow: config.MlflowConfig) -> "MlflowTracker":
    silence()
    from rag_eval.tracking.mlflow.tracker import MlflowTracker

    return MlflowTracker(mlflow)
