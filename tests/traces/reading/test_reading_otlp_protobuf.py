"""OTLP as protobuf: the parts of a message one by one, and the same spans as in JSON."""

import base64
import io

import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from support.receiving import batch

from rag_eval.traces.dialects import otlp
from rag_eval.traces.reading import otlp_protobuf


def parts(raw: bytes) -> list[bytes]:
    """The parts of a message."""
    return list(otlp_protobuf.resources(io.BytesIO(raw)))


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    raw = bytearray()
    while number > 0x7F:
        raw.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*raw, number])


@given(sizes=st.lists(st.integers(0, 300), max_size=4), extra=st.just(20_000) | st.just(0))
def test_a_message_is_taken_apart(sizes: list[int], extra: int) -> None:
    """However long its parts are, each as it was, also an empty one."""
    bodies = [bytes(size) for size in [*sizes, extra]]
    assert parts(b"".join(b"\x0a" + varint(len(body)) + body for body in bodies)) == bodies


def test_a_message_of_several_services_has_a_part_for_each() -> None:
    """As the library writes it."""
    message = ExportTraceServiceRequest()
    message.MergeFrom(batch(1, service="rag"))
    message.MergeFrom(batch(2, service="search"))
    first, *others = parts(message.SerializeToString())
    assert ResourceSpans.FromString(first) == message.resource_spans[0]
    assert len(others) == len(message.resource_spans) - 1
    assert parts(b"") == []


@pytest.mark.parametrize("cut", [1, 2, 3, 40])
def test_what_breaks_off_is_an_end_that_came_too_soon(cut: int) -> None:
    """Wherever it does; what stood before was given."""
    whole = b"\x0a\x03abc" + b"\x0a\xac\x02" + bytes(300)
    stream = otlp_protobuf.resources(io.BytesIO(whole[: 5 + cut]))
    assert next(stream) == b"abc"
    with pytest.raises(EOFError):
        next(stream)


@pytest.mark.parametrize("raw", [b"{", b"\x12\x01a", b"\x00", b"PAR1", b"\x0a" + b"\xff" * 10])
def test_what_is_no_message_is_not_read(raw: bytes) -> None:
    """By its first byte, or by a length without an end."""
    with pytest.raises(ValueError, match="is no OTLP message"):
        parts(raw)


def test_a_length_that_nobody_would_write_is_not_taken_at_its_word() -> None:
    """No memory is taken for it."""
    with pytest.raises(EOFError):
        parts(b"\x0a" + varint(1 << 40))


def test_spans_are_those_of_json() -> None:
    """The same steps with the same keys, times, attributes and scores."""
    message = batch(1, 2, 3)
    as_json = {"resourceSpans": [json_format.MessageToDict(part) for part in message.resource_spans]}
    for resource in as_json["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64decode(span[name]).hex()
    binary = [keyed for part in parts(message.SerializeToString()) for keyed in otlp_protobuf.read(part)]
    assert binary == list(otlp.read(as_json))
    assert len(binary) == 6


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (AnyValue(string_value="é"), "é"),
        (AnyValue(bool_value=False), False),
        (AnyValue(int_value=-3), -3),
        (AnyValue(double_value=0.5), 0.5),
        (AnyValue(bytes_value=b"ok\xff"), "ok�"),
        (AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue()])), [1, None]),
        (AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="a", value=AnyValue(string_value="b"))])), {"a": "b"}),
        (AnyValue(), None),
    ],
)
def test_a_value_is_what_it_is_in_json(value: AnyValue, plain: object) -> None:
    """A nought and a no are values; nothing is None; bytes are read as text as far as they are."""
    read = otlp_protobuf._value(value)
    assert read == plain
    assert type(read) is type(plain)


def test_a_part_that_is_none_is_refused() -> None:
    """Whatever the library says of it."""
    with pytest.raises(ValueError, match="is no OTLP message"):
        list(otlp_protobuf.read(b"\xff\xff\xff"))


def test_a_part_without_spans_has_none() -> None:
    """And is no error."""
    assert list(otlp_protobuf.read(b"")) == []
