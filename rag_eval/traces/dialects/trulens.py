"""TruLens: `ai.observability.*`, where a record is one question and evaluations are spans of their own.

Its table of events has rows with `record_attributes`, as JSON or, in CSV, as Python writes its values.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import assessments, jsontext, message_text, passages, span_reader, values
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, KeyedSpan, SpanEvent

_PREFIX = "ai.observability."
_KINDS = {
    "record_root": "CHAIN", "retrieval": "RETRIEVER", "generation": "LLM", "eval_root": "EVALUATOR",
    "eval": "EVALUATOR", "reranking": "RERANKER", "tool": "TOOL", "agent": "AGENT", "workflow_step": "CHAIN",
}  # fmt: skip


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    own = {key.removeprefix(_PREFIX): value for key, value in attributes.items() if key.startswith(_PREFIX)}
    if not own:
        return {}
    kind = _KINDS.get(str(own.get("span_type", "")).lower(), "")
    if kind == "EVALUATOR":
        return {"kind": kind, **assessments.span_fields(_verdicts(own))}
    documents = values.first(own, "retrieval.retrieved_contexts", "reranking.output_context_texts")
    if documents is None and kind == "RETRIEVER":
        documents = own.get("call.return")
    return {
        "kind": kind,
        "question": _question(own, kind),
        "answer": None if kind == "RETRIEVER" else _answer(own),
        "query": values.text(own.get("retrieval.query_text")),
        "documents": passages.documents(documents) if kind in {"RETRIEVER", "RERANKER"} else None,
        "conversation": values.text(own.get("session_id")),
        "error": values.text(values.first(own, "record_root.main_error", "call.error")),
        "reference": values.text(own.get("record_root.ground_truth_output")),
    }


def _question(own: Mapping[str, Any], kind: str) -> str | None:
    text = message_text.question(own.get("record_root.input"))
    if text or kind != "CHAIN":
        return text
    prefix = "call.kwargs."
    return message_text.question(
        {key.removeprefix(prefix): value for key, value in own.items() if key.startswith(prefix)}
    )


def _answer(own: Mapping[str, Any]) -> str | None:
    return message_text.answer(values.first(own, "record_root.output", "call.return"))


def _verdicts(own: Mapping[str, Any]) -> list[assessments.Assessment]:
    """The score of an evaluation as a whole; its steps are parts of it."""
    name = values.text(values.first(own, "eval_root.metric_name", "eval.metric_name"))
    score = own.get("eval_root.score")
    return [assessments.Assessment(name, score)] if name and score is not None else []


def trace_key(attributes: Mapping[str, Any]) -> str | None:
    """The record that a span belongs to; an evaluation says which one it is about."""
    names = (f"{_PREFIX}eval.target_record_id", f"{_PREFIX}record_id")
    record = values.text(values.first(attributes, *names))
    return f"trulens:{record}" if record else None


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a row of that table."""
    return "record_attributes" in value or "RECORD_ATTRIBUTES" in value


def read(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """The span of a row with the key of its record."""
    row = {key.lower(): cell for key, cell in value.items()}
    record, trace = _object(row.get("record")), _object(row.get("trace"))
    yield span_reader.step(
        {
            "trace_id": trace.get("trace_id"),
            "span_id": trace.get("span_id") or row.get("event_id"),
            "parent_id": trace.get("parent_id") or record.get("parent_span_id"),
            "name": record.get("name"),
            "start_time": row.get("start_timestamp"),
            "end_time": row.get("timestamp"),
            "status": record.get("status"),
            "attributes": _object(row["record_attributes"]),
        }
    )


def _object(value: Any) -> Mapping[str, Any]:
    content = jsontext.within(value)
    if isinstance(content, str):
        try:
            content = ast.literal_eval(content)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return {}
    return content if isinstance(content, dict) else {}


DIALECT = Dialect(
    name="trulens",
    advice=CaptureAdvice(
        response=("the main method of the app must return the answer: it becomes ai.observability.record_root.output"),
        contexts=(
            "instrument the function that retrieves with "
            "@instrument(span_type=SpanAttributes.SpanType.RETRIEVAL, "
            "attributes={SpanAttributes.RETRIEVAL.RETRIEVED_CONTEXTS: 'return'})"
        ),
    ),
    recognised=recognised,
    read=read,
    names=AttributeNames(prefixes=(_PREFIX,)),
    describe=describe,
    trace_key=trace_key,
)
