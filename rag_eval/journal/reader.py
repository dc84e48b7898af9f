"""Reading a journal: cases, replies, outcomes and what the run remembers, without loading it all."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, Self

from pydantic import JsonValue, TypeAdapter

from rag_eval.errors import MismatchError, StorageError, UnknownCaseError
from rag_eval.journal.packing import plain
from rag_eval.journal.tables import FORMAT, READABLE, REPEAT_OF, JournalConnection, connect, read_only, storage_error
from rag_eval.records import (
    ANSWERED,
    NO_TEXT,
    SUSPICIOUS,
    Case,
    FailureGroup,
    ObservedJudge,
    Outcome,
    Reason,
    Reply,
    RunMeta,
    Usage,
)

_reply: TypeAdapter[Reply] = TypeAdapter(Reply)
_outcome: TypeAdapter[Outcome] = TypeAdapter(Outcome)
_CASES = "SELECT position, body, reply, id FROM cases"


@dataclass(frozen=True)
class Row:
    """Everything a run knows of one case."""

    position: int
    """Place in the dataset, from 0."""
    case: Case
    reply: Reply
    outcomes: Mapping[str, Outcome]
    """By metric name."""


@dataclass(frozen=True)
class StoredOutcome:
    """What a metric came to for a case, as the journal holds it."""

    metric: str
    value: float | None
    """None of what is no score."""
    body: str


@dataclass(frozen=True)
class StoredRow:
    """Everything a run knows of one case, as the journal holds it: what has not changed need not be read."""

    position: int
    case_id: str
    body: str
    reply: str
    outcomes: tuple[StoredOutcome, ...]

    def read(self) -> Row:
        """The same as records."""
        outcomes = {each.metric: _outcome.validate_json(each.body) for each in self.outcomes}
        return Row(self.position, Case.model_validate_json(self.body), _reply.validate_json(self.reply), outcomes)


class Journal:
    """One run's journal, to be read. Made by `open_`; closed by `close` or at the end of a `with`."""

    def __init__(self, path: Path, db: JournalConnection) -> None:
        self.path = path
        self._db = db
        self._scores_stale = True

    @classmethod
    def open_(cls, path: Path) -> Self:
        """Open a journal that is there; raises `MismatchError` if it is not one that can be read.

        Whoever only reads sees the run as it was at one moment, so that its numbers fit each other.
        """
        demand_file(path)
        journal = cls(path, connect(path, read_only(path)))
        with journal.closed_on_error():
            journal._db.execute("BEGIN")
            journal.expect_format()
        return journal

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Close the journal where it cannot be read; raises `MismatchError`."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.close()
            raise MismatchError(f"{self.path}: is not a journal of rag-eval: {error}") from error
        except (MismatchError, StorageError):
            self.close()
            raise

    def expect_format(self) -> None:
        """Raise `MismatchError` for a journal that another rag-eval wrote in a way that is not known here."""
        format_ = self._texts().get("format")
        if format_ not in READABLE:
            raise MismatchError(f"{self.path}: has format {format_}, this rag-eval reads format {FORMAT}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Close it; raises `StorageError` for what went wrong where rows were fetched."""
        with suppress(StorageError):  # a full disk does not let go twice
            self.close()
        known = storage_error(self.path, error) if isinstance(error, sqlite3.Error) else None
        if known is not None:
            raise known from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def meta(self) -> RunMeta:
        """What the run remembers about itself."""
        return RunMeta.read(self._texts())

    def _texts(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def was_sent(self, case_id: str) -> bool:
        """Whether a question was on its way, and may have been taken on, when the run was last stopped."""
        return self._db.execute("SELECT 1 FROM sent WHERE case_id = ?", (case_id,)).fetchone() is not None

    def reply(self, case_id: str) -> Reply | None:
        """What the target said to a case, if it was asked."""
        row = self._db.execute("SELECT reply FROM cases WHERE id = ?", (case_id,)).fetchone()
        return _reply.validate_json(_text(row[0])) if row else None

    def kinds(self, case_id: str) -> dict[str, str]:
        """What kind of outcome metrics came to for a case, so far; none of it read."""
        return dict(self._db.execute("SELECT metric, kind FROM outcomes WHERE case_id = ?", (case_id,)))

    def answered(self, case_id: str) -> bool:
        """Whether the target was asked a case and gave an answer."""
        return bool(self._db.execute("SELECT kind FROM cases WHERE id = ?", (case_id,)).fetchone() == ("answer",))

    def outcomes(self, case_id: str) -> dict[str, Outcome]:
        """What metrics came to for a case, so far."""
        rows = self._db.execute("SELECT metric, body FROM outcomes WHERE case_id = ?", (case_id,))
        return {metric: _outcome.validate_json(_text(body)) for metric, body in rows}

    def cached_reply(self, key: str) -> str | None:
        """The judge's reply that is kept under a key, as JSON."""
        row = self._db.execute("SELECT body FROM judged WHERE key = ?", (key,)).fetchone()
        return plain(row[0]) if row else None

    def usage(self) -> Usage:
        """What the judge was asked in all sessions of the run, with the cost where a gateway said it of all calls."""
        calls, prompt, completion = self._db.execute(
            "SELECT calls, prompt_tokens, completion_tokens FROM spent"
        ).fetchone()
        judged = self.judged()
        cost = judged.cost_usd if judged.priced and judged.priced == calls else None
        return Usage(calls=calls, prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost)

    def judged(self) -> ObservedJudge:
        """What the judge's endpoint showed of itself in all sessions of the run."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'judged'").fetchone()
        return ObservedJudge.model_validate_json(row[0]) if row else ObservedJudge()

    def rows(self) -> Iterator[Row]:
        """Every case that has a reply, in the order of the dataset, one at a time."""
        return (stored.read() for stored in self.stored())

    def stored(self) -> Iterator[StoredRow]:
        """The same, none of it read."""
        for position, body, reply, case_id in self._db.execute(f"{_CASES} ORDER BY position"):
            yield StoredRow(position, case_id, _text(body), _text(reply), self._stored_outcomes(case_id))

    def row(self, case_id: str) -> Row:
        """Everything the run knows of one case; raises `UnknownCaseError` for one that was not asked."""
        return self.stored_row(case_id).read()

    def stored_row(self, case_id: str) -> StoredRow:
        """The same, none of it read."""
        row = self._db.execute(f"{_CASES} WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            raise UnknownCaseError(f"{self.path.parent}: no case {case_id!r} has been asked in this run")
        position, body, reply, _ = row
        return StoredRow(position, case_id, _text(body), _text(reply), self._stored_outcomes(case_id))

    def _stored_outcomes(self, case_id: str) -> tuple[StoredOutcome, ...]:
        rows = self._db.execute("SELECT metric, value, body FROM outcomes WHERE case_id = ?", (case_id,))
        return tuple(StoredOutcome(metric, value, _text(body)) for metric, value, body in rows)

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
                " CASE WHEN o.kind = 'failure' THEN json_extract(plain(o.body), '$.stage') END"
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
        return _by_case(self._db.execute(sql, (metric, *more)))

    def without(self, metric: str, reason: str) -> list[str]:
        """The ids of the cases to which a metric does not apply for one reason."""
        return [case for case, why in self.reasons(metric, "not_applicable").items() if why == reason]

    def scored(self, metrics: Collection[str]) -> int:
        """Cases of which every one of these metrics has an outcome: without a metric, all that were asked."""
        if not metrics:
            return self.count()
        names = json.dumps([*metrics])
        sql = (
            f"SELECT count(*) FROM (SELECT 1 FROM {self._scores()}"  # noqa: S608 - a name of ours
            " WHERE metric IN (SELECT value FROM json_each(?1))"
            " GROUP BY case_id HAVING count(*) = json_array_length(?1))"
        )
        return int(self._db.execute(sql, (names,)).fetchone()[0])

    def answerable(self) -> dict[str, bool]:
        """Case id to whether the question has an answer, in the order of the dataset."""
        sql = "SELECT id, json_extract(plain(body), '$.answerable') FROM cases ORDER BY position"
        return {key: bool(answerable) for key, answerable in _by_case(self._db.execute(sql)).items()}

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Case id to tags, of the cases that have some."""
        sql = "SELECT id, json_extract(plain(body), '$.tags') FROM cases ORDER BY position"
        rows = _by_case(self._db.execute(sql)).items()
        return {key: tuple(map(intern, tags)) for key, text in rows if (tags := json.loads(text))}

    def target_failures(self) -> dict[str, int]:
        """Reason to count, of the cases that got no answer."""
        rows = self._db.execute(
            "SELECT coalesce(json_extract(plain(c.reply), '$.reason'), ?), count(*) FROM cases c"
            " LEFT JOIN outcomes o ON o.case_id = c.id AND o.metric = ?"
            " WHERE c.kind = 'failure' OR o.value = 0 GROUP BY 1 ORDER BY 2 DESC, 1",
            (NO_TEXT, ANSWERED),
        )
        return dict(rows)

    def failures(self) -> list[FailureGroup]:
        """Every stage and reason of a failure, with the first in the order of the dataset; most cases first."""
        self._scores()
        rows = self._db.execute(
            "SELECT stage, reason, count(DISTINCT id), message, count(DISTINCT message), min(position) FROM ("
            " SELECT json_extract(plain(reply), '$.stage') stage, json_extract(plain(reply), '$.reason') reason,"
            "  json_extract(plain(reply), '$.message') message, id, position FROM cases WHERE kind = 'failure'"
            " UNION ALL SELECT s.stage, s.reason, json_extract(plain(o.body), '$.message'), s.case_id, s.position"
            "  FROM temp.scores s JOIN cases c ON c.id = s.case_id AND c.kind <> 'failure'"
            "  JOIN outcomes o ON o.case_id = s.case_id AND o.metric = s.metric WHERE s.kind = 'failure'"
            ") GROUP BY 1, 2 ORDER BY 3 DESC, 6, 1, 2"  # the first message: SQLite takes it from the row of the minimum
        )
        return [
            FailureGroup(stage=stage, reason=reason, count=count, message=message, alike=messages == 1)
            for stage, reason, count, message, messages, _ in rows
        ]

    def suspicious(self) -> list[str]:
        """The ids of the cases that hold a text that speaks to the judge, in the order of the dataset."""
        sql = f"SELECT case_id FROM {self._scores()} WHERE reason IN (?, ?) GROUP BY case_id ORDER BY min(position)"  # noqa: S608 - a name of ours
        return [row[0] for row in self._db.execute(sql, (SUSPICIOUS, Reason.TAMPERED.value))]

    def marked(self, key: str) -> int:
        """How many answers have something that is not false under a key of their metadata."""
        value = "coalesce(json_extract(plain(reply), '$.metadata.' || ?), 0)"
        sql = f"SELECT count(*) FROM cases WHERE {value} NOT IN (0, '')"  # noqa: S608 - words of ours
        return int(self._db.execute(sql, (key,)).fetchone()[0])

    def measured(self) -> list[tuple[float | None, JsonValue]]:
        """Seconds, and what the service says of its usage, of each answer in the order of the dataset."""
        rows = self._db.execute(
            "SELECT json_extract(plain(reply), '$.latency_s', '$.metadata.usage') FROM cases"
            " WHERE kind = 'answer' ORDER BY position"
        )
        return [(seconds, usage) for row in rows for seconds, usage in [json.loads(row[0])]]

    def positions(self) -> dict[str, int]:
        """Case id to place in the dataset, of the cases that were asked."""
        return _by_case(self._db.execute("SELECT id, position FROM cases"))

    def ids(self) -> set[str]:
        """The ids of the cases that were asked."""
        return {row[0] for row in self._db.execute("SELECT id FROM cases")}

    def count(self) -> int:
        """Cases that were asked."""
        return int(self._db.execute("SELECT count(*) FROM cases").fetchone()[0])

    def repeats(self) -> dict[str, str]:
        """Case id to the id of the question that it repeats, for those that repeat one."""
        rows = self._db.execute(
            f"SELECT id, json_extract(plain(body), '$.metadata.{REPEAT_OF}') FROM cases"  # noqa: S608 - a name of ours
        )
        return {key: str(of) for key, of in rows if of is not None and key != of}

    def clusters(self) -> dict[str, str]:
        """Case id to what the case belongs to: its `cluster`, its conversation, or the document of its first source."""
        rows = self._db.execute(
            "SELECT id, json_extract(plain(body), '$.metadata.cluster', '$.metadata.conversation',"
            " '$.reference_context_ids[0]') FROM cases ORDER BY position"
        )
        known = ((key, *json.loads(facts)) for key, facts in rows)
        named = ((key, cluster or talk or (source or "").partition("#")[0]) for key, cluster, talk, source in known)
        return {key: str(cluster) for key, cluster in named if cluster}

    def question(self, case_id: str) -> str:
        """The question of a case, also where only a repetition of it has been asked."""
        # By the index first: all questions of a run may be looked up.
        row = self._db.execute("SELECT body FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            sql = f"SELECT body FROM cases WHERE json_extract(plain(body), '$.metadata.{REPEAT_OF}') = ? LIMIT 1"  # noqa: S608 - a name of ours
            row = self._db.execute(sql, (case_id,)).fetchone()
        return str(json.loads(_text(row[0]))["user_input"])

    def sessions(self) -> tuple[float, float, float]:
        """When the run first started and last ended, in seconds since 1970, and the seconds that its sessions took."""
        row = self._db.execute("SELECT min(started), max(ended), total(ended - started) FROM sessions").fetchone()
        return (row[0] or 0.0, row[1] or 0.0, row[2])


def _by_case(rows: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Case id to value; an id stands in memory once, in however many tables it is a key."""
    return {intern(case): value for case, value in rows}


def _text(body: str | bytes) -> str:
    """A body that is there, as JSON."""
    text = plain(body)
    assert text is not None
    return text


def demand_file(path: Path) -> None:
    """Raise `MismatchError` where no journal lies."""
    if not path.is_file():
        raise MismatchError(f"{path.parent}: is not a run: it holds no {path.name}")
