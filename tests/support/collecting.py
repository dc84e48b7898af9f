"""An OTLP endpoint on loopback that keeps the spans it is sent, or hangs, or refuses."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Sent:
    """One span as it arrived."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    """Attributes of each, with its name under `name`."""
    links: tuple[str, ...]
    """Trace ids."""
    failed: bool
    resource: Mapping[str, Any]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True


class Collector:
    """Used as `with Collector() as collector`, then `collector.url`."""

    def __init__(self, *, status: int = 200, hangs: bool = False) -> None:
        self.spans: list[Sent] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []
        self._status = status
        self._free = threading.Event()
        if not hangs:
            self._free.set()
        self._server = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """The base that a client is given."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def named(self, name: str) -> list[Sent]:
        """The spans of one name."""
        return [span for span in self.spans if span.name == name]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector._free.wait(30)
                collector.headers.append({name.lower(): value for name, value in self.headers.items()})
                collector.bodies.append(body)
                if collector._status == 200:
                    collector.spans.extend(_spans(body))
                try:
                    self.send_response(collector._status)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _spans(body: bytes) -> list[Sent]:
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    return [
        Sent(
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            attributes=_values(span.attributes),
            events=tuple({"name": event.name, **_values(event.attributes)} for event in span.events),
            links=tuple(link.trace_id.hex() for link in span.links),
            failed=span.status.code == 2,
            resource=_values(resource.resource.attributes),
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
