"""Writing a journal: one process at a time, each write committed before the call returns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from filelock import FileLock

from rag_eval.journal.lock import take_lock
from rag_eval.journal.packing import packed
from rag_eval.journal.reader import Journal, demand_file
from rag_eval.journal.tables import FORMAT, TABLES, JournalConnection, connect
from rag_eval.records import SUSPICIOUS, Case, ObservedJudge, Outcome, Reply, RunMeta, Score, Usage

_NOTHING_SEEN = ObservedJudge()


class JournalWriter(Journal):
    """One run's journal, to be written, with other writers kept away. Made by `create` or `open_`."""

    def __init__(self, path: Path, db: JournalConnection, lock: FileLock) -> None:
        super().__init__(path, db)
        self._lock = lock
        self._judged: ObservedJudge | None = None  # nobody else writes it, so it is read once

    @classmethod
    def create(cls, path: Path, meta: RunMeta | None = None) -> Self:
        """Begin a journal; `meta` is what the run must remember about itself."""
        journal = cls._locked(path)
        journal.prepare()
        with journal.transaction():
            journal.remember_texts({**(meta or RunMeta()).texts(), "format": str(FORMAT)})
        return journal

    @classmethod
    def open_(cls, path: Path) -> Self:
        """Go on with a journal that is there; raises `MismatchError` if it cannot be, or another process writes."""
        demand_file(path)
        journal = cls._locked(path)
        with journal.closed_on_error():
            journal.expect_format()
            journal.prepare()
            journal.remember_texts({"format": str(FORMAT)})
        return journal

    @classmethod
    def _locked(cls, path: Path) -> Self:
        lock = take_lock(path)
        try:
            return cls(path, connect(path, "rwc"), lock)
        except BaseException:
            lock.release()
            raise

    def prepare(self) -> None:
        """Make the tables that are not there yet."""
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of the lock."""
        try:
            super().close()
        finally:
            self._lock.release()

    def move(self, folder: Path) -> None:
        """Give the folder that the journal lies in another name, with other writers kept away all the while."""
        self._db.close()
        try:
            self.path = self.path.parent.rename(folder) / self.path.name
        finally:
            self._db = connect(self.path, "rwc")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the writes inside one commit: all of them, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # after some errors SQLite has rolled back by itself
                self._db.execute("ROLLBACK")
            raise

    def remember(self, **facts: object) -> None:
        """Keep fields of `RunMeta`, replacing what stood there."""
        self.remember_texts(RunMeta.model_validate(facts).texts())

    def remember_texts(self, texts: Mapping[str, str]) -> None:
        """Keep what `RunMeta.texts` gives."""
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", texts.items())

    def record_reply(self, position: int, case: Case, reply: Reply) -> None:
        """Keep what the target said; what an earlier reply to this case had scored is forgotten."""
        row = (case.id, position, packed(case.model_dump_json()), reply.kind, packed(reply.model_dump_json()))
        self._scores_stale = True
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)", row)
            self._db.execute("DELETE FROM outcomes WHERE case_id = ?", (case.id,))

    def record_sent(self, case_id: str, *, sent: bool) -> None:
        """Keep that a question is on its way to a service that must not be asked twice, or that it never got there."""
        sql = "INSERT OR IGNORE INTO sent VALUES (?)" if sent else "DELETE FROM sent WHERE case_id = ?"
        self._db.execute(sql, (case_id,))

    def record_outcomes(self, case_id: str, outcomes: Mapping[str, Outcome]) -> None:
        """Keep what metrics came to for a case."""
        rows = [
            (
                case_id,
                name,
                o.kind,
                getattr(o, "value", None),
                getattr(o, "reason", None) or _suspicion(o),
                packed(o.model_dump_json()),
            )
            for name, o in outcomes.items()
        ]
        if not rows:
            return
        self._scores_stale = True
        sql = "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?)"
        if len(rows) == 1:  # a statement is a commit of its own
            self._db.execute(sql, rows[0])
            return
        with self.transaction():
            self._db.executemany(sql, rows)

    def cache_reply(self, key: str, body: str) -> None:
        """Keep a judge's reply, as JSON."""
        self._db.execute("INSERT OR REPLACE INTO judged VALUES (?, ?)", (key, packed(body)))

    def add_usage(self, usage: Usage) -> None:
        """Count calls that the judge answered, whether or not the answers were of use."""
        judged = (self._judged or self.judged()) + usage.seen
        with self.transaction():
            self._db.execute(
                "UPDATE spent SET calls = calls + ?, prompt_tokens = prompt_tokens + ?,"
                " completion_tokens = completion_tokens + ?",
                (usage.calls, usage.prompt_tokens, usage.completion_tokens),
            )
            if usage.seen != _NOTHING_SEEN:
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('judged', ?)", (judged.model_dump_json(),))
        self._judged = judged

    def record_session(self, started: float, ended: float) -> None:
        """Keep when this process worked on the run, in seconds since 1970; said again as it goes on."""
        self._db.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (started, ended))


def _suspicion(outcome: Outcome) -> str | None:
    """What marks a score whose inputs speak to the judge, so that nobody need read all evidence to find it."""
    return SUSPICIOUS if isinstance(outcome, Score) and SUSPICIOUS in outcome.evidence.details else None
