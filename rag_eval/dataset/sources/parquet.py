"""Parquet, a batch of rows at a time."""

from collections.abc import Iterator
from pathlib import Path

from rag_eval.dataset.problems import Problem, shown
from rag_eval.dataset.sources.row import Row
from rag_eval.errors import DataError

_BATCH = 1000


def read(path: Path) -> Iterator[Row | Problem]:
    """Yield each row with its number from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        _demand_names_once(path, file.schema_arrow.names)
        number = 0
        for batch in file.iter_batches(batch_size=_BATCH):
            for values in batch.to_pylist():
                number += 1
                yield Row(str(path), number, values)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # text that is no UTF-8, years past 9999
        raise DataError(f"{path}: is not a Parquet file that can be read: {error}") from error


def _demand_names_once(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: the column {shown(twice[0])} stands twice")
