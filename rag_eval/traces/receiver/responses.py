"""Bodies of the receiver's answers, in the encoding of the request."""

from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from rag_eval.traces import jsontext
from rag_eval.traces.receiver.refusal import RequestRefusal
from rag_eval.traces.receiver.requests import PROTOBUF, TRACES, Signal
from rag_eval.traces.receiver.store import IntakeResult


def acceptance(signal: Signal, media: str, result: IntakeResult) -> bytes:
    """What is said of a request that was taken: nothing, or how much of it was not kept and why."""
    message: Any = ExportTraceServiceResponse() if signal is TRACES else ExportLogsServiceResponse()
    if result.rejected:
        setattr(message.partial_success, signal.rejected, result.rejected)
        message.partial_success.error_message = result.why
    return _written(message, media)


def refusal(why: RequestRefusal, media: str) -> bytes:
    """What is said of a request that was not taken: a google.rpc.Status."""
    return _written(Status(code=why.code, message=why.message), media)


def _written(message: Any, media: str) -> bytes:
    if media == PROTOBUF:
        raw: bytes = message.SerializeToString()
        return raw
    return jsontext.dumps(json_format.MessageToDict(message))
