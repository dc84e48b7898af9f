"""What was acknowledged is kept once, whatever happens to the receiver, its files and its disk."""

import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.receiving import PROTOBUF, exchanges, post, raw, receiving

from rag_eval.errors import UsageError
from rag_eval.traces.receiver import requests, span_files, store
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


def test_a_leftover_log_is_read_and_then_rolled(tmp_path: Path) -> None:
    """A reader finds what the killed one acknowledged; the next receiver puts it into a file."""
    _drop(_kept(tmp_path, 1, 2))
    assert len(exchanges(tmp_path)) == 2
    again = CaptureStore.open_(tmp_path, CaptureLimits(1000))
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


def test_the_folder_is_its_owners_and_one_receivers(tmp_path: Path) -> None:
    """Nobody else reads it, and a second receiver is told to take another."""
    folder = tmp_path / "a" / "capture"
    found = CaptureStore.open_(folder, CaptureLimits(10))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(UsageError, match="another rag-eval capture writes to it"):
        CaptureStore.open_(folder, CaptureLimits(10))
    found.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written to"):
        CaptureStore.open_(tmp_path / "file", CaptureLimits(10))


def test_files_that_somebody_took_away_are_forgotten(tmp_path: Path) -> None:
    """What the folder holds is what counts: the same traces are taken again."""
    _kept(tmp_path, 1).close()
    span_files.capture_files(tmp_path)[0].unlink()
    again = _kept(tmp_path, 1)
    assert (again.counts.spans, again.counts.repeated) == (2, 0)
    again.close()


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
