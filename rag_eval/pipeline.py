"""The main job, stage by stage. This is the file to read first.

    dataset ─ Case ─▶ target ─ Answer|Failure ─▶ metrics × judge ─ Score|Failure ─▶ journal
                                                       journal ─▶ Summary ─▶ reports, MLflow
                                                 two summaries ─▶ Comparison

Every stage after the journal reads the journal, so each can be done again at any time: `report`, `sync`, `compare`.
"""

import asyncio
import json
import signal
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import numpy as np

from rag_eval import (
    __version__,
    config,
    dataset,
    engines,
    judges,
    metrics,
    reports,
    runs,
    stats,
    targets,
    tracking,
)
from rag_eval.errors import ConfigError, Interrupted, MismatchError, UnreachableError
from rag_eval.journal import Journal, Row
from rag_eval.ports import Metric, RunResult
from rag_eval.records import Answer, Case, Comparison, MetricSummary, Origin, Summary, Usage


@dataclass(frozen=True)
class Options:
    """What the command line may add to an experiment."""

    limit: int | None = None
    """Only the first so many cases."""
    resume: runs.Folder | None = None
    """A run to go on with, instead of a new one."""
    retry_errors: bool = False
    """Try cases again that ended in a failure."""


@dataclass(frozen=True)
class Plan:
    """What is about to be done, known before anything is asked or paid for."""

    total: int
    """Cases."""
    fingerprint: str
    """Of the cases."""


@dataclass(frozen=True)
class Started:
    """A run that is about to ask; what a progress display needs."""

    folder: runs.Folder
    plan: Plan
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


def run(experiment: config.Experiment, options: Options = Options(), display: Display = unseen) -> Finished:  # noqa: B008 - frozen
    """Do an experiment from beginning to end.

    Raises `UsageError` before anything is asked, and `Interrupted` when it is stopped, with what was done kept.
    """
    targets.check(experiment.target)
    judges.check(experiment.judge)
    plan = look_ahead(experiment, options.limit)
    folder, journal = _begin(experiment, plan, options)
    with journal:
        started = Started(folder, plan, lambda: _priced(journal.usage(), experiment))
        with _timed(journal, folder), display(started) as watch:
            _wait_for(_ask_and_score(experiment, options, journal, watch))
        result = write_down(folder, journal)
    return track(result)


def look_ahead(experiment: config.Experiment, limit: int | None) -> Plan:
    """Read every case once, so that a bad row is told of before the first question; raises `BadRows`."""
    count = 0

    def counted() -> Iterator[Case]:
        nonlocal count
        for case in _cases(experiment, limit):
            count += 1
            yield case

    fingerprint = dataset.fingerprint(counted())
    if not count:
        raise ConfigError(f"dataset.path: {experiment.dataset.path} holds no cases")
    return Plan(count, fingerprint)


def _cases(experiment: config.Experiment, limit: int | None) -> Iterator[Case]:
    return (item.case for item in islice(dataset.cases(experiment.dataset), limit))


def _captured(experiment: config.Experiment) -> Iterator[tuple[Case, Answer]]:
    """What a replay plays: the rows of its own file, or of the dataset's."""
    said = experiment.target
    assert isinstance(said, config.Replay)
    own = config.Dataset(path=said.path, fields=said.fields) if said.path else None
    fields = {**experiment.dataset.fields, **said.fields}
    source = own or experiment.dataset.model_copy(update={"fields": fields})
    return ((item.case, item.answer) for item in dataset.cases(source))


def _begin(experiment: config.Experiment, plan: Plan, options: Options) -> tuple[runs.Folder, Journal]:
    measured = metrics.connect(experiment.metrics, metrics.Nobody(), metrics.Nobody())
    origin = Origin(
        judge=judges.origin(experiment.judge, experiment.seed),
        metrics=metrics.versions(measured),
        dataset=plan.fingerprint,
        code=__version__,
    )
    if options.resume is not None:
        return options.resume, _reopen(options.resume, origin, retry_errors=options.retry_errors)
    meta = {
        "key": uuid.uuid4().hex,
        "name": experiment.name,
        "origin": origin.model_dump_json(),
        "metrics": json.dumps([_traits(metric) for metric in measured]),
        "limit": json.dumps(options.limit),
        "total": str(plan.total),
        "round": "0",
    }
    return runs.create(experiment, meta, datetime.now(UTC))


def _reopen(folder: runs.Folder, origin: Origin, *, retry_errors: bool) -> Journal:
    journal = folder.open_(writable=True)
    differences = stats.origin_differences(Origin.model_validate_json(journal.meta["origin"]), origin)
    if differences:
        journal.close()
        told = "; ".join(differences)
        raise MismatchError(f"{folder.path}: cannot be resumed, it began otherwise: {told}. Start a new run.")
    if retry_errors:
        journal.remember("round", str(int(journal.meta["round"]) + 1))
    return journal


def _traits(metric: Metric) -> dict[str, object]:
    return {"name": metric.name, "bounded": metric.bounded, "higher_is_better": metric.higher_is_better}


@contextmanager
def _timed(journal: Journal, folder: runs.Folder) -> Iterator[None]:
    """Keep how long this session worked; turn an interrupt into one that says how to go on."""
    began, clock = time.time(), time.monotonic()
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        kept = f"stopped; {journal.count()} cases are kept in {folder.path}"
        raise Interrupted(f"{kept}\nGo on with: rag-eval run --resume {folder.path}") from error
    finally:
        journal.keep_session(began, began + time.monotonic() - clock)


def _wait_for(work: Coroutine[None, None, None]) -> None:
    """Wait for asynchronous work, also where a loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _ask_and_score(experiment: config.Experiment, options: Options, journal: Journal, watch: Watch) -> None:
    """The two waiting loops; SIGTERM ends them as Ctrl-C does."""
    me = asyncio.current_task()
    assert me is not None
    if threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    seed, round_ = experiment.seed, int(journal.meta["round"])
    captured = _captured(experiment) if isinstance(experiment.target, config.Replay) else iter(())
    async with (
        judges.connect(experiment.judge, journal, seed=seed, round_=round_) as judge,
        targets.connect(experiment.target, captured, seed) as target,
    ):
        measured = metrics.connect(experiment.metrics, judge.judge, judge.embedder)
        work = engines.Work(
            target=target,
            metrics=measured,
            journal=journal,
            asking=experiment.target.concurrency,
            scoring=experiment.judge.concurrency,
            retry_errors=options.retry_errors,
            watch=watch,
        )
        await engines.drive(work, _cases(experiment, options.limit))


def write_down(folder: runs.Folder, journal: Journal) -> RunResult:
    """Make everything that is made from the journal: results, summary, reports."""
    experiment = config.load(folder.experiment)
    summary = summarise(folder.id, journal, experiment)
    reports.write(folder, journal, summary)
    return RunResult(summary, folder.path, config.flatten(experiment))


def summarise(run_id: str, journal: Journal, experiment: config.Experiment) -> Summary:
    """Add a run up. The same journal and seed give the same numbers."""
    meta = journal.meta
    started, ended, seconds = journal.sessions()
    failures = journal.target_failures()
    traits = [*json.loads(meta["metrics"])]
    if metrics.OVERALL in (origin := Origin.model_validate_json(meta["origin"])).metrics:
        traits.append({"name": metrics.OVERALL, "bounded": True, "higher_is_better": True})
    return Summary(
        run_id=run_id,
        key=meta["key"],
        name=meta["name"],
        started=started,
        ended=ended,
        seconds=round(seconds, 3),
        planned=int(meta["total"]),
        cases=journal.count(),
        answered=journal.count() - sum(failures.values()),
        target_failures=failures,
        metrics=tuple(_metric_summary(journal, experiment.seed, **trait) for trait in traits),
        usage=_priced(journal.usage(), experiment),
        origin=origin,
        min_coverage=experiment.min_coverage,
        embedded_judge=origin.judge.get("kind") == "embedded",
        tags=journal.tag_means(),
    )


def _metric_summary(journal: Journal, seed: int, *, name: str, bounded: bool, higher_is_better: bool) -> MetricSummary:
    return stats.metric_summary(
        name,
        list(journal.values(name).values()),
        journal.reasons(name, "failure"),
        journal.reasons(name, "not_applicable"),
        np.random.default_rng(seed),
        bounded=bounded,
        higher_is_better=higher_is_better,
    )


def _priced(usage: Usage, experiment: config.Experiment) -> Usage:
    prices = experiment.judge.prices if isinstance(experiment.judge, config.OpenAI) else None
    if prices is None:
        return usage
    cost = (usage.prompt_tokens * prices.prompt + usage.completion_tokens * prices.completion) / 1e6
    return usage.model_copy(update={"cost_usd": cost})


def track(result: RunResult, *, insist: bool = False) -> Finished:
    """Push a run to the tracker that its experiment names; a tracker that is away is told of and is no error.

    `insist` pushes also a run that was made without one.
    """
    experiment = config.load(runs.Folder(result.folder).experiment)
    tracker = tracking.connect(experiment.mlflow, insist=insist)
    if tracker is None:
        return Finished(result, None)
    try:
        link = tracker.push(result)
        return Finished(result, link, needs_ui=tracking.needs_ui(experiment.mlflow))
    except UnreachableError as error:
        return Finished(result, None, untracked=str(error))


def limit_of(folder: runs.Folder) -> int | None:
    """How many cases a run was told to ask at most."""
    with folder.open_() as journal:
        found: int | None = json.loads(journal.meta["limit"])
        return found


def summary_of(folder: runs.Folder) -> Summary:
    """A run at a glance, also while it goes on."""
    with folder.open_() as journal:
        return summarise(folder.id, journal, config.load(folder.experiment))


def case_of(folder: runs.Folder, case_id: str) -> Row:
    """One case of a run; raises `MismatchError` if it has not been asked."""
    with folder.open_() as journal:
        if case_id not in journal.ids():
            raise MismatchError(f"{folder.id}: no case {case_id!r} has been asked in this run")
        return journal.row(case_id)


@dataclass(frozen=True)
class Validated:
    """What an experiment would do."""

    plan: Plan
    applies: dict[str, int]
    """Metric to the number of cases that have what it needs of a dataset."""
    needs: dict[str, str]
    """Metric to what the first case it does not apply to lacks."""


def validate(experiment: config.Experiment) -> Validated:
    """Check all of an experiment that can be checked without asking anybody; raises `UsageError`."""
    plan = look_ahead(experiment, None)
    targets.check(experiment.target)
    judges.check(experiment.judge)
    measured = metrics.connect(experiment.metrics, metrics.Nobody(), metrics.Nobody())
    applies = dict.fromkeys((metric.name for metric in measured), 0)
    needs: dict[str, str] = {}
    for case in _cases(experiment, None):
        for metric in measured:
            reason = metrics.why_not([f for f in metric.needs if f in Case.model_fields], case, Answer())
            applies[metric.name] += reason is None
            if reason:
                needs.setdefault(metric.name, reason)
    return Validated(plan, applies, needs)


def reopen(folder: runs.Folder) -> RunResult:
    """A run from its folder, with everything made from its journal made again."""
    with folder.open_() as journal:
        return write_down(folder, journal)


def compare(a: runs.Folder, b: runs.Folder, *, force: bool = False, seed: int = 0) -> Comparison:
    """Whether B is better than A; raises `MismatchError` for unlike origins unless forced."""
    with a.open_() as journal_a, b.open_() as journal_b:
        origins = [Origin.model_validate_json(journal.meta["origin"]) for journal in (journal_a, journal_b)]
        differences = stats.origin_differences(*origins)
        if differences and not force:
            raise MismatchError(
                f"{a.id} and {b.id} cannot be compared: {'; '.join(differences)}. "
                "With --force they are, over the questions they share, and the report says so."
            )
        return stats.compare_runs((a.id, journal_a), (b.id, journal_b), differences, seed)
