"""Rows of a Parquet file that is no capture of ours, such as a dataframe of Phoenix or of MLflow, as JSON has them."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rag_eval.traces.receiver import span_files

_BATCH = 200


def is_capture(path: Path) -> bool:
    """Whether a file has the columns of a capture; raises ValueError where it is damaged, and OSError."""
    return set(span_files.COLUMNS) <= set(_names(path))


def _names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names: list[str] = file.schema_arrow.names
            return names
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Each row by its columns, without empty cells; raises ValueError where the file is damaged, and OSError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                yield from map(_row, _in_microseconds(pa.Table.from_batches([batch])).to_pylist())
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error


def _in_microseconds(table: Any) -> Any:
    """A table whose times Python can hold: it knows no nanoseconds."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            times = table.column(at).cast(pa.timestamp("us", tz=field.type.tz), safe=False)
            table = table.set_column(at, field.name, times)
    return table


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {str(name): _plain(cell) for name, cell in row.items() if cell is not None}


def _plain(cell: Any) -> Any:
    match cell:
        case dict():  # a column of objects has the fields of all of them
            return {str(name): _plain(member) for name, member in cell.items() if member is not None}
        case list():
            return [_plain(member) for member in cell]
        case datetime() | date():
            return cell.isoformat()
        case bytes():
            return cell.decode("utf-8", "replace")
        case _:
            return cell
