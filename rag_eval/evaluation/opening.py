"""A run's folder and journal: new ones, or those of a run that is gone on with."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag_eval import config, gates, metrics, runs, stats, targets, worktree
from rag_eval.errors import MismatchError
from rag_eval.evaluation import planning
from rag_eval.journal import Journal
from rag_eval.metrics import MetricSpec
from rag_eval.records import Origin, RunMeta


@dataclass(frozen=True)
class Plan:
    """An experiment that can be run as it is written; nobody has been asked yet."""

    experiment: config.Experiment
    plan: planning.Survey
    measured: Sequence[MetricSpec]
    demanded: tuple[gates.Gate, ...]
    """The gates that the run will be held to."""

    @property
    def origin(self) -> Origin:
        """Where its scores will come from."""
        return planning.origin(self.experiment, self.plan, self.measured)


def reopened(
    folder: runs.RunFolder, checked: Plan, shelf: targets.CaptureIndex | None, *, retry_errors: bool
) -> Journal:
    """The journal of a run that is gone on with; raises `MismatchError` where it would be another run."""
    origin = checked.origin
    journal = folder.open_(writable=True)
    try:
        _demand_same(folder, journal, origin, checked.experiment.target, shelf)
    except BaseException:
        journal.close()
        raise
    _go_on(journal, origin, checked.measured, retry_errors=retry_errors)
    folder.summary.unlink(missing_ok=True)  # it is there when the run has ended; until then the journal tells
    return journal


def new(checked: Plan, shelf: targets.CaptureIndex | None, limit: int | None) -> tuple[runs.RunFolder, Journal]:
    """A new folder with an empty journal."""
    experiment, measured = checked.experiment, checked.measured
    key = uuid.uuid4().hex
    meta = RunMeta(
        key=key,
        name=experiment.name,
        origin=checked.origin,
        metrics=tuple(metrics.traits(measured)),
        primary=planning.primary(experiment, measured),
        listed=experiment.metrics if "metrics" in experiment.model_fields_set else (),
        target=targets.identity(experiment.target, key, shelf),
        limit=limit,
        dataset_cases=None if limit is None else planning.size(experiment),
        total=checked.plan.asked,
        round=0,
        git=worktree.state(Path.cwd()),
    )
    return runs.create(experiment, meta, datetime.now(UTC))


def _demand_same(
    folder: runs.RunFolder,
    journal: Journal,
    origin: Origin,
    target: config.TargetConfig,
    shelf: targets.CaptureIndex | None,
) -> None:
    """Raise `MismatchError` where a run would go on with another system, other questions, or another measure."""
    meta = journal.meta
    different = [*stats.origin_differences(meta.origin, origin)]
    if meta.target is not None:  # not in runs that began before it was kept
        different += targets.differences(meta.target, targets.identity(target, meta.key, shelf))
    if different:
        message = f"{folder.path}: cannot be resumed, it began otherwise: {'; '.join(different)}"
        raise MismatchError(f"{message}. Start a new run.")


def _go_on(journal: Journal, origin: Origin, measured: Sequence[MetricSpec], *, retry_errors: bool) -> None:
    """Take up metrics that were added since a run began, and count the round."""
    meta = journal.meta
    before = meta.origin
    after = before.model_copy(update={"metrics": {**before.metrics, **origin.metrics}})
    known = meta.traits
    names = {trait.name for trait in known}
    added = [trait for trait in metrics.traits(measured) if trait.name not in names]
    journal.remember(
        origin=after,
        gates=(),  # what they came to before is not what they will
        metrics=[*known, *added],
        round=meta.round + 1 if retry_errors else meta.round,
    )
