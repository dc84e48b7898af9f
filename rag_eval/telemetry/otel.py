"""Spans by the OpenTelemetry SDK, sent by OTLP over HTTP. The one place that imports it, and only when configured.

Settings are the standard variables: `OTEL_EXPORTER_OTLP_ENDPOINT`, `…_TRACES_ENDPOINT`, `…_HEADERS`, `…_TIMEOUT`,
`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_SDK_DISABLED`. The provider
is not made the process's own: spans of MLflow and of other libraries do not come along.
"""

import logging
import os
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from rag_eval.errors import ReasonedError
from rag_eval.records import Reason
from rag_eval.telemetry.protocols import Attributes, Kind, OpenSpan, RunSpan, Value

CLOSING_S = 2.0
"""Seconds that the end of a run waits for spans to be sent."""
_TIMEOUT_S = 3.0
"""Of one request to the endpoint."""
_WAITING = 8192
"""Spans that may wait to be sent."""
_ATTRIBUTES = 1024
"""The SDK's own 128 would lose the first attributes of a span with 40 contexts."""
_LONGEST = 32_768
"""Characters of a question, an answer or a context."""

_PLACE = re.compile(r"^[^:/?#@]*://|[/?#].*$")
"""What stands around the user, the host and the port of a URL."""

_log = structlog.get_logger()
_planned: ContextVar[int | None] = ContextVar("planned", default=None)


class _Ids(RandomIdGenerator):
    """Random ids, but for a trace whose id was known before."""

    def generate_trace_id(self) -> int:
        """The id that is planned, else a random one."""
        return _planned.get() or super().generate_trace_id()


class _Sending(SpanExporter):
    """Sends batches from a thread of the SDK's; the first that is not taken is told of, the rest are counted."""

    def __init__(self, exporter: OTLPSpanExporter, where: str) -> None:
        self._exporter, self._where = exporter, where
        self._stopped = self._complained = False
        self.sent = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; says once that it was not taken."""
        if self._stopped:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.sent += len(spans)
        elif not self._complained and not self._stopped:
            self._complained = True
            _log.warning("spans could not be sent; the run goes on", where=self._where, do="see OTEL_EXPORTER_OTLP_*")
        return result

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped = True

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what waits."""
        return self._exporter.force_flush(timeout_millis)


class Tracer:
    """Makes spans and has them sent; closed at the end of a run."""

    def __init__(self, environ: Mapping[str, str], *, content: bool) -> None:
        """Raises `ValueError` for a setting that the SDK does not take."""
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # what goes wrong is told here, once
        self.content = content
        self.where = _endpoint(environ)
        exporter = OTLPSpanExporter(timeout=None if _any(environ, "TIMEOUT", "TRACES_TIMEOUT") else _TIMEOUT_S)
        self._sending = _Sending(exporter, self.where)
        self._provider = TracerProvider(
            resource=Resource.create(_resource(environ)),
            shutdown_on_exit=False,
            id_generator=_Ids(),
            span_limits=SpanLimits(None if "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in environ else _ATTRIBUTES),
        )
        queue = None if "OTEL_BSP_MAX_QUEUE_SIZE" in environ else _WAITING
        self._provider.add_span_processor(BatchSpanProcessor(self._sending, max_queue_size=queue))
        self._tracer = self._provider.get_tracer("rag_eval")
        self._ended = 0
        self._open: set[_Opened] = set()

    def span(self, name: str, kind: Kind, attributes: Attributes, *, outgoing: bool) -> AbstractContextManager[RunSpan]:
        """A span around a block."""
        kept = {"openinference.span.kind": kind, **_clean(attributes)}
        side = trace.SpanKind.CLIENT if outgoing else trace.SpanKind.INTERNAL
        return _Block(self, self._tracer.start_span(name, kind=side, attributes=kept))

    def opened(self, name: str, attributes: Attributes, *, trace_id: str | None, beside: OpenSpan | None) -> OpenSpan:
        """The first span of a trace."""
        kept = {"openinference.span.kind": "CHAIN", **_clean(attributes)}
        links = [trace.Link(beside.span.context)] if isinstance(beside, _Opened) else []
        token = _planned.set(int(trace_id, 16) if trace_id else None)
        try:
            made = self._tracer.start_span(name, context.Context(), attributes=kept, links=links)
        finally:
            _planned.reset(token)
        opened = _Opened(self, made)
        self._open.add(opened)
        return opened

    def traceparent(self) -> str | None:
        """The current span as a header; None if there is none or it is not sampled."""
        current = trace.get_current_span()
        if not current.is_recording():
            return None
        at = current.get_span_context()
        return f"00-{at.trace_id:032x}-{at.span_id:016x}-01"

    def ended(self, span: trace.Span) -> None:
        """End a span and count it."""
        self._ended += span.is_recording()
        span.end()

    def forget(self, opened: "_Opened") -> None:
        """It has been ended, or never will be."""
        self._open.discard(opened)

    def close(self) -> None:
        """Send what waits, for two seconds at most; say how many spans were not sent."""
        for opened in tuple(self._open):
            opened.span.failed(Reason.INTERRUPTED)
            opened.end()
        ending = threading.Thread(target=self._provider.shutdown, name="rag-eval-spans", daemon=True)
        ending.start()
        ending.join(CLOSING_S)
        self._sending.stop()
        lost = self._ended - self._sending.sent
        if lost > 0:
            _log.warning("some spans were not sent", lost=lost, of=self._ended, where=self.where)


class _Said:
    """A span of the SDK as ours."""

    def __init__(self, made: trace.Span, *, content: bool) -> None:
        self._made, self._content = made, content

    @property
    def context(self) -> trace.SpanContext:
        """Where it stands."""
        return self._made.get_span_context()

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._made.set_attributes(_clean(attributes))

    def set_content(self, attributes: Attributes) -> None:
        """Add attributes that hold words of a question, an answer or a context, if they are asked for."""
        if self._content:
            self.set(attributes)

    def event(self, name: str, attributes: Attributes) -> None:
        """Something that happened just now."""
        self._made.add_event(name, _clean(attributes))

    def failed(self, reason: str) -> None:
        """Say that the work came to nothing, by a short code."""
        self._made.set_attribute("error.type", reason)
        self._made.set_status(trace.StatusCode.ERROR, reason)


class _Block(AbstractContextManager[RunSpan]):
    """A span around a block."""

    def __init__(self, tracer: Tracer, made: trace.Span) -> None:
        self._tracer, self._made = tracer, made
        self._token: Any = None

    def __enter__(self) -> RunSpan:
        self._token = context.attach(trace.set_span_in_context(self._made))
        return _Said(self._made, content=self._tracer.content)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        context.detach(self._token)
        if error is not None:
            reason = error.reason if isinstance(error, ReasonedError) else type(error).__name__
            _Said(self._made, content=False).failed(reason)
        self._tracer.ended(self._made)


class _Opened:
    """A span that is ended by hand."""

    def __init__(self, tracer: Tracer, made: trace.Span) -> None:
        self._tracer, self._made = tracer, made
        self.span = _Said(made, content=tracer.content)

    def within(self) -> AbstractContextManager[object]:
        """Spans that begin in this block stand beneath it."""
        return trace.use_span(self._made, end_on_exit=False, record_exception=False, set_status_on_exception=False)

    def end(self) -> None:
        """Let it be sent."""
        self._tracer.forget(self)
        self._tracer.ended(self._made)

    def drop(self) -> None:
        """Forget it."""
        self._tracer.forget(self)


def _any(environ: Mapping[str, str], *names: str) -> bool:
    return any(environ.get(f"OTEL_EXPORTER_OTLP_{name}") for name in names)


def _endpoint(environ: Mapping[str, str]) -> str:
    """The host and port for messages: a user, a path or a query may hold a secret."""
    prefix = "OTEL_EXPORTER_OTLP_"
    url = environ.get(f"{prefix}TRACES_ENDPOINT") or environ.get(f"{prefix}ENDPOINT") or ""
    return _PLACE.sub("", url).rpartition("@")[2]


def _resource(environ: Mapping[str, str]) -> dict[str, Value]:
    from rag_eval._version import __version__

    named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {"service.version": __version__, **({} if named else {"service.name": "rag-eval"})}


def _clean(attributes: Attributes) -> dict[str, Value]:
    """What protobuf takes: no halves of surrogate pairs, which would lose the whole batch, and no endless texts."""
    return {name: _text(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _text(value: str) -> str:
    short = value[:_LONGEST]
    return short if short.isascii() else short.encode("utf-8", "replace").decode()


def connect(environ: Mapping[str, str] = os.environ, *, content: bool) -> Tracer | None:
    """A tracer by the environment's settings; None, with a warning, for settings that the SDK does not take."""
    try:
        return Tracer(environ, content=content)
    except (ValueError, TypeError, OSError) as error:
        _log.warning(
            "spans cannot be sent; the run goes on", error=type(error).__name__, do="see OTEL_* in the environment"
        )
        return None
