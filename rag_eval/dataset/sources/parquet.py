"""Parquet, a batch of rows at a time."""

from collections.abc import Iterator
from pathlib import Path

from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources import arrow
from rag_eval.dataset.sources.row import DataRow
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

_BATCH = 1000
_BUFFER = 1 << 18
"""Bytes of each column that are read at a time."""


def read(path: Path) -> Iterator[DataRow | RowProblem]:
    """Yield each row with its number from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Read through small buffers: a file may be one row group, which would be loaded whole.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER) as file:
            _demand_names_once(path, file.schema_arrow.names)
            yield from arrow.rows(str(path), file.iter_batches(batch_size=_BATCH, use_threads=False))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: is not a Parquet file that can be read: {error}") from error


def _demand_names_once(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: the column {shown(twice[0])} stands twice. Rename one of them.")


FORMAT = RowFormat((".parquet",), read)
