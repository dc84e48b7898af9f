"""Experiments that load a service, and `rag-eval load` run on them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import yaml
from staging.serving import QUICK_PASSWORDS, running
from support.forker import ForkedProcess, Forker
from typer.testing import CliRunner, Result

from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

SECRET = "canary-password-7"
QUESTIONS = ("When does the ferry land?", "Where are visitor berths?", "What does a mooring cost?", "Is fuel sold?")
_LONGER = 6
"""Times as long for a machine that is so many times slower."""


def settle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with four questions, and with credentials in the environment."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RAG_USER", "ada")
    monkeypatch.setenv("RAG_PASSWORD", SECRET)
    rows = [{"id": f"c{n}", "question": q, "ground_truth": "By ferry."} for n, q in enumerate(QUESTIONS)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))


def fork(locust: Forker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the processes that make load forked from one that has imported Locust, with all that they are started by."""

    def started(command: list[str], folder: Path, environ: Mapping[str, str], log: BinaryIO) -> ForkedProcess:
        assert command[1:3] == ["-m", "locust"]
        path = Path(log.name)
        return locust.start(*command[3:], cwd=folder, env=environ, out=path, error=path, session=True)

    monkeypatch.setattr("rag_eval.loadtest.processes._started", started)


@contextmanager
def unlimited_staging() -> Iterator[str]:
    """The staging service, without limits."""
    free = {f"RAG_STAGING_{scope}_LIMIT": "unlimited" for scope in ("QUERY", "UPLOAD", "ACCOUNT")}
    login = {"RAG_STAGING_USERNAME": "ada", "RAG_STAGING_PASSWORD": SECRET}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag_eval.staging.accounts._passwords", lambda: QUICK_PASSWORDS)
        with running(create_app(Settings.from_environ({**free, **login}))) as url:
            yield url


def experiment(
    url: str, *, login: bool = True, target: Mapping[str, Any] | None = None, mlflow: bool = False, **load: Any
) -> None:
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
            **(target or {}),
        },
        "metrics": ["faithfulness", "latency"],
        "mlflow": {"tracking_uri": "sqlite:///mlflow.db"} if mlflow else {"enabled": False},
        "load": {"users": 4, "duration": "1s", "wait": [0.02, 0.06], "ramp_up": 0, "sample": 0, **load},
    }
    Path("load.yaml").write_text(yaml.safe_dump(said))


def load(*more: str) -> tuple[Result, dict[str, Any]]:
    """Run it; the result as JSON where there is one."""
    result = CliRunner().invoke(app, ["load", "load.yaml", "-q", "--json", *more])
    start = result.stdout.find("{")
    return result, json.loads(result.stdout[start:]) if start >= 0 else {}


def load_until(
    is_enough: Callable[[dict[str, Any]], bool],
    *more: str,
    seconds: int = 1,
    before: Callable[[], None] = lambda: None,
) -> tuple[Result, dict[str, Any]]:
    """Run it for a while, and again for longer where the machine was too slow for what is to be looked at."""
    for times in (1, _LONGER, _LONGER**2):
        before()
        result, measured = load("--duration", f"{seconds * times}s", *more)
        if measured and is_enough(measured):
            break
    return result, measured


def asked(least: int) -> Callable[[dict[str, Any]], bool]:
    """Whether there were so many requests."""
    return lambda measured: bool(measured["load"]["total"]["requests"] >= least)


def sampled(least: int) -> Callable[[dict[str, Any]], bool]:
    """Whether so many answers were kept and scored."""
    return lambda measured: bool((measured["quality"] or {"sample": 0})["sample"] >= least)


def endpoints(measured: Mapping[str, Any]) -> dict[str, Any]:
    """The endpoints of a load test by their names."""
    return {endpoint["name"]: endpoint for endpoint in measured["load"]["endpoints"]}
