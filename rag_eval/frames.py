"""Tables that programs read: their columns, said once for Parquet files and for pandas.

What is missing is null in Parquet and `pd.NA` in pandas, in nullable types (`Float64`, `Int64`, `boolean`, `string`):
no `NaN` stands anywhere, and no mean takes what is missing for a zero. A list of texts is a Python list in a column of
type `object`, and None where it is missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import JsonValue

from rag_eval import files
from rag_eval.journal import Row
from rag_eval.records import (
    ANSWERED,
    NO_TEXT,
    Answer,
    Case,
    MetricComparison,
    MetricSummary,
    NotApplicable,
    Reply,
    RunComparison,
    Score,
)

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "texts", "number", "integer", "int32", "int8", "truth"]
Columns = Mapping[str, Kind]
"""Name to what a column holds, in order."""

DTYPES: Mapping[Kind, str] = {
    "text": "string", "texts": "object", "number": "Float64", "integer": "Int64", "int32": "Int32", "int8": "Int8",
    "truth": "boolean",
}  # fmt: skip
"""What each kind of column is in pandas."""

_BATCH = 1000
_LARGEST = 2**63
"""What an integer of 64 bits does not reach."""
_ABOUT_CASE: Columns = {
    "id": "text", "position": "integer", "user_input": "text", "reference": "text", "response": "text",
    "retrieved_contexts": "texts", "retrieved_context_ids": "texts", "reference_context_ids": "texts", "tags": "texts",
    "answerable": "truth", "state": "text", "failure": "text", "failure_reason": "text", "latency_s": "number",
    "first_token_s": "number", "attempts": "int32", "prompt_tokens": "integer", "completion_tokens": "integer",
}  # fmt: skip
_ABOUT_METRIC: Columns = {"": "number", "_status": "text", "_reason": "text"}
_ABOUT_PAIR: Columns = {"_a": "number", "_b": "number", "_difference": "number"}

EVIDENCE: Columns = {
    "case_id": "text", "metric": "text", "part": "text", "statement": "text", "verdict": "int8", "reason": "text",
    "support": "number", "evidence": "text",
}  # fmt: skip
"""A row for each verdict beneath a score."""

METRICS: Columns = {
    "metric": "text", "mean": "number", "low": "number", "high": "number", "n": "integer", "failed": "integer",
    "not_applicable": "integer", "refused": "integer", "coverage": "number", "worst_low": "number",
    "worst_high": "number", "p05": "number", "p50": "number", "p95": "number", "higher_is_better": "truth",
    "unit": "text",
}  # fmt: skip
"""A row for each metric of a run."""

COMPARED: Columns = {
    "metric": "text", "mean_a": "number", "mean_b": "number", "difference": "number", "low": "number", "high": "number",
    "verdict": "text", "pairs": "integer", "win": "integer", "tie": "integer", "loss": "integer", "only_a": "integer",
    "only_b": "integer", "unanswered_a": "integer", "unanswered_b": "integer", "refused_a": "integer",
    "refused_b": "integer", "unjudged": "integer", "p_value": "number", "adjusted_p": "number", "effect": "number",
    "detectable": "number", "needed": "integer", "smallest": "number", "higher_is_better": "truth", "unit": "text",
    "note": "text",
}  # fmt: skip
"""A row for each metric that two runs have."""


def cases(metrics: Sequence[str]) -> Columns:
    """A row for each case: what is known of it, then three columns for each metric."""
    return {**_ABOUT_CASE, **{f"{name}{end}": kind for name in metrics for end, kind in _ABOUT_METRIC.items()}}


def questions(metrics: Sequence[str]) -> Columns:
    """A row for each question that two runs were asked: it, then three columns for each metric."""
    pairs: Columns = {f"{name}{end}": kind for name in metrics for end, kind in _ABOUT_PAIR.items()}
    return {"id": "text", "user_input": "text", **pairs}


def frame(columns: Columns, rows: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """A DataFrame of rows; what a row does not have is missing."""
    import pandas as pd
    import pyarrow as pa

    as_arrow = schema(columns)
    tables = [pa.Table.from_pylist(batch, schema=as_arrow) for batch in _batches(rows)]
    table = pa.concat_tables(tables) if tables else as_arrow.empty_table()
    types = {
        as_arrow.field(name).type: pd.api.types.pandas_dtype(DTYPES[kind])
        for name, kind in columns.items()
        if kind != "texts"
    }
    made = table.to_pandas(types_mapper=types.get)
    for name, kind in columns.items():
        if kind == "texts":
            made[name] = pd.Series([None if x is None else [*x] for x in made[name]], dtype="object", index=made.index)
    return made


class TableWriter:
    """A Parquet file that grows a row at a time; made by `writing`."""

    def __init__(self, file: Any, as_arrow: Any) -> None:
        self._file = file
        self._schema = as_arrow
        self._rows: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Put a row at the end; it is written with those that fill a batch."""
        self._rows.append(row)
        if len(self._rows) == _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        import pyarrow as pa

        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


@contextmanager
def writing(path: Path, columns: Columns, about: Mapping[str, str]) -> Iterator[TableWriter]:
    """Write rows as Parquet, a batch at a time, whole or not at all; `about` stands in the schema's metadata."""
    import pyarrow.parquet as pq

    as_arrow = schema(columns).with_metadata(dict(about))
    with files.draft_of(path) as draft, pq.ParquetWriter(draft, as_arrow) as file:
        table = TableWriter(file, as_arrow)
        yield table
        table.flush()


def schema(columns: Columns) -> Any:
    """The columns as Arrow, and with it Parquet, has them."""
    import pyarrow as pa

    types = {
        "text": pa.string(), "texts": pa.list_(pa.string()), "number": pa.float64(), "integer": pa.int64(),
        "int32": pa.int32(), "int8": pa.int8(), "truth": pa.bool_(),
    }  # fmt: skip
    return pa.schema({name: types[kind] for name, kind in columns.items()})


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def case_row(row: Row, metrics: Sequence[str]) -> dict[str, Any]:
    """The row of one case, for `cases`."""
    cells = {"position": row.position, **_asked(row.case), **_came(row.reply)}
    if _without_text(row):
        cells |= {"state": NO_TEXT, "failure_reason": NO_TEXT}
    for name in metrics:
        outcome = row.outcomes.get(name)
        cells[name] = outcome.value if isinstance(outcome, Score) else None
        cells[f"{name}_status"] = outcome.kind if outcome else None
        cells[f"{name}_reason"] = None if outcome is None or isinstance(outcome, Score) else outcome.reason
    return cells


def _asked(case: Case) -> dict[str, Any]:
    names = ("id", "user_input", "reference", "reference_context_ids", "tags", "answerable")
    return {name: getattr(case, name) for name in names}


def _without_text(row: Row) -> bool:
    """Whether an answer came that says nothing, which counts as none."""
    came = row.outcomes.get(ANSWERED)
    return isinstance(row.reply, Answer) and isinstance(came, Score) and not came.value


def _came(reply: Reply) -> dict[str, Any]:
    """What came back, or why nothing did."""
    if not isinstance(reply, Answer):
        failure = f"{reply.reason}: {reply.message}"
        return {"state": "failed", "failure": failure, "failure_reason": reply.reason}
    names = ("response", "retrieved_contexts", "retrieved_context_ids", "latency_s", "first_token_s", "attempts")
    return {"state": "answered", **{name: getattr(reply, name) for name in names}, **_tokens(reply)}


_TOKENS = {
    "prompt_tokens": ("prompt_tokens", "input_tokens", "promptTokenCount"),
    "completion_tokens": ("completion_tokens", "output_tokens", "candidatesTokenCount"),
}
"""What services call the tokens that an answer took, in what `target.select.usage` picks."""


def _tokens(answer: Answer) -> dict[str, int | None]:
    usage = answer.metadata.get("usage")
    known: Mapping[str, JsonValue] = usage if isinstance(usage, dict) else {}
    return {column: _count([known.get(name) for name in names]) for column, names in _TOKENS.items()}


def _count(values: Sequence[JsonValue]) -> int | None:
    """The first that is a number of tokens."""
    counts = (value for value in values if isinstance(value, int) and not isinstance(value, bool))
    return next((count for count in counts if 0 <= count < _LARGEST), None)


def evidence_rows(row: Row) -> Iterator[dict[str, Any]]:
    """The rows of one case, for `EVIDENCE`."""
    for metric, outcome in row.outcomes.items():
        if isinstance(outcome, Score | NotApplicable):
            for verdict in outcome.evidence.verdicts:
                yield {"case_id": row.case.id, "metric": metric, **vars(verdict)}


def metric_row(metric: MetricSummary) -> dict[str, Any]:
    """The row of one metric of a run, for `METRICS`."""
    ends = _ends(metric)
    known = {name: getattr(metric, name, None) for name in METRICS}
    return {**known, **metric.quantiles, **ends, "metric": metric.name}


def compared_rows(comparison: RunComparison) -> Iterator[dict[str, Any]]:
    """The rows of a comparison, for `COMPARED`."""
    for metric in comparison.metrics:
        known = {name: getattr(metric, name, None) for name in COMPARED}
        yield {**known, **_ends(metric), "metric": metric.name}


def _ends(metric: MetricSummary | MetricComparison) -> dict[str, float | None]:
    interval = metric.interval
    return {"low": None, "high": None} if interval is None else {"low": interval.low, "high": interval.high}
