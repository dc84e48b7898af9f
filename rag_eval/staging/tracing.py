"""Spans by OpenTelemetry: requests, calls of parts, and what is found and said between them.

Requests, HTTP calls and Redis are told by OpenTelemetry's own instrumentation. Two spans are ours, with the names of
OpenInference and of OpenTelemetry's GenAI conventions: `retrieve` and `generate`. They hold words of a question, a
passage or an answer only where the settings ask for it. Spans go where the standard variables say
(`OTEL_EXPORTER_OTLP_ENDPOINT` and its kin); without them, or with `OTEL_SDK_DISABLED`, nothing is made or sent.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from opentelemetry import trace

from rag_eval.staging.retrieval import RetrievedPassage
from rag_eval.staging.writer import TokenUsage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_UNTOLD = "health,ready,metrics"
_CLOSING_S = 2.0
_ATTRIBUTES = 1024
"""The SDK's own 128 would lose the first attributes of a span with 20 passages."""


class Tracing:
    """Makes spans; without a provider they cost next to nothing."""

    def __init__(self, provider: "TracerProvider | None", *, content: bool) -> None:
        self._provider, self._content = provider, content
        self._tracer = trace.get_tracer("rag_eval.staging", tracer_provider=provider)

    def watch(self, app: FastAPI) -> None:
        """Have requests to an application, calls over HTTP and to Redis told."""
        if self._provider is None:
            return
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
        from opentelemetry.instrumentation.redis import RedisInstrumentor

        FastAPIInstrumentor.instrument_app(
            app, tracer_provider=self._provider, excluded_urls=_UNTOLD, exclude_spans=["receive", "send"]
        )
        for instrumentor in (HTTPX2ClientInstrumentor(), HTTPXClientInstrumentor(), RedisInstrumentor()):
            if not instrumentor.is_instrumented_by_opentelemetry:
                instrumentor.instrument(tracer_provider=self._provider)

    @contextmanager
    def retrieval(self, query: str, k: int) -> Iterator["RetrievalSpan"]:
        """A span around the finding of passages."""
        attributes = {"openinference.span.kind": "RETRIEVER", "gen_ai.operation.name": "retrieval"}
        with self._tracer.start_as_current_span(
            "retrieve", attributes={**attributes, "gen_ai.retrieval.top_k": k}, record_exception=False
        ) as span:
            if self._content:
                span.set_attributes({"input.value": query, "gen_ai.retrieval.query.text": query})
            yield RetrievalSpan(span, content=self._content)

    @contextmanager
    def generation(self, model: str, query: str) -> Iterator["AnswerSpan"]:
        """A span around the writing of an answer."""
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.model_name": model,
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
        }
        with self._tracer.start_as_current_span(
            f"chat {model}", kind=trace.SpanKind.CLIENT, attributes=attributes, record_exception=False
        ) as span:
            if self._content:
                span.set_attribute("input.value", query)
            yield AnswerSpan(span, content=self._content)

    @contextmanager
    def answering(self, query: str) -> Iterator["AnswerSpan"]:
        """A span around finding and answering, which holds the question and its answer."""
        with self._tracer.start_as_current_span(
            "answer", attributes={"openinference.span.kind": "CHAIN"}, record_exception=False
        ) as span:
            if self._content:
                span.set_attribute("input.value", query)
            yield AnswerSpan(span, content=self._content)

    @contextmanager
    def indexing(self, document: str) -> Iterator[None]:
        """A span around the indexing of a document, in the trace of the request that brought it."""
        attributes = {"openinference.span.kind": "CHAIN", "rag.document.id": document}
        with self._tracer.start_as_current_span("index document", attributes=attributes, record_exception=False):
            yield

    def close(self) -> None:
        """Send what waits, for two seconds at most."""
        if self._provider is not None:
            ending = threading.Thread(target=self._provider.shutdown, name="spans", daemon=True)
            ending.start()
            ending.join(_CLOSING_S)


class RetrievalSpan:
    """The span of a retrieval."""

    def __init__(self, span: trace.Span, *, content: bool) -> None:
        self._span, self._content = span, content

    def hits(self, hits: Sequence[RetrievedPassage]) -> None:
        """Tell what was found."""
        if not self._span.is_recording():
            return
        documents = [{"id": hit.passage.id, "score": hit.score} for hit in hits]
        self._span.set_attribute("gen_ai.retrieval.documents", json.dumps(documents))
        for n, hit in enumerate(hits):
            prefix = f"retrieval.documents.{n}.document."
            self._span.set_attributes({f"{prefix}id": hit.passage.id, f"{prefix}score": hit.score})
            if self._content:
                self._span.set_attribute(f"{prefix}content", _sayable(hit.passage.text))


class AnswerSpan:
    """The span of an answer."""

    def __init__(self, span: trace.Span, *, content: bool) -> None:
        self._span, self._content = span, content

    def answer(self, text: str) -> None:
        """Tell what was said."""
        if self._content:
            self._span.set_attribute("output.value", _sayable(text))

    def usage(self, usage: TokenUsage) -> None:
        """Tell what it cost."""
        self._span.set_attributes(
            {
                "gen_ai.usage.input_tokens": usage.input,
                "gen_ai.usage.output_tokens": usage.output,
                "llm.token_count.prompt": usage.input,
                "llm.token_count.completion": usage.output,
            }
        )

    def failed(self, kind: str) -> None:
        """Tell that there is no answer, by a short word."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(trace.StatusCode.ERROR, kind)

    def degraded(self, parts: Sequence[str]) -> None:
        """Tell which parts were away."""
        if parts:
            self._span.set_attribute("rag.degraded_by", list(parts))


def connect(environ: Mapping[str, str] = os.environ, *, content: bool) -> Tracing:
    """Spans by the environment's settings; none where it names no endpoint.

    Where somebody runs the service under `opentelemetry-instrument`, its provider is used and nothing is set up here.
    """
    named = any(environ.get(name) for name in _ENDPOINTS)
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    under_another = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    return Tracing(None if not named or off or under_another else _provider(environ), content=content)


def _provider(environ: Mapping[str, str]) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    provider = TracerProvider(
        resource=Resource.create({} if named else {"service.name": "rag-eval-staging"}),
        shutdown_on_exit=False,
        span_limits=SpanLimits(None if "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in environ else _ATTRIBUTES),
    )
    configured = any(environ.get(f"OTEL_EXPORTER_OTLP_{name}") for name in ("TIMEOUT", "TRACES_TIMEOUT"))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=None if configured else _CLOSING_S)))
    return provider


def _sayable(text: str) -> str:
    """What protobuf takes: halves of surrogate pairs would lose the whole batch."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
