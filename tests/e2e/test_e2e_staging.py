"""The harness against the hardened service: tokens that end, streams, limits, and a model that is away."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from staging.serving import running
from support.llm_server import Model
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.records import Answer
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

_QUESTIONS = [
    "When does the ferry land?", "Where are visitor berths?", "What does a mooring cost?", "Is fuel sold on Sundays?",
    "Who may swim at Maiden Bay?", "When is the Herring Supper?", "How deep is the outer harbour?", "Are dogs allowed?",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_USER", "ada")
    monkeypatch.setenv("RAG_PASSWORD", "canary-password-9")
    rows = [{"id": f"c{n}", "question": question} for n, question in enumerate(_QUESTIONS)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))


@contextmanager
def staging(*, clock: Callable[[], float] = time.time, **variables: str) -> Iterator[str]:
    """The service with these settings."""
    said = {"USERNAME": "ada", "PASSWORD": "canary-password-9", "QUERY_LIMIT": "unlimited"} | variables
    settings = Settings.from_environ({f"RAG_STAGING_{name}": value for name, value in said.items()})
    with running(create_app(settings, clock=clock)) as url:
        yield url


def run(url: str, path: str = "", metrics: tuple[str, ...] = ("latency",), **target: Any) -> dict[str, Any]:
    """Ask every question; the summary."""
    auth = {
        "kind": "login", "url": f"{url}/api/v1/auth/login", "refresh_url": f"{url}/api/v1/auth/refresh",
        "username_env": "RAG_USER", "password_env": "RAG_PASSWORD",
    }  # fmt: skip
    said = {
        "name": "staging",
        "dataset": "questions.jsonl",
        "target": {
            "kind": "http",
            "url": f"{url}/api/v1/query/{path}",
            "select": {"retrieved_contexts": "contexts[].text", "retrieved_context_ids": "contexts[].id"},
            "auth": auth,
            "concurrency": 2,
            **target,
        },
        "metrics": list(metrics),
        "mlflow": {"enabled": False},
    }
    Path("staging.yaml").write_text(yaml.safe_dump(said))
    result = CliRunner().invoke(app, ["run", "staging.yaml", "-q", "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert (found["answered"], found["target_failures"]) == (len(_QUESTIONS), {})
    return found


def answers() -> list[Answer]:
    """What the last run was told."""
    with runs.find("latest", Path("runs")).open_() as journal:
        replies = [row.reply for row in journal.rows()]
    assert all(isinstance(reply, Answer) for reply in replies)
    return [reply for reply in replies if isinstance(reply, Answer)]


@pytest.mark.slow
def test_tokens_that_end_during_a_run() -> None:
    """They are refreshed, each refresh token once, and the password is sent once."""
    model = Model()

    def clock() -> float:
        """Half an hour passes with each answer."""
        return time.time() + 1800 * len(model.asked)

    with running(model.app) as llm, staging(clock=clock, LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny") as url:
        run(url, concurrency=1)
        import httpx2

        numbers = httpx2.get(f"{url}/metrics", trust_env=False).text
    assert 'http_requests_total{handler="/api/v1/auth/login",method="POST",status="2xx"} 1.0' in numbers
    refreshed = next(line for line in numbers.splitlines() if "auth/refresh" in line and 'status="2xx"' in line)
    assert float(refreshed.rpartition(" ")[2]) >= 2


@pytest.mark.slow
def test_streams() -> None:
    """The same answers as at once, with the time to the first piece."""
    model = Model(says="It is as the passages say, more or less.")
    with running(model.app) as llm, staging(LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny", CACHE_TTL_S="0") as url:
        run(url)
        whole = answers()
        stream = {"kind": "sse", "delta": "delta", "needs_done": True}
        found = run(url, "stream", ("latency", "time_to_first_token"), stream=stream)
    assert [one.response for one in answers()] == [one.response for one in whole]
    assert [one.retrieved_context_ids for one in answers()] == [one.retrieved_context_ids for one in whole]
    assert {metric["name"]: metric["n"] for metric in found["metrics"]}["time_to_first_token"] == len(_QUESTIONS)


@pytest.mark.slow
def test_a_limited_service_is_waited_for() -> None:
    """Every question is answered in the end, and no more often than the service allows."""
    with staging(QUERY_LIMIT="3/second") as url:
        found = run(url, concurrency=4, retries=8)
    assert found["seconds"] > 1.5


@pytest.mark.slow
def test_a_degraded_service_says_so_to_who_looks() -> None:
    """Each answer that something stood in for is counted, and every report says so."""
    with running(Model(fault="500").app) as llm, staging(LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny") as url:
        found = run(url, select={"response": "answer", "degraded": "degraded"})
    assert found["degraded"] == len(_QUESTIONS)
    assert all(one.metadata["degraded"] is True for one in answers())
    said = runs.find("latest", Path("runs"))
    for report in (said.markdown, said.path / "report.html"):
        assert "8 of 8 answers are degraded" in report.read_text()
    with staging() as url:
        assert run(url, select={"response": "answer", "degraded": "degraded"})["degraded"] == 0
