"""A folder that is no dataset, or a damaged one, is refused with its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval.dataset import RowProblem, folders, versions, writing
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.errors import DataError
from rag_eval.records import Case

_CASES = (
    Case(id="a", user_input="Why?", reference="So.", reference_contexts=("x",), tags=("t",), metadata={"k": ["ä", 1]}),
    Case(id="b", user_input="How?", answerable=False),
)


_CORPUS = writing.table([{"id": "d#1", "text": "x"}], {"id": "string", "text": "string"})


def _write(
    folder: Path, cases: tuple[Case, ...] = _CASES, problems: tuple[RowProblem, ...] = ()
) -> writing.WriteResult:
    extras = {writing.CORPUS: _CORPUS, writing.DOCUMENTS: _CORPUS}
    return writing.write(folder, cases, lambda _: DatasetInfo("set", problems=problems), extras)


@pytest.mark.parametrize("work", [versions.migrate, folders.load])
def test_no_dataset(tmp_path: Path, work: Callable[[Path], object]) -> None:
    """A folder without a manifest is no dataset, and the error says what makes one."""
    with pytest.raises(
        DataError, match=r"is no dataset folder: it has no manifest\.yaml\. rag-eval build-dataset makes"
    ):
        work(tmp_path)


def test_broken_corpus(tmp_path: Path) -> None:
    """A corpus that is no Parquet is an error that names the file."""
    _write(tmp_path / "set")
    (tmp_path / "set" / writing.CORPUS).write_text("x")
    with pytest.raises(DataError, match=r"corpus\.parquet"):
        folders.passages(tmp_path / "set")
    assert list(folders.rows(tmp_path / "none.parquet")) == []
