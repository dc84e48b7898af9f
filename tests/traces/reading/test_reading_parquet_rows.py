"""Dataframes of spans, as Phoenix hands them out, are read from Parquet and CSV alike."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from rag_eval import traces
from rag_eval.traces.reading import parquet_rows

START = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENTS = [{"document.id": "d1", "document.content": "A", "document.score": 0.9}, {"document.content": "B"}]


def span(key: str, parent: str | None, **attributes: Any) -> dict[str, Any]:
    """A row; columns that a span lacks are empty."""
    return {
        "context.trace_id": "t1", "context.span_id": key, "parent_id": parent, "name": key, "status_code": "OK",
        "start_time": START, "end_time": START + timedelta(seconds=2),
        "attributes.openinference.span.kind": "RETRIEVER" if parent else "CHAIN",
        "attributes.input.value": "Who?", "attributes.output.value": None if parent else "Me.",
        "attributes.retrieval.documents": DOCUMENTS if parent else None,
    } | attributes  # fmt: skip


def exchange(path: Path) -> traces.Exchange:
    """The only exchange in a file."""
    (read,) = traces.read(str(path))
    assert isinstance(read, traces.Exchange), read
    return read


def test_a_dataframe_of_phoenix_is_read(tmp_path: Path) -> None:
    """Times in nanoseconds, cells that hold lists of objects."""
    table = pa.Table.from_pylist([span("a", None), span("b", "a")])
    times = table.column("start_time").cast(pa.timestamp("ns", tz="UTC"))
    table = table.set_column(table.schema.get_field_index("start_time"), "start_time", times)
    pq.write_table(table, tmp_path / "spans.parquet")
    read = exchange(tmp_path / "spans.parquet")
    assert (read.question, read.response, read.contexts, read.latency_s) == ("Who?", "Me.", ("A", "B"), 2.0)
    assert read.asked_at == START.timestamp()


def test_the_same_as_csv_has_its_lists_as_python_prints_them(tmp_path: Path) -> None:
    """Which is how pandas writes them."""
    rows = [{name: str(cell or "") for name, cell in each.items()} for each in (span("a", None), span("b", "a"))]
    pyarrow.csv.write_csv(pa.Table.from_pylist(rows), tmp_path / "spans.csv")
    assert exchange(tmp_path / "spans.csv").contexts == ("A", "B")


def test_a_table_of_answers_is_read_too(tmp_path: Path) -> None:
    """Rows count from 1; what is no Parquet file says so."""
    pq.write_table(pa.Table.from_pylist([{"question": "Who?", "answer": "Me.", "raw": b"x"}]), tmp_path / "a.parquet")
    read = exchange(tmp_path / "a.parquet")
    assert (read.line, read.dialect, read.metadata) == (1, "jsonl", {"raw": "x"})
    broken = tmp_path / "b.parquet"
    broken.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ValueError, match="arquet"):
        parquet_rows.is_capture(broken)
