"""`rag-eval load` against the staging service and worse ones, with Locust itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import mlflow
import pytest
import yaml
from staging.serving import running
from support.rag_server import RagServer, Response, plain
from typer.testing import CliRunner, Result

from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

pytestmark = pytest.mark.slow

_SECRET = "canary-password-7"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_USER", "ada")
    monkeypatch.setenv("RAG_PASSWORD", _SECRET)
    rows = [{"id": f"c{n}", "question": q, "ground_truth": "By ferry."} for n, q in enumerate(_QUESTIONS)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))


_QUESTIONS = ["When does the ferry land?", "Where are visitor berths?", "What does a mooring cost?", "Is fuel sold?"]


@pytest.fixture
def staging() -> Iterator[str]:
    """The service, without limits."""
    free = {f"RAG_STAGING_{scope}_LIMIT": "unlimited" for scope in ("QUERY", "UPLOAD", "ACCOUNT")}
    login = {"RAG_STAGING_USERNAME": "ada", "RAG_STAGING_PASSWORD": _SECRET}
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
        "load": {"users": 8, "duration": "4s", "wait": [0.05, 0.1], "ramp_up": 0, "sample": 3, **load},
    }
    Path("load.yaml").write_text(yaml.safe_dump(said))


def load(*more: str) -> tuple[Result, dict[str, Any]]:
    """Run it; the result as JSON where there is one."""
    result = CliRunner().invoke(app, ["load", "load.yaml", "-q", "--json", *more])
    start = result.stdout.find("{")
    return result, json.loads(result.stdout[start:]) if start >= 0 else {}


def test_a_service_that_keeps_up(staging: str) -> None:
    """Three endpoints in their shares, every number there, answers as right as at rest, all of it in MLflow."""
    Path("air.md").write_text("# Zeppelins\n\nThe zeppelin lands at noon.\n")
    experiment(
        staging,
        endpoints=[
            {"name": "enhanced", "url": f"{staging}/api/v1/query/enhanced"},
            {
                "name": "upload", "url": f"{staging}/api/v1/documents/upload", "send": "multipart", "body": {},
                "files": {"file": "air.md"}, "answers": False,
            },
        ],
    )  # fmt: skip
    result, said = load("--p95", "2", "--max-errors", "0.5")
    assert result.exit_code == 0, result.output
    found = {one["name"]: one for one in said["load"]["endpoints"]}
    assert set(found) == {"query", "enhanced", "upload", "login"}
    assert found["login"]["requests"] == 8
    assert found["query"]["failed"] == found["enhanced"]["failed"] == 0
    asked = said["load"]["total"]["requests"]
    assert asked > 100
    assert 0.5 < found["query"]["requests"] / asked < 0.7
    assert found["query"]["percentiles"][2]["low"] <= found["query"]["percentiles"][2]["seconds"]
    assert (said["passed"], said["quality"]["sample"], said["quality"]["worse"]) == (True, 3, [])
    (metric,) = said["quality"]["comparison"]["metrics"]
    assert (metric["name"], metric["pairs"], metric["difference"]) == ("faithfulness", 3, 0.0)

    folder = Path(said["folder"])
    page = (folder / "report.html").read_text()
    assert "kept what it had to" in page
    assert "<script" not in page
    store = mlflow.MlflowClient("sqlite:///mlflow.db")
    runs = store.search_runs([store.get_experiment_by_name("rag-eval").experiment_id])
    named = {run.info.run_name: run for run in runs}
    test = named[folder.name]
    assert test.data.metrics["load_query_requests"] == found["query"]["requests"]
    assert len(store.get_metric_history(test.info.run_id, "load_over_time_users")) >= 4
    assert test.data.tags["rag_eval.run_under_load"] in named
    assert test.data.tags["rag_eval.run_at_rest"] in named
    assert {file.path for file in store.list_artifacts(test.info.run_id)} >= {"report.html", "load.json"}
    again = CliRunner().invoke(app, ["sync", str(folder)])
    assert again.exit_code == 0, again.output
    assert len(store.search_runs([test.info.experiment_id])) == 3

    for file in Path().rglob("*"):
        if file.is_file():
            assert _SECRET.encode() not in file.read_bytes(), file


def test_two_workers_make_one_test(staging: str) -> None:
    """Locust's own master and workers: every request of both arrives here, and users are shared out."""
    experiment(staging)
    result, said = load("--workers", "2", "--sample", "0")
    assert result.exit_code == 0, result.output
    found = {one["name"]: one for one in said["load"]["endpoints"]}
    assert found["login"]["requests"] == 8
    assert said["load"]["peak_users"] == 8
    assert found["query"]["requests"] > 100
    assert said["load"]["remarks"] == []
    assert said["quality"] is None


@pytest.mark.parametrize(
    ("seconds", "status", "says"),
    [(0.4, 200, "FAIL query: p95"), (0.0, 503, "FAIL query: errors")],
    ids=["too slow", "too many errors"],
)
def test_a_service_that_does_not(seconds: float, status: int, says: str) -> None:
    """Exits with 1 and says what was not kept; every request is counted."""
    asked = [0]

    def answer(request: Any) -> Response:
        asked[0] += 1
        if asked[0] == 1:
            return Response(body=plain("at rest"))
        bad = status != 200 and asked[0] % 2
        return Response(status if bad else 200, plain(request.body["query"]), seconds=seconds)

    with RagServer(answer) as server:
        experiment(server.url, login=False)
        result = CliRunner().invoke(app, ["load", "load.yaml", "-q", "--no-mlflow", "--sample", "0", "--p95", "0.3"])
    assert result.exit_code == 1, result.output
    assert says in result.stdout
    folder = next(Path("loads").iterdir())
    total = json.loads((folder / "load.json").read_text())["load"]["total"]
    assert total["requests"] == asked[0] - 1
    if status != 200:
        assert total["failures"] == {"http_503": total["failed"]}
        assert total["percentiles"][2]["seconds"] is None


def test_answers_that_get_worse_under_load() -> None:
    """A service that answers anything once it is busy is fast, and fails all the same."""
    busy = [0]

    def answer(request: Any) -> Response:
        busy[0] += 1
        question = request.body["query"]
        wrong = {"answer": "Bananas ripen in brown paper bags overnight.", "contexts": plain(question)["contexts"]}
        is_rest = busy[0] == 1 or request.headers.get("cache-control") == "no-cache"
        return Response(body=plain(question) if is_rest else wrong)

    rows = [{"id": f"c{n}", "question": f"What is the toll of bridge {n}?", "ground_truth": "x"} for n in range(12)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with RagServer(answer) as server:
        experiment(server.url, login=False, sample=12)
        result, said = load("--no-mlflow")
    assert result.exit_code == 1, result.output
    assert said["load"]["verdicts"]
    assert all(verdict["kept"] for verdict in said["load"]["verdicts"])
    assert said["quality"]["worse"] == ["faithfulness"]


def test_limits_are_kept(tmp_path: Path) -> None:
    """After a 429 a user waits as long as he was told; with --ignore-limits nobody does."""
    asked = [0]

    def answer(request: Any) -> Response:
        asked[0] += 1
        if asked[0] <= 10:
            return Response(body=plain(request.body["query"]))
        return Response(429, {"error": "slow down"}, {"Retry-After": "30"})

    counts = []
    for more in ([], ["--ignore-limits"]):
        asked[0] = 0
        with RagServer(answer) as server:
            experiment(server.url, login=False)
            result, said = load("--no-mlflow", "--sample", "0", *more)
        assert result.exit_code == 1
        counts.append(said["load"]["total"]["requests"])
        assert said["load"]["total"]["failures"] == {"rate_limited": counts[-1] - 9}
        assert "rate limit" in said["load"]["remarks"][0]
    assert counts[0] == 9 + 8, "each of the eight users was told once"
    assert counts[1] > 100


def test_the_target_s_rate_is_kept() -> None:
    """By all users together, also where several processes make the load."""
    for workers in ("1", "2"):
        with RagServer() as server:
            experiment(server.url, login=False)
            said = yaml.safe_load(Path("load.yaml").read_text())
            said["target"]["rate"] = "10/second"
            Path("load.yaml").write_text(yaml.safe_dump(said))
            _, found = load("--no-mlflow", "--sample", "0", "--workers", workers)
        assert 20 <= found["load"]["total"]["requests"] <= 50, workers


def test_captured_times_are_shared_out() -> None:
    """Over two processes each captured question is asked once."""
    lines = [
        {"trace_id": f"t{n}", "question": f"Q{n}?", "answer": "A.", "timestamp": 1_767_225_600.0 + n / 10}
        for n in range(30)
    ]
    Path("traces.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with RagServer() as server:
        experiment(server.url, login=False, shape="replay", arrivals="traces.jsonl")
        _, said = load("--no-mlflow", "--sample", "0", "--workers", "2")
        assert server.asked.total() == 31, "thirty, and the one at rest"
    assert said["load"]["total"]["requests"] == 30


def test_captured_times_are_kept() -> None:
    """Questions go out when they came, whatever answers take; times count from when they were due."""
    base = 1_767_225_600.0
    at = [0.0, 0.5, 0.5, 0.5, 1.0, 2.5]
    lines = [
        {"trace_id": f"t{n}", "question": f"Q{n}?", "answer": "A.", "timestamp": base + one} for n, one in enumerate(at)
    ]
    Path("traces.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with RagServer(seconds=0.3) as server:
        experiment(server.url, login=False, shape="replay", arrivals="traces.jsonl", users=1)
        _, said = load("--no-mlflow", "--sample", "0")
    folder = Path(said["folder"])
    rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    samples = [row for row in rows if isinstance(row, list)]
    assert [row[0] for row in samples] == at
    seconds = [row[1] for row in samples]
    # One user asks one after the other: the third and fourth of those at 0.5 s wait for their turn, and that counts.
    assert seconds == pytest.approx([0.3, 0.3, 0.6, 0.9, 0.7, 0.3], abs=0.15)
    assert said["load"]["late"] == pytest.approx(0.6, abs=0.15)


def test_answers_that_do_not_come() -> None:
    """Are timeouts, which take as long as the target's time, and are counted to the last one."""
    asked = [0]

    def answer(request: Any) -> Response:
        asked[0] += 1
        return Response(body=plain(request.body["query"]), seconds=0.0 if asked[0] == 1 else 3.0)

    with RagServer(answer) as server:
        experiment(server.url, login=False, users=3, duration="2s")
        said = yaml.safe_load(Path("load.yaml").read_text())
        said["target"]["timeout"] = 1
        Path("load.yaml").write_text(yaml.safe_dump(said))
        result, found = load("--no-mlflow", "--sample", "0")
    assert result.exit_code == 1
    total = found["load"]["total"]
    assert total["failures"] == {"timeout": total["requests"]}
    assert total["requests"] == asked[0] - 1 >= 3
    assert [one["seconds"] for one in total["percentiles"]] == [None] * 4


def test_nobody_answers() -> None:
    """One question at rest is asked before a hundred users are sent."""
    experiment("http://127.0.0.1:9", login=False)
    result, _ = load()
    assert result.exit_code == 3
    assert "not loaded: one question at rest got no answer" in result.output


def test_a_host_that_nobody_allowed() -> None:
    """Is refused before anything is sent."""
    experiment("https://rag.example.com", login=False)
    result, _ = load()
    assert result.exit_code == 2
    assert "rag.example.com may not be loaded" in result.output


def test_stopped_by_hand(staging: str) -> None:
    """What was measured until then is written down, nothing is left running, exit 130."""
    experiment(staging, duration="60s")
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not any(
            file.stat().st_size > 20_000 for file in Path().glob("loads/*/samples.jsonl")
        ):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    folder = next(Path("loads").iterdir())
    summary = json.loads((folder / "load.json").read_text())["load"]
    assert summary["interrupted"]
    assert summary["total"]["requests"] > 50
    assert "not gated" in (folder / "report.html").read_text()
    left = subprocess.run(["pgrep", "-f", str(folder.resolve())], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_locust_s_own_pages(staging: str) -> None:
    """On request they are there while the test goes on, and count the same requests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    experiment(staging, duration="8s", sample=0)
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow", "--web", str(port)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ) as process:
        stats: list[dict[str, Any]] = []
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and not (stats and stats[0]["num_requests"] > 20):
            time.sleep(0.2)
            try:
                stats = [
                    row
                    for row in httpx2.get(f"http://127.0.0.1:{port}/stats/requests", trust_env=False).json()["stats"]
                    if row["name"] == "query"
                ]
            except (httpx2.HTTPError, ValueError):
                continue
        said, _ = process.communicate(timeout=60)
    assert stats
    assert stats[0]["num_failures"] == 0
    assert process.returncode == 0, said
