"""Experiments that load a service, and `rag-eval load` run on them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from staging.serving import running
from support.mlflow_store import ready_store
from typer.testing import CliRunner, Result

from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

SECRET = "canary-password-7"
QUESTIONS = ("When does the ferry land?", "Where are visitor berths?", "What does a mooring cost?", "Is fuel sold?")


def settle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with four questions, and with credentials in the environment."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RAG_USER", "ada")
    monkeypatch.setenv("RAG_PASSWORD", SECRET)
    rows = [{"id": f"c{n}", "question": q, "ground_truth": "By ferry."} for n, q in enumerate(QUESTIONS)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ready_store(folder / "mlflow.db")


@contextmanager
def unlimited_staging() -> Iterator[str]:
    """The staging service, without limits."""
    free = {f"RAG_STAGING_{scope}_LIMIT": "unlimited" for scope in ("QUERY", "UPLOAD", "ACCOUNT")}
    login = {"RAG_STAGING_USERNAME": "ada", "RAG_STAGING_PASSWORD": SECRET}
    with running(create_app(Settings.from_environ({**free, **login}))) as url:
        yield url


def experiment(url: str, *, login: bool = True, **load: Any) -> None:
    """Write an experiment."""
    auth = {
        "kind": "login",
        "url": f"{url}/api/v1/auth/login",
        "username_env": "RAG_USER",
        "password_env": "RAG_PASSWORD",
    }
    said = {
        "name": "load",
        "dataset": "questions.jsonl",
        "target": {
            "kind": "http",
            "url": f"{url}/api/v1/query/",
            "select": {"retrieved_contexts": "contexts[].text"},
            "timeout": 10,
            "retries": 0,
            **({"auth": auth} if login else {}),
        },
        "metrics": ["faithfulness", "latency"],
        "mlflow": {"tracking_uri": "sqlite:///mlflow.db"},
        "load": {"users": 8, "duration": "2s", "wait": [0.05, 0.1], "ramp_up": 0, "sample": 3, **load},
    }
    Path("load.yaml").write_text(yaml.safe_dump(said))


def load(*more: str) -> tuple[Result, dict[str, Any]]:
    """Run it; the result as JSON where there is one."""
    result = CliRunner().invoke(app, ["load", "load.yaml", "-q", "--json", *more])
    start = result.stdout.find("{")
    return result, json.loads(result.stdout[start:]) if start >= 0 else {}
