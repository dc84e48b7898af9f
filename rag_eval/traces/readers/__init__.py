"""Which reader takes a JSON value: each knows its own by the names of the fields."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rag_eval.traces.readers import jsonl, langfuse, langsmith, mlflow, otlp, trulens
from rag_eval.traces.record import Exchange, Skipped
from rag_eval.traces.step import Step

Found = tuple[str | None, Step | Exchange | Skipped]
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
_READERS: tuple[
    tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Iterator[tuple[str | None, Step]]]], ...
] = (
    (trulens.recognised, trulens.read),
    (mlflow.recognised, mlflow.read),
    (langfuse.recognised, langfuse.read),
    (langsmith.recognised, langsmith.read),
    (otlp.recognised, otlp.read),
)


def read(value: Any, fields: jsonl.Fields, file: str, line: int) -> Iterator[Found]:
    """Everything in a value, as steps with the key of their trace, as exchanges, or as why there is nothing."""
    if fields.finders:
        yield from _row(value, fields, file, line)
    else:
        yield from _traces(value, fields, file, line, 0)


def _traces(value: Any, fields: jsonl.Fields, file: str, line: int, depth: int) -> Iterator[Found]:
    if isinstance(value, list) and depth < _DEEPEST:
        for one in value:
            yield from _traces(one, fields, file, line, depth + 1)
        return
    if not isinstance(value, dict):
        yield None, Skipped(file, line, None, "not_a_trace", f"expected a JSON object, found {type(value).__name__}")
        return
    steps = next((reader(value) for known, reader in _READERS if known(value)), None)
    if steps is not None:
        yield from _some(steps, file, line)
    elif inner := [value[name] for name in _CONTAINERS if isinstance(value.get(name), list | dict)]:
        for one in inner:
            yield from _traces(one, fields, file, line, depth + 1)
    else:
        yield from _row(value, fields, file, line)


def _some(steps: Iterator[tuple[str | None, Step]], file: str, line: int) -> Iterator[Found]:
    empty = True
    for found in steps:
        empty = False
        yield found
    if empty:
        yield None, Skipped(file, line, None, "no_spans", "telemetry without a span: nothing was asked in it")


def _row(value: Any, fields: jsonl.Fields, file: str, line: int) -> Iterator[Found]:
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        if not isinstance(row, dict):
            yield None, Skipped(file, line, None, "not_a_trace", f"expected a JSON object, found {type(row).__name__}")
            continue
        found = list(jsonl.read(row, fields, file, line)) if fields.finders or jsonl.recognised(row) else []
        yield from ((None, one) for one in found)
        if not found:
            yield None, _unknown(row, fields, file, line)


def _unknown(row: Mapping[str, Any], fields: jsonl.Fields, file: str, line: int) -> Skipped:
    names = ", ".join(sorted(map(str, row))[:8]) or "nothing"
    if fields.finders or jsonl.recognised(row):
        message = f"the row has no question; it has: {names}"
        return Skipped(file, line, None, "no_question", message)
    message = f"neither a trace of a known kind nor a row with a question; it has: {names}. Name its fields to read it."
    return Skipped(file, line, None, "not_a_trace", message)
