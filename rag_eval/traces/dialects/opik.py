"""Opik: traces and spans as its page exports them and as its API answers.

https://www.comet.com/docs/opik/tracing/export_data
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rag_eval.traces import assessments, jsontext, message_text, model_fields, passages, span_reader, values
from rag_eval.traces.dialect import CaptureAdvice, Dialect, KeyedSpan
from rag_eval.traces.span import OUTERMOST, TraceSpan

NAME = "opik"
_KINDS = {"llm": "LLM", "tool": "TOOL", "guardrail": "GUARDRAIL", "general": ""}
_PROJECT = ("project_name", "project_id", "projectName", "projectId", "workspace_name")
_SCORE = "feedback_scores."
_MILLISECONDS = 1000
_RETRIEVES = ("retriev", "search", "lookup")


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a trace or a span."""
    if "run_type" in value or "id" not in value or not {"input", "output"} & set(value):
        return False
    if "trace_id" in value and "parent_span_id" in value:
        return value.get("type") in _KINDS
    return values.first(value, "start_time", "startTime") is not None and any(name in value for name in _PROJECT)


def read(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """A trace with the spans that stand in it, or one span."""
    if "trace_id" in value:
        yield _span(value, values.text(value["trace_id"]))
        return
    trace_id = values.text(value["id"])
    asked, output = jsontext.within(value.get("input")), jsontext.within(value.get("output"))
    yield f"opik:{trace_id}", TraceSpan(kind=OUTERMOST, **_fields(value, trace_id, asked, output, ""))
    spans = jsontext.within(value.get("spans"))
    for each in spans if isinstance(spans, list) else ():
        if isinstance(each, dict):
            yield _span(each, trace_id)


def _span(value: Mapping[str, Any], trace_id: str | None) -> KeyedSpan:
    asked, output = jsontext.within(value.get("input")), jsontext.within(value.get("output"))
    kind = _KINDS.get(str(value.get("type")), "")
    documents = passages.documents(output) if kind != "LLM" and _retrieves(value) and output is not None else None
    if documents is not None:
        kind = "RETRIEVER"
    return f"opik:{trace_id}", TraceSpan(
        id=values.text(value.get("id")),
        parent=values.text(value.get("parent_span_id")),
        kind=kind,
        query=message_text.question(asked) if documents is not None else None,
        documents=documents,
        **model_fields.prompt(kind, asked),
        **_fields(value, trace_id, asked, output, kind),
    )


def _retrieves(value: Mapping[str, Any]) -> bool:
    """Whether a span is called like a search: Opik has no kind for that."""
    return any(word in str(value.get("name") or "").lower() for word in _RETRIEVES)


def _fields(value: Mapping[str, Any], trace_id: str | None, asked: Any, output: Any, kind: str) -> dict[str, Any]:
    start, end = (values.seconds(values.first(value, f"{side}_time", f"{side}Time")) for side in ("start", "end"))
    took = values.number(value.get("duration"))
    model = values.text(value.get("model"))
    tags, case = value.get("tags"), values.case(value, jsontext.within(value.get("metadata")))
    return {
        "dialect": NAME,
        "trace_id": trace_id,
        "name": str(value.get("name") or ""),
        "start": start,
        "end": end,
        "latency_s": took / _MILLISECONDS if took is not None and (start is None or end is None) else None,
        "question": message_text.question(asked),
        "answer": None if kind == "RETRIEVER" else message_text.answer(output),
        "carried": None if kind in {"LLM", "RETRIEVER"} else passages.carried_documents(output),
        "given": None if kind == "LLM" else passages.given_documents(asked),
        "refused": message_text.refused(output),
        "conversation": values.text(values.first(value, "thread_id", "threadId")),
        "confidence": message_text.confidence(output),
        "error": _error(value),
        "metadata": ({"tags": tags} if isinstance(tags, list) and tags else {})
        | ({"model": model} if model else {})
        | case,
        **model_fields.tokens(value.get("usage")),
        **model_fields.cost(value, "total_estimated_cost"),
        **{name: field for name, field in assessments.span_fields(_verdicts(value)).items() if name != "confidence"},
    }


def _error(value: Mapping[str, Any]) -> str | None:
    recorded = jsontext.within(value.get("error_info"))
    if isinstance(recorded, dict) and recorded:
        return span_reader.error_text(values.text(recorded.get("exception_type")), values.text(recorded.get("message")))
    return values.text(recorded)


def _verdicts(value: Mapping[str, Any]) -> Iterator[assessments.Assessment]:
    listed = jsontext.within(value.get("feedback_scores"))
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("name"):
            yield assessments.Assessment(
                str(each["name"]), values.first(each, "value"), by_person=each.get("source") == "ui"
            )
    for name, score in value.items():
        if name.startswith(_SCORE):
            yield assessments.Assessment(name.removeprefix(_SCORE), score)


DIALECT = Dialect(
    name=NAME,
    advice=CaptureAdvice(
        response="let the function with @opik.track that is called first return the answer",
        contexts=(
            "let the answer bring its passages along as `context`, or decorate the function that retrieves "
            "with @opik.track"
        ),
    ),
    recognised=recognised,
    read=read,
)
