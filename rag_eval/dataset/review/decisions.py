"""What reviewers decided, kept so that a kill loses nothing: SQLite in WAL mode, appended to and never changed.

Any number of servers may write the same file at the same time. Unlike a run's journal, which can be made again by
asking again, a decision is a person's work: each commit waits for the disk.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError

from rag_eval.errors import DataError, MismatchError, UsageError
from rag_eval.records import Record

FILE = "review.db"
FORMAT = 1
"""Raised whenever an older rag-eval could not read what this one writes."""
VERDICTS = ("accept", "edit", "reject", "unanswerable")
Verdict = Literal["accept", "edit", "reject", "unanswerable"]

_TABLES = """
CREATE TABLE IF NOT EXISTS decisions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, reviewer TEXT NOT NULL,
    verdict TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TRIGGER IF NOT EXISTS never_deleted BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END;
"""
_INSERT = "INSERT OR IGNORE INTO decisions (uuid, case_id, reviewer, verdict, at, body) VALUES (?, ?, ?, ?, ?, ?)"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def moment(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, always of the same length, so that texts sort like times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _in_utc(text: str) -> str:
    moment_ = datetime.fromisoformat(text)
    if moment_.tzinfo is None:
        raise ValueError("expected a time with its zone, such as 2026-01-31T09:15:00Z")
    return moment(moment_.timestamp())


def _printable(name: str) -> str:
    if name != name.strip() or _UNPRINTABLE.search(name):
        raise ValueError("expected a name without line breaks, and without spaces at its ends")
    return name


class ReviewDecision(Record):
    """What one reviewer said of one case; it says all of what the case shall be, so that it stands by itself."""

    uuid: str = Field(min_length=8, max_length=64)
    """Made by whoever decides, so that a decision that is sent twice counts once."""
    case_id: str = Field(min_length=1)
    case_digest: str
    """Of the case as it was shown; when the case is another now, the decision no longer holds."""
    reviewer: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
    verdict: Verdict
    user_input: str = Field(min_length=1)
    reference: str | None = None
    reference_contexts: tuple[str, ...] | None = None
    """The contexts that bear the reference out; None where none is known."""
    reference_context_ids: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    comment: str = ""
    at: Annotated[str, AfterValidator(_in_utc)]
    """When it was decided: ISO 8601, UTC."""
    final: bool = False
    """Settles a disagreement: it counts against all others, and is left out when agreement is measured."""
    undone: bool = False
    """Takes back the reviewer's only decision: the case is undecided again. The rest repeats what is taken back."""


class StoredDecision(Record):
    """A decision that is in the store."""

    seq: int
    """Rises with each; gaps mean nothing."""
    decision: ReviewDecision


def newest(decisions: Iterable[ReviewDecision]) -> dict[tuple[str, str], ReviewDecision]:
    """Case and reviewer to the newest decision; of two at the same time, the one that was kept later.

    Time is when it was decided, not when it arrived: a page that was cut off may send late. Those that were taken
    back are not there.
    """
    latest: dict[tuple[str, str], ReviewDecision] = {}
    for decision in decisions:
        key = (decision.case_id, decision.reviewer)
        if key not in latest or decision.at >= latest[key].at:
            latest[key] = decision
    return {key: decision for key, decision in latest.items() if not decision.undone}


class DecisionStore:
    """The decisions about one dataset. Made by `open_`; `clock` gives seconds since 1970."""

    def __init__(self, path: Path, db: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.path = path
        self._db = db
        self._clock = clock

    @classmethod
    def open_(cls, folder: Path, clock: Callable[[], float]) -> "DecisionStore":
        """Open the store of a dataset folder for writing, making it if need be.

        Raises `UsageError` if that cannot be, `DataError` if what is there is no such store.
        """
        path = folder / FILE
        if not os.access(folder, os.W_OK):
            raise UsageError(f"{folder}: cannot be written to, so decisions could not be kept. Do: copy it elsewhere")
        try:
            db = _connected(path, "rwc")
            _prepare(db, path)
        except sqlite3.OperationalError as error:
            raise UsageError(f"{path}: cannot be opened for writing: {error}") from error
        except sqlite3.DatabaseError as error:
            raise DataError(f"{path}: holds no decisions that can be read: {error}") from error
        return cls(path, db, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file."""
        self._db.close()

    def now(self) -> str:
        """The time that a decision made now carries."""
        return moment(self._clock())

    def keep(self, decisions: Sequence[ReviewDecision]) -> tuple[StoredDecision, ...]:
        """Add decisions, all of them or none; those whose uuid is there already are not added again.

        A time that is still to come is set to now. Raises `MismatchError` if a uuid is there with another content.
        """
        now = self.now()
        stamped = [decision.model_copy(update={"at": min(decision.at, now)}) for decision in decisions]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            kept = tuple(self._add(decision) for decision in stamped)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return kept

    def _add(self, decision: ReviewDecision) -> StoredDecision:
        body = decision.model_dump_json()
        columns = (decision.uuid, decision.case_id, decision.reviewer, decision.verdict, decision.at, body)
        self._db.execute(_INSERT, columns)
        stored = self._db.execute("SELECT seq, body FROM decisions WHERE uuid = ?", (decision.uuid,)).fetchone()
        kept = StoredDecision(seq=stored[0], decision=ReviewDecision.model_validate_json(stored[1]))
        if kept.decision.model_copy(update={"at": decision.at}) != decision:
            raise MismatchError(f"{decision.uuid}: another decision has this uuid already. Do: decide again")
        return kept

    def after(self, seq: int) -> tuple[StoredDecision, ...]:
        """What was kept since, in the order it came; all of it from 0."""
        return _rows(self._db, self.path, seq)


def load(folder: Path) -> tuple[ReviewDecision, ...]:
    """All decisions about a dataset folder in the order they came, none where nobody decided; writes nothing."""
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        db = _connected(path, _read_only(path))
        try:
            _expect_format(db, path)
            return tuple(kept.decision for kept in _rows(db, path, 0))
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        raise DataError(f"{path}: holds no decisions that can be read: {error}") from error


def _rows(db: sqlite3.Connection, path: Path, seq: int) -> tuple[StoredDecision, ...]:
    rows = db.execute("SELECT seq, body FROM decisions WHERE seq > ? ORDER BY seq", (seq,))
    try:
        return tuple(
            StoredDecision(seq=number, decision=ReviewDecision.model_validate_json(body)) for number, body in rows
        )
    except ValidationError as error:
        raise DataError(f"{path}: holds a decision that cannot be read: {error}") from error


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode={mode}"
    # 30 s: others may be writing, and a decision is worth waiting for.
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=30)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute("PRAGMA synchronous = FULL")
    if _expect_format(db, path) == FORMAT:
        return
    with suppress(sqlite3.OperationalError):  # another process is setting it at this moment; the file remembers
        db.execute("PRAGMA journal_mode = WAL")
    db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")


def _expect_format(db: sqlite3.Connection, path: Path) -> int:
    """The format of the file, 0 where it is new."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > FORMAT:
        raise DataError(f"{path}: has format {version}, this rag-eval reads up to {FORMAT}. Update rag-eval.")
    return version


def _read_only(path: Path) -> str:
    """SQLite's mode for reading; in a folder that cannot be written to, such as an archive, it must make no file."""
    archived = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return "ro&immutable=1" if archived else "ro"
