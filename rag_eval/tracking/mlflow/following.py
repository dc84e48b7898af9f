"""Cases go to a server while their run goes on, so that little is left to send when it ends.

A server takes some 30 ms for each, which for thousands is minutes. Whatever goes wrong here is left to the push at the
end: it makes every trace again, and sends those that are missing or have become others.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress

from rag_eval.errors import RagEvalError
from rag_eval.journal import Row
from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking.mlflow import runs
from rag_eval.tracking.mlflow.connection import connected, experiment_id
from rag_eval.tracking.mlflow.sending import ServerWriter, digest
from rag_eval.tracking.mlflow.traces import Previews, trace

_NOTE = "**Unfinished.** `rag-eval run --resume {}` goes on with it once nothing else does."
_PATIENCE_S = 5.0
"""Seconds that a run which was stopped waits for what is on its way."""


class Follower:
    """A thread that sends cases to a server as they are told to it."""

    def __init__(self, uri: str, experiment: str, folder: RunFolder, summarise: Callable[[], Summary]) -> None:
        self.sent: dict[str, str] = {}
        """Trace to the digest of what the server has of it."""
        self._uri, self._experiment = uri, experiment
        self._folder, self._summarise = folder, summarise
        self._scored: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._finished: bool | None = None
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
        self._thread.start()

    def tell(self, case_id: str) -> None:
        """A case is scored; returns at once."""
        self._scored.put(case_id)

    def end(self, *, finished: bool) -> None:
        """Send no more than is on its way; a run that is not finished is marked as one that was stopped."""
        self._finished = finished
        self._scored.put(None)
        self._thread.join(None if finished else _PATIENCE_S)

    def _work(self) -> None:
        with suppress(RagEvalError, sqlite3.Error):  # if it is still so at the end, the push there says what
            scored = self._next(1)
            if scored:
                self._send(scored)

    def _send(self, scored: list[str]) -> None:
        summary, previews = self._summarise(), Previews()
        with connected(self._uri) as client:
            where = experiment_id(client, self._experiment)
            run_id = runs.place(client, (where, self._experiment), summary)
            client.set_tag(run_id, runs.NOTE, _NOTE.format(self._folder.id))
            writer = ServerWriter(self._uri, where)
            while scored:
                rows = self._rows(scored)
                traces = [trace(run_id, summary, row, previews.of(row.case)) for row in rows]
                writer.write(traces)
                self.sent.update({trace.id: digest(trace) for trace in traces})
                scored = self._next(writer.chunk)
            if not self._finished:
                client.set_terminated(run_id, "KILLED")

    def _next(self, most: int) -> list[str]:
        """Cases that wait, at least one; none once the end is told, as what waits then is left."""
        if self._finished is not None:
            return []
        scored = [self._scored.get()]
        while len(scored) < most and not self._scored.empty():
            scored.append(self._scored.get())
        return [case_id for case_id in scored if case_id is not None]

    def _rows(self, scored: list[str]) -> list[Row]:
        """The cases of these that the journal shows to others by now."""
        with self._folder.open_() as journal:
            there = journal.ids()
            return [journal.row(case_id) for case_id in scored if case_id in there]
