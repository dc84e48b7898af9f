"""What `rag-eval capture` wrote: Parquet files of spans, and beside them the log of a running or a killed receiver.

A folder with a log is read as one source, the log first: a span may be on its way from the log into a file, and whoever
looks at the log before the files finds it in one of the two, or in both.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from rag_eval.traces import jsontext
from rag_eval.traces.dialect import KeyedSpan
from rag_eval.traces.dialects import otlp
from rag_eval.traces.receiver import span_files, store

_STORED = ("kind", "otlp", "resource", "scope")


def is_capture_folder(folder: Path) -> bool:
    """Whether a folder has the log of a receiver."""
    return (folder / span_files.LOG).is_file()


def is_capture_file(path: Path) -> bool:
    """Whether a file is read with the folder that it lies in."""
    return span_files.is_capture_file(path)


def read(folder: Path) -> Iterator[KeyedSpan]:
    """Every span of a capture that has a log; raises ValueError where a file is damaged, and OSError."""
    with _snapshot(folder / span_files.LOG) as db:
        files = span_files.capture_files(folder)
        for path in files:
            yield from read_file(path)
        for row in store.read(db, span_files.last_number(files)) if db else ():
            yield from _spans(row.kind, row.otlp, row.resource, row.scope)


def read_file(path: Path) -> Iterator[KeyedSpan]:
    """Every span of one Parquet file; raises ValueError where it is none of a capture."""
    for kind, body, resource, scope in span_files.rows(path, _STORED):
        yield from _spans("log" if kind == "LOG" else "span", body, resource, scope)


def _spans(kind: str, body: bytes | str, resource: bytes | str, scope: bytes | str) -> Iterator[KeyedSpan]:
    item, about, named = (jsontext.loads(text) for text in (body, resource, scope))
    if kind == "log":
        logs = [{"scope": named, "logRecords": [item]}]
        return otlp.read({"resourceLogs": [{"resource": about, "scopeLogs": logs}]})
    return otlp.read({"resourceSpans": [{"resource": about, "scopeSpans": [{"scope": named, "spans": [item]}]}]})


@contextlib.contextmanager
def _snapshot(log: Path) -> Iterator[sqlite3.Connection | None]:
    """The log as it is at this moment; None where its receiver has ended meanwhile and left files alone."""
    archived = not os.access(log.parent, os.W_OK) and not log.with_name(f"{log.name}-wal").exists()
    mode = "ro&immutable=1" if archived else "ro"
    db = None
    try:
        db = sqlite3.connect(f"{log.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        db.execute("PRAGMA busy_timeout = 10000")
        db.execute("BEGIN")
        db.execute("SELECT max(seq) FROM pieces").fetchone()
    except sqlite3.Error as error:
        if log.exists():
            raise ValueError(f"{log.name}: {error}") from error
        yield None
    else:
        yield db
    finally:
        if db is not None:
            db.close()
