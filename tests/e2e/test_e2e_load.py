"""`rag-eval load` against the staging service and worse ones, with Locust itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml
from support.loads import SECRET, experiment, load, settle, unlimited_staging
from support.rag_server import RagServer, Response, plain
from typer.testing import CliRunner

from rag_eval.cli import app

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)


@pytest.fixture
def staging() -> Iterator[str]:
    """The service, without limits."""
    with unlimited_staging() as url:
        yield url


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
    result, said = load("--p95", "60", "--max-errors", "0.5")
    assert result.exit_code == 0, result.output
    found = {one["name"]: one for one in said["load"]["endpoints"]}
    assert set(found) == {"query", "enhanced", "upload", "login"}
    assert found["login"]["requests"] == 8
    assert found["query"]["failed"] == found["enhanced"]["failed"] == 0
    asked = said["load"]["total"]["requests"]
    assert asked > 5
    assert found["query"]["requests"] > max(found[name]["requests"] for name in ("enhanced", "upload")) or asked < 40
    assert found["query"]["percentiles"][2]["low"] <= found["query"]["percentiles"][2]["seconds"]
    assert (said["passed"], said["quality"]["sample"], said["quality"]["worse"]) == (True, 3, [])
    metric = said["quality"]["comparison"]["metrics"][0]
    assert (metric["name"], metric["pairs"], metric["difference"]) == ("faithfulness", 3, 0.0)

    folder = Path(said["folder"])
    page = (folder / "report.html").read_text()
    assert "kept what it had to" in page
    assert "<script" not in page
    store = mlflow.MlflowClient("sqlite:///mlflow.db")
    [test] = store.search_runs([store.get_experiment_by_name("rag-eval-load").experiment_id])
    assert test.data.tags["rag_eval.run"] == folder.name
    runs = store.search_runs([store.get_experiment_by_name("rag-eval").experiment_id])
    named = {run.data.tags["rag_eval.run"] for run in runs}
    assert test.data.metrics["load_query_requests"] == found["query"]["requests"]
    assert len(store.get_metric_history(test.info.run_id, "load_over_time_users")) >= 2
    assert test.data.tags["rag_eval.run_under_load"] in named
    assert test.data.tags["rag_eval.run_at_rest"] in named
    assert {file.path for file in store.list_artifacts(test.info.run_id)} >= {"report.html", "load.json"}
    again = CliRunner().invoke(app, ["sync", str(folder)])
    assert again.exit_code == 0, again.output
    assert len(store.search_runs([test.info.experiment_id])) == 1

    for file in Path().rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file


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
        result, said = load("--no-mlflow", "--p95", "60")
    assert result.exit_code == 1, result.output
    assert said["load"]["verdicts"]
    assert all(verdict["kept"] for verdict in said["load"]["verdicts"])
    assert said["quality"]["worse"][0] == "faithfulness"


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
    assert counts[1] > counts[0]


def test_answers_that_do_not_come() -> None:
    """Are timeouts, which take as long as the target's time, and are counted to the last one."""
    asked = [0]

    def answer(request: Any) -> Response:
        asked[0] += 1
        return Response(body=plain(request.body["query"]), seconds=0.0 if asked[0] == 1 else 5.0)

    with RagServer(answer) as server:
        experiment(server.url, login=False, users=3, duration="2s")
        said = yaml.safe_load(Path("load.yaml").read_text())
        said["target"]["timeout"] = 2
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


def test_a_service_that_dies_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured is there, the gate has failed, and that the answers could not be scored is said."""
    monkeypatch.setattr("rag_eval.loadtest.runner._PATIENCE_S", 1.0)
    asked = [0]
    with RagServer() as server:

        def answer(request: Any) -> Response:
            asked[0] += 1
            dead = asked[0] > 60
            return Response(503 if dead else 200, plain(request.body["query"]))

        server.answer = answer
        experiment(server.url, login=False)
        said = yaml.safe_load(Path("load.yaml").read_text())
        said["target"]["breaker"] = {"failures": 1, "recovery": 0.2}
        Path("load.yaml").write_text(yaml.safe_dump(said))
        result, found = load("--no-mlflow")
    assert result.exit_code == 1, result.output
    assert found["load"]["total"]["failures"]["http_503"] > 0
    assert "has been failing for" in found["unscored"]
    assert found["load"]["verdicts"]


def test_what_somebody_s_function_raises_is_counted() -> None:
    """A body that `select.use` cannot read is a failed request, and not one that never was."""
    Path("mine_of_load.py").write_text(
        "calls = []\n\ndef pick(body):\n    calls.append(1)\n    if len(calls) > 1 and len(calls) % 2:\n"
        "        raise KeyError('no')\n    return {'response': body['answer']}\n"
    )
    with RagServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", ".")
        patch.syspath_prepend(".")
        experiment(server.url, login=False, sample=0)
        said = yaml.safe_load(Path("load.yaml").read_text())
        said["target"]["select"] = {"use": "mine_of_load:pick"}
        Path("load.yaml").write_text(yaml.safe_dump(said))
        _, found = load("--no-mlflow")
        total = found["load"]["total"]
        assert total["requests"] == server.asked.total() - 1
    assert total["failures"] == {"no_answer": total["failed"]}
    assert total["failed"] > 5


def test_a_slow_answer_is_waited_for_at_the_end() -> None:
    """The slowest requests are those under way when the time is over; none is lost."""
    with RagServer(seconds=3.0) as server:
        experiment(server.url, login=False, users=3, duration="1s", sample=0)
        _, found = load("--no-mlflow")
        assert found["load"]["total"]["requests"] == server.asked.total() - 1 == 3
    assert found["load"]["total"]["failed"] == 0


def test_echoed_credentials_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that repeats the token in its answers does not bring it into a file."""
    monkeypatch.setenv("TOKEN", "canary-token-of-some-length")

    def answer(request: Any) -> Response:
        return Response(body={**plain(request.body["query"]), "answer": f"You sent {request.headers['authorization']}"})

    with RagServer(answer) as server:
        experiment(server.url, login=False)
        said = yaml.safe_load(Path("load.yaml").read_text())
        said["target"]["auth"] = {"kind": "bearer", "token_env": "TOKEN"}
        Path("load.yaml").write_text(yaml.safe_dump(said))
        _, found = load("--no-mlflow")
    assert found["quality"]["sample"] == 3
    for file in Path().rglob("*"):
        if file.is_file():
            assert b"canary-token" not in file.read_bytes(), file
