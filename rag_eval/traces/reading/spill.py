"""Parts of traces, kept on disk until all files were read: a trace can lie in many lines and in rotated files."""

import dataclasses
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Self

from rag_eval.scratch import open_scratch
from rag_eval.traces import jsontext
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.span import Body, TracePart, TraceSpan, pack, unpack

_BATCH = 2000
_CACHE_KIB = 16_000
_TABLE = (
    "CREATE TABLE parts (seq INTEGER PRIMARY KEY, key TEXT, file TEXT, line INTEGER, kind TEXT, body BLOB, "
    "conversation TEXT, start REAL, asks INTEGER)"
)
_INSERT = "INSERT INTO parts (key, file, line, kind, body, conversation, start, asks) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_TURNS = (
    "CREATE TABLE turns AS SELECT key, row_number() OVER (PARTITION BY conversation ORDER BY start, seq) AS turn FROM "
    "(SELECT key, max(conversation) AS conversation, min(start) AS start, min(seq) AS seq, max(asks) AS asks "
    "FROM parts GROUP BY key) WHERE conversation IS NOT NULL AND asks"
)
"""A trace is a turn of its conversation by when it began."""


class SpillBuffer:
    """A database in a file of its own that goes when it is closed."""

    def __init__(self) -> None:
        self._db = open_scratch(_TABLE, cache_kib=_CACHE_KIB)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, parts: Iterable[TracePart]) -> None:
        """Keep parts in the order in which they come."""
        self._db.execute("BEGIN")
        remaining = iter(parts)
        while rows := [_row(part) for part in islice(remaining, _BATCH)]:
            self._db.executemany(_INSERT, rows)
        self._db.execute("COMMIT")

    def traces(self) -> Iterator[list[TracePart]]:
        """The parts of each trace, traces and parts by first appearance."""
        self._db.execute("CREATE INDEX by_key ON parts (key, seq)")
        self._db.execute("CREATE TABLE firsts AS SELECT key, min(seq) AS seq FROM parts GROUP BY key")
        self._db.execute(_TURNS)
        self._db.execute("CREATE UNIQUE INDEX turn_of ON turns (key)")
        wanted = "SELECT key, file, line, kind, body FROM parts WHERE key = ? ORDER BY seq"
        for (key,) in self._db.execute("SELECT key FROM firsts ORDER BY seq"):
            yield [_part(row) for row in self._db.execute(wanted, (key,))]

    def turn(self, key: str) -> int | None:
        """The number of a trace in its conversation, from 1; None where it belongs to none. After `traces` began."""
        row = self._db.execute("SELECT turn FROM turns WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row[0])


def _row(part: TracePart) -> tuple[str, str, int, str, bytes, str | None, float | None, bool]:
    body = part.body
    fields = pack(body) if isinstance(body, TraceSpan) else _fields(body)
    start, asks = None, False
    if isinstance(body, TraceSpan):
        start, asks = body.start, bool(body.question or body.query)
    elif isinstance(body, Exchange):
        start, asks = body.asked_at, True
    conversation = None if isinstance(body, SkippedTrace) else body.conversation
    raw = jsontext.dumps(fields)
    return part.key, part.file, part.line, type(body).__name__, raw, conversation, start, asks


def _fields(body: Exchange | SkippedTrace) -> dict[str, Any]:
    return {each.name: getattr(body, each.name) for each in dataclasses.fields(body)}


def _part(row: tuple[str, str, int, str, bytes]) -> TracePart:
    key, file, line, kind, raw = row
    return TracePart(key, file, line, _body(kind, jsontext.loads(raw)))


def _body(kind: str, fields: dict[str, Any]) -> Body:
    if kind == "TraceSpan":
        return unpack(fields)
    if kind == "SkippedTrace":
        return SkippedTrace(**fields)
    for name in ("contexts", "context_ids", "context_scores"):
        fields[name] = None if fields[name] is None else tuple(fields[name])
    return Exchange(**fields)
