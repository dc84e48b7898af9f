"""OTLP as protobuf, with or without the length that the Collector's file exporter puts before each record."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from rag_eval.errors import DataError
from rag_eval.traces.dialect import KeyedSpan
from rag_eval.traces.dialects import otlp

_FIELD = 0x0A
"""How every message of OTLP begins: field 1, which is the list of what each service sent."""
_LONGEST = 1 << 28


def resources(stream: BinaryIO) -> Iterator[bytes]:
    """The parts of a message one by one, as much as each service sent; raises EOFError where it breaks off."""
    while tag := stream.read(1):
        if tag[0] != _FIELD:
            raise ValueError("is no OTLP message")
        size = _varint(stream)
        part = stream.read(size) if size <= _LONGEST else b""
        if len(part) < size:
            raise EOFError
        yield part


def _varint(stream: BinaryIO) -> int:
    size = 0
    for shift in range(0, 64, 7):
        byte = stream.read(1)
        if not byte:
            raise EOFError
        size |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return size
    raise ValueError("is no OTLP message")


def read(part: bytes) -> Iterator[KeyedSpan]:
    """Every span of what one service sent; raises ValueError where it is no such thing."""
    try:
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
        from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
    except ImportError as error:
        raise DataError(
            "reading OTLP as protobuf needs opentelemetry-proto: pip install opentelemetry-proto"
        ) from error
    try:
        message = ResourceSpans.FromString(part)
    except DecodeError as error:
        raise ValueError("is no OTLP message") from error
    yield from otlp.read({"resourceSpans": [_resource(message)]})


def _resource(message: Any) -> dict[str, Any]:
    spans = [_span(span) for scope in message.scope_spans for span in scope.spans]
    return {"resource": {"attributes": _attributes(message.resource.attributes)}, "spans": spans}


def _span(span: Any) -> dict[str, Any]:
    return {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "parentSpanId": span.parent_span_id.hex(),
        "name": span.name,
        "startTimeUnixNano": span.start_time_unix_nano,
        "endTimeUnixNano": span.end_time_unix_nano,
        "attributes": _attributes(span.attributes),
        "droppedAttributesCount": span.dropped_attributes_count,
        "events": [{"name": event.name, "attributes": _attributes(event.attributes)} for event in span.events],
        "status": {"code": span.status.code, "message": span.status.message},
    }


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(member) for member in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.decode("utf-8", "replace")
        case name:
            return getattr(value, name)
