"""OpenLLMetry (Traceloop) and what the SDKs of Langfuse, LangSmith and Vercel send over OTLP."""

from collections.abc import Mapping
from typing import Any

from rag_eval.traces import passages, values, wording

NAME = "openllmetry"
_KINDS = {"WORKFLOW": "CHAIN", "TASK": "CHAIN", "GENERATION": "LLM", "SPAN": "", "EVENT": "", "PROMPT": "PROMPT"}
_NAMES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("traceloop.span.kind", ("traceloop.entity.input",), ("traceloop.entity.output",)),
    ("langfuse.observation.type", ("langfuse.observation.input",), ("langfuse.observation.output",)),
    ("langsmith.span.kind", ("langsmith.inputs",), ("langsmith.outputs",)),
    ("ai.operationId", ("ai.prompt", "ai.prompt.messages"), ("ai.response.text", "ai.result.text")),
)
_SESSIONS = ("traceloop.association.properties.session_id", "langfuse.session.id", "langsmith.trace.session_id",
             "session.id", "langsmith.metadata.thread_id")  # fmt: skip


def meaning(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a step, those that the attributes tell."""
    told = next(
        (names for names in _NAMES if any(each in attributes for each in (names[0], *names[1], *names[2]))), None
    )
    trace = attributes.get("langfuse.trace.input"), attributes.get("langfuse.trace.output")
    if told is None and trace == (None, None):
        return {}
    kind_name, inputs, outputs = told or _NAMES[1]
    kind = str(attributes.get(kind_name) or "").upper()
    asked, said = values.first(attributes, *inputs), values.first(attributes, *outputs)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    return {
        "kind": _KINDS.get(kind, kind),
        "question": wording.question(trace[0]) or wording.question(asked),
        "answer": None if retrieves else wording.answer(trace[1]) or wording.answer(said),
        "query": wording.question(asked) if kind == "RETRIEVER" else None,
        "documents": passages.documents(said) if retrieves else None,
        "carried": passages.carried(said),
        "conversation": values.text(values.first(attributes, *_SESSIONS)),
    }
