"""Which reader takes a JSON value: each knows its own by the names of the fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from rag_eval.traces.dialects import catalogue, rows
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.span import TraceSpan

KeyedBody = tuple[str | None, TraceSpan | Exchange | SkippedTrace]
_CONTAINERS = (
    "data",
    "traces",
    "runs",
    "results",
    "items",
    "rows",
    "observations",
    "scores",
    "spans",
    "trace",
    "edges",
    "node",
)
_DEEPEST = 6


def read(value: Any, fields: rows.RowFields, file: str, line: int) -> Iterator[KeyedBody]:
    """Everything in a value, as steps with the key of their trace, as exchanges, or as why there is nothing."""
    if fields.finders:
        yield from _row(value, fields, file, line)
    else:
        yield from _traces(value, fields, file, line, 0)


def _traces(value: Any, fields: rows.RowFields, file: str, line: int, depth: int) -> Iterator[KeyedBody]:
    if isinstance(value, list) and depth < _DEEPEST:
        for member in value:
            yield from _traces(member, fields, file, line, depth + 1)
        return
    if not isinstance(value, dict):
        yield (
            None,
            SkippedTrace(file, line, None, "not_a_trace", f"expected a JSON object, found {type(value).__name__}"),
        )
        return
    if (dialect := catalogue.recognising(value)) is not None:
        yield from _some(dialect.read(value), file, line)
    elif (inner := _inner(value)) and depth < _DEEPEST and not _is_row(value, inner):
        for member in inner:
            yield from _traces(member, fields, file, line, depth + 1)
    else:
        yield from _row(value, fields, file, line)


def _inner(value: Mapping[str, Any]) -> list[Any]:
    """What may hold traces in an object that is none."""
    return [value[name] for name in _CONTAINERS if isinstance(value.get(name), list | dict)]


def _is_row(value: Mapping[str, Any], inner: list[Any]) -> bool:
    """Whether an object is itself a question with its answer, and its `scores` or `results` are columns beside them."""
    return rows.answered(value) and not any(_has_trace(member, 1) for member in inner)


def _has_trace(value: Any, depth: int) -> bool:
    """Whether something of a dialect, or a row with question and answer, stands in a value."""
    if isinstance(value, list):
        return depth < _DEEPEST and any(_has_trace(member, depth + 1) for member in value)
    if not isinstance(value, dict):
        return False
    if rows.answered(value) or catalogue.recognising(value) is not None:
        return True
    return depth < _DEEPEST and any(_has_trace(member, depth + 1) for member in _inner(value))


def _some(steps: Iterator[tuple[str | None, TraceSpan]], file: str, line: int) -> Iterator[KeyedBody]:
    empty = True
    for keyed in steps:
        empty = False
        yield keyed
    if empty:
        yield None, SkippedTrace(file, line, None, "no_spans", "telemetry without a span: nothing was asked in it")


def _row(value: Any, fields: rows.RowFields, file: str, line: int) -> Iterator[KeyedBody]:
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, dict):
            yield (
                None,
                SkippedTrace(file, line, None, "not_a_trace", f"expected a JSON object, found {type(row).__name__}"),
            )
            continue
        exchanges = list(rows.read(row, fields, file, line)) if fields.finders or rows.recognised(row) else []
        yield from ((None, exchange) for exchange in exchanges)
        if not exchanges:
            yield None, _unknown(row, fields, file, line)


def _unknown(row: Mapping[str, Any], fields: rows.RowFields, file: str, line: int) -> SkippedTrace:
    names = ", ".join(sorted(map(str, row))[:8]) or "nothing"
    if fields.finders or rows.recognised(row):
        message = f"the row has no question; it has: {names}"
        return SkippedTrace(file, line, None, "no_question", message)
    message = f"neither a trace of a known kind nor a row with a question; it has: {names}. Name its fields to read it."
    return SkippedTrace(file, line, None, "not_a_trace", message)
