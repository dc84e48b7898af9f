"""MLflow's traces as its client and its search write them: an info and spans, each attribute a JSON text.

The attributes are the same over OTLP.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import assessments, jsontext, message_text, model_fields, passages, span_reader, values
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import OUTERMOST, UNTOLD, TraceSpan

NAME = "mlflow"
_KINDS = {"CHAT_MODEL": "LLM", "UNKNOWN": ""}
_MILLISECONDS = 1000
_CUT = 250
_SESSIONS = ("session_id", "session.id", "thread_id", "conversation_id", "sessionId")
_EXPECTED = ("expected_response", "expected_output", "reference", "ground_truth")
REFERENCE_KEY = "rag_eval.reference"
"""Metadata of a trace that holds the reference of one of our own cases."""
PRIMARY_MARK = "★ "
"""Stands before the name of the metric to read first in traces of our own runs."""


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a trace, or a row of a table of traces."""
    info, data = value.get("info"), jsontext.within(value.get("data"))
    if isinstance(info, dict) and values.first(info, "trace_id", "request_id") is not None:
        return isinstance(data, dict) or "trace_location" in info or "state" in info
    return "spans" in value and any(
        name in value for name in ("trace_metadata", "request_metadata", "execution_duration")
    )


def read(value: Mapping[str, Any]) -> Iterator[tuple[str | None, TraceSpan]]:
    """What is said of the trace as a whole, and each of its spans."""
    whole = jsontext.within(value.get("trace"))
    if isinstance(whole, dict) and "info" in whole:
        value = whole
    info = value["info"] if isinstance(value.get("info"), dict) else value
    data = jsontext.within(value.get("data"))
    content = data if isinstance(data, dict) else value
    trace_id = values.text(values.first(info, "trace_id", "request_id"))
    key = f"mlflow:{trace_id}" if trace_id else None
    yield key, _outermost(info, content, trace_id)
    listed = jsontext.within(content.get("spans"))
    for span in map(jsontext.within, listed if isinstance(listed, list) else ()):
        if isinstance(span, dict):
            yield key, _step(span, trace_id)


def _outermost(info: Mapping[str, Any], data: Mapping[str, Any], trace_id: str | None) -> TraceSpan:
    metadata = _object(values.first(info, "trace_metadata", "request_metadata"))
    asked = values.first(metadata, "mlflow.traceInputs") or data.get("request")
    output = values.first(metadata, "mlflow.traceOutputs") or data.get("response")
    start = values.seconds(values.first(info, "request_time", "timestamp_ms"))
    took = _seconds(values.first(info, "execution_duration_ms", "execution_time_ms", "execution_duration"))
    return TraceSpan(
        dialect=NAME,
        trace_id=trace_id,
        kind=OUTERMOST,
        name=str(_object(info.get("tags")).get("mlflow.traceName") or ""),
        start=start,
        latency_s=took,
        question=_whole(asked) and message_text.question(_whole(asked)),
        answer=_whole(output) and message_text.answer(_whole(output)),
        conversation=values.text(values.first(metadata, "mlflow.trace.session", *_SESSIONS)),
        **model_fields.tokens(metadata.get("mlflow.trace.tokenUsage")),
        **model_fields.cost(metadata, "mlflow.trace.cost"),
        confidence=message_text.confidence(_whole(output)),
        error=UNTOLD if str(values.first(info, "state", "status")) == "ERROR" else None,
        metadata=_expected(info, metadata) | values.case(info, _object(info.get("tags")), metadata),
        **{name: field for name, field in assessments.span_fields(_verdicts(info)).items() if name != "confidence"},
    )


def _whole(value: Any) -> Any:
    """A value that was not cut off: older MLflow shortens long ones to something that is JSON no more."""
    inner = jsontext.within(value)
    if not isinstance(inner, str) or inner is not value:
        return inner
    torn = inner.lstrip().startswith(("{", "[", '"')) or (len(inner) >= _CUT and inner.endswith("..."))
    return None if torn else inner


def _seconds(value: Any) -> float | None:
    """A duration: milliseconds as a number, or protobuf's text, such as 1.5s."""
    if isinstance(value, str) and value.endswith("s"):
        return values.number(value[:-1])
    number = values.number(value)
    return None if number is None else number / _MILLISECONDS


def _step(span: Mapping[str, Any], trace_id: str | None) -> TraceSpan:
    named = {str(key): _decoded(value) for key, value in _object(span.get("attributes")).items()}
    for side in ("inputs", "outputs"):
        if span.get(side) is not None:
            named.setdefault(f"mlflow.span{side.title()}", span[side])
    if kind := values.first(span, "span_type", "type"):
        named.setdefault("mlflow.spanType", kind)
    _, step = span_reader.step({**span, "attributes": named})
    return step._replace(dialect=NAME, trace_id=trace_id)


def _decoded(value: Any) -> Any:
    """What the JSON text of an attribute says; texts that are no JSON are themselves."""
    try:
        return jsontext.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _assessments(info: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those that stand: one that was overridden is no longer valid."""
    listed = jsontext.within(info.get("assessments"))
    for each in listed if isinstance(listed, list) else ():
        assessment = jsontext.within(each)
        if isinstance(assessment, dict) and assessment.get("valid") is not False and not assessment.get("error"):
            yield assessment


def _verdicts(info: Mapping[str, Any]) -> Iterator[assessments.Assessment]:
    for each in _assessments(info):
        feedback, name = each.get("feedback"), values.first(each, "assessment_name", "name")
        if isinstance(feedback, dict) and name and not feedback.get("error"):
            who = str(_object(each.get("source")).get("source_type", "")).upper()
            plain = str(name).removeprefix(PRIMARY_MARK)
            yield assessments.Assessment(plain, feedback.get("value"), by_person=who == "HUMAN")


def _expected(info: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The right answer that a person gave, else the reference of one of our own cases."""
    for each in _assessments(info):
        expectation = each.get("expectation")
        name = values.first(each, "assessment_name", "name")
        if isinstance(expectation, dict) and name in _EXPECTED and (text := values.text(expectation.get("value"))):
            return {"reference": text}
    ours = values.text(metadata.get(REFERENCE_KEY))
    return {"reference": ours} if ours else {}


def _object(value: Any) -> Mapping[str, Any]:
    inner = jsontext.within(value)
    return inner if isinstance(inner, dict) else {}


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    if not any(key.startswith("mlflow.") for key in attributes):
        return {}
    asked, output = (jsontext.within(attributes.get(f"mlflow.span{side}")) for side in ("Inputs", "Outputs"))
    kind = str(jsontext.within(attributes.get("mlflow.spanType")) or "").upper()
    kind = _KINDS.get(kind, kind)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    return {
        "kind": kind,
        "question": message_text.question(asked),
        "answer": None if retrieves else message_text.answer(output),
        "query": message_text.question(asked) if kind == "RETRIEVER" else None,
        "documents": passages.documents(output) if retrieves else None,
        "carried": None if retrieves or kind == "LLM" else passages.carried_documents(output),
        "given": None if retrieves or kind == "LLM" else passages.given_documents(asked),
        "refused": message_text.refused(output),
        "conversation": values.text(jsontext.within(attributes.get("mlflow.trace.session"))),
        "model": jsontext.within(attributes.get("mlflow.llm.model")),
        **model_fields.prompt(kind, asked),
        **model_fields.tokens(attributes.get("mlflow.chat.tokenUsage")),
        **model_fields.cost(attributes, "mlflow.llm.cost"),
        "confidence": message_text.confidence(output),
    }


DIALECT = Dialect(
    name=NAME,
    advice=CaptureAdvice(
        response="let the function with @mlflow.trace that is called first return the answer",
        contexts=(
            'decorate the function that retrieves with @mlflow.trace(span_type="RETRIEVER") and let it '
            "return documents with page_content, metadata and id"
        ),
    ),
    recognised=recognised,
    read=read,
    names=AttributeNames(prefixes=("mlflow.",)),
    describe=describe,
)
