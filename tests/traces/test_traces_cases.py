"""What a service recorded of the id that its caller gave the question stays with the exchange, in every dialect."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces

TRACE, ROOT, CHILD = "0123456789abcdef0123456789abcdef", "0123456789abcdef", "0123456789abcde0"
NAMES = ("client_request_id", "case_id", "rag_eval.case_id")


def otlp(name: str) -> dict[str, Any]:
    """The server's span holds the id, the chain below it the question."""

    def span(key: str, attributes: dict[str, str], **more: str) -> dict[str, Any]:
        held = [{"key": one, "value": {"stringValue": value}} for one, value in attributes.items()]
        return {"traceId": TRACE, "spanId": key, "name": "x", "attributes": held, **more}

    chain = {"openinference.span.kind": "CHAIN", "input.value": "Who?", "output.value": "Me."}
    spans = [span(ROOT, {name: "case-7"}), span(CHILD, chain, parentSpanId=ROOT)]
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def langfuse(name: str) -> dict[str, Any]:
    """A trace of its export."""
    return {"id": "t1", "name": "chat", "input": "Who?", "output": "Me.", "metadata": {name: "case-7"}} | {
        "timestamp": "2026-01-01T00:00:00Z", "observations": [], "projectId": "p"
    }  # fmt: skip


def langsmith(name: str) -> dict[str, Any]:
    """A root run."""
    return {
        "id": "0b7f1e0e-0000-4000-8000-000000000001", "trace_id": "0b7f1e0e-0000-4000-8000-000000000001",
        "name": "chat", "run_type": "chain", "parent_run_id": None, "dotted_order": "20260101T000000000000Z0b7f1e0e",
        "inputs": {"question": "Who?"}, "outputs": {"answer": "Me."}, "extra": {"metadata": {name: "case-7"}},
    }  # fmt: skip


def mlflow(name: str) -> dict[str, Any]:
    """A trace as `mlflow.search_traces` gives it, with the id among the tags."""
    attributes = {"mlflow.spanType": '"CHAIN"', "mlflow.spanInputs": '"Who?"', "mlflow.spanOutputs": '"Me."'}
    span = {"trace_id": "x", "span_id": "y", "parent_span_id": None, "name": "chat", "attributes": attributes}
    return {"info": {"trace_id": "tr-1", "tags": {name: "case-7"}}, "data": {"spans": [span]}}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", [otlp, langfuse, langsmith, mlflow])
def test_the_callers_id_is_kept(tmp_path: Path, dialect: Any, name: str) -> None:
    """Under each name that services use, so that a replay finds the case by its id."""
    path = tmp_path / "t.json"
    path.write_text(json.dumps(dialect(name)))
    [found] = traces.read(str(path))
    assert isinstance(found, traces.Exchange), found
    assert (found.question, found.response) == ("Who?", "Me.")
    assert found.metadata["case_id"] == "case-7"
