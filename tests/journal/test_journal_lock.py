"""Who may write to a journal."""

from pathlib import Path

import pytest

from rag_eval.errors import MismatchError
from rag_eval.journal import JournalWriter, alone, is_held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal lies."""
    return tmp_path / "journal.db"


def test_a_journal_is_held_for_as_long_as_somebody_writes(path: Path) -> None:
    """And by nobody before it is made, and after it is closed."""
    assert not is_held(path)
    with JournalWriter.create(path):
        assert is_held(path)
    assert not is_held(path)


def test_who_wants_it_alone_keeps_writers_away(path: Path) -> None:
    """Also from a journal that cannot be read; and is refused where one writes."""
    JournalWriter.create(path).close()
    with alone(path), pytest.raises(MismatchError, match="another process is working on this run"):
        JournalWriter.open_(path)
    with JournalWriter.open_(path), pytest.raises(MismatchError, match="another process"), alone(path):
        pass
