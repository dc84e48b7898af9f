"""OpenLLMetry (Traceloop) and what the SDKs of Langfuse, LangSmith and Vercel send over OTLP."""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, message_text, model_fields, passages, values
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import UNTOLD

_KINDS = {"WORKFLOW": "CHAIN", "TASK": "CHAIN", "GENERATION": "LLM", "SPAN": "", "EVENT": "", "PROMPT": "PROMPT"}
_NAMES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("traceloop.span.kind", ("traceloop.entity.input",), ("traceloop.entity.output",)),
    ("langfuse.observation.type", ("langfuse.observation.input",), ("langfuse.observation.output",)),
    ("langsmith.span.kind", ("langsmith.inputs",), ("langsmith.outputs",)),
    ("ai.operationId", ("ai.prompt", "ai.prompt.messages"), ("ai.response.text", "ai.result.text")),
)
_RESULTS = ("db.query.result", "db.search.result")
_STORES = frozenset({"chroma", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo"})
_SEARCHES = frozenset({"query", "search", "similarity_search"})
_SESSIONS = ("traceloop.association.properties.session_id", "langfuse.session.id", "langsmith.trace.session_id",
             "session.id", "langsmith.metadata.thread_id")  # fmt: skip


def describe(attributes: Mapping[str, Any], events: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    stored = _stored(attributes, events)
    if stored:
        return stored
    family = next(
        (names for names in _NAMES if any(each in attributes for each in (names[0], *names[1], *names[2]))), None
    )
    trace = attributes.get("langfuse.trace.input"), attributes.get("langfuse.trace.output")
    if family is None and trace == (None, None):
        return {}
    kind_name, inputs, outputs = family or _NAMES[1]
    kind = str(attributes.get(kind_name) or "").upper()
    asked, output = values.first(attributes, *inputs), values.first(attributes, *outputs)
    if attributes.get("gen_ai.operation.name") == "vector_db_retrieve":
        kind = "RETRIEVER"
    kind = _KINDS.get(kind, kind)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    failed = attributes.get("gen_ai.task.status") == "failure"
    return {
        "kind": kind,
        "error": UNTOLD if failed else None,
        "question": message_text.question(trace[0]) or message_text.question(asked),
        "answer": None if retrieves else message_text.answer(trace[1]) or message_text.answer(output),
        "query": message_text.question(asked) if kind == "RETRIEVER" else None,
        "documents": passages.documents(output) if retrieves else None,
        "carried": None if retrieves or kind == "LLM" else passages.carried_documents(output),
        "given": None if retrieves or kind == "LLM" else passages.given_documents(asked),
        "refused": message_text.refused(output),
        **model_fields.prompt(kind, asked),
        **_counted(attributes),
        "conversation": values.text(values.first(attributes, *_SESSIONS)),
    }


def _counted(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens, cost and model as Langfuse's SDK and Vercel's write them."""
    counts = attributes.get("langfuse.observation.usage_details") or {
        "input_tokens": values.first(attributes, "ai.usage.promptTokens", "ai.usage.inputTokens"),
        "output_tokens": values.first(attributes, "ai.usage.completionTokens", "ai.usage.outputTokens"),
    }
    model = values.first(attributes, "langfuse.observation.model.name", "ai.model.id")
    cost = model_fields.cost(attributes, "langfuse.observation.cost_details")
    return {**model_fields.tokens(counts), **cost, **({"model": model} if model else {})}


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
            "ai.",
            "traceloop.",
            "langfuse.",
            "langsmith.",
            "db.system",
            "db.operation",
            "db.query.result",
            "db.search",
        )
    ),
    describe=describe,
)
