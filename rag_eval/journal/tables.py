"""The tables of a journal, and how their file is opened."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from rag_eval.errors import StorageError
from rag_eval.journal.packing import plain

P = ParamSpec("P")
T = TypeVar("T")

REPEAT_OF = "rag_eval_repeat_of"
"""Key of the metadata of a case that repeats another: the other's id."""
PATIENCE_MS = 10_000
"""Milliseconds that are waited for whoever keeps a journal locked."""
FORMAT = 2
"""Raised whenever an older rag-eval could not read what this one writes: bodies are compressed since 2."""
READABLE = ("1", "2")
"""The formats that this rag-eval reads; what it goes on with becomes its own."""

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cases (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL, body TEXT NOT NULL, kind TEXT NOT NULL, reply TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcomes (
    case_id TEXT NOT NULL, metric TEXT NOT NULL, kind TEXT NOT NULL, value REAL, reason TEXT, body TEXT NOT NULL,
    PRIMARY KEY (case_id, metric)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (case_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS judged (
    key TEXT PRIMARY KEY, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (
    one INTEGER PRIMARY KEY, calls INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL
);
INSERT OR IGNORE INTO spent VALUES (1, 0, 0, 0);
CREATE TABLE IF NOT EXISTS sessions (started REAL PRIMARY KEY, ended REAL NOT NULL);
"""


_WHY = {
    sqlite3.SQLITE_FULL: "the disk is full. When there is room, go on where it stopped",
    sqlite3.SQLITE_READONLY: "it may not be written to. Do: chmod -R u+w on the run's folder",
    sqlite3.SQLITE_CANTOPEN: "it, or a file beside it, cannot be opened. Look who may write to the run's folder",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written. When it can, go on where it stopped",
    sqlite3.SQLITE_BUSY: "another program keeps it locked. When that has ended, do the same again",
    sqlite3.SQLITE_CORRUPT: "a part of it is broken. Put a copy of the run in its place, or run the experiment anew",
}
"""What SQLite's primary result codes mean for a journal, and what to do."""
_PRIMARY = 0xFF


def storage_error(path: Path, error: sqlite3.Error) -> StorageError | None:
    """What SQLite says of a journal as a message to a person; None for what is no matter of the disk."""
    why = _WHY.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY)
    return None if why is None else StorageError(f"{path}: {why} ({error})")


class JournalConnection(sqlite3.Connection):
    """A connection that says which file it could not read or write."""

    path: Path

    def execute(self, *args: Any) -> sqlite3.Cursor:
        """Run a statement; raises `StorageError` where the disk is in the way."""
        return self._stored(super().execute, *args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        """Run a statement many times; raises `StorageError` where the disk is in the way."""
        return self._stored(super().executemany, *args)

    def executescript(self, *args: Any) -> sqlite3.Cursor:
        """Run several statements; raises `StorageError` where the disk is in the way."""
        return self._stored(super().executescript, *args)

    def _stored(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except sqlite3.Error as error:
            if (known := storage_error(self.path, error)) is not None:
                raise known from error
            raise


def connect(path: Path, mode: str) -> JournalConnection:
    """A connection in one of SQLite's modes, in which each statement is a commit of its own; raises `StorageError`."""
    address = f"{path.resolve().as_uri()}?mode={mode}"
    try:
        db = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, factory=JournalConnection
        )
    except sqlite3.Error as error:
        if (known := storage_error(path, error)) is not None:
            raise known from error
        raise
    db.path = path
    db.create_function("plain", 1, plain, deterministic=True)
    db.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    return db


def read_only(path: Path) -> str:
    """SQLite's mode for reading; in a folder that cannot be written to, such as an archive, it must make no file."""
    archived = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return "ro&immutable=1" if archived else "ro"
