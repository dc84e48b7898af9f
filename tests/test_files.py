"""A file is written whole, or what stood there stays."""

import stat
from pathlib import Path

import pytest

from rag_eval import files
from rag_eval.errors import UsageError


def test_a_text_takes_the_place_of_another(tmp_path: Path) -> None:
    """Nothing else is left beside it."""
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "néw\n")
    assert path.read_bytes() == "néw\n".encode()
    assert [*tmp_path.iterdir()] == [path]


def _break_off(path: Path) -> None:
    with files.draft_of(path) as draft:
        draft.write_text("half")
        raise RuntimeError


def test_an_error_leaves_what_stood_there(tmp_path: Path) -> None:
    """And takes the draft away."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        _break_off(path)
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_two_who_write_at_once_do_not_meet(tmp_path: Path) -> None:
    """Both end well, and the file is that of the last, whole."""
    path = tmp_path / "a.txt"
    with files.draft_of(path) as slow:
        slow.write_text("slow")
        files.write_text(path, "quick")
        assert path.read_text() == "quick"
    assert path.read_text() == "slow"
    assert [*tmp_path.iterdir()] == [path]


def test_a_text_that_cannot_be_encoded_leaves_what_stood_there(tmp_path: Path) -> None:
    """Half a surrogate pair is no UTF-8."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        files.write_text(path, "\ud800")
    assert path.read_text() == "old"


@pytest.mark.parametrize("private", [True, False])
def test_a_ready_file_with_a_secret_is_for_its_user_alone(tmp_path: Path, *, private: bool) -> None:
    """The link of a review lets whoever has it decide."""
    path = tmp_path / "ready"
    files.write_ready_file(path, "http://127.0.0.1:1/?token=t", private=private)
    assert path.read_text() == "http://127.0.0.1:1/?token=t"
    others = stat.S_IMODE(path.stat().st_mode) & 0o077
    assert bool(others) is not private


def test_a_ready_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the option that named it."""
    with pytest.raises(UsageError, match=r"--ready-file .*gone/ready: cannot be written"):
        files.write_ready_file(tmp_path / "gone" / "ready", "http://127.0.0.1:1")
