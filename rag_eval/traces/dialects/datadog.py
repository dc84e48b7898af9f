"""Datadog's LLM Observability: spans as its SDK sends them and as its API answers.

https://docs.datadoghq.com/llm_observability/instrumentation/api
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rag_eval.traces import model_fields, passages, sides, span_reader, values
from rag_eval.traces.dialect import CaptureAdvice, Dialect, KeyedSpan
from rag_eval.traces.span import UNTOLD, TraceSpan

NAME = "datadog"
_KINDS = {"workflow": "CHAIN", "task": "CHAIN", "retrieval": "RETRIEVER", "llm": "LLM", "agent": "AGENT",
          "tool": "TOOL", "embedding": "EMBEDDING"}  # fmt: skip
_NO_PARENT = frozenset({"undefined", "", "0"})
_NANO = 1e9
_VALUES = ("messages", "documents", "value", "text", "parameters")


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a span, by itself or as the attributes of an answer."""
    span = _span(value)
    return span is not None and values.first(span, "span_id", "id") is not None and "trace_id" in span


def _span(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    inner = value.get("attributes")
    for each in (value, inner):
        if isinstance(each, dict) and (_kind(each) in _KINDS):
            return each
    return None


def _kind(span: Mapping[str, Any]) -> str:
    meta = span.get("meta")
    named = values.first(meta, "span.kind", "kind") if isinstance(meta, dict) else span.get("span_kind")
    inner = meta.get("span") if isinstance(meta, dict) else None
    return str((named or inner.get("kind") if isinstance(inner, dict) else named) or "")


def read(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """The span with the key of its trace."""
    span = _span(value) or {}
    meta = {**span, **(span["meta"] if isinstance(span.get("meta"), dict) else {})}
    kind = _KINDS[_kind(span)]
    trace_id, parent = values.text(span.get("trace_id")), values.text(span.get("parent_id"))
    start = values.seconds(values.first(span, "start_ns", "start_ms"))
    took = values.number(span.get("duration"))
    fields = sides.fields(kind, _side(meta.get("input")), _side(meta.get("output")))
    if kind == "LLM":
        fields |= {"given": passages.observed(_side(meta.get("input"))), **model_fields.tokens(span.get("metrics"))}
    model = values.text(values.first(meta, "model_name"))
    yield (
        f"datadog:{trace_id}",
        TraceSpan(
            dialect=NAME,
            trace_id=trace_id,
            id=values.text(values.first(span, "span_id", "id")),
            parent=None if parent in _NO_PARENT else parent,
            name=str(span.get("name") or ""),
            start=start,
            end=start + took / _NANO if start is not None and took is not None else None,
            conversation=values.text(span.get("session_id")),
            error=_error(span, meta),
            metadata={"model": model} if model and kind != "EMBEDDING" else {},
            **fields,
        ),
    )


def _side(side: Any) -> Any:
    """What stands on one side of a span, by the first of its names."""
    return values.first(side, *_VALUES) if isinstance(side, dict) else side


def _error(span: Mapping[str, Any], meta: Mapping[str, Any]) -> str | None:
    recorded = meta.get("error")
    nested: Mapping[str, Any] = recorded if isinstance(recorded, dict) else {}
    kind = values.text(values.first(meta, "error.type")) or values.text(nested.get("type"))
    message = values.text(values.first(meta, "error.message")) or values.text(nested.get("message"))
    failed = span.get("status") == "error" or span.get("error") == 1
    return span_reader.error_text(kind, message) if kind or message else UNTOLD if failed else None


DIALECT = Dialect(
    name=NAME,
    advice=CaptureAdvice(
        response="let LLMObs.annotate(output_data=…) have the answer on the span of the workflow",
        contexts="decorate the function that retrieves with @retrieval, and annotate output_data=[{text, id, score}]",
    ),
    recognised=recognised,
    read=read,
)
