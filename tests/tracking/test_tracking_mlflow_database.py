"""Traces straight into a database file are those that MLflow's own calls would have made."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from support.mlflow_server import MlflowServer
from support.runs import only, replay, rows

from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking.mlflow import sending
from rag_eval.tracking.mlflow.connection import connected, experiment_id
from rag_eval.tracking.mlflow.database import DatabaseWriter
from rag_eval.tracking.mlflow.traces import Previews, Trace, trace

_KEYS = {
    "trace_info": "request_id",
    "trace_tags": "request_id",
    "trace_request_metadata": "request_id",
    "assessments": "trace_id",
    "spans": "trace_id",
}
_COUNTER = "db_payload_generation"
"""Goes up with each call that writes spans, of which MLflow's way has more."""


def _traces(folder: Path) -> list[Trace]:
    """A run with an answer that is wrong, one that is missing, and two equal questions."""
    captured = rows(wrong=1)
    captured[1]["user_input"] = captured[0]["user_input"]
    captured[0]["reference"] = "„Fähre“ – 5 £, ☃"
    questions = [{**row, "id": f"{row['id']}"} for row in captured]
    assert replay(folder, "both", questions, mlflow={"enabled": False}, min_coverage=0).exit_code == 0
    run = RunFolder(only(folder, "both"))
    summary = Summary.model_validate_json(run.summary.read_text())
    previews = Previews()
    with run.open_() as journal:
        return [trace("r" * 32, summary, row, previews.of(row.case)) for row in journal.rows()]


def _parsed(row: dict[str, Any]) -> dict[str, Any]:
    """The columns whose JSON has its keys in any order, and the counter as it does not matter."""
    columns = {name: json.loads(row[name]) for name in ("assessment_metadata", "content") if row.get(name)}
    return {**columns, **dict.fromkeys(row.keys() & {_COUNTER})}


def _stored(path: Path, traces: list[Trace]) -> dict[str, list[dict[str, Any]]]:
    """Every row that there is of these traces, by table."""
    ids = [trace.id for trace in traces]
    found = {}
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        for table, key in _KEYS.items():
            marks = ",".join("?" * len(ids))
            stored = [dict(row) for row in db.execute(f"SELECT * FROM {table} WHERE {key} IN ({marks})", ids)]
            found[table] = [{**row, **_parsed(row)} for row in stored]
            found[table].sort(key=lambda row: [str(row.get(part)) for part in (key, "key", "span_id", "assessment_id")])
    db.close()
    return found


def test_both_ways_leave_the_same_rows(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """In every table and every column, and also when written thrice; each chunk is told of."""
    traces = _traces(tmp_path)
    told: list[tuple[int, int]] = []
    stored = []
    for way in ("database", "client"):
        copy = tmp_path / f"{way}.db"
        shutil.copyfile(mlflow_server.database, copy)
        uri = f"sqlite:///{copy}"
        with connected(uri) as client:
            where = experiment_id(client, "both ways")
            if way == "database":
                assert DatabaseWriter.takes(uri)
                for _ in range(3):
                    sending.write(uri, where, iter(traces), len(traces), lambda *now: told.append(now))
            else:
                sending.ClientWriter(uri, where).write(traces)
        stored.append(_stored(copy, traces))
    for table in _KEYS:
        for ours, theirs in zip(stored[0][table], stored[1][table], strict=True):
            assert ours == theirs, table
        assert stored[0][table], table
    assert told[:2] == [(0, len(traces)), (len(traces), len(traces))]
