"""What has happened in a run, kept so that a kill loses nothing: SQLite in WAL mode, one writer, any number of readers.

Every write is committed before the call returns. In WAL mode with `synchronous=NORMAL` that costs tens of
microseconds, because a commit is a write to the page cache and not a wait for the disk: it survives the process being
killed at any moment, and loses at most the last moments, never its consistency, when the machine loses power.
"""

import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from pydantic import JsonValue, TypeAdapter

from rag_eval.errors import MismatchError
from rag_eval.records import ANSWERED, NO_TEXT, Case, Outcome, Reply, RunMeta, Usage

REPEAT_OF = "rag_eval_repeat_of"
"""Key of the metadata of a case that repeats another: the other's id."""

_PATIENCE_S = 0.2
"""Somebody who only looks whether a journal is held holds it for a moment."""

FORMAT = 1
"""Raised whenever an older rag-eval could not read what this one writes."""

_TABLES = """
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

_reply: TypeAdapter[Reply] = TypeAdapter(Reply)
_outcome: TypeAdapter[Outcome] = TypeAdapter(Outcome)


@dataclass(frozen=True)
class Row:
    """Everything a run knows of one case."""

    position: int
    """Place in the dataset, from 0."""
    case: Case
    reply: Reply
    outcomes: Mapping[str, Outcome]
    """By metric name."""


class Journal:
    """One run's journal. Made by `create` or `open_`; closed by `close` or at the end of a `with`."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        self.path = path
        self._lock = _taken(path) if writable else None
        self._db = _connected(path, "rwc" if writable else _read_only(path))
        self._scores_stale = True

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    @classmethod
    def create(cls, path: Path, meta: RunMeta | None = None) -> "Journal":
        """Begin a journal; `meta` is what the run must remember about itself."""
        journal = cls(path, writable=True)
        journal._prepare()
        with journal.transaction():
            journal._remember({**(meta or RunMeta()).texts(), "format": str(FORMAT)})
        return journal

    @classmethod
    def open_(cls, path: Path, *, writable: bool = False) -> "Journal":
        """Open a journal that is there; raises `MismatchError` if it is not one that can be read.

        Whoever only reads sees the run as it was at one moment, so that its numbers fit each other.
        """
        if not path.is_file():
            raise MismatchError(f"{path.parent}: is not a run: it holds no {path.name}")
        journal = cls(path, writable=writable)
        try:
            if not writable:
                journal._db.execute("BEGIN")
            journal._expect_format()
            if writable:
                journal._prepare()
        except sqlite3.DatabaseError as error:
            journal.close()
            raise MismatchError(f"{path}: is not a journal of rag-eval: {error}") from error
        except MismatchError:
            journal.close()
            raise
        return journal

    def _expect_format(self) -> None:
        found = self._texts().get("format")
        if found != str(FORMAT):
            raise MismatchError(f"{self.path}: has format {found}, this rag-eval reads format {FORMAT}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of the lock."""
        self._db.close()
        if self._lock:
            self._lock.release()

    def move(self, folder: Path) -> None:
        """Give the folder that the journal lies in another name, with other writers kept away all the while."""
        self._db.close()
        try:
            self.path = self.path.parent.rename(folder) / self.path.name
        finally:
            self._db = _connected(self.path, "rwc")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the writes inside one commit: all of them, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @property
    def meta(self) -> RunMeta:
        """What the run remembers about itself."""
        return RunMeta.read(self._texts())

    def _texts(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def remember(self, **facts: object) -> None:
        """Keep fields of `RunMeta`, replacing what stood there."""
        self._remember(RunMeta.model_validate(facts).texts())

    def _remember(self, texts: Mapping[str, str]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", texts.items())

    def record_reply(self, position: int, case: Case, reply: Reply) -> None:
        """Keep what the target said; what an earlier reply to this case had scored is forgotten."""
        row = (case.id, position, case.model_dump_json(), reply.kind, reply.model_dump_json())
        self._scores_stale = True
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)", row)
            self._db.execute("DELETE FROM outcomes WHERE case_id = ?", (case.id,))

    def record_sent(self, case_id: str, *, sent: bool) -> None:
        """Keep that a question is on its way to a service that must not be asked twice, or that it never got there."""
        sql = "INSERT OR IGNORE INTO sent VALUES (?)" if sent else "DELETE FROM sent WHERE case_id = ?"
        self._db.execute(sql, (case_id,))

    def was_sent(self, case_id: str) -> bool:
        """Whether a question was on its way, and may have been taken on, when the run was last stopped."""
        return self._db.execute("SELECT 1 FROM sent WHERE case_id = ?", (case_id,)).fetchone() is not None

    def record_outcomes(self, case_id: str, outcomes: Mapping[str, Outcome]) -> None:
        """Keep what metrics came to for a case."""
        rows = [
            (
                case_id,
                name,
                o.kind,
                getattr(o, "value", None),
                getattr(o, "reason", None),
                o.model_dump_json(),
            )
            for name, o in outcomes.items()
        ]
        self._scores_stale = True
        with self.transaction():
            self._db.executemany("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?)", rows)

    def reply(self, case_id: str) -> Reply | None:
        """What the target said to a case, if it was asked."""
        found = self._db.execute("SELECT reply FROM cases WHERE id = ?", (case_id,)).fetchone()
        return _reply.validate_json(found[0]) if found else None

    def outcomes(self, case_id: str) -> dict[str, Outcome]:
        """What metrics came to for a case, so far."""
        found = self._db.execute("SELECT metric, body FROM outcomes WHERE case_id = ?", (case_id,))
        return {metric: _outcome.validate_json(body) for metric, body in found}

    def cached_reply(self, key: str) -> str | None:
        """The judge's reply that is kept under a key, as JSON."""
        found = self._db.execute("SELECT body FROM judged WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def cache_reply(self, key: str, body: str) -> None:
        """Keep a judge's reply, as JSON."""
        self._db.execute("INSERT OR REPLACE INTO judged VALUES (?, ?)", (key, body))

    def add_usage(self, usage: Usage) -> None:
        """Count calls that the judge answered, whether or not the answers were of use."""
        self._db.execute(
            "UPDATE spent SET calls = calls + ?, prompt_tokens = prompt_tokens + ?,"
            " completion_tokens = completion_tokens + ?",
            (usage.calls, usage.prompt_tokens, usage.completion_tokens),
        )

    def usage(self) -> Usage:
        """What the judge was asked in all sessions of the run, without prices."""
        calls, prompt, completion = self._db.execute(
            "SELECT calls, prompt_tokens, completion_tokens FROM spent"
        ).fetchone()
        return Usage(calls=calls, prompt_tokens=prompt, completion_tokens=completion)

    def rows(self) -> Iterator[Row]:
        """Every case that has a reply, in the order of the dataset, one at a time."""
        cases = self._db.execute("SELECT position, body, reply, id FROM cases ORDER BY position")
        for position, body, reply, case_id in cases:
            case = Case.model_validate_json(body)
            yield Row(position, case, _reply.validate_json(reply), self.outcomes(case_id))

    def row(self, case_id: str) -> Row:
        """Everything the run knows of one case."""
        found = self._db.execute("SELECT position, body, reply FROM cases WHERE id = ?", (case_id,)).fetchone()
        position, body, reply = found
        return Row(position, Case.model_validate_json(body), _reply.validate_json(reply), self.outcomes(case_id))

    def _scores(self) -> str:
        """A table of all outcomes without their evidence, which is most of a journal; made once after each write.

        Without it every question that is asked of one metric would read the evidence of all of them.
        """
        if self._scores_stale:
            self._db.execute("DROP TABLE IF EXISTS temp.scores")
            self._db.execute(
                "CREATE TEMP TABLE scores (metric TEXT, position INTEGER, case_id TEXT, kind TEXT, value REAL,"
                " reason TEXT, stage TEXT, PRIMARY KEY (metric, position)) WITHOUT ROWID"
            )
            self._db.execute(
                "INSERT INTO temp.scores SELECT o.metric, c.position, o.case_id, o.kind, o.value, o.reason,"
                " CASE WHEN o.kind = 'failure' THEN json_extract(o.body, '$.stage') END"
                " FROM outcomes o JOIN cases c ON c.id = o.case_id"
            )
            self._scores_stale = False
        return "temp.scores"

    def values(self, metric: str) -> dict[str, float]:
        """Case id to value of one metric, in the order of the dataset."""
        return self._of("value", metric, "kind = 'score'")

    def failed(self, metric: str) -> dict[str, str]:
        """Case id to the stage that failed, of the cases of which a metric has no value because of a failure."""
        return self._of("stage", metric, "kind = 'failure'")

    def reasons(self, metric: str, kind: str) -> dict[str, str]:
        """Case id to reason, of the failures or of the not applicable cases of a metric."""
        return self._of("reason", metric, "kind = ?2", kind)

    def _of(self, column: str, metric: str, where: str, *more: str) -> dict[str, Any]:
        """Case id to one column of the outcomes of a metric, in the order of the dataset."""
        sql = f"SELECT case_id, {column} FROM {self._scores()} WHERE metric = ?1 AND {where} ORDER BY position"  # noqa: S608 - words of ours
        return dict(self._db.execute(sql, (metric, *more)))

    def without(self, metric: str, reason: str) -> list[str]:
        """The ids of the cases to which a metric does not apply for one reason."""
        return [case for case, why in self.reasons(metric, "not_applicable").items() if why == reason]

    def scored(self, metrics: Collection[str]) -> int:
        """Cases of which every one of these metrics has an outcome."""
        names = json.dumps([*metrics])
        sql = (
            f"SELECT count(*) FROM (SELECT 1 FROM {self._scores()}"  # noqa: S608 - a name of ours
            " WHERE metric IN (SELECT value FROM json_each(?1))"
            " GROUP BY case_id HAVING count(*) = json_array_length(?1))"
        )
        return int(self._db.execute(sql, (names,)).fetchone()[0])

    def answerable(self) -> dict[str, bool]:
        """Case id to whether the question has an answer, in the order of the dataset."""
        sql = "SELECT id, json_extract(body, '$.answerable') FROM cases ORDER BY position"
        return {key: bool(answerable) for key, answerable in self._db.execute(sql)}

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Case id to tags, of the cases that have some."""
        sql = "SELECT id, json_extract(body, '$.tags') FROM cases ORDER BY position"
        return {key: tuple(tags) for key, found in self._db.execute(sql) if (tags := json.loads(found))}

    def target_failures(self) -> dict[str, int]:
        """Reason to count, of the cases that got no answer."""
        found = self._db.execute(
            "SELECT coalesce(json_extract(c.reply, '$.reason'), ?), count(*) FROM cases c"
            " LEFT JOIN outcomes o ON o.case_id = c.id AND o.metric = ?"
            " WHERE c.kind = 'failure' OR o.value = 0 GROUP BY 1 ORDER BY 2 DESC, 1",
            (NO_TEXT, ANSWERED),
        )
        return dict(found)

    def marked(self, key: str) -> int:
        """How many answers have something that is not false under a key of their metadata."""
        sql = "SELECT count(*) FROM cases WHERE coalesce(json_extract(reply, '$.metadata.' || ?), 0) NOT IN (0, '')"
        return int(self._db.execute(sql, (key,)).fetchone()[0])

    def measured(self) -> list[tuple[float | None, JsonValue]]:
        """Seconds, and what the service says of its usage, of each answer in the order of the dataset."""
        found = self._db.execute(
            "SELECT json_extract(reply, '$.latency_s'), json_quote(json_extract(reply, '$.metadata.usage')) FROM cases"
            " WHERE kind = 'answer' ORDER BY position"
        )
        return [(seconds, json.loads(usage)) for seconds, usage in found]

    def positions(self) -> dict[str, int]:
        """Case id to place in the dataset, of the cases that were asked."""
        return dict(self._db.execute("SELECT id, position FROM cases"))

    def ids(self) -> set[str]:
        """The ids of the cases that were asked."""
        return {row[0] for row in self._db.execute("SELECT id FROM cases")}

    def count(self) -> int:
        """Cases that were asked."""
        return int(self._db.execute("SELECT count(*) FROM cases").fetchone()[0])

    def repeats(self) -> dict[str, str]:
        """Case id to the id of the question that it repeats, for those that repeat one."""
        found = self._db.execute(
            f"SELECT id, json_extract(body, '$.metadata.{REPEAT_OF}') FROM cases"  # noqa: S608 - a name of ours
            f" WHERE json_extract(body, '$.metadata.{REPEAT_OF}') IS NOT NULL"
        )
        return {key: str(of) for key, of in found if key != of}

    def clusters(self) -> dict[str, str]:
        """Case id to what the case belongs to: its `cluster`, its conversation, or the document of its first source."""
        found = self._db.execute(
            "SELECT id, json_extract(body, '$.metadata.cluster'), json_extract(body, '$.metadata.conversation'),"
            " json_extract(body, '$.reference_context_ids[0]') FROM cases ORDER BY position"
        )
        named = ((key, cluster or talk or (source or "").partition("#")[0]) for key, cluster, talk, source in found)
        return {key: str(cluster) for key, cluster in named if cluster}

    def question(self, case_id: str) -> str:
        """The question of a case, also where only a repetition of it has been asked."""
        # By the index first: all questions of a run may be looked up.
        row = self._db.execute("SELECT body FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            sql = f"SELECT body FROM cases WHERE json_extract(body, '$.metadata.{REPEAT_OF}') = ? LIMIT 1"  # noqa: S608 - a name of ours
            row = self._db.execute(sql, (case_id,)).fetchone()
        return str(json.loads(row[0])["user_input"])

    def record_session(self, started: float, ended: float) -> None:
        """Keep when this process worked on the run, in seconds since 1970; said again as it goes on."""
        self._db.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (started, ended))

    def sessions(self) -> tuple[float, float, float]:
        """When the run first started and last ended, in seconds since 1970, and the seconds that its sessions took."""
        row = self._db.execute("SELECT min(started), max(ended), total(ended - started) FROM sessions").fetchone()
        return (row[0] or 0.0, row[1] or 0.0, row[2])


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    db.execute("PRAGMA busy_timeout = 10000")
    return db


def _taken(path: Path, patience: float = _PATIENCE_S) -> FileLock:
    """The lock of whoever writes to a journal; raises `MismatchError` where somebody else does."""
    lock = FileLock(path.with_suffix(".lock"), timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise MismatchError(f"{path.parent}: another process is working on this run") from error
    return lock


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep every writer away from a journal, one that cannot be read too; raises `MismatchError` where one is there."""
    lock = _taken(path)
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody writes to a journal at this moment."""
    if not path.with_suffix(".lock").is_file():
        return False
    try:
        _taken(path, patience=0).release()
    except MismatchError:
        return True
    except OSError:  # in an archive, where nobody writes
        return False
    return False


def _read_only(path: Path) -> str:
    """SQLite's mode for reading; in a folder that cannot be written to, such as an archive, it must make no file."""
    archived = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return "ro&immutable=1" if archived else "ro"
