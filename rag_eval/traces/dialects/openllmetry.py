"""OpenLLMetry (Traceloop) and what the SDKs of Langfuse, LangSmith and Vercel send over OTLP."""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import message_text, passages, values
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent

_KINDS = {"WORKFLOW": "CHAIN", "TASK": "CHAIN", "GENERATION": "LLM", "SPAN": "", "EVENT": "", "PROMPT": "PROMPT"}
_NAMES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("traceloop.span.kind", ("traceloop.entity.input",), ("traceloop.entity.output",)),
    ("langfuse.observation.type", ("langfuse.observation.input",), ("langfuse.observation.output",)),
    ("langsmith.span.kind", ("langsmith.inputs",), ("langsmith.outputs",)),
    ("ai.operationId", ("ai.prompt", "ai.prompt.messages"), ("ai.response.text", "ai.result.text")),
)
_SESSIONS = ("traceloop.association.properties.session_id", "langfuse.session.id", "langsmith.trace.session_id",
             "session.id", "langsmith.metadata.thread_id")  # fmt: skip


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    family = next(
        (names for names in _NAMES if any(each in attributes for each in (names[0], *names[1], *names[2]))), None
    )
    trace = attributes.get("langfuse.trace.input"), attributes.get("langfuse.trace.output")
    if family is None and trace == (None, None):
        return {}
    kind_name, inputs, outputs = family or _NAMES[1]
    kind = str(attributes.get(kind_name) or "").upper()
    asked, output = values.first(attributes, *inputs), values.first(attributes, *outputs)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    return {
        "kind": _KINDS.get(kind, kind),
        "question": message_text.question(trace[0]) or message_text.question(asked),
        "answer": None if retrieves else message_text.answer(trace[1]) or message_text.answer(output),
        "query": message_text.question(asked) if kind == "RETRIEVER" else None,
        "documents": passages.documents(output) if retrieves else None,
        "carried": passages.carried_documents(output),
        "conversation": values.text(values.first(attributes, *_SESSIONS)),
    }


DIALECT = Dialect(
    name="openllmetry",
    advice=CaptureAdvice(
        response="let the @workflow return the answer; TRACELOOP_TRACE_CONTENT must not be false",
        contexts=(
            "let the function that retrieves be a @task that returns its documents; TRACELOOP_TRACE_CONTENT "
            "must not be false"
        ),
    ),
    names=AttributeNames(prefixes=("ai.", "traceloop.", "langfuse.", "langsmith.")),
    describe=describe,
)
