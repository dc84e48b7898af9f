"""What services send over HTTP is kept and answered as OTLP has it, whoever sends and however."""

import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from support.receiving import (
    JSON,
    MANY,
    PROTOBUF,
    Running,
    apart_from_place,
    as_json,
    batch,
    exchanges,
    post,
    raw,
    receiving,
)

from rag_eval import traces
from rag_eval.traces.receiver.admission import ReceiverLimits

SMALL = ReceiverLimits(rate="1000000/minute", body=1 << 20)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Running]:
    """A receiver that takes a mebibyte at a time."""
    with receiving(tmp_path / "capture", SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same, for many tests."""
    with receiving(tmp_path_factory.mktemp("patient") / "capture", SMALL) as running:
        yield running


def test_json_protobuf_and_packed_bodies_give_the_same_exchange(tmp_path: Path) -> None:
    """Whatever the exporter speaks, and as the same batch in a file is read."""
    body, text = raw(7), json.dumps(as_json(batch(7))).encode()
    ways: list[tuple[bytes, str, dict[str, str]]] = [
        (body, PROTOBUF, {}),
        (text, f"{JSON}; charset=utf-8", {}),
        (gzip.compress(body, mtime=0), PROTOBUF, {"content_encoding": "gzip"}),
        (zlib.compress(text), JSON, {"content_encoding": "deflate"}),
        (text, JSON, {"content_encoding": "identity"}),
    ]
    found: list[traces.Exchange] = []
    for number, (sent, media, headers) in enumerate(ways):
        with receiving(tmp_path / str(number)) as running:
            assert post(running.url, sent, media, **headers).status == 200
        found += exchanges(tmp_path / str(number)).values()
    (tmp_path / "batch.pb").write_bytes(body)
    found += exchanges(tmp_path / "batch.pb").values()
    told = [apart_from_place(one) for one in found]
    assert len(told) == 6
    assert all(one == told[0] for one in told)
    assert told[0].question == "Question 7?"
    assert told[0].contexts == ("Text 0 of 7, ü.", "Text 1 of 7, ü.")
    assert told[0].context_ids == ("p0", "p1")
    assert told[0].response == "Answer 7."
    assert told[0].latency_s == 2.0
    assert told[0].metadata["service"] == "rag"


def test_an_answer_is_in_the_encoding_of_its_request(receiver: Running) -> None:
    """As the protocol has it, also where it is an error."""
    good = post(receiver.url, raw(1))
    assert (good.status, good.body, good.headers["content-type"]) == (200, b"", PROTOBUF)
    good = post(receiver.url, json.dumps(as_json(batch(1))).encode(), JSON)
    assert (good.body, good.headers["content-type"]) == (b"{}", JSON)
    bad = post(receiver.url, b"\x0a\x7fgarbage")
    assert (bad.status, bad.headers["content-type"]) == (400, PROTOBUF)
    assert Status.FromString(bad.body).code == 3
    assert "no OTLP message" in Status.FromString(bad.body).message
    bad = post(receiver.url, b'{"resourceSpans": [', JSON)
    assert (bad.status, json.loads(bad.body)["code"]) == (400, 3)
    assert post(receiver.url, b"").status == 200
    assert post(receiver.url, b"{}", JSON).status == 200


def test_spans_that_cannot_be_kept_are_a_partial_success(receiver: Running) -> None:
    """The good ones of the same batch are kept."""
    message = batch(1)
    message.resource_spans[0].scope_spans[0].spans.add(name="no ids")
    reply = post(receiver.url, message.SerializeToString())
    told = ExportTraceServiceResponse.FromString(reply.body).partial_success
    assert (reply.status, told.rejected_spans) == (200, 1)
    assert "no valid trace id" in told.error_message
    value = as_json(batch(2))
    value["resourceSpans"][0]["scopeSpans"][0]["spans"] += [{"traceId": "xyz", "spanId": 7}, {"kind": "SIDEWAYS"}]
    reply = post(receiver.url, json.dumps(value).encode(), JSON)
    assert json.loads(reply.body)["partialSuccess"]["rejectedSpans"] == "2"
    assert len(exchanges(receiver.folder)) == 2


_BOMB = gzip.compress(b"\0" * (64 << 20))


_EMPTY_SPANS = b"\x12\x00" * 120_000


_MANY = b"".join(
    (b"\x0a" + bytes([0x84 | 0, 0xD3, 0x0E]), b"\x12", bytes([0x80, 0xD3, 0x0E]), _EMPTY_SPANS)
)  # lengths as varints: 240,004 of the resource, 240,000 of the scope


@pytest.mark.parametrize(
    ("body", "media", "headers", "status", "says"),
    [
        (b"hello", PROTOBUF, {}, 400, "no OTLP message"),
        (b"hello", JSON, {}, 400, "not JSON"),
        (b"[1, 2]", JSON, {}, 400, "expected an object with resourceSpans"),
        (b'{"spans": []}', JSON, {}, 400, "expected an object with resourceSpans"),
        (b'{"resourceSpans": [7]}', JSON, {}, 400, "not a list of objects"),
        (b'{"resourceSpans": [{"resource": 5}]}', JSON, {}, 400, "no OTLP JSON"),
        (b"[" * 200_000, JSON, {}, 400, "not JSON"),
        (b"hello", "text/plain", {}, 415, "content type"),
        (raw(1), "", {}, 415, "content type"),
        (raw(1), PROTOBUF, {"content_encoding": "br"}, 415, "content encoding"),
        (raw(1), PROTOBUF, {"content_encoding": "gzip"}, 400, "not gzip"),
        (gzip.compress(raw(1), mtime=0)[:-9], PROTOBUF, {"content_encoding": "gzip"}, 400, "breaks off"),
        (_BOMB, PROTOBUF, {"content_encoding": "gzip"}, 413, "once unpacked"),
        (b"\0" * (SMALL.body + 1), PROTOBUF, {}, 413, "send smaller batches"),
        (_MANY, PROTOBUF, {}, 413, "more than 100000 parts"),
        (raw(1), PROTOBUF, {"origin": "http://evil.example"}, 403, "web pages"),
    ],
    ids=[
        "text", "text as JSON", "list", "other object", "not a list", "odd resource", "deep", "plain text", "no type",
        "brotli", "not gzip", "torn gzip", "bomb", "too large", "many empty spans", "web page",
    ],
)  # fmt: skip
def test_what_is_refused_is_told_why(
    patient: Running, body: bytes, media: str, headers: dict[str, str], status: int, says: str
) -> None:
    """With the status of the protocol; nothing of it is kept, and the next batch is taken."""
    reply = post(patient.url, body, media, **headers)
    assert reply.status == status
    assert says in reply.body.decode(errors="replace")
    assert post(patient.url, raw(2)).status == 200
    assert list(exchanges(patient.folder)) == [f"{2:032x}"]


def test_a_body_without_a_length_is_measured_as_it_comes(receiver: Running) -> None:
    """Chunked, it is given up at the same limit."""
    reply = post(receiver.url, iter([b"\0" * (1 << 18)] * 6), transfer_encoding="chunked")
    assert reply.status == 413
    assert post(receiver.url, iter([raw(1)[:9], raw(1)[9:]]), transfer_encoding="chunked").status == 200


def test_other_paths_and_methods_are_no_part_of_it(receiver: Running) -> None:
    """Only health, and what ends in the paths of OTLP; metrics are acknowledged and not kept."""
    assert post(receiver.url, None, path="/health", method="GET").body == b'{"status":"ok"}'
    assert post(receiver.url, raw(1), path="/v1/metrics").status == 200
    assert post(receiver.url, raw(1), path="/api/public/otel/v1/metrics").body == b""
    assert post(receiver.url, raw(1), path="/v1/profiles").status == 404
    assert post(receiver.url, None, method="GET").status == 405
    assert post(receiver.url, None, path="/docs", method="GET").status == 404


@pytest.mark.parametrize("base", ["/api/public/otel", "/opik/api", "//otlp"])
def test_any_path_may_stand_before(receiver: Running, base: str) -> None:
    """Exporters add theirs to whatever base they were given."""
    assert post(receiver.url, raw(1), path=f"{base}/v1/traces").status == 200
    assert list(exchanges(receiver.folder))


def _begun(url: str) -> socket.socket:
    """A client that sends its headers and a part of its body, and then nothing."""
    place = urlsplit(url)
    client = socket.create_connection((str(place.hostname), int(place.port or 0)))
    client.sendall(
        b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"
    )
    return client


@pytest.mark.slow
def test_slow_clients_hold_nobody_up_and_are_given_up(tmp_path: Path) -> None:
    """Others are served meanwhile; the slow one gets 408."""
    with receiving(tmp_path / "patient", ReceiverLimits(seconds=3600.0, rate="9999/minute")) as running:
        slow = [_begun(running.url) for _ in range(20)]
        assert post(running.url, raw(1)).status == 200
        for client in slow:
            client.close()
    with receiving(tmp_path / "capture", ReceiverLimits(seconds=1.0, rate="9999/minute")) as running:
        slow = [_begun(running.url) for _ in range(20)]
        assert all(client.recv(99).startswith(b"HTTP/1.1 408") for client in slow)
        for client in slow:
            client.close()
        _begun(running.url).close()  # one that goes away in the middle
        assert post(running.url, raw(2)).status == 200


def test_events_about_evaluations_come_as_logs(receiver: Running) -> None:
    """They are scores of the trace; other logs are acknowledged and dropped."""
    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    trace_id = (1).to_bytes(16, "big")
    told: dict[str, Any] = {"gen_ai.evaluation.name": "faithfulness", "gen_ai.evaluation.score.value": 0.75}
    scored = records.add(trace_id=trace_id, event_name="gen_ai.evaluation.result")
    scored.attributes.add(key="gen_ai.evaluation.name").value.string_value = told["gen_ai.evaluation.name"]
    scored.attributes.add(key="gen_ai.evaluation.score.value").value.double_value = 0.75
    records.add(trace_id=trace_id, event_name="something.else")
    for _ in range(2):
        assert post(receiver.url, message.SerializeToString(), path="/v1/logs").status == 200
    assert post(receiver.url, raw(1)).status == 200
    (found,) = exchanges(receiver.folder).values()
    assert found.scores == {"faithfulness": 0.75}
    assert found.question == "Question 1?"


def test_a_running_capture_can_be_read(receiver: Running) -> None:
    """Its spans are in the log; reading disturbs nobody."""
    for number in range(1, 4):
        assert post(receiver.url, raw(number)).status == 200
        assert len(exchanges(receiver.folder)) == number
    assert traces.sniff(str(receiver.folder)) == "openinference"


@pytest.mark.slow
def test_many_at_once_are_all_kept(tmp_path: Path) -> None:
    """Two exporters over kept connections, in turns."""
    with receiving(tmp_path / "capture", MANY) as running:
        for number in range(1, 201):
            assert post(running.url, raw(number)).status == 200
    assert running.counts.traces == 200
    assert len(exchanges(tmp_path / "capture")) == 200
