"""One conversation, as it stands in every dialect and every form that captured traces come in."""

import base64
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

QUESTION = "When does the harbour office open?"
ANSWER = "It opens at eight in the morning."
DOCUMENTS = (("doc-1", "The harbour office opens at 8.", 0.9), ("doc-2", "Ferries leave every hour.", 0.4))
TEXTS = tuple(text for _, text, _ in DOCUMENTS)
IDS = tuple(key for key, _, _ in DOCUMENTS)
TRACE, ROOT, INNER, MODEL = (
    "5b8efff798038103d269b633813fc60c",
    "eee19b7ec3c1b174",
    "eee19b7ec3c1b175",
    "eee19b7ec3c1b176",
)
START = 1_736_935_200_000_000_000
SECOND = 1_000_000_000
AUGMENTED = f"Answer from these passages:\n{TEXTS[0]}\n{TEXTS[1]}\nQuestion: {QUESTION}"

Files = dict[str, bytes]


def any_value(value: Any) -> dict[str, Any]:
    """A value as OTLP's JSON has it."""
    match value:
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [any_value(one) for one in value]}}
        case _:
            return {"kvlistValue": {"values": pairs(value)}}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP's JSON has them."""
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def span(key: str, parent: str, name: str, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A span of the one trace; the root takes two seconds, what is inside it one."""
    took = SECOND if parent else 2 * SECOND
    return {
        "traceId": TRACE,
        "spanId": key,
        "parentSpanId": parent,
        "name": name,
        "kind": "SPAN_KIND_INTERNAL",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": START + took,
        "attributes": pairs(attributes),
        **more,
    }


def otlp(spans: list[dict[str, Any]]) -> dict[str, Any]:
    """What the Collector writes in one line."""
    resource = {"attributes": pairs({"service.name": "harbour"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "x"}, "spans": spans}]}]}


def openinference_attributes() -> list[dict[str, Any]]:
    """Attributes of the root, of the retriever and of the model."""
    documents: dict[str, Any] = {}
    for index, (key, text, score) in enumerate(DOCUMENTS):
        prefix = f"retrieval.documents.{index}.document"
        documents |= {f"{prefix}.id": key, f"{prefix}.content": text, f"{prefix}.score": score}
        documents[f"{prefix}.metadata"] = json.dumps({"source": "harbour.md"})
    model = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": AUGMENTED,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": ANSWER,
    }
    return [
        {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER, "session.id": "s-1"},
        {"openinference.span.kind": "RETRIEVER", "input.value": QUESTION, **documents},
        {"openinference.span.kind": "LLM", **model},
    ]


def openinference() -> list[dict[str, Any]]:
    """The spans, with OpenInference's attributes."""
    root, retriever, model = openinference_attributes()
    return [
        span(ROOT, "", "ask", root),
        span(INNER, ROOT, "retrieve", retriever),
        span(MODEL, ROOT, "generate", model),
    ]


def genai(*, structured: bool) -> list[dict[str, Any]]:
    """The spans with OpenTelemetry's attributes; content as JSON strings or structured."""
    written: Callable[[Any], Any] = (lambda value: value) if structured else json.dumps
    documents = [{"id": key, "content": text, "score": score} for key, text, score in DOCUMENTS]
    asked = [{"role": "user", "parts": [{"type": "text", "content": AUGMENTED}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}], "finish_reason": "stop"}]
    retrieval = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": QUESTION,
        "gen_ai.retrieval.documents": written(documents),
        "gen_ai.retrieval.top_k": 2,
    }
    chat = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": written(asked),
        "gen_ai.output.messages": written(said),
        "gen_ai.conversation.id": "s-1",
    }
    return [
        span(ROOT, "", "POST /ask", {"http.request.method": "POST"}),
        span(INNER, ROOT, "retrieval docs", retrieval),
        span(MODEL, ROOT, "chat m", chat),
    ]


def mlflow_attributes() -> list[dict[str, Any]]:
    """MLflow's attributes, each a JSON text."""
    documents = [
        {"page_content": text, "metadata": {"doc_uri": "harbour.md", "score": score}, "id": key}
        for key, text, score in DOCUMENTS
    ]
    plain: list[dict[str, Any]] = [
        {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": {"question": QUESTION}, "mlflow.spanOutputs": ANSWER},
        {"mlflow.spanType": "RETRIEVER", "mlflow.spanInputs": {"q": QUESTION}, "mlflow.spanOutputs": documents},
    ]
    return [{key: json.dumps(value) for key, value in each.items()} for each in plain]


def mlflow_trace() -> dict[str, Any]:
    """What `Trace.to_json` writes: base64 ids, attributes as JSON texts."""
    ids = [(ROOT, None), (INNER, ROOT)]
    spans: list[dict[str, Any]] = [
        {
            "trace_id": in_base64(TRACE),
            "span_id": in_base64(key),
            "parent_span_id": parent and in_base64(parent),
            "name": "ask",
            "start_time_unix_nano": START,
            "end_time_unix_nano": START + 2 * SECOND,
            "status": {"code": "STATUS_CODE_OK", "message": ""},
            "events": [],
            "attributes": attributes,
        }
        for (key, parent), attributes in zip(ids, mlflow_attributes(), strict=True)
    ]
    metadata = {"mlflow.trace.session": "s-1", "mlflow.traceInputs": json.dumps({"question": QUESTION})}
    info = {
        "trace_id": f"tr-{TRACE}",
        "request_time": "2025-01-15T10:00:00Z",
        "execution_duration_ms": 2000,
        "state": "OK",
        "trace_metadata": metadata,
        "tags": {},
    }
    return {"info": info, "data": {"spans": spans}}


def in_base64(hexadecimal: str) -> str:
    """An id as protobuf's JSON has it."""
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def langfuse_observations(*, snake: bool) -> list[dict[str, Any]]:
    """A root and a retriever, in the names of the API or of the blob export."""
    documents = [{"id": key, "content": text, "score": score} for key, text, score in DOCUMENTS]
    if snake:
        names = ("trace_id", "parent_observation_id", "start_time", "end_time")
    else:
        names = ("traceId", "parentObservationId", "startTime", "endTime")
    times = ("2025-01-15 10:00:00.000000", "2025-01-15 10:00:02.000000")
    found: list[dict[str, Any]] = []
    parts: list[tuple[str, str | None, str, Any, Any]] = [
        (ROOT, None, "SPAN", {"query": QUESTION}, ANSWER),
        (INNER, ROOT, "RETRIEVER", QUESTION, documents),
    ]
    for key, parent, kind, asked, said in parts:
        held = dict(zip(names, (TRACE, parent, *times), strict=True))
        written = (json.dumps(asked), json.dumps(said)) if snake else (asked, said)
        found.append({"id": key, "type": kind, "name": "x", "input": written[0], "output": written[1], **held})
    return found


def langfuse_trace() -> dict[str, Any]:
    """A trace as the page downloads it: texts in JSON texts."""
    return {
        "id": TRACE, "projectId": "p", "timestamp": "2025-01-15T10:00:00.000Z", "sessionId": "s-1", "latency": 2.0,
        "input": json.dumps(QUESTION), "output": json.dumps(ANSWER), "scores": [], "metadata": "{}",
    }  # fmt: skip


def langsmith(*, nested: bool) -> list[dict[str, Any]]:
    """The runs of a trace."""
    times = {"start_time": "2025-01-15T10:00:00", "end_time": "2025-01-15T10:00:02"}
    documents = [
        {"page_content": text, "type": "Document", "metadata": {"id": key, "score": score}}
        for key, text, score in DOCUMENTS
    ]
    extra = {"metadata": {"thread_id": "s-1"}}
    root: dict[str, Any] = {
        "id": "r-1", "trace_id": "r-1", "parent_run_id": None, "run_type": "chain", "name": "ask", "extra": extra,
        "inputs": {"question": QUESTION}, "outputs": {"answer": ANSWER}, **times,
    }  # fmt: skip
    child: dict[str, Any] = {
        "id": "r-2", "trace_id": "r-1", "parent_run_id": "r-1", "run_type": "retriever", "name": "VectorStore",
        "inputs": {"query": QUESTION}, "outputs": {"documents": documents}, **times,
    }  # fmt: skip
    return [{**root, "child_runs": [child]}] if nested else [root, child]


def opik() -> list[dict[str, Any]]:
    """A trace and a span of it, as the page exports them."""
    times = {"start_time": "2025-01-15T10:00:00Z", "end_time": "2025-01-15T10:00:02Z", "project_name": "harbour"}
    documents = [{"id": key, "content": text, "score": score} for key, text, score in DOCUMENTS]
    return [
        {"id": "t-1", "name": "ask", "input": {"question": QUESTION}, "output": {"answer": ANSWER}, "thread_id": "s-1",
         **times},
        {"id": "s-1", "trace_id": "t-1", "parent_span_id": None, "type": "tool", "name": "retrieve",
         "input": {"query": QUESTION}, "output": {"documents": documents}, **times},
    ]  # fmt: skip


def haystack() -> list[dict[str, Any]]:
    """The spans with Haystack's own attributes, content as JSON."""
    documents = {"documents": [{"id": key, "content": text, "score": score} for key, text, score in DOCUMENTS]}
    data = {"retriever": {"query": QUESTION}, "prompt": {"question": QUESTION}}
    replies = {"replies": [{"role": "assistant", "content": [{"text": ANSWER}], "meta": {}}]}
    messages = {"messages": [{"role": "user", "content": [{"text": AUGMENTED}]}]}

    def component(name: str, asked: Any, output: Any) -> dict[str, Any]:
        told = {"type": name, "input": json.dumps(asked), "output": json.dumps(output)}
        return {f"haystack.component.{key}": value for key, value in told.items()}

    pipeline = {
        "haystack.pipeline.input_data": json.dumps(data),
        "haystack.pipeline.output_data": json.dumps({"llm": replies}),
    }
    return [
        span(ROOT, "", "haystack.pipeline.run", pipeline),
        span(INNER, ROOT, "haystack.component.run", component("BM25Retriever", {"query": QUESTION}, documents)),
        span(MODEL, ROOT, "haystack.component.run", component("OpenAIChatGenerator", messages, replies)),
    ]


def phoenix() -> list[dict[str, Any]]:
    """Spans as Phoenix gives them: ids in a context, attributes nested."""
    found: list[dict[str, Any]] = []
    ids = ((ROOT, None), (INNER, ROOT))
    documents = [{"document": {"id": key, "content": text, "score": score}} for key, text, score in DOCUMENTS]
    nested: list[dict[str, Any]] = [
        {"input": {"value": QUESTION}, "output": {"value": ANSWER}, "session": {"id": "s-1"}},
        {"input": {"value": QUESTION}, "retrieval": {"documents": documents}},
    ]
    for (key, parent), attributes, kind in zip(ids, nested, ("CHAIN", "RETRIEVER"), strict=True):
        found.append({
            "id": "U3BhbjoxMg==", "name": "query", "context": {"trace_id": TRACE, "span_id": key}, "span_kind": kind,
            "parent_id": parent, "start_time": "2025-01-15T10:00:00+00:00", "end_time": "2025-01-15T10:00:02+00:00",
            "status_code": "OK", "attributes": attributes, "events": [],
        })  # fmt: skip
    return found


def honeycomb() -> list[dict[str, Any]]:
    """Events with everything in one row."""
    return [
        {
            "timestamp": "2025-01-15T10:00:00Z", "trace.trace_id": TRACE, "trace.span_id": key, "duration_ms": 2000,
            "trace.parent_id": parent, "name": "x", **attributes,
        }
        for key, parent, attributes in zip((ROOT, INNER), ("", ROOT), openinference_attributes()[:2], strict=True)
    ]  # fmt: skip


def tempo(key: str) -> dict[str, Any]:
    """Tempo's shape, with protobuf's base64 ids and older names."""
    spans = [
        {**each, **{name: in_base64(each[name]) for name in ("traceId", "spanId", "parentSpanId")}}
        for each in openinference()
    ]
    resources = [{"resource": {}, "instrumentationLibrarySpans": [{"spans": spans}]}]
    return {"batches": resources} if key == "batches" else {"trace": {"resourceSpans": resources}}


def trulens(*, repr_of: bool = False) -> list[dict[str, Any]]:
    """Rows of TruLens' table of events; it records no ids."""
    prefix = "ai.observability."
    common = {f"{prefix}record_id": "rec-1"}
    attributes: list[dict[str, Any]] = [
        {f"{prefix}span_type": "record_root", f"{prefix}record_root.input": QUESTION,
         f"{prefix}record_root.output": ANSWER},
        {f"{prefix}span_type": "retrieval", f"{prefix}retrieval.query_text": QUESTION,
         f"{prefix}retrieval.retrieved_contexts": list(TEXTS)},
    ]  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "event_id": str(number), "record": {"name": "ask"}, "record_attributes": {**common, **held},
            "start_timestamp": "2025-01-15 10:00:00", "timestamp": "2025-01-15 10:00:02",
            "trace": {"trace_id": "123", "span_id": str(number), "parent_id": "" if number == 1 else "1"},
        }
        for number, held in enumerate(attributes, start=1)
    ]  # fmt: skip
    return [{key: str(value) for key, value in row.items()} for row in rows] if repr_of else rows


def openllmetry() -> list[dict[str, Any]]:
    """Traceloop's spans: inputs and outputs as JSON texts, prompts numbered."""
    asked = json.dumps({"inputs": {"question": QUESTION}, "kwargs": {}})
    workflow = {"traceloop.span.kind": "workflow", "traceloop.entity.input": asked}
    documents = [{"id": key, "page_content": text, "score": score} for key, text, score in DOCUMENTS]
    retriever = {"traceloop.span.kind": "retriever", "traceloop.entity.output": json.dumps(documents)}
    model = {
        "gen_ai.system": "openai", "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": AUGMENTED,
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": ANSWER,
    }  # fmt: skip
    return [
        span(ROOT, "", "ask", workflow),
        span(INNER, ROOT, "retrieve", retriever),
        span(MODEL, ROOT, "generate", model),
    ]


def protobuf() -> bytes:
    """The spans as one message."""
    from opentelemetry.proto.trace.v1 import trace_pb2

    data = trace_pb2.TracesData()
    scope = data.resource_spans.add().scope_spans.add()
    for each, attributes in zip(openinference(), openinference_attributes(), strict=True):
        made = scope.spans.add(
            trace_id=bytes.fromhex(TRACE),
            span_id=bytes.fromhex(each["spanId"]),
            parent_span_id=bytes.fromhex(each["parentSpanId"]),
            name=each["name"],
            start_time_unix_nano=START,
            end_time_unix_nano=each["endTimeUnixNano"],
        )
        for key, value in attributes.items():
            pair = made.attributes.add(key=key)
            if isinstance(value, float):
                pair.value.double_value = value
            else:
                pair.value.string_value = value
    return bytes(data.SerializeToString())


def framed(*records: bytes) -> bytes:
    """Records as the Collector's file exporter writes them."""
    return b"".join(len(record).to_bytes(4, "big") + record for record in records)


def zstd(raw: bytes) -> bytes:
    """Packed."""
    import zstandard

    return zstandard.ZstdCompressor().compress(raw)


def as_json(value: Any) -> bytes:
    """In one line."""
    return json.dumps(value).encode()


def as_lines(values: list[Any]) -> bytes:
    """One object a line."""
    return b"".join(as_json(one) + b"\n" for one in values)


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """A table."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def blob_export() -> Files:
    """Langfuse's folders, packed lines in each."""
    trace = langfuse_trace()
    snake = {
        "id": TRACE, "project_id": "p", "timestamp": "2025-01-15 10:00:00.000000", "session_id": "s-1",
        "input": trace["input"], "output": trace["output"],
    }  # fmt: skip
    score = {
        "id": "sc",
        "trace_id": TRACE,
        "name": "user-feedback",
        "value": 1,
        "data_type": "NUMERIC",
        "source": "API",
    }
    observations = as_lines(langfuse_observations(snake=True))
    return {
        "observations/a.jsonl.gz": gzip.compress(observations),
        "observations_v2/a.jsonl": observations,
        "scores/a.jsonl": as_lines([score]),
        "traces/a.jsonl": as_lines([snake]),
    }


def api_page(*, whole: bool) -> bytes:
    """What Langfuse's API answers: traces with all that is in them, or observations by themselves."""
    observations = langfuse_observations(snake=False)
    data = [{**langfuse_trace(), "observations": observations}] if whole else observations
    return as_json({"data": data, "meta": {"page": 1}})


def mlflow_row() -> dict[str, Any]:
    """A row of the table that `search_traces` gives."""
    return {
        "trace_id": f"tr-{TRACE}",
        "trace": json.dumps(mlflow_trace()),
        "state": "OK",
        "spans": [],
        "execution_duration": 2000,
    }


def plain_row() -> dict[str, Any]:
    """A log of somebody's own."""
    documents = [{"id": key, "text": text, "score": score} for key, text, score in DOCUMENTS]
    return {"query": QUESTION, "answer": ANSWER, "contexts": documents, "latency_s": 2.0, "session_id": "s-1",
            "asked_at": "2025-01-15T10:00:00Z"}  # fmt: skip


def ui_download() -> dict[str, Any]:
    """What Langfuse's page downloads."""
    return {"trace": langfuse_trace(), "observations": langfuse_observations(snake=False)}


DIALECTS: dict[str, tuple[str, Callable[[], Files]]] = {
    "collector line": ("openinference", lambda: {"t.jsonl": as_lines([otlp(openinference())])}),
    "collector, a span a line": ("openinference", lambda: {"t.json": as_lines([otlp([s]) for s in openinference()])}),
    "rotated files": (
        "openinference",
        lambda: {f"t-{n}.jsonl": as_lines([otlp([s])]) for n, s in enumerate(openinference())},
    ),
    "one document": ("openinference", lambda: {"t.json": json.dumps(otlp(openinference()), indent=2).encode()}),
    "gzip": ("openinference", lambda: {"t.jsonl.gz": gzip.compress(as_lines([otlp(openinference())]))}),
    "zstd": ("openinference", lambda: {"t.jsonl.zst": zstd(as_lines([otlp(openinference())]))}),
    "protobuf": ("openinference", lambda: {"t.pb": protobuf()}),
    "protobuf in gzip": ("openinference", lambda: {"t.pb.gz": gzip.compress(protobuf())}),
    "protobuf records": ("openinference", lambda: {"t.proto": framed(protobuf())}),
    "zstd protobuf records": ("openinference", lambda: {"t.zst": framed(zstd(protobuf()))}),
    "zstd JSON records": ("openinference", lambda: {"t.zst": framed(zstd(as_json(otlp(openinference()))))}),
    "list of spans": ("openinference", lambda: {"t.json": as_json(openinference())}),
    "Tempo batches": ("openinference", lambda: {"t.json": as_json(tempo("batches"))}),
    "Tempo trace": ("openinference", lambda: {"t.json": as_json(tempo("trace"))}),
    "Honeycomb": ("openinference", lambda: {"t.json": as_json(honeycomb())}),
    "Phoenix": ("openinference", lambda: {"t.json": json.dumps(phoenix(), indent=1).encode()}),
    "GenAI in JSON strings": ("otel-genai", lambda: {"t.json": as_json(otlp(genai(structured=False)))}),
    "GenAI structured": ("otel-genai", lambda: {"t.json": as_json(otlp(genai(structured=True)))}),
    "OpenLLMetry": ("openllmetry", lambda: {"t.json": as_json(otlp(openllmetry()))}),
    "MLflow": ("mlflow", lambda: {"t.json": as_json(mlflow_trace())}),
    "MLflow list": ("mlflow", lambda: {"t.json": json.dumps([mlflow_trace()], indent=2).encode()}),
    "MLflow lines": ("mlflow", lambda: {"t.jsonl": as_lines([mlflow_trace()])}),
    "MLflow table": ("mlflow", lambda: {"t.json": as_json([mlflow_row()])}),
    "MLflow over OTLP": (
        "mlflow",
        lambda: {"t.json": as_json(otlp([
            span(key, parent, "x", held)
            for key, parent, held in zip((ROOT, INNER), ("", ROOT), mlflow_attributes(), strict=True)
        ]))},
    ),
    "Langfuse page": ("langfuse", lambda: {"t.json": json.dumps(ui_download(), indent=2).encode()}),
    "Langfuse API": ("langfuse", lambda: {"t.json": api_page(whole=True)}),
    "Langfuse API observations": ("langfuse", lambda: {"t.json": api_page(whole=False)}),
    "Langfuse blob": ("langfuse", blob_export),
    "Langfuse CSV": ("langfuse", lambda: {"t.csv": as_csv(langfuse_observations(snake=True))}),
    "LangSmith list": ("langsmith", lambda: {"t.json": as_json(langsmith(nested=False))}),
    "LangSmith lines": ("langsmith", lambda: {"t.jsonl": as_lines(langsmith(nested=False)[::-1])}),
    "LangSmith nested": ("langsmith", lambda: {"t.json": as_json(langsmith(nested=True))}),
    "Opik": ("opik", lambda: {"t.json": as_json(opik())}),
    "Haystack": ("haystack", lambda: {"t.json": as_json(otlp(haystack()))}),
    "TruLens": ("trulens", lambda: {"t.json": as_json(trulens())}),
    "TruLens CSV": ("trulens", lambda: {"t.csv": as_csv(trulens(repr_of=True))}),
    "plain rows": ("jsonl", lambda: {"t.jsonl": as_lines([plain_row()])}),
}  # fmt: skip
WITHOUT_IDS = {"trulens"}


def write(folder: Path, files: Files) -> str:
    """Write the files; the path of the only one, or of the folder."""
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return str(folder / next(iter(files)) if len(files) == 1 else folder)
