"""Rows are read from whatever stands at a path, or it is said what was expected there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_eval.dataset.sources import read, suffixes
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]


@pytest.mark.parametrize("name", ["a.rst", "a.docx", "a", "a.csv.bak"])
def test_wrong_ending(save: Save, name: str) -> None:
    """A file of another ending is refused with the endings that can be read."""
    with pytest.raises(DataError, match="cannot tell what this is by its name; known are") as caught:
        read(str(save(name, "question\nq\n")))
    assert all(suffix in str(caught.value) for suffix in suffixes())


def test_missing_file(save: Save, tmp_path: Path) -> None:
    """A file that is not there is an error with one of a near name, if there is one."""
    near = save("questions.csv", "question\nq\n")
    with pytest.raises(DataError, match=r"question\.csv: there is no such file or folder") as caught:
        read(str(tmp_path / "question.csv"))
    assert f"Did you mean {near}?" in str(caught.value)
    for path in (tmp_path / "zzz.csv", tmp_path / "nowhere" / "questions.csv"):
        with pytest.raises(DataError, match="there is no such file or folder") as caught:
            read(str(path))
        assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.parquet"])
def test_file_that_may_not_be_read(save: Save, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A file that the system does not let anybody read is an error that names it."""
    path = save(name, "")

    def refuse(*_: object, **__: object) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=rf"{name}: "):
        list(read(str(path)))
