"""Bodies of OTLP/HTTP: what is in a request, one span at a time.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rag_eval.traces import jsontext, span_reader
from rag_eval.traces.receiver import wire
from rag_eval.traces.receiver.refusal import RequestRefusal

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
MOST_PARTS = 100_000
"""Resources, scopes and spans in one request."""
LARGEST_SPAN = 4 << 20
_MOST_CONTAINERS = 1_500_000
"""Objects and lists in one JSON body: each takes some sixty bytes once it is decoded."""
_TRACE_ID, _SPAN_ID = 16, 8
_IDS = ("traceId", "spanId", "parentSpanId")
T = TypeVar("T")


@dataclass(frozen=True)
class Signal:
    """One kind of telemetry, by the names that its JSON has; traces and logs are built alike."""

    kind: str
    resources: str
    scopes: str
    items: str
    rejected: str


TRACES = Signal("span", "resourceSpans", "scopeSpans", "spans", "rejected_spans")
LOGS = Signal("log", "resourceLogs", "scopeLogs", "logRecords", "rejected_log_records")


@dataclass(frozen=True)
class TelemetryOrigin:
    """The service and the library that a span came from, as OTLP JSON."""

    resource: bytes
    scope: bytes


@dataclass(frozen=True)
class TelemetryItem:
    """A span or an event of a trace."""

    kind: str
    trace_id: str
    key: str
    """Id of the span, or a digest of the event: what comes twice has the same."""
    otlp: bytes
    """OTLP JSON."""
    origin: TelemetryOrigin
    contexts: bool
    """Whether something was retrieved in it."""


@dataclass(frozen=True)
class InvalidItem:
    """A span that cannot be kept, and why."""

    why: str


Item = TelemetryItem | InvalidItem
Raw = tuple[TelemetryOrigin, Any]
"""A span or event as it came: bytes of protobuf or an object of JSON."""


def read(body: bytes, media: str, signal: Signal) -> Iterator[Item]:
    """Every span of a request, or every event of a model or an evaluation; raises `RequestRefusal` if it is no OTLP."""
    raws = _of_json(body, signal) if media == JSON else _of_protobuf(body, signal)
    message = _messages(signal)[0]
    for origin, raw in raws:
        made = _piece(raw, message, origin, signal)
        if made is not None:
            yield made


def _messages(signal: Signal) -> tuple[Any, Any, Any]:
    """The classes of an item, a resource and a scope."""
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    return (Span if signal is TRACES else LogRecord), Resource, InstrumentationScope


def _of_protobuf(body: bytes, signal: Signal) -> Iterator[Raw]:
    try:
        yield from _walked(body, signal)
    except ValueError as error:
        raise RequestRefusal(400, f"the body is no OTLP message: {error}") from error


def _walked(body: bytes, signal: Signal) -> Iterator[Raw]:
    """Requests, resources and scopes have the same shape: 1 is what they are about, 2 what is inside them."""
    _, resource_of, scope_of = _messages(signal)
    counted = _Counted()
    resources = counted.taken(wire.fields(memoryview(body)))
    if body and not resources:
        raise ValueError(f"it has no {signal.resources}")
    for _, resource in resources:
        about, scopes = _split(counted.taken(wire.fields(resource)))
        service = _origin(resource_of, about)
        for scope in scopes:
            named, items = _split(counted.taken(wire.fields(scope)))
            origin = TelemetryOrigin(service, _origin(scope_of, named))
            yield from ((origin, item) for item in items)


class _Counted:
    """Counts the parts of a request and ends it where they are too many."""

    def __init__(self) -> None:
        self._parts = 0

    def taken(self, parts: Iterable[T]) -> list[T]:
        """All of them; raises `RequestRefusal`."""
        listed = list(itertools.islice(parts, MOST_PARTS - self._parts + 1))
        self._parts += len(listed)
        if self._parts > MOST_PARTS:
            raise RequestRefusal(413, f"the request has more than {MOST_PARTS} parts; send smaller batches")
        return listed


def _split(parts: list[tuple[int, memoryview]]) -> tuple[memoryview, list[memoryview]]:
    about = next((part for number, part in parts if number == 1), memoryview(b""))
    return about, [part for number, part in parts if number == 2]  # noqa: PLR2004 - the field's number


def _origin(message: Any, raw: memoryview) -> bytes:
    return jsontext.dumps(_as_json(_decoded(message, raw)))


def _decoded(message: Any, raw: memoryview) -> Any:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return message.FromString(bytes(raw))
    except DecodeError as error:
        raise ValueError(f"a {message.DESCRIPTOR.name} cannot be decoded") from error


def _of_json(body: bytes, signal: Signal) -> Iterator[Raw]:
    if body.count(b"{") + body.count(b"[") > _MOST_CONTAINERS:
        raise RequestRefusal(413, "the request has too many objects; send smaller batches")
    try:
        value = jsontext.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestRefusal(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict) or (value and signal.resources not in value):
        raise RequestRefusal(400, f"expected an object with {signal.resources}")
    try:
        yield from _listed(value, signal)
    except (ValueError, TypeError) as error:
        raise RequestRefusal(400, f"the body is no OTLP JSON: {error}") from error


def _listed(value: Mapping[str, Any], signal: Signal) -> Iterator[Raw]:
    _, resource_of, scope_of = _messages(signal)
    counted = _Counted()
    for resource in counted.taken(_objects(value, signal.resources)):
        about = _canonical(resource_of, resource.get("resource") or {})
        for scope in counted.taken(_objects(resource, signal.scopes)):
            origin = TelemetryOrigin(about, _canonical(scope_of, scope.get("scope") or {}))
            yield from ((origin, item) for item in counted.taken(_objects(scope, signal.items)))


def _objects(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = value.get(name) or []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise ValueError(f"{name} is not a list of objects")
    return listed


def _canonical(message: Any, value: Any) -> bytes:
    return jsontext.dumps(_as_json(_parsed(message, value)))


def _parsed(message: Any, value: Any) -> Any:
    from google.protobuf import json_format  # type: ignore[import-untyped]

    try:
        return json_format.ParseDict(value, message(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise ValueError(str(error)) from error


def _piece(raw: Any, message: Any, origin: TelemetryOrigin, signal: Signal) -> Item | None:
    """A span or an event; None for a log that is no event of a model or about an evaluation."""
    try:
        if isinstance(raw, memoryview):
            if len(raw) > LARGEST_SPAN:
                return InvalidItem(f"a {signal.kind} is larger than {LARGEST_SPAN} bytes")
            decoded = _decoded(message, raw)
        else:
            decoded = _parsed(message, _with_ids(raw, _to_base64))
    except ValueError as error:
        return InvalidItem(f"a {signal.kind} is not as OTLP has it: {error}")
    if signal is LOGS:
        return _event(decoded, origin)
    if not _good(decoded.trace_id, _TRACE_ID) or not _good(decoded.span_id, _SPAN_ID):
        return InvalidItem("a span has no valid trace id and span id")
    fields = _as_json(decoded)
    _, step = span_reader.step(fields)
    trace_id, key = decoded.trace_id.hex(), decoded.span_id.hex()
    return TelemetryItem(signal.kind, trace_id, key, jsontext.dumps(fields), origin, step.documents is not None)


def _event(decoded: Any, origin: TelemetryOrigin) -> TelemetryItem | None:
    if not _event_name(decoded).startswith("gen_ai.") or not _good(decoded.trace_id, _TRACE_ID):
        return None
    otlp = jsontext.dumps(_as_json(decoded))
    digest = hashlib.sha256(otlp).hexdigest()[: 2 * _SPAN_ID]
    return TelemetryItem(LOGS.kind, decoded.trace_id.hex(), f"log:{digest}", otlp, origin, contexts=False)


def _event_name(decoded: Any) -> str:
    """What an event is called; older libraries say so in an attribute."""
    named = (pair.value.string_value for pair in decoded.attributes if pair.key == "event.name")
    return decoded.event_name or next(named, "")


def _good(raw: bytes, size: int) -> bool:
    return len(raw) == size and any(raw)


def _as_json(message: Any) -> dict[str, Any]:
    """A message as OTLP JSON has it: as protobuf's, but for hexadecimal ids and numbers of enums."""
    from google.protobuf import json_format

    fields = json_format.MessageToDict(message, use_integers_for_enums=True)
    return _with_ids(fields, _to_hex)


def _with_ids(fields: Mapping[str, Any], write: Callable[[Any], str]) -> dict[str, Any]:
    changed: dict[str, Any] = {name: write(fields[name]) for name in _IDS if fields.get(name)}
    if isinstance(links := fields.get("links"), list):
        changed["links"] = [_with_ids(link, write) if isinstance(link, dict) else link for link in links]
    return {**fields, **changed}


def _to_hex(text: str) -> str:
    return base64.b64decode(text).hex()


def _to_base64(text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"an id is {text!r}, expected hexadecimal text")  # noqa: TRY004 - the caller's one kind of error
    return base64.b64encode(bytes.fromhex(text)).decode()
