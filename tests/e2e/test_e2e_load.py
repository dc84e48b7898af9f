"""`rag-eval load` against the staging service and worse ones, with Locust itself."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from support.forker import Forker
from support.loads import (
    SECRET,
    asked,
    endpoints,
    experiment,
    fork,
    load,
    load_until,
    sampled,
    settle,
    unlimited_staging,
)
from support.mlflow_store import ready_store
from support.rag_server import RagServer, Response, plain
from typer.testing import CliRunner

from rag_eval.cli import app

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)


@pytest.fixture
def _forked(forked_locust: Forker, monkeypatch: pytest.MonkeyPatch) -> None:
    fork(forked_locust, monkeypatch)


@pytest.fixture
def staging() -> Iterator[str]:
    """The service, without limits."""
    with unlimited_staging() as url:
        yield url


def test_a_service_that_keeps_up(staging: str, tmp_path: Path) -> None:
    """Three endpoints in their shares, every number there, answers as right as at rest, all of it in MLflow.

    Settings of Locust that somebody made for a test of his own stay without effect.
    """
    Path("air.md").write_text("# Zeppelins\n\nThe zeppelin lands at noon.\n")
    Path("locust.conf").write_text("html = hacked.html\nmaster = true\n")
    ready_store(tmp_path / "mlflow.db")
    experiment(
        staging,
        mlflow=True,
        sample=3,
        endpoints=[
            {"name": "enhanced", "url": f"{staging}/api/v1/query/enhanced"},
            {
                "name": "upload", "url": f"{staging}/api/v1/documents/upload", "send": "multipart", "body": {},
                "files": {"file": "air.md"}, "answers": False,
            },
        ],
    )  # fmt: skip

    def is_enough(measured: dict[str, Any]) -> bool:
        return asked(12)(measured) and sampled(3)(measured) and len(measured["load"]["moments"]) > 1

    result, measured = load_until(is_enough, "--p95", "60", "--max-errors", "0.5", seconds=2)
    assert result.exit_code == 0, result.output
    by_name = endpoints(measured)
    assert set(by_name) == {"query", "enhanced", "upload", "login"}
    assert by_name["login"]["requests"] == 4
    assert by_name["query"]["failed"] == by_name["enhanced"]["failed"] == 0
    requests = {name: by_name[name]["requests"] for name in ("query", "enhanced", "upload")}
    total = measured["load"]["total"]["requests"]
    assert total == sum(requests.values())
    assert max(requests, key=lambda name: requests[name]) == "query" or total < 80
    assert by_name["query"]["percentiles"][2]["low"] <= by_name["query"]["percentiles"][2]["seconds"]
    assert (measured["passed"], measured["quality"]["sample"], measured["quality"]["worse"]) == (True, 3, [])
    metric = measured["quality"]["comparison"]["metrics"][0]
    assert (metric["name"], metric["pairs"], metric["difference"]) == ("faithfulness", 3, 0.0)

    folder = Path(measured["folder"])
    page = (folder / "report.html").read_text()
    assert "kept what it had to" in page
    assert "<script" not in page
    assert not list(Path().rglob("hacked.html"))
    _is_in_mlflow(folder, requests["query"])
    for file in Path().rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file


def _is_in_mlflow(folder: Path, requests: int) -> None:
    """The test with its numbers, and beside it the runs that scored its answers; pushed again it is there once."""
    store = mlflow.MlflowClient("sqlite:///mlflow.db")
    tests = store.search_runs([store.get_experiment_by_name("rag-eval-load").experiment_id])
    [test] = [test for test in tests if test.data.tags["rag_eval.run"] == folder.name]
    runs = store.search_runs([store.get_experiment_by_name("rag-eval").experiment_id])
    named = {run.data.tags["rag_eval.run"] for run in runs}
    assert test.data.metrics["load_query_requests"] == requests
    assert len(store.get_metric_history(test.info.run_id, "load_over_time_users")) >= 2
    assert test.data.tags["rag_eval.run_under_load"] in named
    assert test.data.tags["rag_eval.run_at_rest"] in named
    assert {file.path for file in store.list_artifacts(test.info.run_id)} >= {"report.html", "load.json"}
    again = CliRunner().invoke(app, ["sync", str(folder)])
    assert again.exit_code == 0, again.output
    assert len(store.search_runs([test.info.experiment_id])) == len(tests)


@pytest.mark.usefixtures("_forked")
@pytest.mark.parametrize(
    ("seconds", "status", "says"),
    [(0.4, 200, "FAIL query: p95"), (0.0, 503, "FAIL query: errors")],
    ids=["too slow", "too many errors"],
)
def test_a_service_that_does_not(seconds: float, status: int, says: str) -> None:
    """Exits with 1 and says what was not kept; every request is counted."""
    requests = [0]

    def answer(request: Any) -> Response:
        requests[0] += 1
        if requests[0] == 1:
            return Response(body=plain("at rest"))
        bad = status != 200 and requests[0] % 2
        return Response(status if bad else 200, plain(request.body["query"]), seconds=seconds)

    with RagServer(answer) as server:
        experiment(server.url, login=False)
        result = CliRunner().invoke(app, ["load", "load.yaml", "-q", "--p95", "0.3"])
    assert result.exit_code == 1, result.output
    assert says in result.stdout
    folder = next(Path("loads").iterdir())
    total = json.loads((folder / "load.json").read_text())["load"]["total"]
    assert total["requests"] == requests[0] - 1
    if status != 200:
        assert total["failures"] == {"http_503": total["failed"]}
        assert total["percentiles"][2]["seconds"] is None


@pytest.mark.usefixtures("_forked")
def test_answers_that_get_worse_under_load() -> None:
    """A service that answers anything once it is busy is fast, and fails all the same."""
    busy = [0]

    def answer(request: Any) -> Response:
        busy[0] += 1
        question = request.body["query"]
        wrong = {"answer": "Bananas ripen in brown paper bags overnight.", "contexts": plain(question)["contexts"]}
        is_rest = busy[0] == 1 or request.headers.get("cache-control") == "no-cache"
        return Response(body=plain(question) if is_rest else wrong)

    rows = [{"id": f"c{n}", "question": f"What is the toll of bridge {n}?", "ground_truth": "x"} for n in range(8)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with RagServer(answer) as server:
        experiment(server.url, login=False, sample=8)
        result, measured = load_until(sampled(8), "--p95", "60")
    assert result.exit_code == 1, result.output
    assert measured["load"]["verdicts"]
    assert all(verdict["kept"] for verdict in measured["load"]["verdicts"])
    assert measured["quality"]["worse"][0] == "faithfulness"


@pytest.mark.usefixtures("_forked")
def test_limits_are_kept() -> None:
    """After a 429 a user waits as long as he was told; with --ignore-limits nobody does."""
    requests = [0]

    def answer(request: Any) -> Response:
        requests[0] += 1
        if requests[0] <= 10:
            return Response(body=plain(request.body["query"]))
        return Response(429, {"error": "slow down"}, {"Retry-After": "59"})

    def start_again() -> None:
        requests[0] = 0

    counts = []
    for more in ([], ["--ignore-limits"]):
        with RagServer(answer) as server:
            experiment(server.url, login=False)
            result, measured = load_until(asked(13 + len(more)), *more, before=start_again)
        assert result.exit_code == 1
        counts.append(measured["load"]["total"]["requests"])
        assert measured["load"]["total"]["failures"] == {"rate_limited": counts[-1] - 9}
        assert "rate limit" in measured["load"]["remarks"][0]
    assert counts[0] == 9 + 4, "each of the four users was told once"
    assert counts[1] > counts[0]


@pytest.mark.usefixtures("_forked")
def test_answers_that_do_not_come() -> None:
    """Are timeouts, which take as long as the target's time, and are counted to the last one."""
    requests = [0]

    def answer(request: Any) -> Response:
        requests[0] += 1
        return Response(body=plain(request.body["query"]), seconds=0.0 if requests[0] == 1 else 5.0)

    with RagServer(answer) as server:
        experiment(server.url, login=False, users=3, target={"timeout": 2})
        result, measured = load()
    assert result.exit_code == 1
    total = measured["load"]["total"]
    assert total["failures"] == {"timeout": total["requests"]}
    assert total["requests"] == requests[0] - 1 >= 3
    assert [percentile["seconds"] for percentile in total["percentiles"]] == [None] * 4


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


@pytest.mark.usefixtures("_forked")
def test_a_service_that_dies_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured is there, the gate has failed, and that the answers could not be scored is said."""
    monkeypatch.setattr("rag_eval.loadtest.runner._PATIENCE_S", 0.5)
    requests = [0]

    def answer(request: Any) -> Response:
        requests[0] += 1
        return Response(503 if requests[0] > 12 else 200, plain(request.body["query"]))

    def start_again() -> None:
        requests[0] = 0

    with RagServer(answer) as server:
        experiment(server.url, login=False, sample=3, target={"breaker": {"failures": 1, "recovery": 0.1}})
        result, measured = load_until(asked(13), before=start_again)
    assert result.exit_code == 1, result.output
    assert measured["load"]["total"]["failures"]["http_503"] > 0
    assert "has been failing for" in measured["unscored"]
    assert measured["load"]["verdicts"]


@pytest.mark.usefixtures("_forked")
def test_what_somebody_s_function_raises_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that `select.use` cannot read is a failed request, and not one that never was."""
    Path("mine_of_load.py").write_text(
        "calls = []\n\ndef pick(body):\n    calls.append(1)\n    if len(calls) > 1 and len(calls) % 2:\n"
        "        raise KeyError('no')\n    return {'response': body['answer']}\n"
    )
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.syspath_prepend(".")
    with RagServer() as server:
        experiment(server.url, login=False, target={"select": {"use": "mine_of_load:pick"}})

        def start_again() -> None:
            server.asked.clear()
            sys.modules.pop("mine_of_load", None)

        _, measured = load_until(asked(12), before=start_again)
        total = measured["load"]["total"]
        assert total["requests"] == server.asked.total() - 1
    assert total["failures"] == {"no_answer": total["failed"]}
    assert total["failed"] > 3


@pytest.mark.usefixtures("_forked")
def test_a_slow_answer_is_waited_for_at_the_end() -> None:
    """The slowest requests are those under way when the time is over; none is lost."""
    with RagServer(seconds=3.0) as server:
        experiment(server.url, login=False, users=3)
        _, measured = load()
        assert measured["load"]["total"]["requests"] == server.asked.total() - 1 == 3
    assert measured["load"]["total"]["failed"] == 0


@pytest.mark.usefixtures("_forked")
def test_echoed_credentials_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that repeats the token in its answers does not bring it into a file."""
    monkeypatch.setenv("TOKEN", "canary-token-of-some-length")

    def answer(request: Any) -> Response:
        return Response(body={**plain(request.body["query"]), "answer": f"You sent {request.headers['authorization']}"})

    with RagServer(answer) as server:
        auth = {"kind": "bearer", "token_env": "TOKEN"}
        experiment(server.url, login=False, sample=3, target={"auth": auth})
        _, measured = load_until(sampled(3))
    assert measured["quality"]["sample"] == 3
    for file in Path().rglob("*"):
        if file.is_file():
            assert b"canary-token" not in file.read_bytes(), file
