"""Seeing what a run does: log lines, spans and metrics of whole runs, and what they cost when nobody takes them."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.collecting import Collector
from support.forker import Ended, Forker
from support.judge_server import JudgeServer
from support.mlflow_server import MlflowServer
from support.rag_server import RagServer, Request, Response, plain
from support.runs import rows

CANARY = "canary-7f3a"
KEY = "sk-canary-9c1e"


def _write(folder: Path, **said: Any) -> Path:
    questions = [
        {"id": f"c{number}", "user_input": f"What is {CANARY} {number}?", "reference": f"It is said: {number}."}
        for number in range(6)
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    path = folder / "seen.yaml"
    base = {"name": "seen", "dataset": str(folder / "questions.jsonl"), "metrics": ["faithfulness", "context_recall"]}
    path.write_text(yaml.safe_dump({**base, "mlflow": {"enabled": False}, **said}))
    return path


def _live(rag: RagServer, judge: JudgeServer, **said: Any) -> dict[str, Any]:
    target = {
        "kind": "http",
        "url": f"{rag.url}/query",
        "select": {"response": "answer", "retrieved_contexts": "contexts[].text"},
        "headers": {"x-api-key": "${SEEN_KEY}"},
        "concurrency": 2,
    }
    judged = {"kind": "openai", "model": "m", "base_url": judge.url, "retries": 0}
    return {"target": target, "judge": judged, **said}


def _replay(folder: Path, count: int = 40) -> dict[str, Any]:
    (folder / "answers.jsonl").write_text("\n".join(map(json.dumps, rows(count))))
    return {
        "dataset": str(folder / "answers.jsonl"),
        "target": {"kind": "replay", "path": str(folder / "answers.jsonl")},
    }


def _environ(**environ: str) -> dict[str, str]:
    hidden = ("OTEL_", "RAG_EVAL_LOG", "RAG_EVAL_METRICS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(hidden) and "proxy" not in k.lower()}
    return {**kept, "OPENAI_API_KEY": KEY, "SEEN_KEY": KEY, **environ}


def _run(forker: Forker, folder: Path, *arguments: str, **environ: str) -> Ended:
    return forker.run("run", *arguments, cwd=folder, env=_environ(**environ))


def _lines(text: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_is_seen_and_tells_nothing_of_its_contents(
    tmp_path: Path, mlflow_server: MlflowServer, forker: Forker
) -> None:
    """Lines, spans and metrics of one run fit each other and the service's traces, and no word or secret is in them."""
    with RagServer() as rag, JudgeServer() as judge, Collector() as collector:
        tracked = {"tracking_uri": mlflow_server.url, "experiment": "seen"}
        experiment = _write(tmp_path, **_live(rag, judge, mlflow=tracked))
        file = tmp_path / "run.prom"
        told = ("-q", "-vv", "--log-format", "json", "--metrics-file", str(file))
        done = _run(forker, tmp_path, str(experiment), *told, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        assert done.returncode == 0, done.stdout + done.stderr
        sent = {request.headers.get("traceparent", "")[3:35] for request in rag.requests}
    lines = _lines(done.stderr)
    assert len([line for line in lines if line["event"] == "answered"]) == 6
    assert {line["case"] for line in lines if line["event"] == "answered"} == {f"c{number}" for number in range(6)}
    [run_id] = {line["run"] for line in lines if "run" in line}
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [run_id]
    assert {(line["metric"], line["call"]) for line in lines if line["event"] == "the judge replied"} >= {
        ("context_recall", "ContextRecallOutput")
    }
    assert {span.trace_id for span in collector.named("case")} == sent
    assert {span.resource["service.name"] for span in collector.spans} == {"rag-eval"}, "MLflow's do not come along"
    counted = file.read_text()
    assert 'rag_eval_cases_total{state="scored"} 6.0' in counted
    assert 'rag_eval_judge_tokens_total{kind="prompt",outcome="answered"} ' in counted
    for word in (CANARY, KEY):
        assert word not in done.stderr
        assert word not in counted
        assert not any(word.encode() in body for body in collector.bodies)


@pytest.mark.slow
def test_words_are_shown_to_who_asks_and_secrets_never(tmp_path: Path, forker: Forker) -> None:
    """With content asked for, a broken part's message is in the lines and the question in the spans; no key is."""
    with RagServer() as rag, JudgeServer() as judge, Collector() as collector:
        said = _live(rag, judge)
        (tmp_path / "broken.py").write_text(
            "import os\n"
            "class Broken:\n"
            "    async def answer(self, case):\n"
            "        raise ValueError(case.user_input + os.environ['SEEN_KEY'])\n"
        )
        said["target"] = {"kind": "custom", "use": "broken:Broken"}
        experiment = _write(tmp_path, **said, min_coverage=0)
        asked = {
            "RAG_EVAL_LOG_CONTENT": "true",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
            "RAG_EVAL_LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces",
            "PYTHONPATH": str(tmp_path),
        }
        shown = _run(forker, tmp_path, str(experiment), "-q", **asked)
        hidden = _run(forker, tmp_path, str(experiment), "-q", **{**asked, "RAG_EVAL_LOG_CONTENT": ""})
    messages = [line["message"] for line in _lines(shown.stderr) if "message" in line]
    assert len(messages) == 6
    assert all(CANARY in message for message in messages)
    assert [line["error"] for line in _lines(hidden.stderr)] == ["ValueError"] * 6
    assert CANARY not in hidden.stderr
    assert any(CANARY.encode() in body for body in collector.bodies)
    assert KEY not in shown.stderr + hidden.stderr
    assert not any(KEY.encode() in body for body in collector.bodies)


_ASK = """
import json, sys
from typer.testing import CliRunner
from rag_eval.cli import app
for argv in (["--help"], ["run", "--help"], ["run", "seen.yaml", "-q"]):
    done = CliRunner().invoke(app, argv)
    names = {name for name in sys.modules if name.startswith(("opentelemetry", "prometheus", "rag_eval.telemetry"))}
    print(json.dumps([done.exit_code, sorted(names)]))
"""


@pytest.mark.slow
def test_nothing_is_loaded_that_nobody_asked_for(tmp_path: Path) -> None:
    """Neither help nor a plain run imports OpenTelemetry or prometheus_client."""
    _write(tmp_path, **{**_replay(tmp_path, 3), "metrics": ["recall@5", "latency"]})
    command = [sys.executable, "-c", _ASK]
    done = subprocess.run(command, cwd=tmp_path, env=_environ(), capture_output=True, text=True, check=True)
    for code, names in map(json.loads, done.stdout.splitlines()):
        assert code == 0
        assert not [name for name in names if name.startswith(("opentelemetry", "prometheus"))]
        assert not {"rag_eval.telemetry.otel", "rag_eval.telemetry.prometheus"} & set(names)
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.slow
def test_an_endpoint_that_takes_nothing_changes_nothing(tmp_path: Path, forker: Forker) -> None:
    """A hanging endpoint does not change the result, and is told of."""
    experiment = _write(tmp_path, **_replay(tmp_path, 3))
    means = []
    with Collector(hangs=True) as hanging:
        for way in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": hanging.url}):
            done = _run(forker, tmp_path, str(experiment), "-q", "--json", **way)
            assert done.returncode == 0, done.stderr
            means.append([metric["mean"] for metric in json.loads(done.stdout)["metrics"]])
            assert ("spans were not sent" in done.stderr) is bool(way)
    assert means[0] == means[1]


def test_a_port_in_use_ends_the_command_before_the_run(tmp_path: Path, forker: Forker) -> None:
    """Nothing has been asked, and no run folder made."""
    experiment = _write(tmp_path, **_replay(tmp_path, 3))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _run(forker, tmp_path, str(experiment), "-q", "--metrics-port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "choose another port, or 0 for a free one" in " ".join(done.stderr.split())
    assert not (tmp_path / "runs").exists()


def test_an_unknown_log_format_is_told(tmp_path: Path, forker: Forker) -> None:
    """Also where it comes from the environment."""
    experiment = _write(tmp_path, **_replay(tmp_path, 3))
    done = _run(forker, tmp_path, str(experiment), "-q", RAG_EVAL_LOG_FORMAT="xml")
    assert done.returncode == 2
    assert "RAG_EVAL_LOG_FORMAT" in done.stderr


@pytest.mark.slow
def test_a_run_can_be_watched_while_it_goes_on(tmp_path: Path, forker: Forker) -> None:
    """The free port is told at once, and shows what is under way; a file that cannot be written fails nothing."""
    was_seen = threading.Event()

    def answer(request: Request) -> Response:
        was_seen.wait()
        return Response(body=plain(request.body["query"]))

    argv = ("-q", "--metrics-port", "0", "--metrics-file", "/proc/nowhere/run.prom")
    out, error = tmp_path / "out", tmp_path / "error"
    with RagServer(answer) as rag, JudgeServer() as judge:
        experiment = str(_write(tmp_path, **_live(rag, judge)))
        with forker.start("run", experiment, *argv, cwd=tmp_path, env=_environ(), out=out, error=error) as process:
            try:
                while not (url := re.search(r"metrics +(http\S+)\n", error.read_text() if error.exists() else "")):
                    assert process.poll() is None, error.read_text()
                    time.sleep(0.02)
                while 'rag_eval_in_flight{what="questions"} 2.0' not in _fetched(url[1]):
                    assert process.poll() is None, error.read_text()
                    time.sleep(0.02)
            finally:
                was_seen.set()
            assert process.wait() == 0, error.read_text()
    assert error.read_text().count("metrics file cannot be written") == 1


def _fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as response:
        text: str = response.read().decode()
        return text
