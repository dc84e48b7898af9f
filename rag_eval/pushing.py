"""A run that has been written down, or goes on, and the tracker; one that is away is told of and is no error."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval import config, configfile, gates, runs, tracking
from rag_eval.errors import MismatchError, UnreachableError
from rag_eval.evaluation import engine, results
from rag_eval.ports import PushProgress, RunResult

if TYPE_CHECKING:
    from rag_eval import handles


@dataclass(frozen=True)
class FinishedRun:
    """A run that has been written down."""

    result: RunResult
    link: str | None
    """The run in the tracker; None if it is not kept there."""
    untracked: str | None = None
    """Why the tracker does not have it although it should."""
    needs_ui: bool = False
    """Whether the link works only while `rag-eval ui` runs."""

    @property
    def run(self) -> "handles.Run":
        """The run as a program holds it: tables, gates, comparisons."""
        from rag_eval import handles

        return handles.handle(runs.RunFolder(self.result.folder))


def followed(
    folder: runs.RunFolder, experiment: config.Experiment, cases: int
) -> AbstractContextManager[tracking.Following]:
    """Let the tracker have the cases of a run while it goes on, where that saves a wait at its end."""
    return tracking.following(experiment.mlflow, cases, folder, lambda: results.summary_of(folder))


def telling(
    following: tracking.Following, watch: Callable[[engine.CaseEvent], None]
) -> Callable[[engine.CaseEvent], None]:
    """Tell also the tracker of each case that is scored."""

    def both(event: engine.CaseEvent) -> None:
        watch(event)
        if event.kind == "scored":
            following.tell(event.case.id)

    return both


def track(
    result: RunResult,
    *,
    insist: bool = False,
    pushed: PushProgress = lambda _, __: None,
    sent: Mapping[str, str] | None = None,
) -> FinishedRun:
    """Push a run to the tracker that its experiment names; a tracker that is away is told of and is no error.

    `insist` pushes also a run that was made without one; `pushed` is told how far that is; `sent` went there before.
    """
    folder = runs.RunFolder(result.folder)
    experiment = configfile.load(folder.experiment)
    tracker = tracking.connect(experiment.mlflow, insist=insist)
    if tracker is None:
        return FinishedRun(result, None)
    try:
        link = tracker.push(result, pushed, sent)
        for name in _baselines(result, experiment):
            tag_baseline(folder, name)
        return FinishedRun(result, link, needs_ui=tracking.needs_ui(experiment.mlflow))
    except UnreachableError as error:
        return FinishedRun(result, None, untracked=str(error))
    except OSError as error:
        return FinishedRun(result, None, untracked=f"{folder.path}: {error.strerror or error}")


def _baselines(result: RunResult, experiment: config.Experiment) -> Iterator[str]:
    """The baselines that a run is, which the tracker may not have heard of, being away at the time."""
    for baseline in gates.every(Path(experiment.baselines)):
        with suppress(MismatchError):  # one that cannot be read is none of this run's
            if baseline.summary.key == result.summary.key:
                yield baseline.name


def tag_baseline(folder: runs.RunFolder, name: str) -> str:
    """Give a run a baseline's name in the tracker that has it; why it could not be done, and nothing where it was."""
    tracked = tracking.store.read(folder.path)
    if tracked is None:
        return ""
    try:
        tracking.mark_baseline(configfile.load(folder.experiment).mlflow, tracked, name)
    except UnreachableError as error:
        return str(error)
    return ""


def untag_baseline(baseline: gates.Baseline) -> str:
    """Take a baseline's name from its run in the tracker; why it could not be done, and nothing where it was."""
    try:
        tracking.unmark_baseline(configfile.load(baseline.experiment).mlflow, baseline.name)
    except UnreachableError as error:
        return str(error)
    return ""


def log_comparison(run: Path, files: Path, name: str) -> str:
    """Put the files of a comparison with the run `name` beside a run in the tracker, if that has it.

    Why it could not be done; nothing where it was, or where no tracker keeps the run.
    """
    tracked = tracking.store.read(run)
    if tracked is None or not tracking.store.is_there(tracked.tracking_uri):
        return ""
    try:
        tracking.log_comparison(configfile.load(runs.RunFolder(run).experiment).mlflow, tracked, files, name)
    except UnreachableError as error:
        return str(error)
    return ""
