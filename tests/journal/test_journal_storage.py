"""A journal whose disk is in the way says which file, why, and what to do."""

import random
import sqlite3
from pathlib import Path

import pytest

from rag_eval.errors import MismatchError, StorageError
from rag_eval.journal import Journal, JournalWriter, tables
from rag_eval.records import Answer, Case


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a run's journal lies."""
    return tmp_path / "journal.db"


def _fill(journal: JournalWriter, numbers: range) -> None:
    for number in numbers:
        words = random.Random(number).randbytes(1200).hex()  # nothing that is smaller when it is compressed
        journal.record_reply(number, Case(id=f"c{number}", user_input="?"), Answer(response=words))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for whoever keeps a journal locked."""
    monkeypatch.setattr(tables, "PATIENCE_MS", 1)


def test_a_full_disk_loses_nothing_that_was_kept(path: Path) -> None:
    """What does not fit any more is refused with a sentence, and all before it is there when there is room again."""
    with JournalWriter.create(path) as journal:
        _fill(journal, range(10))
        (pages,) = journal._db.execute("PRAGMA page_count").fetchone()
        journal._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StorageError, match="the disk is full") as raised:
            _fill(journal, range(10, 100))
        kept = journal.count()
    assert str(raised.value).startswith(f"{path}: ")
    assert 10 <= kept < 20
    with JournalWriter.open_(path) as journal:
        assert [row.case.id for row in journal.rows()] == [f"c{number}" for number in range(kept)]
        _fill(journal, range(kept, 30))
        assert journal.count() == 30


def test_broken_pages(path: Path) -> None:
    """A file that begins as a journal and is broken within is told of by name, wherever that is met."""
    with JournalWriter.create(path) as journal:
        _fill(journal, range(200))
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 16384) + whole[-8192:])

    def read() -> None:
        with Journal.open_(path) as journal:
            list(journal.rows())

    with pytest.raises(StorageError, match="a part of it is broken") as raised:
        read()
    assert str(raised.value).startswith(f"{path}: ")


@pytest.mark.usefixtures("impatient")
def test_a_locked_journal_is_one(path: Path) -> None:
    """A journal that another program keeps to itself is not said to be none."""
    JournalWriter.create(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("INSERT INTO meta VALUES ('a', 'b')")
    other.commit()
    try:
        with pytest.raises(StorageError, match="another program keeps it locked"):
            Journal.open_(path)
    finally:
        other.close()
    Journal.open_(path).close()


def test_a_folder_that_may_not_be_written_to(path: Path) -> None:
    """Whoever cannot make the lock is told so, and no process is said to work on the run."""
    JournalWriter.create(path).close()
    path.with_suffix(".lock").unlink(missing_ok=True)
    path.with_suffix(".lock").mkdir()
    with pytest.raises(StorageError, match="cannot be written to"):
        JournalWriter.open_(path)
    path.with_suffix(".lock").rmdir()
    path.write_text("no journal at all, and longer than a header of SQLite that could be one " * 9)
    with pytest.raises(MismatchError, match="is not a journal"):
        Journal.open_(path)
