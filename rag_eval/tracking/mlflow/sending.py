"""Traces to an MLflow server, or to a database that is no file: one call for each trace, and one for all their spans.

There is no call that takes the scores of several traces, so that a server's time for each is what it costs.
"""

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

from mlflow.entities import Span, TraceInfo
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_TIMEOUT
from mlflow.protos.service_pb2 import TraceInfoV3
from mlflow.tracing.client import TracingClient
from mlflow.tracing.utils.otlp import MLFLOW_EXPERIMENT_ID_HEADER, OTLP_TRACES_PATH
from mlflow.utils.proto_json_utils import parse_dict
from mlflow.utils.rest_utils import http_request, verify_rest_response
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from rag_eval.tracking import store
from rag_eval.tracking.mlflow.database import DatabaseWriter
from rag_eval.tracking.mlflow.traces import MlflowAssessment, MlflowSpan, RunTraces, Trace, TraceDraft

_PATIENCE_S = 60.0
THREADS = 8
"""Traces written at a time to a server; each write waits for the network most of its time."""
_START_TRACE = "/api/3.0/mlflow/traces"


def _patience() -> float:
    """Seconds for a call to a server that has answered before: one with logins is slow where many come at a time."""
    return max(_PATIENCE_S, float(MLFLOW_HTTP_REQUEST_TIMEOUT.get()))


class TraceWriter(Protocol):
    """Writes traces to a store; the same ones again change nothing."""

    chunk: int
    """How many it likes to have at a time."""

    def write(self, traces: Sequence[Trace]) -> None:
        """Write traces."""
        ...


def write_missing(
    writer: TraceWriter, traces: RunTraces, drafts: Iterable[TraceDraft], sent: MutableMapping[str, str]
) -> Iterator[int]:
    """Write those traces that a store has not, a chunk at a time; yields how many came by, after each.

    `sent` is trace to digest of what the store has, and grows with what it is given.
    """
    rest, count = iter(drafts), 0
    while chunk := list(islice(rest, writer.chunk)):
        missing = [draft for draft in chunk if sent.get(draft.id) != draft.digest]
        if missing:
            writer.write([traces.made(draft) for draft in missing])
            sent.update({draft.id: draft.digest for draft in missing})
        count += len(chunk)
        yield count


def writer_of(uri: str, experiment_id: str) -> TraceWriter:
    """The fastest way in which a store takes traces."""
    if store.is_server(uri):
        return ServerWriter(uri, experiment_id)
    return DatabaseWriter(uri, experiment_id) if DatabaseWriter.takes(uri) else ClientWriter(uri, experiment_id)


class ServerWriter:
    """Writes to a server over several connections.

    The body of each call is made here. MLflow's client takes 10 ms a call: it makes entities and messages of it, and
    reads an answer that repeats all of it.
    """

    chunk = 100

    def __init__(self, uri: str, experiment_id: str) -> None:
        self._tracing = TracingClient(uri)
        self._experiment = experiment_id

    def write(self, traces: Sequence[Trace]) -> None:
        """Write traces, each by a call, then all their spans by one."""
        if not traces:
            return
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(self._start, traces):
                pass
        self._send_spans(_entities(traces))

    def _send_spans(self, spans: Iterable[Span]) -> None:
        """As MLflow's client does, but without asking the server for its release, as it does with a limit of 3 s."""
        request = ExportTraceServiceRequest()
        request.resource_spans.add().scope_spans.add().spans.extend(span.to_otel_proto() for span in spans)
        headers = {"Content-Type": "application/x-protobuf", MLFLOW_EXPERIMENT_ID_HEADER: self._experiment}
        creds, body = self._tracing.store.get_host_creds(), request.SerializeToString()
        response = http_request(creds, OTLP_TRACES_PATH, "POST", data=body, extra_headers=headers, timeout=_patience())
        verify_rest_response(response, OTLP_TRACES_PATH)

    def _start(self, trace: Trace) -> None:
        body = {"trace": {"trace_info": info(self._experiment, trace)}}
        response = http_request(
            self._tracing.store.get_host_creds(), _START_TRACE, "POST", json=body, timeout=_patience()
        )
        verify_rest_response(response, _START_TRACE)


class ClientWriter:
    """Writes a trace at a time by MLflow's client, whatever the store is."""

    chunk = 100

    def __init__(self, uri: str, experiment_id: str) -> None:
        self._tracing = TracingClient(uri)
        self._experiment = experiment_id

    def write(self, traces: Sequence[Trace]) -> None:
        """Write traces, then all their spans."""
        for trace in traces:
            message = TraceInfoV3()
            parse_dict(info(self._experiment, trace), message)
            self._tracing.start_trace(TraceInfo.from_proto(message))
        self._tracing.log_spans(self._experiment, list(_entities(traces)))


def info(experiment_id: str, trace: Trace) -> dict[str, Any]:
    """A trace without its spans, as the body of MLflow's call has it."""
    return {
        "trace_id": trace.id,
        "client_request_id": trace.case_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}},
        "request_preview": trace.question,
        "response_preview": trace.answer,
        "request_time": _time(trace.asked),
        "execution_duration": f"{trace.took / 1000:.3f}s",
        "state": "ERROR" if trace.failed else "OK",
        "trace_metadata": dict(trace.metadata),
        "tags": {"mlflow.traceName": trace.name, **trace.tags},
        "assessments": [_assessment(trace, assessment) for assessment in trace.assessments],
    }


def _assessment(trace: Trace, assessment: MlflowAssessment) -> dict[str, Any]:
    error = assessment.error and dict(zip(("error_code", "error_message"), assessment.error, strict=True))
    return {
        "assessment_id": assessment.id,
        "assessment_name": assessment.name,
        "trace_id": trace.id,
        "source": {"source_type": assessment.source.kind, "source_id": assessment.source.name},
        "create_time": _time(trace.scored),
        "last_update_time": _time(trace.scored),
        "feedback": {"error": error} if error else {"value": assessment.value},
        **({} if assessment.rationale is None else {"rationale": assessment.rationale}),
        "metadata": dict(assessment.metadata),
        "valid": True,
    }


def _time(milliseconds: int) -> str:
    """A time as protobuf's JSON has it."""
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _entities(traces: Iterable[Trace]) -> Iterator[Span]:
    for trace in traces:
        for span in trace.spans:
            yield Span.from_dict(_span(trace, span))


def _span(trace: Trace, span: MlflowSpan) -> dict[str, Any]:
    return {
        "trace_id": trace.id,
        "span_id": span.id,
        "parent_span_id": span.parent,
        "name": span.name,
        "start_time_unix_nano": span.begins,
        "end_time_unix_nano": span.ends,
        "status": {"code": f"STATUS_CODE_{'ERROR' if span.failed else 'OK'}", "message": ""},
        "attributes": span.encoded,
        "events": [],
    }
