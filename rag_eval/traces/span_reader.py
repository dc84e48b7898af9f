"""One span as an object, whichever exporter wrote it, to a step."""

from collections.abc import Iterator, Mapping
from typing import Any

from rag_eval.traces import assessments, attributes, conventions, jsontext, span_layout, span_settings, values
from rag_eval.traces.dialect import KeyedSpan
from rag_eval.traces.dialects import catalogue
from rag_eval.traces.span import UNTOLD, RetrievedDocument, TraceSpan
from rag_eval.traces.span_layout import SpanLayout
from rag_eval.traces.span_settings import BY_RULES

_LIMIT = 128
"""Attributes that OpenTelemetry's SDK keeps of a span unless it is told otherwise; the oldest go first."""
_LOST = "the retriever had more attributes than OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT keeps: its first documents are gone"
_KINDS = frozenset({"CHAIN", "LLM", "RETRIEVER", "RERANKER", "EMBEDDING", "TOOL", "AGENT", "GUARDRAIL", "EVALUATOR"})
_OF_SPANS = ("span_kind", "parent_id", "parentSpanId", "events", "resource", "droppedAttributesCount")
_MILLISECONDS = 1000
_EVENTS = ("gen_ai.", "db.query.result", "db.search.result")
_OF_FAILURES = ("error.", "http.")
_FAILED = frozenset({"2", "STATUS_CODE_ERROR", "ERROR"})
_SERVER_FAILED = 500
_STACK = "Traceback (most recent call last)"


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a span, or the bare attributes of one."""
    if is_bare(value):
        return True
    merged = span_layout.flat(value)
    layout = span_layout.of(merged)
    has_ids = values.first(merged, *layout.id) is not None and values.first(merged, *layout.trace) is not None
    if has_ids or not isinstance(merged.get("attributes"), dict | list):
        return has_ids
    return values.first(merged, *layout.start) is not None or any(name in value for name in _OF_SPANS)


def is_bare(value: Mapping[str, Any]) -> bool:
    """Whether an object is nothing but the attributes of a span."""
    return (
        "attributes" not in value
        and any(name in value for name in catalogue.attribute_names().bare)
        and "trace.trace_id" not in value
    )


def step(value: Mapping[str, Any], service: str | None = None) -> KeyedSpan:
    """The step of a span with the key of its trace; None where it belongs to no trace."""
    span = {"attributes": value} if is_bare(value) else span_layout.flat(value)
    layout, chosen = span_layout.of(span), span_settings.current()
    raw = span_layout.attributes(span, layout)
    named = attributes.of_span(raw, catalogue.attribute_names(), *((chosen.question,) if chosen.question else ()))
    name = str(values.first(span, *layout.name) or "")
    fields = conventions.describe(named, _events(span) if layout.events else ())
    if chosen is not BY_RULES:
        fields |= chosen.fields(name, named, fields)
    metadata = fields.pop("metadata")
    if attributes.begin(named, values.CASE_NAMES):
        metadata |= values.case(named)
    if service:
        metadata["service"] = service
    if not fields.get("kind"):
        fields["kind"] = _kind(span, layout)
    if layout.annotations:
        fields |= {name: field for name, field in _annotated(values.first(span, *layout.annotations)).items() if field}
    error = fields.pop("error", None) or _error(span, layout, named)
    if error and fields.get("documents") == ():  # it came to nothing, which is not that there was nothing
        fields["documents"] = None
    dropped = _dropped(values.first(span, *layout.dropped), raw if layout.attributes else (), named)
    if dropped and _lost(named, fields.get("documents")):
        fields["documents"], metadata["contexts_lost"] = None, _LOST
    trace_id = values.identifier(values.first(span, *layout.trace))
    start, end = _times(span, layout)
    made = TraceSpan(
        trace_id=trace_id,
        id=values.identifier(values.first(span, *layout.id)),
        parent=values.identifier(values.first(span, *layout.parent)),
        name=name,
        start=start,
        end=end,
        dropped=dropped,
        error=error,
        metadata=metadata,
        **fields,
    )
    return conventions.trace_key(named) or (f"otlp:{trace_id}" if trace_id else None), made


def _kind(span: Mapping[str, Any], layout: SpanLayout) -> str:
    """Phoenix writes the part that a span plays where OpenTelemetry has client and server."""
    kind = str(values.first(span, *layout.kind) or "").upper()
    return kind if kind in _KINDS else ""


def _times(span: Mapping[str, Any], layout: SpanLayout) -> tuple[float | None, float | None]:
    start, end = values.seconds(values.first(span, *layout.start)), values.seconds(values.first(span, *layout.end))
    if end is None and start is not None and layout.took:
        micro, milli = values.number(span.get("duration")), values.number(span.get("duration_ms"))
        took = milli / _MILLISECONDS if milli is not None else micro / _MILLISECONDS**2 if micro is not None else None
        end = None if took is None else start + took
    return start, end


def _events(span: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in _listed_events(span):
        if str(event.get("name", "")).startswith(_EVENTS):
            yield str(event["name"]), attributes.of_event(event.get("attributes"), catalogue.attribute_names())


def _listed_events(span: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Events of a span, also out of a cell of a table."""
    events = jsontext.within(span.get("events"))
    return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []


def _annotated(annotations: Any) -> dict[str, Any]:
    """Annotations that Phoenix exports beside the attributes of a span."""
    listed = [each for each in annotations if isinstance(each, dict)] if isinstance(annotations, list) else []
    named = ((str(annotation.get("name") or "annotation"), annotation) for annotation in listed)
    return assessments.span_fields(
        verdict for name, annotation in named if (verdict := assessments.from_object(name, annotation))
    )


def _dropped(counted: Any, raw: Any, named: Mapping[str, Any]) -> int:
    """How many attributes were lost, or 1 where that can be seen."""
    if counted is not None and (count := values.number(counted)):
        return int(count)
    if len(raw) != _LIMIT:
        return 0
    # Without a count, a full span whose documents do not begin with the first has lost what came before.
    listed = attributes.indices(named, "retrieval.documents")
    return 1 if not listed or min(listed) else 0


def _lost(named: Mapping[str, Any], documents: tuple[RetrievedDocument, ...] | None) -> bool:
    """Whether the limit took documents too, or the text of the first."""
    if not documents:
        return False
    listed = attributes.indices(named, "retrieval.documents") or {0}
    return min(listed) > 0 or (documents[0].text is None) != (documents[-1].text is None)


def _error(span: Mapping[str, Any], layout: SpanLayout, named: Mapping[str, Any]) -> str | None:
    """Why a span failed, with the kind of the error where that was recorded; None where it did not."""
    if not layout.status and not attributes.begin(named, _OF_FAILURES):
        return None
    status = span.get("status")
    details = status if isinstance(status, dict) else {"code": status, "message": span.get("status_message")}
    code = str(values.first(details, "code", "status_code") or span.get("status_code") or span.get("statusCode") or "")
    kind = values.text(named.get("error.type"))
    answered = values.number(values.first(named, "http.response.status_code", "http.status_code"))
    broken = answered is not None and answered >= _SERVER_FAILED
    if code.upper().removeprefix("STATUSCODE.") not in _FAILED and kind is None and not broken:
        return None
    raised: Mapping[str, Any] = next(
        (event for event in reversed(_listed_events(span)) if event.get("name") == "exception"), {}
    )
    exception = attributes.of_span(raised.get("attributes"), catalogue.attribute_names())
    kind = values.text(exception.get("exception.type")) or kind
    message = values.text(exception.get("exception.message")) or values.text(named.get("error.message"))
    described = values.text(values.first(details, "message", "description"))
    return error_text(kind, described if described and kind and short(kind) in described else message or described)


def error_text(kind: str | None, message: str | None) -> str:
    """An error as one text: its kind without the module that it stands in, and what it says."""
    name = short(kind) if kind and kind != "_OTHER" else None
    message = message and (message.split(_STACK, 1)[0].strip() or message.strip().splitlines()[-1])
    if name and message:
        return message if name in message else f"{name}: {message}"
    return message or name or UNTOLD


def short(kind: str) -> str:
    """The name of a class without its module."""
    return kind.rsplit(".", 1)[-1]
