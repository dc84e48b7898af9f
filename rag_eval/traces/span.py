"""A span as far as it matters here: which part it played, what was asked, said and retrieved."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

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


@dataclass(frozen=True)
class RetrievedDocument:
    """Something that was retrieved; real captures lack any of the three."""

    text: str | None = None
    id: str | None = None
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class TraceSpan:
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
    scores: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    feedback: Opinion | None = None
    confidence: float | None = None
    conversation: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    dropped: int = 0
    """Attributes that were lost to the limit of the SDK."""
    redacted: bool = False
    error: str | None = None
    chosen: bool = False
    """Whether a setting says that its question is the one that was asked."""


UNTOLD = "the span failed"
"""Error of a span that failed without saying why."""

Body = TraceSpan | Exchange | SkippedTrace


@dataclass(frozen=True)
class TracePart:
    """A piece of a trace, and where it stood; parts with the same key make one trace."""

    key: str
    file: str
    line: int
    """0 where the file is one document: the trace then gets its number in the file."""
    body: Body


_DOCUMENTS = ("documents", "carried", "given")
_DEFAULTS = {each.name: each.default for each in fields(TraceSpan)}


def pack(step: TraceSpan) -> dict[str, Any]:
    """A step as JSON can hold it, without what is empty."""
    fields_ = {name: value for name in _DEFAULTS if (value := getattr(step, name)) or value in (0, ())}
    for name in _DOCUMENTS:
        if name in fields_:
            fields_[name] = [[document.text, document.id, document.score] for document in fields_[name]]
    return {name: value for name, value in fields_.items() if value != _DEFAULTS[name]}


def unpack(fields_: dict[str, Any]) -> TraceSpan:
    """The step that was packed."""
    for name in _DOCUMENTS:
        if name in fields_:
            fields_[name] = tuple(RetrievedDocument(*document) for document in fields_[name])
    if "messages" in fields_:
        fields_["messages"] = tuple((speaker, text) for speaker, text in fields_["messages"])
    return TraceSpan(**fields_)
