"""Bodies of the receiver's answers, as OTLP's exporters read them."""

import json

import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from rag_eval.traces.receiver import responses
from rag_eval.traces.receiver.refusal import RequestRefusal
from rag_eval.traces.receiver.requests import JSON, LOGS, PROTOBUF, TRACES
from rag_eval.traces.receiver.store import IntakeResult

_SOME = IntakeResult(rejected=3, why="too many — räumt auf")


def test_of_what_was_taken_whole_nothing_is_said() -> None:
    """An exporter takes a partial success for a warning, even one of nought."""
    for signal in (TRACES, LOGS):
        assert responses.acceptance(signal, PROTOBUF, IntakeResult()) == b""
        assert json.loads(responses.acceptance(signal, JSON, IntakeResult())) == {}


def test_what_was_not_kept_is_counted_with_why() -> None:
    """Under the name that the signal has for it."""
    traces = ExportTraceServiceResponse.FromString(responses.acceptance(TRACES, PROTOBUF, _SOME))
    assert (traces.partial_success.rejected_spans, traces.partial_success.error_message) == (3, _SOME.why)
    logs = ExportLogsServiceResponse.FromString(responses.acceptance(LOGS, PROTOBUF, _SOME))
    assert (logs.partial_success.rejected_log_records, logs.partial_success.error_message) == (3, _SOME.why)


def test_in_json_names_and_numbers_are_as_protobuf_has_them() -> None:
    """Camel case, and a 64-bit number as a text."""
    assert json.loads(responses.acceptance(TRACES, JSON, _SOME)) == {
        "partialSuccess": {"rejectedSpans": "3", "errorMessage": _SOME.why}
    }
    assert _SOME.why.encode() in responses.acceptance(TRACES, JSON, _SOME)


@pytest.mark.parametrize("status", [400, 401, 429, 503])
def test_a_refusal_is_a_status_of_google_s(status: int) -> None:
    """The same in both encodings."""
    refusal = RequestRefusal(status, "nein — später")
    binary = Status.FromString(responses.refusal(refusal, PROTOBUF))
    assert (binary.code, binary.message) == (refusal.code, "nein — später")
    assert json.loads(responses.refusal(refusal, JSON)) == {"code": refusal.code, "message": "nein — später"}


def test_an_encoding_that_nobody_named_is_json() -> None:
    """Which any client can read."""
    assert json.loads(responses.refusal(RequestRefusal(415, "no"), "text/plain"))["message"] == "no"
