"""LiteLLM's own proxy between a run and the model that judges.

It takes minutes and 750 MB to install, so it is not installed here: `RAG_EVAL_LITELLM` names its command, for example
that of an environment with `pip install 'litellm[proxy]'`.
"""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from support.judge_dialects import DIALECTS, DialectServer
from support.judge_server import JudgeServer
from support.runs import only, replay, rows

from rag_eval.records import Summary

METRICS = ["faithfulness", "context_recall", "factual_correctness"]
ANSWERS = 30
COMMAND = shutil.which(os.environ.get("RAG_EVAL_LITELLM", "litellm"))
_STARTS_IN = 60.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMMAND is None, reason="RAG_EVAL_LITELLM names no command of LiteLLM's proxy"),
]


@contextmanager
def proxy(folder: Path, *models: dict[str, str], fallbacks: dict[str, list[str]]) -> Iterator[str]:
    """The proxy in front of some models, by the address that a judge is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "model_list": [
            {"model_name": name, "litellm_params": {"api_key": "k", **model}}
            for model in models
            for name in [model.pop("name")]
        ],
        "litellm_settings": {"num_retries": 0, "fallbacks": [fallbacks]},
        "general_settings": {"master_key": "sk-1"},
    }
    (folder / "proxy.yaml").write_text(yaml.safe_dump(settings))
    assert COMMAND is not None
    command = [COMMAND, "--config", "proxy.yaml", "--port", str(port), "--host", "127.0.0.1"]
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **offline})
    try:
        ends = time.monotonic() + _STARTS_IN
        while not _is_up(port):
            assert process.poll() is None, (folder / "proxy.log").read_text()
            assert time.monotonic() < ends, "the proxy did not start"
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5):
            return True
    except OSError:
        time.sleep(0.1)
        return False


def judged(folder: Path, url: str, model: str) -> Summary:
    """A run whose judge stands behind the proxy."""
    judge = {"kind": "openai", "model": model, "base_url": url, "api_key_env": "LITELLM_KEY"}
    result = replay(folder, model, rows(ANSWERS), judge=judge, metrics=METRICS, mlflow={"enabled": False})
    assert result.exit_code == 0, result.output
    summary = Summary.model_validate_json((only(folder, model) / "summary.json").read_text())
    assert {m.name: m.n for m in summary.metrics if m.name in METRICS} == dict.fromkeys(METRICS, ANSWERS)
    return summary


def test_every_score_comes_through_and_a_fallback_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model behind it refuses is left out; another that answers in its place, and the cost, are kept."""
    monkeypatch.setenv("LITELLM_KEY", "sk-1")
    with DialectServer(DIALECTS["reasoning"]) as reasoning, JudgeServer() as small:
        prices = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
        models: list[dict[str, str]] = [
            {"name": "judge", "model": "openai/o9", "api_base": reasoning.url},
            {"name": "large", "model": "openai/gone", "api_base": "http://127.0.0.1:9/v1"},
            {"name": "small", "model": "openai/small", "api_base": small.url, **prices},  # type: ignore[dict-item]
        ]
        with proxy(tmp_path, *models, fallbacks={"large": ["small"]}) as url:
            plain, fallen = judged(tmp_path, url, "judge"), judged(tmp_path, url, "large")
    assert (plain.judged.left_out, {*plain.judged.models}) == (("temperature",), {"judge"})
    assert fallen.judged.models == {"small": fallen.usage.calls}
    assert fallen.usage.cost_usd == pytest.approx(fallen.usage.calls * (100e-6 + 20 * 2e-6))
    assert "came from small" in (only(tmp_path, "large") / "report.md").read_text()
