"""A capture's folder while it is written: a log in SQLite that survives a kill, rolled into Parquet files.

A span is acknowledged when the log has it, and the log is on the disk. When the log is large enough, its spans are
written to a Parquet file, which gets its name at once and whole, and are then taken out of the log. A kill between the
two leaves them in both: the name of the file says up to which number, so that nothing is read or kept twice.
"""

import contextlib
import dataclasses
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from rag_eval.errors import UsageError
from rag_eval.traces.receiver import span_files
from rag_eval.traces.receiver.requests import InvalidItem, Item, TelemetryItem, TelemetryOrigin
from rag_eval.traces.receiver.span_files import CaptureRow

MOST_SPANS = 10_000
"""Of one trace."""
ROLLED_ROWS = 20_000
ROLLED_BYTES = 32 << 20
_LOCK = ".capture.lock"
_TABLES = """
CREATE TABLE IF NOT EXISTS origins (id INTEGER PRIMARY KEY, digest BLOB UNIQUE, resource BLOB, scope BLOB);
CREATE TABLE IF NOT EXISTS pieces (
    seq INTEGER PRIMARY KEY, kind TEXT, trace_id TEXT, key TEXT, otlp BLOB, contexts INTEGER, origin INTEGER
);
CREATE TEMP TABLE seen (trace_id TEXT, key TEXT, PRIMARY KEY (trace_id, key)) WITHOUT ROWID;
CREATE TEMP TABLE traces (trace_id TEXT PRIMARY KEY, spans INTEGER, contexts INTEGER) WITHOUT ROWID;
"""
ROWS = (
    "SELECT p.seq, p.kind, p.trace_id, p.key, p.otlp, o.resource, o.scope, p.contexts"
    " FROM pieces p JOIN origins o ON o.id = p.origin WHERE p.seq > ? ORDER BY p.seq LIMIT ?"
)


@dataclass(frozen=True)
class CaptureCounts:
    """What a folder holds."""

    traces: int = 0
    spans: int = 0
    with_contexts: int = 0
    """Traces in which something was retrieved."""
    repeated: int = 0
    """Spans that came again and were kept once."""
    rejected: int = 0


@dataclass(frozen=True)
class CaptureLimits:
    """How much a folder may hold."""

    traces: int = 100_000
    size: int = 10 << 30
    """Bytes of its files, and of the spans that stand in none yet."""


@dataclass(frozen=True)
class IntakeResult:
    """What became of one request."""

    rejected: int = 0
    why: str = ""


class CaptureStore:
    """The log and the files of one capture; one process and one thread at a time write to it."""

    def __init__(self, folder: Path, most: CaptureLimits) -> None:
        self.folder, self._most = folder, most
        self.counts = CaptureCounts()
        self._lock = _locked(folder)
        self._db = sqlite3.connect(folder / span_files.LOG, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        # A 200 lets the exporter forget its batch: wait for the disk, once for all requests that are waiting.
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLES)
        self._last = span_files.last_number(span_files.capture_files(folder))
        self._forget(self._last)
        self._rebuild()
        totals = self._db.execute("SELECT max(seq), count(*), total(length(otlp)) FROM pieces").fetchone()
        self._last, self._rows, self._bytes = max(self._last, totals[0] or 0), totals[1], int(totals[2])
        self._filed = _size(folder)

    @classmethod
    def open_(cls, folder: Path, most: CaptureLimits = CaptureLimits()) -> Self:
        """Begin a capture or go on with one; raises `UsageError` where the folder cannot be used."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(folder, most)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"{folder}: cannot be written to ({error}). Do: another folder with -o") from error
        except ValueError as error:
            raise UsageError(f"{folder}: a file of the capture is damaged: {error}. Do: move it away") from error

    def _forget(self, until: int) -> None:
        with self.together():
            self._db.execute("DELETE FROM pieces WHERE seq <= ?", (until,))
            self._db.execute("DELETE FROM origins WHERE id NOT IN (SELECT origin FROM pieces)")

    def _rebuild(self) -> None:
        """Learn what the folder holds from its files, so that whoever takes some away is understood."""
        with self.together():
            for path in span_files.capture_files(self.folder):
                for trace_id, key, contexts, kind in span_files.rows(path, ("trace_id", "span_id", "contexts", "kind")):
                    # An event has no id of its own; only while one process runs is it known again.
                    self._count(trace_id, key if kind != "LOG" else None, contexts=contexts)
            known = self._db.execute("SELECT trace_id, key, contexts FROM pieces ORDER BY seq").fetchall()
            for trace_id, key, contexts in known:
                self._count(trace_id, key, contexts=bool(contexts))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Keep all that is done inside, or nothing."""
        before = self.counts
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.counts = before
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def add(self, items: Iterable[Item]) -> IntakeResult:
        """Keep the spans of one request, inside `together`; what raises on the way leaves nothing of it."""
        before, last = self.counts, (self._last, self._rows, self._bytes)
        self._db.execute("SAVEPOINT request")
        rejected, why = 0, ""
        try:
            for item in items:
                refused = item.why if isinstance(item, InvalidItem) else self._keep(item)
                rejected, why = rejected + bool(refused), why or refused
        except BaseException:
            self.counts, (self._last, self._rows, self._bytes) = before, last
            self._db.execute("ROLLBACK TO request")
            raise
        finally:
            self._db.execute("RELEASE request")
        self.counts = dataclasses.replace(self.counts, rejected=self.counts.rejected + rejected)
        return IntakeResult(rejected, why)

    def _keep(self, piece: TelemetryItem) -> str:
        """Keep a span unless it is known; returns why it may not be kept."""
        known = self._db.execute("SELECT spans FROM traces WHERE trace_id = ?", (piece.trace_id,)).fetchone()
        if known is None and self.counts.traces >= self._most.traces:
            return f"the capture holds {self._most.traces} traces, as many as --max-traces lets it"
        if self._filed + self._bytes + len(piece.otlp) > self._most.size:
            return f"the capture takes {self._filed + self._bytes:,} bytes, as many as --max-size lets it"
        if known is not None and known[0] >= MOST_SPANS:
            return f"a trace has more than {MOST_SPANS} spans"
        if not self._count(piece.trace_id, piece.key, contexts=piece.contexts):
            self.counts = dataclasses.replace(self.counts, repeated=self.counts.repeated + 1)
            return ""
        self._last += 1
        self._rows, self._bytes = self._rows + 1, self._bytes + len(piece.otlp)
        row = (
            self._last,
            piece.kind,
            piece.trace_id,
            piece.key,
            piece.otlp,
            piece.contexts,
            self._origin(piece.origin),
        )
        self._db.execute("INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return ""

    def _count(self, trace_id: str, key: str | None, *, contexts: bool) -> bool:
        """Count a span; false where it was counted before."""
        if key and not self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (trace_id, key)).rowcount:
            return False
        before = self._db.execute("SELECT contexts FROM traces WHERE trace_id = ?", (trace_id,)).fetchone()
        self._db.execute(
            "INSERT INTO traces VALUES (?, 1, ?)"
            " ON CONFLICT DO UPDATE SET spans = spans + 1, contexts = contexts OR excluded.contexts",
            (trace_id, contexts),
        )
        self.counts = dataclasses.replace(
            self.counts,
            spans=self.counts.spans + 1,
            traces=self.counts.traces + (before is None),
            with_contexts=self.counts.with_contexts + (contexts and not (before and before[0])),
        )
        return True

    def _origin(self, origin: TelemetryOrigin) -> int:
        digest = hashlib.sha256(origin.resource + b"\0" + origin.scope).digest()
        known = self._db.execute("SELECT id FROM origins WHERE digest = ?", (digest,)).fetchone()
        if known:
            return int(known[0])
        values = (digest, origin.resource, origin.scope)
        made = self._db.execute("INSERT INTO origins (digest, resource, scope) VALUES (?, ?, ?)", values)
        return int(made.lastrowid or 0)

    def roll(self, *, all_of_it: bool = False) -> None:
        """Write Parquet files while the log is large enough for one; raises OSError and leaves the log as it was."""
        while self._rows >= ROLLED_ROWS or self._bytes >= ROLLED_BYTES or (all_of_it and self._rows):
            first, until, rows, size = self._next_file()
            span_files.write(self.folder, self._some(rows), first, until)
            self._forget(until)
            self._rows, self._bytes = self._rows - rows, self._bytes - size
            self._filed = _size(self.folder)

    def _next_file(self) -> tuple[int, int, int, int]:
        """First and last number, count and bytes of the spans that go into the next file."""
        first = until = rows = size = 0
        for seq, length in self._db.execute("SELECT seq, length(otlp) FROM pieces ORDER BY seq"):
            first, until, rows, size = first or seq, seq, rows + 1, size + length
            if rows >= ROLLED_ROWS or size >= ROLLED_BYTES:
                break
        return first, until, rows, size

    def _some(self, most: int) -> Iterator[CaptureRow]:
        return read(self._db, 0, most)

    def close(self) -> None:
        """Roll what is left and take the log away; where that cannot be done, the log stays and is read."""
        try:
            self.roll(all_of_it=True)
            self._db.close()
            _remove(self.folder)
        finally:
            self._db.close()
            self._lock.release()


def read(db: sqlite3.Connection, after: int, most: int = -1) -> Iterator[CaptureRow]:
    """The spans in a log behind a number."""
    for seq, kind, trace_id, key, otlp, resource, scope, contexts in db.execute(ROWS, (after, most)):
        yield CaptureRow(seq, kind, trace_id, key, otlp, resource, scope, bool(contexts))


def _size(folder: Path) -> int:
    """Bytes of the files of a capture."""
    return sum(path.stat().st_size for path in span_files.capture_files(folder))


def _locked(folder: Path) -> FileLock:
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(f"{folder}: another rag-eval capture writes to it. Do: another folder with -o") from error
    return lock


def _remove(folder: Path) -> None:
    for name in (span_files.LOG, f"{span_files.LOG}-wal", f"{span_files.LOG}-shm"):
        (folder / name).unlink(missing_ok=True)
