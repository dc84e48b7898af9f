"""A run's folder and journal: new ones, or those of a run that is gone on with."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

from rag_eval import config, runs, stats, targets, worktree
from rag_eval.errors import MismatchError
from rag_eval.evaluation.plan import Plan
from rag_eval.evaluation.survey import size
from rag_eval.journal import JournalWriter
from rag_eval.records import Origin, RunMeta


def reopen(
    folder: runs.RunFolder, plan: Plan, index: targets.CaptureIndex | None, *, retry_errors: bool
) -> JournalWriter:
    """The journal of a run that is gone on with; raises `MismatchError` where it would be another run."""
    origin = plan.origin
    journal = folder.write()
    try:
        _demand_same(folder, journal, origin, plan.experiment.target, index)
    except BaseException:
        journal.close()
        raise
    _go_on(journal, plan, retry_errors=retry_errors)
    folder.summary.unlink(missing_ok=True)  # it is there when the run has ended; until then the journal tells
    return journal


def create(plan: Plan, index: targets.CaptureIndex | None) -> tuple[runs.RunFolder, JournalWriter]:
    """A new folder with an empty journal."""
    experiment = plan.experiment
    key = uuid.uuid4().hex
    meta = RunMeta(
        key=key,
        name=experiment.name,
        origin=plan.origin,
        metrics=plan.traits,
        primary=plan.primary,
        listed=experiment.metrics if "metrics" in experiment.model_fields_set else (),
        target=targets.identity(experiment.target, key, index),
        limit=plan.limit,
        dataset_cases=None if plan.limit is None else size(experiment),
        total=plan.survey.asked,
        round=0,
        git=worktree.state(Path.cwd()),
    )
    return runs.create(experiment, meta, datetime.now(UTC))


def _demand_same(
    folder: runs.RunFolder,
    journal: JournalWriter,
    origin: Origin,
    target: config.TargetConfig,
    index: targets.CaptureIndex | None,
) -> None:
    """Raise `MismatchError` where a run would go on with another system, other questions, or another measure."""
    meta = journal.meta
    different = [*stats.origin_differences(meta.origin, origin)]
    if meta.target is not None:  # not in runs that began before it was kept
        different += targets.differences(meta.target, targets.identity(target, meta.key, index))
    if different:
        message = f"{folder.path}: cannot be resumed, it began otherwise: {'; '.join(different)}"
        raise MismatchError(f"{message}. Start a new run.")


def _go_on(journal: JournalWriter, plan: Plan, *, retry_errors: bool) -> None:
    """Take up metrics that were added since a run began, and count the round."""
    meta = journal.meta
    before = meta.origin
    after = before.model_copy(update={"metrics": {**before.metrics, **plan.origin.metrics}})
    known = meta.traits
    names = {trait.name for trait in known}
    added = [trait for trait in plan.traits if trait.name not in names]
    journal.remember(
        origin=after,
        gates=(),  # what they came to before is not what they will
        metrics=[*known, *added],
        round=meta.round + 1 if retry_errors else meta.round,
    )
