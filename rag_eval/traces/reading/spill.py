"""Parts of traces, kept on disk until all files were read: a trace can lie in many lines and in rotated files.

What was read lies in one file after the other, and a small database knows what belongs together.
"""

import dataclasses
import itertools
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

from rag_eval.scratch import open_scratch
from rag_eval.traces import jsontext
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.span import Body, TracePart, TraceSpan, pack, unpack

_BATCH = 200
_CACHE_KIB = 16_000
_BUFFER = 1 << 20
_TABLE = (
    "CREATE TABLE parts (seq INTEGER PRIMARY KEY, key TEXT, file TEXT, line INTEGER, kind TEXT, at INTEGER, "
    "size INTEGER, conversation TEXT, start REAL, asks INTEGER)"
)
_INSERT = (
    "INSERT INTO parts (key, file, line, kind, at, size, conversation, start, asks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_GROUPED = """
    CREATE INDEX by_key ON parts (key, seq);
    CREATE TABLE traces AS
        SELECT key, max(conversation) AS conversation, min(start) AS start, min(seq) AS seq, max(asks) AS asks
        FROM parts GROUP BY key;
    CREATE TABLE turns AS
        SELECT seq AS first, row_number() OVER (PARTITION BY conversation ORDER BY start, seq) AS turn
        FROM traces WHERE conversation IS NOT NULL AND asks;
    CREATE UNIQUE INDEX turn_of ON turns (first);
    CREATE TABLE firsts (seq INTEGER PRIMARY KEY, key TEXT);
    INSERT INTO firsts SELECT seq, key FROM traces ORDER BY seq;
"""
"""A trace is a turn of its conversation by when it began."""
_WANTED = (
    "SELECT firsts.seq, turn, parts.key, file, line, kind, at, size FROM firsts CROSS JOIN parts USING (key) "
    "LEFT JOIN turns ON first = firsts.seq ORDER BY firsts.seq, parts.seq"
)


class StoredTrace(NamedTuple):
    """Everything that was read of a trace."""

    parts: list[TracePart]
    turn: int | None
    """Its number in its conversation, from 1; None where it belongs to none."""


class SpillBuffer:
    """A database and a file of its own that go when it is closed; OSError where the temporary folder is full."""

    def __init__(self) -> None:
        self._db = open_scratch(_TABLE, cache_kib=_CACHE_KIB)
        self._bodies = tempfile.TemporaryFile(buffering=_BUFFER)  # noqa: SIM115 - closed with the buffer
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._bodies.close()

    def add(self, parts: Iterable[TracePart]) -> None:
        """Keep parts in the order in which they come."""
        self._db.execute("BEGIN")
        rows = (self._row(place, [part.body for part in run]) for place, run in itertools.groupby(parts, _place))
        while batch := list(itertools.islice(rows, _BATCH)):
            self._db.executemany(_INSERT, batch)
        self._db.execute("COMMIT")

    def _row(self, place: "_Place", bodies: list[Body]) -> tuple[Any, ...]:
        key, file, line, kind = place
        spans = [body for body in bodies if isinstance(body, TraceSpan)]
        raw = pack(spans) if spans else jsontext.dumps([_fields(body) for body in bodies])
        self._bodies.write(raw)
        at, self._size = self._size, self._size + len(raw)
        return key, file, line, kind.__name__, at, len(raw), *_told(bodies)

    def traces(self) -> Iterator[StoredTrace]:
        """The parts of each trace, traces and parts by first appearance."""
        self._bodies.flush()
        self._db.executescript(_GROUPED)
        for (_, turn), rows in itertools.groupby(self._db.execute(_WANTED), lambda row: row[:2]):
            yield StoredTrace([part for row in rows for part in self._parts(row[2:])], turn)

    def _parts(self, row: tuple[str, str, int, str, int, int]) -> Iterator[TracePart]:
        key, file, line, kind, at, size = row
        self._bodies.seek(at)
        raw = self._bodies.read(size)
        bodies = unpack(raw) if kind == TraceSpan.__name__ else [_body(kind, each) for each in jsontext.loads(raw)]
        return (TracePart(key, file, line, body) for body in bodies)


_Place = tuple[str, str, int, type[Body]]


def _place(part: TracePart) -> _Place:
    """What parts have in common that are kept together."""
    return part.key, part.file, part.line, type(part.body)


def _told(bodies: list[Body]) -> tuple[str | None, float | None, bool]:
    """The conversation of parts, when they began, and whether something was asked in them."""
    conversation, start, asks = None, None, False
    for body in bodies:
        if isinstance(body, SkippedTrace):
            continue
        began, asked = (
            (body.start, bool(body.question or body.query)) if isinstance(body, TraceSpan) else (body.asked_at, True)
        )
        asks = asks or asked
        if began is not None and (start is None or began < start):
            start = began
        if body.conversation is not None and (conversation is None or body.conversation > conversation):
            conversation = body.conversation
    return conversation, start, asks


def _fields(body: Body) -> dict[str, Any]:
    assert not isinstance(body, TraceSpan)
    return {each.name: getattr(body, each.name) for each in dataclasses.fields(body)}


def _body(kind: str, fields: dict[str, Any]) -> Body:
    if kind == "SkippedTrace":
        return SkippedTrace(**fields)
    for name in ("contexts", "context_ids", "context_scores"):
        fields[name] = None if fields[name] is None else tuple(fields[name])
    return Exchange(**fields)
