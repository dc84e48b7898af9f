"""Reading Parquet."""

import datetime as dt
import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rag_eval.dataset import Item, RowProblem
from rag_eval.dataset.sources import DataRow, read
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]
ReadItems = Callable[..., list[Item | RowProblem]]


def _written(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.slow
def test_rows_are_numbered_across_batches(tmp_path: Path) -> None:
    """Rows are numbered from 1, in the order of the file, however many batches they take."""
    path = _written(tmp_path / "a.parquet", {"question": [f"q{n}" for n in range(2500)]})
    found = list(read(str(path)))
    assert [row.line for row in found] == list(range(1, 2501))
    assert found[2499] == DataRow(str(path), 2500, {"question": "q2499"})


def test_nested_values_and_nulls(tmp_path: Path, read_items: ReadItems) -> None:
    """Lists, structs, maps and nulls come as JSON would hold them."""
    path = _written(
        tmp_path / "a.parquet",
        {
            "question": ["q", None],
            "contexts": [[{"id": "a", "text": "A"}, {"id": "b", "text": "B"}], None],
            "shape": [{"x": [1, None]}, {"x": None}],
            "pairs": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        },
    )
    item, problem = read_items(path)
    assert isinstance(item, Item)
    assert item.answer.retrieved_contexts == ("A", "B")
    assert item.answer.retrieved_context_ids == ("a", "b")
    assert item.case.metadata == {"shape": {"x": [1, None]}, "pairs": [["k", 1]]}
    assert isinstance(problem, RowProblem)
    assert (problem.line, problem.field, problem.expected) == (2, "user_input", "a question")


def test_types_that_json_has_not(tmp_path: Path, read_items: ReadItems) -> None:
    """Times, decimals, bytes, categories and NaN come as the JSON that says the same; a whole decimal is an id."""
    moment = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)
    columns = {
        "question": pa.array([b"caf\xc3\xa9"]),
        "id": pa.array([decimal.Decimal(12345678901234567890)]),
        "tags": pa.array([["a"]]),
        "category": pa.array(["x"]).dictionary_encode(),
        "moment": pa.array([moment]),
        "day": pa.array([moment.date()]),
        "hour": pa.array([moment.time()]),
        "span": pa.array([dt.timedelta(minutes=1)]),
        "price": pa.array([decimal.Decimal("1.50")]),
        "score": pa.array([float("nan")]),
        "blob": pa.array([b"\xff"]),
    }
    (item,) = read_items(_written(tmp_path / "a.parquet", columns))
    assert isinstance(item, Item)
    assert (item.case.user_input, item.case.id, item.case.tags) == ("café", "12345678901234567890", ("a",))
    assert item.case.metadata == {
        "category": "x",
        "moment": "2024-05-01T12:30:00+00:00",
        "day": "2024-05-01",
        "hour": "12:30:00",
        "span": 60.0,
        "price": 1.5,
        "score": None,
        "blob": "\\xff",
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: b"",
        lambda whole: whole[:-20],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:4] + b"\0" * 40 + whole[44:],
        lambda whole: b"question\nq\n",
    ],
    ids=["empty", "no footer", "half", "overwritten", "CSV"],
)
def test_damaged_file(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    """A truncated or overwritten file is one error that names it."""
    path = _written(tmp_path / "a.parquet", {"question": [f"question {n}" for n in range(100)]})
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=r"a\.parquet: is not a Parquet file that can be read"):
        list(read(str(path)))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"a", b"\xff", b"c"]).view(pa.string()),
        pa.array([1, 2**52, 3], pa.timestamp("ms")),
        pa.array([b"a", b"\xff", b"c"]).view(pa.string()).dictionary_encode(),
    ],
    ids=["text that is no UTF-8", "a year past 9999", "category that is no UTF-8"],
)
def test_values_python_cannot_hold(tmp_path: Path, column: Any) -> None:
    """A value that cannot be read is a problem of its row and column, and reading goes on."""
    path = _written(tmp_path / "a.parquet", {"question": ["q", "r", "s"], "x": column})
    before, problem, after = read(str(path))
    assert isinstance(before, DataRow)
    assert isinstance(after, DataRow)
    assert isinstance(problem, RowProblem)
    assert (problem.line, problem.field, problem.expected) == (2, "x", "a value that can be read")
    assert after.values["question"] == "s"


def test_column_twice(tmp_path: Path) -> None:
    """Two columns of one name are an error, since one would hide the other."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], names=["question", "question"]), path)
    with pytest.raises(DataError, match="the column 'question' stands twice"):
        list(read(str(path)))


def test_no_rows(tmp_path: Path) -> None:
    """A table without rows is no error of the reader."""
    assert list(read(str(_written(tmp_path / "a.parquet", {"question": pa.array([], pa.string())})))) == []
