"""A scratch database holds what would not fit in memory, and leaves nothing behind."""

import threading
from pathlib import Path

import pytest

from rag_eval.scratch import open_scratch


def test_it_has_no_name_and_goes_when_it_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far more than its cache is written and read back, and no file of it can be seen in the temporary folder."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    db = open_scratch("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)", cache_kib=64)
    db.execute("BEGIN")
    db.executemany("INSERT INTO rows VALUES (?, ?)", ((number, "x" * 1000) for number in range(2000)))
    assert db.execute("SELECT count(*), total(length(text)) FROM rows").fetchone() == (2000, 2_000_000.0)
    db.close()
    assert not [*tmp_path.iterdir()]


def test_two_of_them_share_nothing() -> None:
    """Each is private."""
    first, second = open_scratch("CREATE TABLE a (x)"), open_scratch()
    assert first.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
    assert second.execute("SELECT name FROM sqlite_master").fetchall() == []
    first.close()
    second.close()


def test_another_thread_may_use_it() -> None:
    """Notebooks wait for a run in a thread of their own."""
    db = open_scratch("CREATE TABLE a (x)")
    thread = threading.Thread(target=db.execute, args=("INSERT INTO a VALUES (1)",))
    thread.start()
    thread.join()
    assert db.execute("SELECT x FROM a").fetchall() == [(1,)]
    db.close()
