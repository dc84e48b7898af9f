"""A folder of a capture is read as one, with its log."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from support.receiving import PROTOBUF, as_json, batch, exchanges, raw

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


def test_an_odd_log_is_told(tmp_path: Path) -> None:
    """A file that is no database, and a database that is no log."""
    (tmp_path / span_files.LOG).write_bytes(b"no database at all, but as long as one would be" * 9)
    assert [one.reason for one in traces.read(str(tmp_path)) if isinstance(one, traces.SkippedTrace)] == ["truncated"]
    with pytest.raises(UsageError, match="cannot be written to"):
        CaptureStore.open_(tmp_path, CaptureLimits(10))
    (tmp_path / span_files.LOG).unlink()
    sqlite3.connect(tmp_path / span_files.LOG).close()
    assert [one.reason for one in traces.read(str(tmp_path)) if isinstance(one, traces.SkippedTrace)] == ["truncated"]
