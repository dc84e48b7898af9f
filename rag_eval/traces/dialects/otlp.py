"""OTLP as JSON: the Collector's lines, Tempo's, Honeycomb's and Jaeger's shapes, and spans on their own.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md#json-protobuf-encoding
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import attributes, jsontext, message_text, passages, span_reader, values
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, KeyedSpan, SpanEvent
from rag_eval.traces.dialects import catalogue, genai
from rag_eval.traces.span import NOTE, TraceSpan

_INSTRUMENT = "instrument with OpenInference or by OpenTelemetry's GenAI conventions"
_RESOURCES = ("resourceSpans", "resource_spans", "batches")
_SCOPES = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans")
_QUESTIONS = ("question", "user_question", "user_query", "user_input", "rag.question", "app.question")
_ANSWERS = ("answer", "final_answer", "rag.answer", "app.answer")
_QUERIES = ("query", "search_query", "retrieval.query", "rag.query")
_DOCUMENTS = ("documents", "contexts", "retrieved_documents", "retrieved_contexts", "docs", "passages", "chunks",
              "rag.documents", "rag.contexts")  # fmt: skip
_PLAIN = (*_QUESTIONS, *_ANSWERS, *_QUERIES, *_DOCUMENTS)
_TRACES = ("traceID", "traceId", "trace_id")
_LOGS = ("resourceLogs", "resource_logs")


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object holds spans in one of the shapes read here."""
    if any(isinstance(value.get(name), list) for name in (*_RESOURCES, *_SCOPES, *_LOGS)):
        return True
    if isinstance(inner := value.get("trace"), dict):
        return recognised(inner)
    return _lists_spans(value) or span_reader.recognised(value)


def _lists_spans(value: Mapping[str, Any]) -> bool:
    listed = value.get("spans")
    first = listed[:1] if isinstance(listed, list) else []
    return (
        bool(first)
        and isinstance(first[0], dict)
        and span_reader.recognised(_of_trace(values.first(value, *_TRACES), first[0]))
    )


def read(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """Every span of an object, each with the key of its trace."""
    if isinstance(inner := value.get("trace"), dict) and recognised(inner):
        yield from read(inner)
        return
    sent = [resource for name in _RESOURCES if name in value for resource in _objects(value[name])]
    if not sent and span_reader.recognised(value):
        yield span_reader.step(value)
        return
    for resource in sent:
        yield from _resource(resource)
    for name in _LOGS:
        for resource in _objects(value.get(name)):
            yield from _notes(resource)
    if any(name in value for name in ("spans", *_SCOPES)):
        yield from _resource(value)


def describe(named: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span whose named are simply called after what they hold, as people write them by hand."""
    if not any(name in named for name in _PLAIN):
        return {}
    question, answer = (message_text.words(values.first(named, *names)) for names in (_QUESTIONS, _ANSWERS))
    query, listed = message_text.words(values.first(named, *_QUERIES)), _first_there(named, _DOCUMENTS)
    documents = passages.documents(listed) if listed is not None else None
    if documents is None:
        return {"question": question or (query if answer else None), "answer": answer if question or query else None}
    if question and answer:
        return {"question": question, "answer": answer, "carried": documents}
    return {"kind": "RETRIEVER", "query": query or question, "documents": documents}


def _first_there(named: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The first that is there, also an empty list: it says that nothing was retrieved."""
    return next((jsontext.within(named[name]) for name in names if named.get(name) is not None), None)


def _resource(resource: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """The spans of one service, under their scopes or right below."""
    service, above = _service(resource), values.first(resource, *_TRACES)
    scopes = [scope for name in _SCOPES if name in resource for scope in _objects(resource[name])]
    for scope in (*scopes, resource):
        for span in _objects(scope.get("spans")):
            yield span_reader.step(_of_trace(above, span), service)


def _of_trace(above: Any, span: Mapping[str, Any]) -> Mapping[str, Any]:
    """A span that leaves it to what stands around it to name the trace; Jaeger's parent is a reference."""
    if above is not None and not _has_trace(span):
        span = {**span, "trace_id": above}
    if "references" not in span:
        return span
    references = [each for each in _objects(span["references"]) if each.get("refType") == "CHILD_OF"]
    return {**span, "parent_id": references[0].get("spanID")} if references else span


def _has_trace(span: Mapping[str, Any]) -> bool:
    context = span.get("context")
    merged = {**span, **context} if isinstance(context, dict) else span
    return values.first(merged, *_TRACES) is not None


def _service(resource: Mapping[str, Any]) -> str | None:
    inner = resource.get("resource")
    raw = inner.get("attributes") if isinstance(inner, dict) else None
    if isinstance(raw, dict):
        return values.text(raw.get("service.name"))
    named = (pair for pair in _objects(raw) if pair.get("key") == "service.name")
    return next((values.text(attributes.any_value(pair.get("value"))) for pair in named), None)


def _notes(resource: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """Events that came as logs: evaluations, and messages of those who keep them out of their spans."""
    scopes = [scope for name in ("scopeLogs", "scope_logs") for scope in _objects(resource.get(name))]
    for record in (
        item for scope in scopes for name in ("logRecords", "log_records") for item in _objects(scope.get(name))
    ):
        content = attributes.of_event(record.get("attributes"), catalogue.attribute_names())
        name = str(values.first(record, "eventName", "event_name") or content.get("event.name") or "")
        trace_id = values.identifier(values.first(record, "traceId", "trace_id"))
        if not trace_id or not name.startswith("gen_ai."):
            continue
        body = jsontext.within(attributes.any_value(record.get("body")))
        if fields := genai.log_fields(name, body, content):
            yield f"otlp:{trace_id}", _note(trace_id, record, fields)


def _note(trace_id: str, record: Mapping[str, Any], fields: Mapping[str, Any]) -> TraceSpan:
    wanted = ("question", "answer", "messages", "scores", "labels", "feedback", "confidence", "conversation")
    return TraceSpan(
        trace_id=trace_id,
        dialect=genai.DIALECT.name,
        kind=NOTE,
        parent=values.identifier(values.first(record, "spanId", "span_id")),
        start=values.seconds(values.first(record, "timeUnixNano", "time_unix_nano", "observedTimeUnixNano")),
        **{name: fields[name] for name in wanted if fields.get(name)},
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


DIALECT = Dialect(
    name="otlp",
    advice=CaptureAdvice(
        response=f"no span has the answer; {_INSTRUMENT}",
        contexts=f"no span says that it is a retriever; {_INSTRUMENT}",
    ),
    recognised=recognised,
    read=read,
    names=AttributeNames(prefixes=_PLAIN),
    describe=describe,
)
