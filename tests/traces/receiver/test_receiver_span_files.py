"""Parquet files of spans come back whole, and others are refused."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from support.receiving import PROTOBUF, batch, raw

from rag_eval import traces
from rag_eval.errors import UsageError
from rag_eval.traces.receiver import requests, span_files
from rag_eval.traces.receiver.store import CaptureLimits, CaptureStore


def _kept(folder: Path, *numbers: int) -> CaptureStore:
    """A store with some traces in its log, as a killed receiver leaves it."""
    found = CaptureStore.open_(folder, CaptureLimits(1000))
    with found.together():
        for number in numbers:
            found.add(requests.read(raw(number), PROTOBUF, requests.TRACES))
    return found


def _drop(found: CaptureStore) -> None:
    """What is left of a store when its process is killed."""
    found._lock.release()


def test_a_span_comes_back_whole(tmp_path: Path) -> None:
    """The columns are for people; the JSON beside them has all that was sent."""
    message = batch(5)
    span = message.resource_spans[0].scope_spans[0].spans[0]
    span.trace_state, span.flags, span.dropped_attributes_count = "a=b", 257, 3
    link = span.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8, trace_state="c=d")
    link.attributes.add(key="raw").value.bytes_value = b"\0\xff"
    event = span.events.add(name="thought", time_unix_nano=17)
    event.attributes.add(key="list").value.array_value.values.add().int_value = 2**62
    span.status.code, span.status.message = 2, "it failed"
    found = CaptureStore.open_(tmp_path, CaptureLimits(10))
    with found.together():
        found.add(requests.read(message.SerializeToString(), PROTOBUF, requests.TRACES))
    found.close()
    row = pq.read_table(span_files.capture_files(tmp_path)[0]).to_pylist()[0]
    told = requests._with_ids(json.loads(row["otlp"]), requests._to_base64)
    assert json_format.ParseDict(told, Span()) == span
    assert (row["trace_id"], row["name"], row["service"], row["kind"]) == (f"{5:032x}", "answer", "rag", "SERVER")
    assert (row["end"] - row["start"]).total_seconds() == 2
    assert json.loads(row["scope"]) == {"name": "by hand"}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """By the reader, which reads the others, and by the receiver before it begins."""
    _kept(tmp_path, 1).close()
    _drop(_kept(tmp_path, 2))
    (tmp_path / "spans-000000000001-000000000002.parquet").write_bytes(b"PAR1 no more")
    assert [one.reason for one in traces.read(str(tmp_path)) if isinstance(one, traces.SkippedTrace)] == ["truncated"]
    with pytest.raises(UsageError, match="is damaged"):
        CaptureStore.open_(tmp_path, CaptureLimits(10))


def test_parquet_of_something_else_is_no_capture(tmp_path: Path) -> None:
    """A dataset is not taken for traces; whoever reads it as such gets its rows."""
    path = tmp_path / "rows.parquet"
    import pyarrow as pa

    pq.write_table(pa.table({"question": ["a"]}), path)
    assert traces.sniff(str(path)) is None
    (read,) = traces.read(str(path))
    assert isinstance(read, traces.Exchange)
    assert (read.dialect, read.question) == ("jsonl", "a")
