"""Nothing goes out but to the target, the judge and the tracker."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from support.judge_server import JudgeServer
from support.mlflow_server import MlflowServer
from support.proxy import LoggingProxy
from support.rag_server import RagServer

_AUDITED = """
import socket, sys
log = open({log!r}, "a", buffering=1)
def hook(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        log.write(f"{{args[1][0]}}:{{args[1][1]}}\\n")
    if event == "socket.getaddrinfo":
        log.write(f"lookup {{args[0]}}\\n")
sys.addaudithook(hook)
from rag_eval.cli import main
main()
"""


def _experiment(folder: Path, rag: RagServer, judge: JudgeServer, mlflow: MlflowServer) -> Path:
    questions = [{"id": f"c{n}", "question": f"What is {n}?", "reference": f"It is said: {n}."} for n in range(2)]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    said = {
        "name": "network",
        "dataset": str(folder / "questions.jsonl"),
        "target": {
            "kind": "http",
            "url": f"{rag.url}/query",
            "select": {"response": "answer", "retrieved_contexts": "contexts[].text"},
        },
        "judge": {"kind": "openai", "model": "m", "base_url": judge.url, "embedding_model": "e"},
        "metrics": ["faithfulness", "context_recall", "factual_correctness", "answer_correctness", "latency"],
        "mlflow": {"tracking_uri": mlflow.url, "experiment": "network"},
    }
    path = folder / "network.yaml"
    path.write_text(yaml.safe_dump(said))
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_only_target_judge_and_tracker_are_ever_contacted(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """A proxy in between sees those three; nothing goes around it, and no other name is looked up."""
    with RagServer() as rag, JudgeServer() as judge, LoggingProxy() as proxy:
        experiment = _experiment(tmp_path, rag, judge, mlflow_server)
        known = {urlsplit(url).netloc for url in (rag.url, judge.url, mlflow_server.url)}
        gate = proxy.url
        through = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), gate)
        log = tmp_path / "sockets.log"
        _run(tmp_path, experiment, log, {**through, "NO_PROXY": "", "no_proxy": ""})
        assert proxy.seen == known
    lines = set(log.read_text().split("\n")) - {""}
    assert {line.removeprefix("lookup ") for line in lines if line.startswith("lookup")} <= {"127.0.0.1"}
    assert {line for line in lines if not line.startswith("lookup")} == {urlsplit(gate).netloc}


def _run(folder: Path, experiment: Path, log: Path, environ: dict[str, str]) -> None:
    log.touch()
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and k not in _SWITCHES}
    done = subprocess.run(
        [sys.executable, "-c", _AUDITED.format(log=str(log)), "run", str(experiment), "-q"],
        cwd=folder,
        # Switches of the tests themselves are taken away: the command line has to set its own.
        env={**kept, "OPENAI_API_KEY": "canary", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


_SWITCHES = {"RAGAS_DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_DISABLE_TELEMETRY"}
