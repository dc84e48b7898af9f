"""Parquet, a batch of rows at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag_eval.dataset.problems import Problem, shown
from rag_eval.dataset.sources.row import Row
from rag_eval.errors import DataError

_BATCH = 1000
_BUFFER = 1 << 18
"""Bytes of each column that are read at a time."""
_UNHOLDABLE = (ValueError, OverflowError, LookupError, TypeError)
"""What Arrow raises for text that is no UTF-8, years past 9999, unknown time zones."""


def read(path: Path) -> Iterator[Row | Problem]:
    """Yield each row with its number from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Read through small buffers: a file may be one row group, which would be loaded whole.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER) as file:
            _demand_names_once(path, file.schema_arrow.names)
            yield from rows(str(path), file.iter_batches(batch_size=_BATCH, use_threads=False))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: is not a Parquet file that can be read: {error}") from error


def rows(file: str, batches: Iterable[Any]) -> Iterator[Row | Problem]:
    """The rows of Arrow batches, numbered from 1; one that holds what Python cannot is a `Problem`."""
    number = 1
    for batch in batches:
        try:
            held = batch.to_pylist()
        except _UNHOLDABLE:
            yield from _one_by_one(file, number, batch)
        else:
            for line, values in enumerate(held, start=number):
                yield Row(file, line, values)
        number += batch.num_rows


def _one_by_one(file: str, number: int, batch: Any) -> Iterator[Row | Problem]:
    for place in range(batch.num_rows):
        values: dict[str, Any] = {}
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            try:
                values[name] = column[place].as_py()
            except _UNHOLDABLE as error:
                yield Problem(file, number + place, name, "a value that can be read", shown(str(error)))
                break
        else:
            yield Row(file, number + place, values)


def _demand_names_once(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: the column {shown(twice[0])} stands twice. Rename one of them.")
