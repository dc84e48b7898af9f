"""Cases go to a tracker while their run goes on, and beside the writing of its reports, so that little is left to send.

A server takes some 30 ms for each, which for thousands is minutes. Whatever goes wrong here is left to the push at the
end: it knows of every trace what it must be, and sends those that are missing or have become others. MLflow is imported
by the thread that sends: nothing waits for that.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from rag_eval.errors import RagEvalError
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking.mlflow.traces import RunTraces

if TYPE_CHECKING:
    from rag_eval.tracking.mlflow.sending import TraceWriter

_NOTE = "**Unfinished.** `rag-eval run --resume {}` goes on with it once nothing else does."
_PATIENCE_S = 5.0
"""Seconds that a run which was stopped waits for what is on its way."""


class Follower:
    """A thread that sends cases to a store as they are told to it, and at last all that the run has."""

    def __init__(self, uri: str, experiment: str, folder: RunFolder, summarise: Callable[[], Summary]) -> None:
        self.sent: dict[str, str] = {}
        """Trace to the digest of what the store has of it."""
        self._uri, self._experiment = uri, experiment
        self._folder, self._summarise = folder, summarise
        self._scored: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._summary: Summary | None = None
        self._finished = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
        self._thread.start()

    def tell(self, case_id: str) -> None:
        """A case is scored; returns at once."""
        self._scored.put(case_id)

    def tell_rest(self, summary: Summary) -> None:
        """Nothing more is scored: what has not been sent is, until the end is told; returns at once."""
        self._summary = summary
        self._scored.put(None)

    def end(self, *, finished: bool) -> None:
        """Send no more than is on its way; a run that is not finished is marked as one that was stopped."""
        self._finished = finished
        self._ended.set()
        self._scored.put(None)
        self._thread.join(None if finished else _PATIENCE_S)

    def _work(self) -> None:
        with suppress(RagEvalError, sqlite3.Error):  # if it is still so at the end, the push there says what
            scored = self._next(1)
            if scored or not self._ended.is_set():
                self._send(scored)

    def _send(self, scored: list[str]) -> None:
        from rag_eval.tracking.mlflow import runs, sending
        from rag_eval.tracking.mlflow.connection import connected, home

        summary = self._summary or self._summarise()
        with connected(self._uri) as client:
            where, title = home(client, self._experiment, summary.key)
            run_id = runs.place(client, (where, title), summary)
            client.set_tag(run_id, runs.NOTE, _NOTE.format(self._folder.id))
            writer, traces = sending.writer_of(self._uri, where), RunTraces(run_id, summary)
            while scored:
                self._send_some(writer, traces, scored)
                scored = self._next(writer.chunk)
            if self._summary is not None and not self._ended.is_set():
                self._send_rest(writer, RunTraces(run_id, self._summary))
            self._ended.wait()
            if not self._finished:
                client.set_terminated(run_id, "KILLED")

    def _next(self, most: int) -> list[str]:
        """Cases that wait, at least one; none once it is told that these are the last, as what waits then is left."""
        if self._summary is not None or self._ended.is_set():
            return []
        scored = [self._scored.get()]
        while len(scored) < most and not self._scored.empty():
            scored.append(self._scored.get())
        return [case_id for case_id in scored if case_id is not None]

    def _send_some(self, writer: "TraceWriter", traces: RunTraces, scored: list[str]) -> None:
        """The cases of these that the journal shows to others by now."""
        from rag_eval.tracking.mlflow import sending

        with self._folder.open_() as journal:
            there = journal.ids()
            drafts = [traces.draft(journal.stored_row(case_id)) for case_id in scored if case_id in there]
        for _ in sending.write_missing(writer, traces, drafts, self.sent):
            pass

    def _send_rest(self, writer: "TraceWriter", traces: RunTraces) -> None:
        """All cases, in the order of the dataset as at the push."""
        from rag_eval.tracking.mlflow import sending

        with self._folder.open_() as journal:
            for _ in sending.write_missing(writer, traces, map(traces.draft, journal.stored()), self.sent):
                if self._ended.is_set():
                    break
