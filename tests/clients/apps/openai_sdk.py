"""OpenAI's SDK with OpenTelemetry's own instrumentation, whose words are log events, and retrieval spans by hand."""

import json
import os

os.environ |= {
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "EVENT_ONLY",
    "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
}

import hotel
import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor

logs = LoggerProvider()
logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter()))
OpenAIInstrumentor().instrument(tracer_provider=hotel.tracing(), logger_provider=logs)
client = openai.OpenAI(base_url=hotel.model_url(), api_key="x", max_retries=0)
tracer = trace.get_tracer("hotel")


def ask(question: str) -> None:
    """Retrieve and ask the model inside a span of the request."""
    with tracer.start_as_current_span("POST /ask"):
        keys = hotel.search(question)
        documents = json.dumps([{"id": key, "content": hotel.PASSAGES[key], "score": 1.0} for key in keys])
        named = {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": question}
        with tracer.start_as_current_span("retrieval", attributes={**named, "gen_ai.retrieval.documents": documents}):
            pass
        messages = [{"role": "user", "content": hotel.prompt(keys, question)}]
        if question == hotel.STREAMED:
            list(client.chat.completions.create(model="m", messages=messages, stream=True))
        else:
            client.chat.completions.create(model="m", messages=messages)


hotel.ask_all(ask)
