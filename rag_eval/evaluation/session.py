"""One session of work on a run: its folder and journal are opened, questions are asked and scored, and it is timed."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from rag_eval import aio, config, judges, metrics, runs, targets, telemetry
from rag_eval._version import __version__
from rag_eval.errors import FirstContactError, Interruption, StorageError, UnreachableError, WorkerError
from rag_eval.evaluation import engine, heavy_imports, opening, remedies, workers
from rag_eval.evaluation.beside import ScoreFolder
from rag_eval.evaluation.plan import Plan
from rag_eval.evaluation.replay_input import ReplayInput, notes, open_replay
from rag_eval.evaluation.results import priced
from rag_eval.evaluation.survey import Survey
from rag_eval.journal import JournalWriter
from rag_eval.ports import Target
from rag_eval.records import Case, FailureGroup, SequentialDesign, Usage
from rag_eval.reports import formatting
from rag_eval.resilience import FirstContact, FirstSteps, contact

if TYPE_CHECKING:
    from rag_eval.evaluation import stopping

_log = structlog.get_logger()


@dataclass(frozen=True)
class RunStart:
    """A run that is about to ask; what a progress display needs."""

    folder: runs.RunFolder
    survey: Survey
    usage: Callable[[], Usage]
    """What has been spent so far."""
    wave: int = 1
    """Cases that are under way at a time: before so many are done nobody can tell when all will be."""


Watch = Callable[[engine.CaseEvent], None]
"""Is told of each case that was answered and of each that was scored."""

Display = Callable[[RunStart], AbstractContextManager[Watch]]
"""Shows a run while it goes on."""

Around = Callable[[Target], Target]
"""Puts something around a target."""


@contextmanager
def unseen(_: RunStart) -> Iterator[Watch]:
    """Show nothing."""
    yield lambda _: None


@dataclass(frozen=True)
class RunJob:
    """A run that has a folder and a journal, and is about to ask."""

    plan: Plan
    folder: runs.RunFolder
    journal: JournalWriter
    captured: targets.CaptureIndex | Iterable[targets.Capture]
    observer: telemetry.RunObserver
    retry_errors: bool = False
    """Try cases again that ended in a failure."""

    @property
    def experiment(self) -> config.Experiment:
        """What is run."""
        return self.plan.experiment

    def usage(self) -> Usage:
        """What it has spent so far."""
        return priced(self.journal.usage(), self.experiment)

    @property
    def start(self) -> RunStart:
        """What a progress display needs."""
        return RunStart(self.folder, self.plan.survey, self.usage, getattr(self.experiment.target, "concurrency", 1))


@contextmanager
def begin(plan: Plan, resume: runs.RunFolder | None = None, *, retry_errors: bool = False) -> Iterator[RunJob]:
    """Make the folder and the journal of a run, or open those of the one to resume; closed at the end."""
    with open_replay(plan.experiment, plan.limit) as replay:
        index = replay.index if replay else None
        if resume is not None:
            folder, journal = resume, opening.reopen(resume, plan, index, retry_errors=retry_errors)
        else:
            folder, journal = opening.create(plan, index)
        with journal, _observed(plan, folder, journal) as observer:
            _note(plan.survey, replay, journal)
            yield RunJob(plan, folder, journal, index or (), observer, retry_errors)


def _note(survey: Survey, replay: ReplayInput | None, journal: JournalWriter) -> None:
    """Say, and keep, what of the traces is not played or not asked."""
    if replay is not None:
        journal.remember(replay=replay.report.model_dump(mode="json"))
    for line in notes(survey, replay.report if replay else None):
        _log.warning(line.strip())


def _observed(
    plan: Plan, folder: runs.RunFolder, journal: JournalWriter
) -> AbstractContextManager[telemetry.RunObserver]:
    """The run as spans, metrics and log lines see it."""
    experiment = plan.experiment
    facts = {"target": experiment.target.kind, "judge": experiment.judge.kind, "version": __version__}
    return telemetry.running(folder.id, journal.meta.key, name=experiment.name, cases=plan.survey.asked, facts=facts)


@contextmanager
def timed(job: RunJob) -> Iterator[None]:
    """Keep how long this session worked; turn an interrupt into one that says how to go on."""
    journal, folder = job.journal, job.folder
    try:
        with clocked(journal):
            yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        kept = f"stopped; {journal.count()} cases are kept in {folder.path}"
        raise Interruption(f"{kept}\nGo on with: rag-eval run --resume {folder.path}") from error
    except StorageError as error:
        raise StorageError(
            f"{error}\nWhat was kept is in {folder.path}. Then: rag-eval run --resume {folder.path}"
        ) from error
    except WorkerError as error:
        kept = f"{journal.count()} cases are kept in {folder.path}"
        again = f"rag-eval run --resume {folder.path}"
        raise WorkerError(
            f"{error}\n{kept}. Go on with: {again}, or, where memory was short: {again} --workers 1"
        ) from error
    except FirstContactError as error:
        kept = f"{journal.count()} cases are kept in {folder.path}"
        again = f"rag-eval run --resume {folder.path} --retry-errors"
        raise FirstContactError(
            f"{error}\n{kept}. Mend that, then: {again}", stage=error.stage, reason=error.reason
        ) from error
    except UnreachableError as error:
        kept = f"{journal.count()} cases are kept in {folder.path}"
        raise UnreachableError(f"{error}\n{kept}. When it is back: rag-eval run --resume {folder.path}") from error


@contextmanager
def clocked(journal: JournalWriter) -> Iterator[None]:
    """Keep how long a session worked, however it ends."""
    began, clock = time.time(), time.monotonic()
    journal.record_session(began, began)  # so that others know while it goes on
    try:
        yield
    finally:
        with suppress(StorageError):  # said by what met it first
            journal.record_session(began, began + time.monotonic() - clock)


def work(
    job: RunJob,
    watch: Watch,
    rule: "stopping.StoppingRule | None",
    against: ScoreFolder | None,
    wanted_workers: int | None = 1,
) -> None:
    """Ask and score everything; with a rule, no more than it takes to decide the gates against a run.

    `wanted_workers` is in how many processes to score; None takes as many as pay. With a rule it is one, for what is
    scored when decides what is asked.
    """
    if rule is None or against is None:
        count = _workers(job, wanted_workers)
        aio.run_sync(aio.stoppable(ask_and_score(job, watch, worker_count=count)))
    else:
        _until_decided(job, watch, rule, against)


def _workers(job: RunJob, wanted: int | None) -> int:
    """In how many processes to score; one where each call of a judge is told of as it is made."""
    asked, journal = job.plan.survey.asked, job.journal
    done = journal.scored(journal.meta.names) if journal.count() and not job.retry_errors else 0
    count = workers.number(job.experiment, wanted, asked - done)
    if count > 1 and telemetry.is_watched():
        if wanted is not None:
            _log.warning("scored in one process, for calls of the judge are told of as they are made", workers=1)
        return 1
    return count


def _until_decided(job: RunJob, watch: Watch, rule: "stopping.StoppingRule", against: ScoreFolder) -> None:
    """Ask in a random order until the gates are decided, and remember when."""
    from rag_eval.evaluation import stopping

    with against.open_() as base:
        cases = tuple(job.plan.cases())
        sampling = stopping.Sampling(rule, cases, lambda order: rule.decided(base, job.journal, order))

        def watch_both(event: engine.CaseEvent) -> None:
            sampling.watch(event)
            watch(event)

        remember_looks(rule.design, job.journal)
        aio.run_sync(aio.stoppable(ask_and_score(job, watch_both, cases=sampling.asked(0))))
        remember_looks(rule.design.model_copy(update={"after": sampling.after}), job.journal)


def remember_looks(design: SequentialDesign, *journals: JournalWriter) -> None:
    """Keep that, and how, runs are looked at while they go on."""
    for journal in journals:
        journal.remember(sequential=design)


async def ask_and_score(
    job: RunJob,
    watch: Watch,
    sharing: judges.JudgeSharing | None = None,
    around: Around = lambda target: target,
    cases: Iterable[Case] | None = None,
    worker_count: int = 1,
) -> None:
    """The two waiting loops of a run, with a judge that may share its replies with that of another.

    `cases` are asked instead of all of the plan's; more than one worker is that many processes that score.
    """
    experiment, journal, meta = job.experiment, job.journal, job.journal.meta
    context = targets.TargetContext(experiment.seed, meta.key, journal.record_sent, job.captured)
    steps = FirstSteps()  # a judge that fails is known before the service has been asked much
    specs, heavy = job.plan.specs, heavy_imports.needed(job.plan.specs, experiment.judge)
    async with (
        judges.connect(
            experiment.judge, journal, seed=experiment.seed, round_=meta.round, sharing=sharing, answered=steps.open
        ) as judge,
        targets.connect(experiment.target, context) as target,
        workers.opened(worker_count, experiment, heavy) as pool,
    ):
        measured, derived = metrics.connect(specs, judge), [spec for spec in specs if spec.derived]
        here = None if workers.why_one(experiment) else workers.Here(measured, derived)
        parts = engine.Work(
            target=around(target),
            metrics=measured,
            derived=derived,
            contact=_first_contact(job, steps),
            scored=lambda failed: steps.step() if failed else steps.open(),
            journal=journal,
            asking=experiment.target.concurrency,
            scoring=experiment.judge.concurrency if pool is None else worker_count * workers.AT_A_TIME,
            workers=pool or here,
            retry_errors=job.retry_errors,
            watch=watch,
            run=job.observer,
            imports=heavy_imports.HeavyImports(() if pool else heavy, gc.freeze),
        )
        if not parts.contact.holds:  # many would be asked at once, and seem slow beside an import
            await parts.imports.done()
        with job.observer.within(), _explained(experiment), _spared_search():
            await engine.drive(parts, job.plan.questions() if cases is None else cases)


def _first_contact(job: RunJob, steps: FirstSteps) -> FirstContact:
    """What stands before the first questions of a live system; nothing where somebody goes on after failures."""
    insists = job.journal.count() > 0 and not job.retry_errors
    asks_all = insists or not job.experiment.target.asks_live
    return FirstContact("target", most=None if asks_all else contact.MOST, opened=steps.wait)


@contextmanager
def _spared_search() -> Iterator[None]:
    """Leave what libraries made out of the search for garbage: to look through it takes longer than to ask a judge."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _explained(experiment: config.Experiment) -> Iterator[None]:
    """Say of first calls that all ended alike in what, and which settings bear on it."""
    try:
        yield
    except FirstContactError as error:
        group = FailureGroup(stage=error.stage, reason=error.reason, count=contact.MOST, message=str(error))
        [failure] = remedies.with_remedies([group], experiment)
        raise FirstContactError(
            f"the first calls of the {error.stage} all ended alike, so no more were made\n"
            f"  {formatting.failure(failure)}",
            stage=error.stage,
            reason=error.reason,
        ) from error
