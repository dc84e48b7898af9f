"""One thread that unpacks, decodes and writes, a request at a time, and syncs the disk once for all that wait.

So there is at most one decoded request in memory, however many exporters there are, and the event loop stays free to
tell them to wait.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from rag_eval.traces.receiver import requests, wire
from rag_eval.traces.receiver.refusal import RequestRefusal, overloaded
from rag_eval.traces.receiver.requests import Signal
from rag_eval.traces.receiver.store import CaptureStore, IntakeResult

_TOGETHER, _TOGETHER_S = 32, 0.25
"""Requests that share a commit, and for how long more may join."""


@dataclass(frozen=True)
class IntakeJob:
    """The body of a request."""

    signal: Signal
    media: str
    encoding: str
    body: bytes
    most: int
    """Bytes it may have once unpacked."""
    done: "Future[IntakeResult]" = field(default_factory=Future)
    came: float = field(default_factory=time.monotonic)


class Intake:
    """Takes bodies and says what became of each, once it is on the disk.

    A body that waited for more than `patience` seconds is sent back unread: its exporter is about to give up on it.
    `warn` is told when the disk makes trouble.
    """

    def __init__(self, store: CaptureStore, patience: float, warn: Callable[[str], None]) -> None:
        self._store, self._patience, self._warn = store, patience, warn
        self._queue: queue.SimpleQueue[IntakeJob | None] = queue.SimpleQueue()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    async def take(self, job: IntakeJob) -> IntakeResult:
        """Wait until a request is kept; raises `RequestRefusal`."""
        if not self._thread.is_alive():
            raise overloaded("the receiver cannot write")
        self._queue.put(job)
        return await asyncio.wrap_future(job.done)

    def close(self) -> None:
        """Keep what is waiting, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while self._open:
            taken: list[IntakeJob] = []
            try:
                self._settle(taken)
            finally:
                for job in taken:
                    _answer(job, overloaded("the receiver could not write"))

    def _settle(self, taken: list[IntakeJob]) -> None:
        """Keep the next requests and answer them; those that were taken and get no answer were not kept."""
        if (first := self._queue.get()) is None:
            self._open = False
            return
        taken.append(first)
        try:
            with self._store.together():
                results = [self._one(job) for job in self._waiting(taken)]
        except sqlite3.Error as error:
            self._warn(f"{self._store.folder}: cannot be written to: {error}. Exporters are told to try again.")
            return
        for job, result in zip(taken, results, strict=True):
            _answer(job, result)
        self._roll()

    def _waiting(self, taken: list[IntakeJob]) -> Iterator[IntakeJob]:
        """The request that was taken, and those that wait behind it."""
        ends = time.monotonic() + _TOGETHER_S
        yield taken[0]
        while len(taken) < _TOGETHER and time.monotonic() < ends and not self._queue.empty():
            if (job := self._queue.get()) is None:
                self._open = False
                return
            taken.append(job)
            yield job

    def _roll(self) -> None:
        try:
            self._store.roll()
        except (OSError, sqlite3.Error) as error:
            self._warn(f"{self._store.folder}: no Parquet file could be written: {error}. Spans stay in the log.")

    def _one(self, job: IntakeJob) -> IntakeResult | RequestRefusal:
        if time.monotonic() - job.came > self._patience:
            return overloaded("too much is waiting to be written")
        try:
            body = wire.decompress(job.body, job.encoding, job.most)
            return self._store.add(requests.read(body, job.media, job.signal))
        except RequestRefusal as refused:
            return refused


def _answer(job: IntakeJob, result: IntakeResult | RequestRefusal) -> None:
    """Answer whoever still waits."""
    if job.done.done() or not job.done.set_running_or_notify_cancel():
        return
    if isinstance(result, RequestRefusal):
        job.done.set_exception(result)
    else:
        job.done.set_result(result)
