"""Two versions of a system in one job: asked question by question, judged by one judge, and one verdict.

    base ─┐ question i to both at once   ─▶ two runs ─▶ Comparison
    head ─┘ replies of the judge shared              └▶ gates of head, with base as their baseline

What drifts while a job goes on, such as the load of a machine or a judge's mood, hits both versions alike.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rag_eval import aio, config, gates, judges, pushing, reports, runs, stats, targets
from rag_eval.errors import Interruption, MismatchError, UnreachableError, UsageError
from rag_eval.evaluation import engine, results, session, stopping
from rag_eval.evaluation.comparison import compare_folders
from rag_eval.evaluation.lockstep import Lockstep
from rag_eval.evaluation.plan import Plan, prepare
from rag_eval.evaluation.session import RunJob
from rag_eval.pushing import FinishedRun
from rag_eval.records import ANSWERED, RunComparison, limit_said
from rag_eval.reports import LostQuestion
from rag_eval.runs import names

_LONGEST = 95


@dataclass(frozen=True)
class AbOptions:
    """What the command line may add to the experiments."""

    limit: int | None = None
    """Only the first so many cases."""
    stop: bool = False
    """Ask in a random order, and no more than it takes to decide the gates."""


@dataclass(frozen=True)
class AbResult:
    """What became of two versions."""

    base: FinishedRun
    head: FinishedRun
    comparison: RunComparison
    """With what became of the gates."""
    folder: Path
    """Of the job: comment and comparison."""
    implied: bool
    """Whether the gates stand in for an experiment's own, which has none."""
    focus: tuple[str, ...]
    """The metrics to look at first: the primary one, `answered`, and those that gates speak of."""
    failed: tuple[LostQuestion, ...]
    """What the head gave no answer to, or has no score of."""


def served_at(
    experiment: config.Experiment, base: str | None, head: str | None
) -> tuple[config.Experiment, config.Experiment]:
    """The experiment at two addresses; who is given none stays where the experiment has it. Raises `UsageError`."""
    at = (
        experiment.model_copy(update={"target": targets.moved(experiment.target, url)}) if url else experiment
        for url in (base, head)
    )
    first, second = at
    return first, second


def run(
    base: config.Experiment,
    head: config.Experiment,
    options: AbOptions = AbOptions(),
    display: session.Display = session.unseen,
) -> AbResult:
    """Ask both versions everything, side by side, and hold the head to its gates with the base as every baseline.

    Raises `UsageError` before anything is asked, and `Interruption` when it is stopped, with what was done kept.
    """
    name = head.name
    plans, implied = _plans(_named(base, "base"), _named(head, "head"), options)
    rule = _rule(plans[1]) if options.stop else None
    with session.begin(plans[0]) as first, session.begin(plans[1]) as second:
        folder = _folder(Path(head.runs), name)
        with _timed(first, second), display(_started(folder, first, second)) as watch:
            aio.run_sync(aio.stoppable(_ask_both(first, second, watch, rule)))
        written = results.write_reports(first.folder, first.journal)
        demanded = plans[1].gates
        result = results.write_reports(second.folder, second.journal, demanded, first.folder)
        failed = tuple(reports.lost_questions(second.journal))
    comparison = compare_folders(first.folder, second.folder, seed=head.seed)
    comparison = comparison.model_copy(update={"gates": result.summary.gates})
    return AbResult(
        base=pushing.track(written),
        head=pushing.track(result),
        comparison=comparison,
        folder=folder,
        implied=implied,
        focus=_focus(comparison, demanded),
        failed=failed,
    )


def _focus(comparison: RunComparison, demanded: Sequence[gates.Gate]) -> tuple[str, ...]:
    named = [gate.subject if gate.kind == "value" else gate.metric for gate in demanded]
    wanted = dict.fromkeys([comparison.primary, ANSWERED, *named])
    return tuple(name for name in wanted if name is not None and comparison.metric(name) is not None)


def _named(experiment: config.Experiment, suffix: str) -> config.Experiment:
    return experiment.model_copy(update={"name": f"{experiment.name[:_LONGEST]}-{suffix}"})


def _plans(base: config.Experiment, head: config.Experiment, options: AbOptions) -> tuple[tuple[Plan, Plan], bool]:
    """Both experiments, looked at before anybody is asked, and whether gates had to be implied."""
    first = prepare(base, options.limit, gated=False)
    second = prepare(head, options.limit)
    _demand_alike(first, second)
    implied = not second.gates
    if implied:
        second = second.with_implied_gates()
    second.check_gates((first.origin, limit_said(options.limit, None)))
    return (first, second), implied


def _demand_alike(first: Plan, second: Plan) -> None:
    """Raise `MismatchError` where two runs would not be asked, or measured, the same."""
    different = [*stats.origin_differences(first.origin, second.origin)]
    if first.survey.repeats != second.survey.repeats:
        different.append(f"one asks each question {first.survey.repeats} times and one {second.survey.repeats} times")
    if different:
        raise MismatchError(f"base and head cannot be asked side by side: {'; '.join(different)}")


def _folder(root: Path, name: str) -> Path:
    """A new folder for what is made of both runs."""
    wanted = root / names.timed(datetime.now(UTC), f"{name}{names.JOB}")
    for number in range(1, 1000):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}~{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{path}: cannot be made: {error.strerror}") from error
        return path
    raise MismatchError(f"{wanted}: a thousand jobs began in one second")


def _started(folder: Path, first: RunJob, second: RunJob) -> session.RunStart:
    """Both runs as one, for a progress display."""
    survey = second.plan.survey
    return session.RunStart(
        runs.RunFolder(folder), replace(survey, total=2 * survey.total), lambda: first.usage() + second.usage()
    )


def _rule(plan: Plan) -> stopping.StoppingRule:
    return stopping.rule(plan.experiment, plan.gates, plan.traits)


async def _ask_both(first: RunJob, second: RunJob, watch: session.Watch, rule: stopping.StoppingRule | None) -> None:
    """Both runs in one event loop, each question to both at once; with a rule, until it is decided."""
    if rule is None:
        await _in_step((first, second), watch)
        return
    cases = tuple(second.plan.cases())
    journals = first.journal, second.journal
    sampling = stopping.Sampling(rule, cases, lambda order: rule.decided(*journals, order), sides=2)

    def watched(event: engine.CaseEvent) -> None:
        sampling.watch(event)
        watch(event)

    session.remember_looks(rule.design, *journals)
    await _in_step((first, second), watched, sampling)
    session.remember_looks(rule.design.model_copy(update={"after": sampling.after}), *journals)


async def _in_step(jobs: Sequence[RunJob], watch: session.Watch, sampling: stopping.Sampling | None = None) -> None:
    lockstep = Lockstep()
    calls = asyncio.Semaphore(jobs[0].experiment.judge.concurrency)
    sharing = judges.JudgeSharing([job.journal for job in jobs], calls)
    try:
        async with asyncio.TaskGroup() as group:
            for side, job in enumerate(jobs):
                around: session.Around = partial(lockstep.around, side=side)
                cases = sampling.asked(side) if sampling else None
                group.create_task(session.ask_and_score(job, watch, sharing, around, cases))
    except BaseExceptionGroup as error:
        raise error.exceptions[0] from error  # one is enough to tell; the other run was cancelled because of it


@contextmanager
def _timed(first: RunJob, second: RunJob) -> Iterator[None]:
    """Keep how long both worked; turn an interrupt into one that says how to go on."""
    kept = f"what was done is kept. Go on with: {_resume(first)} and {_resume(second)}, then: {_gate(first, second)}"
    try:
        with session.clocked(first.journal), session.clocked(second.journal):
            yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise Interruption(f"stopped; {kept}") from error
    except UnreachableError as error:
        raise UnreachableError(f"{error}\n{kept}") from error


def _resume(job: RunJob) -> str:
    return f"rag-eval run --no-gates --resume {job.folder.path}"


def _gate(first: RunJob, second: RunJob) -> str:
    return f"rag-eval gate {second.folder.path} --against {first.folder.path}"
