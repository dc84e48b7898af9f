"""The receiver of traces in a thread or in a process of its own, and requests for it."""

import base64
import http.client
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from support.forker import ForkedProcess, Forker

from rag_eval import traces
from rag_eval.traces.receiver import server
from rag_eval.traces.receiver.admission import ReceiverLimits
from rag_eval.traces.receiver.store import CaptureCounts, CaptureLimits

JSON, PROTOBUF = "application/json", "application/x-protobuf"
MANY = ReceiverLimits(rate="1000000/minute")
_ROOMY = CaptureLimits()
BEGAN = 1_790_000_000_000_000_000


def _told(span: Span, attributes: Mapping[str, str | float]) -> None:
    for name, value in attributes.items():
        held = span.attributes.add(key=name).value
        if isinstance(value, str):
            held.string_value = value
        else:
            held.double_value = value


def trace(message: ExportTraceServiceRequest, number: int, service: str = "rag") -> None:
    """Add a question with an answer, and the retriever inside it."""
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    scope = resource.scope_spans.add()
    scope.scope.name = "by hand"
    trace_id = number.to_bytes(16, "big")
    root = scope.spans.add(trace_id=trace_id, span_id=(2 * number).to_bytes(8, "big"), name="answer", kind=2)
    found = scope.spans.add(trace_id=trace_id, span_id=(2 * number + 1).to_bytes(8, "big"), name="retrieve", kind=1)
    found.parent_span_id = root.span_id
    for span, took in ((root, 2_000_000_000), (found, 1_000_000_000)):
        span.start_time_unix_nano, span.end_time_unix_nano = BEGAN, BEGAN + took
    _told(
        root,
        {
            "openinference.span.kind": "CHAIN",
            "input.value": f"Question {number}?",
            "output.value": f"Answer {number}.",
        },
    )
    documents = {
        f"retrieval.documents.{rank}.document.{name}": value
        for rank in range(2)
        for name, value in (("content", f"Text {rank} of {number}, ü."), ("id", f"p{rank}"), ("score", 1.0 - rank / 4))
    }
    _told(found, {"openinference.span.kind": "RETRIEVER", "input.value": f"Question {number}?", **documents})


def batch(*numbers: int, service: str = "rag") -> ExportTraceServiceRequest:
    """Some traces as one request."""
    message = ExportTraceServiceRequest()
    for number in numbers:
        trace(message, number, service)
    return message


def raw(*numbers: int) -> bytes:
    """Some traces as the body of a request."""
    body: bytes = batch(*numbers).SerializeToString()
    return body


def as_json(message: ExportTraceServiceRequest) -> dict[str, Any]:
    """A request as OTLP JSON has it."""
    told: dict[str, Any] = json_format.MessageToDict(message, use_integers_for_enums=True)
    for resource in told["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in {"traceId", "spanId", "parentSpanId"} & set(span):
                    span[name] = base64.b64decode(span[name]).hex()
    return told


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in small letters."""


def post(
    url: str, body: Any, media: str = PROTOBUF, path: str = "/v1/traces", *, method: str = "POST", **headers: str
) -> Reply:
    """Send one request; `_` in the name of a header stands for `-`."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(
            method, path, body, {"content-type": media, **named}, encode_chunked="transfer-encoding" in named
        )
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


@dataclass
class Running:
    """A receiver in a thread."""

    folder: Path
    url: str = ""
    stop: bool = False
    counts: CaptureCounts = field(default_factory=CaptureCounts)
    warnings: list[str] = field(default_factory=list)


@contextmanager
def receiving(
    folder: Path, limits: ReceiverLimits = MANY, token: str | None = None, most: CaptureLimits = _ROOMY
) -> Iterator[Running]:
    """A receiver that listens; ends in good order with the block."""
    running, ready = Running(folder), threading.Event()

    def on_ready(url: str) -> None:
        running.url = url
        ready.set()

    def serve() -> None:
        running.counts = server.serve(
            folder, host="127.0.0.1", port=0, token=token, limits=limits, most=most, on_ready=on_ready,
            on_tick=lambda _: running.stop, warn=running.warnings.append,
        )  # fmt: skip

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(240)
        yield running
    finally:
        running.stop = True
        thread.join()


@dataclass
class Process:
    """`rag-eval capture` in a process of its own."""

    process: ForkedProcess
    url: str

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def end(self, by: int = signal.SIGTERM) -> str:
        """End it in good order; returns what it printed on standard output."""
        self.process.send_signal(by)
        return self.ended()

    def ended(self) -> str:
        """Wait until it ends in good order by itself; returns what it printed on standard output."""
        assert self.process.wait() == 0, self.complaints()
        return self.process.out.read_text()

    def complaints(self) -> str:
        """What it printed on standard error."""
        return self.process.error.read_text()


@contextmanager
def captured(forker: Forker, folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run the command on a free port until the block ends."""
    with tempfile.TemporaryDirectory() as name:
        ready, out, error = (Path(name, part) for part in ("ready", "out", "error"))
        argv = ("capture", "-o", str(folder), "--port", "0", "--ready-file", str(ready), *options)
        environ = {**os.environ, **(env or {})}
        with forker.start(*argv, cwd=Path.cwd(), env=environ, out=out, error=error) as process:
            while not ready.exists():
                assert process.poll() is None, error.read_text()
                time.sleep(0.01)
            yield Process(process, ready.read_text())


def exchanges(folder: Path) -> dict[str, traces.Exchange]:
    """Trace id to what was asked, all of a folder."""
    found = [one for one in traces.read(str(folder)) if isinstance(one, traces.Exchange)]
    told = {str(one.trace_id): one for one in found}
    assert len(told) == len(found)
    return told


def apart_from_place(exchange: traces.Exchange) -> traces.Exchange:
    """An exchange without where it stood."""
    return replace(exchange, file="", line=0)
