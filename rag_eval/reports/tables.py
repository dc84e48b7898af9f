"""A run as Parquet: a row for each case, and a row for each verdict beneath its scores."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rag_eval.journal import Journal, Row
from rag_eval.records import REFUSED, Answer, NotApplicable, Score, Summary
from rag_eval.runs import Folder

_BATCH = 1000


def write(folder: Folder, journal: Journal, summary: Summary) -> None:
    """Write `results.parquet` and `evidence.parquet`, a batch of rows at a time, each whole or not at all.

    The schema's metadata carries the run and its origin: a table that is passed on still says who judged.
    """
    names = [metric.name for metric in summary.metrics]
    if summary.refusals is not None:
        names.append(REFUSED)
    origin = {"rag_eval.run": summary.run_id, "rag_eval.origin": summary.origin.model_dump_json()}
    results = _result_schema(names).with_metadata(origin)
    _write(folder.results, results, (_result(row, names) for row in journal.rows()))
    verdicts = (verdict for row in journal.rows() for verdict in _verdicts(row))
    _write(folder.evidence, _evidence_schema().with_metadata(origin), verdicts)


def _write(path: Path, schema: Any, rows: Iterable[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    draft = path.with_name(f".{path.name}.draft")
    iterator = iter(rows)
    with pq.ParquetWriter(draft, schema) as writer:
        while batch := list(islice(iterator, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
    draft.replace(path)


def _result_schema(names: list[str]) -> Any:
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    fields: dict[str, Any] = {
        "id": text, "user_input": text, "reference": text, "response": text, "retrieved_contexts": texts,
        "retrieved_context_ids": texts, "reference_context_ids": texts, "tags": texts, "latency_s": pa.float64(),
        "attempts": pa.int32(), "failure": text,
    }  # fmt: skip
    for name in names:
        fields |= {name: pa.float64(), f"{name}_status": text, f"{name}_reason": text}
    return pa.schema(fields)


def _result(row: Row, names: list[str]) -> dict[str, Any]:
    case, reply = row.case, row.reply
    shared = ("id", "user_input", "reference", "reference_context_ids", "tags")
    found: dict[str, Any] = {name: getattr(case, name) for name in shared}
    if isinstance(reply, Answer):
        answered = ("response", "retrieved_contexts", "retrieved_context_ids", "latency_s", "attempts")
        found |= {name: getattr(reply, name) for name in answered}
    else:
        found["failure"] = f"{reply.reason}: {reply.message}"
    for name in names:
        outcome = row.outcomes.get(name)
        found[name] = outcome.value if isinstance(outcome, Score) else None
        found[f"{name}_status"] = outcome.kind if outcome else None
        found[f"{name}_reason"] = getattr(outcome, "reason", None)
    return found


def _evidence_schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    return pa.schema({
        "case_id": text, "metric": text, "part": text, "statement": text, "verdict": pa.int8(), "reason": text,
        "support": pa.float64(), "evidence": text,
    })  # fmt: skip


def _verdicts(row: Row) -> Iterator[dict[str, Any]]:
    for metric, outcome in row.outcomes.items():
        if isinstance(outcome, Score | NotApplicable):
            for verdict in outcome.evidence.verdicts:
                yield {"case_id": row.case.id, "metric": metric, **verdict.model_dump()}
