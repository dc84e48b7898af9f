"""What waits is kept once, or sent back in time."""

from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from support.receiving import (
    batch,
    exchanges,
    post,
    raw,
    receiving,
)

from rag_eval.traces.receiver.admission import ReceiverLimits
from rag_eval.traces.receiver.store import CaptureLimits


def test_what_waited_too_long_is_sent_back(tmp_path: Path) -> None:
    """Its exporter is about to give up on it, and would send it again in any case."""
    with receiving(tmp_path / "capture", ReceiverLimits(patience=-1.0)) as running:
        reply = post(running.url, raw(1))
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert running.counts.traces == 0


def test_what_comes_again_is_kept_once(tmp_path: Path) -> None:
    """From a retry, within a batch, and after the receiver was started anew."""
    folder = tmp_path / "capture"
    with receiving(folder) as running:
        for _ in range(3):
            assert post(running.url, raw(1, 2, 1)).status == 200
    assert (running.counts.spans, running.counts.traces, running.counts.with_contexts) == (4, 2, 2)
    assert running.counts.repeated == 14
    with receiving(folder) as running:
        assert post(running.url, raw(2, 3)).status == 200
    assert (running.counts.spans, running.counts.repeated) == (6, 2)
    assert sorted(exchanges(folder)) == [f"{number:032x}" for number in (1, 2, 3)]
    assert sorted(each.name for each in folder.glob("*")) == [
        ".capture.lock", "spans-000000000001-000000000004.parquet", "spans-000000000005-000000000006.parquet",
    ]  # fmt: skip


def test_a_capture_is_bounded_in_bytes(tmp_path: Path) -> None:
    """What would make the folder larger than it may be is left out and told so, also when the capture goes on."""
    folder, size = tmp_path / "capture", 4000
    for numbers in (range(1, 20), range(20, 40)):
        with receiving(folder, most=CaptureLimits(size=size)) as running:
            reply = post(running.url, raw(*numbers))
            told = ExportTraceServiceResponse.FromString(reply.body).partial_success
            assert (told.rejected_spans > 0, "--max-size" in told.error_message) == (True, True)
    assert 0 < running.counts.spans < 40


def test_a_full_capture_completes_what_began(tmp_path: Path) -> None:
    """New traces are left out and told so; what belongs to an old one is kept."""
    first, second = batch(1), batch(1)
    del first.resource_spans[0].scope_spans[0].spans[1]
    with receiving(tmp_path / "capture", most=CaptureLimits(traces=2)) as running:
        assert post(running.url, first.SerializeToString()).body == b""
        reply = post(running.url, raw(2, 3))
        told = ExportTraceServiceResponse.FromString(reply.body).partial_success
        assert (told.rejected_spans, "--max-traces" in told.error_message) == (2, True)
        assert post(running.url, second.SerializeToString()).body == b""
    assert (running.counts.traces, running.counts.spans, running.counts.rejected) == (2, 4, 2)
