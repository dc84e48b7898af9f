"""TruLens' table of events: rows with `record_attributes`, as JSON or, in CSV, as Python writes its values."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from rag_eval.traces import jsontext
from rag_eval.traces.readers import spans
from rag_eval.traces.step import Step

NAME = "trulens"


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a row of that table."""
    return "record_attributes" in value or "RECORD_ATTRIBUTES" in value


def read(value: Mapping[str, Any]) -> Iterator[tuple[str | None, Step]]:
    """The span of a row with the key of its record."""
    row = {key.lower(): one for key, one in value.items()}
    record, trace = _object(row.get("record")), _object(row.get("trace"))
    yield spans.step(
        {
            "trace_id": trace.get("trace_id"),
            "span_id": trace.get("span_id") or row.get("event_id"),
            "parent_id": trace.get("parent_id") or record.get("parent_span_id"),
            "name": record.get("name"),
            "start_time": row.get("start_timestamp"),
            "end_time": row.get("timestamp"),
            "status": record.get("status"),
            "attributes": _object(row["record_attributes"]),
        }
    )


def _object(value: Any) -> Mapping[str, Any]:
    found = jsontext.within(value)
    if isinstance(found, str):
        try:
            found = ast.literal_eval(found)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}
