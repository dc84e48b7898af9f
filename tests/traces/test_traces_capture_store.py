"""The capture's folder: what a kill leaves, what is rolled, and bodies that nobody meant well with."""

import json
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from support.receiving import JSON, PROTOBUF, as_json, batch, exchanges, post, raw, receiving

from rag_eval import traces
from rag_eval.errors import UsageError
from rag_eval.traces.receiver import requests, span_files, store
from rag_eval.traces.receiver.refusal import RequestRefusal
from rag_eval.traces.receiver.store import CaptureStore


def _kept(folder: Path, *numbers: int) -> CaptureStore:
    """A store with some traces in its log, as a killed receiver leaves it."""
    found = CaptureStore.open_(folder, 1000)
    with found.together():
        for number in numbers:
            found.add(requests.read(raw(number), PROTOBUF, requests.TRACES))
    return found


def _drop(found: CaptureStore) -> None:
    """What is left of a store when its process is killed."""
    found._lock.release()


def test_a_leftover_log_is_read_and_then_rolled(tmp_path: Path) -> None:
    """A reader finds what the killed one acknowledged; the next receiver puts it into a file."""
    _drop(_kept(tmp_path, 1, 2))
    assert len(exchanges(tmp_path)) == 2
    again = CaptureStore.open_(tmp_path, 1000)
    assert again.counts.traces == 2
    again.close()
    assert [each.name for each in span_files.capture_files(tmp_path)] == ["spans-000000000001-000000000004.parquet"]
    assert not (tmp_path / span_files.LOG).exists()
    assert len(exchanges(tmp_path)) == 2


def test_a_kill_between_file_and_log_keeps_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the file says how far the log was rolled."""
    killed = _kept(tmp_path, 1, 2)
    monkeypatch.setattr(CaptureStore, "_forget", lambda self, until: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        killed.roll(all_of_it=True)
    _drop(killed)
    monkeypatch.undo()
    assert len(span_files.capture_files(tmp_path)) == 1
    (tmp_path / ".spans-000000000009-000000000009.parquet.draft").write_bytes(b"PAR1 and no more")
    assert len(exchanges(tmp_path)) == 2
    again = _kept(tmp_path, 2, 3)
    assert (again.counts.spans, again.counts.repeated) == (6, 2)
    again.close()
    rows = [
        row for path in span_files.capture_files(tmp_path) for row in span_files.rows(path, ("trace_id", "span_id"))
    ]
    assert len(rows) == len(set(rows)) == 6


def test_files_are_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By spans and by bytes; a trace may lie in several."""
    monkeypatch.setattr(store, "ROLLED_ROWS", 5)
    found = _kept(tmp_path, *range(1, 8))
    found.roll()
    found.close()
    assert [pq.read_metadata(path).num_rows for path in span_files.capture_files(tmp_path)] == [5, 5, 4]
    assert len(exchanges(tmp_path)) == 7
    assert all(one.contexts for one in exchanges(tmp_path).values())


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
    found = CaptureStore.open_(tmp_path, 10)
    with found.together():
        found.add(requests.read(message.SerializeToString(), PROTOBUF, requests.TRACES))
    found.close()
    row = pq.read_table(span_files.capture_files(tmp_path)[0]).to_pylist()[0]
    told = requests._with_ids(json.loads(row["otlp"]), requests._to_base64)
    assert json_format.ParseDict(told, Span()) == span
    assert (row["trace_id"], row["name"], row["service"], row["kind"]) == (f"{5:032x}", "answer", "rag", "SERVER")
    assert (row["end"] - row["start"]).total_seconds() == 2
    assert json.loads(row["scope"]) == {"name": "by hand"}


def test_the_folder_is_its_owners_and_one_receivers(tmp_path: Path) -> None:
    """Nobody else reads it, and a second receiver is told to take another."""
    folder = tmp_path / "a" / "capture"
    found = CaptureStore.open_(folder, 10)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(UsageError, match="another rag-eval capture writes to it"):
        CaptureStore.open_(folder, 10)
    found.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written to"):
        CaptureStore.open_(tmp_path / "file", 10)


def test_files_that_somebody_took_away_are_forgotten(tmp_path: Path) -> None:
    """What the folder holds is what counts: the same traces are taken again."""
    _kept(tmp_path, 1).close()
    span_files.capture_files(tmp_path)[0].unlink()
    again = _kept(tmp_path, 1)
    assert (again.counts.spans, again.counts.repeated) == (2, 0)
    again.close()


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """By the reader, which reads the others, and by the receiver before it begins."""
    _kept(tmp_path, 1).close()
    _drop(_kept(tmp_path, 2))
    (tmp_path / "spans-000000000001-000000000002.parquet").write_bytes(b"PAR1 no more")
    assert [one.reason for one in traces.read(str(tmp_path)) if isinstance(one, traces.SkippedTrace)] == ["truncated"]
    with pytest.raises(UsageError, match="is damaged"):
        CaptureStore.open_(tmp_path, 10)


def test_parquet_of_something_else_is_no_capture(tmp_path: Path) -> None:
    """A dataset is not taken for traces."""
    path = tmp_path / "rows.parquet"
    import pyarrow as pa

    pq.write_table(pa.table({"question": ["a"]}), path)
    assert traces.sniff(str(path)) is None
    with pytest.raises(UsageError, match="other columns than a capture"):
        list(traces.read(str(path)))


def test_captures_inside_a_folder_are_read_with_the_rest(tmp_path: Path) -> None:
    """One that runs, one that ended, and a file beside them."""
    _drop(_kept(tmp_path / "runs", 1))
    _kept(tmp_path / "ended", 2).close()
    (tmp_path / "batch.json").write_text(json.dumps(as_json(batch(3))))
    assert len(exchanges(tmp_path)) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_archived_log_is_read(tmp_path: Path) -> None:
    """In a folder that nobody may write to."""
    _drop(_kept(tmp_path, 1))
    tmp_path.chmod(0o500)
    assert len(exchanges(tmp_path)) == 1
    tmp_path.chmod(0o700)


def test_a_full_disk_makes_exporters_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They get 503 until there is room; what was kept before stays, and nothing is counted that is not there."""
    stores: list[CaptureStore] = []
    init = CaptureStore.__init__

    def watched(self: CaptureStore, *args: Any) -> None:
        init(self, *args)
        stores.append(self)

    monkeypatch.setattr(CaptureStore, "__init__", watched)
    with receiving(tmp_path / "capture") as running:
        assert post(running.url, raw(1)).status == 200
        pages = stores[0]._db.execute("PRAGMA page_count").fetchone()[0]
        stores[0]._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        reply = post(running.url, raw(*range(2, 60)))
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert "cannot be written to" in running.warnings[0]
        assert stores[0].counts.traces == 1
        stores[0]._db.execute("PRAGMA max_page_count = 100000")
        assert post(running.url, raw(*range(2, 60))).status == 200
    assert running.counts.traces == len(exchanges(running.folder)) == 59


def test_a_file_that_cannot_be_written_leaves_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and the log is read with the folder."""

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(span_files, "write", full)
    monkeypatch.setattr(store, "ROLLED_ROWS", 2)
    with receiving(tmp_path / "capture") as running:
        assert [post(running.url, raw(number)).status for number in (1, 2)] == [200, 200]
    assert any("Spans stay in the log" in one for one in running.warnings)
    assert "The log stays" in running.warnings[-1]
    assert len(exchanges(running.folder)) == 2


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["spans", "resource", "key", "value"]), inner, max_size=2)
    ),
    max_leaves=4,
)
_SPANS = st.fixed_dictionaries(
    {},
    optional={
        "traceId": _VALUES | st.just("ab" * 16), "spanId": _VALUES | st.just("cd" * 8), "name": _VALUES,
        "attributes": _VALUES, "links": _VALUES, "kind": _VALUES, "startTimeUnixNano": _VALUES, "status": _VALUES,
    },
)  # fmt: skip


_SCOPES = st.fixed_dictionaries({"spans": _VALUES | st.lists(_SPANS, max_size=2)}, optional={"scope": _VALUES})
_RESOURCES = st.fixed_dictionaries(
    {}, optional={"resource": _VALUES, "scopeSpans": _VALUES | st.lists(_SCOPES, max_size=2)}
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_RESOURCES, max_size=2))
def test_any_json_is_taken_or_refused(resources: list[Any]) -> None:
    """Nothing else comes of it, whatever stands where."""
    try:
        items = list(requests.read(json.dumps({"resourceSpans": resources}).encode(), JSON, requests.TRACES))
    except RequestRefusal as refused:
        assert refused.status == 400
    else:
        assert all(isinstance(one, requests.InvalidItem) or len(one.trace_id) == 32 for one in items)


@given(st.binary() | st.tuples(st.integers(0, 300), st.integers(0, 255)).map(lambda at: _bent(*at)))
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    """Garbage, and batches with one byte bent."""
    try:
        list(requests.read(body, PROTOBUF, requests.TRACES))
    except RequestRefusal as refused:
        assert refused.status == 400


def _bent(place: int, value: int) -> bytes:
    body = bytearray(raw(1))
    body[place % len(body)] = value
    return bytes(body)


def test_an_odd_log_is_told(tmp_path: Path) -> None:
    """A file that is no database, and a database that is no log."""
    (tmp_path / span_files.LOG).write_bytes(b"no database at all, but as long as one would be" * 9)
    assert [one.reason for one in traces.read(str(tmp_path)) if isinstance(one, traces.SkippedTrace)] == ["truncated"]
    with pytest.raises(UsageError, match="cannot be written to"):
        CaptureStore.open_(tmp_path, 10)
    (tmp_path / span_files.LOG).unlink()
    sqlite3.connect(tmp_path / span_files.LOG).close()
    assert [one.reason for one in traces.read(str(tmp_path)) if isinstance(one, traces.SkippedTrace)] == ["truncated"]
