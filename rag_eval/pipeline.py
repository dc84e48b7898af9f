"""The main job, stage by stage. This is the file to read first.

    dataset ─ Case ─▶ target ─ Answer|Failure ─▶ metrics × judge ─ Score|Failure ─▶ journal
                                                       journal ─▶ Summary ─▶ reports, MLflow
                                                 two summaries ─▶ Comparison

What comes before the first question is in `planning`, what is made from the journal, at any time and as often as
wanted, in `results`.
"""

import asyncio
import json
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from rag_eval import (
    __version__,
    config,
    configfile,
    engines,
    gates,
    judges,
    metrics,
    planning,
    results,
    runs,
    stats,
    targets,
    telemetry,
    tracking,
    worktree,
)
from rag_eval.errors import Interrupted, MismatchError, UnreachableError
from rag_eval.journal import Journal
from rag_eval.ports import Metric, RunResult
from rag_eval.records import Origin, Usage, WorkTree

_log = structlog.get_logger()


@dataclass(frozen=True)
class Options:
    """What the command line may add to an experiment."""

    limit: int | None = None
    """Only the first so many cases."""
    resume: runs.Folder | None = None
    """A run to go on with, instead of a new one."""
    retry_errors: bool = False
    """Try cases again that ended in a failure."""
    gates: bool = True
    """Hold the run to the experiment's gates; without, a first baseline can be made."""


@dataclass(frozen=True)
class Started:
    """A run that is about to ask; what a progress display needs."""

    folder: runs.Folder
    plan: planning.Plan
    usage: Callable[[], Usage]
    """What has been spent so far."""


@dataclass(frozen=True)
class Finished:
    """A run that has been written down."""

    result: RunResult
    link: str | None
    """The run in the tracker; None if it is not kept there."""
    untracked: str | None = None
    """Why the tracker does not have it although it should."""
    needs_ui: bool = False
    """Whether the link works only while `rag-eval ui` runs."""


Watch = Callable[[engines.Event], None]
"""Is told of each case that was answered and of each that was scored."""

Display = Callable[[Started], AbstractContextManager[Watch]]
"""Shows a run while it goes on."""


@contextmanager
def unseen(_: Started) -> Iterator[Watch]:
    """Show nothing."""
    yield lambda _: None


def run(experiment: config.Experiment, options: Options = Options(), display: Display = unseen) -> Finished:
    """Do an experiment from beginning to end.

    Raises `UsageError` before anything is asked, and `Interrupted` when it is stopped, with what was done kept.
    """
    targets.check(experiment.target)
    judges.check(experiment.judge)
    experiment = planning.settled(experiment)
    demanded = gates.of_experiment(experiment) if options.gates else ()
    plan = planning.look_ahead(experiment, options.limit, gates.ids(demanded))
    measured = metrics.connect(experiment.metrics, metrics.Nobody(), metrics.Nobody(), experiment.refusals)
    planning.check_gates(demanded, experiment, plan, measured, whole=options.limit is None)
    with planning.replay(experiment, options.limit) as replay:
        folder, journal = _begin(experiment, plan, options, replay.shelf if replay else None, measured)
        with journal, _watched(experiment, plan, folder, journal) as seen:
            _remark(plan, replay, journal)
            started = Started(folder, plan, lambda: results.priced(journal.usage(), experiment))
            with _timed(journal, folder), display(started) as watch:
                captured = replay.shelf if replay else ()
                engines.wait_for(_ask_and_score(experiment, options, journal, captured, watch, seen))
            result = results.conclude(results.write_down(folder, journal), journal, demanded, experiment)
    return track(result)


def _remark(plan: planning.Plan, replay: planning.Replay | None, journal: Journal) -> None:
    """Say, and keep, what of the traces is not played or not asked."""
    if replay is not None:
        journal.remember("replay", replay.report.model_dump_json())
    for line in planning.remarks(plan, replay.report if replay else None):
        _log.warning(line.strip())


def _watched(
    experiment: config.Experiment, plan: planning.Plan, folder: runs.Folder, journal: Journal
) -> AbstractContextManager[telemetry.Run]:
    """The run as spans, metrics and log lines see it."""
    facts = {"target": experiment.target.kind, "judge": experiment.judge.kind, "version": __version__}
    return telemetry.running(folder.id, journal.meta["key"], name=experiment.name, cases=plan.asked, facts=facts)


def _begin(
    experiment: config.Experiment,
    plan: planning.Plan,
    options: Options,
    shelf: targets.Shelf | None,
    measured: Sequence[Metric],
) -> tuple[runs.Folder, Journal]:
    origin = planning.origin(experiment, plan, measured)
    if options.resume is not None:
        journal = options.resume.open_(writable=True)
        try:
            _demand_same(options.resume, journal, origin, experiment.target, shelf)
        except BaseException:
            journal.close()
            raise
        _go_on(journal, origin, measured, retry_errors=options.retry_errors)
        return options.resume, journal
    key = uuid.uuid4().hex
    meta = {
        "key": key,
        "name": experiment.name,
        "origin": origin.model_dump_json(),
        "metrics": json.dumps([trait.model_dump(mode="json") for trait in metrics.traits(measured)]),
        "primary": planning.primary(experiment, measured),
        "listed": json.dumps(experiment.metrics if "metrics" in experiment.model_fields_set else []),
        "target": json.dumps(targets.identity(experiment.target, key, shelf)),
        "limit": json.dumps(options.limit),
        "total": str(plan.asked),
        "round": "0",
        "git": _dumped(worktree.state(Path.cwd())),
    }
    return runs.create(experiment, meta, datetime.now(UTC))


def _dumped(tree: WorkTree | None) -> str:
    return "null" if tree is None else tree.model_dump_json()


def _demand_same(
    folder: runs.Folder, journal: Journal, origin: Origin, target: config.TargetConfig, shelf: targets.Shelf | None
) -> None:
    """Raise `MismatchError` where a run would go on with another system, other questions, or another measure."""
    meta = journal.meta
    different = [*stats.origin_differences(Origin.model_validate_json(meta["origin"]), origin)]
    if "target" in meta:  # not in runs that began before it was kept
        different += targets.differences(json.loads(meta["target"]), targets.identity(target, meta["key"], shelf))
    if different:
        message = f"{folder.path}: cannot be resumed, it began otherwise: {'; '.join(different)}"
        raise MismatchError(f"{message}. Start a new run.")


def _go_on(journal: Journal, origin: Origin, measured: Sequence[Metric], *, retry_errors: bool) -> None:
    """Take up metrics that were added since a run began, and count the round."""
    before = Origin.model_validate_json(journal.meta["origin"])
    after = before.model_copy(update={"metrics": {**before.metrics, **origin.metrics}})
    known = stats.traits_of(journal)
    names = {trait.name for trait in known}
    added = [trait for trait in metrics.traits(measured) if trait.name not in names]
    with journal.together():
        journal.remember("origin", after.model_dump_json())
        journal.remember("gates", "[]")  # what they came to before is not what they will
        journal.remember("metrics", json.dumps([trait.model_dump(mode="json") for trait in [*known, *added]]))
        if retry_errors:
            journal.remember("round", str(int(journal.meta["round"]) + 1))


@contextmanager
def _timed(journal: Journal, folder: runs.Folder) -> Iterator[None]:
    """Keep how long this session worked; turn an interrupt into one that says how to go on."""
    began, clock = time.time(), time.monotonic()
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        kept = f"stopped; {journal.count()} cases are kept in {folder.path}"
        raise Interrupted(f"{kept}\nGo on with: rag-eval run --resume {folder.path}") from error
    except UnreachableError as error:
        kept = f"{journal.count()} cases are kept in {folder.path}"
        raise UnreachableError(f"{error}\n{kept}. When it is back: rag-eval run --resume {folder.path}") from error
    finally:
        journal.keep_session(began, began + time.monotonic() - clock)


async def _ask_and_score(
    experiment: config.Experiment,
    options: Options,
    journal: Journal,
    captured: targets.Shelf | Iterable[targets.Capture],
    watch: Watch,
    seen: telemetry.Run,
) -> None:
    """The two waiting loops; SIGTERM ends them as Ctrl-C does."""
    me = asyncio.current_task()
    assert me is not None
    if threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    seed, round_ = experiment.seed, int(journal.meta["round"])
    async with (
        judges.connect(experiment.judge, journal, seed=seed, round_=round_) as judge,
        targets.connect(
            experiment.target, captured, seed, run_key=journal.meta["key"], sending=journal.keep_sent
        ) as target,
    ):
        measured = metrics.connect(experiment.metrics, judge.judge, judge.embedder, experiment.refusals)
        work = engines.Work(
            target=target,
            metrics=measured,
            journal=journal,
            asking=experiment.target.concurrency,
            scoring=experiment.judge.concurrency,
            retry_errors=options.retry_errors,
            watch=watch,
            run=seen,
        )
        with seen.within():
            await engines.drive(work, planning.asked(experiment, options.limit))


def track(result: RunResult, *, insist: bool = False) -> Finished:
    """Push a run to the tracker that its experiment names; a tracker that is away is told of and is no error.

    `insist` pushes also a run that was made without one.
    """
    experiment = configfile.load(runs.Folder(result.folder).experiment)
    tracker = tracking.connect(experiment.mlflow, insist=insist)
    if tracker is None:
        return Finished(result, None)
    try:
        link = tracker.push(result)
        return Finished(result, link, needs_ui=tracking.needs_ui(experiment.mlflow))
    except UnreachableError as error:
        return Finished(result, None, untracked=str(error))


def tag_baseline(folder: runs.Folder, name: str) -> str:
    """Give a run a baseline's name in the tracker that has it; why it could not be done, and nothing where it was."""
    tracked = tracking.store.read(folder.path)
    if tracked is None:
        return ""
    try:
        tracking.mark_baseline(configfile.load(folder.experiment).mlflow, tracked, name)
    except UnreachableError as error:
        return str(error)
    return ""
