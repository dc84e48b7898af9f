"""The main job, stage by stage. This is the file to read first.

    dataset ─ Case ─▶ target ─ Answer|Failure ─▶ metrics × judge ─ Score|Failure ─▶ journal
                                                       journal ─▶ Summary ─▶ reports, MLflow
                                                 two summaries ─▶ Comparison

What comes before the first question is in `planning`, what is made from the journal, at any time and as often as
wanted, in `results`, and how MLflow comes to have it in `pushing`.
"""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from rag_eval import aio, config, gates, judges, metrics, pushing, runs, targets, telemetry
from rag_eval._version import __version__
from rag_eval.errors import Interruption, UnreachableError
from rag_eval.evaluation import engine, opening, planning, results, stopping
from rag_eval.evaluation.opening import Plan
from rag_eval.journal import Journal
from rag_eval.metrics import MetricSpec
from rag_eval.ports import PushProgress, Target
from rag_eval.records import Case, SequentialDesign, Usage

_log = structlog.get_logger()


@dataclass(frozen=True)
class Options:
    """What the command line may add to an experiment."""

    limit: int | None = None
    """Only the first so many cases."""
    resume: runs.RunFolder | None = None
    """A run to go on with, instead of a new one."""
    retry_errors: bool = False
    """Try cases again that ended in a failure."""
    gates: bool = True
    """Hold the run to the experiment's gates; without, a first baseline can be made."""
    against: results.ScoreFolder | None = None
    """What stands for every baseline that gates name."""
    stop: bool = False
    """Ask in a random order, and no more than it takes to decide the gates; needs `against`."""


@dataclass(frozen=True)
class RunStart:
    """A run that is about to ask; what a progress display needs."""

    folder: runs.RunFolder
    plan: planning.Survey
    usage: Callable[[], Usage]
    """What has been spent so far."""


Finished = pushing.FinishedRun
track = pushing.track

Watch = Callable[[engine.CaseEvent], None]
"""Is told of each case that was answered and of each that was scored."""

Display = Callable[[RunStart], AbstractContextManager[Watch]]
"""Shows a run while it goes on."""


@contextmanager
def unseen(_: RunStart) -> Iterator[Watch]:
    """Show nothing."""
    yield lambda _: None


@dataclass(frozen=True)
class RunJob:
    """A run that has a folder and a journal, and is about to ask."""

    checked: Plan
    options: Options
    folder: runs.RunFolder
    journal: Journal
    captured: targets.CaptureIndex | Iterable[targets.Capture]
    seen: telemetry.RunObserver

    @property
    def experiment(self) -> config.Experiment:
        """What is run."""
        return self.checked.experiment

    def usage(self) -> Usage:
        """What it has spent so far."""
        return results.priced(self.journal.usage(), self.experiment)


Around = Callable[[Target], Target]
"""Puts something around a target."""


def run(
    experiment: config.Experiment,
    options: Options = Options(),
    display: Display = unseen,
    pushed: PushProgress = lambda _, __: None,
) -> Finished:
    """Do an experiment from beginning to end; `pushed` is told how far the tracker is.

    Raises `UsageError` before anything is asked, and `Interruption` when it is stopped, with what was done kept.
    """
    checked = check(experiment, options)
    against = None if options.against is None else results.held(options.against)
    planning.check_gates(
        checked.demanded, checked.experiment, checked.plan, checked.measured,
        limit=options.limit, against=against,
    )  # fmt: skip
    rule = (
        stopping.rule(checked.experiment, checked.demanded, metrics.traits(checked.measured)) if options.stop else None
    )
    with begun(checked, options) as job:
        with (
            pushing.followed(job.folder, job.experiment, checked.plan.asked) as following,
            _timed(job),
            display(RunStart(job.folder, checked.plan, job.usage)) as shown,
        ):
            watch = pushing.telling(following, shown)
            if rule is None or options.against is None:
                aio.run_sync(stoppable(ask_and_score(job, watch)))
            else:
                _ask_until_decided(job, watch, rule, options.against)
        result = results.write_down(job.folder, job.journal, checked.demanded, options.against)
    return pushing.track(result, pushed=pushed, sent=following.sent)


def _ask_until_decided(job: RunJob, watch: Watch, rule: stopping.StoppingRule, against: results.ScoreFolder) -> None:
    """Ask in a random order until the gates are decided, and remember when."""
    with against.open_() as base:
        cases = tuple(planning.cases(job.experiment, job.options.limit))
        sampling = stopping.Sampling(rule, cases, lambda order: rule.decided(base, job.journal, order))

        def watched(event: engine.CaseEvent) -> None:
            sampling.watch(event)
            watch(event)

        remember_looks(rule.design, job.journal)
        aio.run_sync(stoppable(ask_and_score(job, watched, cases=sampling.asked(0))))
        remember_looks(rule.design.model_copy(update={"after": sampling.after}), job.journal)


def remember_looks(design: SequentialDesign, *journals: Journal) -> None:
    """Keep that, and how, runs are looked at while they go on."""
    for journal in journals:
        journal.remember(sequential=design)


def check(experiment: config.Experiment, options: Options = Options()) -> Plan:
    """Look at all of an experiment before anybody is asked; raises `UsageError`. Gates are only read."""
    planning.demand_single(experiment)
    targets.check(experiment.target)
    judges.check(experiment.judge)
    experiment = planning.settled(experiment)
    measured = metrics.select(experiment.metrics, experiment.refusals)
    if options.gates and options.against is not None:
        experiment = with_implied_gates(experiment, measured)
    demanded = gates.of_experiment(experiment) if options.gates else ()
    plan = planning.look_ahead(experiment, options.limit, gates.ids(demanded))
    return Plan(experiment, plan, measured, demanded)


def with_implied_gates(experiment: config.Experiment, measured: Sequence[MetricSpec]) -> config.Experiment:
    """An experiment that is held to another run has gates, if not its own."""
    return gates.with_implied(experiment, planning.primary(experiment, measured), metrics.traits(measured))


@contextmanager
def begun(checked: Plan, options: Options) -> Iterator[RunJob]:
    """Make the folder and the journal of a run, or open those it goes on with; closed at the end."""
    experiment, plan = checked.experiment, checked.plan
    with planning.replay(experiment, options.limit) as replay:
        shelf = replay.shelf if replay else None
        if options.resume is not None:
            folder = options.resume
            journal = opening.reopened(folder, checked, shelf, retry_errors=options.retry_errors)
        else:
            folder, journal = opening.new(checked, shelf, options.limit)
        with journal, _watched(experiment, plan, folder, journal) as seen:
            _remark(plan, replay, journal)
            yield RunJob(checked, options, folder, journal, shelf or (), seen)


def _remark(plan: planning.Survey, replay: planning.ReplayInput | None, journal: Journal) -> None:
    """Say, and keep, what of the traces is not played or not asked."""
    if replay is not None:
        journal.remember(replay=replay.report.model_dump(mode="json"))
    for line in planning.remarks(plan, replay.report if replay else None):
        _log.warning(line.strip())


def _watched(
    experiment: config.Experiment, plan: planning.Survey, folder: runs.RunFolder, journal: Journal
) -> AbstractContextManager[telemetry.RunObserver]:
    """The run as spans, metrics and log lines see it."""
    facts = {"target": experiment.target.kind, "judge": experiment.judge.kind, "version": __version__}
    return telemetry.running(folder.id, journal.meta.key, name=experiment.name, cases=plan.asked, facts=facts)


@contextmanager
def _timed(job: RunJob) -> Iterator[None]:
    """Keep how long this session worked; turn an interrupt into one that says how to go on."""
    journal, folder = job.journal, job.folder
    try:
        with clocked(journal):
            yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        kept = f"stopped; {journal.count()} cases are kept in {folder.path}"
        raise Interruption(f"{kept}\nGo on with: rag-eval run --resume {folder.path}") from error
    except UnreachableError as error:
        kept = f"{journal.count()} cases are kept in {folder.path}"
        raise UnreachableError(f"{error}\n{kept}. When it is back: rag-eval run --resume {folder.path}") from error


@contextmanager
def clocked(journal: Journal) -> Iterator[None]:
    """Keep how long a session worked, however it ends."""
    began, clock = time.time(), time.monotonic()
    journal.keep_session(began, began)  # so that others know while it goes on
    try:
        yield
    finally:
        journal.keep_session(began, began + time.monotonic() - clock)


async def stoppable(work: Coroutine[Any, Any, None]) -> None:
    """Do the waiting; SIGTERM ends it as Ctrl-C does."""
    me = asyncio.current_task()
    assert me is not None
    if threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    await work


async def ask_and_score(
    job: RunJob,
    watch: Watch,
    sharing: judges.JudgeSharing | None = None,
    around: Around = lambda target: target,
    cases: Iterable[Case] | None = None,
) -> None:
    """The two waiting loops of a run, with a judge that may share its replies with that of another.

    `cases` are asked instead of all of the experiment's.
    """
    experiment, journal = job.experiment, job.journal
    seed, round_ = experiment.seed, journal.meta.round
    async with (
        judges.connect(experiment.judge, journal, seed=seed, round_=round_, sharing=sharing) as judge,
        targets.connect(
            experiment.target,
            targets.TargetContext(seed, journal.meta.key, journal.keep_sent, job.captured),
        ) as target,
    ):
        specs = metrics.select(experiment.metrics, experiment.refusals)
        work = engine.Work(
            target=around(target),
            metrics=metrics.connect(specs, judge),
            derived=[spec for spec in specs if spec.derived],
            journal=journal,
            asking=experiment.target.concurrency,
            scoring=experiment.judge.concurrency,
            retry_errors=job.options.retry_errors,
            watch=watch,
            run=job.seen,
        )
        with job.seen.within():
            await engine.drive(work, planning.asked(experiment, job.options.limit) if cases is None else cases)
