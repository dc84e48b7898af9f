"""A span as far as it matters here: which part it played, what was asked, said and retrieved."""

import marshal
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rag_eval.traces.exchange import Exchange, Opinion, SkippedTrace

OUTERMOST = "TRACE"
"""Kind of what is said of a trace as a whole."""
NOTE = "NOTE"
"""Kind of a score or a comment that came apart from its span."""
INNER = frozenset(
    {
        "RETRIEVER",
        "RERANKER",
        "EMBEDDING",
        "TOOL",
        "LLM",
        "GUARDRAIL",
        "EVALUATOR",
        "PARSER",
        "PROMPT",
        "MEMORY",
        "EVENT",
        NOTE,
    }
)
"""Kinds of spans whose input is no question of a user."""


class RetrievedDocument(NamedTuple):
    """Something that was retrieved; real captures lack any of the three."""

    text: str | None = None
    id: str | None = None
    score: float | None = None


_NOTHING: Mapping[str, Any] = {}


class TraceSpan(NamedTuple):
    """One span, or what is said of a whole trace."""

    dialect: str = "otlp"
    trace_id: str | None = None
    id: str | None = None
    parent: str | None = None
    name: str = ""
    kind: str = ""
    start: float | None = None
    """Seconds since 1970."""
    end: float | None = None
    latency_s: float | None = None
    """Where it is told; else it is the time from start to end."""
    question: str | None = None
    answer: str | None = None
    query: str | None = None
    """What was searched for."""
    documents: tuple[RetrievedDocument, ...] | None = None
    """What was retrieved, or kept by a reranker."""
    carried: tuple[RetrievedDocument, ...] | None = None
    """What a span that retrieves nothing gave back beside its answer."""
    given: tuple[RetrievedDocument, ...] | None = None
    """Passages that a span was given beside its question."""
    messages: tuple[tuple[str, str], ...] = ()
    """What a model was given, in order: who spoke (`user`, `assistant`, `system` or `tool`) and what."""
    refused: str | None = None
    """What was recorded in place of an answer and is none."""
    input_tokens: float | None = None
    output_tokens: float | None = None
    cost: float | None = None
    """In the currency in which it was recorded, which by convention is USD."""
    scores: Mapping[str, float] = _NOTHING
    labels: Mapping[str, str] = _NOTHING
    feedback: Opinion | None = None
    confidence: float | None = None
    conversation: str | None = None
    metadata: Mapping[str, Any] = _NOTHING
    dropped: int = 0
    """Attributes that were lost to the limit of the SDK."""
    redacted: bool = False
    error: str | None = None
    chosen: bool = False
    """Whether a setting says that its question is the one that was asked."""


UNTOLD = "the span failed"
"""Error of a span that failed without saying why."""

Body = TraceSpan | Exchange | SkippedTrace


class TracePart(NamedTuple):
    """A piece of a trace, and where it stood; parts with the same key make one trace."""

    key: str
    file: str
    line: int
    """0 where the file is one document: the trace then gets its number in the file."""
    body: Body


_FIRST, _AFTER = TraceSpan._fields.index("documents"), TraceSpan._fields.index("given") + 1
"""Where the lists of documents stand among the fields."""


def pack(spans: Iterable[TraceSpan]) -> bytes:
    """Spans for a file of our own that lives as long as the process."""
    return marshal.dumps([_plain(span) for span in spans])


def _plain(span: TraceSpan) -> tuple[Any, ...]:
    fields: tuple[Any, ...] = tuple(span)
    listed: tuple[Any, ...] = fields[_FIRST:_AFTER]
    if listed == _NO_DOCUMENTS:
        return fields
    plain = (None if documents is None else tuple(map(tuple, documents)) for documents in listed)
    return (*fields[:_FIRST], *plain, *fields[_AFTER:])


_NO_DOCUMENTS = (None, None, None)


def unpack(raw: bytes) -> list[TraceSpan]:
    """The spans that were packed."""
    return [_named(fields) for fields in marshal.loads(raw)]  # noqa: S302 - nobody else writes such a file


def _named(fields: tuple[Any, ...]) -> TraceSpan:
    listed = fields[_FIRST:_AFTER]
    if listed != _NO_DOCUMENTS:
        named = (None if documents is None else tuple(map(RetrievedDocument._make, documents)) for documents in listed)
        fields = (*fields[:_FIRST], *named, *fields[_AFTER:])
    return TraceSpan._make(fields)
