"""From a live run to its traces and back: what the service recorded is matched to the cases that caused it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rag_server import RagServer
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.records import Answer

CASES = 30


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(name: str, target: dict[str, Any]) -> dict[str, Any]:
    said = {
        "name": name,
        "dataset": "questions.jsonl",
        "target": target,
        "metrics": ["faithfulness"],
        "mlflow": {"enabled": False},
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(said))
    result = CliRunner().invoke(app, ["run", f"{name}.yaml", "-q", "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _recorded(header: str, question: str) -> str:
    """A collector's line for a question as a service saw it, worded in its own way."""
    _, trace, parent, _ = header.split("-")
    documents = [f"It is said: {question}", "Something else altogether."]
    spans = [
        _span(trace, "01", parent, "CHAIN", {"input.value": "(rewritten)", "output.value": f"It is said: {question}"}),
        _span(
            trace, "02", "0000000000000001", "RETRIEVER",
            {f"retrieval.documents.{n}.document.content": text for n, text in enumerate(documents)},
        ),
    ]  # fmt: skip
    return json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": spans}]}]})


def _span(trace: str, number: str, parent: str, kind: str, attributes: dict[str, str]) -> dict[str, Any]:
    said = {"openinference.span.kind": kind, **attributes}
    return {
        "traceId": trace,
        "spanId": f"{number:0>16}",
        "parentSpanId": parent,
        "name": kind.lower(),
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in said.items()],
    }


@pytest.mark.slow
def test_a_services_own_traces_are_matched_to_the_cases() -> None:
    """By the trace id that went out with each question, although the service rewrites every question."""
    rows = [{"id": f"c{n}", "question": f"What is the toll of bridge {n}?"} for n in range(CASES)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with RagServer() as server:
        live = _run("live", {"kind": "http", "url": server.url, "select": {"retrieved_contexts": "contexts[].text"}})
        lines = [_recorded(request.headers["traceparent"], request.body["query"]) for request in server.requests]
    Path("collector.jsonl").write_text("\n".join(reversed(lines)))
    played = _run("played", {"kind": "replay", "path": "collector.jsonl", "match": "trace"})
    assert (live["answered"], played["answered"]) == (CASES, CASES)
    assert live["metrics"][0]["mean"] == played["metrics"][0]["mean"]
    with runs.find("live", Path("runs")).open_() as one, runs.find("played", Path("runs")).open_() as other:
        before = {row.case.id: row.reply for row in one.rows()}
        after = {row.case.id: row.reply for row in other.rows()}
    for key, reply in before.items():
        again = after[key]
        assert isinstance(reply, Answer)
        assert isinstance(again, Answer)
        assert (reply.response, reply.retrieved_contexts) == (again.response, again.retrieved_contexts)
        assert str(reply.metadata["trace_id"]) in "".join(lines), "the case links to the service's trace"
