"""OpenLLMetry (Traceloop), and what its instrumentations of vector databases record."""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, passages, sides, values
from rag_eval.traces.attributes import begin
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import UNTOLD

_KINDS = {"WORKFLOW": "CHAIN", "TASK": "CHAIN"}
_MARKS = ("traceloop.span.kind", "traceloop.entity.")
_RESULTS = ("db.query.result", "db.search.result")
_STORES = frozenset({"chroma", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo"})
_SEARCHES = frozenset({"query", "search", "similarity_search"})
_SESSION = "traceloop.association.properties.session_id"


def describe(attributes: Mapping[str, Any], events: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    stored = _stored(attributes, events)
    if stored:
        return stored
    if not begin(attributes, _MARKS):
        return {}
    kind = str(attributes.get("traceloop.span.kind") or "").upper()
    if attributes.get("gen_ai.operation.name") == "vector_db_retrieve":
        kind = "RETRIEVER"
    failed = attributes.get("gen_ai.task.status") == "failure"
    output = values.first(attributes, "traceloop.entity.output", "crewai.crew.result")
    return {
        **sides.fields(_KINDS.get(kind, kind), attributes.get("traceloop.entity.input"), output),
        "error": UNTOLD if failed else None,
        "conversation": values.text(attributes.get(_SESSION)),
    }


def _stored(attributes: Mapping[str, Any], events: Sequence[SpanEvent]) -> dict[str, Any]:
    """What a vector database found: each passage in an event of the span of the query."""
    results = [content for name, content in events if name in _RESULTS]
    if not results and not (attributes.get("db.system") in _STORES and attributes.get("db.operation") in _SEARCHES):
        return {}
    listed = [
        {
            "id": values.first(each, *(f"{name}.id" for name in _RESULTS)),
            "text": values.first(each, *(f"{name}.document" for name in _RESULTS)) or _told(each),
            "score": values.first(each, *(f"{name}.score" for name in _RESULTS)),
        }
        for each in results
    ]
    return {"kind": "RETRIEVER", "documents": passages.documents(listed) if results else None}


def _told(result: Mapping[str, Any]) -> Any:
    """The text of a passage where a database keeps it among what it knows of the passage."""
    metadata = jsontext.within(values.first(result, *(f"{name}.metadata" for name in _RESULTS)))
    return values.first(metadata, "text", "content", "page_content", "document") if isinstance(metadata, dict) else None


DIALECT = Dialect(
    name="openllmetry",
    advice=CaptureAdvice(
        response="let the @workflow return the answer; TRACELOOP_TRACE_CONTENT must not be false",
        contexts=(
            "let the function that retrieves be a @task that returns its documents; TRACELOOP_TRACE_CONTENT "
            "must not be false"
        ),
    ),
    names=AttributeNames(
        prefixes=(
            "traceloop.",
            "crewai.crew.result",
            "db.system",
            "db.operation",
            "db.query.result",
            "db.search",
        )
    ),
    describe=describe,
)
