"""Traces straight into a database file are those that MLflow's own calls would have made."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.mlflow_store import ready_store
from support.runs import only, replay, rows

from rag_eval.records import Summary
from rag_eval.runs import RunFolder
from rag_eval.tracking.mlflow import sending
from rag_eval.tracking.mlflow.connection import connected, experiment_id
from rag_eval.tracking.mlflow.database import DatabaseWriter
from rag_eval.tracking.mlflow.traces import RunTraces, Trace, TraceDraft

_KEYS = {
    "trace_info": "request_id",
    "trace_tags": "request_id",
    "trace_request_metadata": "request_id",
    "assessments": "trace_id",
    "spans": "trace_id",
}
_COUNTER = "db_payload_generation"
"""Goes up with each call that writes spans, of which MLflow's way has more."""


def _traces(folder: Path) -> tuple[RunTraces, list[TraceDraft]]:
    """A run with an answer that is wrong, one that is missing, and two equal questions."""
    captured = rows(wrong=1)
    captured[1]["user_input"] = captured[0]["user_input"]
    captured[0]["reference"] = "„Fähre“ – 5 £, ☃"
    questions = [{**row, "id": f"{row['id']}"} for row in captured]
    assert replay(folder, "both", questions, mlflow={"enabled": False}, min_coverage=0).exit_code == 0
    run = RunFolder(only(folder, "both"))
    summary = Summary.model_validate_json(run.summary.read_text())
    traces = RunTraces("r" * 32, summary)
    with run.open_() as journal:
        return traces, [*map(traces.draft, journal.stored())]


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


@pytest.mark.slow
def test_both_ways_leave_the_same_rows(tmp_path: Path) -> None:
    """In every table and every column, and also when written thrice."""
    source, drafts = _traces(tmp_path)
    traces = [*map(source.made, drafts)]
    stored = []
    for way in ("database", "client"):
        copy = tmp_path / f"{way}.db"
        ready_store(copy)
        uri = f"sqlite:///{copy}"
        with connected(uri) as client:
            where = experiment_id(client, "both ways")
            if way == "database":
                assert DatabaseWriter.takes(uri)
                for _ in range(3):
                    DatabaseWriter(uri, where).write(traces)
            else:
                sending.ClientWriter(uri, where).write(traces)
        stored.append(_stored(copy, traces))
    for table in _KEYS:
        for ours, theirs in zip(stored[0][table], stored[1][table], strict=True):
            assert ours == theirs, table
        assert stored[0][table], table


class _Kept:
    """Takes traces, two at a time, and keeps them."""

    chunk = 2

    def __init__(self) -> None:
        self.chunks: list[list[str]] = []

    def write(self, traces: Sequence[Trace]) -> None:
        self.chunks.append([trace.case_id for trace in traces])


def test_what_a_store_has_is_not_written_again(tmp_path: Path) -> None:
    """Unless anything in it has changed; each chunk is told of, also one of which nothing is written."""
    source, drafts = _traces(tmp_path)
    kept, sent = _Kept(), dict[str, str]()
    counts = [*sending.write_missing(kept, source, drafts, sent)]
    assert counts == [*range(2, len(drafts), 2), len(drafts)]
    assert [case for chunk in kept.chunks for case in chunk] == [draft.stored.case_id for draft in drafts]
    assert sent == {draft.id: draft.digest for draft in drafts}
    last = drafts[-1]
    retried = replace(last.stored, reply=last.stored.reply.replace('"attempts":1', '"attempts":2'))
    other = RunTraces("r" * 32, source.summary)
    again = [*map(other.draft, [*(draft.stored for draft in drafts[:-1]), retried])]
    assert [*sending.write_missing(kept, other, again, sent)] == counts
    assert kept.chunks[len(counts) :] == [[last.stored.case_id]]
    assert sent[last.id] == again[-1].digest != last.digest


def test_a_trace_goes_by_everything_that_it_is_made_of(tmp_path: Path) -> None:
    """Two drafts of a case are equal only where their traces are."""
    source, drafts = _traces(tmp_path)
    first = drafts[0].stored
    scored = tuple(replace(each, body=each.body.replace('"value":1.0', '"value":0.5')) for each in first.outcomes)
    assert scored != first.outcomes
    changes = [
        (source.summary, replace(first, body=first.body.replace('"user_input":"', '"user_input":"So '))),
        (source.summary, replace(first, reply=first.reply.replace('"attempts":1', '"attempts":2'))),
        (source.summary, replace(first, outcomes=scored)),
        (source.summary.model_copy(update={"primary": "mrr"}), first),
        (source.summary.model_copy(update={"name": "another"}), first),
        (source.summary.model_copy(update={"started": 1.0}), first),
    ]
    digests = [RunTraces("r" * 32, summary).draft(stored).digest for summary, stored in changes]
    digests.append(RunTraces("s" * 32, source.summary).draft(first).digest)
    assert len({drafts[0].digest, *digests}) == len(changes) + 2
    assert RunTraces("r" * 32, source.summary).draft(first).digest == drafts[0].digest
