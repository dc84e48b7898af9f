"""Scoring in several processes, where a judge is no service that is waited for but work for this machine.

Answers are scored wherever there is a process to do it; what comes of them is kept here, by the process that asks,
in one place and whatever the number of others. A process that ends before its time ends the run: what is kept stays,
and the rest is scored when the run goes on.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import structlog

from rag_eval import config
from rag_eval.errors import UsageError, WorkerError
from rag_eval.evaluation import engine, worker
from rag_eval.metrics import ConnectedMetric, MetricSpec
from rag_eval.plugins import METRICS
from rag_eval.records import Case, Failure, Outcome, Reply

BATCH: Final = 8
"""Answers that a process is given at a time."""

FEWEST: Final = 1_000
"""Answers from which starting processes takes less time than it saves, where nobody says how many to start."""

_AHEAD: Final = 2
"""Batches that a process has at a time: one that it scores, and the next."""
AT_A_TIME: Final = (_AHEAD + 1) * BATCH
"""Answers under way for each process, so that a batch is ready when there is room."""
_PATIENCE_S: Final = 5.0
"""Seconds that processes have to end by themselves when there is nothing more to do."""
_MAIN: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from rag_eval.telemetry import silence; silence(); "
    "from rag_eval.evaluation.worker import main; main(sys.argv[2], *map(int, sys.argv[3:]))"
)
_NUMBER: Final = re.compile(r"@\d+$")

_log = structlog.get_logger()

_Job = tuple[list[Any], "asyncio.Future[list[worker.Outcomes]]"]


def why_one(experiment: config.Experiment) -> str:
    """Why answers of an experiment are scored in this process alone; nothing where others may score them."""
    if not experiment.judge.is_instant:
        kind = experiment.judge.kind
        return (
            f"the judge {kind!r} is waited for, not computed here; --max-concurrency says how many calls are in flight"
        )
    parts = [name for name in experiment.metrics if _NUMBER.sub("@k", name) not in METRICS.builtin]
    parts += [experiment.refusals.use] if experiment.refusals.use else []
    return f"{parts[0]} is not part of rag-eval, and is called in one process" if parts else ""


def check(experiment: config.Experiment, wanted: int | None, *, ordered: bool = False) -> None:
    """Raise `UsageError` where several processes are wanted and would have nothing to do.

    Nor may they be many where answers are looked at in an `ordered` way.
    """
    why = why_one(experiment) or ("--stop-when-decided looks at answers in their order" if ordered else "")
    if wanted is not None and wanted > 1 and why:
        raise UsageError(f"--workers {wanted}: {why}. Leave --workers out")


def number(experiment: config.Experiment, wanted: int | None, due: int) -> int:
    """In how many processes to score so many answers: as many as are wanted, else as there are cores if it pays."""
    if why_one(experiment):
        return 1
    if wanted is not None:
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if due >= FEWEST and os.name == "posix" else 1


@dataclass(frozen=True)
class Here:
    """This process in the place of others, where a judge is instant: all outcomes of a case are kept in one write."""

    measured: Sequence[ConnectedMetric]
    derived: Sequence[MetricSpec]

    async def score(
        self, case: Case, reply: Reply, done: Mapping[str, Outcome]
    ) -> tuple[dict[str, Outcome], dict[str, Outcome]]:
        """The outcomes of a case that are not done yet, and those that follow from them."""
        return await engine.score_case(self.measured, self.derived, worker.Nowhere(), case, reply, done)


@dataclass
class _Line:
    """The way to one process."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AHEAD))
    waiting: "deque[list[_Job]]" = field(default_factory=deque)
    """The batches that it has."""


class WorkerPool:
    """Processes that score; made by `opened`."""

    def __init__(self, lines: Sequence[_Line], processes: "Sequence[subprocess.Popen[bytes]]") -> None:
        self.processes = processes
        self._lines = lines
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._error: WorkerError | None = None

    async def score(
        self, case: Case, reply: Reply, done: Mapping[str, Outcome]
    ) -> tuple[dict[str, Outcome], dict[str, Outcome]]:
        """The outcomes of a case that are not done yet, and those that follow from them; raises `WorkerError`."""
        if self._error is not None:
            raise self._error
        message = [case.model_dump_json(), reply.model_dump_json(), worker.dumped(done)]
        answered: asyncio.Future[list[worker.Outcomes]] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait((message, answered))
        fresh, more = map(worker.read, await answered)
        for outcome in fresh.values():
            if isinstance(outcome, Failure) and outcome.stage == "metric":
                _log.warning("a metric failed in an unexpected way", message=outcome.message, case=case.id)
        return fresh, more

    async def give(self, line: _Line) -> None:
        """Give a process what there is to score, without an end."""
        while True:
            await line.room.acquire()
            batch = [await self._jobs.get()]
            while len(batch) < BATCH and not self._jobs.empty():
                batch.append(self._jobs.get_nowait())
            line.waiting.append(batch)
            with suppress(ConnectionError):  # told by who listens
                line.writer.write(worker.framed([message for message, _ in batch]))
                await line.writer.drain()

    async def take(self, line: _Line) -> None:
        """Take what a process has scored; raises `WorkerError` where it has ended."""
        while True:
            try:
                (length,) = worker.LENGTH.unpack(await line.reader.readexactly(worker.LENGTH.size))
                answers = json.loads(await line.reader.readexactly(length))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise WorkerError("a process that scores answers ended before its time") from error
            for (_, answered), outcomes in zip(line.waiting.popleft(), answers, strict=True):
                if not answered.done():
                    answered.set_result(outcomes)
            line.room.release()

    def fail(self, error: WorkerError) -> None:
        """Tell everybody who waits that nothing will come."""
        self._error = error
        for line in self._lines:
            for batch in line.waiting:
                _refuse(batch, error)
        while not self._jobs.empty():
            _refuse([self._jobs.get_nowait()], error)


def _refuse(jobs: Sequence[_Job], error: WorkerError) -> None:
    for _, answered in jobs:
        if not answered.done():
            answered.set_exception(error)


@asynccontextmanager
async def opened(
    count: int, experiment: config.Experiment, modules: Sequence[str] = ()
) -> AsyncIterator[WorkerPool | None]:
    """So many processes that score, none for one, which end with the block.

    `modules` take long to import; they are imported once, before others are forked.
    """
    if count < 2:  # noqa: PLR2004
        yield None
        return
    with tempfile.TemporaryFile() as stderr:
        ours, processes = _started(count, stderr, modules)
        tasks: list[asyncio.Task[None]] = []
        lines: list[_Line] = []
        try:
            for mine in ours:
                lines.append(_Line(*await asyncio.open_connection(sock=mine)))
                lines[-1].writer.write(worker.framed(worker.settings_of(experiment)))
            pool = WorkerPool(lines, processes)

            def ended(task: asyncio.Task[None]) -> None:
                if not task.cancelled() and (error := task.exception()) is not None:
                    pool.fail(WorkerError(f"{error}{_last_words(stderr)}"))

            for line in lines:
                for work in (pool.give(line), pool.take(line)):
                    tasks.append(asyncio.create_task(work))
                    tasks[-1].add_done_callback(ended)
            yield pool
        finally:
            for task in tasks:
                task.cancel()
            for line in lines:
                line.writer.transport.abort()
            for mine in ours:
                mine.close()
            _end(processes)


def _started(
    count: int, stderr: BinaryIO, modules: Sequence[str]
) -> "tuple[list[socket.socket], list[subprocess.Popen[bytes]]]":
    """The sockets to so many processes, and the processes to end; where one can fork, one is the others' parent.

    They stand in a session of their own: a Ctrl-C is told to this process alone, which tells them.
    """
    pairs = [socket.socketpair() for _ in range(count)]
    families = [pairs] if sys.platform == "linux" else [[pair] for pair in pairs]
    # One process is one core's work: libraries for numbers shall start no threads in it, which would not be forked.
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    processes = []
    for family in families:
        theirs = [their.fileno() for _, their in family]
        command = [sys.executable, "-P", "-c", _MAIN, json.dumps(sys.path), ",".join(modules), *map(str, theirs)]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": stderr}
        processes.append(subprocess.Popen(command, pass_fds=theirs, start_new_session=True, env=environ, **quiet))  # type: ignore[call-overload]  # noqa: S603 - a program of ours
    for _, their in pairs:
        their.close()
    return [mine for mine, _ in pairs], processes


def _end(processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    """See that none is left: they end when nobody is at the other end, and are killed where they do not."""
    for process in processes:
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _last_words(stderr: BinaryIO) -> str:
    """The last line that the processes wrote, which says why one of them failed."""
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else " and without a word, as one that is killed, or for which there is no memory"
