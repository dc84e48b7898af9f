"""The tables of a journal, and how their file is opened."""

import os
import sqlite3
from pathlib import Path

REPEAT_OF = "rag_eval_repeat_of"
"""Key of the metadata of a case that repeats another: the other's id."""
FORMAT = 1
"""Raised whenever an older rag-eval could not read what this one writes."""

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


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in one of SQLite's modes, in which each statement is a commit of its own."""
    db = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    db.execute("PRAGMA busy_timeout = 10000")
    return db


def read_only(path: Path) -> str:
    """SQLite's mode for reading; in a folder that cannot be written to, such as an archive, it must make no file."""
    archived = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return "ro&immutable=1" if archived else "ro"
