"""Traces straight into MLflow's database file, a thousand in one transaction.

MLflow's own calls write a trace at a time, each score as an object of its own: 5,000 cases took 200 seconds and wrote
3.8 GB of journal and pages for a file of 96 MB. The rows are those that MLflow 3.17 itself makes of the same traces,
which a test compares table by table; other databases and servers are written to by its own calls, see `sending`.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy
from mlflow.store.tracking.dbmodels import models
from mlflow.store.tracking.utils.sql_trace_rollups import rollups_enabled
from mlflow.tracing.client import TracingClient

from rag_eval.tracking import store
from rag_eval.tracking.mlflow.traces import SOURCE_RUN, MlflowAssessment, MlflowSpan, Trace, encoded

CHUNK = 1000
"""Traces of one transaction, which is over within two seconds: others may write to the file in between.

Scores have ids in no order, so that a transaction writes nearly every page of their indexes again, and before that what
stood there: by half as many traces at a time 5,000 wrote 250 MB, by these 180.
"""
_PRAGMAS = ("cache_size = -200000", "temp_store = MEMORY")
"""What a transaction changes stays in memory until its end, so that each page is written once; so does the journal
of each statement, which would be written for each row."""

Row = dict[str, Any]


class DatabaseWriter:
    """Writes traces to a database file; the same ones again change nothing."""

    chunk = CHUNK

    def __init__(self, uri: str, experiment_id: str) -> None:
        self._store: Any = TracingClient(uri).store
        self._experiment = int(experiment_id)
        self._artifacts = str(self._store.get_experiment(experiment_id).artifact_location)

    @staticmethod
    def takes(uri: str) -> bool:
        """Whether a store is written to in this way; daily sums, off by default, are MLflow's own business."""
        return store.database(uri) is not None and not rollups_enabled()

    def write(self, traces: Sequence[Trace]) -> None:
        """Write traces in one transaction."""
        tables = (
            (models.SqlTraceInfo, [self._info(trace) for trace in traces]),
            (models.SqlTraceTag, [row for trace in traces for row in self._tags(trace)]),
            (models.SqlTraceMetadata, [row for trace in traces for row in _metadata(trace)]),
            (models.SqlAssessments, [row for trace in traces for row in self._assessments(trace)]),
            (models.SqlSpan, [row for trace in traces for row in self._spans(trace)]),
        )
        with self._store.ManagedSessionMaker(read_only=False) as session:
            for pragma in _PRAGMAS:
                session.execute(sqlalchemy.text(f"PRAGMA {pragma}"))
            for model, rows in tables:
                _upsert(session, model.__table__, rows)
            # Where MLflow has moved a trace to its archive since, this raises, and all of it is rolled back.
            advance = self._store._advance_db_payload_generations_for_db_span_writes  # noqa: SLF001 - no other way
            advance(session, [trace.id for trace in traces])

    def _info(self, trace: Trace) -> Row:
        return {
            "request_id": trace.id,
            "experiment_id": self._experiment,
            "timestamp_ms": trace.asked,
            "execution_time_ms": trace.took,
            "status": _state(failed=trace.failed),
            "client_request_id": trace.case_id,
            "request_preview": trace.question,
            "response_preview": trace.answer,
            "trace_name": trace.name,
        }

    def _tags(self, trace: Trace) -> Iterator[Row]:
        place = f"{self._artifacts.rstrip('/')}/traces/{trace.id}/artifacts"
        own = {"mlflow.artifactLocation": place, "mlflow.trace.spansLocation": "TRACKING_STORE"}
        for key, value in {**trace.tags, **own}.items():
            yield {"request_id": trace.id, "key": key, "value": value}

    def _assessments(self, trace: Trace) -> Iterator[Row]:
        for assessment in trace.assessments:
            yield {
                "trace_id": trace.id,
                "experiment_id": self._experiment,
                "trace_timestamp_ms": trace.asked,
                "created_timestamp": trace.scored,
                "last_updated_timestamp": trace.scored,
                **_assessment(assessment),
            }

    def _spans(self, trace: Trace) -> Iterator[Row]:
        for span in trace.spans:
            yield {
                "trace_id": trace.id,
                "experiment_id": self._experiment,
                "span_id": span.id,
                "parent_span_id": span.parent,
                "name": span.name,
                "type": span.kind,
                "status": _state(failed=span.failed),
                "start_time_unix_nano": span.begins,
                "end_time_unix_nano": span.ends,
                "content": encoded(_content(trace.id, span)),
            }


def _state(*, failed: bool) -> str:
    return "ERROR" if failed else "OK"


def _metadata(trace: Trace) -> Iterator[Row]:
    for key, value in {**trace.metadata, "mlflow.trace.infoFinalized": "true"}.items():
        yield {"request_id": trace.id, "key": key, "value": value}


def _assessment(assessment: MlflowAssessment) -> Row:
    error = assessment.error and dict(zip(("error_code", "error_message"), assessment.error, strict=True))
    metadata = dict(assessment.metadata)
    return {
        "assessment_id": assessment.id,
        "run_id": metadata.get(SOURCE_RUN),
        "name": assessment.name,
        "assessment_type": "feedback",
        "value": json.dumps(assessment.value),
        "error": error and json.dumps({**error, "stack_trace": None}),
        "aggregate_value": assessment.value,
        "is_numeric_value": assessment.value is not None,
        "source_type": assessment.source.kind,
        "source_id": assessment.source.name,
        "rationale": assessment.rationale,
        "valid": True,
        "assessment_metadata": json.dumps(metadata),
    }


def _content(trace_id: str, span: MlflowSpan) -> Mapping[str, Any]:
    """A span as MLflow keeps it: its ids as base64."""
    return {
        "trace_id": _base64(trace_id.removeprefix("tr-")),
        "span_id": _base64(span.id),
        "parent_span_id": span.parent and _base64(span.parent),
        "name": span.name,
        "start_time_unix_nano": span.begins,
        "end_time_unix_nano": span.ends,
        "events": [],
        "status": {"code": f"STATUS_CODE_{_state(failed=span.failed)}", "message": ""},
        "attributes": span.encoded,
        "links": [],
    }


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode("ascii")


def _upsert(session: Any, table: sqlalchemy.Table, rows: Sequence[Row]) -> None:
    """Insert rows, or put them in the place of those with the same key.

    As texts and numbers just as SQLite keeps them: SQLAlchemy would look at each of a hundred thousand values.
    """
    if not rows:
        return
    names, keys = list(rows[0]), [column.name for column in table.primary_key.columns]
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    columns, marks = (", ".join(words) for words in ([f'"{name}"' for name in names], ["?"] * len(names)))
    on_conflict = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) {on_conflict}"  # noqa: S608 - words of MLflow's
    session.connection().exec_driver_sql(sql, [tuple(row.values()) for row in rows])
