"""Cases go to a server while their run goes on, so that little is left to send when it ends.

A server takes some 30 ms for each, which for thousands is minutes. Whatever goes wrong here is left to the push at the
end: it makes every trace again, and sends those that are missing or have become others.
"""

import queue
import sqlite3
import threading
from collections.abc import Iterator

from rag_eval.errors import RagEvalError
from rag_eval.records import Summary
from rag_eval.runs import Folder
from rag_eval.tracking.mlflow import runs
from rag_eval.tracking.mlflow.connection import connected, experiment_id
from rag_eval.tracking.mlflow.sending import ServerWriter, digest
from rag_eval.tracking.mlflow.traces import Previews, Trace, trace

_NOTE = "**Unfinished.** `rag-eval run --resume {}` goes on with it once nothing else does."
_PATIENCE_S = 5.0
"""Seconds that a run which was stopped waits for what is on its way."""


class Follower:
    """A thread that sends cases to a server as they are told to it."""

    def __init__(self, uri: str, experiment: str, folder: Folder, summary: Summary) -> None:
        self.sent: dict[str, str] = {}
        """Trace to the digest of what the server has of it."""
        self._uri, self._experiment = uri, experiment
        self._folder, self._summary = folder, summary
        self._previews = Previews()
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
        try:
            with connected(self._uri) as client:
                where = experiment_id(client, self._experiment)
                run_id = runs.place(client, (where, self._experiment), self._summary)
                client.set_tag(run_id, runs.NOTE, _NOTE.format(self._folder.id))
                writer = ServerWriter(self._uri, where)
                for ids in self._chunks(writer.chunk):
                    traces = self._traces(run_id, ids)
                    writer.write(traces)
                    self.sent.update({trace.id: digest(trace) for trace in traces})
                if not self._finished:
                    client.set_terminated(run_id, "KILLED")
        except (RagEvalError, sqlite3.Error):
            return  # if it is still so at the end, the push there says what

    def _chunks(self, size: int) -> Iterator[list[str]]:
        """Cases as many as there are, up to a size, until the end is told; then what waits is left."""
        while self._finished is None:
            told = [self._scored.get()]
            while len(told) < size and not self._scored.empty():
                told.append(self._scored.get())
            yield [case_id for case_id in told if case_id is not None]

    def _traces(self, run_id: str, ids: list[str]) -> list[Trace]:
        """The traces of those that the journal shows to others by now."""
        with self._folder.open_() as journal:
            rows = [journal.row(case_id) for case_id in ids if case_id in journal.ids()]
        return [trace(run_id, self._summary, row, self._previews.of(row.case)) for row in rows]
