"""Parquet files of captured spans: one row a span, named for the numbers of the first and the last."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rag_eval import files
from rag_eval.traces import jsontext

LOG = ".capture.db"
"""What was acknowledged and stands in no Parquet file yet; hidden, since it goes when the receiver ends."""
COLUMNS = ("trace_id", "span_id", "parent_span_id", "name", "start", "end", "service", "kind", "contexts",
           "otlp", "resource", "scope")  # fmt: skip
_NAME = re.compile(r"spans-(\d{12})-(\d{12})\.parquet")
_BATCH = 500
_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_LONGEST_TIME = 2**63


@dataclass(frozen=True)
class CaptureRow:
    """A span or an event of a capture."""

    seq: int
    kind: str
    """`span` or `log`."""
    trace_id: str
    key: str
    otlp: bytes
    resource: bytes
    scope: bytes
    contexts: bool


def capture_files(folder: Path) -> list[Path]:
    """The Parquet files of a capture, oldest first."""
    return sorted(each for each in folder.glob("spans-*.parquet") if _NAME.fullmatch(each.name))


def is_capture_file(path: Path) -> bool:
    """Whether a file has the name of one."""
    return _NAME.fullmatch(path.name) is not None


def last_number(paths: Iterable[Path]) -> int:
    """The number of the last span that stands in any of the files; 0 where there is none.

    What a log holds up to it was rolled before, and its receiver was killed before it could say so in the log.
    """
    return max((int(match[2]) for each in paths if (match := _NAME.fullmatch(each.name))), default=0)


def write(folder: Path, rows: Iterable[CaptureRow], first: int, until: int) -> Path:
    """Write a file and make sure that it is on the disk before it has its name; raises OSError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / f"spans-{first:012d}-{until:012d}.parquet"
    schema = _schema()
    remaining = iter(rows)
    with files.draft_of(path) as draft, draft.open("wb") as file:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            while batch := [_columns(row) for row in islice(remaining, _BATCH)]:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
        file.flush()
        os.fsync(file.fileno())
    _settle(folder)
    return path


def _settle(folder: Path) -> None:
    """Make sure that the name of a new file outlives a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _schema() -> Any:
    import pyarrow as pa

    moment = pa.timestamp("ns", tz="UTC")
    types = {"start": moment, "end": moment, "contexts": pa.bool_()}
    columns = [pa.field(name, types.get(name, pa.string())) for name in COLUMNS]
    return pa.schema(columns, metadata={"rag-eval": "capture/1"})


def _columns(row: CaptureRow) -> dict[str, Any]:
    fields = jsontext.loads(row.otlp)
    span = row.kind == "span"
    return {
        "trace_id": row.trace_id,
        "span_id": fields.get("spanId"),
        "parent_span_id": fields.get("parentSpanId"),
        "name": fields.get("name") if span else fields.get("eventName"),
        "start": _moment(fields, "startTimeUnixNano" if span else "timeUnixNano"),
        "end": _moment(fields, "endTimeUnixNano"),
        "service": _service(row.resource),
        "kind": _kind(fields.get("kind", 0)) if span else "LOG",
        "contexts": row.contexts,
        "otlp": row.otlp.decode(),
        "resource": row.resource.decode(),
        "scope": row.scope.decode(),
    }


def _moment(fields: dict[str, Any], name: str) -> int | None:
    nanoseconds = int(fields.get(name, 0))
    return nanoseconds if 0 < nanoseconds < _LONGEST_TIME else None


def _kind(number: int) -> str:
    return _KINDS[number] if 0 <= number < len(_KINDS) else str(number)


def _service(resource: bytes) -> str | None:
    listed = jsontext.loads(resource).get("attributes", [])
    names = (pair.get("value", {}).get("stringValue") for pair in listed if pair.get("key") == "service.name")
    return next(names, None)


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Some columns of every row; raises ValueError where the file is none of a capture, and OSError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if not set(COLUMNS) <= set(file.schema_arrow.names):
                raise ValueError("it has other columns than a capture")
            for batch in file.iter_batches(_BATCH, columns=list(columns)):
                yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
