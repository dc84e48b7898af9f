"""What the service keeps: accounts, refresh tokens that were used, uploaded documents and their passages.

SQLite, in a file that several workers share or in memory; every method is one transaction.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import CorpusError, SettingsError

DocumentState = Literal["queued", "indexed", "failed"]

_TABLES = """
CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS used_tokens (id TEXT PRIMARY KEY, expires REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS changes (passages INTEGER NOT NULL) STRICT;
INSERT INTO changes SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM changes);
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS documents_by_owner ON documents (owner);
CREATE TABLE IF NOT EXISTS passages (
  id TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id), owner TEXT NOT NULL,
  title TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS passages_by_owner ON passages (owner);
CREATE INDEX IF NOT EXISTS passages_by_document ON passages (document);
"""
_WAIT_S = 5.0
"""How long a worker waits for another one's transaction."""


@dataclass(frozen=True)
class User:
    """Somebody who may log in."""

    id: str
    name: str
    hash: str
    """Of the password, as `passwords` makes it."""


@dataclass(frozen=True)
class StoredDocument:
    """Something that was uploaded."""

    id: str
    owner: str
    name: str
    state: DocumentState
    text: str
    passages: int
    """0 until it is indexed."""


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


# Workers that make the file at the same moment get in each other's way, and where the kind of journal is changed SQLite
# does not wait by itself.
_once_free = Retrying(
    retry=retry_if_exception(_is_busy), wait=wait_fixed(0.02), stop=stop_after_delay(_WAIT_S), reraise=True
)


class ServiceStore:
    """The tables, over one connection that threads take turns with."""

    def __init__(self, folder: Path | None, clock: Callable[[], float] = time.time) -> None:
        """Open what is in a folder, made where there is none; None keeps everything in memory.

        Raises:
            SettingsError: the folder or the file in it cannot be used.
        """
        self._clock = clock
        self._turn = threading.Lock()
        try:
            if folder is not None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            where = folder / "staging.db" if folder is not None else ":memory:"
            self._where = where if folder is not None else None
            self._db = _open(where)
            _once_free(self._db.execute, "PRAGMA journal_mode=WAL")
            self._db.executescript(_TABLES)
            # Who reads does not wait for who writes, be it a thread of ours or another worker.
            self._reading = _open(where) if folder is not None else self._db
            self._reading_turn = threading.Lock() if folder is not None else self._turn
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(f"RAG_STAGING_DATA: {folder} cannot be used: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._db.close()
        with self._reading_turn:
            self._reading.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _row(self, sql: str, *values: object) -> tuple[object, ...] | None:
        with self._reading_turn:
            row: tuple[object, ...] | None = self._reading.execute(sql, values).fetchone()
        return row

    def add_user(self, user: User) -> bool:
        """Add an account; False where the name is taken."""
        with self._transaction() as db:
            sql = "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            return db.execute(sql, (user.id, user.name, user.hash)).rowcount == 1

    def put_user(self, user: User) -> None:
        """Add an account, or give the one of this name another password; its id stays."""
        with self._transaction() as db:
            sql = "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash"
            db.execute(sql, (user.id, user.name, user.hash))

    def user_named(self, name: str) -> User | None:
        """The account of this name."""
        row = self._row("SELECT id, name, hash FROM users WHERE name = ?", name)
        return User(*map(str, row)) if row else None

    def has_user(self, key: str) -> bool:
        """Whether there is an account with this id."""
        return self._row("SELECT 1 FROM users WHERE id = ?", key) is not None

    def use_token(self, key: str, expires: float) -> bool:
        """Note that a token was used, until it would expire; False where it was used before."""
        with self._transaction() as db:
            db.execute("DELETE FROM used_tokens WHERE expires < ?", (self._clock(),))
            sql = "INSERT INTO used_tokens VALUES (?, ?) ON CONFLICT DO NOTHING"
            return db.execute(sql, (key, expires)).rowcount == 1

    def add_document(self, document: StoredDocument, most: int) -> bool:
        """Take in a document; False where its owner has `most` already."""
        with self._transaction() as db:
            (stored,) = db.execute("SELECT count(*) FROM documents WHERE owner = ?", (document.owner,)).fetchone()
            if stored >= most:
                return False
            row = (document.id, document.owner, document.name, document.text, document.state)
            db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", row)
            return True

    def document(self, key: str, owner: str) -> StoredDocument | None:
        """The document with this id, if it is this owner's."""
        sql = (
            "SELECT id, owner, name, state, text, (SELECT count(*) FROM passages WHERE document = documents.id) "
            "FROM documents WHERE id = ? AND owner = ?"
        )
        row = self._row(sql, key, owner)
        return StoredDocument(*row) if row else None  # type: ignore[arg-type]  # STRICT tables hold what they say

    def queued(self) -> list[StoredDocument]:
        """Documents that were taken in and not indexed, as after a kill."""
        with self._turn:
            sql = "SELECT id, owner, name, state, text, 0 FROM documents WHERE state = 'queued'"
            return [StoredDocument(*row) for row in self._db.execute(sql)]

    def put_passages(self, document: StoredDocument, passages: Iterable[HandbookPassage], most: int) -> None:
        """Keep the passages of a document in the place of those it had.

        Raises:
            CorpusError: its owner would have more than `most`.
        """
        with self._transaction() as db:
            rows = [
                (passage.id, document.id, document.owner, passage.title, passage.heading, passage.text)
                for passage in passages
            ]
            db.execute("DELETE FROM passages WHERE document = ?", (document.id,))
            (stored,) = db.execute("SELECT count(*) FROM passages WHERE owner = ?", (document.owner,)).fetchone()
            if stored + len(rows) > most:
                raise CorpusError(f"{document.name}: with its {len(rows)} passages a user would have over {most}")
            db.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.execute("UPDATE changes SET passages = passages + 1")

    def set_state(self, document: StoredDocument, state: DocumentState) -> None:
        """Note how far a document has come."""
        with self._transaction() as db:
            db.execute("UPDATE documents SET state = ? WHERE id = ?", (state, document.id))

    def passages(self) -> list[HandbookPassage]:
        """All passages of uploaded documents, in the order they came."""
        sql = "SELECT id, title, heading, text, owner FROM passages ORDER BY rowid"
        if self._where is None:
            with self._reading_turn:
                return [HandbookPassage(*row) for row in self._reading.execute(sql)]
        # Takes a while: over a connection of its own, so that nobody waits for it.
        with closing(_open(self._where)) as alone:
            return [HandbookPassage(*row) for row in alone.execute(sql)]

    def version(self) -> int:
        """Grows whenever passages change, by this worker or by another one; costs microseconds."""
        row = self._row("SELECT passages FROM changes")
        assert row is not None
        return int(str(row[0]))


def _open(where: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(where, timeout=_WAIT_S, check_same_thread=False, isolation_level=None)
