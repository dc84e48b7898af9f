"""Where captured answers are found again for their cases: a database on disk that goes with the process."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, Self

from pydantic import TypeAdapter

from rag_eval.errors import TargetError
from rag_eval.identifiers import trace_id
from rag_eval.records import Answer, Case, Reason, Reply
from rag_eval.scratch import open_scratch
from rag_eval.targets.replay.captures import Capture, same_form
from rag_eval.targets.replay.config import Way
from rag_eval.targets.replay.nearest import NearestCapture, nearest

Pick = Literal["fail", "latest", "first"]
_TABLES = """
CREATE TABLE captured (seq INTEGER PRIMARY KEY, question TEXT, trace TEXT, asked REAL, place TEXT, body TEXT);
CREATE TABLE named (id TEXT, seq INTEGER);
CREATE TABLE found (seq INTEGER PRIMARY KEY);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS by_question ON captured (question);
CREATE INDEX IF NOT EXISTS by_trace ON captured (trace);
CREATE INDEX IF NOT EXISTS by_id ON named (id);
"""
_WHERE: Mapping[Way, str] = {
    "trace": "trace IN ({})",
    "id": "seq IN (SELECT seq FROM named WHERE id IN ({}))",
    "question": "question IN ({})",
    "fuzzy": "question IN ({})",
}
_NAMED = 5
_QUOTED = 80
_reply: TypeAdapter[Reply] = TypeAdapter(Reply)


@dataclass(frozen=True)
class CaptureMatch:
    """What was captured for a case."""

    way: Way
    """How it was found."""
    reply: Reply
    several: bool
    """Whether it was picked out of several."""


@dataclass(frozen=True)
class _Row:
    seq: int
    place: str
    body: str
    asked: float | None


class CaptureIndex:
    """Captured answers, found by trace, id or question; `keys` are those of the runs that may have sent the traces."""

    def __init__(self, ways: Iterable[Way], pick: Pick = "fail") -> None:
        self._ways = _with_exact(ways)
        self._pick = pick
        self._keys: tuple[str, ...] = ()
        self._near: Mapping[str, NearestCapture] = {}
        self._db = open_scratch(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, captures: Iterable[Capture]) -> None:
        """Keep captured answers, in the order in which they come."""
        self._db.execute("BEGIN")
        for seq, capture in enumerate(captures, start=self.count()):
            asked = capture.reply.asked_at if isinstance(capture.reply, Answer) else None
            row = (
                seq,
                _folded(capture.question) or None,
                capture.trace,
                asked,
                capture.place,
                capture.reply.model_dump_json(),
            )
            self._db.execute("INSERT INTO captured VALUES (?, ?, ?, ?, ?, ?)", row)
            self._db.executemany("INSERT INTO named VALUES (?, ?)", ((each, seq) for each in capture.ids))
        self._db.execute("COMMIT")
        self._db.executescript(_INDEXES)

    def expect(self, keys: Iterable[str]) -> None:
        """The runs whose questions may have caused the traces."""
        self._keys = tuple(keys)

    def count(self) -> int:
        """Captured answers."""
        return int(self._db.execute("SELECT count(*) FROM captured").fetchone()[0])

    def digest(self) -> str:
        """Of all that was captured, in whatever order and place: equal for equal answers to equal questions."""
        answers = "SELECT question, trace, json_remove(body, '$.metadata.captured_in') FROM captured"
        names = "SELECT id, question FROM named JOIN captured USING (seq)"
        total = 0
        for row in chain(self._db.execute(answers), self._db.execute(names)):
            total += int.from_bytes(hashlib.sha256(repr(row).encode("utf-8", "replace")).digest(), "big")
        return f"{total % 2**256:064x}"[:32]

    def has_traces(self) -> bool:
        """Whether any answer came with the id of a trace."""
        return self._db.execute("SELECT 1 FROM captured WHERE trace IS NOT NULL LIMIT 1").fetchone() is not None

    def unmatched(self) -> int:
        """Answers that were asked for by no case so far."""
        return self.count() - int(self._db.execute("SELECT count(*) FROM found").fetchone()[0])

    def find(self, case: Case) -> CaptureMatch:
        """What was captured for a case; raises `TargetError` if there is nothing, or several that could be meant."""
        for way in self._ways:
            values = self._values(way, case)
            if values and (rows := self._rows(way, values)):
                return self._picked(rows, way, case)
        tried = [way for way in self._ways if way != "trace" or self.has_traces()]
        raise TargetError(
            f"no captured answer matches by {' or '.join(tried or self._ways)}", reason=Reason.NOT_CAPTURED
        )

    def seen(self, cases: Iterable[Case]) -> Iterator[tuple[Case, CaptureMatch | TargetError]]:
        """Each case with what was captured for it, or why nothing can be played; then is known what belongs to nobody.

        With `fuzzy` the cases for which nothing is the same come last: only then is it known what is left for them.
        """
        left: dict[str, Case] = {}
        for case in cases:
            outcome = self._outcome(case)
            if isinstance(outcome, TargetError) and outcome.reason == Reason.NOT_CAPTURED and "fuzzy" in self._ways:
                left[case.id] = case
            else:
                yield case, outcome
        if left:
            self._near = nearest({key: _folded(case.user_input) for key, case in left.items()}, self._free_questions())
        yield from ((case, self._outcome(case)) for case in left.values())

    def _rows(self, way: Way, values: list[str]) -> list[_Row]:
        marks = ", ".join("?" * len(values))
        statement = f"SELECT seq, place, body, asked FROM captured WHERE {_WHERE[way].format(marks)} ORDER BY seq"  # noqa: S608 - ours, never input
        return [_Row(*row) for row in self._db.execute(statement, values)]

    def _outcome(self, case: Case) -> CaptureMatch | TargetError:
        try:
            return self.find(case)
        except TargetError as error:
            return error

    def _free_questions(self) -> list[str]:
        statement = "SELECT question FROM captured WHERE question IS NOT NULL AND seq NOT IN (SELECT seq FROM found)"
        statement += " GROUP BY 1 ORDER BY min(seq)"
        return [row[0] for row in self._db.execute(statement)]

    def _values(self, way: Way, case: Case) -> list[str]:
        match way:
            case "trace":
                recorded = case.metadata.get("trace_id")
                own = {same_form(case.id), *([same_form(recorded)] if isinstance(recorded, str) else [])}
                return sorted(own.union(trace_id(key, case.id) for key in self._keys))
            case "id":
                return [case.id]
            case "question":
                return [_folded(case.user_input)]
            case "fuzzy":
                return self._nearest(case)

    def _nearest(self, case: Case) -> list[str]:
        near = self._near.get(case.id)
        if near is None or near.sure:
            return [*near.captured] if near else []
        named = "; ".join(repr(text[:_QUOTED]) for text in near.captured[:_NAMED])
        why = "another case is as near to" if near.contested else "equally near are"
        message = f"no captured question is the same, and {why} {named}; give them ids and match by id"
        raise TargetError(message, reason=Reason.AMBIGUOUS_CAPTURE)

    def _picked(self, rows: list[_Row], way: Way, case: Case) -> CaptureMatch:
        self._db.executemany("INSERT OR IGNORE INTO found VALUES (?)", ((row.seq,) for row in rows))
        if len(rows) > 1 and self._pick == "fail":
            raise TargetError(_several(rows, way, case), reason=Reason.AMBIGUOUS_CAPTURE)
        if self._pick == "latest":
            chosen = max(rows, key=lambda row: (row.asked is not None, row.asked or 0.0, row.seq))
        else:
            chosen = min(rows, key=lambda row: (row.asked is None, row.asked or 0.0, row.seq))
        return CaptureMatch(way, _reply.validate_json(chosen.body), several=len(rows) > 1)


def _several(rows: list[_Row], way: Way, case: Case) -> str:
    value = case.id if way in ("id", "trace") else case.user_input.strip()
    what = {"trace": "traces of the case", "id": "the id", "question": "the question", "fuzzy": "a question near"}[way]
    places = [row.place for row in rows if row.place]
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    where = f" ({', '.join(places[:_NAMED])}{more})" if places else ""
    do = "say which run they are of by `run`" if way == "trace" else "give each an id and match by id"
    return f"several captured answers have {what} {value[:_QUOTED]!r}{where}; {do}, or say pick: latest or first"


def _with_exact(ways: Iterable[Way]) -> tuple[Way, ...]:
    """The ways, with the question itself before what is near to it."""
    wanted: list[Way] = []
    for way in ways:
        wanted += ["question", "fuzzy"] if way == "fuzzy" else [way]
    return tuple(dict.fromkeys(wanted))


def _folded(question: str) -> str:
    """The question with each run of white space as one space."""
    return " ".join(question.split())
