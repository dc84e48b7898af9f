"""From the harness' case through the service's request, retrieval, generation and a document indexed in the background.

One trace, collected by `rag-eval capture`, drawn as one tree.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest
import yaml
from staging.serving import client_of, log_in, running
from support.forker import Forker
from support.llm_server import Model
from support.redis_server import RedisServer
from typer.testing import CliRunner

from rag_eval import runs, telemetry
from rag_eval.cli import app
from rag_eval.records import Answer, Case

pytestmark = pytest.mark.slow

_QUESTION = "When does the zeppelin land?"
_REPOSITORY = Path(__file__).resolve().parents[2]


class UploadAndAsk:
    """A target as a team may write one: it uploads what the question is about and then asks, in the case's trace."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    async def answer(self, case: Case) -> Answer:
        """Upload, wait until it is indexed, ask."""
        traceparent = telemetry.traceparent()
        assert traceparent is not None
        headers = {"Authorization": self._token, "traceparent": traceparent}
        async with httpx2.AsyncClient(base_url=self._url, headers=headers, trust_env=False, timeout=20) as client:
            file = ("air.md", b"# Zeppelins\n\nThe zeppelin lands at noon.\n")
            sent = await client.post("/api/v1/documents/upload", files={"file": file})
            state = "queued"
            while state == "queued":
                await asyncio.sleep(0.05)
                looked = await client.get(sent.headers["Location"], headers={"traceparent": ""})
                state = looked.json()["state"]
            asked = await client.post("/api/v1/query/", json={"query": case.user_input})
            body = asked.raise_for_status().json()
        texts = tuple(context["text"] for context in body["contexts"])
        return Answer(response=body["answer"], retrieved_contexts=texts)


@contextmanager
def command(forker: Forker, folder: Path, name: str, *argv: str, **environ: str) -> Iterator[str]:
    """One of our own commands that serves, until the block ends; yields its URL."""
    ready, log = folder / f"{name}.ready", folder / f"{name}.log"
    whole = (*argv, "--ready-file", str(ready))
    with forker.start(*whole, env={**os.environ, **environ}, cwd=folder, out=log, error=log) as process:
        while not ready.exists():
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        yield ready.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0, log.read_text()


def tree(spans: list[dict[str, Any]]) -> list[str]:
    """The spans of one trace, indented by how deep they stand; fails where one has no parent among them."""
    by_id = {span["span_id"]: span for span in spans}
    roots = [span for span in spans if not span["parent_span_id"]]
    assert len(roots) == 1, "one root"
    children: dict[str, list[dict[str, Any]]] = {}
    for span in spans:
        if span["parent_span_id"]:
            assert span["parent_span_id"] in by_id, f"{span['name']} hangs in the air"
            children.setdefault(span["parent_span_id"], []).append(span)

    def drawn(span: dict[str, Any], depth: int) -> Iterator[str]:
        yield f"{'  ' * depth}{span['service']}: {span['name']}"
        for child in sorted(children.get(span["span_id"], ()), key=lambda one: one["start"]):
            yield from drawn(child, depth + 1)

    return list(drawn(roots[0], 0))


def attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    """What a span says, as plain values."""
    said = json.loads(span["otlp"])["attributes"]
    return {one["key"]: next(iter(one["value"].values())) for one in said}


def test_one_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forker: Forker) -> None:
    """Every span hangs on the case's; the documents with ids and scores, the model's tokens, content as asked for."""
    monkeypatch.chdir(tmp_path)
    model = Model(says="It lands at noon.")
    with (
        running(model.app) as llm,
        RedisServer(tmp_path) as redis,
        command(forker, tmp_path, "capture", "capture", "-o", "captured", "--port", "0") as collector,
    ):
        otlp = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        service = {
            "RAG_STAGING_LLM_BASE_URL": f"{llm}/v1", "RAG_STAGING_LLM_MODEL": "tiny", "RAG_STAGING_TRACE_CONTENT": "1",
            "RAG_STAGING_REDIS_URL": redis.url,
        }  # fmt: skip
        with command(forker, tmp_path, "staging", "staging", "--demo", "--port", "0", **otlp, **service) as url:
            with client_of(url) as client:
                token = log_in(client, "demo", "demo").headers["Authorization"]
            _run(url, token, monkeypatch, otlp)
    answered = runs.find("traced", Path("runs"))
    spans = [row for file in sorted(Path("captured").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    case = next(span for span in spans if span["service"] == "rag-eval" and not span["parent_span_id"])
    trace = [span for span in spans if span["trace_id"] == case["trace_id"]]
    drawn = tree(trace)
    lines = [line.strip() for line in drawn]
    assert lines[0].startswith("rag-eval: ")
    for wanted in (
        "rag-eval-staging: POST /api/v1/documents/upload",
        "rag-eval-staging: index document",
        "rag-eval-staging: POST /api/v1/query/",
        "rag-eval-staging: answer",
        "rag-eval-staging: retrieve",
        "rag-eval-staging: chat tiny",
        "rag-eval-staging: GET",
        "rag-eval-staging: SET",
    ):
        assert wanted in lines, "\n".join(drawn)
    _stands_in(drawn, "index document", "POST /api/v1/documents/upload")
    _stands_in(drawn, "retrieve", "answer")
    _stands_in(drawn, "chat tiny", "answer")
    _stands_in(drawn, "GET", "answer")
    _stands_in(drawn, "answer", "POST /api/v1/query/")
    assert any(
        line.startswith("rag-eval-staging: POST") for line in lines[lines.index("rag-eval-staging: chat tiny") :]
    )

    named = {span["name"]: attributes(span) for span in trace}
    found = named["retrieve"]
    assert (found["openinference.span.kind"], found["gen_ai.operation.name"]) == ("RETRIEVER", "retrieval")
    assert found["retrieval.documents.0.document.id"].endswith("#1")
    assert found["retrieval.documents.0.document.score"] > 0
    assert "lands at noon" in found["retrieval.documents.0.document.content"]
    said = named["chat tiny"]
    assert (said["gen_ai.request.model"], said["llm.model_name"]) == ("tiny", "tiny")
    assert [int(said[f"gen_ai.usage.{way}_tokens"]) for way in ("input", "output")] == [11, 7]
    assert model.headers[-1]["traceparent"].split("-")[1] == case["trace_id"]
    _replays(answered)


def _run(url: str, token: str, monkeypatch: pytest.MonkeyPatch, otlp: dict[str, str]) -> None:
    """The harness asks one question, and tells of it to the collector."""
    Path("questions.jsonl").write_text(json.dumps({"id": "c1", "question": _QUESTION, "ground_truth": "At noon."}))
    use = "tests_one_trace:UploadAndAsk"
    monkeypatch.setitem(sys.modules, "tests_one_trace", sys.modules[__name__])
    said = {
        "name": "traced",
        "dataset": "questions.jsonl",
        "target": {"kind": "custom", "use": use, "options": {"url": url, "token": token}},
        "metrics": ["faithfulness"],
        "mlflow": {"enabled": False},
    }
    Path("traced.yaml").write_text(yaml.safe_dump(said))
    for name, value in otlp.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["run", "traced.yaml", "-q", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["answered"] == 1


def _stands_in(drawn: list[str], inner: str, outer: str) -> None:
    """The nearest line above that is less indented, again and again, leads to `outer`."""
    at = next(n for n, line in enumerate(drawn) if line.strip().endswith(f": {inner}"))
    depth = len(drawn[at]) - len(drawn[at].lstrip())
    for line in reversed(drawn[:at]):
        found = len(line) - len(line.lstrip())
        if found < depth:
            depth = found
            if line.strip().endswith(f": {outer}"):
                return
    raise AssertionError(f"{inner} does not stand in {outer}:\n" + "\n".join(drawn))


def _replays(live: runs.RunFolder) -> None:
    """What was captured is what was answered: question, answer and contexts come out of the traces alone."""
    from rag_eval import traces

    exchanges = [one for one in traces.read("captured") if isinstance(one, traces.Exchange)]
    (found,) = [one for one in exchanges if one.question == _QUESTION and one.response]
    with live.open_() as journal:
        (row,) = journal.rows()
    assert isinstance(row.reply, Answer)
    assert found.response == row.reply.response == "It lands at noon."
    assert found.contexts == row.reply.retrieved_contexts
