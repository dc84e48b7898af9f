"""Where runs are kept for people to look at."""

from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval import config
from rag_eval.ports import Tracker
from rag_eval.telemetry import silence
from rag_eval.tracking import store

if TYPE_CHECKING:
    from rag_eval.tracking.mlflow.loads import MlflowLoads


def connect(said: config.Mlflow, *, insist: bool = False) -> Tracker | None:
    """The tracker of an experiment, None if it wants none and nobody insists."""
    if not said.enabled and not insist:
        return None
    silence()
    from rag_eval.tracking.mlflow import MlflowTracker

    return MlflowTracker(said)


def mark_baseline(said: config.Mlflow, tracked: store.Tracked, name: str) -> None:
    """Move a baseline's name to a run that stands in the tracker; raises `UnreachableError`."""
    silence()
    from rag_eval.tracking.mlflow import MlflowTracker

    MlflowTracker(said).mark_baseline(tracked, name)


def unmark_baseline(said: config.Mlflow, name: str) -> None:
    """Take a baseline's name from the run that has it, if there is one; raises `UnreachableError`."""
    if not said.enabled or not store.is_there(store.uri(said)):
        return
    silence()
    from rag_eval.tracking.mlflow import MlflowTracker

    MlflowTracker(said).unmark_baseline(name)


def log_comparison(said: config.Mlflow, tracked: store.Tracked, files: Path, name: str) -> None:
    """Put a folder's files beside those of run B, as `comparisons/NAME`, where NAME is the id of run A.

    Again is the same. Raises `UnreachableError`.
    """
    silence()
    from rag_eval.tracking.mlflow import MlflowTracker

    MlflowTracker(said).log_comparison(tracked, files, name)


def connect_loads(said: config.Mlflow, *, insist: bool = False) -> "MlflowLoads | None":
    """The tracker of load tests of an experiment, None if it wants none and nobody insists."""
    if not said.enabled and not insist:
        return None
    silence()
    from rag_eval.tracking.mlflow.loads import MlflowLoads

    return MlflowLoads(said)


def needs_ui(said: config.Mlflow) -> bool:
    """Whether the store is a file, whose pages are there only while `rag-eval ui` serves them."""
    return not store.is_server(store.uri(said))
