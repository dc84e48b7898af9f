"""Asking and scoring in one process: two pools of asyncio tasks with a bounded queue between them.

An answer is scored while the next question is asked. What is done is kept in the journal before anything else learns
of it, so memory does not grow with the dataset and a kill loses nothing that was answered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, Protocol, TypeVar

import structlog

from rag_eval import metrics, telemetry
from rag_eval.errors import ReasonedError, StorageError, UnreachableError
from rag_eval.evaluation.heavy_imports import HeavyImports
from rag_eval.journal import JournalWriter
from rag_eval.metrics import ConnectedMetric, MetricSpec, automatic
from rag_eval.ports import Resumable, Target
from rag_eval.records import (
    NO_TEXT,
    REFUSED,
    Answer,
    Case,
    Failure,
    NotApplicable,
    Outcome,
    Reason,
    Record,
    Reply,
    Score,
)
from rag_eval.resilience import FirstContact

R = TypeVar("R", bound=Record)
Q = TypeVar("Q")

_log = structlog.get_logger()


@dataclass(frozen=True)
class CaseEvent:
    """Something that has just been kept in the journal."""

    kind: Literal["answered", "scored"]
    case: Case
    failed: bool
    """Whether there is no answer, or a metric has no score because of a failure."""


class OutcomeKeeper(Protocol):
    """Where outcomes are kept as they come, such as a run's journal."""

    def record_outcomes(self, case_id: str, outcomes: Mapping[str, Outcome]) -> None:
        """Keep what metrics came to for a case."""
        ...


class Workers(Protocol):
    """Other processes that score as this one would."""

    async def score(
        self, case: Case, reply: Reply, done: Mapping[str, Outcome]
    ) -> tuple[Mapping[str, Outcome], Mapping[str, Outcome]]:
        """The outcomes that are not done yet, those that are scored and those that follow from them; nothing is kept.

        Raises `WorkerError`.
        """
        ...


@dataclass(frozen=True)
class Work:
    """What a run works with."""

    target: Target
    metrics: Sequence[ConnectedMetric]
    journal: JournalWriter
    asking: int
    """Questions in flight."""
    scoring: int
    """Cases that are scored at a time."""
    retry_errors: bool = False
    """Whether cases that ended in a failure are tried again."""
    watch: Callable[[CaseEvent], None] = lambda _: None
    run: telemetry.RunObserver = field(default_factory=telemetry.RunObserver)
    """Who sees each case on its way."""
    contact: FirstContact = field(default_factory=lambda: FirstContact("target", most=None))
    """Stands before the first questions."""
    scored: Callable[[bool], None] = lambda _: None
    """Is told that a case is scored, and whether a judge failed at it."""
    derived: Sequence[MetricSpec] = field(default_factory=automatic)
    """Metrics that are worked out from the outcomes of others, where they have all that they rest on."""
    workers: Workers | None = None
    """Who scores instead of this process."""
    imports: HeavyImports = field(default_factory=HeavyImports)
    """What must be there before anything is scored."""


_Positioned = tuple[int, Case]
_Replied = tuple[Case, Reply, telemetry.CaseObserver]


class _FairQueue(asyncio.Queue[Q]):
    """A bounded queue in which who has waited longest puts first; in asyncio's own, others may overtake for ever."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._room = asyncio.Semaphore(size)

    async def put(self, item: Q) -> None:
        """Put an item in its turn."""
        await self._room.acquire()
        self.put_nowait(item)

    async def get(self) -> Q:
        """The next item."""
        item = await super().get()
        self._room.release()
        return item


async def drive(work: Work, cases: Iterable[Case]) -> None:
    """Bring every case to its outcomes, leaving out what the journal already has.

    Returns when all are done. Cancelled, it stops at once and leaves what is done in the journal.
    """
    asked: asyncio.Queue[_Positioned | None] = asyncio.Queue(maxsize=2 * work.asking)
    replied: asyncio.Queue[_Replied | None] = _FairQueue(2 * work.scoring)
    telemetry.metrics.queue("asked", asked.qsize)
    telemetry.metrics.queue("answered", replied.qsize)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_feed(_placed(cases, work.journal.positions()), asked, work.asking))
            group.create_task(_ask_all(work, asked, replied))
            for _ in range(work.scoring):
                group.create_task(_scorer(work, replied))
    except BaseExceptionGroup as group_error:
        first: BaseException = group_error
        while isinstance(first, BaseExceptionGroup):  # the groups stand in one another
            first = first.exceptions[0]
        raise first from group_error  # one is enough to tell; the rest were cancelled because of it


def _placed(cases: Iterable[Case], known: Mapping[str, int]) -> Iterator[_Positioned]:
    """Each case with its place: the one it has in the journal, else the first that is free.

    The rows of a dataset may stand in another order when a run is resumed.
    """
    taken = {*known.values()}
    free = (position for position in count() if position not in taken)
    for case in cases:
        yield known[case.id] if case.id in known else next(free), case


async def _feed(cases: Iterable[_Positioned], asked: asyncio.Queue[_Positioned | None], askers: int) -> None:
    for item in cases:
        await asked.put(item)
    for _ in range(askers):
        await asked.put(None)


async def _ask_all(
    work: Work, asked: asyncio.Queue[_Positioned | None], replied: asyncio.Queue[_Replied | None]
) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(work.asking):
            group.create_task(_asker(work, asked, replied))
    for _ in range(work.scoring):
        await replied.put(None)


async def _asker(work: Work, asked: asyncio.Queue[_Positioned | None], replied: asyncio.Queue[_Replied | None]) -> None:
    while (item := await asked.get()) is not None:
        position, case = item
        if _is_settled(work, case):
            _recall(work, case)
            continue
        seen = work.run.case(case)
        reply = work.journal.reply(case.id)
        if reply is None or (work.retry_errors and isinstance(reply, Failure)):
            with seen.asking() as record:
                reply = _maybe_asked(work, case, reply) or await _ask(work, case)
                record(reply)
            work.journal.record_reply(position, case, reply)
        elif isinstance(work.target, Resumable):
            work.target.restore(case, reply)
        seen.replied(reply)
        work.watch(CaseEvent("answered", case, isinstance(reply, Failure)))
        await replied.put((case, reply, seen))


def _is_settled(work: Work, case: Case) -> bool:
    """Whether an earlier session has done all there is to do with a case, and nothing of it failed."""
    kinds = work.journal.kinds(case.id)
    due = {metric.name for metric in work.metrics}
    due |= {spec.name for spec in metrics.derivable(work.derived, kinds)}
    whole = bool(kinds) and due <= kinds.keys() and "failure" not in kinds.values()
    return whole and work.journal.answered(case.id)


def _recall(work: Work, case: Case) -> None:
    """Tell of a case that is settled; nothing is written, and its scores are not read: a million may stand here."""
    if isinstance(work.target, Resumable) and (reply := work.journal.reply(case.id)):
        work.target.restore(case, reply)
    work.run.recalled()
    failed = False  # else it would not be settled
    work.scored(failed)
    work.watch(CaseEvent("answered", case, failed))
    work.watch(CaseEvent("scored", case, failed))


def _maybe_asked(work: Work, case: Case, before: Reply | None) -> Failure | None:
    """What became of a question that was on its way when the run was stopped, and must not be asked twice."""
    if before is not None or work.retry_errors or not work.journal.was_sent(case.id):
        return None
    message = (
        "the question was on its way when the run was stopped, and may have been taken on; target.idempotent is false, "
        "so it is not asked again unless --retry-errors says so"
    )
    return Failure(stage="target", reason=Reason.MAYBE_ASKED, message=message)


async def _scorer(work: Work, replied: asyncio.Queue[_Replied | None]) -> None:
    while (item := await replied.get()) is not None:
        case, reply, seen = item
        kept = work.journal.outcomes(case.id)
        done = {name: o for name, o in kept.items() if not (work.retry_errors and isinstance(o, Failure))}
        anew = any(metric.name not in done for metric in work.metrics)
        if anew and not isinstance(reply, Failure):  # of which nothing is scored
            await work.imports.done()
        with seen.within():
            if anew and work.workers is not None:
                fresh, more = await work.workers.score(case, reply, done)
                work.journal.record_outcomes(case.id, {**fresh, **more})
            else:
                fresh, more = await score_case(work.metrics, work.derived, work.journal, case, reply, done)
        done |= fresh
        events = {spec.name: more[spec.name] for spec in work.derived if spec.case_event and spec.name in more}
        seen.scored({**done, **more}, events, anew=anew)
        work.scored(any(isinstance(o, Failure) and o.stage == "judge" for o in done.values()))
        work.watch(CaseEvent("scored", case, any(isinstance(o, Failure) for o in done.values())))


async def score_case(
    measured: Sequence[ConnectedMetric],
    derived: Sequence[MetricSpec],
    keeper: OutcomeKeeper,
    case: Case,
    reply: Reply,
    done: Mapping[str, Outcome],
) -> tuple[dict[str, Outcome], dict[str, Outcome]]:
    """The outcomes of a case that are not done yet, and those that follow from all of them, each kept as it comes."""
    due = [metric for metric in measured if metric.name not in done]
    fresh = await _measure(keeper, [metric for metric in due if metric.name == REFUSED], case, reply, None)
    refused = {**done, **fresh}.get(REFUSED)
    fresh |= await _measure(keeper, [metric for metric in due if metric.name != REFUSED], case, reply, refused)
    known = {**done, **fresh}
    more = {spec.name: await _derive(spec, known, case, reply) for spec in metrics.derivable(derived, known)}
    keeper.record_outcomes(case.id, more)
    return fresh, more


async def _measure(
    keeper: OutcomeKeeper, due: Sequence[ConnectedMetric], case: Case, reply: Reply, refused: Outcome | None
) -> dict[str, Outcome]:
    """The outcomes of some metrics, at the same time, each kept as it comes; `refused` is whether the answer does."""
    async with asyncio.TaskGroup() as group:
        tasks = {m.name: group.create_task(_score_and_keep(keeper, m, case, reply, refused)) for m in due}
    return {name: task.result() for name, task in tasks.items()}


async def _score_and_keep(
    keeper: OutcomeKeeper, metric: ConnectedMetric, case: Case, reply: Reply, refused: Outcome | None
) -> Outcome:
    failure = _without_text(reply) if "response" in metric.spec.needs else reply
    outcome: Outcome
    if isinstance(failure, Failure):
        never = metrics.never(metric.spec, case)
        outcome = NotApplicable(reason=never) if never else failure
    else:
        assert isinstance(reply, Answer)
        with telemetry.scoring(metric.name) as record:
            outcome = await _outcome(metric, case, reply, refused)
            record(outcome)
    keeper.record_outcomes(case.id, {metric.name: outcome})
    return outcome


def _without_text(reply: Reply) -> Reply:
    """A reply, or the failure that it holds no text; what came with it, such as contexts, is scored all the same."""
    if isinstance(reply, Failure) or (reply.response or "").strip():
        return reply
    return _failure("target", NO_TEXT, "the answer holds no text", reply.attempts)


async def _outcome(metric: ConnectedMetric, case: Case, answer: Answer, refused: Outcome | None) -> Outcome:
    """What a metric comes to; where a refusal settles it, RAGAs' own value is kept beside."""
    settled = metrics.settled(metric.spec, case, refused)
    if settled is None:
        return await _score(metric, case, answer)
    if isinstance(settled, Failure) or not metric.spec.asked_when_settled:
        return settled
    return metrics.beside(settled, await _score(metric, case, answer))


async def _ask(work: Work, case: Case) -> Reply:
    """The one place where whatever goes wrong with a question becomes a `Failure`."""
    asyncio.get_running_loop().call_soon(work.imports.begin)  # when this task waits, as for the service
    try:
        return _whole(await work.contact.call(lambda: work.target.answer(case)), Answer)
    except ReasonedError as error:
        return _failure("target", error.reason, str(error), error.attempts)
    except (UnreachableError, StorageError):
        raise  # the service, or the disk, is given up, not this question: the run ends and can be resumed
    except Exception as error:  # noqa: BLE001 - one case must not end the run
        _log.warning("a question failed in an unexpected way", error=type(error).__name__, message=str(error))
        return _failure("target", Reason.UNEXPECTED, _told(error))


async def _score(metric: ConnectedMetric, case: Case, answer: Answer) -> Outcome:
    """The outcome of a metric that is scored."""

    async def outcome() -> Outcome:
        reason = metrics.why_not(metric.spec, case, answer)
        if reason is not None:
            return NotApplicable(reason=reason)
        return _whole(await metric.score(case, answer), Score, NotApplicable)

    return await _guard(outcome())


async def _derive(spec: MetricSpec, outcomes: Mapping[str, Outcome], case: Case, reply: Reply) -> Outcome:
    """The outcome of a metric that follows from others."""

    async def outcome() -> Outcome:
        assert spec.compute is not None
        return _whole(spec.compute(outcomes, case, reply), Score, NotApplicable, Failure)

    return await _guard(outcome())


async def _guard(outcome: Awaitable[Outcome]) -> Outcome:
    """The one place where whatever goes wrong with a metric becomes a `Failure`."""
    try:
        return await outcome
    except ReasonedError as error:
        return _failure("judge", error.reason, str(error), error.attempts)
    except (UnreachableError, StorageError):
        raise  # the judge is given up, or nothing can be kept, not this score alone: the run ends and can be resumed
    except Exception as error:  # noqa: BLE001 - one metric must not end the run
        _log.warning("a metric failed in an unexpected way", error=type(error).__name__, message=str(error))
        return _failure("metric", Reason.UNEXPECTED, _told(error))


def _whole(made: R, *kinds: type[Record]) -> R:
    """What somebody's part made, if it is what it should be and can be kept; raises where it is not."""
    if not isinstance(made, kinds):
        raise TypeError(f"expected {' or '.join(kind.__name__ for kind in kinds)}, got {type(made).__name__}")
    made.model_dump_json()  # fails for half a surrogate pair, which must not reach the journal
    return made


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _failure(stage: Literal["target", "judge", "metric"], reason: str, message: str, attempts: int = 1) -> Failure:
    readable = message.encode("utf-8", "replace").decode()
    return Failure(stage=stage, reason=reason, message=readable, attempts=attempts)
