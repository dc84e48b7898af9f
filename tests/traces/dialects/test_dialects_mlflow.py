"""MLflow's traces of any version are read, with what others wrote into their spans."""

import json
from pathlib import Path
from typing import Any

from rag_eval import traces

CHAIN = {"openinference.span.kind": "CHAIN", "input.value": "Who?", "output.value": "Me."}


def read(folder: Path, value: Any) -> list[traces.Exchange | traces.SkippedTrace]:
    """Everything in a file that holds the value."""
    path = folder / "t.json"
    path.write_text(json.dumps(value))
    return list(traces.read(str(path)))


def exchange(folder: Path, value: Any) -> traces.Exchange:
    """The only exchange in it."""
    (found,) = read(folder, value)
    assert isinstance(found, traces.Exchange), found
    return found


def documents(*held: dict[str, Any], prefix: str = "retrieval.documents") -> dict[str, Any]:
    """Documents as OpenInference flattens them."""
    return {f"{prefix}.{n}.document.{name}": one for n, each in enumerate(held) for name, one in each.items()}


def test_mlflow_keeps_foreign_attributes_as_they_are(tmp_path: Path) -> None:
    """OpenInference's documents inside MLflow's spans are still documents, each value a JSON text."""
    held = {key: json.dumps(value) for key, value in {**CHAIN, **documents({"content": "A", "id": 3})}.items()}
    root = {"span_id": "7uGbfsPBsXQ=", "name": "x", "attributes": {key: held[key] for key in CHAIN}}
    child = {"span_id": "7uGbfsPBsXU=", "parent_span_id": "7uGbfsPBsXQ=", "name": "y", "attributes": {
        key: one for key, one in held.items() if key.startswith("retrieval")}}  # fmt: skip
    found = exchange(tmp_path, {"info": {"trace_id": "tr-1", "state": "OK"}, "data": {"spans": [root, child]}})
    assert (found.dialect, found.question, found.response) == ("mlflow", "Who?", "Me.")
    assert (found.contexts, found.context_ids) == (("A",), ("3",))


def test_older_mlflow_is_read(tmp_path: Path) -> None:
    """Version 2 had other names, and expectations are references."""
    root = {
        "name": "x", "context": {"span_id": "0x1", "trace_id": "0x2"}, "parent_id": None, "start_time": 10**18,
        "end_time": 10**18 + 10**9, "status_code": "OK",
        "attributes": {"mlflow.spanInputs": '{"question": "Who?"}', "mlflow.spanOutputs": '"Me."'},
    }  # fmt: skip
    expected = {"name": "expected_response", "expectation": {"value": "You."}}
    info = {
        "request_id": "tr-1",
        "timestamp_ms": 1_736_935_200_000,
        "execution_time_ms": 1500,
        "status": "OK",
        "assessments": [expected],
    }
    found = exchange(
        tmp_path, {"info": info, "data": {"request": '{"question": "Who?"}', "response": '"Me."', "spans": [root]}}
    )
    assert (found.question, found.response, found.latency_s) == ("Who?", "Me.", 1.5)
    assert (found.asked_at, found.metadata["reference"]) == (1_736_935_200.0, "You.")


def test_a_question_that_mlflow_cut_off_comes_from_the_span(tmp_path: Path) -> None:
    """What was shortened to be shown is no question; what merely ends in dots is one."""
    root = {"span_id": "1", "name": "x", "attributes": {"mlflow.spanInputs": json.dumps({"question": "Who is it?"})}}
    for shown, question in (
        ('{"question": "Wh...', "Who is it?"),
        ("Who...", "Who..."),
        ("x" * 247 + "...", "Who is it?"),
    ):
        info = {"trace_id": "tr-1", "state": "OK", "trace_metadata": {"mlflow.traceInputs": shown}}
        assert exchange(tmp_path, {"info": info, "data": {"spans": [root]}}).question == question
